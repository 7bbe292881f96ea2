#include "dataplane/resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* RFC 4861 10, where it has a name there. */
#define SECOND      UINT64_C(1000000000)
#define RETRANS     SECOND        /* RetransTimer */
#define REACHABLE   (30 * SECOND) /* ReachableTime */
#define LOOK_AGAIN  SECOND        /* how often a stale one is asked whether it is used */
#define STALE_FOR   (600 * SECOND)
#define FAILED_FOR  (20 * SECOND) /* silent: frames for it die unasked */
#define KEPT_FAILED (3 * SECOND)  /* and when it is one to be kept */
#define ASK_LATER   (SECOND / 10) /* when a question cannot go out */
#define NEVER       UINT64_MAX

enum { TRIES = 3 }; /* MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT */

/* In the order in which they make room for others. */
enum state {
	FREE,
	FAILED,     /* asked, silent */
	INCOMPLETE, /* asked by broadcast, address not known */
	STALE,      /* known, not confirmed of late, not used */
	PROBED,     /* known, used, asked by name whether it is still there */
	KNOWN       /* confirmed */
};

struct entry {
	struct endpoint who;
	uint8_t mac[6];
	uint8_t state; /* enum state */
	uint8_t tries;
	bool kept;
	uint64_t since_ns; /* when it was last confirmed or first asked for */
};

struct resolver {
	struct neighbours *table;
	resolver_ask *ask;
	void *arg;
	uint64_t due_ns[NEIGHBOURS]; /* when something is to happen; by place, like entry */
	struct entry entry[NEIGHBOURS];
};

struct resolver *resolver_create(struct neighbours *n, resolver_ask *ask, void *arg)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (!r) {
		errno = ENOMEM;
		return NULL;
	}
	r->table = n;
	r->ask = ask;
	r->arg = arg;
	for (unsigned i = 0; i < NEIGHBOURS; i++)
		r->due_ns[i] = NEVER;
	return r;
}

void resolver_destroy(struct resolver *r)
{
	free(r);
}

static void enter(struct resolver *r, unsigned at, enum state state, uint64_t due_ns)
{
	r->entry[at].state = (uint8_t)state;
	r->entry[at].tries = 0;
	r->due_ns[at] = due_ns;
}

static void forget(struct resolver *r, unsigned at)
{
	neighbours_clear(r->table, at);
	r->entry[at] = (struct entry){.state = FREE};
	r->due_ns[at] = NEVER;
}

/* One more question, or none is left: false. */
static bool ask_once(struct resolver *r, unsigned at, uint64_t now_ns)
{
	struct entry *e = &r->entry[at];

	if (e->tries == TRIES)
		return false;
	if (!r->ask(r->arg, &e->who, e->state == PROBED ? e->mac : NULL, e->kept)) {
		r->due_ns[at] = now_ns + ASK_LATER;
		return true;
	}
	e->tries++;
	r->due_ns[at] = now_ns + RETRANS;
	return true;
}

static void begin_asking(struct resolver *r, unsigned at, enum state state, uint64_t now_ns)
{
	enter(r, at, state, now_ns);
	ask_once(r, at, now_ns);
}

/* The place where an address stands, or NEIGHBOURS. */
static unsigned find_entry(const struct resolver *r, const struct endpoint *who)
{
	unsigned first = neighbours_places(r->table, who);

	for (unsigned i = first; i < first + NEIGHBOUR_WAYS; i++) {
		if (r->entry[i].state != FREE && endpoint_equal(&r->entry[i].who, who))
			return i;
	}
	return NEIGHBOURS;
}

/* Whether a gives way before b. */
static bool gives_way(const struct entry *a, const struct entry *b)
{
	if (a->kept != b->kept)
		return b->kept;
	return a->state != b->state ? a->state < b->state : a->since_ns < b->since_ns;
}

/*
 * A place for an address that has none: a free one, or that of whoever is missed least. NEIGHBOURS:
 * all are kept, which 35 addresses (routers and SCEFs) in 512 seeded sets do not bring about.
 */
static unsigned make_room(const struct resolver *r, const struct endpoint *who)
{
	unsigned first = neighbours_places(r->table, who), best = first;

	for (unsigned i = first + 1; i < first + NEIGHBOUR_WAYS; i++) {
		if (gives_way(&r->entry[i], &r->entry[best]))
			best = i;
	}
	return r->entry[best].kept ? NEIGHBOURS : best;
}

static unsigned start_entry(struct resolver *r, const struct endpoint *who, uint64_t now_ns)
{
	unsigned at = find_entry(r, who);

	if (at != NEIGHBOURS || !neighbours_asks(r->table) || !neighbours_on_link(r->table, who))
		return at;
	at = make_room(r, who);
	if (at == NEIGHBOURS)
		return at;
	r->entry[at] = (struct entry){.who = *who, .since_ns = now_ns};
	neighbours_put(r->table, at, who, NULL);
	begin_asking(r, at, INCOMPLETE, now_ns);
	return at;
}

