/* What batch.h promises of single messages: tags, empty messages, and whose memory is touched. */
#include "crypto/batch.h"

#include "crypto/bytes.h"
#include "crypto/single.h"
#include "crypto/suite.h"
#include "tests/ref/snow3g.h"
#include "tests/ref/zuc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { LEN_MAX = 1358, AAD = 12, KERNELS = 2 };

static const enum batch_kernels kernels[KERNELS] = {BATCH_AUTO, BATCH_IPSEC_MB};
static const uint8_t enc_key[KEY_LEN] = {0x2b, 0xd6, 0x45, 0x9f, 0x82, 0xc5, 0xb3, 0x00};
static const uint8_t int_key[KEY_LEN] = {0x95, 0x2c, 0x49, 0x10, 0x48, 0x81, 0xff, 0x48};

/* Every pair and tag length there is. */
static unsigned list_suites(struct crypt *m)
{
	unsigned n = 0;

	for (unsigned eea = EEA0; eea < EEA_COUNT; eea++) {
		for (unsigned eia = EIA1; eia < EIA_COUNT; eia++) {
			for (unsigned len = TAG_SHORT; len <= TAG_LONG; len += TAG_SHORT) {
				if (!suite_valid(eea, eia, len))
					continue;
				m[n++] = (struct crypt){.enc_key = enc_key,
							.int_key = int_key,
							.count = 0x38a6f056,
							.eea = (uint8_t)eea,
							.eia = (uint8_t)eia,
							.tag_len = (uint8_t)len,
							.bearer = 0x18,
							.direction = DOWNLINK};
			}
		}
	}
	return n;
}

enum { SUITES = 16 };

static struct batch *create(enum batch_kernels which)
{
	struct batch *b = batch_create(which);

	assert_non_null(b);
	return b;
}

/* Makes one copy of a protected message for each bit of it, with that bit wrong, and a right one.
 */
static void check_each_wrong_bit(struct batch *b, const struct crypt *suite)
{
	enum { PAYLOAD = 11, LEN = AAD + PAYLOAD + TAG_MAX, BITS = 8 * LEN };
	uint8_t right[LEN] = "unprotected message", copy[BITS + 1][LEN];
	unsigned bits = 8ul * (AAD + PAYLOAD + suite->tag_len);
	struct crypt m = *suite, job[BITS + 1];
	bool ok[BITS + 1];

	m.at = right;
	m.aad_len = AAD;
	m.len = PAYLOAD;
	batch_protect(b, &m, 1);
	for (unsigned i = 0; i <= bits; i++) {
		job[i] = m;
		job[i].at = memcpy(copy[i], right, LEN);
		if (i < bits)
			copy[i][i / 8] ^= (uint8_t)(1 << i % 8);
	}
	batch_unprotect(b, job, bits + 1, ok);
	for (unsigned i = 0; i < bits; i++) {
		if (ok[i])
			fail_msg("EEA%u EIA%u tag %u: bit %u wrong, yet accepted", m.eea, m.eia,
				 m.tag_len, i);
	}
	assert_true(ok[bits]);
	assert_memory_equal(copy[bits], "unprotected message", 20);
}

static void each_wrong_bit_is_rejected(void **state)
{
	struct crypt suites[SUITES];
	unsigned n = list_suites(suites);

	(void)state;
	assert_int_equal(n, SUITES);
	for (unsigned k = 0; k < KERNELS; k++) {
		struct batch *b = create(kernels[k]);

		for (unsigned i = 0; i < n; i++)
			check_each_wrong_bit(b, &suites[i]);
		batch_destroy(b);
	}
}

