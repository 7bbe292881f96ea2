/*
 * The whole path of packets, both ways, over several bursts and steps of the clock. Every tag is
 * computed, but the message itself says whether it is right (ct_equal is wrapped by the linker), or
 * no input would ever get behind the check.
 *
 * The same frames go through two gateways: one takes them in bursts, the other one by one. sdt.md
 * 10: the result is as if frames were decided one after the other. So both must agree on every
 * fate, every frame sent and every octet of every SA.
 */
#include "tests/fuzz/path_input.h"
#include "tests/unit/path_rig.h"

#include <rte_debug.h>

#include <limits.h>
#include <stdlib.h>

enum { KNOWN_MAX = 4096, HELD_FRAMES = 4, ROUND_FRAMES = 300 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
bool __wrap_ct_equal(const void *a, const void *b, size_t n);
bool __real_ct_equal(const void *a, const void *b, size_t n);
const char *__asan_default_options(void);

/* What workers own hangs in EAL's memory, where the leak checker does not look. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static bool marked(const uint8_t *tag)
{
	return tag[0] == INPUT_RIGHT && tag[1] == INPUT_RIGHT;
}

/* b is the message's tag, or the tag of the RESUME accepted last: two messages compare for real. */
bool __wrap_ct_equal(const void *a, const void *b, size_t n)
{
	return marked(a) && marked(b) ? __real_ct_equal(a, b, n) : marked(b);
}

/* What must never be seen twice, or go backwards, in one gateway. */
struct witness {
	uint32_t m[INPUT_SAS], top[INPUT_SAS];       /* uplink, after the last round */
	uint32_t down_m[INPUT_SAS], down[INPUT_SAS]; /* of the last DATA that was sent */
	bool down_any[INPUT_SAS];
	unsigned taken_n;
	struct {
		uint32_t key_id, m, count;
	} taken[KNOWN_MAX]; /* uplink DATA that was delivered */
};

/* Gateways live as long as the process: SAs are put in anew for each input. */
static struct rig *burst_rig[2], *single_rig[2]; /* by whether two workers share the bursts */
static struct witness single_witness, burst_witness;

static unsigned sa_of(uint32_t key_id)
{
	for (unsigned i = 0; i < INPUT_SAS; i++) {
		if (input_key_id[i] == key_id)
			return i;
	}
	abort();
}

/* No COUNT of downlink is ever used twice under one key. */
static void watch(struct rig *r, enum side side, const struct rig_sent *s)
{
	bool single = r == single_rig[0] || r == single_rig[1];
	struct witness *w = single ? &single_witness : &burst_witness;
	const struct sdt_hdr *h;
	struct packet p;
	uint32_t m, count;
	unsigned i;

	rig_read(s, &p);
	h = (const struct sdt_hdr *)p.payload;
	/* Frames resent behind RESUMED leave a burst after the RESUMEs behind them. */
	if (side == CORE || sdt_type(h) != SDT_DATA || r == burst_rig[0])
		return;
	i = sa_of(be32_get(h->key_id));
	m = r->sas->root[sa_table_find(r->sas, input_key_id[i])].m;
	count = be32_get(h->count);
	RTE_VERIFY(count < COUNT_USED_UP);
	RTE_VERIFY(!w->down_any[i] || m > w->down_m[i] ||
		   (m == w->down_m[i] && count > w->down[i]));
	w->down_any[i] = true;
	w->down_m[i] = m;
	w->down[i] = count;
}

static void look_at_uplink(const struct rig *r, struct witness *w)
{
	for (unsigned i = 0; i < INPUT_SAS; i++) {
		uint32_t slot = sa_table_find(r->sas, input_key_id[i]);
		uint32_t m = r->sas->root[slot].m, top = r->sas->up[slot].top;

		RTE_VERIFY(m >= w->m[i] && (m > w->m[i] || top >= w->top[i]));
		w->m[i] = m;
		w->top[i] = top;
	}
}

/* No uplink COUNT is delivered twice under one key. In order of the frames; before look_at_uplink.
 */
static void look_at_deliveries(const struct rig *r, struct witness *w)
{
	uint32_t m[INPUT_SAS];

	memcpy(m, w->m, sizeof(m));
	for (unsigned i = 0; i < r->frames; i++) {
		const struct trace *t = &r->trace[i];

		if (t->fate == FATE_RESUMED)
			m[sa_of(t->key_id)] = t->count + 1;
		if (t->fate != FATE_SENT)
			continue;
		for (unsigned k = 0; k < w->taken_n; k++)
			RTE_VERIFY(w->taken[k].key_id != t->key_id ||
				   w->taken[k].count != t->count ||
				   w->taken[k].m != m[sa_of(t->key_id)]);
		RTE_VERIFY(w->taken_n < KNOWN_MAX);
		w->taken[w->taken_n].key_id = t->key_id;
		w->taken[w->taken_n].count = t->count;
		w->taken[w->taken_n++].m = m[sa_of(t->key_id)];
	}
}

static int by_cause(const void *a, const void *b)
{
	const struct rig_sent *const *x = a, *const *y = b;

	if ((*x)->index != (*y)->index)
		return (*x)->index < (*y)->index ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

static void sort_sent(struct rig *r, unsigned side, const struct rig_sent **out)
{
	for (unsigned i = 0; i < r->sent_n[side]; i++)
		out[i] = &r->sent[side][i];
	qsort(out, r->sent_n[side], sizeof(out[0]), by_cause);
}

static bool same(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n) == 0;
}

static bool same_sa(const struct sa_table *s, const struct sa_table *t, uint32_t slot)
{
	struct sa_link l, k;

	memcpy(&l, &s->link[slot], sizeof(l));
	memcpy(&k, &t->link[slot], sizeof(k));
	l.held = k.held = 0; /* a place in a pool, which may have turned differently */
	return same(&s->up[slot], &t->up[slot], sizeof(s->up[0])) &&
	       same(&s->down[slot], &t->down[slot], sizeof(s->down[0])) &&
	       same(&s->root[slot], &t->root[slot], sizeof(s->root[0])) && same(&l, &k, sizeof(l));
}

static void compare(struct rig *a, struct rig *b)
{
	static const struct rig_sent *x[RIG_SENT], *y[RIG_SENT];
	const struct sa_table *s = a->sas, *t = b->sas;

	for (unsigned i = 0; i < a->frames; i++)
		RTE_VERIFY(a->trace[i].fate == b->trace[i].fate &&
			   a->trace[i].count == b->trace[i].count);
	for (unsigned side = 0; side < SIDES; side++) {
		RTE_VERIFY(a->sent_n[side] == b->sent_n[side]);
		sort_sent(a, side, x);
		sort_sent(b, side, y);
		for (unsigned i = 0; i < a->sent_n[side]; i++) {
			RTE_VERIFY(x[i]->index == y[i]->index && x[i]->len == y[i]->len);
			RTE_VERIFY(same(x[i]->octets, y[i]->octets, x[i]->len));
		}
	}
	for (unsigned i = 0; i < INPUT_SAS; i++)
		RTE_VERIFY(same_sa(s, t, sa_table_find(s, input_key_id[i])));
}

static struct rig *make_rig(uint32_t workers, uint32_t held)
{
	struct config c;
	struct rig *r;

