/*
 * sdt.md 6: a death at any instruction is safe. A process does one thing at a time to a table in a
 * file, and every state that the file goes through is taken over as if the process had died there.
 */
#include "dataplane/sa_slot.h"
#include "dataplane/window.h"
#include "tests/unit/path_device.h"
#include "tests/unit/stepper.h"

#include <rte_debug.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOTS = 8, ID = 0x1234505, BYSTANDER = 0x777702 };

static const struct sa_install_limits limits = {.given = true};

static char folder[64], path[96], copy[96];

/* What the process under test holds. */
struct doer {
	struct sa_table *t;
	struct rig *r;
	struct path_device d;
	struct batch *crypto;
	struct sa_row row;
	struct key_outcome outcome;
};

static struct sa_table *open_file(const char *file)
{
	struct sa_takeover found;
	struct sa_table *t = sa_table_open(file, SLOTS, false, &found, stderr);

	RTE_VERIFY(t);
	return t;
}

static struct sa_row row_of(uint32_t key_id, const char *reference)
{
	struct sa_row row = rig_row(key_id, EEA2, EIA1, TAG_SHORT);

	snprintf(row.reference, sizeof(row.reference), "%s", reference);
	endpoint_read("10.9.8.7:6543", &row.address);
	return row;
}

static void put(struct doer *d, const struct sa_row *row)
{
	struct key_outcome o;

	RTE_VERIFY(sa_table_install(d->t, d->crypto, &limits, row, 1, &o) == 1);
}

/* A table with an SA that nobody touches, and slots that were used before. */
static void prepare_table(void *arg)
{
	struct sa_row bystander = row_of(BYSTANDER, "static:bystander"),
		      first = row_of(5, "static:first"), second = row_of(6, "static:second");
	uint32_t slot[2] = {5, 6};
	struct doer *d = arg;

	d->t = open_file(path);
	d->crypto = batch_create(BATCH_AUTO);
	RTE_VERIFY(d->crypto);
	put(d, &bystander);
	put(d, &first);
	put(d, &second);
	sa_table_remove_slots(d->t, slot, 2);
	d->row = row_of(0, "static:under-test");
}

static void prepare_sa(void *arg)
{
	struct doer *d = arg;

	prepare_table(arg);
	/* The same device's, so that there is a chain to go into and out of. */
	memcpy(d->row.identity, row_of(BYSTANDER, "").identity, sizeof(d->row.identity));
	d->row.key_id = ID;
	put(d, &d->row);
}

static void act_install(void *arg)
{
	struct doer *d = arg;

	sa_table_install(d->t, d->crypto, &limits, &d->row, 1, &d->outcome);
	*step_said = 1;
}

static void act_install_given(void *arg)
{
	((struct doer *)arg)->row.key_id = ID;
	act_install(arg);
}

static void act_remove(void *arg)
{
	struct doer *d = arg;
	uint32_t slot = sa_table_find(d->t, ID);

	sa_table_remove_slots(d->t, &slot, 1);
	*step_said = 1;
}

static void note_sent(struct rig *r, enum side side, const struct rig_sent *s)
{
	(void)r, (void)side, (void)s;
	*step_said = 1;
}

/* An SA whose device has said one thing, and a gateway to say more to. */
static void start_gateway(struct doer *d, bool one_key)
{
	struct config c;

	config_defaults(&c);
	c.workers = 1;
	prepare_table(d);
	d->row.one_key_per_transmission = one_key;
	d->r = rig_create_over(&c, d->t, true);
	d->row.key_id = ID;
	path_device_init(&d->d, d->r, &d->row);
	path_device_data(&d->d, d->r, 0, 0);
	RTE_VERIFY(!rig_run(d->r) && rig_fate(d->r, ACCESS, FATE_SENT) == 1);
	d->r->watch = note_sent;
}

static void prepare_gateway(void *arg)
{
	start_gateway(arg, false);
}

