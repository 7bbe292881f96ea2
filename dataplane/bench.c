#include "dataplane/bench.h"

#include "dataplane/bench_laps.h"
#include "dataplane/bench_sas.h"
#include "dataplane/eal.h"
#include "dataplane/hugepages.h"
#include "dataplane/neighbours.h"
#include "dataplane/sa_map.h"
#include "dataplane/workers.h"
#include "pcap/stop.h"

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_mempool.h>

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	MBUFS = 4096, /* for each worker: bursts, caches, and what waits in rings */
	MBUF_CACHE = 256,
	ROOM = RTE_MBUF_DEFAULT_BUF_SIZE,
	FIXED_OCTETS = 64 << 20, /* EAL and what is small */
	HUGEPAGE = 2 << 20,
	LOOK_US = 100000 /* how often the main thread wakes up */
};

struct bench {
	const struct bench_options *options;
	struct config config;
	struct lcores lcores;
	struct worker_setup set;
	struct bench_plan plan;
	struct worker *worker[CONFIG_WORKERS_MAX];
	struct bench_laps laps;
	unsigned started;
	bool hugepages;
	bool shown; /* on a terminal */
};

static void show(const char *what, double done, double of, const char *unit)
{
	fprintf(stderr, "\rbench: %s, %.1f of %.1f %s\033[K", what, done, of, unit);
}

static void show_installed(uint32_t done, uint32_t of)
{
	if (isatty(STDERR_FILENO) && done % (1 << 16) == 0)
		show("SAs", (double)done / 1e6, (double)of / 1e6, "million");
}

/* The number that a line of the file begins with or has behind `name`; SIZE_MAX: there is none. */
static size_t read_octets(const char *path, const char *name, size_t unit)
{
	FILE *f = fopen(path, "r");
	size_t value = SIZE_MAX, len = strlen(name);
	char line[128];

	while (f && value == SIZE_MAX && fgets(line, sizeof(line), f)) {
		char *end, *from = line + len;

		if (strncmp(line, name, len) != 0)
			continue;
		value = strtoull(from, &end, 10);
		value = end == from ? SIZE_MAX : value * unit;
	}
	if (f)
		fclose(f);
	return value;
}

/* Octets that this process can have without swapping. */
static size_t memory_available(void)
{
	size_t host = read_octets("/proc/meminfo", "MemAvailable:", 1024);
	size_t group = read_octets("/sys/fs/cgroup/memory.max", "", 1); /* of a container */
	struct rlimit own;

	if (getrlimit(RLIMIT_AS, &own) != 0 || own.rlim_cur == RLIM_INFINITY)
		own.rlim_cur = SIZE_MAX;
	return RTE_MIN(RTE_MIN(host, group), (size_t)own.rlim_cur);
}

static size_t eal_octets(const struct bench *b)
{
	const struct bench_options *o = b->options;
	size_t mbuf =
		sizeof(struct rte_mbuf) + sizeof(struct frame) + ROOM + 2 * RTE_CACHE_LINE_SIZE;

	return FIXED_OCTETS + workers_octets(&b->set, o->workers) + o->workers * MBUFS * mbuf;
}

/* The lines of all SAs, and the two indexes that lead to them by IMSI and by reference. */
static size_t table_octets(const struct bench *b)
{
	enum { BUCKETS_OF_SEVEN = 4 }; /* at most, for as many SAs in one index */
	size_t buckets = (size_t)b->options->sas * 2 * BUCKETS_OF_SEVEN / SA_BUCKET;

	return sa_map_octets(b->options->sas, HUGEPAGE) + buckets * sizeof(struct sa_bucket);
}

static int check_memory(const struct bench *b)
{
	size_t needs =
		eal_octets(b) + bench_plan_octets(&b->plan) + (size_t)b->options->sas * 4 * SA_LINE;
	size_t has = memory_available();

	if (needs <= has)
		return 0;
	fprintf(stderr,
		"iwf-dp bench: needs %.1f GiB of memory, %.1f GiB are available: fewer --sas\n",
		(double)needs / (1 << 30), (double)has / (1 << 30));
	return -ENOMEM;
}

static enum batch_kernels kernels_of(const struct bench_options *o)
{
	return strcmp(o->crypto, "ipsec-mb") == 0 ? BATCH_IPSEC_MB : BATCH_AUTO;
}

static int create_table(struct bench *b)
{
	struct batch *crypto = batch_create(kernels_of(b->options));
	int ret = -ENOMEM;

	b->laps.sas = sa_table_create(b->config.sa_slots);
	if (crypto && b->laps.sas)
		ret = bench_sas_install(b->laps.sas, crypto, b->options, show_installed);
	batch_destroy(crypto);
	b->plan.sas = b->set.sas = b->laps.sas;
	return ret;
}

static int create_pool(struct bench *b)
{
	b->set.pool = rte_pktmbuf_pool_create("frames", b->options->workers * MBUFS, MBUF_CACHE,
					      RTE_ALIGN(sizeof(struct frame), RTE_MBUF_PRIV_ALIGN),
					      ROOM, SOCKET_ID_ANY);
	return b->set.pool ? 0 : -ENOMEM;
}

/* Next hops as on live ports, without anybody to be asked. */
static int create_neighbours(struct bench *b)
{
	const struct config_side *const side[SIDES] = {&b->config.access, &b->config.core};

	for (unsigned i = 0; i < SIDES; i++) {
		b->set.neighbours[i] = neighbours_create(side[i], b->options->workers);
		if (!b->set.neighbours[i])
			return -ENOMEM;
	}
	return 0;
}

static int create_laps(struct bench *b)
{
	struct bench_laps *l = &b->laps;

	l->plan = &b->plan;
	l->n = b->options->workers;
	clock_follow(&l->clock);
	for (unsigned i = 0; i < l->n; i++)
		l->thread[i].worker = b->worker[i];
	return bench_laps_create(l);
}