static void each_input_of_the_tag_counts(void **state)
{
	static const uint8_t other_key[KEY_LEN] = {1};
	struct crypt suites[SUITES];
	unsigned n = list_suites(suites);

	(void)state;
	for (unsigned k = 0; k < KERNELS * n; k++) {
		struct batch *b = create(kernels[k / n]);
		struct crypt m = suites[k % n], changed[4];
		uint8_t at[5][64] = {{0}};
		bool ok[4];

		m.at = at[4];
		m.aad_len = AAD;
		m.len = 20;
		batch_protect(b, &m, 1);
		for (unsigned i = 0; i < 4; i++) {
			changed[i] = m;
			changed[i].at = memcpy(at[i], at[4], sizeof(at[4]));
		}
		changed[0].count ^= 1u << 31;
		changed[1].bearer ^= 1;
		changed[2].direction ^= 1;
		changed[3].int_key = other_key;
		batch_unprotect(b, changed, 4, ok);
		for (unsigned i = 0; i < 4; i++)
			assert_false(ok[i]);
		batch_destroy(b);
	}
}

/* Neither header nor payload: sdt.md has no such message, the algorithms do. */
static void an_empty_message_has_a_tag(void **state)
{
	struct crypt m[SUITES];
	unsigned n = list_suites(m);

	(void)state;
	for (unsigned k = 0; k < KERNELS; k++) {
		struct batch *b = create(kernels[k]);
		uint8_t tag[SUITES][TAG_MAX];
		bool ok[SUITES];

		for (unsigned i = 0; i < n; i++)
			m[i].at = tag[i];
		batch_protect(b, m, n);
		for (unsigned i = 0; i < n; i++) {
			uint8_t want[TAG_MAX];
			be32 mac = {{0}};

			assert_int_equal(single_tag(m[i].eia, int_key, m[i].count, m[i].bearer,
						    m[i].direction, want, 0, want),
					 0);
			assert_memory_equal(tag[i], want, m[i].tag_len);
			if (m[i].eia == EIA1)
				mac = be32_of(ref_uia2(int_key, m[i].count,
						       (uint32_t)m[i].bearer << 27, m[i].direction,
						       want, 0));
			if (m[i].eia == EIA3)
				mac = be32_of(ref_eia3(int_key, m[i].count, m[i].bearer,
						       m[i].direction, want, 0));
			if (m[i].eia != EIA2)
				assert_memory_equal(tag[i], mac.b, TAG_SHORT);
		}
		batch_unprotect(b, m, n, ok);
		for (unsigned i = 0; i < n; i++)
			assert_true(ok[i]);
		batch_destroy(b);
	}
}

/*
 * Under this key the register of ZUC meets 0 modulo 2^31 - 1 within 64 octets, where TS 35.222 3.2
 * wants 2^31 - 1 in its place. One message alone, and one in company of longer ones.
 */
static void zuc_never_holds_zero(void **state)
{
	enum { N = 5, LEN = 200 };
	static const uint8_t key[KEY_LEN] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	const uint32_t count = 0xcf50724b;

	(void)state;
	for (unsigned k = 0; k < KERNELS * N; k++) {
		struct batch *b = create(kernels[k / N]);
		uint8_t at[N][LEN + N + TAG_SHORT] = {{0}}, alone[LEN] = {0}, ref[LEN + N] = {0};
		uint8_t tag[TAG_MAX];
		struct crypt m[N];

		for (unsigned i = 0; i < N; i++)
			m[i] = (struct crypt){.at = at[i],
					      .enc_key = key,
					      .int_key = key,
					      .count = count,
					      .len = (uint16_t)(LEN + i),
					      .eea = EEA3,
					      .eia = EIA3,
					      .tag_len = TAG_SHORT};
		batch_protect(b, m, k % N + 1);
		ref_eea3(key, count, 0, 0, ref, 8ul * (LEN + N));
		for (unsigned i = 0; i <= k % N; i++) {
			be32 mac = be32_of(ref_eia3(key, count, 0, 0, ref, 8ul * m[i].len));

			assert_memory_equal(at[i], ref, m[i].len);
			assert_memory_equal(at[i] + m[i].len, mac.b, TAG_SHORT);
		}
		assert_int_equal(single_cipher(EEA3, key, count, 0, 0, alone, 8ul * LEN), 0);
		assert_memory_equal(alone, ref, LEN);
		assert_int_equal(single_tag(EIA3, key, count, 0, 0, ref, 8ul * LEN, tag), 0);
		assert_memory_equal(at[0] + LEN, tag, TAG_SHORT);
		batch_destroy(b);
	}
}

