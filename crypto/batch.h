/*
 * Crypto for arrays of messages, each with keys of its own: the fast path's crypto. The kernels
 * (kernel.h) are chosen once, when the batch is created.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BATCH_MAX = 256,      /* messages in one call */
	BATCH_LEN_MAX = 2064, /* octets of one message, aad_len + len: TS 33.401 C.2.8 fits */
};

enum batch_kernels {
	BATCH_AUTO,     /* the fastest kernel this CPU can run, algorithm by algorithm */
	BATCH_IPSEC_MB, /* intel-ipsec-mb for everything */
};

struct batch; /* scratch and chosen kernels; belongs to one thread */

/*
 * One message, contiguous at `at`: aad_len octets under the tag but in clear, len octets of
 * payload, and behind them tag_len octets of tag. `at` needs no alignment.
 */
struct crypt {
	uint8_t *at;
	const uint8_t *enc_key; /* KEY_LEN octets, any alignment; not read with EEA0 */
	const uint8_t *int_key; /* KEY_LEN octets, any alignment; not read by batch_cipher */
	uint32_t count;         /* COUNT, host order */
	uint16_t aad_len;
	uint16_t len;
	uint8_t eea, eia; /* ids; a pair that suite_valid() allows */
	uint8_t tag_len;  /* TAG_SHORT, or TAG_LONG with EIA2 */
	uint8_t bearer;   /* 0 to 31 */
	uint8_t direction;
};

/* One HMAC-SHA-256 with a key of 32 octets. */
struct hmac {
	const uint8_t *key;  /* ROOT_KEY_LEN octets */
	const uint8_t *data; /* may overlap nothing that is written in the same call */
	uint8_t *out;        /* KDF_OUT octets */
	uint32_t len;        /* of data, octets; at most BATCH_LEN_MAX */
};

/*
 * Returns NULL and errno where memory is short or the library will not start. batch_destroy wipes
 * what keys left behind; NULL is allowed.
 */
struct batch *batch_create(enum batch_kernels which);
void batch_destroy(struct batch *b);

/* Which kernels were chosen, for people: "EEA2/EIA2 ipsec-mb (AVX512), ...". Lives as long as b. */
const char *batch_describe(const struct batch *b);

/*
 * All three take n <= BATCH_MAX messages of mixed algorithms and lengths, in any order. They
 * allocate nothing, take no lock and cannot fail. Only the thread that owns b may call them.
 *
 * batch_protect: encrypts each payload in place and writes the tag behind it (TS 33.401 B.1, B.2).
 * batch_unprotect: ok[i] says whether tag i is right (compared in constant time); where it is, the
 * payload is decrypted in place; where it is not, the payload is undefined afterwards.
 * batch_cipher: encrypts or decrypts each payload in place (the same operation); no tag is read or
 * written.
 */
void batch_protect(struct batch *b, const struct crypt *msg, unsigned n);
void batch_unprotect(struct batch *b, const struct crypt *msg, unsigned n, bool *ok);
void batch_cipher(struct batch *b, const struct crypt *msg, unsigned n);

/* HMAC-SHA-256 of n <= BATCH_MAX inputs. Same rules. */
void batch_hmac(struct batch *b, const struct hmac *job, unsigned n);
