/*
 * The batch against single.c and the references on random messages: mixed algorithms, lengths,
 * alignments and batch sizes, both choices of kernels, wrong tags among right ones.
 *
 *   batch_random_test [messages [seed]]
 *
 * The number of messages may also come from the environment (IWF_CRYPTO_CASES).
 */
#include "crypto/batch.h"
#include "crypto/bytes.h"
#include "crypto/single.h"
#include "crypto/suite.h"
#include "tests/ref/snow3g.h"
#include "tests/ref/zuc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
	LEN_MAX = 1358, /* sdt.md 1 */
	AAD_MAX = 29,
	ALIGNMENTS = 64,
	MARGIN = 64, /* octets around a message that nobody may touch */
	SLOT = (MARGIN + ALIGNMENTS + AAD_MAX + LEN_MAX + TAG_MAX + MARGIN + 7) / 8 * 8,
	CASES_TO_SEE_ALL = 50000
};

static unsigned long cases = 100000;
static uint64_t seed = 33401;

/* One round's messages: where the batch works, as they were in clear, as they must be protected. */
static uint8_t work[BATCH_MAX][SLOT], clear[BATCH_MAX][SLOT], sealed[BATCH_MAX][SLOT];
static uint8_t keys[BATCH_MAX][2][2 * KEY_LEN];
static struct crypt msg[BATCH_MAX];
static size_t offset[BATCH_MAX]; /* of msg[i].at in its slot */

static struct {
	bool len[LEN_MAX + 1], alignment[ALIGNMENTS], n[BATCH_MAX + 1];
} seen;

/* xorshift64*: the same messages in each run. */
static uint64_t draw(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * 0x2545f4914f6cdd1d;
}

static unsigned below(unsigned n)
{
	return (unsigned)(draw() >> 32) % n;
}

static void fill(void *p, size_t n)
{
	for (size_t i = 0; i < n; i += sizeof(uint64_t)) {
		uint64_t x = draw();

		memcpy((uint8_t *)p + i, &x, sizeof(x));
	}
}

static uint16_t draw_len(void)
{
	if (below(4) == 0) {
		static unsigned sweep;

		return (uint16_t)(sweep++ % (LEN_MAX + 1));
	}
	return (uint16_t)below(130);
}

static void draw_pair(struct crypt *m)
{
	m->eea = (uint8_t)below(EEA_COUNT);
	m->eia = (uint8_t)(EIA1 + below(EIA_COUNT - EIA1));
	m->tag_len = m->eia == EIA2 && below(2) ? TAG_LONG : TAG_SHORT;
	assert_true(suite_valid(m->eea, m->eia, m->tag_len));
}

/* Message i, anywhere in its slot, keys anywhere. */
static void draw_message(unsigned i)
{
	struct crypt *m = &msg[i];

	fill(clear[i], SLOT);
	fill(keys[i], sizeof(keys[i]));
	offset[i] = MARGIN + (ALIGNMENTS - (uintptr_t)work[i] % ALIGNMENTS + i + below(64)) % 64;
	m->at = work[i] + offset[i];
	m->enc_key = keys[i][0] + below(KEY_LEN);
	m->int_key = keys[i][1] + below(KEY_LEN);
	m->count = below(8) ? (uint32_t)draw() : (uint32_t)-below(3);
	m->aad_len = (uint16_t)below(AAD_MAX + 1);
	m->len = draw_len();
	m->bearer = (uint8_t)below(BEARER_COUNT);
	m->direction = (uint8_t)below(2);
	draw_pair(m);
	seen.len[m->len] = true;
	seen.alignment[(uintptr_t)m->at % ALIGNMENTS] = true;
}

/* Some rounds are of one pair, some of one length too: kernels then get full runs. */
static unsigned draw_round(void)
{
	static unsigned sweep;
	unsigned n = below(8) ? 1 + sweep++ % 64 : 1 + below(BATCH_MAX);
	unsigned uniform = below(4);

	for (unsigned i = 0; i < n; i++) {
		draw_message(i);
		if (uniform >= 2) {
			msg[i].eea = msg[0].eea;
			msg[i].eia = msg[0].eia;
			msg[i].tag_len = msg[0].tag_len;
		}
		if (uniform == 3)
			msg[i].len = msg[0].len;
	}
	seen.n[n] = true;
	return n;
}

static void fail_case(const char *what, unsigned i, unsigned n)
{
	const struct crypt *m = &msg[i];

	fail_msg(
		"%s: message %u of %u, EEA%u EIA%u tag %u, aad %u, payload %u octets, at %u mod 64",
		what, i, n, m->eea, m->eia, m->tag_len, m->aad_len, m->len,
		(unsigned)((uintptr_t)m->at % 64));
}

