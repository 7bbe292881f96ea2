/*
 * What a test tells the play to do, one line at a time: each order is carried out while traffic
 * goes on, and ends with one line as its answer.
 */
#pragma once

#include "tests/live/play.h"

struct traffic {
	uint32_t rate;                /* messages a second; 0: silence */
	uint32_t resume, down, group; /* percent of them; the rest is DATA from devices */
	uint64_t next_ns;
};

struct orders {
	struct play *play;
	const char *key_socket; /* NULL: none */
	uint32_t devices;       /* SAs that are played, those that `install` brings included */
	uint32_t drawn;         /* SAs drawn for the key socket */
	struct traffic traffic;
	uint64_t killed_ns;
	uint64_t missed;   /* messages that were missing when all was silent last */
	uint64_t forgiven; /* messages lost for a good reason */
	bool ended;        /* by its last order */
};

/* The numbers behind an order's name. */
struct arguments {
	unsigned n;
	uint64_t v[4];
};

/* The player whose number is the first argument, or NULL. */
struct player *orders_player(const struct orders *o, const struct arguments *a);

/*
 * Carries out one line and writes the answer to stdout. Returns 0, or -EINVAL where it is no
 * order.
 */
int orders_obey(struct orders *o, char *line);

/* Lets the play go on: for about a millisecond; until then; in silence until all is answered. */
void orders_go_on(struct orders *o);
void orders_go_on_until(struct orders *o, uint64_t end_ns);
void orders_settle(struct orders *o);

/* Lets the play go on until there is something to read on fd, or for good where fd is -1. */
void orders_idle(struct orders *o, int fd);

/* All orders and what they do, for --help. */
void orders_help(FILE *out);