static void prepare_end(void *arg)
{
	struct doer *d = arg;

	start_gateway(d, true);
	path_device_data(&d->d, d->r, 0, SDT_END);
}

static void prepare_data(void *arg)
{
	struct doer *d = arg;

	prepare_gateway(arg);
	endpoint_read("192.0.2.77:7777", &d->d.at);
	path_device_data(&d->d, d->r, 0, 0);
}

/* A COUNT that moves the window far, past some that were never received. */
static void prepare_leap(void *arg)
{
	struct doer *d = arg;

	prepare_gateway(arg);
	path_device_data_at(&d->d, d->r, 0, 1000, false);
}

static void prepare_late(void *arg)
{
	struct doer *d = arg;

	prepare_gateway(arg);
	path_device_data_at(&d->d, d->r, 0, 40, false);
	RTE_VERIFY(!rig_run(d->r));
	*step_said = 0;
	path_device_data_at(&d->d, d->r, 0, 20, false);
}

static void prepare_down(void *arg)
{
	struct doer *d = arg;
	struct core_hdr h = rig_mt(3, 0, ID, "");

	prepare_gateway(arg);
	h.imsi = imsi_to_tbcd(d->row.identity, d->row.identity_len);
	rig_down(d->r, 0, 3, &h, sizeof(h));
}

static void prepare_resume(void *arg)
{
	struct doer *d = arg;

	prepare_gateway(arg);
	endpoint_read("192.0.2.77:7777", &d->d.at);
	path_device_resume(&d->d, d->r, 0, 0);
}

static void act_poll(void *arg)
{
	rig_poll(((struct doer *)arg)->r, 0);
}

/* An SA as a state shows it. */
struct view {
	bool there;
	struct sa_up up;
	struct sa_down down;
	struct sa_link link;
	struct sa_root root;
};

static struct view view_of(const struct sa_table *t, const char *reference)
{
	uint32_t slot = sa_find_reference(t, reference);
	struct view v;

	memset(&v, 0, sizeof(v));
	if (slot == SA_NONE)
		return v;
	v.there = true;
	memcpy(&v.up, &t->up[slot], sizeof(v.up));
	memcpy(&v.down, &t->down[slot], sizeof(v.down));
	memcpy(&v.link, &t->link[slot], sizeof(v.link));
	memcpy(&v.root, &t->root[slot], sizeof(v.root));
	v.link.next = 0; /* its neighbour may come and go */
	return v;
}

/* To the octet: view_of() leaves nothing undefined between the members. */
static bool same(const struct view *a, const struct view *b)
{
	const void *x = a, *y = b;

	return memcmp(x, y, sizeof(*a)) == 0;
}

static bool all_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && b[n - 1] == 0)
		n--;
	return n == 0;
}

static bool is_clean(const struct sa_table *t, uint32_t slot)
{
	struct sa_link l;

	memcpy(&l, &t->link[slot], sizeof(l));
	l.next = l.previous = 0;
	return all_zero(&t->up[slot], sizeof(t->up[slot])) &&
	       all_zero(&t->down[slot], sizeof(t->down[slot])) && all_zero(&l, sizeof(l)) &&
	       all_zero(&t->root[slot], sizeof(t->root[slot])) &&
	       all_zero(&t->label[slot], sizeof(t->label[slot]));
}

/* Whatever a table went through: every slot is free and clean, or an SA that can be found. */
static void check_table(const struct sa_table *t)
{
	const struct sa_map_header *h = t->map->header;
	uint32_t freed = 0, live = 0, last = SA_NONE;

	for (uint32_t s = h->oldest_free; s != SA_NONE; s = sa_next(t, s)) {
		assert_true(s < h->never_used && freed < SLOTS && sa_slot_free(t, s));
		assert_int_equal(t->link[s].previous, last);
		last = s;
		freed++;
	}
	assert_int_equal(t->newest_free, last);
	for (uint32_t s = 0; s < SLOTS; s++) {
		if (sa_slot_free(t, s)) {
			assert_true(is_clean(t, s));
			continue;
		}
		live++;
		assert_int_equal(sa_table_find(t, t->up[s].key_id), s);
		assert_int_equal(sa_find_reference(t, t->label[s].reference), s);
		assert_true(t->label[s].order <= h->order);
	}
	assert_int_equal(live, t->in_use);
	assert_int_equal(live + freed + (SLOTS - h->never_used), SLOTS);
}

