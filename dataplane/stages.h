/* The stages of a packet's way, in order. Each is called by the worker's own thread alone. */
#pragma once

#include "dataplane/worker.h"

/* ingress.c: octets to a checked message; fates up to `too_long` (access) or `bad_frame` (core). */
void ingress_burst(struct worker *w, struct burst *b);

/* lookup.c: message to SA; `unknown_key`, `bad_frame`, `unknown_device`. */
void lookup_burst(struct worker *w, struct burst *b);

/*
 * handover.c: passes what another worker owns to it. On the other end, handover_fetch takes what
 * one worker has passed, at most a burst, and handover_next gives it out by side until it is all
 * gone.
 */
void handover_burst(struct worker *w, struct burst *b);
unsigned handover_fetch(struct worker *w, unsigned from);
uint16_t handover_next(struct worker *w, struct burst *b);

/* uplink.c: DATA and RESUME (resume.h) from devices, in passes; leaves no frame without a fate. */
void uplink_burst(struct worker *w, struct burst *b);

/* downlink.c: MT frames from the SCEF; leaves no frame without a fate. */
void downlink_burst(struct worker *w, struct burst *b);

/* egress.c: headers around what goes out, and out of the port; counts every fate; frees the dead.
 */
void egress_burst(struct worker *w, struct burst *b);

/*
 * next_hop.c: the Ethernet address by which a payload goes on, to the SCEF of its bearer or to
 * where the SA's device was last heard; false: not known yet. Asked before a COUNT is used or a
 * window marked, so that what is `no_neighbour` has changed nothing.
 */
bool next_hop_to_scef(struct worker *w, unsigned bearer, uint8_t mac[6]);
bool next_hop_to_device(struct worker *w, uint32_t slot, uint8_t mac[6]);

/* next_hop.c: has a device's asked for, where it is not known: an answer may come soon. */
void next_hop_ahead(struct worker *w, uint32_t slot);

/* next_hop.c: the one by which an answer goes back to where f came from. */
const uint8_t *next_hop_back(const struct worker *w, const struct frame *f);

/* next_hop.c: whether a message of so many octets of UDP payload fits the side's MTU. */
bool next_hop_fits(const struct worker *w, enum side side, unsigned family, unsigned octets);

/*
 * egress.c: makes m the datagram that brings msg[0..len), which lies in it, by way of next_hop to
 * where the SA's device was last heard (sdt.md 4, address).
 */
void egress_to_device(const struct worker *w, uint32_t slot, const uint8_t next_hop[6],
		      struct rte_mbuf *m, uint8_t *msg, uint16_t len);

/* egress.c: refuses the held frames whose time is over. */
void egress_expired(struct worker *w);

/* egress.c: sends what the slow path has to send; returns how many frames. */
unsigned egress_from_host(struct worker *w);

/* Where data of that bearer goes (sdt.md 7). */
static inline const struct endpoint *scef_of_bearer(const struct worker *w, unsigned bearer)
{
	const struct config_scef *s = &w->set.config->scef;

	return s->endpoint[bearer].family ? &s->endpoint[bearer] : &s->fallback;
}

static inline const struct config_side *side_of(const struct worker *w, unsigned side)
{
	return side == ACCESS ? &w->set.config->access : &w->set.config->core;
}