	config_defaults(&c);
	c.workers = workers;
	c.burst = 1;
	c.held.frames = held;
	c.resume.per_second = 0;
	r = rig_create(&c, INPUT_SLOTS, true);
	r->watch = watch;
	return r;
}

static void make_rigs(void)
{
	if (single_rig[0])
		return;
	single_rig[0] = make_rig(1, HELD_FRAMES);
	burst_rig[0] = make_rig(1, HELD_FRAMES);
	/* A pool is divided between workers, so that two of them hold other frames than one. */
	single_rig[1] = make_rig(1, 0);
	burst_rig[1] = make_rig(2, 0);
}

static void begin(struct rig *r, struct witness *w, const struct input *in)
{
	memset(w, 0, sizeof(*w));
	r->now_ns = in->now_ns;
	r->room[ACCESS] = r->room[CORE] = UINT_MAX;
	input_install(in, r);
	look_at_uplink(r, w);
}

static void end(struct rig *r, const struct input *in)
{
	r->room[ACCESS] = r->room[CORE] = UINT_MAX;
	r->now_ns = in->now_ns + UINT64_C(1000000000) * r->config.held.seconds;
	RTE_VERIFY(!rig_run(r) && rig_in_use(r) == 0);
	for (unsigned i = 0; i < INPUT_SAS; i++)
		rig_remove(r, input_key_id[i]);
}

/* Both gateways get the round's frames; a narrow one has nobody to agree with. Returns how many. */
static unsigned put_frames(struct input *in, struct rig *bursts, struct rig *single,
			   enum side *side)
{
	uint8_t frame[INPUT_FRAME_MAX];
	unsigned n = 0;
	size_t octets;

	while (n < ROUND_FRAMES && (octets = input_frame(in, side, frame)) > 0) {
		rig_put(bursts, 0, *side, frame, octets);
		if (!in->narrow)
			rig_put(single, 0, *side, frame, octets);
		n++;
	}
	return n;
}

static void run_rounds(struct input *in, struct rig *bursts, struct rig *single)
{
	enum side side = ACCESS;

	while (!input_done(in)) {
		bursts->now_ns = single->now_ns = in->now_ns;
		RTE_VERIFY(!rig_run(bursts) &&
			   !rig_run(single)); /* held frames may have timed out */
		input_look(in, bursts->sas);
		if (put_frames(in, bursts, single, &side) == 0)
			continue;
		if (in->narrow) {
			bursts->room[ACCESS] = in->room % 4;
			bursts->room[CORE] = in->room / 4;
		}
		RTE_VERIFY(!rig_run(bursts));
		look_at_uplink(bursts, &burst_witness);
		if (in->narrow)
			continue;
		RTE_VERIFY(!rig_run(single));
		if (side == ACCESS)
			look_at_deliveries(single, &single_witness);
		look_at_uplink(single, &single_witness);
		compare(bursts, single);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint64_t now_ns = RIG_EPOCH_NS; /* goes on: workers remember */
	struct input in = input_begin(data, len, now_ns);
	struct rig *bursts, *single;

	make_rigs();
	bursts = burst_rig[in.two_workers];
	single = single_rig[in.two_workers];
	bursts->config.burst = in.burst;
	bursts->config.resume.per_second = in.narrow ? 3 : 0;
	begin(bursts, &burst_witness, &in);
	begin(single, &single_witness, &in);
	run_rounds(&in, bursts, single);
	end(bursts, &in);
	end(single, &in);
	now_ns = in.now_ns + UINT64_C(100000000000);
	return 0;
}
