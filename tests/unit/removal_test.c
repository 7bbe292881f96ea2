/* SAs that are removed while workers run: no frame meets a slot that is wiped or used again. */
#include "dataplane/sa_slot.h"
#include "tests/unit/path_device.h"

#include <rte_debug.h>
#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct rig *make_rig(uint32_t workers, uint32_t slots)
{
	struct config c;

	config_defaults(&c);
	c.workers = workers;
	return rig_create(&c, slots, true);
}

static struct sa_row drawn_row(uint32_t i, const char *imsi)
{
	struct sa_row row = rig_row(i, EEA2, EIA2, TAG_LONG);

	row.key_id = 0;
	row.root_key[0] = (uint8_t)i;
	row.identity_len = (uint8_t)snprintf(row.identity, sizeof(row.identity), "%s", imsi);
	snprintf(row.reference, sizeof(row.reference), "r%u", i);
	return row;
}

static struct rte_rcu_qsbr *make_readers(unsigned n)
{
	struct rte_rcu_qsbr *v = rte_zmalloc("readers", rte_rcu_qsbr_get_memsize(n), 64);

	RTE_VERIFY(v && rte_rcu_qsbr_init(v, n) == 0);
	return v;
}

struct remover {
	struct sa_table *t;
	uint32_t slot;
	_Atomic bool gone;
};

static void *remove_slot(void *arg)
{
	struct remover *r = arg;

	sa_table_remove_slots(r->t, &r->slot, 1);
	r->gone = true;
	return NULL;
}

static bool all_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && b[n - 1] == 0)
		n--;
	return n == 0;
}

static void a_slot_is_wiped_only_after_every_workers_round(void **state)
{
	struct rig *r = make_rig(2, 16);
	struct sa_row row = rig_row(5, EEA2, EIA2, TAG_LONG);
	struct remover remover = {.t = r->sas, .slot = 5};
	pthread_t thread;

	(void)state;
	rig_install(r, &row, 1);
	r->sas->readers = make_readers(2);
	for (unsigned i = 0; i < 2; i++) {
		rte_rcu_qsbr_thread_register(r->sas->readers, i);
		rte_rcu_qsbr_thread_online(r->sas->readers, i);
	}
	assert_int_equal(pthread_create(&thread, NULL, remove_slot, &remover), 0);
	while (sa_table_find(r->sas, 5) != SA_NONE)
		sched_yield();
	/* One worker after the other ends its round: the keys stay to the last. */
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned k = 0; k < 1000; k++)
			sched_yield();
		assert_false(remover.gone);
		assert_memory_equal(r->sas->root[5].key, row.root_key, ROOT_KEY_LEN);
		assert_false(all_zero(r->sas->up[5].enc_key, KEY_LEN));
		rte_rcu_qsbr_quiescent(r->sas->readers, i);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(all_zero(r->sas->root[5].key, ROOT_KEY_LEN));
	assert_true(all_zero(&r->sas->up[5], sizeof(r->sas->up[5])));
	rte_free(r->sas->readers);
	rig_destroy(r);
}

struct chooser {
	struct sa_table *t;
	be64 imsi;
	_Atomic bool stop;
	_Atomic uint64_t rounds;
};

static void *choose_on(void *arg)
{
	struct chooser *c = arg;
	uint64_t bad = 0;

	rte_rcu_qsbr_thread_register(c->t->readers, 0);
	rte_rcu_qsbr_thread_online(c->t->readers, 0);
	while (!c->stop) {
		for (unsigned i = 0; i < 50; i++) {
			uint32_t first, slot;

			sa_table_find_imsi(c->t, &c->imsi, 1, &first);
			slot = sa_table_choose(c->t, first, 1);
			/* The device has one SA at any time; it is always found, and whole. */
			bad += slot == SA_NONE ||
			       be64_get(c->t->link[slot].imsi) != be64_get(c->imsi) ||
			       all_zero(c->t->root[slot].key, ROOT_KEY_LEN);
		}
		c->rounds++;
		rte_rcu_qsbr_quiescent(c->t->readers, 0);
		sched_yield();
	}
	rte_rcu_qsbr_thread_offline(c->t->readers, 0);
	return (void *)(uintptr_t)bad;
}

