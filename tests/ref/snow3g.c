#include "tests/ref/snow3g.h"

#include "crypto/bytes.h"

/* All 8-bit functions of TS 35.216, once for each argument. */
static struct {
	uint8_t sr[256], sq[256];                /* 3.3: the S-boxes */
	uint32_t mul_alpha[256], div_alpha[256]; /* 3.4.2, 3.4.3 */
} table;

struct snow3g {
	uint32_t s[16];
	uint32_t r1, r2, r3;
};

/* TS 35.216 3.1.1 */
static uint8_t mulx(uint8_t v, uint8_t c)
{
	return (uint8_t)(v & 0x80 ? v << 1 ^ c : v << 1);
}

/* TS 35.216 3.1.2 */
static uint8_t mulx_pow(uint8_t v, unsigned i, uint8_t c)
{
	while (i-- > 0)
		v = mulx(v, c);
	return v;
}

/* a times b in the field in which x^8 = c. */
static uint8_t mul(uint8_t a, uint8_t b, uint8_t c)
{
	uint8_t sum = 0;

	for (; b; b >>= 1, a = mulx(a, c))
		sum ^= b & 1 ? a : 0;
	return sum;
}

static uint8_t power(uint8_t x, unsigned e, uint8_t c)
{
	uint8_t y = 1;

	while (e-- > 0)
		y = mul(y, x, c);
	return y;
}

/* Rijndael's S-box (FIPS 197 5.1.1): the inverse, then an affine map. */
static uint8_t rijndael(uint8_t x)
{
	uint8_t inverse = power(x, 254, 0x1b);
	uint8_t y = 0x63;

	for (unsigned i = 0; i < 5; i++)
		y ^= (uint8_t)(inverse << i | inverse >> (8 - i));
	return y;
}

/* TS 35.216 annex 1, S_Q: a Dickson polynomial over the field in which x^8 = 0x69. */
static uint8_t dickson(uint8_t x)
{
	static const uint8_t exponents[] = {1, 9, 13, 15, 33, 41, 45, 47, 49};
	uint8_t y = 0x25;

	for (size_t i = 0; i < sizeof(exponents); i++)
		y ^= power(x, exponents[i], 0x69);
	return y;
}

static uint32_t word(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return be32_get((be32){{a, b, c, d}});
}

static void fill_table(void)
{
	if (table.sr[0] != 0)
		return;
	for (unsigned i = 0; i < 256; i++) {
		uint8_t c = (uint8_t)i;

		table.sr[i] = rijndael(c);
		table.sq[i] = dickson(c);
		table.mul_alpha[i] = word(mulx_pow(c, 23, 0xa9), mulx_pow(c, 245, 0xa9),
					  mulx_pow(c, 48, 0xa9), mulx_pow(c, 239, 0xa9));
		table.div_alpha[i] = word(mulx_pow(c, 16, 0xa9), mulx_pow(c, 39, 0xa9),
					  mulx_pow(c, 6, 0xa9), mulx_pow(c, 64, 0xa9));
	}
}

/* TS 35.216 3.3.1 and 3.3.2: substitute each octet, then mix them as a MixColumn does. */
static uint32_t substitute(uint32_t w, const uint8_t *box, uint8_t c)
{
	uint8_t a = box[w >> 24], b = box[w >> 16 & 0xff], d = box[w >> 8 & 0xff],
		e = box[w & 0xff];

	return word(mulx(a, c) ^ b ^ d ^ mulx(e, c) ^ e, mulx(a, c) ^ a ^ mulx(b, c) ^ d ^ e,
		    a ^ mulx(b, c) ^ b ^ mulx(d, c) ^ e, a ^ b ^ mulx(d, c) ^ d ^ mulx(e, c));
}

/* TS 35.216 3.4.6 */
static uint32_t clock_fsm(struct snow3g *g)
{
	uint32_t f = (g->s[15] + g->r1) ^ g->r2;
	uint32_t r = g->r2 + (g->r3 ^ g->s[5]);

	g->r3 = substitute(g->r2, table.sq, 0x69);
	g->r2 = substitute(g->r1, table.sr, 0x1b);
	g->r1 = r;
	return f;
}

