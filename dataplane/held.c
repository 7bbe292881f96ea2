#include "dataplane/held.h"

#include <rte_malloc.h>

/* A queue: all are kept for the same time, so the oldest is the first to go. */
struct held_pool {
	uint64_t keep_ns;
	uint32_t room;
	uint32_t first, n; /* held[first % room] is the oldest of n */
	struct held held[];
};

struct held_pool *held_create(uint32_t frames, uint32_t seconds)
{
	struct held_pool *p =
		rte_zmalloc("held", sizeof(*p) + frames * sizeof(struct held), RTE_CACHE_LINE_SIZE);

	if (!p)
		return NULL;
	p->room = frames;
	p->keep_ns = (uint64_t)seconds * 1000000000;
	return p;
}

void held_destroy(struct held_pool *p)
{
	for (uint32_t i = 0; p && i < p->n; i++)
		rte_pktmbuf_free(p->held[(p->first + i) % p->room].mbuf);
	rte_free(p);
}

bool held_enabled(const struct held_pool *p)
{
	return p->room > 0;
}

struct held *held_of(struct held_pool *p, const struct sa_link *l, uint32_t key_id)
{
	/* The SA outlives the process and this pool does not: its place here is a guess. */
	struct held *h = l->held == 0 || l->held > p->room ? NULL : &p->held[l->held - 1];

	return h && h->mbuf && h->key_id == key_id ? h : NULL;
}

/* Those at the head that are gone, or were given, make room. */
static void drop_given(struct held_pool *p)
{
	while (p->n > 0) {
		struct held *h = &p->held[p->first];

		if (h->mbuf && !h->given)
			return;
		rte_pktmbuf_free(h->mbuf);
		h->mbuf = NULL;
		p->first = (p->first + 1) % p->room;
		p->n--;
	}
}

enum fate held_keep(struct held_pool *p, struct sa_link *l, const struct frame *f)
{
	const struct core_hdr *core = (const struct core_hdr *)f->msg;
	struct held *h = held_of(p, l, f->key_id);
	uint32_t place;

	if (h && !h->given)
		return FATE_OVERLOAD;
	if (p->n == p->room)
		drop_given(p);
	if (p->n == p->room)
		return FATE_OVERLOAD;
	place = (p->first + p->n) % p->room;
	if (h && h->mbuf) { /* given, and not dropped above */
		rte_pktmbuf_free(h->mbuf);
		h->mbuf = NULL;
	}
	p->n++;
	p->held[place] = (struct held){
		.mbuf = f->mbuf,
		.payload = (const uint8_t *)(core + 1),
		.msg = f->msg,
		.until_ns = f->now_ns + p->keep_ns,
		.key_id = f->key_id,
		.len = f->payload,
		.family = f->family,
		.bearer = core->bearer_flags >> CORE_BEARER_SHIFT,
	};
	l->held = place + 1;
	return FATE_HELD;
}

bool held_expired(struct held_pool *p, uint64_t now_ns, struct held *out)
{
	while (p->n > 0) {
		struct held *h = &p->held[p->first];

		if (h->mbuf && now_ns < h->until_ns)
			return false;
		*out = *h;
		h->mbuf = NULL;
		p->first = (p->first + 1) % p->room;
		p->n--;
		if (out->mbuf && !out->given)
			return true;
		rte_pktmbuf_free(out->mbuf);
	}
	return false;
}
