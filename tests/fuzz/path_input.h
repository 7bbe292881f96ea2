/*
 * Reads a fuzz input as a history of a gateway: SAs of all kinds, then frames of both sides, most
 * of them right or nearly so, and steps of the clock.
 */
#pragma once

#include "tests/unit/path_rig.h"

enum {
	INPUT_SAS = 8,
	INPUT_SLOTS = 16,
	INPUT_FRAME_MAX = 1600,
	INPUT_RIGHT = 0x5a /* a tag that begins with two of these is right */
};

extern const uint32_t input_key_id[INPUT_SAS];

/* What the sender of an SA's frames believes, while the gateway has not decided them yet. */
struct input_sa {
	uint32_t next, n; /* COUNT of the next DATA, Count of the next RESUME */
	uint8_t algs, installed, epoch;
};

struct input {
	struct rd rd;
	struct config config;
	uint64_t start_ns, now_ns;
	bool two_workers;
	bool narrow; /* ports that do not take everything, RESUMEs by rate; decided in bursts alone
		      */
	uint16_t burst;
	uint8_t room;
	struct input_sa sa[INPUT_SAS];
	enum side side;                /* of the round's frames */
	unsigned frames;               /* of the round */
	uint32_t serial;               /* makes payloads and tags differ */
	uint8_t last[INPUT_FRAME_MAX]; /* the access-side message sent last */
	size_t last_len;
};

struct input input_begin(const uint8_t *data, size_t len, uint64_t now_ns);
bool input_done(const struct input *in);

/* Puts the SAs into a gateway that has none. */
void input_install(const struct input *in, struct rig *r);

/* Begins a round: senders learn what the gateway has decided. */
void input_look(struct input *in, const struct sa_table *t);

/* The next frame of the round; 0: the round is over, and in->now_ns is that of the next one. */
size_t input_frame(struct input *in, enum side *side, uint8_t frame[INPUT_FRAME_MAX]);
