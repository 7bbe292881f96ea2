/* The order in which kernels get the messages of one call: by pair of algorithms, then by blocks.
 */
#pragma once

#include "crypto/batch.h"
#include "crypto/suite.h"

/* A pair of algorithms as one number. */
enum { PAIR_COUNT = EEA_COUNT * EIA_COUNT };

static inline unsigned pair_of(unsigned eea, unsigned eia)
{
	return eea * EIA_COUNT + eia;
}

static inline unsigned pair_eea(unsigned pair)
{
	return pair / EIA_COUNT;
}

static inline unsigned pair_eia(unsigned pair)
{
	return pair % EIA_COUNT;
}

struct sorted {
	const struct crypt *msg[BATCH_MAX];
	uint8_t pair[BATCH_MAX]; /* of msg[i] */
	uint8_t from[BATCH_MAX]; /* msg[i]'s place in the caller's array */
};

/*
 * Sorts n messages; those that are equal keep their order. Without tags, eia is not read: it counts
 * as EIA0.
 */
void sort_messages(struct sorted *s, const struct crypt *msg, unsigned n, bool tags);

/* How many messages from i on are of one pair. */
unsigned sorted_run(const struct sorted *s, unsigned i, unsigned n);
