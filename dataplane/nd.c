#include "dataplane/nd.h"

#include "dataplane/encap.h"

static const uint8_t unspecified[16];

static bool same(const uint8_t a[16], const uint8_t b[16])
{
	return memcmp(a, b, 16) == 0; /* lint-ok: public */
}

static struct endpoint address_of(const uint8_t addr[16])
{
	struct endpoint e = {.family = 6};

	memcpy(e.addr, addr, sizeof(e.addr));
	return e;
}

/* RFC 4861 7.1.1, 7.1.2: what every message of neighbour discovery must be. */
static bool well_formed(const struct ipv6_hdr *ip, size_t n)
{
	const struct nd_message *m = (const struct nd_message *)(ip + 1);
	uint64_t sum;
	size_t len;

	if (n < sizeof(*ip) + sizeof(*m) || ip->version_class_flow.b[0] >> 4 != 6)
		return false;
	len = be16_get(ip->payload_len);
	if (len < sizeof(*m) || len > n - sizeof(*ip))
		return false;
	if (ip->next != IP_ICMPV6 || ip->hop_limit != ND_HOP_LIMIT || m->icmp.code != 0)
		return false;
	sum = inet_pseudo(ip->src, ip->dst, 16, IP_ICMPV6, (uint32_t)len);
	return be16_get(inet_fold(inet_add(sum, m, len))) == 0;
}

/* The address in the option of that type, NULL in *mac: none. False: malformed (RFC 4861 4.6). */
static bool find_option(const uint8_t *p, size_t n, unsigned type, const uint8_t **mac)
{
	*mac = NULL;
	while (n > 0) {
		const struct nd_option *o = (const struct nd_option *)p;
		size_t len;

		if (n < ND_UNIT || o->units == 0 || o->units * (size_t)ND_UNIT > n)
			return false;
		len = o->units * (size_t)ND_UNIT;
		if (o->type == type) {
			if (o->units != 1 || !station_one_mac(o->mac))
				return false;
			*mac = o->mac;
		}
		p += len;
		n -= len;
	}
	return true;
}

/* Whether a solicitation without a source address is one (RFC 4861 7.1.1). */
static bool right_probe(const struct ipv6_hdr *ip, const struct nd_message *m, const uint8_t *mac)
{
	uint8_t group[16];

	station_solicited_group(m->target, group);
	return !mac && same(ip->dst, group);
}

static enum heard_kind read_solicitation(const struct config_side *s, const struct ipv6_hdr *ip,
					 const struct nd_message *m, struct heard *h)
{
	if (same(ip->src, unspecified)) {
		if (!right_probe(ip, m, h->told ? h->mac : NULL))
			return HEARD_BAD;
	} else if (station_ipv6_any(s, ip->src)) {
		return HEARD_CLAIM;
	} else if (!station_one_host6(ip->src)) {
		return HEARD_BAD;
	} else {
		h->who = address_of(ip->src);
	}
	h->ours = address_of(m->target);
	return station_ipv6_any(s, m->target) ? HEARD_QUESTION : HEARD_NOTHING;
}

static enum heard_kind read_advertisement(const struct config_side *s, const struct ipv6_hdr *ip,
					  const struct nd_message *m, struct heard *h)
{
	h->solicited = be32_get(m->flags) & ND_SOLICITED;
	if (!station_one_host6(ip->src) || (h->solicited && ip->dst[0] == 0xff))
		return HEARD_BAD; /* RFC 4861 7.1.2 */
	if (station_ipv6_any(s, m->target))
		return HEARD_CLAIM;
	h->who = address_of(m->target);
	return HEARD_ANSWER;
}

