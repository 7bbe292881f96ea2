/* Keys do not outlive their expiry, and control hears of it before and after. */
#include "dataplane/retire.h"

#include "tests/unit/key_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define S UINT64_C(1000000000)

struct fixture {
	struct key_rig *k;
	struct retire *r;
	int fd; /* a subscriber, who also installs */
	uint64_t now_ns;
};

static struct fixture create(uint32_t slots)
{
	struct fixture f = {.k = key_rig_create(slots)};
	uint8_t octets[KEYMSG_HEADER];
	struct wr w = wr_of(octets, sizeof(octets));
	struct keymsg m;

	f.r = retire_create(&f.k->live, stderr);
	assert_non_null(f.r);
	f.fd = key_rig_connect(f.k);
	f.now_ns = clock_now_ns(&f.k->live.clock);
	keymsg_begin(&w, KEYMSG_SUBSCRIBE, 1);
	key_rig_ask(f.k, f.fd, &w, &m);
	return f;
}

static void destroy(struct fixture *f)
{
	close(f->fd);
	retire_destroy(f->r);
	key_rig_destroy(f->k);
}

static void install(struct fixture *f, unsigned i, uint64_t expires_ns)
{
	struct sa_row row = key_rig_row(i);
	struct key_outcome o;

	row.expires_ns = expires_ns;
	key_rig_install(f->k, f->fd, &row, 1, &o);
	assert_int_equal(o.result, KEY_INSTALLED);
}

/* The whole table. */
static void sweep(struct fixture *f, uint64_t now_ns)
{
	for (unsigned i = 0; i < RETIRE_TICKS; i++)
		retire_sweep(f->r, now_ns);
}

static void assert_event(struct fixture *f, unsigned type, const char *reference, uint32_t value)
{
	struct keymsg m;
	struct key_event e;

	assert_int_equal(key_rig_receive(f->k, f->fd, &m), 1);
	assert_int_equal(m.type, KEYMSG_EVENT);
	assert_int_equal(key_event_read(&m.body, &e), 0);
	assert_string_equal(event_name(e.type), event_name(type));
	assert_string_equal(e.reference, reference);
	assert_int_equal(e.value, value);
	assert_int_not_equal(e.key_id, 0);
	assert_int_not_equal(be64_get(e.imsi), 0);
}

/* Asks something: were there an event, it would come first. */
static void assert_no_event(struct fixture *f)
{
	uint8_t octets[KEYMSG_HEADER];
	struct wr w = wr_of(octets, sizeof(octets));
	struct keymsg m;

	keymsg_begin(&w, KEYMSG_HELLO, 1);
	key_rig_ask(f->k, f->fd, &w, &m);
	assert_int_equal(m.type, KEYMSG_HELLO | KEYMSG_ANSWER);
}

static void an_sa_is_told_of_once_and_removed_when_it_has_expired(void **state)
{
	struct fixture f = create(1000);

	(void)state;
	install(&f, 1, f.now_ns + 1000 * S);
	install(&f, 2, SAS_NEVER);
	sweep(&f, f.now_ns + 699 * S);
	assert_no_event(&f);
	sweep(&f, f.now_ns + 701 * S);
	assert_event(&f, EVENT_EXPIRY_NEAR, "session:1", 299);
	sweep(&f, f.now_ns + 800 * S);
	sweep(&f, f.now_ns + 1000 * S); /* its last nanosecond */
	assert_no_event(&f);
	assert_int_equal(f.k->live.sas->in_use, 2);
	sweep(&f, f.now_ns + 1000 * S + 1);
	assert_event(&f, EVENT_EXPIRED, "session:1", 0);
	assert_int_equal(f.k->live.sas->in_use, 1);
	assert_int_equal(key_server_count(f.k->live.keys, KEYS_EXPIRED), 1);
	sweep(&f, f.now_ns + 100000 * S);
	assert_no_event(&f);
	destroy(&f);
}

