/* What iwfctl prints of an SA and of counters. */
#include "control/iwfctl/sa_columns.h"
#include "control/iwfctl/stats_table.h"
#include "dataplane/api/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct key_row device(void)
{
	struct key_row row = {.reference = "session:7",
			      .key_id = UINT32_MAX,
			      .imsi = imsi_to_tbcd("001010000000001", 15),
			      .salt = {0xab},
			      .installed = EEA2 << 4 | EIA2,
			      .algs = EEA1 << 4 | EIA3,
			      .tag_len = TAG_SHORT,
			      .epoch = 255,
			      .flags = KEY_ROW_HEARD | KEY_ROW_RECEIVED | KEY_ROW_ONE_KEY,
			      .top = 70000,
			      .expires_ns = UINT64_C(1800000000999999999),
			      .address = {.family = 6, .port = 4000, .addr = {0x20, 1, 0xd, 0xb8}},
			      .up_packets = 12,
			      .up_octets = UINT64_C(1) << 40};

	return row;
}

enum { TEXT_MAX = 4096 };

static void print_into(char text[TEXT_MAX], void (*print)(FILE *out, const void *arg),
		       const void *arg)
{
	FILE *out = fmemopen(text, TEXT_MAX, "w");

	assert_non_null(out);
	print(out, arg);
	assert_int_equal(fclose(out), 0);
}

static void print_table(FILE *out, const void *arg)
{
	const struct key_row *row = arg;

	sa_titles_print(out, false);
	sa_row_print(row, out, false);
}

static void print_wide(FILE *out, const void *arg)
{
	sa_titles_print(out, true);
	sa_row_print(arg, out, true);
}

static void assert_holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

/* Where `part` begins in a text that holds it. */
static size_t offset_of(const char *text, const char *part)
{
	const char *at = strstr(text, part);

	if (!at)
		fail_msg("no '%s' in:\n%s", part, text);
	return (size_t)(at - text);
}

static void a_row_stands_under_its_titles(void **state)
{
	static const struct {
		const char *title, *cell;
	} column[] = {
		{"    KEY ID", "4294967295"},
		{"IMSI ", "001010000000001 "},
		{"ALGS ", "eea1/eia3 "},
		{"ADDRESS ", "[2001:db8::]:4000 "},
		{"EXPIRES ", "2027-01-15T08:00:00Z "},
		{"REFERENCE", "session:7"},
	};
	struct key_row row = device();
	char text[TEXT_MAX];
	size_t line;

	(void)state;
	print_into(text, print_table, &row);
	line = offset_of(text, "\n") + 1;
	for (size_t i = 0; i < sizeof(column) / sizeof(column[0]); i++)
		assert_int_equal(offset_of(text, column[i].title) + line,
				 offset_of(text, column[i].cell));
}

static void only_the_wide_table_has_every_column(void **state)
{
	struct key_row row = device();
	char few[TEXT_MAX], all[TEXT_MAX];

	(void)state;
	print_into(few, print_table, &row);
	print_into(all, print_wide, &row);
	assert_null(strstr(few, "SALT"));
	assert_holds(all, "SALT");
	assert_holds(all, "ab00000000000000");
	assert_holds(all, "1099511627776");
	assert_holds(all, " 70000 ");
}

static void json_holds_every_column_and_null_for_what_is_not_known(void **state)
{
	struct key_row row = device(), group = {.reference = "g",
						.key_id = 5,
						.installed = EEA2 << 4 | EIA2,
						.algs = EEA2 << 4 | EIA2,
						.tag_len = TAG_LONG,
						.flags = KEY_ROW_GROUP,
						.expires_ns = SAS_NEVER};
	json_t *o = sa_row_json(&row);

	(void)state;
	assert_int_equal(json_object_size(o), 23);
	assert_int_equal(json_integer_value(json_object_get(o, "key_id")), UINT32_MAX);
	assert_string_equal(json_string_value(json_object_get(o, "imsi")), "001010000000001");
	assert_string_equal(json_string_value(json_object_get(o, "installed")), "eea2/eia2");
	assert_int_equal(json_integer_value(json_object_get(o, "count_up")), 70000);
	assert_true(json_is_true(json_object_get(o, "heard")));
	assert_true(json_is_true(json_object_get(o, "one_key_per_transmission")));
	assert_true(json_is_false(json_object_get(o, "group")));
	assert_string_equal(json_string_value(json_object_get(o, "expires")),
			    "2027-01-15T08:00:00Z");
	json_decref(o);

	o = sa_row_json(&group);
	assert_int_equal(json_object_size(o), 23);
	assert_true(json_is_null(json_object_get(o, "imsi")));
	assert_true(json_is_null(json_object_get(o, "address")));
	assert_true(json_is_null(json_object_get(o, "count_up")));
	assert_true(json_is_true(json_object_get(o, "group")));
	assert_string_equal(json_string_value(json_object_get(o, "expires")), "never");
	json_decref(o);
}

struct looks {
	struct stats_table *now, *before;
	bool all;
};

static void print_stats(FILE *out, const void *arg)
{
	const struct looks *l = arg;

	stats_table_print(l->now, l->before, l->all, out);
}

static struct stats_table *look(uint64_t ms, uint64_t rx, uint64_t in_use)
{
	struct stats_table *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->taken_ms = ms;
	stats_table_take(t, "access.rx", rx);
	stats_table_take(t, "access.bad_tag", 0);
	stats_table_take(t, "sas.in_use", in_use);
	return t;
}

static void counters_stand_in_their_groups_and_zero_ones_only_when_asked(void **state)
{
	struct looks l = {.now = look(0, 7, 3)};
	char text[TEXT_MAX];

	(void)state;
	print_into(text, print_stats, &l);
	assert_string_equal(text, "access\n"
				  "  rx                                7  frames received\n"
				  "sas\n"
				  "  in_use                            3\n");
	l.all = true;
	print_into(text, print_stats, &l);
	assert_holds(text, "  bad_tag                           0  integrity check failed\n");
	free(l.now);

	l = (struct looks){.now = look(0, 0, 0)};
	print_into(text, print_stats, &l);
	assert_string_equal(text, "every counter is 0\n");
	free(l.now);
}

static void a_second_look_tells_what_happened_a_second(void **state)
{
	struct looks l = {.before = look(1000, 100, 9), .now = look(3000, 700, 5)};
	char text[TEXT_MAX];

	(void)state;
	print_into(text, print_stats, &l);
	assert_holds(text, "rx                              700          300/s  frames received\n");
	assert_holds(text, "in_use                            5           -2/s\n");
	free(l.now);
	free(l.before);
}

static void counters_beyond_the_table_are_left_out(void **state)
{
	struct stats_table *t = calloc(1, sizeof(*t));
	char name[16];
	json_t *o;

	(void)state;
	for (unsigned i = 0; i < KEYMSG_ROWS_MAX + 5; i++) {
		snprintf(name, sizeof(name), "g.n%u", i);
		stats_table_take(t, name, i);
	}
	o = stats_table_json(t);
	assert_int_equal(json_object_size(json_object_get(o, "g")), KEYMSG_ROWS_MAX);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(o, "g"), "n511")), 511);
	json_decref(o);
	free(t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_stands_under_its_titles),
		cmocka_unit_test(only_the_wide_table_has_every_column),
		cmocka_unit_test(json_holds_every_column_and_null_for_what_is_not_known),
		cmocka_unit_test(counters_stand_in_their_groups_and_zero_ones_only_when_asked),
		cmocka_unit_test(a_second_look_tells_what_happened_a_second),
		cmocka_unit_test(counters_beyond_the_table_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
