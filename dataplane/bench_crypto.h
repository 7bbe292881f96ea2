/*
 * The share of the kernels: the same messages, under the same keys, in the same order and as many
 * at a time as on the packet path. Messages and keys are brought into the cache before the clock
 * runs.
 */
#pragma once

#include "dataplane/bench_traffic.h"

struct bench_crypto;

/* NULL where memory is short; NULL is allowed to destroy, which wipes. */
struct bench_crypto *bench_crypto_create(void);
void bench_crypto_destroy(struct bench_crypto *c);

/*
 * TSC cycles that the kernels take for all frames in memory; 0: a message did not prove right. The
 * frames stay as they are. The thread that owns the batch.
 */
uint64_t bench_crypto_lap(struct bench_crypto *c, struct batch *batch,
			  const struct bench_traffic *t);
