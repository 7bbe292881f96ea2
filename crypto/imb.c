#include "crypto/imb.h"

#include "crypto/secret.h"

#include <errno.h>
#include <immintrin.h>
#include <stdlib.h>

enum { SNOW3G_LANES = 8 };

static const uint8_t zeros[STREAM_MAX]; /* ciphered, they are the keystream */

static size_t manager_size(void)
{
	return (imb_get_mb_mgr_size() + 63) / 64 * 64;
}

/* In memory of ours, because a manager's lanes hold what is derived from keys. */
IMB_MGR *imb_create(void)
{
	IMB_MGR *mgr;

	errno = ENOTSUP;
	if (!__builtin_cpu_supports("pclmul"))
		return NULL;
	mgr = aligned_alloc(64, manager_size());
	if (!mgr)
		return NULL;
	imb_set_pointers_mb_mgr(mgr, 0, 1);
	init_mb_mgr_auto(mgr, NULL);
	if (imb_get_errno(mgr) != 0) {
		free(mgr);
		errno = ENOTSUP;
		return NULL;
	}
	return mgr;
}

void imb_destroy(IMB_MGR *mgr)
{
	secret_wipe(mgr, manager_size());
	free(mgr);
}

/* Spare lanes write what lane 0 writes, to where it writes it. */
static unsigned fill_lanes(struct stream_lanes *l, unsigned n, unsigned width)
{
	for (; n % width; n++) {
		l->key[n] = l->key[0];
		l->iv[n] = l->iv[0];
		l->keystream[n] = l->keystream[0];
	}
	return n;
}

static void snow3g_keystream(IMB_MGR *mgr, struct stream_lanes *l, unsigned n, size_t octets)
{
	bool parallel = n > 1 && mgr->used_arch >= IMB_ARCH_AVX2;
	snow3g_key_schedule_t schedule[STREAM_LANES];
	const snow3g_key_schedule_t *key[STREAM_LANES];
	const void *src[STREAM_LANES];
	uint32_t len[STREAM_LANES];

	if (parallel)
		n = fill_lanes(l, n, SNOW3G_LANES);
	for (unsigned i = 0; i < n; i++) {
		IMB_SNOW3G_INIT_KEY_SCHED(mgr, l->key[i], &schedule[i]);
		key[i] = &schedule[i];
		src[i] = zeros;
		len[i] = (uint32_t)octets;
	}
	if (!parallel)
		IMB_SNOW3G_F8_N_BUFFER_MULTIKEY(mgr, key, l->iv, src, l->keystream, len, n);
	for (unsigned i = 0; parallel && i < n; i += SNOW3G_LANES)
		IMB_SNOW3G_F8_8_BUFFER_MULTIKEY(mgr, key + i, l->iv + i, src + i, l->keystream + i,
						len + i);
	secret_wipe(schedule, sizeof(schedule));
}

static unsigned zuc_lanes(const IMB_MGR *mgr)
{
	if (mgr->used_arch == IMB_ARCH_AVX512)
		return 16;
	return mgr->used_arch == IMB_ARCH_AVX2 ? 8 : 4;
}

static void zuc_keystream(IMB_MGR *mgr, struct stream_lanes *l, unsigned n, size_t octets)
{
	struct {
		alignas(16) uint8_t octets[KEY_LEN];
	} aligned[STREAM_LANES];
	const void *key[STREAM_LANES], *src[STREAM_LANES];
	uint32_t len[STREAM_LANES];

	n = fill_lanes(l, n, zuc_lanes(mgr));
	for (unsigned i = 0; i < n; i++) {
		key[i] = memcpy(&aligned[i], l->key[i], KEY_LEN);
		src[i] = zeros;
		len[i] = (uint32_t)octets;
	}
	IMB_ZUC_EEA3_N_BUFFER(mgr, key, l->iv, src, l->keystream, len, n);
	secret_wipe(aligned, sizeof(aligned));
}

/* Products without carries; every CPU that ipsec-mb is fast on has the instruction. */
#define CLMUL __attribute__((target("pclmul")))

/* Up to 8 octets as the upper ones of an integer. */
static uint64_t load_be64(const uint8_t *p, size_t n)
{
	be64 v = {{0}};

	memcpy(&v, p, n);
	return be64_get(v);
}

CLMUL static __m128i product(uint64_t a, uint64_t b)
{
	return _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)a),
				    _mm_cvtsi64_si128((long long)b), 0);
}

