/* sdt.md 8: the static key file. Its keys are those of the worked example in sdt.json, first SA. */
#include "config/sas.h"

#include "crypto/bytes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define K    "3dbe89ee6f2ec060a6c67f952a99178f47a74a21e81cbb41fc1b924ad9011dad"
#define S    "9cafd92160bf0cb6"
#define RAND "000102030405060708090A0B0C0D0E0F"

/* A row of six lines with what must be given, but for its first line. */
#define REST                                                                                       \
	"  root_key: " K "\n"                                                                      \
	"  salt: " S "\n"                                                                          \
	"  identity: 001014456648028\n"                                                            \
	"  eea: 2\n"                                                                               \
	"  eia: 2\n"
#define ROW   "- key_id: 5\n" REST
#define GROUP "- {key_id: 6, root_key: " K ", salt: " S ", identity: g, eea: 2, eia: 2, group: true"

struct outcome {
	int err;
	char *errors;
	struct sa_rows rows;
};

static struct outcome load(const char *text, size_t len)
{
	struct outcome o = {0};
	size_t size;
	FILE *errors = open_memstream(&o.errors, &size);

	assert_non_null(errors);
	o.err = sas_load_text(text, len, "f", &o.rows, errors);
	fclose(errors);
	return o;
}

static void drop(struct outcome *o)
{
	sas_free(&o->rows);
	free(o->errors);
}

/* The only row of a text that must load. */
static struct sa_row row_of(const char *text)
{
	struct outcome o = load(text, strlen(text));
	struct sa_row row;

	if (o.err != 0 || o.rows.n != 1)
		fail_msg("%s%s", text, o.errors);
	row = o.rows.row[0];
	drop(&o);
	return row;
}

static void assert_same(const struct sa_row *a, const struct sa_row *b)
{
	assert_int_equal(a->key_id, b->key_id);
	assert_memory_equal(a->root_key, b->root_key, sizeof(a->root_key));
	assert_memory_equal(a->salt, b->salt, sizeof(a->salt));
	assert_int_equal(a->identity_len, b->identity_len);
	assert_string_equal(a->identity, b->identity);
	assert_int_equal(a->eea, b->eea);
	assert_int_equal(a->eia, b->eia);
	assert_int_equal(a->tag_len, b->tag_len);
	assert_int_equal(a->bearer, b->bearer);
	assert_true(a->expires_ns == b->expires_ns);
	assert_true(endpoint_equal(&a->address, &b->address));
	assert_int_equal(a->one_key_per_transmission, b->one_key_per_transmission);
	assert_int_equal(a->group, b->group);
	assert_int_equal(a->has_count_up, b->has_count_up);
	assert_int_equal(a->count_up, b->count_up);
	assert_int_equal(a->has_count_down, b->has_count_down);
	assert_int_equal(a->count_down, b->count_down);
	assert_int_equal(a->resume_count, b->resume_count);
	assert_int_equal(a->has_resume_rand, b->has_resume_rand);
	assert_memory_equal(a->resume_rand, b->resume_rand, sizeof(a->resume_rand));
}

static void every_field_is_read(void **state)
{
	struct sa_row row = row_of("# comment\n---\n- key_id: 0x1df33e41\n" REST "  tag_length: 4\n"
				   "  bearer: 31\n"
				   "  expires: 2031-12-31T23:59:59Z\n"
				   "  address: \"[2001:db8::1]:5000\"\n"
				   "  one_key_per_transmission: true\n"
				   "  group: false\n"
				   "  count_up: 4294967295\n"
				   "  count_down: 0x10\n"
				   "  resume_count: 7\n"
				   "  resume_rand: " RAND "\n");
	uint8_t want[ROOT_KEY_LEN];
	char address[ENDPOINT_TEXT];

	(void)state;
	assert_int_equal(row.key_id, 502480449);
	assert_int_equal(row.line, 3);
	assert_true(hex_read(K, sizeof(K) - 1, want, ROOT_KEY_LEN));
	assert_memory_equal(row.root_key, want, ROOT_KEY_LEN);
	assert_true(hex_read(S, sizeof(S) - 1, want, SALT_LEN));
	assert_memory_equal(row.salt, want, SALT_LEN);
	assert_string_equal(row.identity, "001014456648028");
	assert_int_equal(row.identity_len, 15);
	assert_int_equal(row.eea, EEA2);
	assert_int_equal(row.eia, EIA2);
	assert_int_equal(row.tag_len, TAG_SHORT);
	assert_int_equal(row.bearer, 31);
	assert_true(row.expires_ns == UINT64_C(1956527999000000000));
	assert_string_equal(endpoint_write(&row.address, address), "[2001:db8::1]:5000");
	assert_true(row.one_key_per_transmission);
	assert_false(row.group);
	assert_true(row.has_count_up);
	assert_int_equal(row.count_up, UINT32_MAX);
	assert_true(row.has_count_down);
	assert_int_equal(row.count_down, 16);
	assert_int_equal(row.resume_count, 7);
	assert_true(row.has_resume_rand);
	assert_true(hex_read(RAND, sizeof(RAND) - 1, want, sizeof(row.resume_rand)));
	assert_memory_equal(row.resume_rand, want, sizeof(row.resume_rand));
}