/* TS 35.216 3.4.4 with the FSM's word, 3.4.5 with zero. */
static void clock_lfsr(struct snow3g *g, uint32_t f)
{
	uint32_t v = g->s[0] << 8 ^ table.mul_alpha[g->s[0] >> 24] ^ g->s[2] ^ g->s[11] >> 8 ^
		     table.div_alpha[g->s[11] & 0xff] ^ f;

	for (unsigned i = 0; i < 15; i++)
		g->s[i] = g->s[i + 1];
	g->s[15] = v;
}

/* TS 35.216 4.1, with key and IV as TS 35.215 3.4 and 4.4 load them: k3 and iv3 first. */
static void start(struct snow3g *g, const uint8_t *key, const uint32_t iv[4])
{
	struct rd r = rd_of(key, 16);
	uint32_t k[4];

	fill_table();
	for (int i = 3; i >= 0; i--)
		k[i] = (uint32_t)rd_uint(&r, 4);
	for (unsigned i = 0; i < 4; i++) {
		g->s[i] = g->s[i + 8] = ~k[i];
		g->s[i + 4] = g->s[i + 12] = k[i];
	}
	g->s[15] ^= iv[0];
	g->s[12] ^= iv[1];
	g->s[10] ^= iv[2];
	g->s[9] ^= iv[3];
	g->r1 = g->r2 = g->r3 = 0;
	for (unsigned i = 0; i < 32; i++)
		clock_lfsr(g, clock_fsm(g));
	clock_fsm(g);
	clock_lfsr(g, 0);
}

/* TS 35.216 4.2 */
static uint32_t next_word(struct snow3g *g)
{
	uint32_t z = clock_fsm(g) ^ g->s[0];

	clock_lfsr(g, 0);
	return z;
}

void ref_uea2(const uint8_t *key, uint32_t count, uint8_t bearer, uint8_t direction, uint8_t *data,
	      size_t bits)
{
	uint32_t bd = (uint32_t)bearer << 27 | (uint32_t)direction << 26;
	const uint32_t iv[4] = {bd, count, bd, count};
	struct snow3g g;
	uint32_t z = 0;

	start(&g, key, iv);
	for (size_t i = 0; i < (bits + 7) / 8; i++) {
		if (i % 4 == 0)
			z = next_word(&g);
		data[i] ^= (uint8_t)(z >> (24 - i % 4 * 8));
	}
	if (bits % 8)
		data[bits / 8] &= (uint8_t)(0xff00 >> bits % 8);
}

/* TS 35.215 4.3.2 and 4.3.3: a times b in GF(2^64), x^64 = 0x1b. */
static uint64_t mul64(uint64_t a, uint64_t b)
{
	uint64_t sum = 0;

	for (; b; b >>= 1) {
		if (b & 1)
			sum ^= a;
		a = a >> 63 ? a << 1 ^ 0x1b : a << 1;
	}
	return sum;
}

uint32_t ref_uia2(const uint8_t *key, uint32_t count, uint32_t fresh, uint8_t direction,
		  const uint8_t *msg, size_t bits)
{
	const uint32_t iv[4] = {fresh ^ (uint32_t)direction << 15,
				count ^ (uint32_t)direction << 31, fresh, count};
	uint64_t p, q, block = 0, eval = 0;
	struct snow3g g;

	start(&g, key, iv);
	p = (uint64_t)next_word(&g) << 32;
	p |= next_word(&g);
	q = (uint64_t)next_word(&g) << 32;
	q |= next_word(&g);
	for (size_t i = 0; i < bits; i++) {
		block |= (uint64_t)(msg[i / 8] >> (7 - i % 8) & 1) << (63 - i % 64);
		if (i % 64 == 63 || i == bits - 1) {
			eval = mul64(eval ^ block, p);
			block = 0;
		}
	}
	eval = mul64(eval ^ bits, q);
	return (uint32_t)(eval >> 32) ^ next_word(&g);
}
