/*
 * Held downlink (sdt.md 5): MT frames with HOLD that wait, in private memory, for their device's
 * next RESUME; at most one for each SA. A frame that went out inside a RESUMED stays for the rest
 * of its time, because a repeat of that RESUME sends it again. One worker's pool, and its thread's
 * alone.
 */
#pragma once

#include "dataplane/burst.h"
#include "dataplane/sa_table.h"

struct held {
	struct rte_mbuf *mbuf;  /* the MT frame as it came; NULL: nothing is held here any more */
	const uint8_t *payload; /* in it */
	uint8_t *msg;           /* the core header in it */
	uint64_t until_ns;
	uint32_t key_id;
	uint16_t len; /* of the payload */
	uint8_t family;
	uint8_t bearer;
	bool given;        /* went out inside a RESUMED */
	uint32_t given_at; /* to the RESUME of this Count */
};

struct held_pool;

/*
 * Room for `frames` (0: HOLD is ignored), each kept for `seconds`. NULL and ENOMEM. held_destroy
 * frees what is still held; NULL is allowed.
 */
struct held_pool *held_create(uint32_t frames, uint32_t seconds);
void held_destroy(struct held_pool *p);

/* Whether frames are held at all. */
bool held_enabled(const struct held_pool *p);

/*
 * Takes the frame over, for its SA: FATE_HELD; or leaves it with the caller: FATE_OVERLOAD, where
 * one is held for this SA that the device has not been given, or the pool is full.
 */
enum fate held_keep(struct held_pool *p, struct sa_link *l, const struct frame *f);

/* What is held for this SA, given or not; NULL: nothing. Valid until the next held_ call. */
struct held *held_of(struct held_pool *p, const struct sa_link *l, uint32_t key_id);

/*
 * The oldest frame whose time is over and that was never given, now the caller's to refuse and its
 * mbuf to free; false: none. Those that were given are freed on the way.
 */
bool held_expired(struct held_pool *p, uint64_t now_ns, struct held *out);
