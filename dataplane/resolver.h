/*
 * How neighbours of one side come to be known, are doubted and forgotten: the states of RFC 4861
 * 7.3.2, for ARP too. It decides what stands in struct neighbours; who asks on the link is its
 * caller. Main thread alone; time is the caller's clock.
 */
#pragma once

#include "dataplane/heard.h"
#include "dataplane/neighbours.h"

struct resolver;

/*
 * Sends a question for `who`, to mac alone or to all (NULL). `kept`: for one of the few that no
 * rate may hold back. False: not now, try again soon.
 */
typedef bool resolver_ask(void *arg, const struct endpoint *who, const uint8_t *mac, bool kept);

enum resolver_news {
	RESOLVER_NOTHING,   /* nobody we ask for, or nothing new */
	RESOLVER_UNASKED,   /* called itself an answer, and nobody had asked */
	RESOLVER_CONFIRMED, /* still where it was */
	RESOLVER_LEARNT     /* found, or found to have moved */
};

/* `n` stays the caller's and outlives it. NULL and ENOMEM; destroy takes NULL. */
struct resolver *resolver_create(struct neighbours *n, resolver_ask *ask, void *arg);
void resolver_destroy(struct resolver *r);

/*
 * Asks for an address; nothing where that is known already, or is not to be asked for on the link.
 * One that is kept is never forgotten, makes room for no other, and is asked for again and again.
 */
void resolver_keep(struct resolver *r, const struct endpoint *who, uint64_t now_ns);
void resolver_miss(struct resolver *r, const struct endpoint *who, uint64_t now_ns);

/* Somebody told where he is: h->who with h->mac. Only those that were asked for are learnt. */
enum resolver_news resolver_hear(struct resolver *r, const struct heard *h, uint64_t now_ns);

/* The link is another one, perhaps: whoever is known is asked again before he is believed long. */
void resolver_doubt(struct resolver *r, uint64_t now_ns);

/* What time brings about: asks and forgets. Returns how many stopped answering. */
unsigned resolver_run(struct resolver *r, uint64_t now_ns);
