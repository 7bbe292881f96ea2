#include "dataplane/live.h"

#include "dataplane/eal.h"
#include "dataplane/eal_log.h"
#include "dataplane/events.h"
#include "dataplane/host.h"
#include "dataplane/hugepages.h"
#include "dataplane/key_server.h"
#include "dataplane/ports.h"
#include "dataplane/retire.h"
#include "dataplane/workers.h"

#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

static int start_eal(struct live *l)
{
	struct eal_live e = {
		.config = &l->config, .lcores = &l->lcores, .verbose = l->options.verbose};
	struct hugepages huge;
	cpu_set_t allowed;
	int ret;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return -errno;
	ret = lcores_choose(&l->config, &allowed, &l->lcores, stderr);
	if (ret)
		return ret;
	hugepages_read(HUGEPAGES_FOLDER, &huge);
	l->hugepages = strcmp(l->config.eal.hugepages, "auto") == 0 &&
		       huge.free_octets >= live_octets(&l->config, true);
	e.hugepages = l->hugepages;
	e.octets = live_octets(&l->config, l->hugepages);
	ret = eal_start_live(&e);
	l->eal = ret == 0;
	return ret;
}

/* Half of what DPDK's start takes is sleep: meanwhile the table is taken over. */
static void *open_table(void *arg)
{
	struct live *l = arg;
	uint64_t began = clock_monotonic_ns();

	l->sas = sa_table_open(l->config.sa_mapping, l->config.sa_slots, l->options.renew,
			       &l->found, stderr);
	l->opening_ns = clock_monotonic_ns() - began;
	return NULL;
}

static int begin_table(struct live *l)
{
	int err = -pthread_create(&l->opening, NULL, open_table, l);

	l->opens = err == 0;
	if (err)
		fprintf(stderr, "no thread: %s\n", strerrordesc_np(-err));
	return err;
}

static void say_opened(const struct live *l)
{
	const struct sa_takeover *f = &l->found;

	if (f->fresh)
		printf("made %s for %u SAs", l->config.sa_mapping, l->config.sa_slots);
	else
		printf("took over %u SA%s of %s", f->taken, f->taken == 1 ? "" : "s",
		       l->config.sa_mapping);
	printf(" in %" PRIu64 " ms", l->opening_ns / 1000000);
	if (f->half_written)
		printf(", %u half-written slot%s wiped", f->half_written,
		       f->half_written == 1 ? "" : "s");
	printf("\n");
}

static int finish_table(struct live *l)
{
	if (l->opens)
		pthread_join(l->opening, NULL);
	l->opens = false;
	if (!l->sas)
		return -EIO;
	say_opened(l);
	return 0;
}

static int create_pool(struct live *l)
{
	l->pool = live_pool_create(&l->config);
	return l->pool ? 0 : -ENOMEM;
}

static int create_ports(struct live *l)
{
	l->ports = ports_create(&l->config, l->pool);
	return l->ports ? 0 : -ENODEV;
}

/* Workers' quiescence, which removal waits for. */
static int create_readers(struct live *l)
{
	size_t octets = rte_rcu_qsbr_get_memsize(l->config.workers);
	struct rte_rcu_qsbr *readers = rte_zmalloc("readers", octets, RTE_CACHE_LINE_SIZE);

	if (!readers || rte_rcu_qsbr_init(readers, l->config.workers) != 0)
		return -ENOMEM;
	l->sas->readers = readers;
	return 0;
}

static enum batch_kernels kernels_of(const struct config *c)
{
	return strcmp(c->crypto, "ipsec-mb") == 0 ? BATCH_IPSEC_MB : BATCH_AUTO;
}

static int create_neighbours(struct live *l)
{
	const struct config_side *const side[SIDES] = {&l->config.access, &l->config.core};

	for (unsigned i = 0; i < SIDES; i++) {
		l->neighbours[i] = neighbours_create(side[i], l->config.workers);
		if (!l->neighbours[i])
			return -ENOMEM;
	}
	return 0;
}

