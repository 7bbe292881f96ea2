/*
 * What was sent towards the gateway and what came out of it. Each payload names itself, so that
 * whatever comes out is held against what went in, and everything that must not happen has a name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* X(symbol, name, meaning): each of them is one failure of the gateway. */
#define VIOLATIONS(X)                                                                              \
	X(TWICE, "twice", "a payload came out twice")                                              \
	X(NOT_SENT, "not_sent", "a payload came out that was not sent")                            \
	X(ALTERED, "altered", "a payload is not what was sent")                                    \
	X(MISLED, "misled", "a payload came out for another SA, bearer or endpoint")               \
	X(REPEATED, "repeated", "a downlink COUNT was used again, or did not rise")                \
	X(TWO_ANSWERS, "two_answers", "two RESUMED with different data under one key")             \
	X(WRONG, "wrong", "a message from the gateway does not verify")                            \
	X(STALE, "stale", "an old message came out whose epoch had ended")                         \
	X(GONE, "gone", "a message sent after its SA was removed came out")                        \
	X(STRANGER, "stranger", "a message came from another address than the gateway's")          \
	X(LOST, "lost", "a message was lost where none may be")

#define X(sym, name, meaning) BROKEN_##sym,
enum broken { VIOLATIONS(X) BROKEN_COUNT };
#undef X

enum way { UP_DATA, UP_RESUME, DOWN_DATA, DOWN_GROUP, WAYS };

struct sent {
	uint64_t at_ns;
	uint64_t again_ns; /* when a copy was sent last; 0: never */
	uint32_t sa;       /* index of its player */
	uint32_t epoch;    /* uplink: resumption Count of its keys */
	uint16_t len;
	uint8_t way; /* enum way */
	uint8_t bearer;
	bool delivered;
};

enum { PAYLOAD_MIN = 8, REASONS = 7 };

struct record {
	uint64_t seed;
	struct sent *sent;
	uint64_t n, room;
	uint64_t count[WAYS], delivered[WAYS], refused[REASONS];
	uint64_t unsent; /* the kernel refused to send: nothing left */
	uint64_t broken[BROKEN_COUNT];
	uint64_t replayed; /* old messages sent again */
	uint64_t slowest_ns;
	uint64_t mark_ns; /* what is sent after this ... */
	uint64_t back_ns; /* ... first came through here; 0: has not yet */
};

/* Notes one message about to be sent and returns its number. Ends the program without memory. */
uint64_t record_send(struct record *r, const struct sent *s);

/* The payload of a message: its number, then octets that follow from it. */
void record_payload(const struct record *r, uint64_t number, uint8_t *out, size_t len);

/*
 * A payload came out. Returns what it was sent as, marked as delivered, or NULL where it breaks a
 * rule; the rest (which SA, which bearer) is the caller's to compare.
 */
struct sent *record_arrive(struct record *r, const uint8_t *payload, size_t len, uint64_t now_ns);

/* Counts a failure of the gateway and says so on stderr, the first ones in full. */
__attribute__((format(printf, 3, 4))) void record_break(struct record *r, enum broken what,
							const char *detail, ...);

/* Messages of which nothing came: neither their payload nor a refusal. */
uint64_t record_lost(const struct record *r);

/* Failures of all kinds. */
uint64_t record_failures(const struct record *r);

/* One JSON object on one line, without its closing brace. */
void record_print(const struct record *r, FILE *out);
