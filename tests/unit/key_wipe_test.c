/* Keys that arrive leave no copy but the table's: the process's memory is searched for one. */
#include "crypto/secret.h"
#include "tests/unit/key_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* The sanitizer's allocator keeps what is freed, and its shadow is too large to search. */
#if defined(__SANITIZE_ADDRESS__)
#define OTHER_HEAP true
#elif defined(__has_feature)
#define OTHER_HEAP __has_feature(address_sanitizer)
#else
#define OTHER_HEAP false
#endif

enum { SLOTS = 64, PIECE = 16 };

/* The key is never kept as it is: the complement, so that a search finds what others left. */
static const uint8_t complement[ROOT_KEY_LEN] = {
	0x1b, 0xc4, 0x93, 0x5e, 0x07, 0xf8, 0x6d, 0xa2, 0x39, 0xe6, 0xb1,
	0x7c, 0x25, 0xda, 0x4f, 0x80, 0x15, 0xca, 0x9d, 0x50, 0x09, 0xf6,
	0x63, 0xac, 0x37, 0xe8, 0xbf, 0x72, 0x2b, 0xd4, 0x41, 0x8e,
};

static bool is_piece(const uint8_t *p, unsigned at)
{
	for (unsigned i = 0; i < PIECE; i++) {
		if ((p[i] ^ complement[at + i]) != 0xff)
			return false;
	}
	return true;
}

static unsigned count_pieces_in(const uint8_t *p, size_t n)
{
	const uint8_t first[2] = {(uint8_t)~complement[0], (uint8_t)~complement[PIECE]};
	unsigned pieces = 0;

	for (unsigned half = 0; half < 2; half++) {
		const uint8_t *at = p, *end = p + n - PIECE;

		while (at < end && (at = memchr(at, first[half], (size_t)(end - at)))) {
			pieces += is_piece(at, half * PIECE);
			at++;
		}
	}
	return pieces;
}

/* Halves of the key in all memory that this process can write. */
static unsigned count_pieces(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned pieces = 0;
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *rest;
		uintptr_t from = strtoul(line, &rest, 16), to = strtoul(rest + 1, &rest, 16);

		if (strncmp(rest, " rw", 3) != 0 || strstr(line, "[vvar]"))
			continue;
		pieces += count_pieces_in(
			(const uint8_t *)from, /* NOLINT(performance-no-int-to-ptr) */
			to - from);
	}
	fclose(f);
	return pieces;
}

/* In one place, so that the compiler makes no copies of its own. */
static struct sa_row row;

static void fill_row(void)
{
	row = key_rig_row(7);
	for (unsigned i = 0; i < ROOT_KEY_LEN; i++)
		row.root_key[i] = (uint8_t)~complement[i];
}

static void put_good(struct wr *w)
{
	keymsg_put_count(w, 1);
	key_install_write(w, &row);
}

static void put_expired(struct wr *w)
{
	row.expires_ns = 1;
	keymsg_put_count(w, 1);
	key_install_write(w, &row);
}

static void put_before_malformed(struct wr *w)
{
	keymsg_put_count(w, 2);
	key_install_write(w, &row);
	row.bearer = 32;
	key_install_write(w, &row);
}

static void put_too_many(struct wr *w)
{
	keymsg_put_count(w, UINT32_MAX);
	key_install_write(w, &row);
}

static void put_cut(struct wr *w)
{
	keymsg_put_count(w, 1);
	key_install_write(w, &row);
	w->len -= 17; /* behind the key, in the reference */
	w->p -= 17;
}

static const struct {
	const char *what;
	void (*put)(struct wr *w);
	unsigned type;
	unsigned left; /* halves of the key that the table rightly has */
	bool dies;     /* the client, before the message is read */
} cases[] = {
	{"a row that is installed", put_good, KEYMSG_INSTALL, 2, false},
	{"a row whose client dies", put_good, KEYMSG_INSTALL, 2, true},
	{"a row that is refused", put_expired, KEYMSG_INSTALL, 0, false},
	{"a row before a malformed one", put_before_malformed, KEYMSG_INSTALL, 0, false},
	{"a batch that says too much", put_too_many, KEYMSG_INSTALL, 0, false},
	{"a batch that is cut", put_cut, KEYMSG_INSTALL, 0, false},
	{"a key in another request", put_good, KEYMSG_REMOVE, 0, false},
	{"a key in a request that is none", put_good, 99, 0, false},
	{"a key from a client that dies", put_cut, KEYMSG_INSTALL, 0, true},
};

static void no_copy_of_a_key_is_left(void **state)
{
	(void)state;
	if (OTHER_HEAP)
		skip();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct key_rig *k = key_rig_create(SLOTS);
		uint8_t *octets = malloc(KEYMSG_MAX);
		struct wr w = wr_of(octets, KEYMSG_MAX);
		int fd = key_rig_connect(k);
		struct keymsg m;

		assert_non_null(octets);
		keymsg_begin(&w, cases[i].type, 1);
		fill_row();
		cases[i].put(&w);
		secret_wipe(&row, sizeof(row));
		assert_true(key_rig_send(fd, octets, keymsg_end(&w)));
		assert_int_not_equal(count_pieces(), 0); /* the search finds what is there */
		secret_wipe(octets, KEYMSG_MAX);
		if (cases[i].dies)
			close(fd);
		else
			assert_int_equal(key_rig_receive(k, fd, &m), 1);
		key_rig_turn(k);
		if (count_pieces() != cases[i].left)
			fail_msg("%s: %u halves of its key are there", cases[i].what,
				 count_pieces());
		if (!cases[i].dies)
			close(fd);
		free(octets);
		key_rig_destroy(k);
		assert_int_equal(count_pieces(), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_copy_of_a_key_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