/* Gives a worker its queues, and a ring for its events where somebody listens. */
static int equip_worker(struct live *l, unsigned id)
{
	struct worker *w = l->worker[id];

	for (unsigned side = 0; side < SIDES; side++)
		w->set.port[side] = ports_of(l->ports, (enum side)side, id);
	if (l->config.key_socket.path[0])
		w->events = events_create();
	return w->events || !l->config.key_socket.path[0] ? 0 : -ENOMEM;
}

static int make_workers(struct live *l)
{
	struct worker_setup set = {.config = &l->config, .sas = l->sas, .pool = l->pool};
	int ret = create_neighbours(l);

	memcpy(set.neighbours, l->neighbours, sizeof(set.neighbours));
	l->crypto = batch_create(kernels_of(&l->config));
	if (ret == 0)
		ret = l->crypto ? create_readers(l) : -ENOMEM;
	if (ret == 0)
		ret = workers_create(&set, kernels_of(&l->config), l->config.workers, l->worker);
	if (ret == 0)
		l->workers = l->config.workers;
	for (unsigned i = 0; i < l->workers && ret == 0; i++)
		ret = equip_worker(l, i);
	return ret;
}

static int create_workers(struct live *l)
{
	int ret = make_workers(l);

	if (ret)
		fprintf(stderr, "no memory for %u workers: %s (eal.memory)\n", l->config.workers,
			strerrordesc_np(-ret));
	return ret;
}

static int install_static(struct live *l)
{
	return l->config.static_sas[0] ? live_install_static(l) : 0;
}

/* What the main thread does beside. */
static int create_services(struct live *l)
{
	l->events = event_base_new();
	if (!l->events)
		return -ENOMEM;
	l->host = host_create(&l->config, l->neighbours, l->worker, l->workers, l->pool,
			      clock_now_ns(&l->clock));
	l->retire = retire_create(l, stderr);
	if (!l->host || !l->retire)
		return -ENOMEM;
	if (!l->config.key_socket.path[0])
		return 0;
	l->keys = key_server_create(l, stderr);
	return l->keys ? 0 : -EIO;
}

/* In this order; what a step needs is there before it. */
static const struct {
	const char *what;
	int (*take)(struct live *l);
} steps[] = {
	{"thread", begin_table},        {"DPDK", start_eal},           {"frames", create_pool},
	{"ports", create_ports},        {"table", finish_table},       {"workers", create_workers},
	{"static SAs", install_static}, {"services", create_services},
};

static int build(struct live *l)
{
	uint64_t before = clock_monotonic_ns();

	clock_follow(&l->clock);
	l->began_ns = clock_now_ns(&l->clock);
	for (size_t i = 0; i < RTE_DIM(steps); i++) {
		int ret = steps[i].take(l);
		uint64_t now = clock_monotonic_ns();

		if (ret != 0)
			return ret;
		if (l->options.verbose)
			printf("%s: %" PRIu64 " ms\n", steps[i].what, (now - before) / 1000000);
		before = now;
	}
	return 0;
}

struct live *live_create(const struct config *c, const struct live_options *o)
{
	struct live *l = calloc(1, sizeof(*l));

	if (!l) {
		fprintf(stderr, "no memory\n");
		return NULL;
	}
	l->config = *c;
	l->options = *o;
	if (build(l) != 0) {
		live_destroy(l);
		return NULL;
	}
	eal_log_open(o->verbose);
	return l;
}

void live_destroy(struct live *l)
{
	if (!l)
		return;
	if (l->opens)
		pthread_join(l->opening, NULL);
	key_server_destroy(l->keys);
	retire_destroy(l->retire);
	host_destroy(l->host);
	for (unsigned i = 0; i < l->workers; i++)
		rte_free(l->worker[i]->events);
	workers_destroy(l->worker, l->workers);
	for (unsigned side = 0; side < SIDES; side++)
		neighbours_destroy(l->neighbours[side]);
	ports_destroy(l->ports);
	batch_destroy(l->crypto);
	if (l->sas) {
		rte_free(l->sas->readers);
		sa_table_close(l->sas);
	}
	rte_mempool_free(l->pool);
	if (l->events)
		event_base_free(l->events);
	if (l->eal)
		rte_eal_cleanup();
	free(l);
}