void resolver_miss(struct resolver *r, const struct endpoint *who, uint64_t now_ns)
{
	start_entry(r, who, now_ns);
}

void resolver_keep(struct resolver *r, const struct endpoint *who, uint64_t now_ns)
{
	struct endpoint address = *who;
	unsigned at;

	if (who->family == 0)
		return;
	address.port = 0;
	at = start_entry(r, &address, now_ns);
	if (at != NEIGHBOURS)
		r->entry[at].kept = true;
}

static void learn(struct resolver *r, unsigned at, const struct heard *h, uint64_t now_ns)
{
	struct entry *e = &r->entry[at];

	memcpy(e->mac, h->mac, sizeof(e->mac));
	neighbours_put(r->table, at, &e->who, e->mac);
	e->since_ns = now_ns;
	if (h->solicited)
		enter(r, at, KNOWN, now_ns + REACHABLE);
	else
		enter(r, at, STALE, now_ns); /* to be asked itself, once it is used */
}

/*
 * For an entry whose Ethernet address is known. RFC 4861 7.2.5 and ARP believe whoever says last
 * that an address is his, so that one frame of a liar takes a neighbour's data away. Here the one
 * who is known is asked himself, at most once in RETRANS, and only his silence makes room.
 */
static enum resolver_news hear_again(struct resolver *r, unsigned at, const struct heard *h,
				     uint64_t now_ns)
{
	struct entry *e = &r->entry[at];
	bool moved = h->told && memcmp(e->mac, h->mac, sizeof(e->mac)) != 0; /* lint-ok: public */

	if (moved && e->state == KNOWN)
		enter(r, at, STALE, e->since_ns + RETRANS);
	if (moved)
		return h->solicited ? RESOLVER_UNASKED : RESOLVER_NOTHING;
	if (!h->solicited || e->state != PROBED)
		return RESOLVER_NOTHING;
	e->since_ns = now_ns;
	enter(r, at, KNOWN, now_ns + REACHABLE);
	return RESOLVER_CONFIRMED;
}

enum resolver_news resolver_hear(struct resolver *r, const struct heard *h, uint64_t now_ns)
{
	unsigned at = h->who.family ? find_entry(r, &h->who) : NEIGHBOURS;

	if (at == NEIGHBOURS)
		return h->solicited ? RESOLVER_UNASKED : RESOLVER_NOTHING;
	if (r->entry[at].state > INCOMPLETE)
		return hear_again(r, at, h, now_ns);
	if (!h->told)
		return RESOLVER_NOTHING;
	learn(r, at, h, now_ns);
	return RESOLVER_LEARNT;
}

void resolver_doubt(struct resolver *r, uint64_t now_ns)
{
	for (unsigned i = 0; i < NEIGHBOURS; i++) {
		struct entry *e = &r->entry[i];

		if (e->state == KNOWN || e->state == STALE)
			enter(r, i, STALE, now_ns);
		else if (e->state == FAILED && !e->kept)
			forget(r, i);
		else if (e->state != FREE)
			begin_asking(r, i, e->state == PROBED ? PROBED : INCOMPLETE, now_ns);
	}
}

/* Whether frames have gone there since the last look, or are always to find their way. */
static bool wanted(struct resolver *r, unsigned at)
{
	return neighbours_used(r->table, at) || r->entry[at].kept;
}

/* Asked by name and silent. One that is kept is asked for anew, of all; returns 1. */
static unsigned lose(struct resolver *r, unsigned at, uint64_t now_ns)
{
	if (!r->entry[at].kept) {
		forget(r, at);
		return 1;
	}
	neighbours_put(r->table, at, &r->entry[at].who, NULL);
	begin_asking(r, at, INCOMPLETE, now_ns);
	return 1;
}

/* What is due at a place; returns how many stopped answering. */
static unsigned advance(struct resolver *r, unsigned at, uint64_t now_ns)
{
	struct entry *e = &r->entry[at];

	switch ((enum state)e->state) {
	case KNOWN:
	case STALE:
		if (wanted(r, at))
			begin_asking(r, at, PROBED, now_ns);
		else if (now_ns - e->since_ns > STALE_FOR)
			forget(r, at);
		else
			enter(r, at, STALE, now_ns + LOOK_AGAIN);
		return 0;
	case PROBED:
		return ask_once(r, at, now_ns) ? 0 : lose(r, at, now_ns);
	case INCOMPLETE:
		if (!ask_once(r, at, now_ns))
			enter(r, at, FAILED, now_ns + (e->kept ? KEPT_FAILED : FAILED_FOR));
		return 0;
	case FAILED:
		if (e->kept)
			begin_asking(r, at, INCOMPLETE, now_ns);
		else
			forget(r, at);
		return 0;
	case FREE:
		break;
	}
	r->due_ns[at] = NEVER;
	return 0;
}

unsigned resolver_run(struct resolver *r, uint64_t now_ns)
{
	unsigned lost = 0;

	for (unsigned i = 0; i < NEIGHBOURS; i++) {
		if (now_ns >= r->due_ns[i])
			lost += advance(r, i, now_ns);
	}
	return lost;
}
