#include "dataplane/bench_laps.h"

#include "dataplane/bench_sas.h"

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
	ROUNDS_MAX = 1 << 14,
	ROUNDS_MIN = 3 /* a median of fewer says little */
};

int bench_laps_create(struct bench_laps *l)
{
	l->next = calloc(l->plan->options->sas, sizeof(l->next[0]));
	for (unsigned kind = 0; kind < LAP_KINDS; kind++) {
		l->cycles[kind] = calloc(ROUNDS_MAX, sizeof(l->cycles[kind][0]));
		if (!l->cycles[kind] || !l->next)
			return -ENOMEM;
	}
	for (unsigned i = 0; i < l->n; i++) {
		struct bench_thread *t = &l->thread[i];

		t->laps = l;
		t->id = i;
		t->crypto = bench_crypto_create();
		if (!t->crypto || bench_traffic_create(&t->traffic, l->plan, i, l->next) != 0)
			return -ENOMEM;
		bench_feed_connect(&t->feed, &t->traffic, t->worker);
	}
	return 0;
}

void bench_laps_destroy(struct bench_laps *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		bench_traffic_destroy(&l->thread[i].traffic);
		bench_crypto_destroy(l->thread[i].crypto);
	}
	for (unsigned kind = 0; kind < LAP_KINDS; kind++)
		free(l->cycles[kind]);
	free(l->next);
}

/* Waits until all threads are here. They have a CPU each, and little to wait for. */
static void meet(struct bench_laps *l)
{
	unsigned meeting = atomic_load(&l->meetings);

	if (atomic_fetch_add(&l->arrived, 1) + 1 == l->n) {
		atomic_store(&l->arrived, 0);
		atomic_fetch_add(&l->meetings, 1);
		return;
	}
	while (atomic_load_explicit(&l->meetings, memory_order_acquire) == meeting)
		rte_pause();
}

static uint64_t settled(const struct bench_laps *l)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < l->n; i++)
		sum += atomic_load_explicit(&l->thread[i].worker->settled, memory_order_acquire);
	return sum;
}

static struct counts counts_of_all(const struct bench_laps *l)
{
	struct counts c = {0};

	for (unsigned i = 0; i < l->n; i++)
		counts_add(&c, &l->thread[i].worker->counts);
	return c;
}

static uint32_t frames_of_all(const struct bench_laps *l)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < l->n; i++)
		n += l->thread[i].traffic.n;
	return n;
}

static bool path_goes_on(const struct bench_thread *t)
{
	const struct bench_laps *l = t->laps;

	if (atomic_load_explicit(&l->stop, memory_order_relaxed))
		return false;
	/* The last frames may still be on their way from one worker to another. */
	return !bench_feed_ended(&t->feed) || (l->n > 1 && settled(l) < l->due);
}

static void run_path(struct bench_thread *t)
{
	struct worker *w = t->worker;

	while (path_goes_on(t)) {
		w->now_ns = clock_now_ns(&t->laps->clock);
		worker_poll(w);
	}
}

static void run_ceiling(struct bench_thread *t)
{
	const struct bench_options *o = t->laps->plan->options;
	struct port *in = t->worker->set.port[o->direction == BENCH_UP ? ACCESS : CORE];
	struct port *out = t->worker->set.port[o->direction == BENCH_UP ? CORE : ACCESS];
	struct rte_mbuf *m[BURST_MAX];

	while (!bench_feed_ended(&t->feed))
		out->tx(out, m, in->rx(in, m, (uint16_t)o->burst));
}

static void run_crypto(struct bench_thread *t)
{
	t->kernels = bench_crypto_lap(t->crypto, t->worker->crypto, &t->traffic);
}

static void (*const RUN[LAP_KINDS])(struct bench_thread *t) = {
	[LAP_PATH] = run_path,
	[LAP_CEILING] = run_ceiling,
	[LAP_CRYPTO] = run_crypto,
};

/* The first fate but the wanted one that this lap brought, for people. */
static void say_fates(struct bench_laps *l, const struct counts *counts, enum side side,
		      enum fate want)
{
	for (unsigned f = 0; f < FATE_COUNT; f++) {
		uint64_t n = counts->fate[side][f] - l->before.fate[side][f];

		if (f == want || n == 0)
			continue;
		snprintf(l->why, sizeof(l->why),
			 "%" PRIu64 " of %" PRIu32 " frames became %s, not %s", n, frames_of_all(l),
			 fate_name((enum fate)f), fate_name(want));
		return;
	}
	snprintf(l->why, sizeof(l->why), "%" PRIu32 " frames went in, %" PRIu64 " became %s",
		 frames_of_all(l), counts->fate[side][want] - l->before.fate[side][want],
		 fate_name(want));
}

