/*
 * The messages of the key socket (Unix SOCK_SEQPACKET), for both of its ends. One message is one
 * packet of at most KEYMSG_MAX octets; all integers are big-endian:
 *
 *     version (1)  type (1)  zero (2)  length of all (4)  request number (4)  body
 *
 * A client asks, the data plane answers with the same type, KEYMSG_ANSWER set, and the same request
 * number; or with KEYMSG_ERROR. Events come unasked, with request number 0. Reader and writer of
 * each body stand side by side in keymsg.c. No function blocks; any thread.
 */
#pragma once

#include "config/sas.h"
#include "crypto/bytes.h"
#include "dataplane/api/event.h"

enum {
	KEYMSG_VERSION = 1,
	KEYMSG_HEADER = 12,
	KEYMSG_MAX = 65536,
	KEYMSG_ANSWER = 0x80,
	KEYMSG_ROWS_MAX = 512, /* installs or removals of one batch, entries of any list */
	KEYMSG_PAGE_MAX = 448, /* rows of one page of a list: whatever they hold, they fit */
	KEYMSG_TEXT_MAX = 255
};

enum keymsg_type {
	KEYMSG_HELLO = 1,  /* -> who serves: struct key_hello */
	KEYMSG_INSTALL,    /* a batch of struct sa_row -> a struct key_outcome for each, in order */
	KEYMSG_REMOVE,     /* a batch of references -> a struct key_outcome for each, in order */
	KEYMSG_LIST,       /* struct key_list -> struct key_page, then its struct key_rows */
	KEYMSG_STATS,      /* struct key_stats_query -> a count, then names and values */
	KEYMSG_SUBSCRIBE,  /* -> empty; from now on KEYMSG_EVENTs come */
	KEYMSG_REMOVE_ALL, /* -> how many SAs are gone: all (sdt.md 6: after a snapshot) */
	KEYMSG_EVENT = 0x70,
	KEYMSG_ERROR = 0x7f
};

/* X(symbol, name, meaning): why a request was not served at all. The connection is closed. */
#define KEY_ERRORS(X)                                                                              \
	X(MALFORMED, "malformed",                                                                  \
	  "not a message of this protocol, or its body is not well-formed")                        \
	X(VERSION, "version", "another version of the protocol")                                   \
	X(FORBIDDEN, "forbidden", "this user may only read")                                       \
	X(UNKNOWN, "unknown", "no such type of message")                                           \
	X(SLOW, "slow", "answers were not read in time")

#define X(sym, name, meaning) KEY_ERROR_##sym,
enum key_error { KEY_ERRORS(X) KEY_ERROR_COUNT };
#undef X

/* X(symbol, name, meaning): what became of one row of a batch. */
#define KEY_OUTCOMES(X)                                                                            \
	X(INSTALLED, "installed", "new")                                                           \
	X(KEPT, "kept", "was there, with the same key: nothing changed")                           \
	X(REMOVED, "removed", "gone, its keys wiped")                                              \
	X(OTHER_KEY, "other_key", "refused: the reference stands for another key")                 \
	X(KEY_ID_TAKEN, "key_id_taken", "refused: another SA has this key id")                     \
	X(TABLE_FULL, "table_full", "refused: no free slot (sa.slots)")                            \
	X(TOO_MANY, "too_many", "refused: the device has too many SAs (sa.per_device)")            \
	X(KEY_IN_USE, "key_in_use", "refused: another SA has this key, identity and salt")         \
	X(ALREADY_EXPIRED, "already_expired", "refused: its expiry has passed")                    \
	X(RETIRED, "retired", "refused: a static row once removed stays out of this mapping")      \
	X(NOT_ALLOWED, "not_allowed", "refused: key id and salt from elsewhere need lab: true")    \
	X(BAD_ROW, "bad_row", "refused: not a row that can be")                                    \
	X(NO_RANDOM, "no_random", "refused: the system's random source failed")                    \
	X(NOT_FOUND, "not_found", "no SA has this reference")                                      \
	X(NULL_CIPHER, "null_cipher", "refused: EEA0 needs policy.eea0: true")

#define X(sym, name, meaning) KEY_##sym,
enum key_result { KEY_OUTCOMES(X) KEY_RESULT_COUNT };
#undef X

struct key_outcome {
	uint8_t result;         /* enum key_result */
	uint8_t salt[SALT_LEN]; /* this and the key id: with INSTALLED and KEPT */
	uint32_t key_id;
	char reference[SAS_REFERENCE_MAX + 1];
};

struct key_hello {
	char program[KEYMSG_TEXT_MAX + 1]; /* "iwf-dp 0.1.0" */
	char boot_id[37];                  /* of the kernel */
	uint64_t incarnation;              /* how often the mapping was taken over; from 1 */
	uint32_t slots, in_use, workers, pid;
	uint64_t now_ns;   /* the data plane's clock */
	uint64_t began_ns; /* when this process began, by that clock */
};

struct key_list {
	uint32_t from;   /* slot to begin at: 0, then the last answer's `next` */
	be64 imsi;       /* of one device; zero: all */
	uint32_t key_id; /* of one SA; 0: all */
};

