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
 * egress.c: makes m the datagram that brings msg[0..len), which lies in it, to where the SA's
 * device was last heard (sdt.md 4, address).
 */
void egress_to_device(const struct worker *w, uint32_t slot, struct rte_mbuf *m, uint8_t *msg,
		      uint16_t len);

/* egress.c: refuses the held frames whose time is over. */
void egress_expired(struct worker *w);