static void write_copy(const struct steps *s, unsigned i)
{
	int fd = open(copy, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, s->state[i], s->octets), s->octets);
	close(fd);
}

/* The view after the take-over of state i; the table is sound, the bystander untouched. */
static struct view take_over(const struct steps *s, unsigned i, bool *retired)
{
	static struct view bystander;
	struct sa_table *t;
	struct sa_row row = row_of(0, ""); /* its key and salt */
	struct view v, other;

	write_copy(s, i);
	t = open_file(copy);
	check_table(t);
	other = view_of(t, "static:bystander");
	assert_true(other.there);
	if (i == 0)
		bystander = other;
	assert_true(same(&other, &bystander));
	v = view_of(t, "static:under-test");
	*retired = sa_map_retired(t->map, sa_fingerprint(row.root_key, row.salt));
	sa_table_close(t);
	return v;
}

static struct view *watch(void (*prepare)(void *), void (*act)(void *), struct steps *s)
{
	struct doer *d = calloc(1, sizeof(*d));
	struct view *v;
	bool retired;

	assert_non_null(d);
	unlink(path);
	sa_table_close(open_file(path));
	*s = steps_watch(path, prepare, act, d);
	free(d);
	if (s->impossible)
		skip();
	assert_true(s->n > 1);
	v = calloc(s->n, sizeof(*v));
	assert_non_null(v);
	for (unsigned i = 0; i < s->n; i++) {
		v[i] = take_over(s, i, &retired);
		/* sdt.md 8: what is gone is not forgotten. */
		if (act == act_remove && !v[i].there)
			assert_true(retired);
	}
	print_message("%u states\n", s->n);
	return v;
}

static void done(struct view *v, struct steps *s)
{
	free(v);
	steps_free(s);
	unlink(path);
	unlink(copy);
}

static void check_install(void (*act)(void *))
{
	struct steps s;
	struct view *v = watch(prepare_table, act, &s), *whole = &v[s.n - 1];

	assert_true(whole->there);
	assert_false(v[0].there);
	for (unsigned i = 0; i < s.n; i++) {
		assert_true(!v[i].there || same(&v[i], whole));
		assert_true(v[i].there || s.said[i] == 0);
	}
	done(v, &s);
}

static void an_install_is_whole_or_has_not_happened(void **state)
{
	(void)state;
	check_install(act_install);
	check_install(act_install_given);
}

static void a_removal_leaves_the_sa_whole_or_nothing_of_it(void **state)
{
	struct steps s;
	struct view *v = watch(prepare_sa, act_remove, &s);

	(void)state;
	assert_true(v[0].there);
	assert_false(v[s.n - 1].there);
	for (unsigned i = 0; i < s.n; i++) {
		assert_true(!v[i].there || same(&v[i], &v[0]));
		assert_true(!v[i].there || s.said[i] == 0);
		assert_true(i == 0 || v[i - 1].there || !v[i].there);
	}
	done(v, &s);
}

static void a_resume_happens_wholly_or_takes_the_sa_with_it(void **state)
{
	struct steps s;
	struct view *v = watch(prepare_resume, act_poll, &s), *after = &v[s.n - 1];
	unsigned lost = 0;

	(void)state;
	assert_true(v[0].there && after->there);
	assert_int_equal(v[0].root.m, 1);
	assert_int_equal(after->root.m, 2);
	for (unsigned i = 0; i < s.n; i++) {
		lost += !v[i].there;
		assert_true(!v[i].there || same(&v[i], &v[0]) || same(&v[i], after));
		/* RESUMED and the payload leave no sooner than that is settled. */
		assert_true(s.said[i] == 0 || same(&v[i], after));
	}
	assert_true(lost > 0);
	done(v, &s);
}

