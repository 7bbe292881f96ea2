/* The messages of the key socket: written and read, cut, and with fields that cannot be. */
#include "dataplane/api/keymsg.h"

#include "dataplane/api/wire.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* clang-format off */
static const struct sa_row ordinary = {
	.reference = "session:7", .identity_len = 15, .identity = "001010000000001",
	.root_key = {0x80, 0x81, 0x82}, .eea = EEA2, .eia = EIA2, .tag_len = TAG_LONG,
	.expires_ns = 1800000000000000000, .resume_count = 1,
};
static const struct sa_row whole = {
	.reference = "abcdefghijklmnopqrstuvwx", .key_id = 0xfffffffe, .salt = {1, 2, 3, 4, 5, 6, 7, 8},
	.identity_len = 7, .identity = "g\xc3\xa9 1@x", .eea = EEA3, .eia = EIA3, .tag_len = TAG_SHORT,
	.bearer = 31, .expires_ns = SAS_NEVER, .one_key_per_transmission = true, .group = true,
	.address = {.family = 6, .port = 65535, .addr = {0x20, 1, 0xd, 0xb8, [15] = 9}},
	.has_count_up = true, .count_up = 0xfffffffd, .has_count_down = true, .count_down = 77,
	.resume_count = 0xfffffffe, .has_resume_rand = true, .resume_rand = {9, [15] = 8},
};
static const struct sa_row ipv4 = {
	.reference = "!", .identity_len = 6, .identity = "123456", .eea = EEA0, .eia = EIA1,
	.tag_len = TAG_SHORT, .resume_count = 2, .has_count_down = true,
	.address = {.family = 4, .port = 1, .addr = {192, 0, 2, 1}},
};
static const struct key_outcome outcome = {
	.result = KEY_INSTALLED, .salt = {8, 7, 6, 5, 4, 3, 2, 1}, .key_id = 0x12345678, .reference = "session:7",
};
static const struct key_hello hello = {
	.program = "iwf-dp 0.1.0", .boot_id = "6f2ad3a2-8a9e-4c3b-9d8a-0d5ee1f5c001", .incarnation = 0x4142434445464748,
	.slots = 1 << 24, .in_use = 5, .workers = 2, .pid = 4711, .now_ns = 1800000000000000001,
	.began_ns = 1790000000000000002,
};
static const struct key_list query = {.from = 65536, .imsi = {{0x00, 0x01, 0x01, 0, 0, 0, 0x10, 0xf1}}, .key_id = 9};
static const struct key_page page = {.next = KEY_LIST_END, .rows = KEYMSG_PAGE_MAX};
static const struct key_row row = {
	.reference = "session:7", .key_id = 1, .imsi = {{0x00, 0x01, 0x01, 0, 0, 0, 0x10, 0xf1}},
	.salt = {1}, .installed = 0x22, .algs = 0x11, .tag_len = TAG_LONG, .epoch = 255,
	.flags = KEY_ROW_GROUP | KEY_ROW_ONE_KEY | KEY_ROW_CLOSED | KEY_ROW_HEARD | KEY_ROW_RECEIVED,
	.top = 1, .count_down = 2, .m = 3, .failures = 4, .expires_ns = 5,
	.address = {.family = 4, .port = 0, .addr = {192, 0, 2, 1}},
	.up_packets = 6, .up_octets = UINT64_MAX, .down_packets = 8, .down_octets = 9, .bad_tags = 10,
};
static const struct key_row bare_row = {.key_id = 2, .installed = 0x03, .algs = 0x03, .tag_len = TAG_SHORT};
static const struct key_stats_query stats_query = {.worker = 63}, stats_sum = {.worker = KEY_STATS_SUM};
static const struct key_event about_sa = {
	.time_ns = 1, .imsi = {{0x00, 0x01, 0x01, 0, 0, 0, 0x10, 0xf1}}, .key_id = 5, .value = 256,
	.type = EVENT_BUDGET_SUSPECT, .reference = "session:7",
};
static const struct key_event about_none = {.time_ns = UINT64_MAX, .type = EVENT_MAPPING_LOST};
/* clang-format on */

/* Compares all of a struct: what is read fills it, and the samples have no padding of their own. */
#define SAME(name, type, sample)                                                                   \
	static void put_##sample(struct wr *w)                                                     \
	{                                                                                          \
		name##_write(w, &(sample));                                                        \
	}                                                                                          \
                                                                                                   \
	static int get_##sample(struct rd *r)                                                      \
	{                                                                                          \
		type x;                                                                            \
		int err;                                                                           \
                                                                                                   \
		memset(&x, 0, sizeof(x));                                                          \
		err = name##_read(r, &x);                                                          \
		if (err == 0)                                                                      \
			assert_memory_equal(&x, &(sample), sizeof(x));                             \
		return err;                                                                        \
	}

