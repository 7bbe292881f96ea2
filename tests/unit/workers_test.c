/* Several workers: frames cross to the owner of their SA, and nobody outside can tell. */
#include "tests/unit/path_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DEVICES = 24, ROUNDS = 40, RING = 2047 /* frames that a ring between workers takes */ };

struct setup {
	struct rig *r;
	struct path_device d[DEVICES];
};

static struct setup *start(uint32_t workers, uint32_t burst)
{
	struct setup *s = calloc(1, sizeof(*s));
	struct config c;

	assert_non_null(s);
	config_defaults(&c);
	c.workers = workers;
	c.burst = burst;
	c.held.frames = 0; /* a pool is divided between workers */
	s->r = rig_create(&c, 32, true);
	for (unsigned i = 0; i < DEVICES; i++) {
		unsigned eia = 1 + i % 3;
		struct sa_row row = rig_row(0x100 + i, 1 + i % 3, eia, eia == EIA2 ? 8 : 4);

		row.one_key_per_transmission = i % 5 == 0;
		path_device_init(&s->d[i], s->r, &row);
	}
	return s;
}

static void stop(struct setup *s)
{
	rig_destroy(s->r);
	free(s);
}

/* Deterministic; any seed but 0. */
static uint32_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (uint32_t)(*x >> 16);
}

/* Messages of all kinds from all devices; those of one device to one port, as a flow is. */
static void put_uplink(struct setup *s, uint64_t *seed, unsigned n)
{
	while (n-- > 0) {
		uint32_t r = next_random(seed);
		struct path_device *d = &s->d[(r >> 8) % DEVICES];
		unsigned port = (d->row.key_id >> 1) % s->r->workers;

		switch (r % 8) {
		case 0:
			path_device_resume(d, s->r, port, r & 0x80 ? SDT_END : 0);
			break;
		case 1:
			if (d->len > 0)
				path_device_again(d, s->r, port);
			break;
		case 2:
			path_device_data_at(d, s->r, port, d->d.next_up, true);
			break;
		case 3:
			path_device_data(d, s->r, port, SDT_END);
			break;
		default:
			d->at.port = (uint16_t)(40000 + (r >> 16) % 3);
			path_device_data(d, s->r, port, 0);
			break;
		}
	}
}

static void put_downlink(struct setup *s, uint64_t *seed, unsigned n)
{
	while (n-- > 0) {
		uint32_t r = next_random(seed);
		const struct sa_row *row = &s->d[r % DEVICES].row;
		struct core_hdr h =
			rig_mt(r >> 8 & 31, 0, r & 0x8000 ? row->key_id : 0, row->identity);

		rig_down(s->r, row->key_id % s->r->workers, 0, &h, sizeof(h));
	}
}

/* The devices learn of their new keys. */
static void hear_answers(struct setup *s)
{
	for (unsigned i = 0; i < s->r->sent_n[ACCESS]; i++) {
		const struct rig_sent *sent = &s->r->sent[ACCESS][i];
		struct packet p;
		uint32_t key_id;

		rig_read(sent, &p);
		key_id = be32_get(((const struct sdt_hdr *)p.payload)->key_id);
		path_device_take(&s->d[key_id - 0x100], sent, NULL);
	}
}

static int by_cause(const void *a, const void *b)
{
	const struct rig_sent *const *x = a, *const *y = b;

	return (*x)->index < (*y)->index ? -1 : (*x)->index > (*y)->index;
}

/* What went out, in the order of the frames that caused it: at most one of a side each. */
static void sort_sent(struct rig *r, enum side side, const struct rig_sent **out)
{
	for (unsigned i = 0; i < r->sent_n[side]; i++)
		out[i] = &r->sent[side][i];
	qsort(out, r->sent_n[side], sizeof(out[0]), by_cause);
}

static void expect_the_same(struct setup *a, struct setup *b)
{
	static const struct rig_sent *x[RIG_SENT], *y[RIG_SENT];

	assert_int_equal(a->r->frames, b->r->frames);
	for (unsigned i = 0; i < a->r->frames; i++) {
		const struct trace *t = &a->r->trace[i], *u = &b->r->trace[i];

		if (t->fate != u->fate || t->known != u->known || t->key_id != u->key_id ||
		    t->count != u->count)
			fail_msg("frame %u: %s and %s", i, fate_name((enum fate)t->fate),
				 fate_name((enum fate)u->fate));
	}
	for (unsigned side = 0; side < SIDES; side++) {
		assert_int_equal(a->r->sent_n[side], b->r->sent_n[side]);
		sort_sent(a->r, (enum side)side, x);
		sort_sent(b->r, (enum side)side, y);
		for (unsigned i = 0; i < a->r->sent_n[side]; i++) {
			assert_int_equal(x[i]->index, y[i]->index);
			assert_int_equal(x[i]->len, y[i]->len);
			assert_memory_equal(x[i]->octets, y[i]->octets, x[i]->len);
		}
	}
}