/* A page that can be used between two that kill. */
static uint8_t *map_guarded(size_t page)
{
	uint8_t *p = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	assert_int_equal(mprotect(p + page, page, PROT_READ | PROT_WRITE), 0);
	return p + page;
}

static void unmap_guarded(uint8_t *p, size_t page)
{
	assert_int_equal(munmap(p - page, 3 * page), 0);
}

/*
 * Messages and keys that end, or begin, where memory does: 17 of a suite, one more than any
 * kernel's lanes.
 */
static void check_edges(struct batch *b, const struct crypt *suite, uint8_t *const *page,
			size_t size)
{
	enum { N = 17 };

	for (unsigned len = 0; len <= LEN_MAX; len++) {
		struct crypt m[N];
		bool ok[N];

		for (unsigned i = 0; i < N; i++) {
			size_t octets = AAD + len + suite->tag_len;

			m[i] = *suite;
			m[i].aad_len = AAD;
			m[i].len = (uint16_t)len;
			m[i].at = i % 2 ? page[i] : page[i] + size - octets;
			m[i].enc_key = page[N] + (i % 2 ? 0 : size - KEY_LEN);
			m[i].int_key = m[i].enc_key;
		}
		batch_protect(b, m, N);
		batch_unprotect(b, m, N, ok);
		for (unsigned i = 0; i < N; i++)
			assert_true(ok[i]);
	}
}

static void nothing_beyond_message_and_keys_is_touched(void **state)
{
	enum { PAGES = 18 };
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	struct crypt suites[SUITES];
	unsigned n = list_suites(suites);
	uint8_t *page[PAGES];

	(void)state;
	for (unsigned i = 0; i < PAGES; i++)
		page[i] = map_guarded(size);
	for (unsigned k = 0; k < KERNELS; k++) {
		struct batch *b = create(kernels[k]);

		for (unsigned i = 0; i < n; i++)
			check_edges(b, &suites[i], page, size);
		batch_destroy(b);
	}
	for (unsigned i = 0; i < PAGES; i++)
		unmap_guarded(page[i], size);
}

static void a_call_without_messages_does_nothing(void **state)
{
	(void)state;
	for (unsigned k = 0; k < KERNELS; k++) {
		struct batch *b = create(kernels[k]);

		batch_protect(b, NULL, 0);
		batch_unprotect(b, NULL, 0, NULL);
		batch_cipher(b, NULL, 0);
		batch_hmac(b, NULL, 0);
		batch_destroy(b);
	}
	batch_destroy(NULL);
}

static void the_description_names_every_algorithm(void **state)
{
	static const char *const names[] = {"EEA1/EIA1", "EEA2/EIA2", "EEA3/EIA3", "HMAC-SHA-256"};
	struct batch *b = create(BATCH_IPSEC_MB);

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		const char *p = strstr(batch_describe(b), names[i]);

		assert_non_null(p);
		assert_memory_equal(p + strlen(names[i]), " ipsec-mb", 9);
	}
	batch_destroy(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wrong_bit_is_rejected),
		cmocka_unit_test(each_input_of_the_tag_counts),
		cmocka_unit_test(an_empty_message_has_a_tag),
		cmocka_unit_test(zuc_never_holds_zero),
		cmocka_unit_test(nothing_beyond_message_and_keys_is_touched),
		cmocka_unit_test(a_call_without_messages_does_nothing),
		cmocka_unit_test(the_description_names_every_algorithm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
