/*
 * Who on a link has which Ethernet address: next hops, as workers look them up for each frame and
 * the slow path (host.h) learns them. One table a side, in private memory. The main thread alone
 * writes; workers read without locks, and tell it by ring what they miss.
 */
#pragma once

#include "config/config.h"

#include <rte_ring.h>

struct neighbours;

/*
 * The table of one side. `s` stays the caller's and constant. NULL and ENOMEM; destroy takes NULL.
 * Main thread, no worker running.
 */
struct neighbours *neighbours_create(const struct config_side *s, unsigned workers);
void neighbours_destroy(struct neighbours *n);

/*
 * Writes the Ethernet address that a frame for `dst` goes to: a multicast address's own, the static
 * next hop's, a neighbour's, or the router's. False: it is not known yet, or there is no way there;
 * the main thread is told to ask. `worker`: number of the calling worker, any of them at any time.
 */
bool neighbours_find(struct neighbours *n, unsigned worker, const struct endpoint *dst,
		     uint8_t mac[6]);

/*
 * From here on for the main thread alone: resolver.c decides what stands in which place. An address
 * has a few places where it may stand, one after the other.
 */
enum { NEIGHBOURS = 4096, NEIGHBOUR_WAYS = 8 };

/* The first of the NEIGHBOUR_WAYS places of an address. */
unsigned neighbours_places(const struct neighbours *n, const struct endpoint *addr);

/* Puts an address there, over what stood there. mac NULL: it is being asked for. */
void neighbours_put(struct neighbours *n, unsigned place, const struct endpoint *addr,
		    const uint8_t *mac);
void neighbours_clear(struct neighbours *n, unsigned place);

/* Whether a worker has found or missed what stands there since this was last asked. */
bool neighbours_used(struct neighbours *n, unsigned place);

/* Whether frames for this address go straight there: another's, to be asked for by its name. */
bool neighbours_on_link(const struct neighbours *n, const struct endpoint *addr);

/* Whether anybody is ever asked: not with a static next hop. */
bool neighbours_asks(const struct neighbours *n);

/* Takes the next address that a worker has missed, port 0; false: none. */
bool neighbours_missed(struct neighbours *n, unsigned worker, struct endpoint *addr);
