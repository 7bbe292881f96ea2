/* A device that talks to a gateway in a rig: an SA, an address, and what it said last. */
#pragma once

#include "pcap/device.h"
#include "tests/unit/path_rig.h"

struct path_device {
	struct sa_row row;
	struct device d;
	struct endpoint at;
	struct asked asked;       /* its last RESUME */
	uint8_t msg[MESSAGE_MAX]; /* its last message */
	size_t len;
};

/* Installs the row and stands where its address says, or 10.0.0.0/8 by its key id. */
void path_device_init(struct path_device *p, struct rig *r, const struct sa_row *row);

/*
 * Each sends one message to a worker's port and returns its index in trace[]. DATA takes the next
 * COUNT, or the one given (forged: with a wrong tag); RESUME takes the next Count and a RAND of its
 * own. path_device_again sends the last message octet for octet.
 */
unsigned path_device_data(struct path_device *p, struct rig *r, unsigned worker, uint8_t flags);
unsigned path_device_data_at(struct path_device *p, struct rig *r, unsigned worker, uint32_t count,
			     bool forged);
unsigned path_device_resume(struct path_device *p, struct rig *r, unsigned worker, uint8_t flags);
unsigned path_device_again(struct path_device *p, struct rig *r, unsigned worker);

/*
 * Opens what the gateway sent to the device; m (NULL allowed) then holds its fields, and its
 * payload lies at path_device_payload.
 */
enum verdict path_device_take(struct path_device *p, const struct rig_sent *s, struct message *m);

/* What the last opened message carried. */
const uint8_t *path_device_payload(const struct message *m);

/* What every DATA and RESUME carries. */
extern const uint8_t path_device_says[21];
