/* Making and ending workers, and the rings between them. */
#pragma once

#include "dataplane/worker.h"

/* Frames that may wait between two workers: more than a batch of a replay. */
enum { WORKERS_RING = 2048 };

/*
 * A ring for one producer and one consumer, in EAL's heap: a ring of rte_ring_create is a memzone,
 * and 64 workers would need more of them than there are. NULL where memory is short. Free with
 * rte_free.
 */
struct rte_ring *spsc_create(unsigned entries);

/* The same for elements of `size` octets, a multiple of 4, that are copied in and out. */
struct rte_ring *spsc_create_elem(unsigned size, unsigned entries);

/* Octets of EAL's memory that n workers take. */
size_t workers_octets(const struct worker_setup *set, unsigned n);

/*
 * Makes `n` workers that share a table, joined by a ring for each pair. `which` names the crypto
 * kernels. Returns 0, or -ENOMEM and no workers. workers_destroy takes what workers_create made
 * (NULL allowed); no thread may be running. Main thread.
 */
int workers_create(const struct worker_setup *set, enum batch_kernels which, unsigned n,
		   struct worker **workers);
void workers_destroy(struct worker **workers, unsigned n);
