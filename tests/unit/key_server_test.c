/* The key socket in good hands: installs, removals, lists, counters and events. */
#include "dataplane/api/wire.h"
#include "tests/unit/key_rig.h"

#include <rte_ring_elem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOTS = 2048 };

static void begin(struct wr *w, uint8_t *octets, size_t n, unsigned type)
{
	*w = wr_of(octets, n);
	keymsg_begin(w, type, 77);
}

/* A request without a body. */
static void ask(struct key_rig *k, int fd, unsigned type, struct keymsg *answer)
{
	uint8_t octets[KEYMSG_HEADER];
	struct wr w;

	begin(&w, octets, sizeof(octets), type);
	key_rig_ask(k, fd, &w, answer);
	assert_int_equal(answer->type, type | KEYMSG_ANSWER);
	assert_int_equal(answer->request, 77);
}

static void install_some(struct key_rig *k, int fd, unsigned from, unsigned n)
{
	struct sa_row *row = calloc(n, sizeof(*row));
	struct key_outcome *outcome = calloc(n, sizeof(*outcome));

	assert_non_null(row);
	assert_non_null(outcome);
	for (unsigned i = 0; i < n; i++)
		row[i] = key_rig_row(from + i);
	for (unsigned i = 0; i < n; i += KEYMSG_ROWS_MAX) {
		unsigned now = n - i < KEYMSG_ROWS_MAX ? n - i : KEYMSG_ROWS_MAX;

		key_rig_install(k, fd, row + i, now, outcome + i);
	}
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(outcome[i].result, KEY_INSTALLED);
		assert_string_equal(outcome[i].reference, row[i].reference);
	}
	free(row);
	free(outcome);
}

static void hello_says_who_serves(void **state)
{
	struct key_rig *k = key_rig_create(SLOTS);
	int fd = key_rig_connect(k);
	struct keymsg m;
	struct key_hello h;

	(void)state;
	install_some(k, fd, 1, 3);
	ask(k, fd, KEYMSG_HELLO, &m);
	assert_int_equal(key_hello_read(&m.body, &h), 0);
	assert_true(rd_done(&m.body));
	assert_string_equal(h.program, "iwf-dp " IWF_VERSION);
	assert_int_equal(strlen(h.boot_id), 36);
	assert_int_equal(h.incarnation, 1);
	assert_int_equal(h.slots, SLOTS);
	assert_int_equal(h.in_use, 3);
	assert_int_equal(h.workers, 1);
	assert_int_equal(h.pid, getpid());
	assert_true(h.now_ns >= k->live.began_ns);
	close(fd);
	key_rig_destroy(k);
}

static void the_same_batch_twice_changes_nothing(void **state)
{
	struct key_rig *k = key_rig_create(SLOTS);
	int fd = key_rig_connect(k);
	struct sa_row row[3] = {key_rig_row(1), key_rig_row(2), key_rig_row(3)};
	struct key_outcome first[3], second[3];
	struct key_snapshot before;

	(void)state;
	key_rig_install(k, fd, row, 3, first);
	before = key_rig_snapshot(k);
	assert_int_equal(before.sas, 3);
	key_rig_install(k, fd, row, 3, second);
	assert_true(key_rig_unchanged(k, &before));
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(first[i].result, KEY_INSTALLED);
		assert_int_not_equal(first[i].key_id, 0);
		assert_int_equal(second[i].result, KEY_KEPT);
		assert_int_equal(second[i].key_id, first[i].key_id);
		assert_memory_equal(second[i].salt, first[i].salt, SALT_LEN);
	}
	assert_int_equal(key_server_count(k->live.keys, KEYS_INSTALLED), 3);
	assert_int_equal(key_server_count(k->live.keys, KEYS_KEPT), 3);
	free(before.octets);
	close(fd);
	key_rig_destroy(k);
}