static void what_is_left_out_or_null_has_its_default(void **state)
{
	static const char *const texts[] = {
		ROW,
		ROW "  tag_length: null\n  bearer: ~\n  expires:\n  address: null\n"
		    "  one_key_per_transmission: ~\n  group: Null\n  count_up: ~\n"
		    "  count_down: NULL\n  resume_count: ~\n  resume_rand: ~\n",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sa_row row = row_of(texts[i]);

		assert_int_equal(row.tag_len, TAG_LONG); /* sdt.md 2: the default with EIA2 */
		assert_int_equal(row.bearer, 0);
		assert_true(row.expires_ns == SAS_NEVER);
		assert_int_equal(row.address.family, 0);
		assert_false(row.one_key_per_transmission || row.group || row.has_count_up ||
			     row.has_count_down || row.has_resume_rand);
		assert_int_equal(row.resume_count, 1);
	}
	assert_int_equal(row_of("- {key_id: 1, root_key: " K ", salt: " S
				", identity: \"123456\", eea: 0, eia: 3}")
				 .tag_len,
			 TAG_SHORT);
}

static void all_that_the_text_allows_is_taken(void **state)
{
	static const struct {
		const char *what, *text;
	} cases[] = {
		/* clang-format off */
		{"JSON is YAML", "[{\"key_id\": 5, \"root_key\": \"" K "\", \"salt\": \"" S
				 "\", \"identity\": \"001014456648028\", \"eea\": 2, \"eia\": 2}]"},
		{"highest key id", "- key_id: 0xFFFFFFFF\n" REST},
		{"leading zeros are decimal, as in YAML 1.2", "- key_id: 0010\n" REST},
		{"CRLF ends lines", "- key_id: 5\r\n  root_key: " K "\r\n  salt: " S
				    "\r\n  identity: 123456\r\n  eea: 2\r\n  eia: 2\r\n"},
		{"a byte order mark", "\xef\xbb\xbf" ROW},
		{"True", ROW "  group: FALSE\n  one_key_per_transmission: True\n"},
		{"an expiry long past", ROW "  expires: 1970-01-01T00:00:00Z\n"},
		{"a resume_count without resume_rand", ROW "  resume_count: 3\n  count_up: 9\n"},
		{"COUNTs of a resumed epoch",
		 ROW "  resume_rand: " RAND "\n  resume_count: 2\n  count_up: 0\n  count_down: 1\n"},
		{"count_down 0 of a resumed epoch",
		 ROW "  resume_rand: " RAND "\n  resume_count: 2\n  count_down: 0\n"},
		{"a used-up COUNT", ROW "  count_up: 4294967295\n  count_down: 4294967295\n"},
		{"a group with count_down and address",
		 GROUP ", count_down: 7, address: 239.0.0.1:5000}"},
		{"a group that says the default", GROUP ", resume_count: 1}"},
		{"EEA0 is for policy to judge", "- {key_id: 1, root_key: " K ", salt: " S
						", identity: 123456, eea: 0, eia: 1}"},
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome o = load(cases[i].text, strlen(cases[i].text));

		if (o.err != 0 || o.rows.n != 1 || o.errors[0])
			fail_msg("%s: %d: %s", cases[i].what, o.err, o.errors);
		drop(&o);
	}
}

static void an_empty_file_holds_no_rows(void **state)
{
	static const char *const texts[] = {"", "\n", "# none\n", "---\n", "[]", "--- []\n...\n",
					    "~"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct outcome o = load(texts[i], strlen(texts[i]));

		if (o.err != 0 || o.rows.n != 0 || o.errors[0])
			fail_msg("\"%s\": %d: %s", texts[i], o.err, o.errors);
		drop(&o);
	}
}

