/*
 * A key socket that is really served, from a folder of its own, over a real table: server and
 * clients in one thread, which turns the event loop when a client waits.
 */
#pragma once

#include "dataplane/key_server.h"

struct key_rig {
	struct live live;
	struct rte_ring *events; /* of its one worker, which has nothing else */
	char folder[64];
	FILE *errors; /* what the server said, in `said` */
	char *said;
	size_t said_len;
	uint8_t received[KEYMSG_MAX]; /* where key_rig_receive puts messages */
};

/* Serves a table of so many slots, or aborts. destroy wipes and removes everything. */
struct key_rig *key_rig_create(uint32_t slots);
void key_rig_destroy(struct key_rig *k);

/* Turns the event loop until it has nothing to do at once. */
void key_rig_turn(struct key_rig *k);

/* A connected client, non-blocking; -1 and errno where the socket takes none. */
int key_rig_connect(const struct key_rig *k);

/* Sends a packet; false: the server has hung up, or does not read. */
bool key_rig_send(int fd, const void *octets, size_t n);

/*
 * Turns the loop until a message is there: 1, with m; 0 at the end of the connection; -1 where
 * nothing comes for a second.
 */
int key_rig_receive(struct key_rig *k, int fd, struct keymsg *m);

/* Sends what a writer holds between keymsg_begin and now, and receives the answer, or aborts. */
void key_rig_ask(struct key_rig *k, int fd, struct wr *w, struct keymsg *answer);

/* The whole of INSTALL and REMOVE. */
void key_rig_install(struct key_rig *k, int fd, const struct sa_row *row, uint32_t n,
		     struct key_outcome *outcome);
void key_rig_remove(struct key_rig *k, int fd, const char *reference, struct key_outcome *outcome);

/* An SA that control would install: reference "session:<i>", IMSI 001010000000000 + i. */
struct sa_row key_rig_row(unsigned i);

/* Everything that is known of every SA, as octets to compare; free it. */
struct key_snapshot {
	uint32_t sas;
	size_t n;
	uint8_t *octets;
};

struct key_snapshot key_rig_snapshot(const struct key_rig *k);
bool key_rig_unchanged(const struct key_rig *k, const struct key_snapshot *before);
