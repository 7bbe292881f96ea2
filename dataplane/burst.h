/* The frames a worker has in hand. Every stage works on all of them and leaves a fate, or nothing.
 */
#pragma once

#include "dataplane/api/fate.h"
#include "dataplane/api/wire.h"

#include <rte_mbuf.h>

enum { BURST_MAX = 256 };

/*
 * One frame. It lies in the burst, and in the private octets of its mbuf while it crosses a ring:
 * from the reader of a replay to a worker, and from the worker that parsed it to its owner.
 */
struct frame {
	struct rte_mbuf *mbuf;
	struct rte_mbuf *answer; /* beside mbuf: the RESUMED, or held data that goes again */
	uint8_t *msg;            /* UDP payload: the SDT message, or the core frame */
	uint64_t now_ns;         /* the clock for this frame, Unix time */
	uint32_t index;          /* replay: which frame of its batch */
	uint32_t key_id;         /* with `known` */
	uint32_t count;          /* with `known` */
	uint32_t slot;           /* of its SA, or SA_NONE */
	uint16_t len;            /* of msg, octets */
	uint16_t payload;        /* octets of it that are payload */
	uint8_t side;            /* enum side: where it came from */
	uint8_t fate;            /* enum fate */
	uint8_t next_hop[6];     /* Ethernet address that its payload goes to; with SENT, RESUMED */
	uint8_t type : 4;        /* enum sdt_type or enum core_type */
	uint8_t tag_len : 4;
	uint8_t family; /* of the packet: 4 or 6 */
	bool cut;       /* replay: the capture's snap length cut it short */
	uint8_t known;  /* enum known: which of the fields above hold something, for --frames */
};

enum known { KNOWN_KEY_ID = 1 << 0, KNOWN_IMSI = 1 << 1, KNOWN_COUNT = 1 << 2 };

static_assert(sizeof(struct frame) <= 64, "a frame's record is one line");

struct burst {
	uint16_t n;
	uint8_t side; /* enum side: all of them came from there */
	struct frame frame[BURST_MAX];
};

/* Room for a frame's record in its mbuf. */
static inline struct frame *frame_private(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}
