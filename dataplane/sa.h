/*
 * A security association as it lies in memory: one line for each direction, one for the address,
 * one for what only RESUME reads, and a half for what only operators read. No pointers, and the
 * owner is computed, not stored: the table is a mapping that outlives the process.
 *
 * Who writes: the installing thread while key_id is 0; from then on the worker that owns the slot,
 * alone, but for what a member's comment gives to the installing thread. Readers elsewhere
 * (statistics, the choice among several SAs of one IMSI) take a stale value.
 */
#pragma once

#include "config/sas.h"
#include "crypto/bytes.h"
#include "crypto/suite.h"
#include "dataplane/api/wire.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>

enum { SA_LINE = 64 };

#define SA_NONE UINT32_MAX /* no slot */

enum sa_up_flags {
	SA_T = 1 << 0,       /* DATA carries 8-octet tags (EIA2) */
	SA_ONE_KEY = 1 << 1, /* one key per transmission: END closes */
	SA_CLOSED = 1 << 2   /* END came: uplink COUNT above end_count is closed */
};

/* Read and written for each message from the device. */
struct sa_up {
	_Atomic uint32_t key_id; /* 0: the slot is free. Stored last when an SA is published */
	uint32_t top;            /* highest COUNT accepted */
	uint64_t seen;           /* bit i: COUNT top - i was accepted; 0: nothing received */
	uint8_t enc_key[KEY_LEN];
	uint8_t int_key[KEY_LEN];
	uint8_t algs;      /* in force, as in octet 2 of DATA */
	uint8_t installed; /* as installed, as in octet 2 of RESUME */
	uint8_t epoch;
	uint8_t flags;     /* enum sa_up_flags */
	uint32_t failures; /* of the tag in this epoch; counted with 4-octet tags only */
	uint32_t end_count;
	/* Where a death leaves one of these set, the slot is half-written: it holds no SA. */
	_Atomic uint16_t changing; /* its owner is changing its keys */
	_Atomic uint16_t making;   /* the installing thread is filling or wiping it */
};

enum sa_down_flags {
	SA_DOWN_REKEY = 1 << 0, /* uplink wants a new key: downlink carries REKEY */
};

/* Read and written for each message to the device. */
struct sa_down {
	uint32_t count; /* next to be used */
	uint8_t algs;
	uint8_t epoch;
	uint8_t flags; /* enum sa_down_flags */
	uint8_t spare;
	uint8_t enc_key[KEY_LEN];
	uint8_t int_key[KEY_LEN];
	uint64_t closed_ns; /* when END came; meaningful with SA_CLOSED */
	uint64_t octets;    /* of payload sent to the device */
	uint32_t packets;
	uint32_t bad_tags; /* of messages from the device, all epochs */
};

/* Read for each message; written for each one that came through, and when the address moves. */
struct sa_link {
	be64 imsi;           /* TBCD; all zero: a group */
	uint64_t expires_ns; /* Unix time; UINT64_MAX: never */
	uint64_t checked_ns; /* last tag check of the spent failure budget; 0: none */
	uint64_t octets;     /* of payload that came through from the device */
	uint32_t packets;
	uint8_t addr[16]; /* where downlink goes; network order, IPv4 in the first four octets */
	uint16_t port;
	uint8_t family;        /* 0: no address yet, 4, 6 */
	_Atomic uint8_t heard; /* a message came through, or the installer knows of one */
	/* The slot of the SA of the same IMSI installed before this one, or SA_NONE; of a free slot
	 * the one freed after it. The installing thread's to write, always. */
	_Atomic uint32_t next;
	union {
		uint32_t held; /* where the owner's pool may hold a frame for it, plus 1; a guess */
		uint32_t previous; /* while the slot is free: the one freed before it, or SA_NONE */
	};
};

/* Read by RESUME and by whoever installs. */
struct sa_root {
	uint8_t key[ROOT_KEY_LEN]; /* K */
	uint8_t salt[SALT_LEN];
	uint8_t last_tag[TAG_LONG]; /* of the RESUME accepted last; meaningful with has_last */
	uint32_t m;                 /* lowest resumption Count not accepted yet */
	bool has_last;
	uint8_t repeats; /* answers to repeats since repeat_ns */
	uint8_t spare[2];
	uint64_t repeat_ns;
};

/* Written by the installing thread alone; workers do not touch it. */
struct sa_label {
	char reference[SAS_REFERENCE_MAX]; /* zero-padded; all zero: installed without one */
	uint64_t order; /* of installs in this mapping, from 1: the later, the higher */
};

static_assert(sizeof(struct sa_up) == SA_LINE, "uplink state is one line");
static_assert(sizeof(struct sa_down) == SA_LINE, "downlink state is one line");
static_assert(sizeof(struct sa_link) == SA_LINE, "address and expiry are one line");
static_assert(sizeof(struct sa_root) == SA_LINE, "what RESUME reads is one line");
static_assert(sizeof(struct sa_label) == SA_LINE / 2, "what operators read is half a line");

#define COUNT_REKEY_FROM (UINT32_C(1) << 31) /* control is told, downlink carries REKEY */
#define COUNT_USED_UP    (UINT32_MAX - UINT32_C(0xffff)) /* 2^32 - 2^16: no message from here on */

enum {
	BUDGET_SUSPECT = 256, /* failures from which strangers are checked once a second */
	BUDGET_SPENT = 65536  /* failures from which DATA is not checked at all */
};

/* A group's own SA: downlink only. Any thread: it is said once, at the install. */
static inline bool sa_is_group(const struct sa_link *l)
{
	return be64_get(l->imsi) == 0;
}

/* Of its DATA; RESUME, RESUMED and SYNC always carry TAG_LONG. */
static inline uint8_t sa_tag_len(const struct sa_up *u)
{
	return u->flags & SA_T ? TAG_LONG : TAG_SHORT;
}

/*
 * Whether a second has passed since. A frame handed over may be a little older than what another
 * has left; a time further ahead is from a process whose clock was.
 */
static inline bool sa_second_over(uint64_t since_ns, uint64_t now_ns)
{
	static const uint64_t second_ns = 1000000000;

	return now_ns >= since_ns + second_ns || since_ns > now_ns + second_ns;
}

/*
 * Where downlink goes from now on. A death between two of these stores must not leave one device's
 * address with another's port: for that time there is none. The slot's one writer.
 */
static inline void sa_set_address(struct sa_link *l, const struct endpoint *e)
{
	l->family = 0;
	atomic_signal_fence(memory_order_seq_cst);
	memcpy(l->addr, e->addr, sizeof(l->addr));
	l->port = e->port;
	atomic_signal_fence(memory_order_seq_cst);
	l->family = e->family;
}
