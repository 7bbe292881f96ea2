#include "pcap/shown.h"

#include "crypto/secret.h"

/* RESUMED and SYNC tell by themselves which way they went, where both ports are the gateway's. */
static unsigned direction_of(const struct packet *p, uint16_t port)
{
	unsigned type = p->len > 0 ? p->payload[0] & 15 : 0;

	if (p->dst.port == port && p->src.port == port)
		return type == SDT_RESUMED || type == SDT_SYNC ? DOWNLINK : UPLINK;
	return p->dst.port == port ? UPLINK : DOWNLINK;
}

void shown_read(struct shown *s, const struct captured *f, int link, uint16_t port,
		uint16_t core_port)
{
	const struct packet *p = &s->packet;

	*s = (struct shown){.frame = *f};
	packet_read(&s->packet, link, f->data, f->len);
	if (p->kind != PACKET_UDP)
		return;
	if (p->dst.port == port || p->src.port == port) {
		s->what = SHOWN_SDT;
		s->direction = direction_of(p, port);
		s->form = message_read(&s->m, s->direction, p->payload, p->len);
	} else if (p->dst.port == core_port || p->src.port == core_port) {
		s->what = SHOWN_CORE;
		s->form = core_read(&s->core, p->payload, p->len);
	}
}

/* DATA under the keys that the device has at the moment. */
static bool right_now(const struct shown *s, const struct device *d, uint8_t *copy)
{
	const struct epoch *e = &d->epoch;

	return d->derived && s->m.epoch == (uint8_t)e->n && s->m.eea == e->eea &&
	       s->m.eia == e->eia && data_open(e, s->direction, &s->m, copy);
}

/* DATA under the keys of that epoch, which stay with the device for the next one. */
static bool right_under(const struct shown *s, struct device *d, uint32_t n, const uint8_t *rand,
			uint8_t *copy)
{
	epoch_derive(&d->epoch, d->row, n, rand, s->m.eea, s->m.eia);
	d->derived = true;
	return data_open(&d->epoch, s->direction, &s->m, copy);
}

static enum shown_tag check_data(const struct shown *s, struct fleet *f, struct device *d,
				 uint8_t *copy)
{
	enum shown_tag tag = TAG_NO_KEY;
	const struct asked *asked;
	uint32_t at = 0;

	if (right_now(s, d, copy))
		return TAG_RIGHT;
	while ((asked = fleet_asked(f, d, &at))) {
		if ((uint8_t)asked->n != s->m.epoch)
			continue;
		tag = TAG_WRONG;
		if (right_under(s, d, asked->n, asked->rand, copy))
			return TAG_RIGHT;
	}
	if (s->m.epoch != 0)
		return tag;
	return right_under(s, d, 0, NULL, copy) ? TAG_RIGHT : TAG_WRONG;
}

static enum shown_tag check_resumed(const struct shown *s, const struct fleet *f,
				    const struct device *d, uint8_t *copy)
{
	enum shown_tag tag = TAG_NO_KEY;
	const struct asked *asked;
	uint32_t at = 0;

	while (tag != TAG_RIGHT && (asked = fleet_asked(f, d, &at))) {
		struct epoch e;

		if (asked->n != s->m.count)
			continue;
		epoch_derive(&e, d->row, asked->n, asked->rand, s->m.eea, s->m.eia);
		tag = resumed_open(&e, &s->m, asked->rand, copy) ? TAG_RIGHT : TAG_WRONG;
		secret_wipe(&e, sizeof(e));
	}
	return tag;
}

int shown_check(struct shown *s, struct fleet *f)
{
	uint8_t copy[MESSAGE_MAX];
	struct device *d;

	if (s->what != SHOWN_SDT || s->form != VERDICT_OPENED)
		return 0;
	d = fleet_find(f, s->m.key_id);
	if (!d) {
		s->tag = TAG_NO_KEY;
		return 0;
	}
	memcpy(copy, s->packet.payload, s->packet.len);
	switch (s->m.type) {
	case SDT_DATA:
		s->tag = check_data(s, f, d, copy);
		break;
	case SDT_RESUME:
		s->tag = resume_open(d->row, &s->m, copy) ? TAG_RIGHT : TAG_WRONG;
		break;
	case SDT_RESUMED:
		s->tag = check_resumed(s, f, d, copy);
		break;
	default:
		s->tag = sync_open(d->row, &s->m, copy) ? TAG_RIGHT : TAG_WRONG;
	}
	return s->m.type == SDT_RESUME && s->tag == TAG_RIGHT ? fleet_learn(f, d, &s->m) : 0;
}