static void the_next_sa_of_a_slot_is_told_of_again(void **state)
{
	struct fixture f = create(1);

	(void)state;
	for (unsigned i = 1; i < 4; i++) {
		char reference[SAS_REFERENCE_MAX + 1];

		snprintf(reference, sizeof(reference), "session:%u", i);
		install(&f, i, f.now_ns + 100 * S);
		sweep(&f, f.now_ns + 1 * S);
		assert_event(&f, EVENT_EXPIRY_NEAR, reference, 99);
		sweep(&f, f.now_ns + 101 * S);
		assert_event(&f, EVENT_EXPIRED, reference, 0);
		sweep(&f, f.now_ns + 102 * S);
	}
	destroy(&f);
}

static void a_hundred_ticks_see_every_slot(void **state)
{
	static const uint32_t sizes[] = {1, 99, 100, 101, 1000, 4097};

	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct fixture f = create(sizes[i]);

		for (uint32_t j = 0; j < sizes[i]; j++)
			install(&f, j, f.now_ns + 1000 * S);
		for (unsigned tick = 0; tick < RETIRE_TICKS; tick++)
			retire_sweep(f.r, f.now_ns + 2000 * S);
		assert_int_equal(f.k->live.sas->in_use, 0);
		destroy(&f);
	}
}

/* Where more expire in one slice than one tick removes, the next ticks go on. */
static void a_tick_is_bounded_where_all_expire_at_once(void **state)
{
	enum { MANY = 1 << 20, USED = 10000 };
	struct fixture f = create(MANY);
	struct sa_row *row = calloc(USED, sizeof(*row));
	struct key_outcome *o = calloc(USED, sizeof(*o));
	struct sa_install_limits limits = {0};
	unsigned ticks = 0;

	(void)state;
	assert_non_null(row);
	assert_non_null(o);
	for (unsigned i = 0; i < USED; i++) {
		row[i] = key_rig_row(i);
		row[i].expires_ns = f.now_ns + S;
	}
	assert_int_equal(sa_table_install(f.k->live.sas, f.k->live.crypto, &limits, row, USED, o),
			 USED);
	retire_sweep(f.r, f.now_ns + 2 * S);
	assert_int_equal(f.k->live.sas->in_use, USED - 8192);
	while (f.k->live.sas->in_use > 0 && ticks < RETIRE_TICKS) {
		retire_sweep(f.r, f.now_ns + 2 * S);
		ticks++;
	}
	assert_int_equal(f.k->live.sas->in_use, 0);
	free(row);
	free(o);
	destroy(&f);
}

static void the_event_loop_sweeps_by_itself(void **state)
{
	struct fixture f = create(64);
	unsigned waits = 0;

	(void)state;
	install(&f, 1, f.now_ns + S / 20);
	while (f.k->live.sas->in_use > 0 && waits++ < 12000) {
		key_rig_turn(f.k);
		usleep(1000);
	}
	assert_int_equal(f.k->live.sas->in_use, 0);
	destroy(&f);
}

static void a_table_without_a_key_socket_is_swept_too(void **state)
{
	struct fixture f = create(64);

	(void)state;
	install(&f, 1, f.now_ns + 1000 * S);
	key_server_destroy(f.k->live.keys);
	f.k->live.keys = NULL;
	sweep(&f, f.now_ns + 900 * S);
	sweep(&f, f.now_ns + 2000 * S);
	assert_int_equal(f.k->live.sas->in_use, 0);
	destroy(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_sa_is_told_of_once_and_removed_when_it_has_expired),
		cmocka_unit_test(the_next_sa_of_a_slot_is_told_of_again),
		cmocka_unit_test(a_hundred_ticks_see_every_slot),
		cmocka_unit_test(a_tick_is_bounded_where_all_expire_at_once),
		cmocka_unit_test(the_event_loop_sweeps_by_itself),
		cmocka_unit_test(a_table_without_a_key_socket_is_swept_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
