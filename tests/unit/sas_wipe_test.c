/* Key files leave no key behind: the process's own heap is searched for pieces of one. */
#include "config/sas.h"
#include "crypto/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The sanitizer's allocator is another one, and keeps what is freed. */
#if defined(__SANITIZE_ADDRESS__)
#define OTHER_HEAP true
#elif defined(__has_feature)
#define OTHER_HEAP __has_feature(address_sanitizer)
#else
#define OTHER_HEAP false
#endif

enum { PIECE = 8, TEXT_MAX = 1024 };

/* Outside the heap, as is all else here that holds the key. */
static uint8_t key[ROOT_KEY_LEN];
static char hex[2 * ROOT_KEY_LEN + 1];
static char text[TEXT_MAX];

static bool find_heap(const char **start, size_t *len)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	bool found = false;

	assert_non_null(f);
	while (!found && fgets(line, sizeof(line), f)) {
		char *dash;
		uintptr_t from = strtoul(line, &dash, 16);

		found = strstr(line, "[heap]") != NULL;
		*start = (const char *)from; /* NOLINT(performance-no-int-to-ptr) */
		*len = strtoul(dash + 1, NULL, 16) - from;
	}
	fclose(f);
	return found;
}

/* How many pieces of the key, as octets or as digits, are in the heap. */
static unsigned count_pieces(void)
{
	const char *heap = NULL;
	size_t len = 0;
	unsigned n = 0;

	assert_true(find_heap(&heap, &len));
	for (size_t i = 0; i < ROOT_KEY_LEN; i += PIECE)
		n += memmem(heap, len, key + i, PIECE) != NULL;
	for (size_t i = 0; i < sizeof(hex) - 1; i += PIECE)
		n += memmem(heap, len, hex + i, PIECE) != NULL;
	return n;
}

static void no_piece_of_a_key_stays_in_the_heap(void **state)
{
	static const struct {
		const char *what, *before, *behind;
		bool loads;
	} cases[] = {
		/* clang-format off */
		{"a right file", "- {key_id: 1, root_key: ", ", salt: 9cafd92160bf0cb6, eea: 2, eia: 2, identity: 123456}", true},
		{"a wrong field", "- {key_id: 0, root_key: \"", "\", salt: 9cafd92160bf0cb6, eea: 2, eia: 2, identity: 123456}", false},
		{"a syntax error behind the key", "- root_key: ", "\n  salt: [\n", false},
		{"a key in a wrong place", "- {key_id: ", "}", false},
		{"a key that is none", "- root_key: ", "0\n", false},
		/* clang-format on */
	};

	(void)state;
	if (OTHER_HEAP)
		skip();
	for (size_t i = 0; i < ROOT_KEY_LEN; i++)
		key[i] = (uint8_t)(0xa5 ^ i * 37);
	hex_write(key, sizeof(key), hex);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FILE *null = fopen("/dev/null", "w");
		struct sa_rows rows;
		int err;

		assert_non_null(null);
		snprintf(text, sizeof(text), "%s%s%s", cases[i].before, hex, cases[i].behind);
		err = sas_load_text(text, strlen(text), "f", &rows, null);
		assert_int_equal(err == 0, cases[i].loads);
		if (cases[i].loads) /* The search finds what is there. */
			assert_int_not_equal(count_pieces(), 0);
		sas_free(&rows);
		if (count_pieces() > 0)
			fail_msg("%s: %u pieces are left", cases[i].what, count_pieces());
		fclose(null);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_piece_of_a_key_stays_in_the_heap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
