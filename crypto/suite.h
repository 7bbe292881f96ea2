/* The pairs of algorithms an SA may use: ids (TS 33.401 5.1.3.2, 5.1.4.2), names, tag lengths
 * (sdt.md 2). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { EEA0, EEA1, EEA2, EEA3, EEA_COUNT };

enum {
	EIA0, /* never in use here; 0 only marks "no integrity algorithm" */
	EIA1,
	EIA2,
	EIA3,
	EIA_COUNT
};

enum {
	KEY_LEN = 16,      /* traffic keys, octets */
	ROOT_KEY_LEN = 32, /* K, K', K_r, octets */
	SALT_LEN = 8,
	TAG_SHORT = 4, /* every EIA's own tag */
	TAG_LONG = 8,  /* EIA2 with T; RESUME, RESUMED and SYNC */
	TAG_MAX = TAG_LONG,
	BEARER_COUNT = 32
};

enum {
	UPLINK = 0, /* device to gateway: DIRECTION 0 of TS 33.401 annex B */
	DOWNLINK = 1
};

/* Whether an SA may carry these: EIA 1 to 3, EEA 0 to 3, tag of 4 octets, or of 8 with EIA2. */
bool suite_valid(unsigned eea, unsigned eia, unsigned tag_len);

/* "128-EEA2" and the like; "?" for an id that is none. Static storage. */
const char *eea_name(unsigned eea);
const char *eia_name(unsigned eia);
