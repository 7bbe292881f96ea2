#include "dataplane/arp.h"

static bool well_formed(const struct arp_packet *a)
{
	return be16_get(a->hardware) == ARP_ETHERNET && be16_get(a->protocol) == ETH_IPV4 &&
	       a->hardware_len == sizeof(a->sender_mac) && a->protocol_len == sizeof(a->sender) &&
	       station_one_mac(a->sender_mac);
}

static struct endpoint address_of(const uint8_t addr[4])
{
	struct endpoint e = {.family = 4};

	memcpy(e.addr, addr, 4);
	return e;
}

/* Whether an answer names us as who asked. */
static bool answers_us(const struct config_side *s, const struct arp_packet *a)
{
	return station_ipv4(s, a->target) && station_mac(s, a->target_mac);
}

/* What somebody else says who has an address; RFC 826, "Packet Reception". */
static enum heard_kind kind_of(const struct config_side *s, const struct arp_packet *a,
			       struct heard *h)
{
	static const uint8_t none[4];
	uint16_t op = be16_get(a->op);
	bool probe = memcmp(a->sender, none, sizeof(none)) == 0; /* lint-ok: public; RFC 5227 1.1 */

	if (station_ipv4(s, a->sender))
		return HEARD_CLAIM;
	if (!probe && !station_one_host4(a->sender))
		return HEARD_BAD;
	if (!probe)
		h->who = address_of(a->sender);
	if (op == ARP_REQUEST && station_ipv4(s, a->target))
		return HEARD_QUESTION;
	if (probe)
		return HEARD_NOTHING;
	h->solicited = op == ARP_REPLY && answers_us(s, a);
	/* What others ask others is not for us; an announcement is (RFC 5227 2.3, 3). */
	return op == ARP_REPLY || memcmp(a->sender, a->target, 4) == 0 /* lint-ok: public */
		       ? HEARD_ANSWER
		       : HEARD_NOTHING;
}

struct heard arp_read(const struct config_side *s, const uint8_t *p, size_t n)
{
	const struct arp_packet *a = (const struct arp_packet *)p;
	struct heard h = {.kind = HEARD_BAD};

	if (n < sizeof(*a) || !well_formed(a))
		return h;
	h.kind = HEARD_NOTHING;
	if (s->ipv4.family == 0 || station_mac(s, a->sender_mac) ||
	    (be16_get(a->op) != ARP_REQUEST && be16_get(a->op) != ARP_REPLY))
		return h;
	memcpy(h.mac, a->sender_mac, sizeof(h.mac));
	h.told = true;
	h.ours = address_of(s->ipv4.addr);
	h.kind = kind_of(s, a, &h);
	return h;
}

static size_t write_frame(const struct config_side *s, uint16_t op, const uint8_t *link_dst,
			  const uint8_t target_mac[6], const uint8_t target[4], uint8_t *out)
{
	size_t head = station_write(s, link_dst, ETH_ARP, out);
	struct arp_packet *a = (struct arp_packet *)(out + head);

	*a = (struct arp_packet){
		.hardware = be16_of(ARP_ETHERNET),
		.protocol = be16_of(ETH_IPV4),
		.hardware_len = sizeof(a->sender_mac),
		.protocol_len = sizeof(a->sender),
		.op = be16_of(op),
	};
	memcpy(a->sender_mac, s->mac, sizeof(a->sender_mac));
	memcpy(a->sender, s->ipv4.addr, sizeof(a->sender));
	memcpy(a->target_mac, target_mac, sizeof(a->target_mac));
	memcpy(a->target, target, sizeof(a->target));
	return head + sizeof(*a);
}

static const uint8_t unknown[6];

size_t arp_answer(const struct config_side *s, const struct heard *question, uint8_t *out)
{
	return write_frame(s, ARP_REPLY, question->mac, question->mac, question->who.addr, out);
}

size_t arp_ask(const struct config_side *s, const struct endpoint *who, const uint8_t *mac,
	       uint8_t *out)
{
	return write_frame(s, ARP_REQUEST, mac ? mac : station_everyone, unknown, who->addr, out);
}

size_t arp_announce(const struct config_side *s, uint8_t *out)
{
	return write_frame(s, ARP_REQUEST, station_everyone, unknown, s->ipv4.addr, out);
}
