/*
 * MT frames from the SCEF, decided in order (sdt.md 7): COUNTs are handed out one by one, then all
 * messages are protected in one call. Nothing here depends on a tag, so one pass is enough.
 */
#include "dataplane/downlink.h"

#include "dataplane/events.h"
#include "dataplane/held.h"
#include "dataplane/stages.h"

#define OPEN_AFTER_END_NS UINT64_C(30000000000) /* sdt.md 6: for the server's answer */

/* Whether a payload fits, with the longest headers that DATA or a RESUMED may bring it under. */
static bool fits(const struct worker *w, const struct frame *f, unsigned family, unsigned tag_len)
{
	return f->payload <= SDT_PAYLOAD_MAX &&
	       next_hop_fits(w, ACCESS, family, sizeof(struct sdt_hdr) + f->payload + tag_len);
}

static enum fate ask_downlink(struct worker *w, struct frame *f)
{
	const struct sa_table *t = w->set.sas;
	const struct sa_up *u = &t->up[f->slot];
	const struct sa_down *d = &t->down[f->slot];
	const struct sa_link *l = &t->link[f->slot];

	if (f->now_ns > l->expires_ns)
		return FATE_EXPIRED;
	if (u->flags & SA_CLOSED && f->now_ns >= d->closed_ns + OPEN_AFTER_END_NS)
		return FATE_CLOSED;
	if (l->family == 0)
		return FATE_NO_ADDRESS;
	if (!fits(w, f, l->family, sa_tag_len(u)))
		return FATE_TOO_LONG;
	if (d->count >= COUNT_USED_UP)
		return FATE_EXHAUSTED;
	return next_hop_to_device(w, f->slot, f->next_hop) ? FATE_SENT : FATE_NO_NEIGHBOUR;
}

struct crypt downlink_header(struct worker *w, const struct frame *f, uint8_t bearer,
			     uint8_t *payload, uint16_t len)
{
	struct sa_down *d = &w->set.sas->down[f->slot];
	struct sdt_hdr *h = (struct sdt_hdr *)payload - 1;
	uint8_t tag_len = sa_tag_len(&w->set.sas->up[f->slot]);
	bool rekey = d->flags & SA_DOWN_REKEY || d->count >= COUNT_REKEY_FROM;
	uint32_t count = d->count++;

	d->packets++;
	d->octets += len;
	if (rekey && count == COUNT_REKEY_FROM)
		event_tell(w, EVENT_COUNT_DOWN_HALF, f->slot, count, f->now_ns);

	*h = (struct sdt_hdr){
		.version_type = SDT_VERSION << 4 | SDT_DATA,
		.bearer_flags =
			(uint8_t)(bearer << SDT_BEARER_SHIFT | (tag_len == TAG_LONG ? SDT_T : 0) |
				  (rekey ? SDT_REKEY : 0)),
		.algs = d->algs,
		.epoch = d->epoch,
		.key_id = be32_of(f->key_id),
		.count = be32_of(count),
	};
	return (struct crypt){
		.at = (uint8_t *)h,
		.enc_key = d->enc_key,
		.int_key = d->int_key,
		.count = count,
		.aad_len = sizeof(*h),
		.len = len,
		.eea = d->algs >> 4,
		.eia = d->algs & 15,
		.tag_len = tag_len,
		.bearer = bearer,
		.direction = DOWNLINK,
	};
}

/* The core frame becomes DATA: its payload stays where it is. */
static struct crypt become_data(struct worker *w, struct frame *f)
{
	struct core_hdr *core = (struct core_hdr *)f->msg;
	struct crypt msg = downlink_header(w, f, core->bearer_flags >> CORE_BEARER_SHIFT,
					   (uint8_t *)(core + 1), f->payload);

	f->count = msg.count;
	f->known |= KNOWN_COUNT;
	f->msg = msg.at;
	f->len = crypt_octets(&msg);
	return msg;
}

/* sdt.md 5: what cannot go now may wait for the device's next RESUME. */
static enum fate hold_frame(struct worker *w, const struct frame *f, enum fate otherwise)
{
	const struct core_hdr *core = (const struct core_hdr *)f->msg;

	if (!(core->bearer_flags & CORE_HOLD) || !held_enabled(w->held))
		return otherwise;
	if (!fits(w, f, w->set.config->access.ipv6.family ? 6 : 4, TAG_LONG))
		return FATE_TOO_LONG;
	return held_keep(w->held, &w->set.sas->link[f->slot], f);
}

void downlink_burst(struct worker *w, struct burst *b)
{
	struct crypt msg[BURST_MAX];
	unsigned n = 0;

	for (uint16_t i = 0; i < b->n; i++) {
		struct frame *f = &b->frame[i];

		if (f->fate != FATE_ALIVE)
			continue;
		f->fate = (uint8_t)ask_downlink(w, f);
		if (f->fate == FATE_CLOSED || f->fate == FATE_NO_ADDRESS)
			f->fate = (uint8_t)hold_frame(w, f, (enum fate)f->fate);
		if (f->fate == FATE_SENT)
			msg[n++] = become_data(w, f);
	}
	batch_protect(w->crypto, msg, n);
}
