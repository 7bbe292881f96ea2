/*
 * SDT messages, both ways: their fields, and sealing and opening them under the keys of an SA
 * (sdt.md 2 to 5). No state: which keys, COUNT and epoch apply is device.h's matter.
 */
#pragma once

#include "config/sas.h"
#include "dataplane/api/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What comes of a message that is opened. X(symbol, name, for people) */
#define VERDICTS(X)                                                                                \
	X(OPENED, "opened", "opened")                                                              \
	X(RUNT, "runt", "shorter than its header and tag")                                         \
	X(BAD_VERSION, "bad_version", "protocol version is not 1")                                 \
	X(BAD_TYPE, "bad_type", "a type that does not go this way")                                \
	X(BAD_RESERVED, "bad_reserved", "reserved bits, an unknown algorithm or T without EIA2")   \
	X(TOO_LONG, "too_long", "payload above 1358 octets")                                       \
	X(UNKNOWN_KEY, "unknown_key", "key id is not in the key file")                             \
	X(WRONG_ALGORITHM, "wrong_algorithm", "algorithms or tag length are not the SA's")         \
	X(WRONG_EPOCH, "wrong_epoch", "epoch is not the one in force, or not its COUNT's")         \
	X(TOO_OLD, "too_old", "COUNT left of the window")                                          \
	X(REPLAYED, "replayed", "COUNT seen before")                                               \
	X(RESUME_UNSEEN, "resume_unseen", "answers a RESUME that was not seen (--resumes)")        \
	X(BAD_TAG, "bad_tag", "tag is wrong")                                                      \
	X(BAD_CHOICE, "bad_choice", "RESUMED chooses what the device does not offer")              \
	X(BAD_FRAME, "bad_frame", "malformed core frame")                                          \
	X(UNKNOWN_DEVICE, "unknown_device", "IMSI and key id are no SA of the key file")

#define X(sym, name, text) VERDICT_##sym,
enum verdict { VERDICTS(X) VERDICT_COUNT };
#undef X

const char *verdict_name(enum verdict v);
const char *verdict_text(enum verdict v);

enum { MESSAGE_MAX = SDT_RESUME_HEAD + SDT_PAYLOAD_MAX + TAG_LONG };

/* A message's fields, in host order. */
struct message {
	uint8_t type; /* enum sdt_type */
	uint8_t bearer;
	bool t, end, rekey;
	uint8_t eea, eia, epoch;
	uint32_t key_id, count;
	const uint8_t *rand;  /* RESUME, SYNC: a view into the message, else NULL */
	uint8_t capabilities; /* RESUME */
	uint16_t head;        /* octets before the payload */
	uint16_t len;         /* of payload */
	uint8_t tag_len;
};

/*
 * Takes n octets that went `direction` apart; what sdt.md 4 step 1 wants of them is checked. Where
 * this does not return VERDICT_OPENED, m holds only what came before: its type is 0 where not even
 * the header was there.
 */
enum verdict message_read(struct message *m, unsigned direction, const uint8_t *p, size_t n);

/* One epoch's traffic keys under a pair of algorithms (sdt.md 3). */
struct epoch {
	uint32_t n;                 /* resumption Count that made it; 0: before the first RESUME */
	uint8_t root[ROOT_KEY_LEN]; /* K* */
	uint8_t eea, eia;
	struct {
		uint8_t enc[KEY_LEN], mac[KEY_LEN];
	} way[2]; /* by direction */
};

/* Derives the keys; n = 0 is the epoch of K itself, and rand then is not read. Wipe with
 * secret_wipe. */
void epoch_derive(struct epoch *e, const struct sa_row *row, uint32_t n, const uint8_t *rand,
		  unsigned eea, unsigned eia);

/*
 * The functions that seal take the fields of m that the message has (type, tag and lengths follow
 * from the SA), write the message to out, which holds MESSAGE_MAX octets, and return its length or
 * -errno (-EMSGSIZE: n above SDT_PAYLOAD_MAX).
 */
int data_seal(const struct epoch *e, const struct sa_row *row, unsigned direction,
	      const struct message *m, const uint8_t *payload, uint8_t *out);

/* RESUME under the epoch it begins; m gives bearer, end, count, rand, capabilities, len. */
int resume_seal(const struct sa_row *row, const struct message *m, const uint8_t *payload,
		uint8_t *out);

/* Whether the tag is right; where it is, the payload at msg + m->head is decrypted in place. */
bool data_open(const struct epoch *e, unsigned direction, const struct message *m, uint8_t *msg);
bool resume_open(const struct sa_row *row, const struct message *m, uint8_t *msg);
bool resumed_open(const struct epoch *e, const struct message *m, const uint8_t *rand,
		  uint8_t *msg);
bool sync_open(const struct sa_row *row, const struct message *m, const uint8_t *msg);