static void a_row_is_refused_for_what_is_wrong_with_it(void **state)
{
	static const struct {
		const char *what;
		enum key_result want;
	} cases[] = {
		{"another key", KEY_OTHER_KEY},
		{"a key id from elsewhere", KEY_NOT_ALLOWED},
		{"an expiry in the past", KEY_ALREADY_EXPIRED},
		{"an IMSI that is none", KEY_BAD_ROW},
		{"EEA0 without a policy for it", KEY_NULL_CIPHER},
	};
	enum { CASES = sizeof(cases) / sizeof(cases[0]) };
	struct key_rig *k = key_rig_create(SLOTS);
	int fd = key_rig_connect(k);
	struct key_outcome outcome[CASES];
	struct sa_row row[CASES];

	(void)state;
	for (unsigned i = 0; i < CASES; i++)
		row[i] = key_rig_row(i + 1);
	install_some(k, fd, 1, 1);
	row[0].root_key[31] ^= 1;
	row[1].key_id = 5;
	row[2].expires_ns = k->live.began_ns - 1;
	row[3].identity[0] = 'x';
	row[4].eea = EEA0;
	key_rig_install(k, fd, row, CASES, outcome);
	for (unsigned i = 0; i < CASES; i++) {
		if (outcome[i].result != cases[i].want)
			fail_msg("%s: %s", cases[i].what, key_result_name(outcome[i].result));
	}
	assert_int_equal(k->live.sas->in_use, 1);
	assert_int_equal(key_server_count(k->live.keys, KEYS_REFUSED), CASES);

	k->live.config.lab = true;
	key_rig_install(k, fd, &row[1], 1, outcome);
	assert_int_equal(outcome[0].result, KEY_NOT_ALLOWED);
	snprintf(row[1].reference, sizeof(row[1].reference), "static:5");
	key_rig_install(k, fd, &row[1], 1, outcome);
	assert_int_equal(outcome[0].result, KEY_INSTALLED);
	assert_int_equal(outcome[0].key_id, 5);

	k->live.config.allow_eea0 = true;
	key_rig_install(k, fd, &row[4], 1, outcome);
	assert_int_equal(outcome[0].result, KEY_INSTALLED);
	close(fd);
	key_rig_destroy(k);
}

static void a_device_has_at_most_the_configured_number(void **state)
{
	struct key_rig *k = key_rig_create(SLOTS);
	int fd = key_rig_connect(k);
	struct key_outcome outcome[9];
	struct sa_row row[9];

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		row[i] = key_rig_row(i);
		memcpy(row[i].identity, row[0].identity, sizeof(row[i].identity));
	}
	key_rig_install(k, fd, row, 9, outcome);
	assert_int_equal(outcome[7].result, KEY_INSTALLED);
	assert_int_equal(outcome[8].result, KEY_TOO_MANY);
	close(fd);
	key_rig_destroy(k);
}

static void what_is_removed_is_gone_once(void **state)
{
	struct key_rig *k = key_rig_create(SLOTS);
	int fd = key_rig_connect(k);
	struct key_outcome o;

	(void)state;
	install_some(k, fd, 1, 2);
	key_rig_remove(k, fd, "session:1", &o);
	assert_int_equal(o.result, KEY_REMOVED);
	assert_string_equal(o.reference, "session:1");
	assert_int_equal(k->live.sas->in_use, 1);
	key_rig_remove(k, fd, "session:1", &o);
	assert_int_equal(o.result, KEY_NOT_FOUND);
	assert_int_equal(key_server_count(k->live.keys, KEYS_REMOVED), 1);
	close(fd);
	key_rig_destroy(k);
}

static void remove_all_leaves_none(void **state)
{
	struct key_rig *k = key_rig_create(8192);
	int fd = key_rig_connect(k);
	struct keymsg m;
	uint32_t n;

	(void)state;
	install_some(k, fd, 1, 5000);
	ask(k, fd, KEYMSG_REMOVE_ALL, &m);
	assert_int_equal(key_removed_read(&m.body, &n), 0);
	assert_int_equal(n, 5000);
	assert_int_equal(k->live.sas->in_use, 0);
	assert_int_equal(key_server_count(k->live.keys, KEYS_REMOVED), 5000);
	install_some(k, fd, 1, 5000);
	close(fd);
	key_rig_destroy(k);
}

/* Asks for one page; the rows are in `row`, which has room for KEYMSG_PAGE_MAX. */
static struct key_page list(struct key_rig *k, int fd, const struct key_list *query,
			    struct key_row *row)
{
	uint8_t octets[64];
	struct key_page page;
	struct keymsg m;
	struct wr w;

	begin(&w, octets, sizeof(octets), KEYMSG_LIST);
	key_list_write(&w, query);
	key_rig_ask(k, fd, &w, &m);
	assert_int_equal(m.type, KEYMSG_LIST | KEYMSG_ANSWER);
	assert_int_equal(key_page_read(&m.body, &page), 0);
	for (uint32_t i = 0; i < page.rows; i++)
		assert_int_equal(key_row_read(&m.body, &row[i]), 0);
	assert_true(rd_done(&m.body) && !m.body.bad);
	return page;
}

