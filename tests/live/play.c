#include "tests/live/play.h"

#include "crypto/secret.h"
#include "dataplane/clock.h"
#include "pcap/core.h"

#include <stdlib.h>

enum { RETRY_NS = 200 * 1000 * 1000 };

static void *grown(void *p, size_t n, size_t size)
{
	p = reallocarray(p, n, size);
	if (!p) {
		fputs("live-peer: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

static uint32_t *place(const struct play *p, uint32_t key_id)
{
	uint32_t at = key_id * UINT32_C(0x9e3779b1) & p->mask;

	while (p->by_key[at] != 0 && p->player[p->by_key[at] - 1].row.key_id != key_id)
		at = (at + 1) & p->mask;
	return &p->by_key[at];
}

/* Rows hold keys: what moves is wiped where it was. */
static void grow(struct play *p)
{
	uint32_t room = p->room ? 2 * p->room : 64;
	struct player *moved = grown(NULL, room, sizeof(*moved));

	if (p->players > 0) {
		memcpy(moved, p->player, p->players * sizeof(*moved));
		secret_wipe(p->player, p->players * sizeof(*moved));
	}
	free(p->player);
	free(p->by_key);
	p->player = moved;
	p->room = room;
	p->mask = 4 * room - 1;
	p->by_key = grown(NULL, p->mask + 1, sizeof(*p->by_key));
	memset(p->by_key, 0, (p->mask + 1) * sizeof(*p->by_key));
	for (uint32_t i = 0; i < p->players; i++) {
		p->player[i].d.row = &p->player[i].row;
		*place(p, p->player[i].row.key_id) = i + 1;
	}
}

static uint32_t group_spot(const struct play *p, const struct endpoint *group)
{
	for (uint32_t i = p->n_single; i < p->n_access; i++) {
		if (endpoint_equal(&p->access[i].at, group))
			return i;
	}
	return p->n_single;
}

struct player *play_add(struct play *p, const struct sa_row *row)
{
	struct player *n;

	if (p->players == p->room)
		grow(p);
	n = &p->player[p->players];
	*n = (struct player){.row = *row, .gone_ns = UINT64_MAX};
	device_init(&n->d, &n->row);
	n->heard = row->group;
	n->spot = row->group ? group_spot(p, &row->address) : p->players % p->n_single;
	*place(p, row->key_id) = ++p->players;
	return n;
}

struct player *play_find(const struct play *p, uint32_t key_id)
{
	uint32_t at = *place(p, key_id);

	return at ? &p->player[at - 1] : NULL;
}

void play_free(struct play *p)
{
	for (uint32_t i = 0; i < p->players; i++) {
		device_wipe(&p->player[i].d);
		free(p->player[i].early);
	}
	if (p->players > 0)
		secret_wipe(p->player, p->players * sizeof(*p->player));
	free(p->player);
	free(p->by_key);
	free(p->kept);
	free(p->record.sent);
}

static size_t new_payload(struct play *p, const struct player *who, enum way way, uint8_t *out)
{
	struct sent s = {
		.at_ns = p->now_ns,
		.sa = (uint32_t)(who - p->player),
		.epoch = way == UP_RESUME ? who->d.n : who->d.epoch.n,
		.len = (uint16_t)(p->size_min + rng_below(&p->rng, p->size_max - p->size_min + 1)),
		.way = (uint8_t)way,
		.bearer = who->row.bearer,
	};

	record_payload(&p->record, record_send(&p->record, &s), out, s.len);
	return s.len;
}

/* To the gateway, out of that socket. */
static bool transmit(const struct spot *from, const struct config_side *side, const void *octets,
		     size_t n)
{
	struct endpoint to = from->at.family == 4 ? side->ipv4 : side->ipv6;

	to.port = side->udp_port;
	return spot_send(from, &to, octets, n) == 0;
}

static bool transmit_up(const struct play *p, uint32_t spot, const void *octets, size_t n)
{
	return transmit(&p->access[spot], &p->config.access, octets, n);
}

static void keep(struct play *p, const struct player *who, const uint8_t *msg, size_t n)
{
	uint64_t sent = p->record.count[UP_DATA] + p->record.count[UP_RESUME];
	struct kept *k;

	if (p->keep_every == 0 || sent % p->keep_every != 0)
		return;
	if (!p->kept)
		p->kept = grown(NULL, PLAY_KEPT, sizeof(*p->kept));
	k = &p->kept[p->kept_n++ % PLAY_KEPT];
	k->number = p->record.n - 1;
	k->spot = who->spot;
	k->message.len = (uint16_t)n;
	memcpy(k->message.p, msg, n);
}

bool play_up(struct play *p, struct player *from)
{
	uint8_t payload[SDT_PAYLOAD_MAX], msg[MESSAGE_MAX];
	size_t len;
	int n;

	if (from->waiting || !device_can_send(&from->d))
		return false;
	p->now_ns = clock_monotonic_ns();
	len = new_payload(p, from, UP_DATA, payload);
	n = device_data(&from->d, 0, payload, len, msg);
	if (n < 0)
		return false;
	keep(p, from, msg, (size_t)n);
	p->record.unsent += !transmit_up(p, from->spot, msg, (size_t)n);
	return true;
}

bool play_resume(struct play *p, struct player *from)
{
	uint8_t payload[SDT_PAYLOAD_MAX];
	size_t len;
	int n;

	if (from->waiting)
		return false;
	p->now_ns = clock_monotonic_ns();
	len = new_payload(p, from, UP_RESUME, payload);
	from->asked =
		(struct asked){.n = from->d.n, .capabilities = device_capabilities(&from->row)};
	rng_fill(&p->rng, from->asked.rand, RAND_LEN);
	n = device_resume(&from->d, &from->asked, 0, payload, len, from->resume.p);
	if (n < 0)
		return false;
	from->resume.len = (uint16_t)n;
	from->waiting = from->has_asked = true;
	from->answer = 0;
	from->again_ns = p->now_ns + RETRY_NS;
	keep(p, from, from->resume.p, from->resume.len);
	/* Not sent is as good as lost: play_retry sends it again. */
	transmit_up(p, from->spot, from->resume.p, from->resume.len);
	return true;
}

void play_retry(struct play *p)
{
	p->now_ns = clock_monotonic_ns();
	for (uint32_t i = 0; i < p->players; i++) {
		struct player *who = &p->player[i];

		if (!who->waiting || who->again_ns > p->now_ns)
			continue;
		who->again_ns = p->now_ns + RETRY_NS;
		transmit_up(p, who->spot, who->resume.p, who->resume.len);
	}
}

void play_down(struct play *p, struct player *to, bool hint, bool hold)
{
	uint8_t payload[SDT_PAYLOAD_MAX], frame[sizeof(struct core_hdr) + SDT_PAYLOAD_MAX];
	struct core c = {
		.type = to->row.group ? CORE_MT_GROUP : CORE_MT,
		.bearer = to->row.bearer,
		.hold = hold,
		.key_id = hint || to->row.group ? to->row.key_id : 0,
		.payload = payload,
	};

	p->now_ns = clock_monotonic_ns();
	if (!to->row.group)
		c.imsi = imsi_to_tbcd(to->row.identity, to->row.identity_len);
	c.len = new_payload(p, to, to->row.group ? DOWN_GROUP : DOWN_DATA, payload);
	p->record.unsent += !transmit(&p->core[rng_below(&p->rng, p->n_core)], &p->config.core,
				      frame, core_write(&c, frame));
}

void play_replay(struct play *p)
{
	uint64_t n = p->kept_n < PLAY_KEPT ? p->kept_n : PLAY_KEPT;

	p->now_ns = clock_monotonic_ns();
	for (uint64_t i = 0; i < n; i++) {
		const struct kept *k = &p->kept[i];

		p->record.sent[k->number].again_ns = p->now_ns;
		p->record.replayed += transmit_up(p, k->spot, k->message.p, k->message.len);
	}
}