/* Every frame of the lap must have come through. */
static void check_path(struct bench_laps *l)
{
	const struct bench_options *o = l->plan->options;
	enum side side = o->direction == BENCH_UP ? ACCESS : CORE;
	enum fate want = o->mode == BENCH_RESUME ? FATE_RESUMED : FATE_SENT;
	struct counts counts = counts_of_all(l);
	const char *wrong = counts_imbalance(&counts);

	if (counts.fate[side][want] - l->before.fate[side][want] != frames_of_all(l))
		say_fates(l, &counts, side, want);
	else if (wrong)
		snprintf(l->why, sizeof(l->why), "%s", wrong);
}

/*
 * What the lap took, ns: of the CPU, so that other processes on it do not count. A worker that
 * waits for another spins, which counts.
 */
static uint64_t lap_length(const struct bench_laps *l)
{
	uint64_t longest = 0;

	for (unsigned i = 0; i < l->n; i++)
		longest = RTE_MAX(longest, l->thread[i].span.cpu_ns);
	return longest;
}

static uint64_t kernels_of_all(struct bench_laps *l)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < l->n; i++) {
		if (l->thread[i].kernels == 0 && l->thread[i].traffic.n > 0)
			snprintf(l->why, sizeof(l->why), "the kernels alone find a wrong tag");
		sum += l->thread[i].kernels;
	}
	return sum;
}

static void record(struct bench_laps *l, enum bench_lap kind)
{
	double lap = (double)lap_length(l) / 1e9 * (double)rte_get_tsc_hz() * l->n;
	double cycles = kind == LAP_CRYPTO ? (double)kernels_of_all(l) : lap;

	if (atomic_load(&l->stop))
		return;
	if (kind == LAP_PATH)
		check_path(l);
	if (l->rounds == 0)
		return; /* it warmed caches and branch predictors */
	l->cycles[kind][l->rounds - 1] = cycles / frames_of_all(l);
	l->measured_ns += lap_length(l);
	for (unsigned i = 0; i < l->n; i++) {
		l->spans.wall_ns += l->thread[i].span.wall_ns;
		l->spans.cpu_ns += l->thread[i].span.cpu_ns;
	}
	if (kind == LAP_PATH)
		l->frames += frames_of_all(l);
}

static struct bench_span now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (struct bench_span){clock_monotonic_ns(),
				   (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec};
}

static struct bench_span since(const struct bench_span *began)
{
	struct bench_span s = now();

	return (struct bench_span){s.wall_ns - began->wall_ns, s.cpu_ns - began->cpu_ns};
}

static void run_lap(struct bench_thread *t, enum bench_lap kind)
{
	struct bench_laps *l = t->laps;
	struct bench_span began;

	bench_feed_rewind(&t->feed);
	meet(l);
	if (t->id == 0) {
		l->before = counts_of_all(l);
		l->due = settled(l) + frames_of_all(l);
	}
	meet(l);
	began = now();
	RUN[kind](t);
	t->span = since(&began);
	meet(l);
	if (t->id == 0)
		record(l, kind);
}

static bool enough(const struct bench_laps *l)
{
	double seconds = (double)l->measured_ns / 1e9;

	return atomic_load(&l->stop) || l->why[0] || l->rounds > ROUNDS_MAX ||
	       (l->rounds > ROUNDS_MIN && seconds >= l->plan->options->seconds);
}

/* One lap of each kind over the same frames. */
static void run_round(struct bench_thread *t)
{
	struct bench_laps *l = t->laps;

	bench_traffic_advance(&t->traffic, t->worker->crypto);
	if (t->traffic.part == 0)
		bench_sas_set_back(l->sas, l->plan->options, t->id);
	for (unsigned kind = 0; kind < LAP_KINDS; kind++)
		run_lap(t, (enum bench_lap)kind);
	meet(l);
	if (t->id == 0) {
		l->rounds++;
		l->over = enough(l);
	}
	meet(l);
}

int bench_laps_run(void *arg)
{
	struct bench_laps *l = arg;
	struct bench_thread *t = &l->thread[rte_lcore_id() - 1];

	while (!l->over)
		run_round(t);
	atomic_fetch_add(&l->ended, 1);
	return 0;
}
