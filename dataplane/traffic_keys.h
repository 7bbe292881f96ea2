/* The four traffic keys of an SA's epoch (sdt.md 3), for many SAs in one call. */
#pragma once

#include "crypto/batch.h"
#include "dataplane/api/wire.h"

struct traffic_seed {
	const uint8_t *root; /* K, or K' after a RESUME; ROOT_KEY_LEN octets */
	const char *identity;
	uint8_t identity_len;
	const uint8_t *salt; /* SALT_LEN octets */
	uint8_t algs;        /* EEA id << 4 | EIA id */
};

struct traffic_keys {
	uint8_t enc[2][KEY_LEN]; /* by direction: UPLINK, DOWNLINK */
	uint8_t integrity[2][KEY_LEN];
};

enum { TRAFFIC_KEYS_MAX = BATCH_MAX / 4 };

/*
 * Derives keys[i] from seed[i] for n <= TRAFFIC_KEYS_MAX seeds. Only the thread that owns the
 * batch; the caller wipes what it was given. No errors.
 */
void traffic_keys_derive(struct batch *batch, const struct traffic_seed *seed, unsigned n,
			 struct traffic_keys *keys);
