/*
 * Traffic in the making: devices with what a gateway will know of them, the SCEF, the clock, and
 * the captures and expectations that it all goes to. Every frame is written with the fate that
 * sdt.md 10 gives it.
 */
#pragma once

#include "config/config.h"
#include "dataplane/api/fate.h"
#include "pcap/capture.h"
#include "pcap/core.h"
#include "pcap/device.h"
#include "pcap/rng.h"
#include "pcap/route.h"

/* What is special about an SA. Frames that must die need SAs that ordinary traffic does not have.
 */
enum special {
	ORDINARY,
	EXPIRED,     /* before the first frame */
	ONE_KEY,     /* one_key_per_transmission */
	SILENT,      /* never sends, no address */
	COUNTED_OUT, /* downlink COUNT at its end, and an address */
	SPECIALS
};

struct alg {
	uint8_t eea, eia;
};

struct plan {
	size_t devices; /* ordinary ones */
	bool special[SPECIALS];
	const struct alg *algs; /* in turn */
	size_t n_algs;
	uint8_t tag_len; /* TAG_LONG: where the SA has EIA2 */
	unsigned ipv6;   /* percent of the devices */
	uint16_t vlan;
	uint32_t size_min, size_max; /* of payloads */
	uint64_t seed, rate;         /* frames a second */
};

/* A device, and what the gateway will know of its SA. */
struct player {
	struct device d;
	struct endpoint at;
	bool heard; /* the gateway has its address */
	bool any;   /* uplink of this epoch was accepted, up to: */
	uint32_t top;
	uint32_t down;     /* COUNT of the next downlink */
	uint32_t failures; /* wrong tags in this epoch */
	uint64_t ended_ns; /* when it sent END; 0: never */
	uint64_t quiet_ns; /* a RESUME may be repeated from then on without meeting a limit */
};

struct world {
	struct rng rng;
	struct config config; /* the gateway's defaults */
	uint64_t now_ns, step_ns;
	uint32_t size_min, size_max;
	struct sa_rows rows;   /* ordinary ones first */
	struct player *player; /* one a row */
	size_t ordinary;
	size_t special[SPECIALS];        /* index of the row; 0: none */
	struct capture_out side[SIDES];  /* what arrives at the gateway on that side */
	struct capture_out clear[SIDES]; /* payloads that must leave it on that side, in clear */
	FILE *expect;                    /* NULL: not asked for */
	struct counts made;              /* frames by side and fate */
};

/* Returns 0 or -ENOMEM. Outputs are the caller's to set; those that are not take nothing. */
int world_begin(struct world *w, const struct plan *plan);
void world_end(struct world *w);

/* The special SA, or an ordinary one, drawn evenly. */
struct player *world_player(struct world *w, enum special which);

/* Moves the clock to `ns` unless it is there. */
void world_wait(struct world *w, uint64_t ns);

/* A payload of a drawn length, in out (SDT_PAYLOAD_MAX octets). */
size_t world_payload(struct world *w, uint8_t *out);

/* What else is to be written beside a frame's fate. */
struct expected {
	enum fate fate;
	uint32_t key_id;  /* 0: not known */
	const char *imsi; /* NULL: not known */
	bool has_count;
	uint32_t count;
};

/* One frame arrives, a step after the one before. */
void world_frame(struct world *w, enum side side, const uint8_t *frame, size_t n,
		 const struct expected *e);

/* A message of the device, whole and from its address, gets this fate. */
void world_message(struct world *w, const struct player *p, const uint8_t *msg, size_t n,
		   enum fate fate);

/* DATA with the next COUNT and a drawn payload, sealed but not sent. Length or -errno. */
int world_seal(struct world *w, struct player *p, uint8_t *out);

/* RESUME with this Count and a drawn payload, sealed but not sent. Length or -errno. */
int world_seal_resume(struct world *w, const struct player *p, uint32_t n, uint8_t *out);

/* MT data for the device with a drawn payload, by IMSI, or, as drawn, by key id too. */
void world_mt(struct world *w, const struct player *p, uint8_t *payload, struct core *mt);

/* An MT frame arrives from the SCEF; FATE_SENT: under the device's next COUNT. */
void world_core(struct world *w, const struct core *mt, const struct player *p, enum fate fate);

/*
 * What goes well: DATA (flags: SDT_END or 0) is sent, RESUME is resumed, MT data is sent to a
 * device that was heard. The message stays in out (MESSAGE_MAX octets). Length or -errno.
 */
int world_send(struct world *w, struct player *p, uint8_t flags, uint8_t *out);
int world_resume(struct world *w, struct player *p, uint8_t *out);
void world_push(struct world *w, struct player *p);

/* Whether the device's next Count, and those it may jump to, stay below the gateway's limit. */
bool world_can_resume(const struct world *w, const struct player *p);

/* A key id that no row has. */
uint32_t world_unknown_key_id(void);