/* TS 35.215 4.3: into GF(2^64), where x^64 = x^4 + x^3 + x + 1. */
CLMUL static uint64_t reduce(__m128i p)
{
	const __m128i fold = _mm_cvtsi32_si128(0x1b);
	__m128i q = _mm_clmulepi64_si128(p, fold, 1);
	__m128i r = _mm_clmulepi64_si128(q, fold, 1);

	return (uint64_t)_mm_cvtsi128_si64(_mm_xor_si128(p, _mm_xor_si128(q, r)));
}

CLMUL static uint64_t multiply(uint64_t a, uint64_t b)
{
	return reduce(product(a, b));
}

/* Four steps of EVAL = (EVAL + M) P at once: their sum is reduced once. */
CLMUL static uint64_t eia1_four(uint64_t eval, const uint8_t *msg, const uint64_t *power)
{
	__m128i a = product(eval ^ load_be64(msg, 8), power[3]);
	__m128i b = product(load_be64(msg + 8, 8), power[2]);
	__m128i c = product(load_be64(msg + 16, 8), power[1]);
	__m128i d = product(load_be64(msg + 24, 8), power[0]);

	return reduce(_mm_xor_si128(_mm_xor_si128(a, b), _mm_xor_si128(c, d)));
}

static size_t eia1_keystream(size_t bits)
{
	(void)bits;
	return 5 * sizeof(be32);
}

/* TS 35.215 4.5 */
CLMUL static void eia1_tag(const uint8_t *keystream, const uint8_t *msg, size_t bits, uint8_t *tag)
{
	uint64_t p = load_be64(keystream, 8), q = load_be64(keystream + 8, 8), eval = 0;
	size_t done = 0, whole = bits / 64 * 8;
	be64 mac;

	if (whole >= 32) {
		uint64_t square = multiply(p, p);
		const uint64_t power[] = {p, square, multiply(square, p), multiply(square, square)};

		for (; done + 32 <= whole; done += 32)
			eval = eia1_four(eval, msg + done, power);
	}
	for (; done < whole; done += 8)
		eval = multiply(eval ^ load_be64(msg + done, 8), p);
	if (bits % 64) {
		uint64_t m = load_be64(msg + done, (bits % 64 + 7) / 8);

		eval = multiply(eval ^ (m & ~(UINT64_MAX >> bits % 64)), p);
	}
	mac = be64_of(multiply(eval ^ bits, q));
	for (unsigned i = 0; i < TAG_SHORT; i++)
		tag[i] = mac.b[i] ^ keystream[16 + i];
}

/* TS 35.221 4.4: the message's words, and two. */
static size_t eia3_keystream(size_t bits)
{
	return ((bits + 31) / 32 + 2) * sizeof(be32);
}

/* Bit i of 4 octets, in the order in which they are sent, becomes the coefficient of x^i. */
static uint32_t reverse_bits_of_octets(uint32_t x)
{
	x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
	x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
	return (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
}

/* The next up to 32 bits of a message, as a polynomial. */
static uint32_t next_bits(const uint8_t *msg, size_t bits)
{
	uint32_t m = 0;

	if (bits >= 32) {
		memcpy(&m, msg, sizeof(m));
		return reverse_bits_of_octets(m);
	}
	memcpy(&m, msg, (bits + 7) / 8);
	return reverse_bits_of_octets(m) & ((UINT32_C(1) << bits) - 1);
}

/*
 * TS 35.221 4.5. The sum of the keystream's 32-bit windows at all bits i of the message that are
 * set is, for a word of the message and two of keystream, the upper half of their product without
 * carries: no branch on a bit is needed.
 */
CLMUL static void eia3_tag(const uint8_t *keystream, const uint8_t *msg, size_t bits, uint8_t *tag)
{
	size_t words = (bits + 31) / 32;
	__m128i sum = _mm_setzero_si128();
	uint32_t mac;
	be32 out;

	for (size_t i = 0; i < words; i++) {
		__m128i m = _mm_cvtsi64_si128(next_bits(msg + 4 * i, bits - 32 * i));
		__m128i z = _mm_cvtsi64_si128((long long)load_be64(keystream + 4 * i, 8));

		sum = _mm_xor_si128(sum, _mm_clmulepi64_si128(m, z, 0));
	}
	mac = (uint32_t)((uint64_t)_mm_cvtsi128_si64(sum) >> 32);
	mac ^= (uint32_t)(load_be64(keystream + bits / 32 * 4, 8) << bits % 32 >> 32);
	mac ^= (uint32_t)load_be64(keystream + 4 * words, 8);
	out = be32_of(mac);
	memcpy(tag, &out, sizeof(out));
}

const struct imb_stream imb_snow3g = {snow3g_keystream, eia1_keystream, eia1_tag};
const struct imb_stream imb_zuc = {zuc_keystream, eia3_keystream, eia3_tag};
