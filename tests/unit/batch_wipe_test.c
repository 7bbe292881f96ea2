/*
 * What keys leave behind in a batch's memory is gone when that memory is given back. The linker
 * sends the library's calls of these functions here (--wrap).
 */
#include "crypto/batch.h"
#include "crypto/suite.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCKS_MAX = 16, KEYS = 3, N = 20 };

void *__real_calloc(size_t n, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *p);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *p);

static const uint8_t keys[KEYS][ROOT_KEY_LEN] = {"encryption key of test", "an integrity key of it",
						 "the root key of 32 octets, this"};

static void *blocks[BLOCKS_MAX];
static unsigned allocated, freed, freed_with_key;

static void *remember(void *p)
{
	assert_true(allocated < BLOCKS_MAX);
	blocks[allocated++] = p;
	return p;
}

/* Whether p holds a key, or one as HMAC pads it. */
static bool holds_key(void *p)
{
	static const uint8_t pads[] = {0, 0x36, 0x5c};
	size_t size = malloc_usable_size(p);

	for (unsigned i = 0; i < KEYS * sizeof(pads); i++) {
		uint8_t pattern[KEY_LEN];

		for (unsigned k = 0; k < KEY_LEN; k++)
			pattern[k] = keys[i / sizeof(pads)][k] ^ pads[i % sizeof(pads)];
		if (memmem(p, size, pattern, KEY_LEN))
			return true;
	}
	return false;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return remember(__real_calloc(n, size));
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return remember(__real_aligned_alloc(alignment, size));
}

void __wrap_free(void *p)
{
	freed++;
	freed_with_key += p && holds_key(p);
	__real_free(p);
}

static void use_keys(struct batch *b, unsigned id)
{
	uint8_t at[N][64] = {{0}}, out[N][32] = {{0}};
	struct crypt msg[N];
	struct hmac job[N];
	bool ok[N];

	for (unsigned i = 0; i < N; i++) {
		msg[i] = (struct crypt){.at = at[i],
					.enc_key = keys[0],
					.int_key = keys[1],
					.count = i,
					.aad_len = 12,
					.len = 40,
					.eea = (uint8_t)id,
					.eia = (uint8_t)id,
					.tag_len = TAG_SHORT};
		job[i] = (struct hmac){keys[2], at[i], out[i], 50};
	}
	batch_protect(b, msg, N);
	batch_unprotect(b, msg, N, ok);
	batch_cipher(b, msg, N);
	batch_hmac(b, job, N);
}

static void no_key_is_left_in_memory_given_back(void **state)
{
	(void)state;
	for (unsigned id = EEA1; id < EEA_COUNT; id++) {
		struct batch *b;
		unsigned held = 0;

		allocated = freed = freed_with_key = 0;
		b = batch_create(BATCH_AUTO);
		assert_non_null(b);
		use_keys(b, id);
		for (unsigned i = 0; i < allocated; i++)
			held += holds_key(blocks[i]);
		assert_true(held > 0); /* so there was something to wipe */
		batch_destroy(b);
		assert_int_equal(freed, allocated);
		assert_int_equal(freed_with_key, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_key_is_left_in_memory_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