SAME(key_outcome, struct key_outcome, outcome)
SAME(key_hello, struct key_hello, hello)
SAME(key_list, struct key_list, query)
SAME(key_page, struct key_page, page)
SAME(key_row, struct key_row, row)
SAME(key_row, struct key_row, bare_row)
SAME(key_stats_query, struct key_stats_query, stats_query)
SAME(key_stats_query, struct key_stats_query, stats_sum)
SAME(key_event, struct key_event, about_sa)
SAME(key_event, struct key_event, about_none)
SAME(key_install, struct sa_row, ordinary)
SAME(key_install, struct sa_row, whole)
SAME(key_install, struct sa_row, ipv4)

static void put_reference(struct wr *w)
{
	key_reference_write(w, ordinary.reference);
}

static int get_reference(struct rd *r)
{
	char s[SAS_REFERENCE_MAX + 1];
	int err = key_reference_read(r, s);

	if (err == 0)
		assert_string_equal(s, ordinary.reference);
	return err;
}

static void put_stat(struct wr *w)
{
	key_stat_write(w, "access.sent", UINT64_MAX - 1);
}

static int get_stat(struct rd *r)
{
	char name[KEYMSG_TEXT_MAX + 1];
	uint64_t value;
	int err = key_stat_read(r, name, &value);

	if (err == 0) {
		assert_string_equal(name, "access.sent");
		assert_true(value == UINT64_MAX - 1);
	}
	return err;
}

static void put_removed(struct wr *w)
{
	key_removed_write(w, 1 << 24);
}

static int get_removed(struct rd *r)
{
	uint32_t n;
	int err = key_removed_read(r, &n);

	if (err == 0)
		assert_int_equal(n, 1 << 24);
	return err;
}

static void put_count(struct wr *w)
{
	keymsg_put_count(w, KEYMSG_ROWS_MAX);
}

static int get_count(struct rd *r)
{
	uint32_t n;
	int err = keymsg_count(r, &n);

	if (err == 0)
		assert_int_equal(n, KEYMSG_ROWS_MAX);
	return err;
}

static void put_error(struct wr *w)
{
	key_error_write(w, KEY_ERROR_SLOW);
}

static int get_error(struct rd *r)
{
	enum key_error code;
	int err = key_error_read(r, &code);

	if (err == 0)
		assert_int_equal(code, KEY_ERROR_SLOW);
	return err;
}

enum body {
	ORDINARY,
	WHOLE,
	IPV4,
	REFERENCE,
	OUTCOME,
	HELLO,
	QUERY,
	PAGE,
	ROW,
	BARE_ROW,
	STATS_QUERY,
	STATS_SUM,
	STAT,
	REMOVED,
	COUNT,
	ABOUT_SA,
	ABOUT_NONE,
	ERROR,
	BODIES
};

static const struct {
	const char *what;
	void (*put)(struct wr *w);
	int (*get)(struct rd *r); /* asserts that it is what was put, where it reads */
} bodies[BODIES] = {
	[ORDINARY] = {"an install of a device", put_ordinary, get_ordinary},
	[WHOLE] = {"an install with every optional part", put_whole, get_whole},
	[IPV4] = {"an install with an IPv4 address", put_ipv4, get_ipv4},
	[REFERENCE] = {"a reference", put_reference, get_reference},
	[OUTCOME] = {"an outcome", put_outcome, get_outcome},
	[HELLO] = {"an answer to hello", put_hello, get_hello},
	[QUERY] = {"a query for a list", put_query, get_query},
	[PAGE] = {"the head of a page", put_page, get_page},
	[ROW] = {"a row", put_row, get_row},
	[BARE_ROW] = {"a row of nobody, without address", put_bare_row, get_bare_row},
	[STATS_QUERY] = {"a query for a worker's counters", put_stats_query, get_stats_query},
	[STATS_SUM] = {"a query for the sums", put_stats_sum, get_stats_sum},
	[STAT] = {"a counter", put_stat, get_stat},
	[REMOVED] = {"how many are gone", put_removed, get_removed},
	[COUNT] = {"a number of entries", put_count, get_count},
	[ABOUT_SA] = {"an event about an SA", put_about_sa, get_about_sa},
	[ABOUT_NONE] = {"an event about none", put_about_none, get_about_none},
	[ERROR] = {"an error", put_error, get_error},
};

