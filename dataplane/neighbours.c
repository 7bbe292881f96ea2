#include "dataplane/neighbours.h"

#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "dataplane/encap.h"
#include "dataplane/workers.h"

#include <rte_malloc.h>

#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>

enum { MISS_RING = 256 }; /* addresses that wait for the main thread, of one worker */

/* An address as two words; IPv4 as RFC 4291 2.5.5.2 maps it, which is on no wire. */
struct key {
	uint64_t hi, lo;
};

#define MAPPED (UINT64_C(0xffff) << 32)

/*
 * `value` is an Ethernet address in the upper 48 bits, zero while it is asked for, and below a
 * number that grows with each change; all zero: nothing stands here. It is a sequence lock too:
 * the address changes only between a zero and the next number, so whoever reads the same value
 * before and after the address has read both as they belong together.
 */
struct place {
	_Atomic uint64_t hi, lo;
	_Atomic uint64_t value;
	_Atomic uint32_t used; /* workers set it, the main thread clears it */
	uint32_t changes;      /* main thread's */
};

static_assert(sizeof(struct place) == 32, "two places share a line");

/* One family's idea of the link. */
struct subnet {
	bool here; /* we have an address of this family */
	struct key own, net, mask;
	struct key router;             /* zero: none */
	_Atomic uint64_t router_value; /* copy of its place's value */
};

struct neighbours {
	const struct config_side *side;
	uint64_t seed[2];
	struct subnet subnet[2]; /* IPv4, IPv6 */
	unsigned workers;
	struct rte_ring *missed[CONFIG_WORKERS_MAX]; /* of struct endpoint */
	alignas(64) struct place place[NEIGHBOURS];
};

static struct key key_of(const struct endpoint *e)
{
	struct key k;

	if (e->family == 4) {
		be32 a;

		memcpy(a.b, e->addr, sizeof(a.b));
		k = (struct key){0, MAPPED | be32_get(a)};
	} else {
		be64 a[2];

		memcpy(a, e->addr, sizeof(a));
		k = (struct key){be64_get(a[0]), be64_get(a[1])};
	}
	return k;
}

static struct key mask_of(unsigned bits)
{
	return (struct key){
		bits >= 64 ? UINT64_MAX : ~(UINT64_MAX >> bits),
		bits <= 64 ? 0 : ~(bits == 128 ? 0 : UINT64_MAX >> (bits - 64)),
	};
}

static struct key masked(struct key a, struct key mask)
{
	return (struct key){a.hi & mask.hi, a.lo & mask.lo};
}

static bool same_key(struct key a, struct key b)
{
	return ((a.hi ^ b.hi) | (a.lo ^ b.lo)) == 0;
}

static struct subnet subnet_of(const struct endpoint *own, unsigned prefix,
			       const struct endpoint *router)
{
	struct subnet s = {.here = own->family != 0, .own = key_of(own), .mask = mask_of(prefix)};

	s.net = masked(s.own, s.mask);
	if (router->family != 0)
		s.router = key_of(router);
	return s;
}

static void destroy_rings(struct neighbours *n)
{
	for (unsigned i = 0; i < n->workers; i++)
		rte_free(n->missed[i]);
}

struct neighbours *neighbours_create(const struct config_side *s, unsigned workers)
{
	struct neighbours *n = rte_zmalloc("neighbours", sizeof(*n), RTE_CACHE_LINE_SIZE);

	if (!n)
		goto err;
	n->side = s;
	n->subnet[0] = subnet_of(&s->ipv4, 96U + s->ipv4_prefix, &s->ipv4_router);
	n->subnet[1] = subnet_of(&s->ipv6, s->ipv6_prefix, &s->ipv6_router);
	if (secret_random(n->seed, sizeof(n->seed)) != 0)
		goto err_free;
	for (; n->workers < workers; n->workers++) {
		n->missed[n->workers] = spsc_create_elem(sizeof(struct endpoint), MISS_RING);
		if (!n->missed[n->workers])
			goto err_free_rings;
	}
	return n;

err_free_rings:
	destroy_rings(n);
err_free:
	rte_free(n);
err:
	errno = ENOMEM;
	return NULL;
}

void neighbours_destroy(struct neighbours *n)
{
	if (n)
		destroy_rings(n);
	rte_free(n);
}

/* Seeded, so that nobody can choose addresses that share their places. */
static unsigned first_place(const struct neighbours *n, struct key k)
{
	unsigned __int128 a = (unsigned __int128)(k.hi ^ n->seed[0]) * (k.lo ^ n->seed[1]);
	uint64_t h = ((uint64_t)a ^ (uint64_t)(a >> 64)) * UINT64_C(0x9e3779b97f4a7c15);

	return (unsigned)(h >> 40) % (NEIGHBOURS / NEIGHBOUR_WAYS) * NEIGHBOUR_WAYS;
}

