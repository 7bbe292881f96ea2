/* Fields of the key socket's messages, for the files that read and write their bodies. */
#pragma once

#include "crypto/bytes.h"
#include "dataplane/api/wire.h"

#include <errno.h>

/* What a reader finds wrong sticks in its cursor, as what it finds missing does. */
static inline void field_require(struct rd *r, bool right)
{
	r->bad |= !right;
}

static inline int field_verdict(const struct rd *r)
{
	return r->bad ? -EBADMSG : 0;
}

/* A text is its length in one octet, then its characters. */
static inline void field_write_text(struct wr *w, const char *s)
{
	size_t n = strlen(s);

	wr_uint(w, n, 1);
	wr_bytes(w, s, n);
}

/* Reads a text of min to max octets, each from `lowest` on, and never a control character. */
static inline void field_read_text(struct rd *r, size_t min, size_t max, char lowest, char *s)
{
	size_t n = rd_uint(r, 1);
	const uint8_t *p = rd_take(r, n);

	s[0] = '\0';
	field_require(r, n >= min && n <= max);
	for (size_t i = 0; i < n && !r->bad; i++)
		field_require(r, p[i] >= (uint8_t)lowest && p[i] < 0x7f);
	if (r->bad)
		return;
	memcpy(s, p, n);
	s[n] = '\0';
}

/* TBCD, or all zero for none. */
static inline void field_read_imsi(struct rd *r, be64 *imsi)
{
	*imsi = be64_of(rd_uint(r, sizeof(*imsi)));
	field_require(r, be64_get(*imsi) == 0 || imsi_tbcd_valid(*imsi));
}

static inline void field_read_octets(struct rd *r, void *out, size_t n)
{
	const uint8_t *p = rd_take(r, n);

	if (p)
		memcpy(out, p, n);
}