struct heard nd_read(const struct config_side *s, const uint8_t link_src[6], const uint8_t *packet,
		     size_t n)
{
	const struct ipv6_hdr *ip = (const struct ipv6_hdr *)packet;
	const struct nd_message *m = (const struct nd_message *)(ip + 1);
	struct heard h = {.kind = HEARD_BAD};
	const uint8_t *mac;
	bool asks;

	if (n < sizeof(*ip) + sizeof(m->icmp))
		return h;
	asks = m->icmp.type == ND_SOLICITATION;
	if (!asks && m->icmp.type != ND_ADVERTISEMENT) {
		h.kind = HEARD_NOTHING;
		return h;
	}
	if (!well_formed(ip, n))
		return h;
	if (s->ipv6.family == 0) {
		h.kind = HEARD_NOTHING;
		return h;
	}
	if (!station_one_host6(m->target) ||
	    !find_option((const uint8_t *)(m + 1), be16_get(ip->payload_len) - sizeof(*m),
			 asks ? ND_SOURCE_MAC : ND_TARGET_MAC, &mac))
		return h;
	h.told = mac != NULL;
	memcpy(h.mac, mac ? mac : link_src, sizeof(h.mac));
	if (station_mac(s, h.mac))
		h.kind = HEARD_NOTHING; /* our own, back again */
	else
		h.kind = asks ? read_solicitation(s, ip, m, &h) : read_advertisement(s, ip, m, &h);
	return h;
}

struct letter {
	uint8_t type;   /* of the message */
	uint8_t option; /* that carries our Ethernet address */
	uint32_t flags;
	const uint8_t *link_dst; /* NULL: that of dst, which is a group */
	const uint8_t *src, *dst, *target;
};

static size_t write_frame(const struct config_side *s, const struct letter *l, uint8_t *out)
{
	struct endpoint dst = address_of(l->dst);
	struct ipv6_hdr *ip;
	struct nd_message *m;
	struct nd_option *o;
	uint16_t len = sizeof(*m) + sizeof(*o);
	uint8_t group[6];
	size_t head;

	encap_multicast(&dst, group);
	head = station_write(s, l->link_dst ? l->link_dst : group, ETH_IPV6, out);
	ip = (struct ipv6_hdr *)(out + head);
	m = (struct nd_message *)(ip + 1);
	o = (struct nd_option *)(m + 1);
	*ip = (struct ipv6_hdr){
		.version_class_flow = be32_of(UINT32_C(6) << 28),
		.payload_len = be16_of(len),
		.next = IP_ICMPV6,
		.hop_limit = ND_HOP_LIMIT,
	};
	memcpy(ip->src, l->src, sizeof(ip->src));
	memcpy(ip->dst, l->dst, sizeof(ip->dst));
	*m = (struct nd_message){.icmp.type = l->type, .flags = be32_of(l->flags)};
	memcpy(m->target, l->target, sizeof(m->target));
	*o = (struct nd_option){.type = l->option, .units = sizeof(*o) / ND_UNIT};
	memcpy(o->mac, s->mac, sizeof(o->mac));
	m->icmp.checksum =
		inet_fold(inet_add(inet_pseudo(ip->src, ip->dst, 16, IP_ICMPV6, len), m, len));
	return head + sizeof(*ip) + len;
}

size_t nd_answer(const struct config_side *s, const struct heard *question, uint8_t *out)
{
	bool probe = question->who.family == 0; /* RFC 4861 7.2.4: then to all, not solicited */
	const struct letter l = {
		.type = ND_ADVERTISEMENT,
		.option = ND_TARGET_MAC,
		.flags = ND_OVERRIDE | (probe ? 0 : ND_SOLICITED),
		.link_dst = probe ? NULL : question->mac,
		.src = question->ours.addr,
		.dst = probe ? station_all_nodes : question->who.addr,
		.target = question->ours.addr,
	};

	return write_frame(s, &l, out);
}

size_t nd_ask(const struct config_side *s, const struct endpoint *who, const uint8_t *mac,
	      uint8_t *out)
{
	bool link_local = who->addr[0] == 0xfe && (who->addr[1] & 0xc0) == 0x80;
	uint8_t group[16], own[16];
	const struct letter l = {
		.type = ND_SOLICITATION,
		.option = ND_SOURCE_MAC,
		.link_dst = mac,
		.src = link_local ? own : s->ipv6.addr,
		.dst = mac ? who->addr : group,
		.target = who->addr,
	};

	station_solicited_group(who->addr, group);
	station_link_local(s, own);
	return write_frame(s, &l, out);
}

size_t nd_announce(const struct config_side *s, uint8_t *out)
{
	const struct letter l = {
		.type = ND_ADVERTISEMENT,
		.option = ND_TARGET_MAC,
		.flags = ND_OVERRIDE,
		.src = s->ipv6.addr,
		.dst = station_all_nodes,
		.target = s->ipv6.addr,
	};

	return write_frame(s, &l, out);
}