static void what_is_written_reads_back_the_same(void **state)
{
	uint8_t octets[1024];

	(void)state;
	for (unsigned i = 0; i < BODIES; i++) {
		struct wr w = wr_of(octets, sizeof(octets));
		struct rd r;

		bodies[i].put(&w);
		r = rd_of(octets, w.len);
		if (w.bad || bodies[i].get(&r) != 0 || !rd_done(&r) || r.bad)
			fail_msg("%s does not read back", bodies[i].what);
	}
}

static void a_body_cut_anywhere_is_refused(void **state)
{
	uint8_t octets[1024];

	(void)state;
	for (unsigned i = 0; i < BODIES; i++) {
		struct wr w = wr_of(octets, sizeof(octets));

		bodies[i].put(&w);
		for (size_t n = 0; n < w.len; n++) {
			/* Of its own size, so that a sanitizer sees what reads beyond. */
			uint8_t *cut = malloc(n + 1);
			struct rd r = rd_of(cut + 1, n);

			assert_non_null(cut);
			memcpy(cut + 1, octets, n);
			if (bodies[i].get(&r) != -EBADMSG || !r.bad)
				fail_msg("%s is read from %zu octets", bodies[i].what, n);
			free(cut);
		}
	}
}

static void a_field_out_of_range_is_refused(void **state)
{
	static const struct {
		const char *what;
		enum body body;
		unsigned at;
		uint8_t value;
	} cases[] = {
		{"a flag that is none", ORDINARY, 0, 0x40},
		{"the highest flag that is none", ORDINARY, 0, 0x80},
		{"EEA 4", ORDINARY, 1, 0x42},
		{"EIA 0", ORDINARY, 1, 0x20},
		{"EIA 4", ORDINARY, 1, 0x24},
		{"tags of 5 octets", ORDINARY, 2, 5},
		{"tags of 0 octets", ORDINARY, 2, 0},
		{"bearer 32", ORDINARY, 3, 32},
		{"resumption Count 0", ORDINARY, 15, 0},
		{"an empty reference", ORDINARY, 48, 0},
		{"a reference of 25 octets", OUTCOME, 13, 25},
		{"a blank in a reference", ORDINARY, 50, ' '},
		{"a zero in a reference", ORDINARY, 50, 0},
		{"a letter beyond ASCII in a reference", ORDINARY, 50, 0xe9},
		{"an empty identity", ORDINARY, 58, 0},
		{"a zero in an identity", ORDINARY, 59, 0},
		{"a line feed in an identity", ORDINARY, 60, '\n'},
		{"a delete in an identity", ORDINARY, 60, 0x7f},
		{"an address of family 5", IPV4, 57, 5},
		{"an address with port 0", IPV4, 59, 0},
		{"key id 0 as given", WHOLE, 103, 0}, /* three octets more are set below */
		{"an empty reference to remove", REFERENCE, 0, 0},
		{"a tabulator in a reference to remove", REFERENCE, 4, '\t'},
		{"an outcome that is none", OUTCOME, 0, KEY_RESULT_COUNT},
		{"an outcome for nothing", OUTCOME, 13, 0},
		{"a program without a name", HELLO, 0, 0},
		{"an escape in the program's name", HELLO, 1, 0x1b},
		{"a boot id that is too long", HELLO, 13, 37},
		{"an IMSI with a hole", QUERY, 5, 0xf1},
		{"a page of 449 rows", PAGE, 7, 0xc1},
		{"a row of key id 0", BARE_ROW, 3, 0},
		{"a row's IMSI that is none", ROW, 4, 0xaa},
		{"a row's EIA 0 as installed", ROW, 20, 0x20},
		{"a row's EEA 4 in force", ROW, 21, 0x41},
		{"a row's tags of 6 octets", ROW, 22, 6},
		{"a row's flag that is none", ROW, 24, 0x20},
		{"a row's blank in the reference", ROW, 90, ' '},
		{"a row's address of family 7", ROW, 99, 7},
		{"worker 64", STATS_QUERY, 3, 64},
		{"a counter without a name", STAT, 0, 0},
		{"a blank in a counter's name", STAT, 3, ' '},
		{"513 entries", COUNT, 3, 1},
		{"2^24 entries", COUNT, 0, 1},
		{"an event that is none", ABOUT_SA, 8, EVENT_COUNT},
		{"an event's IMSI that is none", ABOUT_SA, 13, 0xbb},
		{"a reference of 25 octets in an event", ABOUT_NONE, 25, 25},
		{"an error that is none", ERROR, 0, KEY_ERROR_COUNT},
	};
	uint8_t octets[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wr w = wr_of(octets, sizeof(octets));
		struct rd r;

		/* A text whose length lies would go on with what is allowed in it. */
		memset(octets, 'r', sizeof(octets));
		bodies[cases[i].body].put(&w);
		assert_true(cases[i].at < w.len);
		if (octets[cases[i].at] == cases[i].value)
			fail_msg("%s: it has that value already", cases[i].what);
		octets[cases[i].at] = cases[i].value;
		if (cases[i].body == WHOLE && cases[i].value == 0)
			memset(octets + cases[i].at - 3, 0, 4);
		r = rd_of(octets, sizeof(octets));
		if (bodies[cases[i].body].get(&r) != -EBADMSG || !r.bad)
			fail_msg("%s is taken", cases[i].what);
	}
}

