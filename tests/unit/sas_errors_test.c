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

/* What is wrong with single fields: the text stands in line 7, behind a right row. */
static void wrong_values_are_named_with_what_is_allowed(void **state)
{
	unsigned failed = 0;
	static const struct {
		const char *text, *errors;
	} cases[] = {
		/* clang-format off */
		{"tag_length: 5", "f:7: tag_length: \"5\" is no length of a tag (allowed: 4, or 8 with EIA2)\n"},
		{"tag_length: 300", "f:7: tag_length: \"300\" is out of range (allowed: 4, or 8 with EIA2)\n"},
		{"tag_length: four", "f:7: tag_length: \"four\" is not a whole number (allowed: 4, or 8 with EIA2)\n"},
		{"bearer: 32", "f:7: bearer: \"32\" is out of range (allowed: 0 to 31)\n"},
		{"bearer: -1", "f:7: bearer: \"-1\" is out of range (allowed: 0 to 31)\n"},
		{"bearer: 1.0", "f:7: bearer: \"1.0\" is not a whole number (allowed: 0 to 31)\n"},
		{"bearer: 1e1", "f:7: bearer: \"1e1\" is not a whole number (allowed: 0 to 31)\n"},
		{"bearer: 0x", "f:7: bearer: \"0x\" is not a whole number (allowed: 0 to 31)\n"},
		{"bearer: ''", "f:7: bearer: \"\" is not a whole number (allowed: 0 to 31)\n"},
		{"bearer: 18446744073709551617", "f:7: bearer: \"18446744073709551617\" is out of range (allowed: 0 to 31)\n"},
		{"bearer: [1]", "f:7: bearer: is a list (allowed: 0 to 31)\n"},
		{"bearer: {1: 2}", "f:7: bearer: is a map (allowed: 0 to 31)\n"},
		{"expires: tomorrow", "f:7: expires: \"tomorrow\" is no such time (allowed: RFC 3339 like 2031-12-31T23:59:59Z from 1970 on, or never)\n"},
		{"address: 192.0.2.1", "f:7: address: \"192.0.2.1\" is no address with a port (allowed: ip:port, or in quotes [ip]:port)\n"},
		{"address: 192.0.2.1:0", "f:7: address: \"192.0.2.1:0\" is no address with a port (allowed: ip:port, or in quotes [ip]:port)\n"},
		{"address: [2001:db8::1]", "f:7: address: is a list (allowed: ip:port, or in quotes [ip]:port)\n"},
		{"group: yes", "f:7: group: \"yes\" is neither true nor false (allowed: true, false)\n"},
		{"group: 1", "f:7: group: \"1\" is neither true nor false (allowed: true, false)\n"},
		{"one_key_per_transmission: tRue", "f:7: one_key_per_transmission: \"tRue\" is neither true nor false (allowed: true, false)\n"},
		{"count_up: 4294967296", "f:7: count_up: \"4294967296\" is out of range (allowed: 0 to 4294967295)\n"},
		{"count_down: 0x100000000", "f:7: count_down: \"0x100000000\" is out of range (allowed: 0 to 4294967295)\n"},
		{"resume_count: 0", "f:7: resume_count: \"0\" is out of range (allowed: 1 to 4294967295)\n"},
		{"resume_rand: 00", "f:7: resume_rand: has another length (allowed: 32 hexadecimal digits)\n"},
		{"resume_rand: 0001020304050607 8090A0B0C0D0E0F", "f:7: resume_rand: holds other characters than hexadecimal digits (allowed: 32 hexadecimal digits)\n"},
		{"resume_rand: " RAND, "f:7: resume_rand: needs a resume_count of 2 or more, which is not given\n"},
		{"resume_rand: " RAND "\n  resume_count: 1", "f:7: resume_rand: needs a resume_count (line 8) of 2 or more\n"},
		{"eia: 1", "f:7: eia: given twice, first in line 6\n"},
		{"tag_lenght: 8", "f:7: tag_lenght: unknown field (nearest: tag_length)\n"},
		{"keyid: 8", "f:7: keyid: unknown field (nearest: key_id)\n"},
		{K ": 8", "f:7: (a key?): unknown field (nearest: bearer)\n"},
		{"bearer: " K, "f:7: bearer: \"(a key?)\" is not a whole number (allowed: 0 to 31)\n"},
		{"\"\\e[31m\": 8", "f:7: ?[31m: unknown field (nearest: salt)\n"},
		{"? [a, b]\n  : 5", "f:7: yaml: a key is a map or list (allowed: names of fields)\n"},
		{"bearer: &a 5", "f:7: yaml: anchors and aliases are not taken\n"},
		{"bearer: *a", "f:7: yaml: anchors and aliases are not taken\n"},
		{"bearer: !!int 5", "f:7: yaml: tags are not taken\n"},
		{"bearer: \"5\\0\"", "f:7: yaml: text holds a zero octet\n"},
		{"<<: {bearer: 5}", "f:7: <<: unknown field (nearest: eea)\n"},
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024];
		struct outcome o;

		snprintf(text, sizeof(text), ROW "  %s\n", cases[i].text);
		o = load(text, strlen(text));
		if (o.err != -EINVAL || o.rows.row || strcmp(o.errors, cases[i].errors) != 0) {
			print_error("%s: %d: %s", cases[i].text, o.err, o.errors);
			failed++;
		}
		drop(&o);
	}
	assert_int_equal(failed, 0);
}