static void check_by_ref(unsigned i, unsigned n, const uint8_t *plain, const uint8_t *cipher,
			 const uint8_t *tag)
{
	const struct crypt *m = &msg[i];
	size_t tagged = (size_t)m->aad_len + m->len;
	uint8_t payload[LEN_MAX];
	be32 mac;

	memcpy(payload, plain, m->len);
	if (m->eea == EEA1)
		ref_uea2(m->enc_key, m->count, m->bearer, m->direction, payload, 8ul * m->len);
	else if (m->eea == EEA3)
		ref_eea3(m->enc_key, m->count, m->bearer, m->direction, payload, 8ul * m->len);
	if (m->eea != EEA2 && memcmp(payload, cipher, m->len) != 0)
		fail_case("single_cipher differs from the reference", i, n);

	if (m->eia == EIA1)
		mac = be32_of(ref_uia2(m->int_key, m->count, (uint32_t)m->bearer << 27,
				       m->direction, cipher - m->aad_len, 8 * tagged));
	else
		mac = be32_of(ref_eia3(m->int_key, m->count, m->bearer, m->direction,
				       cipher - m->aad_len, 8 * tagged));
	if (m->eia != EIA2 && memcmp(mac.b, tag, TAG_SHORT) != 0)
		fail_case("single_tag differs from the reference", i, n);
}

/* Makes sealed[i] of clear[i], one message at a time. */
static void seal(unsigned i, unsigned n)
{
	const struct crypt *m = &msg[i];
	uint8_t *at = sealed[i] + offset[i], *payload = at + m->aad_len;
	uint8_t tag[TAG_MAX];

	memcpy(sealed[i], clear[i], SLOT);
	assert_int_equal(single_cipher(m->eea, m->enc_key, m->count, m->bearer, m->direction,
				       payload, 8ul * m->len),
			 0);
	assert_int_equal(single_tag(m->eia, m->int_key, m->count, m->bearer, m->direction, at,
				    8ul * (m->aad_len + m->len), tag),
			 0);
	check_by_ref(i, n, clear[i] + offset[i] + m->aad_len, payload, tag);
	memcpy(payload + m->len, tag, m->tag_len);
}

static void check_protect(struct batch *b, unsigned n)
{
	memcpy(work, clear, n * sizeof(work[0]));
	batch_protect(b, msg, n);
	for (unsigned i = 0; i < n; i++) {
		if (memcmp(work[i], sealed[i], SLOT) != 0)
			fail_case("batch_protect", i, n);
	}
}

/* Where the payload lies, work must equal `payload`; everywhere else, `around`. */
static bool slot_is(unsigned i, const uint8_t *payload, const uint8_t *around)
{
	size_t from = offset[i] + msg[i].aad_len, to = from + msg[i].len;

	return memcmp(work[i], around, from) == 0 &&
	       (!payload || memcmp(work[i] + from, payload + from, to - from) == 0) &&
	       memcmp(work[i] + to, around + to, SLOT - to) == 0;
}

static void check_unprotect(struct batch *b, unsigned n)
{
	static uint8_t damaged[BATCH_MAX][SLOT];
	bool wrong[BATCH_MAX], ok[BATCH_MAX];

	memcpy(damaged, sealed, n * sizeof(damaged[0]));
	for (unsigned i = 0; i < n; i++) {
		const struct crypt *m = &msg[i];
		unsigned octets = (unsigned)m->aad_len + m->len + m->tag_len;

		wrong[i] = below(4) == 0;
		if (wrong[i])
			damaged[i][offset[i] + below(octets)] ^= (uint8_t)(1 << below(8));
	}
	memcpy(work, damaged, n * sizeof(work[0]));
	batch_unprotect(b, msg, n, ok);
	for (unsigned i = 0; i < n; i++) {
		if (ok[i] == wrong[i])
			fail_case(ok[i] ? "a wrong tag passed" : "a right tag failed", i, n);
		if (!slot_is(i, ok[i] ? clear[i] : NULL, damaged[i]))
			fail_case("batch_unprotect", i, n);
	}
}

static void check_cipher(struct batch *b, unsigned n)
{
	memcpy(work, sealed, n * sizeof(work[0]));
	batch_cipher(b, msg, n);
	for (unsigned i = 0; i < n; i++) {
		if (!slot_is(i, clear[i], sealed[i]))
			fail_case("batch_cipher", i, n);
	}
}

static void batch_equals_single_and_reference(void **state)
{
	struct batch *b[] = {batch_create(BATCH_AUTO), batch_create(BATCH_IPSEC_MB)};
	unsigned long done = 0;

	(void)state;
	assert_true(b[0] && b[1]);
	while (done < cases) {
		unsigned n = draw_round();

		for (unsigned i = 0; i < n; i++)
			seal(i, n);
		for (unsigned k = 0; k < 2; k++) {
			check_protect(b[k], n);
			check_unprotect(b[k], n);
			check_cipher(b[k], n);
		}
		done += n;
	}
	print_message("%lu messages, BATCH_AUTO: %s\n", done, batch_describe(b[0]));
	batch_destroy(b[0]);
	batch_destroy(b[1]);
}

static void every_length_alignment_and_batch_size_occurred(void **state)
{
	(void)state;
	if (cases < CASES_TO_SEE_ALL)
		skip();
	for (unsigned i = 0; i <= LEN_MAX; i++)
		assert_true(seen.len[i]);
	for (unsigned i = 0; i < ALIGNMENTS; i++)
		assert_true(seen.alignment[i]);
	for (unsigned n = 1; n <= 64; n++)
		assert_true(seen.n[n]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batch_equals_single_and_reference),
		cmocka_unit_test(every_length_alignment_and_batch_size_occurred),
	};
	const char *count = argc > 1 ? argv[1] : secure_getenv("IWF_CRYPTO_CASES");

	if (count)
		cases = strtoul(count, NULL, 10);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 10) | 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