/* Each octet has its place: a client of another make counts on it (docs/key-socket.md). */
static void an_install_has_these_octets(void **state)
{
	static const uint8_t
		want[] =
			{
				/* clang-format off */
		1, 2, 0, 0, 0, 0, 0, 91, 0xde, 0xad, 0xbe, 0xef, /* version, type, length, request */
		0, 0, 0, 1,                                      /* rows */
		0x00, 0x22, 8, 0,                                /* flags, algorithms, tag, bearer */
		0x18, 0xfa, 0xe2, 0x76, 0x93, 0xb4, 0x00, 0x00,  /* expiry */
		0, 0, 0, 1,                                      /* resumption Count */
		0x80, 0x81, 0x82, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		9, 's', 'e', 's', 's', 'i', 'o', 'n', ':', '7',
		15, '0', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0', '0', '0', '0', '1',
		0, /* no address */
				/* clang-format on */
			};
	uint8_t octets[128];
	struct wr w = wr_of(octets, sizeof(octets));

	(void)state;
	keymsg_begin(&w, KEYMSG_INSTALL, 0xdeadbeef);
	keymsg_put_count(&w, 1);
	key_install_write(&w, &ordinary);
	assert_int_equal(keymsg_end(&w), sizeof(want));
	assert_memory_equal(octets, want, sizeof(want));
}

static void a_header_is_right_or_refused(void **state)
{
	static const struct {
		const char *what;
		uint8_t octets[14];
		size_t n;
		int want;
	} cases[] = {
		/* clang-format off */
		{"nothing", {0}, 0, -EBADMSG},
		{"one octet short", {1, 1, 0, 0, 0, 0, 0, 11, 0, 0, 0, 7}, 11, -EBADMSG},
		{"a header alone", {1, 1, 0, 0, 0, 0, 0, 12, 0, 0, 0, 7}, 12, 0},
		{"a body of two octets", {1, 1, 0, 0, 0, 0, 0, 14, 0, 0, 0, 7}, 14, 0},
		{"a length too small", {1, 1, 0, 0, 0, 0, 0, 13, 0, 0, 0, 7}, 14, -EBADMSG},
		{"a length too large", {1, 1, 0, 0, 0, 0, 0, 15, 0, 0, 0, 7}, 14, -EBADMSG},
		{"a length of 2^24 and 12", {1, 1, 0, 0, 1, 0, 0, 12, 0, 0, 0, 7}, 12, -EBADMSG},
		{"the first reserved octet set", {1, 1, 1, 0, 0, 0, 0, 12, 0, 0, 0, 7}, 12, -EBADMSG},
		{"the second reserved octet set", {1, 1, 0, 1, 0, 0, 0, 12, 0, 0, 0, 7}, 12, -EBADMSG},
		{"version 0", {0, 1, 0, 0, 0, 0, 0, 12, 0, 0, 0, 7}, 12, -EPROTONOSUPPORT},
		{"version 2, otherwise made", {2, 1, 9, 9, 9, 9, 9, 9, 0, 0, 0, 7}, 14, -EPROTONOSUPPORT},
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct keymsg m;

		if (keymsg_read(cases[i].octets, cases[i].n, &m) != cases[i].want)
			fail_msg("%s: otherwise", cases[i].what);
		if (cases[i].want == -EBADMSG)
			continue;
		assert_int_equal(m.type, KEYMSG_HELLO);
		assert_int_equal(m.request, 7);
		assert_int_equal(m.body.left, cases[i].n - KEYMSG_HEADER);
	}
}