/* Huge pages for everything that a packet touches, or for none of it. */
static int start_eal(struct bench *b)
{
	struct eal_live e = {.config = &b->config, .lcores = &b->lcores, .octets = eal_octets(b)};
	struct hugepages huge;

	hugepages_read(HUGEPAGES_FOLDER, &huge);
	b->hugepages = huge.free_octets >= eal_octets(b) + table_octets(b);
	e.hugepages = b->hugepages;
	return eal_start_live(&e);
}

static int choose_cpus(struct bench *b)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return -errno;
	return lcores_choose(&b->config, &allowed, &b->lcores, stderr);
}

/* Everything up to the first lap. */
static int set_up(struct bench *b)
{
	int ret = choose_cpus(b);

	if (ret == 0)
		ret = check_memory(b);
	if (ret == 0)
		ret = start_eal(b);
	if (ret)
		return ret;
	ret = create_pool(b);
	if (ret == 0)
		ret = create_table(b);
	if (ret == 0)
		ret = create_neighbours(b);
	if (ret == 0)
		ret = workers_create(&b->set, kernels_of(b->options), b->options->workers,
				     b->worker);
	if (ret == 0)
		ret = create_laps(b);
	if (ret)
		fprintf(stderr, "iwf-dp bench: %s\n", strerrordesc_np(-ret));
	return ret;
}

static void tear_down(struct bench *b)
{
	bench_laps_destroy(&b->laps);
	workers_destroy(b->worker, b->worker[0] ? b->options->workers : 0);
	for (unsigned side = 0; side < SIDES; side++)
		neighbours_destroy(b->set.neighbours[side]);
	rte_mempool_free(b->set.pool);
	sa_table_destroy(b->laps.sas);
}

/* The main thread sleeps, so that one CPU is enough. */
static void wait_for_workers(struct bench *b)
{
	struct bench_laps *l = &b->laps;

	while (atomic_load(&l->ended) < b->started) {
		double seconds = (double)atomic_load(&l->measured_ns) / 1e9;

		if (stop_asked())
			atomic_store(&l->stop, true);
		if (b->shown && seconds > 0)
			show("measured", seconds, b->options->seconds, "s");
		else if (b->shown)
			fputs("\rbench: making messages\033[K", stderr);
		usleep(LOOK_US);
	}
	if (b->shown)
		fputs("\r\033[K", stderr);
}

static int run_laps(struct bench *b)
{
	for (unsigned i = 0; i < b->options->workers; i++) {
		int ret = rte_eal_remote_launch(bench_laps_run, &b->laps, i + 1);

		RTE_VERIFY(ret == 0); /* every lcore waits for work */
		b->started++;
	}
	wait_for_workers(b);
	rte_eal_mp_wait_lcore();
	if (stop_asked())
		return -EINTR;
	if (b->laps.why[0])
		fprintf(stderr, "iwf-dp bench: %s\n", b->laps.why);
	return b->laps.why[0] ? -EBADMSG : 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static uint32_t octets_per_sa(const struct sa_table *t)
{
	size_t buckets = (size_t)t->by_imsi.mask + 1 + t->by_reference.mask + 1;

	return 4 * SA_LINE + (uint32_t)sizeof(struct sa_label) +
	       (uint32_t)(buckets * sizeof(struct sa_bucket) / t->slots);
}

static void sum_up(struct bench *b, struct bench_result *res)
{
	struct bench_laps *l = &b->laps;

	*res = (struct bench_result){.tsc_hz = (double)rte_get_tsc_hz(), .frames = l->frames};
	res->laps = l->rounds - 1;
	for (unsigned kind = 0; kind < LAP_KINDS; kind++) {
		double *c = l->cycles[kind];

		qsort(c, res->laps, sizeof(*c), compare);
		res->cycles[kind] = (struct bench_cycles){
			.median = c[res->laps / 2], .least = c[0], .most = c[res->laps - 1]};
	}
	res->mpps = l->n * res->tsc_hz / res->cycles[LAP_PATH].median / 1e6;
	res->cpu_share = (double)l->spans.cpu_ns / (double)l->spans.wall_ns;
	res->hugepages = b->hugepages;
	res->octets_per_sa = octets_per_sa(l->sas);
	snprintf(res->kernels, sizeof(res->kernels), "%s", batch_describe(b->worker[0]->crypto));
}

static void configure(struct bench *b)
{
	const struct bench_options *o = b->options;

	config_defaults(&b->config);
	b->config.workers = o->workers;
	b->config.burst = o->burst;
	b->config.sa_slots = o->sas;
	snprintf(b->config.sa_mapping, sizeof(b->config.sa_mapping), "iwf-bench");
	snprintf(b->config.eal.options, sizeof(b->config.eal.options), "--no-telemetry");
	b->config.held.frames = 0;
	b->config.resume.per_second = 0; /* the limit is not what is measured */
	b->config.resume.limit = UINT32_MAX - 1;
	b->config.access.static_next_hop = b->config.core.static_next_hop = true;
	b->set.config = b->plan.config = &b->config;
	b->plan.options = o;
	bench_plan_settle(&b->plan);
}

int bench_run(const struct bench_options *o, struct bench_result *res)
{
	struct bench *b = calloc(1, sizeof(*b));
	int ret;

	if (!b)
		return -ENOMEM;
	b->options = o;
	b->shown = isatty(STDERR_FILENO);
	stop_heed();
	configure(b);
	ret = set_up(b);
	if (ret == 0)
		ret = run_laps(b);
	if (ret == 0)
		sum_up(b, res);
	tear_down(b);
	free(b);
	return ret;
}
