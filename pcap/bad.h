/*
 * Frames by fate: how to make each one that a replay can give, on either side (sdt.md 10). One
 * table; a new fate is a new row.
 */
#pragma once

#include "pcap/build.h"
#include "pcap/world.h"

struct ipv4_hdr;

/* A good frame to be spoilt below its message. */
struct good {
	uint8_t frame[BUILD_MAX];
	size_t len;
	size_t ip, udp; /* where these headers begin */
	bool ipv4;
};

/*
 * A row makes its frame in one of four ways, the first that is there. The first three start from
 * what the player, or the SCEF for it, sends next, and spoil it.
 */
struct recipe {
	enum side side;
	enum fate fate;
	enum special needs; /* the kind of SA that it takes */
	void (*packet)(struct good *g);
	/* h is the message of n octets in MESSAGE_MAX; returns its new length. */
	int (*message)(struct sdt_hdr *h, int n);
	void (*mt)(struct core *mt);
	/* Writes what must come before, and the frame. Returns 0 or more, or -errno. */
	int (*make)(struct world *w, struct player *p);
	const char *how; /* for people */
};

extern const struct recipe bad_recipes[];
extern const size_t bad_recipe_count;

/*
 * The row that `name` means, from the row behind `after` (NULL: the first) on; NULL: none. A name
 * is a fate, for either side ("closed"), or a side and a fate ("core/closed").
 */
const struct recipe *bad_find(const char *name, const struct recipe *after);

/* Makes the frame. Returns 0 or -errno. */
int bad_make(struct world *w, const struct recipe *r);

/* bad_packet.c: Ethernet, IP, UDP. */
int good_make(struct world *w, struct player *p, enum side side, struct good *g);
void bad_ether_type(struct good *g);
void bad_arp(struct good *g);
void bad_ip_length(struct good *g);
void bad_ip_options(struct good *g);
void bad_ip_fragment(struct good *g);
void bad_ip_protocol(struct good *g);
void bad_udp_length(struct good *g);
void bad_udp_port(struct good *g);
void bad_udp_checksum(struct good *g);

/* bad_message.c: DATA. */
int bad_nothing(struct sdt_hdr *h, int n);
int bad_runt(struct sdt_hdr *h, int n);
int bad_version(struct sdt_hdr *h, int n);
int bad_type(struct sdt_hdr *h, int n);
int bad_reserved(struct sdt_hdr *h, int n);
int bad_long(struct sdt_hdr *h, int n);
int bad_key_id(struct sdt_hdr *h, int n);
int bad_algorithm(struct sdt_hdr *h, int n);
int bad_epoch(struct sdt_hdr *h, int n);
int bad_sent(struct world *w, struct player *p);
int bad_closed(struct world *w, struct player *p);
int bad_old(struct world *w, struct player *p);
int bad_replayed(struct world *w, struct player *p);
int bad_far(struct world *w, struct player *p);
int bad_tag(struct world *w, struct player *p);

/* bad_resume.c: RESUME. */
int bad_resumed(struct world *w, struct player *p);
int bad_repeated(struct world *w, struct player *p);
int bad_throttled(struct world *w, struct player *p);
int bad_synced(struct world *w, struct player *p);
int bad_refused(struct world *w, struct player *p);

/* bad_core.c: MT data. */
void bad_core_nothing(struct core *mt);
void bad_core_frame(struct core *mt);
void bad_core_device(struct core *mt);
int bad_core_sent(struct world *w, struct player *p);
int bad_core_closed(struct world *w, struct player *p);
int bad_core_long(struct world *w, struct player *p);
