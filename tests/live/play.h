/*
 * Devices and SCEF around a running gateway: they send through it over the kernel's sockets, and
 * hold what comes back against the record. The devices' crypto is the one-message code, not the
 * gateway's.
 */
#pragma once

#include "config/config.h"
#include "pcap/device.h"
#include "pcap/rng.h"
#include "tests/live/record.h"
#include "tests/live/spot.h"

enum {
	PLAY_EARLY = 16, /* DATA of an epoch whose RESUMED has not come: kept */
	PLAY_SPOTS = 64,
	PLAY_KEPT = 4096 /* old messages kept for replays */
};

/* A message as it is on the wire. */
struct octets {
	uint16_t len;
	uint8_t p[MESSAGE_MAX];
};

/* One SA at its device. */
struct player {
	struct sa_row row;
	struct device d;
	uint32_t spot;  /* where it stands, in play.access */
	bool heard;     /* the gateway knows where it is */
	bool waiting;   /* for the answer to the RESUME in `asked` */
	bool has_asked; /* it ever sent one */
	struct asked asked;
	struct octets resume;
	uint64_t again_ns;    /* when to send it again */
	uint64_t epoch_ns;    /* when the epoch in force was confirmed */
	uint64_t moved_ns;    /* when it moved last: what follows may overtake what was before */
	uint64_t gone_ns;     /* when its SA was removed; UINT64_MAX: is there */
	uint64_t answer;      /* digest of the RESUMED with data for asked.n; 0: none came */
	struct octets *early; /* PLAY_EARLY, allocated when first used */
	unsigned n_early;
	uint64_t up, down; /* payloads that came through */
};

struct kept {
	uint64_t number; /* of the record */
	uint32_t spot;
	struct octets message;
};

struct play {
	struct config config; /* the gateway's own */
	struct record record;
	struct rng rng;
	struct player *player;
	uint32_t players, room;
	uint32_t *by_key; /* players, by key id: a table of `mask + 1` entries, player + 1 */
	uint32_t mask;
	struct spot access[PLAY_SPOTS], core[PLAY_SPOTS];
	unsigned n_access, n_core; /* those of single devices come first, then the groups' */
	unsigned n_single;
	uint32_t size_min, size_max; /* of payloads */
	uint64_t keep_every, kept_n; /* of the messages from devices */
	struct kept *kept;
	uint32_t last_down; /* the player that took the last payload to a device */
	uint64_t synced, resumed;
	uint64_t now_ns;
};

/* Takes the SA into the play; its sockets are there already. Returns the player, or ends. */
struct player *play_add(struct play *p, const struct sa_row *row);

/* The player of this key id, or NULL. */
struct player *play_find(const struct play *p, uint32_t key_id);

/* Takes and judges everything that has arrived. Returns how many datagrams that was. */
unsigned play_receive(struct play *p);

/* Sends RESUMEs again whose answer has not come. */
void play_retry(struct play *p);

/* One message each; false: the device must not send now (sdt.md 5), or has no COUNT left. */
bool play_up(struct play *p, struct player *from);
bool play_resume(struct play *p, struct player *from);

/* By IMSI (`hint` false) or by key id; to a group by its SA's key id. */
void play_down(struct play *p, struct player *to, bool hint, bool hold);

/* Everything that was kept, once more, octet for octet. */
void play_replay(struct play *p);

void play_free(struct play *p);