static void pages_show_every_sa_once(void **state)
{
	struct key_rig *k = key_rig_create(SLOTS);
	int fd = key_rig_connect(k);
	struct key_row *row = calloc(KEYMSG_PAGE_MAX, sizeof(*row));
	struct key_list query = {0};
	bool seen[1500] = {false};
	unsigned total = 0, pages = 0;

	(void)state;
	assert_non_null(row);
	install_some(k, fd, 0, 1500);
	while (query.from != KEY_LIST_END) {
		struct key_page page = list(k, fd, &query, row);

		for (uint32_t i = 0; i < page.rows; i++) {
			unsigned j = (unsigned)strtoul(strchr(row[i].reference, ':') + 1, NULL, 10);

			assert_true(j < 1500 && !seen[j]);
			seen[j] = true;
		}
		query.from = page.next;
		total += page.rows;
		pages++;
	}
	assert_int_equal(total, 1500);
	assert_int_equal(pages, 4);
	free(row);
	close(fd);
	key_rig_destroy(k);
}

static void a_page_may_be_empty_and_go_on(void **state)
{
	struct key_rig *k = key_rig_create(1 << 18);
	int fd = key_rig_connect(k);
	struct key_row row[KEYMSG_PAGE_MAX];
	struct key_list query = {.imsi = imsi_to_tbcd("001010000000002", 15)};
	unsigned pages = 0, rows = 0;

	(void)state;
	install_some(k, fd, 1, 3);
	while (query.from != KEY_LIST_END) {
		struct key_page page = list(k, fd, &query, row);

		assert_true(page.next > query.from && page.next - query.from >= 65536);
		query.from = page.next;
		rows += page.rows;
		pages++;
	}
	assert_int_equal(rows, 1);
	assert_int_equal(pages, 4);
	close(fd);
	key_rig_destroy(k);
}

static void a_list_can_ask_for_one_device_or_one_sa(void **state)
{
	struct key_rig *k = key_rig_create(SLOTS);
	int fd = key_rig_connect(k);
	struct key_row row[KEYMSG_PAGE_MAX];
	struct key_list query = {.imsi = imsi_to_tbcd("001010000000003", 15)};
	struct key_page page;

	(void)state;
	install_some(k, fd, 1, 5);
	page = list(k, fd, &query, row);
	assert_int_equal(page.rows, 1);
	assert_int_equal(page.next, KEY_LIST_END);
	assert_string_equal(row[0].reference, "session:3");
	assert_int_equal(row[0].installed, 0x22);
	assert_int_equal(row[0].tag_len, TAG_LONG);
	assert_int_equal(row[0].m, 1);

	query = (struct key_list){.key_id = row[0].key_id};
	page = list(k, fd, &query, row);
	assert_int_equal(page.rows, 1);
	assert_int_equal(page.next, KEY_LIST_END);
	assert_string_equal(row[0].reference, "session:3");

	query.imsi = imsi_to_tbcd("001010000000004", 15); /* that is not its device */
	assert_int_equal(list(k, fd, &query, row).rows, 0);
	query = (struct key_list){.key_id = row[0].key_id + 1};
	page = list(k, fd, &query, row);
	assert_int_equal(page.rows, 0);
	assert_int_equal(page.next, KEY_LIST_END);
	query = (struct key_list){.from = UINT32_MAX};
	assert_int_equal(list(k, fd, &query, row).next, KEY_LIST_END);
	close(fd);
	key_rig_destroy(k);
}

/* The value of a counter in an answer, or UINT64_MAX. */
static uint64_t find_stat(struct rd body, const char *want)
{
	uint64_t found = UINT64_MAX;
	uint32_t n;

	assert_int_equal(keymsg_count(&body, &n), 0);
	for (uint32_t i = 0; i < n; i++) {
		char name[KEYMSG_TEXT_MAX + 1];
		uint64_t value;

		assert_int_equal(key_stat_read(&body, name, &value), 0);
		if (strcmp(name, want) == 0)
			found = value;
	}
	assert_true(rd_done(&body) && !body.bad);
	return found;
}

static void counters_have_their_names(void **state)
{
	struct key_rig *k = key_rig_create(SLOTS);
	int fd = key_rig_connect(k);
	uint8_t octets[64];
	struct keymsg m;
	struct wr w;

	(void)state;
	install_some(k, fd, 1, 7);
	begin(&w, octets, sizeof(octets), KEYMSG_STATS);
	key_stats_query_write(&w, &(struct key_stats_query){KEY_STATS_SUM});
	key_rig_ask(k, fd, &w, &m);
	assert_int_equal(m.type, KEYMSG_STATS | KEYMSG_ANSWER);
	assert_int_equal(find_stat(m.body, "keys.installed"), 7);
	assert_int_equal(find_stat(m.body, "keys.clients"), 1);
	assert_int_not_equal(find_stat(m.body, "access.sent"), UINT64_MAX);

	begin(&w, octets, sizeof(octets), KEYMSG_STATS);
	key_stats_query_write(&w, &(struct key_stats_query){0});
	key_rig_ask(k, fd, &w, &m);
	assert_int_not_equal(find_stat(m.body, "access.sent"), UINT64_MAX);
	assert_int_equal(find_stat(m.body, "keys.installed"), UINT64_MAX);

	begin(&w, octets, sizeof(octets), KEYMSG_STATS); /* a worker that does not run */
	key_stats_query_write(&w, &(struct key_stats_query){1});
	key_rig_ask(k, fd, &w, &m);
	assert_int_equal(m.body.left, 4);
	assert_int_equal(find_stat(m.body, "access.sent"), UINT64_MAX);
	close(fd);
	key_rig_destroy(k);
}

