/*
 * The key socket's client: what control and operators ask of the data plane. It blocks, at most for
 * its time-out, and never tries twice: an install that went unanswered may be asked again with the
 * same reference and key, and then changes nothing (sdt.md 3). One thread at a time.
 *
 * Functions that return int return -errno where they fail, as control/keys/channel.h lists them,
 * and key_client_error then has one line for people. After any error but -ETIMEDOUT and -EMSGSIZE
 * it is not connected any more.
 */
#pragma once

#include "dataplane/api/keymsg.h"

struct key_client;

/* Not connected yet. NULL: no memory. destroy closes; NULL is allowed. */
struct key_client *key_client_create(unsigned timeout_ms);
void key_client_destroy(struct key_client *c);

/* Connects to the socket file and says hello; *hello is who serves. Returns 0. */
int key_client_connect(struct key_client *c, const char *path, struct key_hello *hello);

/* What the last error was; it stands until the next one. */
const char *key_client_error(const struct key_client *c);

/* To be watched for events by an event loop, which then calls key_client_wait(c, 0); or -1. */
int key_client_fd(const struct key_client *c);

int key_client_hello(struct key_client *c, struct key_hello *hello);

/*
 * Installs the first of n rows, or removes the first of n references: as many as go into one
 * message. Returns how many, at least 1, and what became of each in outcome[0] onward, in the same
 * order; the caller goes on behind them. n is at least 1, `outcome` has room for n.
 */
int key_client_install(struct key_client *c, const struct sa_row *rows, size_t n,
		       struct key_outcome *outcome);
int key_client_remove(struct key_client *c, const char *const *references, size_t n,
		      struct key_outcome *outcome);

/* Retires every SA. *removed: how many. Returns 0. */
int key_client_remove_all(struct key_client *c, uint32_t *removed);

/*
 * A page of SAs: at most KEYMSG_PAGE_MAX. where->from is 0 at first and is set to where to go on,
 * or KEY_LIST_END. Returns how many rows, which may be 0 before the end. SAs that come or go
 * meanwhile may be in it or not; no other is left out or told twice.
 */
int key_client_list(struct key_client *c, struct key_list *where, struct key_row *rows);

/* Calls visit for each counter of a worker, or of KEY_STATS_SUM. Returns 0. */
int key_client_stats(struct key_client *c, uint32_t worker,
		     void (*visit)(void *arg, const char *name, uint64_t value), void *arg);

/*
 * From now on `event` is called for each event, from within any function of this client; it may not
 * call any. Returns 0. key_client_wait waits for events, for timeout_ms (0: looks only; negative:
 * without an end), and returns how many came.
 */
int key_client_subscribe(struct key_client *c, void (*event)(void *arg, const struct key_event *e),
			 void *arg);
int key_client_wait(struct key_client *c, int timeout_ms);
