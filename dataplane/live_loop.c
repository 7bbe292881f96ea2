#include "dataplane/host.h"
#include "dataplane/key_server.h"
#include "dataplane/live.h"
#include "dataplane/ports.h"
#include "dataplane/telemetry.h"

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>
#include <rte_rcu_qsbr.h>

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

/* A worker that finds nothing to do leaves the CPU to whoever else is on it. */
static void poll_round(struct live *l, struct worker *w)
{
	w->now_ns = clock_now_ns(&l->clock);
	if (worker_poll(w) == 0 && l->lcores.shared)
		sched_yield();
}

static uint16_t receive_nothing(struct port *p, struct rte_mbuf **m, uint16_t n)
{
	(void)p, (void)m, (void)n;
	return 0;
}

/* Once no worker receives, what is left lies in rings, and its owner decides it. */
static void drain(struct live *l, struct worker *w)
{
	for (unsigned side = 0; side < SIDES; side++)
		w->set.port[side]->rx = receive_nothing;
	atomic_fetch_add(&l->dry, 1);
	while (atomic_load(&l->dry) < l->workers)
		poll_round(l, w);
	while (worker_poll(w) > 0)
		;
}

static int run_worker(void *arg)
{
	struct live *l = arg;
	struct worker *w = l->worker[rte_lcore_id() - 1];

	rte_rcu_qsbr_thread_register(l->sas->readers, w->id);
	rte_rcu_qsbr_thread_online(l->sas->readers, w->id);
	while (atomic_load_explicit(&l->stage, memory_order_relaxed) == LIVE_RUNS)
		poll_round(l, w);
	drain(l, w);
	rte_rcu_qsbr_thread_offline(l->sas->readers, w->id);
	rte_rcu_qsbr_thread_unregister(l->sas->readers, w->id);
	return 0;
}

enum {
	TICK_US = 1000,       /* while the slow path has work */
	IDLE_TICK_US = 10000, /* and while it has none */
	IDLE_TICKS = 1000,    /* without work, until it is idle */
	LINK_NS = 100000000   /* how often the links are looked at */
};

struct loop {
	struct live *live;
	struct event *tick, *second, *terminate, *interrupt, *hangup;
	unsigned idle; /* ticks without work */
	uint64_t link_ns;
	bool mapping_lost;
	bool up[SIDES];
};

static void on_signal(evutil_socket_t signal, short what, void *arg)
{
	struct loop *loop = arg;

	(void)signal, (void)what;
	event_base_loopbreak(loop->live->events);
}

static void follow_links(struct loop *loop, uint64_t now_ns)
{
	struct live *l = loop->live;

	for (unsigned side = 0; side < SIDES; side++) {
		bool up = ports_link(l->ports, (enum side)side);

		if (up != loop->up[side])
			host_link(l->host, (enum side)side, up, now_ns);
		loop->up[side] = up;
	}
}

static void set_tick(struct loop *loop)
{
	struct timeval wait = {.tv_usec = loop->idle < IDLE_TICKS ? TICK_US : IDLE_TICK_US};

	event_add(loop->tick, &wait);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	uint64_t now_ns = clock_now_ns(&loop->live->clock);

	(void)fd, (void)what;
	loop->idle = host_run(loop->live->host, now_ns) > 0 ? 0 : loop->idle + 1;
	if (now_ns - loop->link_ns >= LINK_NS) {
		follow_links(loop, now_ns);
		loop->link_ns = now_ns;
	}
	set_tick(loop);
}

/* The SAs go on in memory that nobody can find again: said once. */
static void check_mapping(struct loop *loop)
{
	struct live *l = loop->live;
	struct key_event lost = {.type = EVENT_MAPPING_LOST, .time_ns = clock_now_ns(&l->clock)};

	if (loop->mapping_lost || sa_table_intact(l->sas))
		return;
	loop->mapping_lost = true;
	fprintf(stderr, "%s: gone, or cut: the SAs live until this process ends\n",
		l->config.sa_mapping);
	if (l->keys)
		key_server_tell(l->keys, &lost);
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;

	(void)fd, (void)what;
	clock_follow(&loop->live->clock);
	check_mapping(loop);
}

/* nohup(1) has it ignored, and so it stays. */
static bool hangup_ignored(void)
{
	struct sigaction now;

	return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static int start_events(struct loop *loop)
{
	static const struct timeval second = {.tv_sec = 1};
	struct event_base *base = loop->live->events;

	loop->tick = evtimer_new(base, on_tick, loop);
	loop->second = event_new(base, -1, EV_PERSIST, on_second, loop);
	loop->terminate = evsignal_new(base, SIGTERM, on_signal, loop);
	loop->interrupt = evsignal_new(base, SIGINT, on_signal, loop);
	loop->hangup = evsignal_new(base, SIGHUP, on_signal, loop);
	if (!loop->tick || !loop->second || !loop->terminate || !loop->interrupt || !loop->hangup)
		return -ENOMEM;
	if (event_add(loop->second, &second) != 0 || event_add(loop->terminate, NULL) != 0 ||
	    event_add(loop->interrupt, NULL) != 0 ||
	    (!hangup_ignored() && event_add(loop->hangup, NULL) != 0))
		return -EIO;
	set_tick(loop);
	return 0;
}

/* From here on a second signal ends the process at once. */
static void end_events(struct loop *loop)
{
	struct event *const all[] = {loop->tick, loop->second, loop->terminate, loop->interrupt,
				     loop->hangup};

	for (size_t i = 0; i < RTE_DIM(all); i++) {
		if (all[i])
			event_free(all[i]);
	}
}

static void launch_workers(struct live *l)
{
	for (unsigned i = 0; i < l->workers; i++)
		rte_eal_remote_launch(run_worker, l, i + 1);
}

static void stop_workers(struct live *l)
{
	atomic_store(&l->stage, LIVE_STOPS);
	rte_eal_mp_wait_lcore();
}

static void say_ready(const struct live *l)
{
	char access[PORTS_TEXT], core[PORTS_TEXT];

	printf("ready: %s, %s, %u worker%s on CPU", ports_describe(l->ports, ACCESS, access),
	       ports_describe(l->ports, CORE, core), l->workers, l->workers == 1 ? "" : "s");
	for (unsigned i = 0; i < l->workers; i++)
		printf("%s%u", i ? "," : " ", l->lcores.worker[i]);
	printf(", %u SAs%s, after %" PRIu64 " ms\n", l->sas->in_use,
	       l->hugepages ? "" : ", no huge pages",
	       (clock_now_ns(&l->clock) - l->began_ns) / 1000000);
	if (l->options.verbose)
		printf("crypto: %s\n", batch_describe(l->crypto));
}

int live_loop(struct live *l)
{
	struct loop loop = {.live = l, .up = {true, true}};
	int ret = start_events(&loop);

	if (ret == 0) {
		launch_workers(l);
		telemetry_start(l);
		say_ready(l);
		event_base_dispatch(l->events);
		end_events(&loop);
		telemetry_stop();
		stop_workers(l);
	} else {
		end_events(&loop);
		fprintf(stderr, "no event loop: %s\n", strerrordesc_np(-ret));
	}
	return ret;
}
