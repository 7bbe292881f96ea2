/*
 * What a worker has to tell control, on its way to the main thread: a ring of struct key_event, for
 * one worker. It never waits: what finds no room is counted as lost.
 */
#pragma once

#include "dataplane/api/event.h"
#include "dataplane/worker.h"

enum { EVENTS_ROOM = 1024 }; /* told and not taken */

/* A worker's ring (struct worker, events), in EAL's heap; free with rte_free. NULL: no memory. */
struct rte_ring *events_create(void);

/* Tells of the SA in `slot`, where somebody listens. The worker's own thread. */
void event_tell(struct worker *w, enum event_type type, uint32_t slot, uint32_t value,
		uint64_t now_ns);

/* Takes at most n events, oldest first; returns how many. `reference` is empty. Main thread. */
unsigned events_take(struct rte_ring *events, struct key_event *e, unsigned n);