#define KEY_LIST_END UINT32_MAX /* as `next`: there is no more */

/* Before the rows of a page. One without rows may still have a next: work on a page is bounded. */
struct key_page {
	uint32_t next; /* slot to go on at, or KEY_LIST_END */
	uint32_t rows; /* at most KEYMSG_PAGE_MAX */
};

enum key_row_flags {
	KEY_ROW_GROUP = 1 << 0,
	KEY_ROW_ONE_KEY = 1 << 1,
	KEY_ROW_CLOSED = 1 << 2,
	KEY_ROW_HEARD = 1 << 3,   /* a message came through */
	KEY_ROW_RECEIVED = 1 << 4 /* `top` holds something */
};

/* One SA, without its keys. */
struct key_row {
	char reference[SAS_REFERENCE_MAX + 1];
	uint32_t key_id;
	be64 imsi; /* TBCD; zero: a group */
	uint8_t salt[SALT_LEN];
	uint8_t installed, algs;       /* EEA in the high four bits, EIA in the low ones */
	uint8_t tag_len, epoch, flags; /* enum key_row_flags */
	uint32_t top, count_down, m;
	uint32_t failures; /* of the tag in this epoch; counted with 4-octet tags */
	uint64_t expires_ns;
	struct endpoint address;
	uint64_t up_packets, up_octets, down_packets, down_octets, bad_tags; /* since its install */
};

#define KEY_STATS_SUM UINT32_MAX

struct key_stats_query {
	uint32_t worker; /* below CONFIG_WORKERS_MAX, or KEY_STATS_SUM: all together */
};

/* A message as it came: its header is right, its body not looked at. */
struct keymsg {
	uint8_t type; /* with KEYMSG_ANSWER where it is one */
	uint32_t request;
	struct rd body;
};

/*
 * Reads a packet's header. Returns 0, -EBADMSG, or -EPROTONOSUPPORT (another version; type and
 * request are set). m->body is a view into `octets`.
 */
int keymsg_read(const void *octets, size_t n, struct keymsg *m);

/*
 * Writes: keymsg_begin, then bodies, then keymsg_end, which returns the length of the message, or 0
 * where it did not fit. w is the caller's, over a buffer of at most KEYMSG_MAX octets.
 */
void keymsg_begin(struct wr *w, unsigned type, uint32_t request);
size_t keymsg_end(struct wr *w);

/*
 * Bodies. Each _read returns 0 or -EBADMSG (cut, too long, a value that cannot be; then r->bad is
 * set, and what was read is not to be used); lists begin with their number of entries, which
 * keymsg_count reads and checks against KEYMSG_ROWS_MAX. A body is over when rd_done(): more is an
 * error of the caller's peer. Whether a row's values can be together is the table's to say
 * (KEY_BAD_ROW). An install's row holds keys: whoever has read or written one wipes row and
 * message.
 */
int keymsg_count(struct rd *r, uint32_t *n);
void keymsg_put_count(struct wr *w, uint32_t n);

void key_install_write(struct wr *w, const struct sa_row *row);
int key_install_read(struct rd *r, struct sa_row *row);
void key_reference_write(struct wr *w, const char *reference);
int key_reference_read(struct rd *r, char reference[SAS_REFERENCE_MAX + 1]);
void key_outcome_write(struct wr *w, const struct key_outcome *o);
int key_outcome_read(struct rd *r, struct key_outcome *o);
void key_hello_write(struct wr *w, const struct key_hello *h);
int key_hello_read(struct rd *r, struct key_hello *h);
void key_list_write(struct wr *w, const struct key_list *l);
int key_list_read(struct rd *r, struct key_list *l);
void key_page_write(struct wr *w, const struct key_page *p);
int key_page_read(struct rd *r, struct key_page *p);
void key_row_write(struct wr *w, const struct key_row *row);
int key_row_read(struct rd *r, struct key_row *row);
void key_stats_query_write(struct wr *w, const struct key_stats_query *q);
int key_stats_query_read(struct rd *r, struct key_stats_query *q);
void key_stat_write(struct wr *w, const char *name, uint64_t value);
int key_stat_read(struct rd *r, char name[KEYMSG_TEXT_MAX + 1], uint64_t *value);
void key_removed_write(struct wr *w, uint32_t n); /* the answer to KEYMSG_REMOVE_ALL */
int key_removed_read(struct rd *r, uint32_t *n);
void key_event_write(struct wr *w, const struct key_event *e);
int key_event_read(struct rd *r, struct key_event *e);
void key_error_write(struct wr *w, enum key_error code);
int key_error_read(struct rd *r, enum key_error *code);

/* Whether s can name an SA: 1 to SAS_REFERENCE_MAX printable ASCII characters, none of them blank.
 */
bool key_reference_valid(const char *s);

/* Names and meanings; static storage, "?" beyond the list. */
const char *key_result_name(unsigned result);
const char *key_result_meaning(unsigned result);
const char *key_error_name(unsigned code);
const char *key_error_meaning(unsigned code);

/* Whether a row with this result is, or now is, what was asked for. */
static inline bool key_result_good(unsigned result)
{
	return result == KEY_INSTALLED || result == KEY_KEPT || result == KEY_REMOVED;
}
