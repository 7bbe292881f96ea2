/*
 * What the data plane tells without being asked, to whoever subscribed on the key socket: one more
 * event is one more row.
 */
#pragma once

#include "config/sas.h"
#include "crypto/bytes.h"

#include <stdint.h>

/* X(symbol, name, what `value` is, meaning) */
#define EVENTS(X)                                                                                  \
	X(BUDGET_SUSPECT, "budget_suspect", "failures",                                            \
	  "from now on only the current address is checked at once (sdt.md 4)")                    \
	X(BUDGET_SPENT, "budget_spent", "failures", "no DATA is checked any more: rekey")          \
	X(COUNT_UP_HALF, "count_up_half", "COUNT", "half of the uplink COUNTs are used: rekey")    \
	X(COUNT_DOWN_HALF, "count_down_half", "COUNT", "half of the downlink COUNTs are used")     \
	X(RESUME_LIMIT, "resume_limit", "Count", "a RESUME came above the limit: new SA")          \
	X(EXPIRY_NEAR, "expiry_near", "seconds left", "the SA is about to expire")                 \
	X(EXPIRED, "expired", "0", "the SA has expired and is gone")                               \
	X(HALF_WRITTEN, "half_written", "slot", "found half-written at take-over, wiped")          \
	X(MAPPING_LOST, "mapping_lost", "0", "the file of the mapping is gone or cut: restart")    \
	X(EVENTS_LOST, "events_lost", "how many", "more happened than could be told")

#define X(sym, name, value, meaning) EVENT_##sym,
enum event_type { EVENTS(X) EVENT_COUNT };
#undef X

struct key_event {
	uint64_t time_ns; /* Unix time */
	be64 imsi;        /* TBCD; zero: a group, or not about one SA */
	uint32_t key_id;  /* 0: not about one SA */
	uint32_t value;
	uint8_t type;                          /* enum event_type */
	char reference[SAS_REFERENCE_MAX + 1]; /* filled in by the main thread */
};

/* Static storage; "?" where there is no such event. event_value: what its `value` is. */
const char *event_name(unsigned type);
const char *event_value(unsigned type);
const char *event_meaning(unsigned type);