static void a_message_above_64_kib_is_refused(void **state)
{
	uint8_t *octets = calloc(1, KEYMSG_MAX + 1);
	struct keymsg m;

	(void)state;
	assert_non_null(octets);
	memcpy(octets, (uint8_t[]){1, 1, 0, 0, 0, 1, 0, 0}, 8);
	assert_int_equal(keymsg_read(octets, KEYMSG_MAX, &m), 0);
	octets[7] = 1;
	assert_int_equal(keymsg_read(octets, KEYMSG_MAX + 1, &m), -EBADMSG);
	free(octets);
}

static void what_does_not_fit_is_no_message(void **state)
{
	uint8_t octets[64];

	(void)state;
	for (size_t room = 0; room < sizeof(octets); room++) {
		struct wr w = wr_of(octets, room);

		keymsg_begin(&w, KEYMSG_REMOVE, 1);
		keymsg_put_count(&w, 1);
		key_reference_write(&w, "r");
		assert_int_equal(keymsg_end(&w), room < 18 ? 0 : 18);
	}
}

/* The largest that control and the data plane send each other. */
static void whole_batches_and_pages_fit(void **state)
{
	uint8_t *octets = malloc(KEYMSG_MAX);
	struct sa_row install = ordinary;
	struct key_row listed = row;
	struct wr w;

	(void)state;
	assert_non_null(octets);
	memset(install.reference, 'r', SAS_REFERENCE_MAX);
	install.address = whole.address;
	w = wr_of(octets, KEYMSG_MAX);
	keymsg_begin(&w, KEYMSG_INSTALL, 1);
	keymsg_put_count(&w, KEYMSG_ROWS_MAX);
	for (unsigned i = 0; i < KEYMSG_ROWS_MAX; i++)
		key_install_write(&w, &install);
	assert_int_not_equal(keymsg_end(&w), 0);

	memset(listed.reference, 'r', SAS_REFERENCE_MAX);
	listed.address = whole.address;
	w = wr_of(octets, KEYMSG_MAX);
	keymsg_begin(&w, KEYMSG_LIST | KEYMSG_ANSWER, 1);
	key_page_write(&w, &page);
	for (unsigned i = 0; i < KEYMSG_PAGE_MAX; i++)
		key_row_write(&w, &listed);
	assert_int_not_equal(keymsg_end(&w), 0);
	free(octets);
}

static void a_reference_is_printable_and_has_no_blanks(void **state)
{
	static const struct {
		const char *reference;
		bool valid;
	} cases[] = {
		{"", false},
		{"a", true},
		{"abcdefghijklmnopqrstuvwx", true},
		{"abcdefghijklmnopqrstuvwxy", false},
		{"a b", false},
		{" a", false},
		{"a\n", false},
		{"!~", true},
		{"a\x7f", false},
		{"\xc3\xa9", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (key_reference_valid(cases[i].reference) != cases[i].valid)
			fail_msg("\"%s\"", cases[i].reference);
	}
}

static void every_outcome_and_error_has_a_name_and_a_meaning(void **state)
{
	(void)state;
	for (unsigned i = 0; i < KEY_RESULT_COUNT; i++) {
		assert_string_not_equal(key_result_name(i), "?");
		assert_string_not_equal(key_result_meaning(i), "?");
	}
	for (unsigned i = 0; i < KEY_ERROR_COUNT; i++) {
		assert_string_not_equal(key_error_name(i), "?");
		assert_string_not_equal(key_error_meaning(i), "?");
	}
	assert_string_equal(key_result_name(KEY_RESULT_COUNT), "?");
	assert_string_equal(key_result_meaning(KEY_RESULT_COUNT), "?");
	assert_string_equal(key_error_name(KEY_ERROR_COUNT), "?");
	assert_string_equal(key_error_meaning(KEY_ERROR_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_reads_back_the_same),
		cmocka_unit_test(a_body_cut_anywhere_is_refused),
		cmocka_unit_test(a_field_out_of_range_is_refused),
		cmocka_unit_test(an_install_has_these_octets),
		cmocka_unit_test(a_header_is_right_or_refused),
		cmocka_unit_test(a_message_above_64_kib_is_refused),
		cmocka_unit_test(what_does_not_fit_is_no_message),
		cmocka_unit_test(whole_batches_and_pages_fit),
		cmocka_unit_test(a_reference_is_printable_and_has_no_blanks),
		cmocka_unit_test(every_outcome_and_error_has_a_name_and_a_meaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