static void several_workers_give_what_one_gives(void **state)
{
	static const struct {
		uint32_t workers, burst;
	} cases[] = {{2, 32}, {2, 1}, {3, 7}, {4, 256}};

	(void)state;
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct setup *one = start(1, 64), *more = start(cases[k].workers, cases[k].burst);
		uint64_t seed[2] = {0xabc + k, 0xabc + k};
		struct counts x, y;

		for (unsigned round = 0; round < ROUNDS; round++) {
			if (round % 3 == 2) {
				put_downlink(one, &seed[0], 300);
				put_downlink(more, &seed[1], 300);
			} else {
				put_uplink(one, &seed[0], 300);
				put_uplink(more, &seed[1], 300);
			}
			assert_null(rig_run(one->r));
			assert_null(rig_run(more->r));
			expect_the_same(one, more);
			hear_answers(one);
			hear_answers(more);
			one->r->now_ns += 100000000;
			more->r->now_ns += 100000000;
		}
		x = rig_counts(one->r);
		y = rig_counts(more->r);
		assert_memory_equal(&x, &y, sizeof(x));
		/* Enough of each came through, or this would prove little. */
		assert_true(x.fate[ACCESS][FATE_SENT] > 1000 && x.fate[ACCESS][FATE_RESUMED] > 500);
		assert_true(x.fate[ACCESS][FATE_RESUME_REPEATED] > 20 &&
			    x.fate[CORE][FATE_SENT] > 1000);
		stop(one);
		stop(more);
	}
}

/* A device whose SA that worker owns. */
static struct path_device *owned_by(struct setup *s, unsigned worker)
{
	for (unsigned i = 0; i < DEVICES; i++) {
		uint32_t slot = sa_table_find(s->r->sas, s->d[i].row.key_id);

		if (worker_owning(s->r->worker[0], slot) == worker)
			return &s->d[i];
	}
	return NULL;
}

static void a_full_ring_drops_what_it_cannot_take_and_recovers(void **state)
{
	struct setup *s = start(2, 32);
	struct path_device *d = owned_by(s, 1);

	(void)state;
	assert_non_null(d);
	for (unsigned i = 0; i < RING + 100; i++)
		path_device_data(d, s->r, 0, 0);
	while (rig_poll(s->r, 0) > 0)
		;
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_HANDOVER_FULL), 100);
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_SENT), 0);
	assert_null(rig_run(s->r));
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_SENT), RING);
	/* What was dropped was never seen: its COUNT still counts. */
	path_device_again(d, s->r, 0);
	assert_null(rig_run(s->r));
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_SENT), RING + 1);
	stop(s);
}

static void frames_of_both_sides_cross_in_one_ring(void **state)
{
	struct setup *s = start(2, 8);
	struct path_device *mine = owned_by(s, 0), *other = owned_by(s, 1);

	(void)state;
	path_device_data(mine, s->r, 0, 0);
	path_device_data(other, s->r, 0, 0);
	assert_null(rig_run(s->r));
	for (unsigned i = 0; i < 50; i++) {
		struct core_hdr a = rig_mt(1, 0, 0, mine->row.identity);
		struct core_hdr b = rig_mt(1, 0, 0, other->row.identity);

		path_device_data(mine, s->r, i % 2, 0);
		rig_down(s->r, i % 2, 0, &a, sizeof(a));
		path_device_data(other, s->r, 1 - i % 2, 0);
		rig_down(s->r, 1 - i % 2, 0, &b, sizeof(b));
	}
	assert_null(rig_run(s->r));
	assert_int_equal(rig_fate(s->r, ACCESS, FATE_SENT), 102);
	assert_int_equal(rig_fate(s->r, CORE, FATE_SENT), 100);
	assert_int_equal(s->r->worker[0]->counts.fate[CORE][FATE_SENT], 50);
	assert_int_equal(s->r->worker[1]->counts.fate[CORE][FATE_SENT], 50);
	stop(s);
}

/* Each worker counts what it received and what it decided; only all together are in balance. */
static void a_crossing_frame_is_received_by_one_and_decided_by_another(void **state)
{
	struct setup *s = start(2, 8);
	struct path_device *d = owned_by(s, 1);

	(void)state;
	path_device_resume(d, s->r, 0, 0);
	assert_null(rig_run(s->r));
	assert_int_equal(s->r->worker[0]->counts.tally[ACCESS][TALLY_RX], 1);
	assert_int_equal(s->r->worker[0]->settled, 0);
	assert_int_equal(s->r->worker[1]->counts.fate[ACCESS][FATE_RESUMED], 1);
	assert_int_equal(s->r->worker[1]->settled, 1);
	assert_int_equal(path_device_take(d, &s->r->sent[ACCESS][0], NULL), VERDICT_OPENED);
	stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_workers_give_what_one_gives),
		cmocka_unit_test(a_full_ring_drops_what_it_cannot_take_and_recovers),
		cmocka_unit_test(frames_of_both_sides_cross_in_one_ring),
		cmocka_unit_test(a_crossing_frame_is_received_by_one_and_decided_by_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
