#include "dataplane/live.h"
#include "dataplane/ports.h"
#include "dataplane/workers.h"

#include <rte_errno.h>

#include <errno.h>

enum {
	POOL_CACHE = 256,        /* mbufs that a worker keeps for itself */
	HOST_MBUFS = 2048,       /* of a worker, on their way to and from the slow path */
	FIXED_OCTETS = 16 << 20, /* EAL, drivers, rings */
	PAGE = 4096,
	PRIVATE_OCTETS = RTE_ALIGN(sizeof(struct frame), RTE_MBUF_PRIV_ALIGN)
};

/* Wherever frames may lie at once: in queues, with workers, between them, held, at the host. */
static uint32_t pool_mbufs(const struct config *c)
{
	return ports_mbufs(c) + c->workers * (4 * CONFIG_BURST_MAX + 2 * POOL_CACHE) +
	       c->workers * (c->workers - 1) * WORKERS_RING + c->held.frames +
	       c->workers * HOST_MBUFS;
}

/* A mempool lets no object cross a page, unless it is larger. */
static size_t mbuf_octets(const struct config *c, bool hugepages)
{
	uint32_t octets = rte_mempool_calc_obj_size(
		sizeof(struct rte_mbuf) + PRIVATE_OCTETS + ports_room(c), 0, NULL);

	if (hugepages)
		return octets;
	return octets < PAGE ? PAGE / (PAGE / octets) : RTE_ALIGN(octets, (uint32_t)PAGE);
}

size_t live_octets(const struct config *c, bool hugepages)
{
	struct worker_setup set = {.config = c};

	if (c->eal.memory)
		return (size_t)c->eal.memory << 20;
	return FIXED_OCTETS + pool_mbufs(c) * mbuf_octets(c, hugepages) +
	       workers_octets(&set, c->workers);
}

struct rte_mempool *live_pool_create(const struct config *c)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
		"frames", pool_mbufs(c), POOL_CACHE, PRIVATE_OCTETS, ports_room(c), SOCKET_ID_ANY);

	if (!pool)
		fprintf(stderr, "no memory for %u frames: %s (eal.memory)\n", pool_mbufs(c),
			strerrordesc_np(rte_errno));
	return pool;
}
