/*
 * A device: one SA, the COUNTs it has used and seen, its epoch and its resumption Count. It seals
 * what it sends and opens what the gateway sends, with the checks of sdt.md 4 and 5.
 */
#pragma once

#include "pcap/message.h"

enum { COUNT_END_GAP = 1 << 16 }; /* sdt.md 4: the counter is used up this far before 2^32 */

/* A RESUME that the device sent: what opens the answer to it. */
struct asked {
	uint32_t n;
	uint8_t rand[RAND_LEN];
	uint8_t capabilities;
};

struct device {
	const struct sa_row *row;
	uint32_t n;         /* Count of the next RESUME */
	uint32_t next_up;   /* COUNT of the next DATA */
	bool derived;       /* the epoch's keys are there */
	struct epoch epoch; /* in force */
	struct {
		bool any;
		uint32_t top;  /* highest COUNT opened */
		uint64_t seen; /* bit i: top - i */
	} down;
};

/* The state that the row states (sdt.md 8); keys are derived when first used. */
void device_init(struct device *d, const struct sa_row *row);
void device_wipe(struct device *d);

/* Whether the next DATA still has a COUNT. */
bool device_can_send(const struct device *d);

/*
 * DATA with the next COUNT; RESUME with the next Count. `flags` is SDT_END or 0; out holds
 * MESSAGE_MAX octets. Both return the length or -errno, and take the counter only then;
 * device_data -EOVERFLOW where COUNTs are used up.
 */
int device_data(struct device *d, uint8_t flags, const uint8_t *payload, size_t len, uint8_t *out);
int device_resume(struct device *d, const struct asked *how, uint8_t flags, const uint8_t *payload,
		  size_t len, uint8_t *out);

/* A RESUMED proved right: the epoch of `how` is in force under these algorithms. */
void device_begin(struct device *d, const struct asked *how, unsigned eea, unsigned eia);

/*
 * Opens what the gateway sent: m as message_read gave it, payload decrypted in place at
 * msg + m->head. `asked` is the RESUME that a RESUMED or SYNC answers; NULL: not known, which
 * leaves a SYNC's RAND unchecked. Nothing changes unless VERDICT_OPENED is returned.
 */
enum verdict device_open(struct device *d, const struct message *m, uint8_t *msg,
			 const struct asked *asked);

/* What a device offers in its RESUMEs: every algorithm; EEA0 only where its SA has it. */
uint8_t device_capabilities(const struct sa_row *row);
