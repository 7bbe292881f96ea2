/* All devices of a static key file, found by key id, with the RESUMEs that were seen of them. */
#pragma once

#include "pcap/device.h"

struct fleet_index {
	uint32_t key_id, at;
};

struct fleet_asked {
	struct asked asked;
	uint32_t before; /* the same device's RESUME before this one, + 1; 0: none */
};

struct fleet {
	struct sa_rows rows;
	struct device *device; /* one a row */
	uint32_t *last_asked;  /* one a row: its newest RESUME, + 1; 0: none */
	struct fleet_index *index;
	struct fleet_asked *asked;
	size_t n_asked, room;
};

/* Loads the key file; errors as sas_load. Returns 0 or -errno. */
int fleet_load(struct fleet *f, const char *path, FILE *errors);

/* Wipes and frees; a fleet that was not loaded (all zero) is allowed. */
void fleet_free(struct fleet *f);

/* The device under this key id, or NULL. */
struct device *fleet_find(struct fleet *f, uint32_t key_id);

/*
 * Remembers a RESUME whose tag is right; the same message again is passed over. Returns 0 or
 * -ENOMEM.
 */
int fleet_learn(struct fleet *f, const struct device *d, const struct message *resume);

/* The device's RESUMEs, newest first: *at starts at 0, NULL is the end. */
const struct asked *fleet_asked(const struct fleet *f, const struct device *d, uint32_t *at);