static bool on_link(const struct subnet *s, struct key k)
{
	enum { LINK_LOCAL = 0xfe80 >> 6 }; /* RFC 4291 2.5.6: fe80::/10 */

	return same_key(masked(k, s->mask), s->net) || k.hi >> 54 == LINK_LOCAL;
}

/* The place's value if it stands for k, else zero. */
static uint64_t read_place(struct place *p, struct key k)
{
	uint64_t value = atomic_load_explicit(&p->value, memory_order_acquire);
	struct key stands = {atomic_load_explicit(&p->hi, memory_order_relaxed),
			     atomic_load_explicit(&p->lo, memory_order_relaxed)};

	if (!same_key(stands, k))
		return 0;
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&p->value, memory_order_relaxed) == value ? value : 0;
}

static bool write_mac(uint64_t value, uint8_t mac[6])
{
	be64 v = be64_of(value);

	memcpy(mac, v.b, 6);
	return value >> 16 != 0;
}

/* A store only where it changes something: the line stays shared by all workers. */
static void mark_used(struct place *p)
{
	if (!atomic_load_explicit(&p->used, memory_order_relaxed))
		atomic_store_explicit(&p->used, 1, memory_order_relaxed);
}

static bool find_place(struct neighbours *n, unsigned worker, const struct endpoint *dst,
		       struct key k, uint8_t mac[6])
{
	struct place *p = &n->place[first_place(n, k)];
	struct endpoint missed;

	for (unsigned i = 0; i < NEIGHBOUR_WAYS; i++) {
		uint64_t value = read_place(&p[i], k);

		if (value == 0)
			continue;
		mark_used(&p[i]);
		return write_mac(value, mac);
	}
	/* Where the ring is full the next frame will say it again. */
	missed = *dst;
	rte_ring_sp_enqueue_elem(n->missed[worker], &missed, sizeof(missed));
	return false;
}

bool neighbours_find(struct neighbours *n, unsigned worker, const struct endpoint *dst,
		     uint8_t mac[6])
{
	const struct subnet *s = &n->subnet[dst->family == 6];
	struct key k;

	if (!s->here)
		return false;
	if (n->side->static_next_hop) {
		encap_static_hop(n->side, dst, mac);
		return true;
	}
	k = key_of(dst);
	if (!on_link(s, k)) {
		if (encap_multicast(dst, mac))
			return true;
		return write_mac(atomic_load_explicit(&s->router_value, memory_order_relaxed), mac);
	}
	return find_place(n, worker, dst, k, mac);
}

unsigned neighbours_places(const struct neighbours *n, const struct endpoint *addr)
{
	return first_place(n, key_of(addr));
}

void neighbours_put(struct neighbours *n, unsigned place, const struct endpoint *addr,
		    const uint8_t *mac)
{
	struct subnet *s = &n->subnet[addr->family == 6];
	struct place *p = &n->place[place];
	struct key k = key_of(addr);
	be64 v = {0};
	uint64_t value;

	if (mac)
		memcpy(v.b, mac, 6);
	value = be64_get(v) | (++p->changes % UINT16_MAX + 1);
	atomic_store_explicit(&p->value, 0, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&p->hi, k.hi, memory_order_relaxed);
	atomic_store_explicit(&p->lo, k.lo, memory_order_relaxed);
	atomic_store_explicit(&p->value, value, memory_order_release);
	if (same_key(k, s->router))
		atomic_store_explicit(&s->router_value, value, memory_order_relaxed);
}

void neighbours_clear(struct neighbours *n, unsigned place)
{
	atomic_store_explicit(&n->place[place].value, 0, memory_order_relaxed);
	atomic_store_explicit(&n->place[place].used, 0, memory_order_relaxed);
}

bool neighbours_used(struct neighbours *n, unsigned place)
{
	_Atomic uint32_t *used = &n->place[place].used;

	if (!atomic_load_explicit(used, memory_order_relaxed))
		return false;
	atomic_store_explicit(used, 0, memory_order_relaxed);
	return true;
}

bool neighbours_on_link(const struct neighbours *n, const struct endpoint *addr)
{
	const struct subnet *s = &n->subnet[addr->family == 6];

	return s->here && on_link(s, key_of(addr)) && !same_key(key_of(addr), s->own);
}

bool neighbours_asks(const struct neighbours *n)
{
	return !n->side->static_next_hop;
}

bool neighbours_missed(struct neighbours *n, unsigned worker, struct endpoint *addr)
{
	if (rte_ring_sc_dequeue_elem(n->missed[worker], addr, sizeof(*addr)) != 0)
		return false;
	addr->port = 0;
	return true;
}