static void a_device_is_found_while_its_sas_come_and_go(void **state)
{
	static const char imsi[] = "001010123456789";
	static const struct sa_install_limits limits = {.per_device = 8};
	struct rig *r = make_rig(1, 16);
	struct chooser c = {.t = r->sas, .imsi = imsi_to_tbcd(imsi, strlen(imsi))};
	struct sa_row row = drawn_row(0, imsi);
	struct key_outcome o;
	uint64_t seed = 12345;
	uint32_t first = 0, next = 1;
	pthread_t thread;
	void *bad;

	(void)state;
	assert_int_equal(sa_table_install(r->sas, r->crypto, &limits, &row, 1, &o), 1);
	r->sas->readers = make_readers(1);
	assert_int_equal(pthread_create(&thread, NULL, choose_on, &c), 0);
	while (c.rounds == 0)
		sched_yield();
	/* Up to seven SAs at a time; any of them goes but the last one left. */
	for (unsigned i = 0; i < 3000; i++) {
		seed = seed * 6364136223846793005 + 1442695040888963407;
		if (next - first < 2 || (next - first < 7 && seed >> 63)) {
			row = drawn_row(next++, imsi);
			assert_int_equal(sa_table_install(r->sas, r->crypto, &limits, &row, 1, &o),
					 1);
		} else {
			char reference[1][SAS_REFERENCE_MAX + 1] = {{0}};

			snprintf(reference[0], sizeof(reference[0]), "r%u", first++);
			assert_int_equal(sa_table_remove(r->sas, reference, 1, &o), 1);
		}
	}
	c.stop = true;
	assert_int_equal(pthread_join(thread, &bad), 0);
	assert_int_equal((uintptr_t)bad, 0);
	rte_free(r->sas->readers);
	rig_destroy(r);
}

/*
 * A frame waits in the ring to its owner while its SA goes, and another one takes the slot: rings
 * are not waited for, so the owner has to ask again who the frame is for.
 */
static void a_frame_handed_over_is_looked_up_again(void **state)
{
	static const struct {
		const char *what;
		bool up, by_hint, used_again;
		enum fate want;
	} cases[] = {
		{"from the device", true, false, false, FATE_UNKNOWN_KEY},
		{"from the device, slot in use again", true, false, true, FATE_UNKNOWN_KEY},
		{"to the device by IMSI", false, false, false, FATE_UNKNOWN_DEVICE},
		{"to the device by IMSI, slot in use again", false, false, true,
		 FATE_UNKNOWN_DEVICE},
		{"to the device by key id", false, true, false, FATE_UNKNOWN_DEVICE},
		{"to the device by key id, slot in use again", false, true, true,
		 FATE_UNKNOWN_DEVICE},
	};

	(void)state;
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct rig *r = make_rig(2, 16);
		struct sa_row row = rig_row(0x11, EEA2, EIA2, TAG_LONG), other;
		struct path_device d;
		struct core_hdr h;
		unsigned index;

		path_device_init(&d, r, &row); /* slot 1: worker 1 owns it */
		path_device_data(&d, r, 1, 0);
		assert_null(rig_run(r));
		h = rig_mt(0, 0, cases[k].by_hint ? 0x11 : 0, row.identity);
		index = cases[k].up ? path_device_data(&d, r, 0, 0)
				    : rig_down(r, 0, 0, &h, sizeof(h));
		rig_poll(r, 0); /* into the ring to worker 1 */
		assert_int_equal(r->trace[index].fate, FATE_ALIVE);
		rig_remove(r, 0x11);
		if (cases[k].used_again) {
			other = rig_row(0x21, EEA2, EIA2, TAG_LONG);
			rig_install(r, &other, 1);
			assert_int_equal(sa_table_find(r->sas, 0x21), 1);
		}
		assert_null(rig_run(r));
		if (r->trace[index].fate != cases[k].want)
			fail_msg("%s: %s", cases[k].what,
				 fate_name((enum fate)r->trace[index].fate));
		assert_int_equal(r->sas->up[1].top, 0);
		assert_int_equal(r->sas->down[1].count, 0);
		rig_destroy(r);
	}
}

/*
 * A device with two SAs of one owner; what was handed over goes where its hint says, though by IMSI
 * it would go to the newer one by now, and without a hint to that.
 */
static void a_frame_with_a_hint_is_looked_up_again_by_that_hint(void **state)
{
	(void)state;
	for (unsigned hint = 0; hint < 2; hint++) {
		struct rig *r = make_rig(2, 16);
		struct sa_row old = rig_row(0x11, EEA2, EIA2, TAG_LONG), newer = old;
		struct core_hdr h = rig_mt(0, 0, hint ? 0x11 : 0, old.identity);
		unsigned index;

		newer.key_id = 0x23; /* slot 3: worker 1's as well */
		newer.salt[7] = 9;
		endpoint_read("10.0.0.1:1000", &old.address);
		endpoint_read("10.0.0.2:2000", &newer.address);
		rig_install(r, &old, 1);
		index = rig_down(r, 0, 0, &h, sizeof(h));
		rig_poll(r, 0);
		rig_install(r, &newer, 1);
		assert_null(rig_run(r));
		assert_int_equal(r->trace[index].fate, FATE_SENT);
		assert_int_equal(r->trace[index].key_id, hint ? 0x11 : 0x23);
		assert_int_equal(r->sas->down[1].count, hint);
		assert_int_equal(r->sas->down[3].count, !hint);
		rig_destroy(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_is_wiped_only_after_every_workers_round),
		cmocka_unit_test(a_device_is_found_while_its_sas_come_and_go),
		cmocka_unit_test(a_frame_handed_over_is_looked_up_again),
		cmocka_unit_test(a_frame_with_a_hint_is_looked_up_again_by_that_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