#define IDENTITY_ALLOWED                                                                           \
	"(allowed: an IMSI of 6 to 15 digits; for a group, a G-ID of 1 to 255 octets)"
#define NO_IMSI "identity: is no IMSI (allowed: 6 to 15 digits; anything for group: true)\n"
#define WITH(id, root, salt, identity, eea, eia)                                                   \
	"- {key_id: " id ", root_key: " root ", salt: " salt ", identity: " identity ", eea: " eea \
	", eia: " eia "}\n"

static void wrong_rows_and_files_are_named_with_their_lines(void **state)
{
	unsigned failed = 0;
	static const struct {
		const char *what, *text, *errors;
	} cases[] = {
		/* clang-format off */
		{"key id 0", WITH("0", K, S, "123456", "2", "2"), "f:1: key_id: \"0\" is out of range (allowed: 1 to 4294967295)\n"},
		{"key id of 33 bits", WITH("4294967296", K, S, "123456", "2", "2"), "f:1: key_id: \"4294967296\" is out of range (allowed: 1 to 4294967295)\n"},
		{"key id missing", WITH("", K, S, "123456", "2", "2"), "f:1: key_id: \"\" is not a whole number (allowed: 1 to 4294967295)\n"},
		{"root key short", WITH("1", "00", S, "123456", "2", "2"), "f:1: root_key: has another length (allowed: 64 hexadecimal digits)\n"},
		{"root key with 0x", WITH("1", "0x" K, S, "123456", "2", "2"), "f:1: root_key: has another length (allowed: 64 hexadecimal digits)\n"},
		{"salt not hex", WITH("1", K, "9cafd92160bf0cbg", "123456", "2", "2"), "f:1: salt: holds other characters than hexadecimal digits (allowed: 16 hexadecimal digits)\n"},
		{"IMSI of five digits", WITH("1", K, S, "12345", "2", "2"), "f:1: " NO_IMSI},
		{"IMSI of sixteen digits", WITH("1", K, S, "1234567890123456", "2", "2"), "f:1: " NO_IMSI},
		{"IMSI with a letter", WITH("1", K, S, "12345a", "2", "2"), "f:1: " NO_IMSI},
		{"identity empty", WITH("1", K, S, "''", "2", "2"), "f:1: identity: \"\" has a wrong length " IDENTITY_ALLOWED "\n"},
		{"identity a list", WITH("1", K, S, "[]", "2", "2"), "f:1: identity: is a list " IDENTITY_ALLOWED "\n"},
		{"EEA 4", WITH("1", K, S, "123456", "4", "2"), "f:1: eea: \"4\" is out of range (allowed: 0 to 3)\n"},
		{"EIA 4", WITH("1", K, S, "123456", "2", "4"), "f:1: eia: \"4\" is out of range (allowed: 1 to 3)\n"},
		{"EIA 0", WITH("1", K, S, "123456", "2", "0"), "f:1: eia: \"0\" is EIA0, which protects nothing and is never used here (allowed: 1 to 3)\n"},
		{"tag of 8 with EIA1", "- {key_id: 1, root_key: " K ", salt: " S ", identity: 123456, eea: 1, eia: 1,\n   tag_length: 8}\n",
		 "f:2: tag_length: 8 needs EIA2, but eia (line 1) is 1 (allowed: 4)\n"},
		{"several at once", "- key_id: 0\n  eia: 0\n  bearer: 99\n",
		 "f:1: key_id: \"0\" is out of range (allowed: 1 to 4294967295)\n"
		 "f:2: eia: \"0\" is EIA0, which protects nothing and is never used here (allowed: 1 to 3)\n"
		 "f:3: bearer: \"99\" is out of range (allowed: 0 to 31)\n"
		 "f:1: root_key: is missing (allowed: 64 hexadecimal digits)\n"
		 "f:1: salt: is missing (allowed: 16 hexadecimal digits)\n"
		 "f:1: identity: is missing " IDENTITY_ALLOWED "\n"
		 "f:1: eea: is missing (allowed: 0 to 3)\n"},
		{"a group receives and resumes nothing", GROUP ",\n count_up: 5, resume_count: 2, resume_rand: " RAND "}\n",
		 "f:2: count_up: a group (group, line 1) receives nothing (allowed: no count_up)\n"
		 "f:2: resume_count: a group (group, line 1) resumes nothing (allowed: 1)\n"
		 "f:2: resume_rand: a group (group, line 1) resumes nothing (allowed: no resume_rand)\n"},
		{"a key id twice", WITH("5", K, S, "123456", "2", "2") WITH("7", K, "0000000000000001", "123456", "2", "2") WITH("0x5", K, "0000000000000002", "123456", "2", "2"),
		 "f:3: key_id: 5 is taken by the row of line 1\n"},
		{"a key id three times", WITH("5", K, "0000000000000003", "123456", "2", "2") WITH("5", K, "0000000000000001", "123456", "2", "2") WITH("5", K, "0000000000000002", "123456", "2", "2"),
		 "f:2: key_id: 5 is taken by the row of line 1\n"
		 "f:3: key_id: 5 is taken by the row of line 2\n"},
		{"a key id twice, one row otherwise wrong", WITH("5", K, S, "123456", "2", "2") WITH("5", K, "0000000000000001", "123456", "9", "2"),
		 "f:2: eea: \"9\" is out of range (allowed: 0 to 3)\n"
		 "f:2: key_id: 5 is taken by the row of line 1\n"},
		{"root key, identity and salt twice", WITH("5", K, S, "123456", "2", "2") WITH("6", K, S, "1234567", "2", "2") WITH("7", K, S, "123456", "1", "1"),
		 "f:3: root_key: is, with identity and salt, that of the row of line 1\n"},
		{"keys twice, and a wrong row between", WITH("5", K, S, "123456", "2", "2") WITH("6", K, S, "123456", "9", "2") WITH("7", K, S, "123456", "1", "1"),
		 "f:2: eea: \"9\" is out of range (allowed: 0 to 3)\n"
		 "f:3: root_key: is, with identity and salt, that of the row of line 1\n"},
		{"a map at the top", "key_id: 5\n", "f:1: rows: are a map (allowed: a list of maps, \"- key_id: ...\")\n"},
		{"the list under a name", "# sas\nsas:\n- key_id: 5\n", "f:2: rows: stand under \"sas\" (allowed: the list alone)\n"},
		{"text at the top", "none", "f:1: rows: are text (allowed: a list of maps)\n"},
		{"rows that are no maps", "- 5\n-\n- [1, {a: b}]\n" , "f:1: row: is no map (allowed: a map of fields)\nf:2: row: is no map (allowed: a map of fields)\nf:3: row: is no map (allowed: a map of fields)\n"},
		{"an anchored row and its alias", "- &a {key_id: 1, root_key: " K ", salt: " S ", identity: 123456, eea: 1, eia: 1}\n- *a\n",
		 "f:1: yaml: anchors and aliases are not taken\nf:2: yaml: anchors and aliases are not taken\n"},
		{"two documents", "---\n[]\n---\n[]\n", "f:3: yaml: a second document (allowed: one)\n"},
		{"nesting without end", "[[[[[[[[[[[[[[[[", "f:1: row: is no map (allowed: a map of fields)\nf:1: yaml: nested too deeply (allowed: 8 levels)\n"},
		{"unclosed list", "[\n{", "f:3: yaml: did not find expected node content (while parsing a flow node from line 3)\n"},
		{"unquoted IPv6", ROW "  address: [2001:db8::1]:5\n",
		 "f:7: address: is a list (allowed: ip:port, or in quotes [ip]:port)\n"
		 "f:7: yaml: did not find expected key (while parsing a block mapping from line 1)\n"},
		{"tab as indent", "- key_id: 5\n\troot_key: 5\n", "f:2: yaml: found a tab character that violates indentation (while scanning a plain scalar from line 1)\n"},
		{"bad UTF-8", "- key_id: 5\n# \xff\n", "f:2: yaml: invalid leading UTF-8 octet\n"},
		{"control character", "- key_id: 5\n\n# \x07\n", "f:3: yaml: control characters are not allowed\n"},
		{"a later YAML", "%YAML 2.0\n--- []\n", "f:1: yaml: found incompatible YAML document\n"},
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome o = load(cases[i].text, strlen(cases[i].text));

		if (o.err != -EINVAL || o.rows.row || strcmp(o.errors, cases[i].errors) != 0) {
			print_error("%s: %d:\n%s", cases[i].what, o.err, o.errors);
			failed++;
		}
		drop(&o);
	}
	assert_int_equal(failed, 0);
}

static void zero_octets_in_the_file_are_refused(void **state)
{
	static const char text[] = "[]\n\0[]";
	struct outcome o = load(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(o.err, -EINVAL);
	assert_string_equal(o.errors, "f:2: yaml: control characters are not allowed\n");
	drop(&o);
}

static void no_message_shows_a_key(void **state)
{
	static const char *const texts[] = {
		"- " K,
		K,
		K ": [1]",
		"- {" K ": " K "}",
		"- {key_id: " K ", root_key: " K "0, salt: " K ", identity: " K ", eea: " K
		", address: " K "}",
		ROW "  expires: " K "\n  group: " K "\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct outcome o = load(texts[i], strlen(texts[i]));

		assert_int_equal(o.err, -EINVAL);
		if (strstr(o.errors, "3dbe89ee"))
			fail_msg("%s", o.errors);
		drop(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_values_are_named_with_what_is_allowed),
		cmocka_unit_test(wrong_rows_and_files_are_named_with_their_lines),
		cmocka_unit_test(zero_octets_in_the_file_are_refused),
		cmocka_unit_test(no_message_shows_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
