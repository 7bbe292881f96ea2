#include "dataplane/bench_traffic.h"

#include "dataplane/bench_seal.h"
#include "pcap/build.h"
#include "pcap/rng.h"

#include <rte_common.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
	PER_SA_MIN = 2,     /* so that no SA is met for the first time only */
	LAP_DATA = 1 << 17, /* frames of one worker: some ten milliseconds */
	LAP_RESUME = 1 << 15,
	MEMORY_MAX = 512 << 20, /* octets of frames, all workers together */
	LINE = 64
};

static size_t message_room(const struct bench_options *o)
{
	if (o->direction != BENCH_UP)
		return sizeof(struct core_hdr) + o->size_max;
	if (o->mode == BENCH_RESUME)
		return SDT_RESUME_HEAD + o->size_max + TAG_LONG;
	return sizeof(struct sdt_hdr) + o->size_max + TAG_LONG;
}

static size_t frames_of_all(const struct bench_plan *p)
{
	return (size_t)p->per_sa * p->options->sas;
}

void bench_plan_settle(struct bench_plan *p)
{
	const struct bench_options *o = p->options;
	size_t lap = (size_t)o->workers * (o->mode == BENCH_RESUME ? LAP_RESUME : LAP_DATA);

	p->per_sa = RTE_MAX((uint32_t)PER_SA_MIN, (uint32_t)(lap / o->sas));
	p->stride = (uint32_t)RTE_ALIGN_CEIL(BENCH_HEAD + message_room(o), (size_t)LINE);
	p->parts = (uint32_t)((frames_of_all(p) + lap - 1) / lap);
	p->whole = frames_of_all(p) * p->stride <= MEMORY_MAX;
}

size_t bench_plan_octets(const struct bench_plan *p)
{
	size_t held = p->whole ? frames_of_all(p) : frames_of_all(p) / p->parts;

	return held * (p->stride + sizeof(uint16_t)) +
	       (frames_of_all(p) + p->options->sas) * sizeof(uint32_t);
}

/* The worker that meets the frames of an SA first: its owner's neighbour for `cross` percent. */
static unsigned fed_to(const struct bench_options *o, uint32_t slot)
{
	struct rng r = {slot};
	unsigned owner = slot % o->workers;

	return rng_below(&r, 100) < o->cross ? (owner + 1) % o->workers : owner;
}

/* The order of the round: every SA per_sa times, one after the other or at random. */
static void lay_out(struct bench_traffic *t, unsigned worker)
{
	const struct bench_options *o = t->plan->options;
	struct rng r = {worker};
	uint32_t at = 0;

	for (uint32_t turn = 0; turn < t->plan->per_sa; turn++) {
		for (uint32_t slot = 0; slot < o->sas; slot++) {
			if (fed_to(o, slot) == worker)
				t->slot[at++] = slot;
		}
	}
	for (uint32_t i = at; !o->sequential && i > 1; i--) {
		uint32_t j = rng_below(&r, i), slot = t->slot[j];

		t->slot[j] = t->slot[i - 1];
		t->slot[i - 1] = slot;
	}
}

/* Where a part begins: they differ by a frame at most. */
static uint32_t part_start(const struct bench_traffic *t, uint32_t part)
{
	return (uint32_t)((uint64_t)t->total * part / t->plan->parts);
}

static size_t frames_room(const struct bench_traffic *t)
{
	return t->plan->whole ? (size_t)t->total + 1 : (size_t)t->total / t->plan->parts + 1;
}

static size_t frames_octets(const struct bench_traffic *t)
{
	return frames_room(t) * t->plan->stride;
}

int bench_traffic_create(struct bench_traffic *t, const struct bench_plan *plan, unsigned worker,
			 uint32_t *next)
{
	const struct bench_options *o = plan->options;
	void *frames;

	*t = (struct bench_traffic){.plan = plan, .part = plan->parts - 1};
	t->next = next;
	for (uint32_t slot = 0; slot < o->sas; slot++)
		t->total += fed_to(o, slot) == worker ? plan->per_sa : 0;
	t->slot = malloc((size_t)(t->total + 1) * sizeof(t->slot[0]));
	t->len = malloc(frames_room(t) * sizeof(t->len[0]));
	frames = mmap(NULL, frames_octets(t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	t->frame = frames == MAP_FAILED ? NULL : frames;
	if (!t->slot || !t->len || !t->frame) {
		bench_traffic_destroy(t);
		return -ENOMEM;
	}
	madvise(frames, frames_octets(t), MADV_HUGEPAGE); /* where the host gives them */
	lay_out(t, worker);
	return 0;
}

void bench_traffic_destroy(struct bench_traffic *t)
{
	free(t->slot);
	free(t->len);
	if (t->frame)
		munmap(t->frame, frames_octets(t));
	*t = (struct bench_traffic){0};
}

static struct route route_to_gateway(const struct bench_plan *p, uint32_t slot)
{
	const struct sa_link *l = &p->sas->link[slot];
	struct endpoint device = {.family = l->family, .port = l->port};

	if (p->options->direction != BENCH_UP)
		return route_mt(p->config, 0);
	memcpy(device.addr, l->addr, sizeof(device.addr));
	return route_up(p->config, &device);
}

static void fill_some(struct bench_traffic *t, struct batch *batch, uint32_t from, unsigned n)
{
	const struct bench_options *o = t->plan->options;
	struct seal_item item[SEAL_AT_ONCE];

	for (unsigned i = 0; i < n; i++) {
		struct rng r = {t->first + from + i};

		item[i].slot = bench_slot(t, from + i);
		item[i].number = t->next[item[i].slot]++;
		item[i].size =
			(uint16_t)(o->size_min + rng_below(&r, o->size_max - o->size_min + 1));
	}
	bench_seal(t->plan, batch, item, n);
	for (unsigned i = 0; i < n; i++) {
		struct route route = route_to_gateway(t->plan, item[i].slot);

		t->len[bench_place(t, from + i)] = (uint16_t)build_udp(
			&route, item[i].msg, item[i].len, bench_frame(t, from + i));
	}
}

void bench_traffic_advance(struct bench_traffic *t, struct batch *batch)
{
	t->part = (t->part + 1) % t->plan->parts;
	t->first = part_start(t, t->part);
	t->n = part_start(t, t->part + 1) - t->first;
	if (t->plan->whole && t->made == t->plan->parts)
		return;
	for (uint32_t i = 0; t->part == 0 && i < t->total; i++)
		t->next[t->slot[i]] = 0;
	for (uint32_t at = 0; at < t->n; at += SEAL_AT_ONCE)
		fill_some(t, batch, at, RTE_MIN((uint32_t)SEAL_AT_ONCE, t->n - at));
	t->made += t->made < t->plan->parts;
}
