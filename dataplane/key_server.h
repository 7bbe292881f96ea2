/*
 * The key socket (dataplane/api/keymsg.h): where control and operators install keys and ask. It
 * lives in the main thread's event loop, and a peer can neither stop it nor make it grow: messages,
 * clients, and what waits to be read by a client are bounded.
 */
#pragma once

#include "dataplane/live.h"

struct key_server;

/* X(symbol, name, meaning): counted as keys.<name>. */
#define KEY_COUNTERS(X)                                                                            \
	X(CLIENTS, "clients", "connections that were taken")                                       \
	X(STRANGERS, "strangers", "connections of users who may not even read, closed unanswered") \
	X(TURNED_AWAY, "turned_away", "connections beyond what it serves at a time")               \
	X(REQUESTS, "requests", "messages served")                                                 \
	X(MALFORMED, "malformed", "messages that are none; the connection is closed")              \
	X(FORBIDDEN, "forbidden", "changes asked for by users who may only read")                  \
	X(SLOW, "slow", "connections closed because answers or events were not read")              \
	X(INSTALLED, "installed", "rows that became an SA")                                        \
	X(KEPT, "kept", "rows that were there already")                                            \
	X(REFUSED, "refused", "rows that were refused")                                            \
	X(REMOVED, "removed", "SAs removed")                                                       \
	X(EXPIRED, "expired", "SAs removed because they had expired")                              \
	X(EVENTS, "events", "events that happened")                                                \
	X(EVENTS_LOST, "events_lost", "events for which there was no room")

#define X(sym, name, meaning) KEYS_##sym,
enum key_counter { KEY_COUNTERS(X) KEY_COUNTER_COUNT };
#undef X

const char *key_counter_name(enum key_counter c); /* static storage */

/*
 * Opens the socket of l->config.key_socket (mode 0660, its group) and serves it from l->events. A
 * socket file that nobody serves is replaced; one that is served is an error. NULL after one line
 * on `errors`. destroy closes every connection and removes the file; NULL is allowed. Main thread.
 */
struct key_server *key_server_create(struct live *l, FILE *errors);
void key_server_destroy(struct key_server *s);

/* Sends an event to every subscriber and counts it. Main thread. */
void key_server_tell(struct key_server *s, const struct key_event *e);

uint64_t key_server_count(const struct key_server *s, enum key_counter c);