static void identities_are_text_even_where_they_look_otherwise(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		/* clang-format off */
		{"001014456648028", "001014456648028"},
		{"0x1234", "0x1234"},
		{"true", "true"},
		{"1.50", "1.50"},
		{"\"gr\\u00f6\\xDFe\\t\\\"\\\\\"", "gr\xc3\xb6\xc3\x9f" "e\t\"\\"},
		{"'\xf0\x9f\x98\x80'", "\xf0\x9f\x98\x80"},
		{"null", "null"},
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		struct sa_row row;

		snprintf(text, sizeof(text),
			 "- {key_id: 6, root_key: " K ", salt: " S
			 ", identity: %s, eea: 2, eia: 2, group: true}",
			 cases[i].text);
		row = row_of(text);
		assert_string_equal(row.identity, cases[i].want);
		assert_int_equal(row.identity_len, strlen(cases[i].want));
	}
}

static void what_is_written_loads_back_equal(void **state)
{
	static const char *const texts[] = {
		ROW,
		ROW "  expires: 9999-12-31T23:59:59Z\n  address: 192.0.2.1:65535\n",
		ROW
		"  expires: 1970-01-01T00:00:00Z\n  address: '[2001:db8::1]:1'\n  tag_length: 4\n",
		ROW "  one_key_per_transmission: true\n  count_up: 0\n  count_down: 4294967295\n",
		ROW "  resume_count: 4294967295\n  resume_rand: " RAND "\n",
		GROUP "}",
		GROUP ", count_down: 7, address: 239.0.0.1:5000}",
		"- {key_id: 6, root_key: " K ", salt: " S ", eea: 0, eia: 1, group: true,\n"
		"   identity: \"\\u0001\\t\\n\\\"\\\\\\e\\x7f\\u0085\\u2028\\ufeff\\U0010ffff\xc3\xb6 #:{\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sa_row row = row_of(texts[i]), again;
		char *written;
		size_t size;
		FILE *out = open_memstream(&written, &size);

		assert_non_null(out);
		sas_write(&row, out);
		fclose(out);
		again = row_of(written);
		assert_same(&row, &again);
		free(written);
	}
}

static void rows_stay_in_the_order_of_the_file(void **state)
{
	enum { N = 5000, KEY_STEP = 2654435761u % 4294967291u };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct sa_row row = row_of(ROW);
	struct outcome o;

	(void)state;
	assert_non_null(out);
	for (uint32_t i = 1; i <= N; i++) {
		row.key_id = i * (uint32_t)KEY_STEP;
		row.salt[0] = (uint8_t)i;
		row.salt[1] = (uint8_t)(i >> 8);
		sas_write(&row, out);
	}
	fclose(out);
	o = load(text, size);
	if (o.err != 0)
		fail_msg("%s", o.errors);
	assert_int_equal(o.rows.n, N);
	for (uint32_t i = 1; i <= N; i++) {
		assert_int_equal(o.rows.row[i - 1].key_id, i * (uint32_t)KEY_STEP);
		assert_int_equal(o.rows.row[i - 1].line, i);
	}
	drop(&o);
	free(text);
}

static void files_are_read_whole_or_reported(void **state)
{
	char path[] = "/tmp/sas_test_XXXXXX";
	int fd = mkstemp(path);
	struct sa_rows rows;
	char *errors;
	size_t size;
	FILE *f = open_memstream(&errors, &size);

	(void)state;
	assert_true(fd >= 0 && f);
	assert_int_equal(write(fd, ROW, sizeof(ROW) - 1), sizeof(ROW) - 1);
	close(fd);
	assert_int_equal(sas_load(path, &rows, f), 0);
	assert_int_equal(rows.n, 1);
	sas_free(&rows);
	unlink(path);
	assert_int_equal(sas_load("/nonexistent.yaml", &rows, f), -ENOENT);
	assert_null(rows.row);
	assert_int_equal(sas_load("/", &rows, f), -EISDIR);
	assert_int_equal(sas_load("/dev/null", &rows, f), 0);
	assert_int_equal(rows.n, 0);
	fclose(f);
	assert_string_equal(errors, "/nonexistent.yaml: cannot be read: No such file or directory\n"
				    "/: cannot be read: Is a directory\n");
	free(errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(what_is_left_out_or_null_has_its_default),
		cmocka_unit_test(all_that_the_text_allows_is_taken),
		cmocka_unit_test(an_empty_file_holds_no_rows),
		cmocka_unit_test(identities_are_text_even_where_they_look_otherwise),
		cmocka_unit_test(what_is_written_loads_back_equal),
		cmocka_unit_test(rows_stay_in_the_order_of_the_file),
		cmocka_unit_test(files_are_read_whole_or_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
