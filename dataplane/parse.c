#include "dataplane/parse.h"

static enum fate parse_ipv4(const uint8_t *p, size_t left, struct datagram *d, size_t *udp_room)
{
	const struct ipv4_hdr *ip = (const struct ipv4_hdr *)p;
	size_t header, total;

	if (left < sizeof(*ip) || ip->version_ihl >> 4 != 4)
		return FATE_BAD_IP;
	header = (size_t)(ip->version_ihl & 15) * 4;
	total = be16_get(ip->total_len);
	if (header < sizeof(*ip) || total < header || total > left)
		return FATE_BAD_IP;
	if (be16_get(inet_fold(inet_add(0, p, header))) != 0)
		return FATE_BAD_IP;
	if (header > sizeof(*ip))
		return FATE_IP_OPTIONS;
	if (be16_get(ip->flags_offset) & (IPV4_MF | IPV4_OFFSET))
		return FATE_FRAGMENT;
	if (ip->proto != IP_UDP)
		return FATE_NOT_UDP;
	d->family = 4;
	d->udp = (uint16_t)(d->ip + header);
	*udp_room = total - header;
	return FATE_ALIVE;
}

static enum fate parse_ipv6(const uint8_t *p, size_t left, struct datagram *d, size_t *udp_room)
{
	const struct ipv6_hdr *ip = (const struct ipv6_hdr *)p;

	if (left < sizeof(*ip) || ip->version_class_flow.b[0] >> 4 != 6)
		return FATE_BAD_IP;
	if (be16_get(ip->payload_len) > left - sizeof(*ip))
		return FATE_BAD_IP;

	switch (ip->next) {
	case IP_UDP:
		break;
	case IP_FRAGMENT:
		return FATE_FRAGMENT;
	case IP_HOP_BY_HOP:
	case IP_ROUTING:
	case IP_AH:
	case IP_DEST_OPTIONS:
	case IP_MOBILITY:
		return FATE_IP_OPTIONS;
	default:
		return FATE_NOT_UDP;
	}
	d->family = 6;
	d->udp = (uint16_t)(d->ip + sizeof(*ip));
	*udp_room = be16_get(ip->payload_len);
	return FATE_ALIVE;
}

enum fate parse_datagram(const uint8_t *frame, size_t here, size_t total, uint16_t port,
			 struct datagram *d)
{
	const struct eth_hdr *eth = (const struct eth_hdr *)frame;
	const struct udp_hdr *udp;
	size_t at = sizeof(*eth), udp_room = 0;
	uint16_t type;
	enum fate f;

	if (here < sizeof(*eth))
		return FATE_NOT_IP;
	type = be16_get(eth->type);
	if (type == ETH_VLAN) { /* one tag at most; a second one is not IP */
		const struct vlan_hdr *vlan = (const struct vlan_hdr *)(frame + at);

		at += sizeof(*vlan);
		if (here < at)
			return FATE_NOT_IP;
		type = be16_get(vlan->type);
	}
	d->ip = (uint16_t)at;
	if (type == ETH_IPV4)
		f = parse_ipv4(frame + at, total - at, d, &udp_room);
	else if (type == ETH_IPV6)
		f = parse_ipv6(frame + at, total - at, d, &udp_room);
	else
		return type == ETH_ARP ? FATE_TO_HOST : FATE_NOT_IP;
	if (f != FATE_ALIVE)
		return f;

	udp = (const struct udp_hdr *)(frame + d->udp);
	if (udp_room < sizeof(*udp))
		return FATE_BAD_UDP;
	if (be16_get(udp->len) < sizeof(*udp) || be16_get(udp->len) > udp_room)
		return FATE_BAD_UDP;
	if (be16_get(udp->dst_port) != port)
		return FATE_WRONG_PORT;
	d->len = (uint16_t)(be16_get(udp->len) - sizeof(*udp));
	return FATE_ALIVE;
}

enum fate parse_sdt(const uint8_t *msg, size_t len, struct sdt_view *v)
{
	const struct sdt_hdr *h = (const struct sdt_hdr *)msg;
	const struct sdt_resume *resume = (const struct sdt_resume *)(h + 1);
	bool long_tag;
	size_t around; /* the octets that are no payload */

	if (len < SDT_MIN)
		return FATE_RUNT;
	if (sdt_version(h) != SDT_VERSION)
		return FATE_BAD_VERSION;
	if (sdt_type(h) != SDT_DATA && sdt_type(h) != SDT_RESUME)
		return FATE_BAD_TYPE;

	long_tag = h->bearer_flags & SDT_T;
	if (h->bearer_flags & SDT_REKEY || h->algs >> 4 >= EEA_COUNT ||
	    (h->algs & 15) >= EIA_COUNT || (h->algs & 15) == EIA0 ||
	    (long_tag && (h->algs & 15) != EIA2))
		return FATE_BAD_RESERVED;

	v->type = (enum sdt_type)sdt_type(h);
	v->tag_len = long_tag || v->type == SDT_RESUME ? TAG_LONG : TAG_SHORT;
	around = v->type == SDT_RESUME ? SDT_RESUME_MIN : sizeof(*h) + v->tag_len;
	if (len < around)
		return FATE_RUNT;
	if (v->type == SDT_RESUME && resume->capabilities & CAP_RESERVED)
		return FATE_BAD_RESERVED;
	if (len - around > SDT_PAYLOAD_MAX)
		return FATE_TOO_LONG;
	v->payload = (uint16_t)(len - around);
	return FATE_ALIVE;
}

enum fate parse_core(const uint8_t *msg, size_t len)
{
	const struct core_hdr *h = (const struct core_hdr *)msg;
	uint8_t zero_bits = CORE_ZERO | CORE_EARLY;
	unsigned type;

	if (len < sizeof(*h) || h->version_type >> 4 != SDT_VERSION)
		return FATE_BAD_FRAME;
	type = h->version_type & 15;
	if (type != CORE_MT && type != CORE_MT_GROUP)
		return FATE_BAD_FRAME;
	if (type == CORE_MT_GROUP)
		zero_bits |= CORE_HOLD;
	if (h->bearer_flags & zero_bits || be16_get(h->reason) != 0)
		return FATE_BAD_FRAME;
	if (type == CORE_MT_GROUP)
		return be64_get(h->imsi) == 0 && be32_get(h->key_id) != 0 ? FATE_ALIVE
									  : FATE_BAD_FRAME;
	return imsi_tbcd_valid(h->imsi) ? FATE_ALIVE : FATE_BAD_FRAME;
}
