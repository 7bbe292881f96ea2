/*
 * The running data plane: what `iwf-dp run` puts together. Workers carry packets; the main thread
 * sleeps in its event loop and wakes for the key socket, the slow path, telemetry and the clock.
 */
#pragma once

#include "config/config.h"
#include "crypto/batch.h"
#include "dataplane/clock.h"
#include "dataplane/lcores.h"
#include "dataplane/sa_table.h"
#include "dataplane/worker.h"

#include <event2/event.h>
#include <pthread.h>

struct host;
struct key_server;
struct ports;
struct retire;

struct live_options {
	bool verbose;
	bool renew; /* the mapping begins anew */
};

struct live {
	struct config config; /* with the ports' Ethernet addresses filled in */
	struct clock clock;
	struct sa_table *sas;
	struct sa_takeover found;
	struct batch *crypto; /* of the main thread: installs */
	struct worker *worker[CONFIG_WORKERS_MAX];
	unsigned workers;
	struct neighbours *neighbours[SIDES];
	struct host *host;       /* slow path */
	struct key_server *keys; /* NULL: no key socket is configured */
	struct retire *retire;
	struct event_base *events;
	uint64_t began_ns; /* by the clock */

	/* What the above stands on. */
	struct live_options options;
	pthread_t opening; /* the thread that takes the table over, while `opens` */
	bool opens;
	uint64_t opening_ns;
	struct lcores lcores;
	bool eal, hugepages;
	struct rte_mempool *pool;
	struct ports *ports;
	_Atomic unsigned stage; /* enum live_stage; the main thread moves it on */
	_Atomic unsigned dry;   /* workers that receive no more */
};

/* What workers do: carry packets; receive nothing more; end, once all frames are decided. */
enum live_stage { LIVE_RUNS, LIVE_STOPS };

/* Octets of EAL's memory that all of it takes. Any thread. */
size_t live_octets(const struct config *c, bool hugepages);

/* The pool of all frames, with room for struct frame in each. NULL after a line on stderr. */
struct rte_mempool *live_pool_create(const struct config *c);

/*
 * Puts everything together up to the workers, which do not run yet; live_destroy takes it apart,
 * and leaves the SAs in their mapping. live_create returns NULL after a line on stderr that says
 * what to change. EAL starts in it, so at most once in a process. Main thread, as all below.
 */
struct live *live_create(const struct config *c, const struct live_options *o);
void live_destroy(struct live *l);

/*
 * Carries packets until a signal asks for the end, then lets the workers decide what they have and
 * returns 0, or -errno after a line on stderr. live_loop.c.
 */
int live_loop(struct live *l);

/* The same row by row: installs what static_sas of the configuration names. live_static.c. */
int live_install_static(struct live *l);
