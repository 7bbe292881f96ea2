/* What arrives from the gateway, and whether it may. */
#include "crypto/kdf.h"
#include "dataplane/clock.h"
#include "pcap/core.h"
#include "tests/live/play.h"

#include <stdlib.h>

enum {
	OVERTAKE_NS = 100 * 1000 * 1000,
	RECEIVE_MAX = 256 /* datagrams of one socket in a row */
};

/* A removal holds for what is sent from then on (sdt.md 6). */
static void judge_payload(struct play *p, const struct player *at, const struct sent *s,
			  uint8_t bearer)
{
	const struct player *meant = &p->player[s->sa];

	if (bearer != s->bearer || strcmp(meant->row.identity, at->row.identity) != 0)
		record_break(&p->record, BROKEN_MISLED, "key id %u, bearer %u, identity %s",
			     at->row.key_id, bearer, at->row.identity);
	if (s->at_ns > at->gone_ns)
		record_break(&p->record, BROKEN_GONE, "key id %u", at->row.key_id);
}

/* What a payload that arrived on this side cannot have been sent as. */
static struct sent *arrive(struct play *p, const uint8_t *payload, size_t len, bool up)
{
	struct sent *s = record_arrive(&p->record, payload, len, p->now_ns);

	if (s && up != (s->way == UP_DATA || s->way == UP_RESUME)) {
		record_break(&p->record, BROKEN_MISLED, "on the side it came from");
		return NULL;
	}
	return s;
}

static void take_payload(struct play *p, struct player *who, const struct message *m,
			 const uint8_t *msg)
{
	struct sent *s = arrive(p, msg + m->head, m->len, false);

	if (!s)
		return;
	who->down++;
	p->last_down = (uint32_t)(who - p->player);
	judge_payload(p, who, s, m->bearer);
}

/* sdt.md 4: COUNT rises by one for each message, so on one path it never falls. */
static void take_data(struct play *p, struct player *who, const struct message *m, uint8_t *msg)
{
	bool rises = !who->d.down.any || m->count > who->d.down.top;
	enum verdict v = device_open(&who->d, m, msg, NULL);

	if (v == VERDICT_OPENED)
		take_payload(p, who, m, msg);
	if (v == VERDICT_REPLAYED || v == VERDICT_TOO_OLD ||
	    (v == VERDICT_OPENED && !rises && p->now_ns - who->moved_ns > OVERTAKE_NS))
		record_break(&p->record, BROKEN_REPEATED, "key id %u, epoch %u, COUNT %u",
			     m->key_id, m->epoch, m->count);
	else if (v != VERDICT_OPENED)
		record_break(&p->record, BROKEN_WRONG, "DATA, key id %u, epoch %u, COUNT %u: %s",
			     m->key_id, m->epoch, m->count, verdict_text(v));
}

/*
 * sdt.md 5: DATA of the epoch that a RESUME began may come before its RESUMED: a death of the
 * gateway between the two makes it so.
 */
static bool keep_early(struct player *who, const struct message *m, const uint8_t *msg, size_t n)
{
	struct octets *o;

	if (!who->waiting || m->epoch != (uint8_t)who->asked.n ||
	    m->epoch == (uint8_t)who->d.epoch.n)
		return false;
	if (!who->early)
		who->early = calloc(PLAY_EARLY, sizeof(*who->early));
	if (!who->early || who->n_early == PLAY_EARLY)
		return true; /* counts as lost */
	o = &who->early[who->n_early++];
	o->len = (uint16_t)n;
	memcpy(o->p, msg, n);
	return true;
}

static void take_early(struct play *p, struct player *who)
{
	for (unsigned i = 0; i < who->n_early; i++) {
		struct octets *o = &who->early[i];
		struct message m;

		if (message_read(&m, DOWNLINK, o->p, o->len) == VERDICT_OPENED)
			take_data(p, who, &m, o->p);
	}
	who->n_early = 0;
}

static uint64_t digest(const uint8_t *msg, size_t n)
{
	static const uint8_t no_key[1];
	uint8_t out[KDF_OUT];
	uint64_t d;

	hmac_sha256(no_key, 0, msg, n, out);
	memcpy(&d, out, sizeof(d));
	return d | 1;
}

static void take_resumed(struct play *p, struct player *who, const struct message *m, uint8_t *msg,
			 size_t n)
{
	uint64_t answer = digest(msg, n);
	bool again = !who->waiting;
	enum verdict v;

	if (!who->has_asked || m->count < who->asked.n)
		return; /* the answer to a repeat of an older RESUME */
	if (m->len > 0 && who->answer != 0 && who->answer != answer)
		record_break(&p->record, BROKEN_TWO_ANSWERS, "key id %u, Count %u", m->key_id,
			     m->count);
	v = device_open(&who->d, m, msg, &who->asked);
	if (v != VERDICT_OPENED) {
		record_break(&p->record, BROKEN_WRONG, "RESUMED, key id %u, Count %u: %s",
			     m->key_id, m->count, verdict_text(v));
		return;
	}
	if (m->len > 0 && who->answer == 0) {
		who->answer = answer;
		take_payload(p, who, m, msg);
	}
	if (again)
		return;
	who->waiting = false;
	who->heard = true;
	who->epoch_ns = p->now_ns;
	p->resumed++;
	take_early(p, who);
}

