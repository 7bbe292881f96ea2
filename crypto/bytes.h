/* Octets on a wire: integers whose byte order is part of their type, and cursors that cannot
 * overrun. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Big-endian integers. Structs, so that a forgotten conversion does not compile; alignment 1. */
typedef struct {
	uint8_t b[2];
} be16;

typedef struct {
	uint8_t b[4];
} be32;

typedef struct {
	uint8_t b[8];
} be64;

static inline uint16_t be16_get(be16 v)
{
	return (uint16_t)(v.b[0] << 8 | v.b[1]);
}

static inline uint32_t be32_get(be32 v)
{
	return (uint32_t)v.b[0] << 24 | (uint32_t)v.b[1] << 16 | (uint32_t)v.b[2] << 8 | v.b[3];
}

static inline uint64_t be64_get(be64 v)
{
	uint64_t x;

	memcpy(&x, v.b, sizeof(x));
	return __builtin_bswap64(x);
}

static inline be16 be16_of(uint16_t x)
{
	return (be16){{(uint8_t)(x >> 8), (uint8_t)x}};
}

static inline be32 be32_of(uint32_t x)
{
	return (be32){{(uint8_t)(x >> 24), (uint8_t)(x >> 16), (uint8_t)(x >> 8), (uint8_t)x}};
}

static inline be64 be64_of(uint64_t x)
{
	be64 v;

	x = __builtin_bswap64(x);
	memcpy(v.b, &x, sizeof(x));
	return v;
}

/*
 * Reader. `bad` sticks: once a read went beyond the end, every later read gives zero or NULL, so a
 * parser reads straight on and asks once.
 */
struct rd {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static inline struct rd rd_of(const void *p, size_t n)
{
	return (struct rd){.p = p, .left = n, .bad = false};
}

/* The next n octets as a view into the input, or NULL. */
static inline const uint8_t *rd_take(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || n > r->left) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	r->left -= n;
	return p;
}

/* The next n (1 to 8) octets as a big-endian integer, or 0. */
static inline uint64_t rd_uint(struct rd *r, unsigned n)
{
	const uint8_t *p = rd_take(r, n);
	uint64_t x = 0;

	for (unsigned i = 0; p && i < n; i++)
		x = x << 8 | p[i];
	return x;
}

static inline bool rd_done(const struct rd *r)
{
	return r->bad || r->left == 0;
}

/* Writer, the reader's mirror image: `bad` sticks once something did not fit. */
struct wr {
	uint8_t *p;
	size_t left;
	size_t len; /* octets written so far */
	bool bad;
};

static inline struct wr wr_of(void *p, size_t n)
{
	return (struct wr){.p = p, .left = n, .len = 0, .bad = false};
}

/* Room for n octets that the caller fills, or NULL. */
static inline uint8_t *wr_take(struct wr *w, size_t n)
{
	uint8_t *p = w->p;

	if (w->bad || n > w->left) {
		w->bad = true;
		return NULL;
	}
	w->p += n;
	w->left -= n;
	w->len += n;
	return p;
}

static inline void wr_bytes(struct wr *w, const void *src, size_t n)
{
	uint8_t *p = wr_take(w, n);

	if (p && n > 0)
		memcpy(p, src, n);
}

/* The low n (1 to 8) octets of x, big-endian. */
static inline void wr_uint(struct wr *w, uint64_t x, unsigned n)
{
	uint8_t *p = wr_take(w, n);

	for (unsigned i = 0; p && i < n; i++)
		p[i] = (uint8_t)(x >> 8 * (n - 1 - i));
}

/* Value of a hexadecimal digit of either case, or -1. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads exactly n octets from exactly 2n hexadecimal digits. False: `s` is anything else. */
static inline bool hex_read(const char *s, size_t digits, uint8_t *out, size_t n)
{
	if (digits != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = hex_digit(s[2 * i]), lo = hex_digit(s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

/* Writes 2n lower-case digits and a terminating zero: `out` holds 2n + 1. */
static inline void hex_write(const uint8_t *in, size_t n, char *out)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digit[in[i] >> 4];
		out[2 * i + 1] = digit[in[i] & 15];
	}
	out[2 * n] = '\0';
}
