#include "dataplane/workers.h"

#include "dataplane/held.h"
#include "dataplane/resume.h"

#include <rte_malloc.h>

#include <errno.h>

struct rte_ring *spsc_create_elem(unsigned size, unsigned entries)
{
	struct rte_ring *r = rte_zmalloc("ring", (size_t)rte_ring_get_memsize_elem(size, entries),
					 RTE_CACHE_LINE_SIZE);

	if (r && rte_ring_init(r, "", entries, RING_F_SP_ENQ | RING_F_SC_DEQ) != 0) {
		rte_free(r);
		r = NULL;
	}
	return r;
}

struct rte_ring *spsc_create(unsigned entries)
{
	return spsc_create_elem(sizeof(void *), entries);
}

/* Each worker holds for its own SAs. A replay, which has no RESUMED to come, holds nothing. */
static uint32_t held_share(const struct worker_setup *set, unsigned workers)
{
	return set->replay ? 0 : (set->config->held.frames + workers - 1) / workers;
}

size_t workers_octets(const struct worker_setup *set, unsigned n)
{
	size_t held = held_share(set, n) * sizeof(struct held);
	size_t ring = (size_t)rte_ring_get_memsize(WORKERS_RING) + 2 * RTE_CACHE_LINE_SIZE;

	return n * (((size_t)2 << 20) + held) + n * (n - 1) * ring;
}

static void destroy_worker(struct worker *w)
{
	if (!w)
		return;
	for (unsigned i = 0; i < w->workers; i++)
		rte_free(w->outbox[i]);
	resume_scratch_destroy(w->resume);
	held_destroy(w->held);
	batch_destroy(w->crypto);
	rte_free(w);
}

static struct worker *create_worker(const struct worker_setup *set, enum batch_kernels which,
				    unsigned id, unsigned n)
{
	struct worker *w = rte_zmalloc("worker", sizeof(*w), RTE_CACHE_LINE_SIZE);

	if (!w)
		return NULL;
	w->id = (uint16_t)id;
	w->workers = (uint16_t)n;
	w->set = *set;
	w->crypto = batch_create(which);
	w->resume = resume_scratch_create();
	w->held = held_create(held_share(set, n), set->config->held.seconds);
	if (!w->crypto || !w->resume || !w->held)
		goto err_destroy;
	for (unsigned to = 0; to < n; to++) {
		if (to == id)
			continue;
		w->outbox[to] = spsc_create(WORKERS_RING);
		if (!w->outbox[to])
			goto err_destroy;
	}
	return w;

err_destroy:
	destroy_worker(w);
	return NULL;
}

int workers_create(const struct worker_setup *set, enum batch_kernels which, unsigned n,
		   struct worker **workers)
{
	for (unsigned i = 0; i < n; i++) {
		workers[i] = create_worker(set, which, i, n);
		if (!workers[i]) {
			workers_destroy(workers, i);
			return -ENOMEM;
		}
	}
	for (unsigned i = 0; i < n; i++) {
		for (unsigned from = 0; from < n; from++)
			workers[i]->inbox[from] = workers[from]->outbox[i];
	}
	return 0;
}

void workers_destroy(struct worker **workers, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		destroy_worker(workers[i]);
		workers[i] = NULL;
	}
}
