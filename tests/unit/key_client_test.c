/* What the client makes of right answers, and of answers that are no right ones to its requests. */
#include "control/keys/client.h"
#include "dataplane/api/wire.h"
#include "tests/unit/key_end.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void connecting_tells_who_serves(void **state)
{
	(void)state;
	server_start(server_greet, NULL);
	connect_client();
	server_finish();
	assert_string_equal(hello.program, "iwf-dp 9.9");
	assert_int_equal(hello.incarnation, 3);
	assert_int_equal(hello.slots, 64);
	assert_int_equal(hello.in_use, 12);
	assert_true(key_client_fd(client) >= 0);
}

/* As many rows as came; the last outcome may be another's, or missing. */
struct batch_answer {
	const char *what;
	bool other_reference;
	uint32_t missing;
};

static void serve_batch(struct server *s)
{
	const struct batch_answer *a = s->arg;
	struct key_outcome o[KEYMSG_ROWS_MAX] = {0};
	struct sa_row row;
	uint32_t n = 0;

	server_greet(s);
	server_get(s, KEYMSG_INSTALL);
	server_expect(s, keymsg_count(&s->m.body, &n) == 0, "no count");
	for (uint32_t i = 0; i < n; i++) {
		server_expect(s, key_install_read(&s->m.body, &row) == 0,
			      "a row that cannot be read");
		o[i].result = KEY_INSTALLED;
		o[i].key_id = 1000 + i;
		snprintf(o[i].reference, sizeof(o[i].reference), "%s", row.reference);
	}
	server_expect(s, s->m.body.left == 0, "more than it says");
	if (a->other_reference)
		snprintf(o[n - 1].reference, sizeof(o[n - 1].reference), "another");
	server_begin(s, KEYMSG_INSTALL | KEYMSG_ANSWER, s->m.request);
	keymsg_put_count(&s->w, n - a->missing);
	for (uint32_t i = 0; i < n - a->missing; i++)
		key_outcome_write(&s->w, &o[i]);
	server_put(s);
}

static void fill_row(struct sa_row *row, size_t i, uint8_t identity_len)
{
	*row = (struct sa_row){.eea = EEA2,
			       .eia = EIA2,
			       .tag_len = TAG_LONG,
			       .expires_ns = SAS_NEVER,
			       .resume_count = 1,
			       .group = true,
			       .identity_len = identity_len};
	snprintf(row->reference, sizeof(row->reference), "row-%zu", i);
	memset(row->identity, 'g', identity_len);
	memset(row->root_key, 0xa5, sizeof(row->root_key));
}

static void a_batch_is_as_much_as_one_message_holds(void **state)
{
	enum { ROWS = 600 };
	static const struct batch_answer right = {"right"};
	struct sa_row *row = calloc(ROWS, sizeof(*row));
	struct key_outcome *outcome = calloc(ROWS, sizeof(*outcome));
	int many, few;

	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		fill_row(&row[i], i, 15);
	server_start(serve_batch, &right);
	connect_client();
	many = key_client_install(client, row, ROWS, outcome);
	server_finish();
	assert_int_equal(many, KEYMSG_ROWS_MAX);
	assert_int_equal(outcome[many - 1].key_id, 1000 + many - 1);
	assert_string_equal(outcome[many - 1].reference, row[many - 1].reference);

	for (size_t i = 0; i < ROWS; i++)
		fill_row(&row[i], i, SAS_IDENTITY_MAX);
	server_start(serve_batch, &right);
	connect_client();
	few = key_client_install(client, row, ROWS, outcome);
	server_finish();
	assert_in_range(few, 100, KEYMSG_ROWS_MAX - 1);
	assert_int_equal(outcome[few - 1].key_id, 1000 + few - 1);
	free(outcome);
	free(row);
}

static void outcomes_of_other_rows_are_not_taken(void **state)
{
	static const struct batch_answer row[] = {
		{"another reference", true, 0},
		{"one outcome is missing", false, 1},
	};
	struct sa_row rows[3];
	struct key_outcome outcome[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		fill_row(&rows[i], i, 15);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		print_message("%s\n", row[i].what);
		server_start(serve_batch, &row[i]);
		connect_client();
		assert_int_equal(key_client_install(client, rows, 3, outcome), -EBADMSG);
		server_finish();
	}
}

static void count_frames(struct server *s)
{
	struct key_stats_query q;

	server_greet(s);
	server_get(s, KEYMSG_STATS);
	server_expect(s, key_stats_query_read(&s->m.body, &q) == 0 && q.worker == 1,
		      "another worker");
	server_begin(s, KEYMSG_STATS | KEYMSG_ANSWER, s->m.request);
	keymsg_put_count(&s->w, 2);
	key_stat_write(&s->w, "access.rx", 7);
	key_stat_write(&s->w, "core.tx", UINT64_MAX);
	server_put(s);
}

struct seen {
	unsigned n;
	uint64_t rx, tx;
};

static void see(void *arg, const char *name, uint64_t value)
{
	struct seen *seen = arg;

	seen->n++;
	if (strcmp(name, "access.rx") == 0)
		seen->rx = value;
	if (strcmp(name, "core.tx") == 0)
		seen->tx = value;
}

static void each_counter_is_seen_once(void **state)
{
	struct seen seen = {0};

	(void)state;
	server_start(count_frames, NULL);
	connect_client();
	assert_int_equal(key_client_stats(client, 1, see, &seen), 0);
	server_finish();
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.rx, 7);
	assert_true(seen.tx == UINT64_MAX);
}

static void pages(struct server *s)
{
	/* rows, next; the last does not move on. */
	static const struct key_page page[] = {{100, 2}, {200, 0}, {200, 1}};
	struct key_list l;

	server_greet(s);
	for (unsigned i = 0; i < 3; i++) {
		struct key_row row = {.key_id = i + 1,
				      .reference = "r",
				      .installed = EEA2 << 4 | EIA2,
				      .algs = EEA2 << 4 | EIA2,
				      .tag_len = TAG_LONG,
				      .imsi = imsi_to_tbcd("001010000000001", 15)};

		server_get(s, KEYMSG_LIST);
		server_expect(s, key_list_read(&s->m.body, &l) == 0 && l.from == i * 100,
			      "another page");
		key_page_write(server_begin(s, KEYMSG_LIST | KEYMSG_ANSWER, s->m.request),
			       &page[i]);
		for (uint32_t n = 0; n < page[i].rows; n++)
			key_row_write(&s->w, &row);
		server_put(s);
	}
}

static void a_list_goes_on_where_the_last_page_ended(void **state)
{
	struct key_row *rows = calloc(KEYMSG_PAGE_MAX, sizeof(*rows));
	struct key_list where = {0};

	(void)state;
	server_start(pages, NULL);
	connect_client();
	assert_int_equal(key_client_list(client, &where, rows), 2);
	assert_int_equal(rows[1].key_id, 1);
	assert_int_equal(where.from, 100);
	assert_int_equal(key_client_list(client, &where, rows), 0);
	assert_int_equal(where.from, 200);
	/* It would have no end. */
	assert_int_equal(key_client_list(client, &where, rows), -EBADMSG);
	server_finish();
	free(rows);
}

#define ON_A_SERVER(f) cmocka_unit_test_setup_teardown(f, server_open, server_close)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_A_SERVER(connecting_tells_who_serves),
		ON_A_SERVER(a_batch_is_as_much_as_one_message_holds),
		ON_A_SERVER(outcomes_of_other_rows_are_not_taken),
		ON_A_SERVER(each_counter_is_seen_once),
		ON_A_SERVER(a_list_goes_on_where_the_last_page_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