static void take_sync(struct play *p, struct player *who, const struct message *m, uint8_t *msg)
{
	enum verdict v;

	if (!who->waiting)
		return;
	v = device_open(&who->d, m, msg, &who->asked);
	if (v == VERDICT_RESUME_UNSEEN)
		return; /* answers an older RESUME */
	if (v != VERDICT_OPENED) {
		record_break(&p->record, BROKEN_WRONG, "SYNC, key id %u, Count %u: %s", m->key_id,
			     m->count, verdict_text(v));
		return;
	}
	p->synced++;
	who->waiting = false;
	who->n_early = 0;
	play_resume(p, who);
}

static void take_message(struct play *p, uint8_t *msg, size_t n)
{
	struct message m;
	enum verdict v = message_read(&m, DOWNLINK, msg, n);
	struct player *who = v == VERDICT_OPENED ? play_find(p, m.key_id) : NULL;

	if (!who) {
		record_break(&p->record, BROKEN_WRONG, "to a device: %s, key id %u",
			     v == VERDICT_OPENED ? "no SA of ours" : verdict_text(v), m.key_id);
		return;
	}
	if (m.type == SDT_RESUMED)
		take_resumed(p, who, &m, msg, n);
	else if (m.type == SDT_SYNC)
		take_sync(p, who, &m, msg);
	else if (!keep_early(who, &m, msg, n))
		take_data(p, who, &m, msg);
}

static const struct endpoint *scef_of(const struct config *c, unsigned bearer)
{
	return c->scef.endpoint[bearer].family ? &c->scef.endpoint[bearer] : &c->scef.fallback;
}

static void take_mo(struct play *p, const struct core *c, const struct endpoint *at)
{
	struct player *who = play_find(p, c->key_id);
	struct sent *s = arrive(p, c->payload, c->len, true);
	char imsi[IMSI_MAX + 1];

	if (!who || !s) {
		if (!who)
			record_break(&p->record, BROKEN_MISLED, "MO data of key id %u", c->key_id);
		return;
	}
	imsi_from_tbcd(c->imsi, imsi);
	judge_payload(p, who, s, c->bearer);
	if (&p->player[s->sa] != who || strcmp(imsi, who->row.identity) != 0 ||
	    c->early != (s->way == UP_RESUME) ||
	    !endpoint_equal(at, scef_of(&p->config, c->bearer)))
		record_break(&p->record, BROKEN_MISLED, "MO data of key id %u, IMSI %s", c->key_id,
			     imsi);
	if (s->epoch < who->d.epoch.n && s->again_ns > who->epoch_ns)
		record_break(&p->record, BROKEN_STALE, "key id %u, epoch %u", c->key_id, s->epoch);
	who->heard = true;
	who->up++;
}

static void take_frame(struct play *p, const uint8_t *frame, size_t n, const struct endpoint *at)
{
	struct core c;

	if (core_read(&c, frame, n) != VERDICT_OPENED || c.type == CORE_MT ||
	    c.type == CORE_MT_GROUP)
		record_break(&p->record, BROKEN_WRONG, "to the SCEF: %s", core_type_name(c.type));
	else if (c.type == CORE_REFUSED)
		p->record.refused[c.reason]++;
	else
		take_mo(p, &c, at);
}

static bool from_gateway(struct play *p, const struct endpoint *from,
			 const struct config_side *side)
{
	struct endpoint want = from->family == 4 ? side->ipv4 : side->ipv6;
	char text[ENDPOINT_TEXT];

	want.port = side->udp_port;
	if (endpoint_equal(from, &want))
		return true;
	record_break(&p->record, BROKEN_STRANGER, "%s", endpoint_write(from, text));
	return false;
}

static unsigned drain(struct play *p, const struct spot *s, bool access)
{
	const struct config_side *side = access ? &p->config.access : &p->config.core;
	uint8_t octets[UINT16_MAX];
	struct endpoint from;
	unsigned taken = 0;
	int n;

	while (taken < RECEIVE_MAX && (n = spot_receive(s, &from, octets, sizeof(octets))) >= 0) {
		taken++;
		p->now_ns = clock_monotonic_ns();
		if (!from_gateway(p, &from, side))
			continue;
		if (access)
			take_message(p, octets, (size_t)n);
		else
			take_frame(p, octets, (size_t)n, &s->at);
	}
	return taken;
}

unsigned play_receive(struct play *p)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < p->n_core; i++)
		taken += drain(p, &p->core[i], false);
	for (unsigned i = 0; i < p->n_access; i++)
		taken += drain(p, &p->access[i], true);
	return taken;
}