/* Whichever address downlink would take: the old one, the new one, or none. */
static bool address_right(const struct view *v, const struct view *before, const struct view *after)
{
	const struct view *known[] = {before, after};

	if (v->link.family == 0)
		return true;
	for (unsigned i = 0; i < 2; i++) {
		const struct sa_link *l = &known[i]->link;

		if (v->link.family == l->family && v->link.port == l->port &&
		    memcmp(v->link.addr, l->addr, sizeof(l->addr)) == 0)
			return true;
	}
	return false;
}

static void a_count_is_marked_before_its_payload_leaves_and_none_is_forgotten(void **state)
{
	static const struct {
		void (*prepare)(void *);
		uint32_t count;
	} cases[] = {{prepare_data, 1}, {prepare_leap, 1000}, {prepare_late, 20}};

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct steps s;
		struct view *v = watch(cases[c].prepare, act_poll, &s), *after = &v[s.n - 1];

		assert_true(s.said[s.n - 1]);
		for (unsigned i = 0; i < s.n; i++) {
			assert_true(v[i].there);
			assert_true(address_right(&v[i], &v[0], after));
			assert_true(v[i].up.top == v[0].up.top || v[i].up.top == after->up.top);
			for (uint32_t count = 0; count <= after->up.top; count++) {
				bool was = window_ask(&v[0].up, count) != FATE_ALIVE;

				/* What was refused as seen or too old stays refused. */
				if (was && count <= v[0].up.top)
					assert_true(window_ask(&v[i].up, count) != FATE_ALIVE);
			}
			if (s.said[i])
				assert_int_equal(window_ask(&v[i].up, cases[c].count),
						 FATE_REPLAYED);
		}
		done(v, &s);
	}
}

/* A COUNT that is marked never comes again, and END with it. */
static void an_end_closes_no_later_than_its_count_is_marked(void **state)
{
	struct steps s;
	struct view *v = watch(prepare_end, act_poll, &s);

	(void)state;
	assert_true(v[s.n - 1].up.flags & SA_CLOSED);
	for (unsigned i = 0; i < s.n; i++) {
		bool closed = v[i].up.flags & SA_CLOSED;

		assert_true(v[i].there);
		assert_true(closed || window_ask(&v[i].up, 1) == FATE_ALIVE);
		if (closed) {
			assert_int_equal(v[i].up.end_count, 1);
			assert_int_equal(v[i].down.closed_ns, v[s.n - 1].down.closed_ns);
		}
	}
	done(v, &s);
}

static void a_downlink_count_is_used_up_before_the_message_leaves(void **state)
{
	struct steps s;
	struct view *v = watch(prepare_down, act_poll, &s);

	(void)state;
	assert_true(s.said[s.n - 1]);
	for (unsigned i = 0; i < s.n; i++) {
		assert_true(v[i].there);
		assert_true(v[i].down.count >= v[0].down.count);
		assert_int_equal(v[i].down.count - v[0].down.count <= 1, 1);
		if (s.said[i])
			assert_int_equal(v[i].down.count, v[0].down.count + 1);
	}
	done(v, &s);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/dev/shm/death_test.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/table", folder);
	snprintf(copy, sizeof(copy), "%s/copy", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	unlink(copy);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_install_is_whole_or_has_not_happened),
		cmocka_unit_test(a_removal_leaves_the_sa_whole_or_nothing_of_it),
		cmocka_unit_test(a_resume_happens_wholly_or_takes_the_sa_with_it),
		cmocka_unit_test(a_count_is_marked_before_its_payload_leaves_and_none_is_forgotten),
		cmocka_unit_test(an_end_closes_no_later_than_its_count_is_marked),
		cmocka_unit_test(a_downlink_count_is_used_up_before_the_message_leaves),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
