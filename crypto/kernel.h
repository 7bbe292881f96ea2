/*
 * What stands behind batch.h: one struct kernel for each way of doing the algorithms.
 *
 * To add a kernel: write kernel_xxx.c with one struct kernel that names what it can do, declare it
 * below, and put it into the table in batch.c above those it is faster than. It may do as little as
 * one algorithm; what it leaves out falls to the next row. tests/unit/batch_random_test.c then
 * checks it against every other way of computing the same.
 *
 * A kernel gets messages of one pair of algorithms, sorted by their number of 16-octet blocks, each
 * with keys of its own. Lengths may be zero. It allocates nothing, reads and writes nothing outside
 * a message's octets (the tag behind it belongs to batch.c), and lets no secret decide an address
 * or a branch.
 */
#pragma once

#include "crypto/batch.h"
#include "crypto/suite.h"

struct kernel_run {
	const struct crypt *const *msg;
	uint8_t (*tag)[TAG_MAX]; /* written: the tag of msg[i], all octets the algorithm has */
	unsigned n;              /* 1 to BATCH_MAX */
};

struct kernel {
	/* Whether this CPU has the instructions. */
	bool (*usable)(void);

	/* What belongs to one batch: scratch, managers. NULL where there is none. open returns NULL
	 * and errno; close wipes what keys left behind. */
	void *(*open)(void);
	void (*close)(void *state);

	/* For people: "ipsec-mb (AVX512)". */
	const char *(*name)(const void *state);

	/* One algorithm: ciphers the payloads in place; writes the tags of aad and payload. */
	void (*cipher[EEA_COUNT])(void *state, const struct kernel_run *run);
	void (*tag[EIA_COUNT])(void *state, const struct kernel_run *run);

	/* A pair in one go, preferred to the two above: ciphers, then tags; tags, then deciphers.
	 */
	void (*protect[EEA_COUNT][EIA_COUNT])(void *state, const struct kernel_run *run);
	void (*unprotect[EEA_COUNT][EIA_COUNT])(void *state, const struct kernel_run *run);

	void (*hmac)(void *state, const struct hmac *job, unsigned n);
};

extern const struct kernel kernel_imb;
