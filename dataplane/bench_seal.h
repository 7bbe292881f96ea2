/* The messages of a benchmark, made and protected many at a time under the SAs' own keys. */
#pragma once

#include "dataplane/bench_traffic.h"

enum {
	SEAL_AT_ONCE = 64,
	SEAL_MAX = SDT_RESUME_HEAD + SDT_PAYLOAD_MAX + TAG_LONG /* octets of the longest message */
};

struct seal_item {
	uint32_t slot;
	uint32_t number; /* how many of this SA came before it in the round: its COUNT, or n - 1 */
	uint16_t size;   /* of its payload */
	uint16_t len;    /* written: of its message */
	uint8_t msg[SEAL_MAX]; /* written: an SDT message, or a core frame */
};

/* n <= SEAL_AT_ONCE. The thread that owns the batch. */
void bench_seal(const struct bench_plan *p, struct batch *batch, struct seal_item *item,
		unsigned n);