static void receive_event(struct key_rig *k, int fd, struct key_event *e)
{
	struct keymsg m;

	assert_int_equal(key_rig_receive(k, fd, &m), 1);
	assert_int_equal(m.type, KEYMSG_EVENT);
	assert_int_equal(m.request, 0);
	assert_int_equal(key_event_read(&m.body, e), 0);
	assert_true(rd_done(&m.body));
}

static void who_subscribed_is_told_what_workers_report(void **state)
{
	struct key_rig *k = key_rig_create(SLOTS);
	int fd = key_rig_connect(k), deaf = key_rig_connect(k);
	struct key_event e = {.time_ns = 5, .type = EVENT_BUDGET_SUSPECT, .value = 256};
	struct sa_row row = key_rig_row(9);
	struct key_outcome o;
	struct keymsg m;

	(void)state;
	key_rig_install(k, deaf, &row, 1, &o);
	ask(k, fd, KEYMSG_SUBSCRIBE, &m);
	assert_int_equal(m.body.left, 0);
	e.key_id = o.key_id;
	assert_int_equal(rte_ring_enqueue_elem(k->events, &e, sizeof(e)), 0);
	e.key_id ^= 1; /* one that is gone by now */
	assert_int_equal(rte_ring_enqueue_elem(k->events, &e, sizeof(e)), 0);
	receive_event(k, fd, &e);
	assert_int_equal(e.type, EVENT_BUDGET_SUSPECT);
	assert_int_equal(e.key_id, o.key_id);
	assert_int_equal(e.value, 256);
	assert_int_equal(e.time_ns, 5);
	assert_string_equal(e.reference, "session:9");
	receive_event(k, fd, &e);
	assert_string_equal(e.reference, "");
	k->live.worker[0]->events_lost = 3; /* as where its ring is full */
	receive_event(k, fd, &e);
	assert_int_equal(e.type, EVENT_EVENTS_LOST);
	assert_int_equal(e.value, 3);
	key_server_tell(k->live.keys, &(struct key_event){.type = EVENT_MAPPING_LOST});
	receive_event(k, fd, &e);
	assert_int_equal(e.type, EVENT_MAPPING_LOST);
	assert_int_equal(key_server_count(k->live.keys, KEYS_EVENTS), 4);
	assert_int_equal(key_server_count(k->live.keys, KEYS_EVENTS_LOST), 3);
	ask(k, deaf, KEYMSG_HELLO, &m); /* and nothing else came before */
	close(fd);
	close(deaf);
	key_rig_destroy(k);
}

static void who_subscribes_is_told_what_the_take_over_wiped(void **state)
{
	struct key_rig *k = key_rig_create(SLOTS);
	int fd = key_rig_connect(k);
	struct keymsg m;
	struct key_event e;

	(void)state;
	k->live.found.half_written = 20;
	for (unsigned i = 0; i < 16; i++)
		k->live.found.first_wiped[i] = 100 + i;
	ask(k, fd, KEYMSG_SUBSCRIBE, &m);
	for (unsigned i = 0; i < 16; i++) {
		receive_event(k, fd, &e);
		assert_int_equal(e.type, EVENT_HALF_WRITTEN);
		assert_int_equal(e.value, 100 + i);
	}
	ask(k, fd, KEYMSG_SUBSCRIBE, &m); /* once a connection */
	ask(k, fd, KEYMSG_HELLO, &m);
	close(fd);
	key_rig_destroy(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_says_who_serves),
		cmocka_unit_test(the_same_batch_twice_changes_nothing),
		cmocka_unit_test(a_row_is_refused_for_what_is_wrong_with_it),
		cmocka_unit_test(a_device_has_at_most_the_configured_number),
		cmocka_unit_test(what_is_removed_is_gone_once),
		cmocka_unit_test(remove_all_leaves_none),
		cmocka_unit_test(pages_show_every_sa_once),
		cmocka_unit_test(a_page_may_be_empty_and_go_on),
		cmocka_unit_test(a_list_can_ask_for_one_device_or_one_sa),
		cmocka_unit_test(counters_have_their_names),
		cmocka_unit_test(who_subscribed_is_told_what_workers_report),
		cmocka_unit_test(who_subscribes_is_told_what_the_take_over_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
