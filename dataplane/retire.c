#include "dataplane/retire.h"

#include "dataplane/key_server.h"

#include <stdlib.h>

enum {
	SHARE = 2048,      /* SAs removed for one wait for the workers */
	SHARES_A_TICK = 4, /* and of those: where all expire at once, the loop goes on */
	WORD = 64
};

struct retire {
	struct live *live;
	struct event *tick;
	uint32_t at;    /* slot to go on at */
	uint64_t *told; /* a bit for each slot: its SA's expiry was told to be near */

	/* Of the share in hand. */
	unsigned n;
	uint32_t slot[SHARE];
	struct key_event gone[SHARE];
};

static struct key_event event_about(const struct sa_table *t, uint32_t slot, unsigned type,
				    uint64_t now_ns)
{
	struct key_event e = {
		.time_ns = now_ns,
		.imsi = t->link[slot].imsi,
		.key_id = t->up[slot].key_id,
		.type = (uint8_t)type,
	};

	memcpy(e.reference, t->label[slot].reference, SAS_REFERENCE_MAX);
	return e;
}

static void tell(const struct retire *r, const struct key_event *e)
{
	if (r->live->keys)
		key_server_tell(r->live->keys, e);
}

static void tell_near(struct retire *r, uint32_t slot, uint64_t left_ns, uint64_t now_ns)
{
	uint64_t bit = UINT64_C(1) << slot % WORD;
	struct key_event e;

	if (r->told[slot / WORD] & bit)
		return;
	r->told[slot / WORD] |= bit;
	e = event_about(r->live->sas, slot, EVENT_EXPIRY_NEAR, now_ns);
	e.value = (uint32_t)(left_ns / 1000000000);
	tell(r, &e);
}

static void look_at(struct retire *r, uint32_t slot, uint64_t now_ns)
{
	static const uint64_t near_ns = (uint64_t)RETIRE_NEAR_S * 1000000000;
	const struct sa_table *t = r->live->sas;
	uint64_t expires_ns = t->link[slot].expires_ns;

	/* The key id is asked for last: its line is the worker's, and most SAs live on. */
	if ((expires_ns >= near_ns && expires_ns - near_ns > now_ns) || t->up[slot].key_id == 0) {
		r->told[slot / WORD] &= ~(UINT64_C(1) << slot % WORD);
	} else if (expires_ns >= now_ns) {
		tell_near(r, slot, expires_ns - now_ns, now_ns);
	} else {
		r->gone[r->n] = event_about(t, slot, EVENT_EXPIRED, now_ns);
		r->slot[r->n++] = slot;
	}
}

/* Told of once they are gone. */
static void remove_share(struct retire *r)
{
	if (r->n == 0)
		return;
	sa_table_remove_slots(r->live->sas, r->slot, r->n);
	for (unsigned i = 0; i < r->n; i++)
		tell(r, &r->gone[i]);
	r->n = 0;
}

void retire_sweep(struct retire *r, uint64_t now_ns)
{
	const struct sa_table *t = r->live->sas;
	uint32_t slice = (t->slots + RETIRE_TICKS - 1) / RETIRE_TICKS;
	uint32_t end = t->slots - r->at < slice ? t->slots : r->at + slice;

	for (unsigned share = 0; share < SHARES_A_TICK && r->at < end; share++) {
		while (r->at < end && r->n < SHARE)
			look_at(r, r->at++, now_ns);
		remove_share(r);
	}
	if (r->at == t->slots)
		r->at = 0;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct retire *r = arg;

	(void)fd;
	(void)what;
	retire_sweep(r, clock_now_ns(&r->live->clock));
}

struct retire *retire_create(struct live *l, FILE *errors)
{
	struct retire *r = calloc(1, sizeof(*r));
	struct timeval tick = {.tv_usec = RETIRE_TICK_MS * 1000};

	if (r) {
		r->live = l;
		r->told = calloc(l->sas->slots / WORD + 1, sizeof(*r->told));
		r->tick = event_new(l->events, -1, EV_PERSIST, on_tick, r);
		if (r->told && r->tick && event_add(r->tick, &tick) == 0)
			return r;
	}
	fprintf(errors, "expiry of keys: out of memory\n");
	retire_destroy(r);
	return NULL;
}

void retire_destroy(struct retire *r)
{
	if (!r)
		return;
	if (r->tick)
		event_free(r->tick);
	free(r->told);
	free(r);
}
