/* SDT and the core-side frame on the wire: every constant and layout of sdt.md 1, 2, 5 and 7. */
#pragma once

#include "crypto/bytes.h"
#include "crypto/suite.h"

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>

enum {
	SDT_PORT = 33868, /* UDP, access side */
	CORE_PORT = 29128 /* UDP, gateway and SCEF */
};

enum { SDT_VERSION = 1 };

enum sdt_type { SDT_DATA = 1, SDT_RESUME = 2, SDT_RESUMED = 3, SDT_SYNC = 4 };

/* Octet 1: bearer (5 bits), then these. */
enum { SDT_BEARER_SHIFT = 3, SDT_T = 1 << 2, SDT_END = 1 << 1, SDT_REKEY = 1 << 0 };

struct sdt_hdr {
	uint8_t version_type; /* version << 4 | enum sdt_type */
	uint8_t bearer_flags;
	uint8_t algs; /* EEA id << 4 | EIA id */
	uint8_t epoch;
	be32 key_id;
	be32 count;
};

static_assert(sizeof(struct sdt_hdr) == 12, "SDT header is 12 octets (sdt.md 2)");
static_assert(alignof(struct sdt_hdr) == 1, "an SDT header may lie anywhere in a packet");

enum { RAND_LEN = 16, RES_LEN = TAG_LONG };

/* Behind the header of a RESUME, before the ciphertext and the tag of TAG_LONG. */
struct sdt_resume {
	uint8_t rand[RAND_LEN];
	uint8_t capabilities; /* bit EEA id, bit 4 + EIA id */
};

enum {
	SDT_PAYLOAD_MAX = 1358,
	SDT_MIN = sizeof(struct sdt_hdr) + TAG_SHORT,
	SDT_RESUME_HEAD = sizeof(struct sdt_hdr) + sizeof(struct sdt_resume),
	SDT_RESUME_MIN = SDT_RESUME_HEAD + TAG_LONG,
	SDT_SYNC_LEN = sizeof(struct sdt_hdr) + RAND_LEN + TAG_LONG,
	CAP_RESERVED = 1 << 4 /* bit 4 of the capabilities */
};

static inline unsigned sdt_version(const struct sdt_hdr *h)
{
	return h->version_type >> 4;
}

static inline unsigned sdt_type(const struct sdt_hdr *h)
{
	return h->version_type & 15;
}

static inline uint8_t sdt_bearer(const struct sdt_hdr *h)
{
	return h->bearer_flags >> SDT_BEARER_SHIFT;
}

/* The frame between gateway and SCEF (sdt.md 7); the payload follows in clear. */
enum core_type { CORE_MO = 1, CORE_MT = 2, CORE_MT_GROUP = 3, CORE_REFUSED = 4 };

/* Octet 1: bearer (5 bits), bit 2 zero, then these. */
enum {
	CORE_BEARER_SHIFT = 3,
	CORE_ZERO = 1 << 2,
	CORE_HOLD = 1 << 1, /* MT only */
	CORE_EARLY = 1 << 0 /* MO only: the payload came in a RESUME */
};

struct core_hdr {
	uint8_t version_type; /* SDT_VERSION << 4 | enum core_type */
	uint8_t bearer_flags;
	be16 reason; /* MT refused; zero elsewhere */
	be32 key_id;
	be64 imsi; /* TBCD, low nibble first, filler 0xf */
};

static_assert(sizeof(struct core_hdr) == 16, "core frame header is 16 octets (sdt.md 7)");
static_assert(alignof(struct core_hdr) == 1, "a core header may lie anywhere in a packet");

enum refusal {
	REFUSED_UNKNOWN = 1,
	REFUSED_NO_KEY = 2,
	REFUSED_NO_ADDRESS = 3,
	REFUSED_TOO_LONG = 4,
	REFUSED_EXHAUSTED = 5,
	REFUSED_OVERLOAD = 6
};

enum { IMSI_MIN = 6, IMSI_MAX = 15 }; /* digits */

/* Whether the eight octets are TBCD of 6 to 15 digits, filler behind the last one only. */
bool imsi_tbcd_valid(be64 imsi);

/* TBCD of n digits (6 to 15), or all zero where they are no IMSI. */
be64 imsi_to_tbcd(const char *digits, size_t n);

/* The digits of a valid TBCD, with a terminating zero; returns how many. */
unsigned imsi_from_tbcd(be64 imsi, char digits[IMSI_MAX + 1]);
