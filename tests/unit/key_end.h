/*
 * The other end of a key socket, played by a thread as a test says: what a data plane does, and
 * what none should. One connection at a time.
 */
#pragma once

#include "control/keys/client.h"

#include <pthread.h>
#include <stdbool.h>

enum { TIMEOUT_MS = 5000, SHORT_MS = 50 };

struct server {
	char folder[32], path[64];
	int listener;
	int fd; /* of the connection */
	pthread_t thread;
	void (*play)(struct server *s);
	const void *arg;
	const char *wrong; /* what it did not expect; NULL: nothing */
	uint8_t message[KEYMSG_MAX];
	struct keymsg m; /* the request */
	struct wr w;
};

/* A test's own, made and taken away by its set-up and tear-down. */
extern struct server server;
extern struct key_client *client; /* with TIMEOUT_MS */
extern struct key_hello hello;    /* of the last connection */

int server_open(void **state);
int server_close(void **state);

/* Plays one connection. server_finish: it has come to its end, and met what it expected. */
void server_start(void (*play)(struct server *s), const void *arg);
void server_finish(void);

/* Connects the client; its last error holds `part`. */
void connect_client(void);
void assert_says(const char *part);

/* The server's moves. */
void server_expect(struct server *s, bool right, const char *what);
void server_get(struct server *s, unsigned type);
struct wr *server_begin(struct server *s, unsigned type, uint32_t request);
void server_put(struct server *s);
void server_put_hello(struct server *s, uint32_t request, uint32_t slots);
void server_put_event(struct server *s, uint32_t value);
void server_greet(struct server *s); /* takes a hello and answers it */
