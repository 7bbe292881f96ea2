#include "pcap/packet.h"

#include "crypto/bytes.h"
#include "dataplane/api/inet.h"

#include <pcap/dlt.h>

enum {
	ETH_QINQ = 0x88a8, /* IEEE 802.1ad: the outer of two tags */
	VLAN_TAGS_MAX = 2,
	SLL_LEN = 16,  /* LINKTYPE_LINUX_SLL: the protocol is its last field */
	SLL2_LEN = 20, /* LINKTYPE_LINUX_SLL2: the protocol is its first field */
	TCP_LEN = 20,
};

bool packet_link_known(int link)
{
	static const int known[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW,
				    DLT_IPV4,   DLT_IPV6,      DLT_NULL,       DLT_LOOP};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (link == known[i])
			return true;
	}
	return false;
}

const char *packet_kind_text(enum packet_kind k)
{
	static const char *const text[PACKET_KIND_COUNT] = {
#define X(sym, words) [PACKET_##sym] = words,
		PACKET_KINDS(X)
#undef X
	};

	return k < PACKET_KIND_COUNT ? text[k] : "?";
}

/* Reads up to two VLAN tags behind an EtherType and returns the type behind them. */
static unsigned skip_tags(struct packet *p, struct rd *r, unsigned type)
{
	for (unsigned i = 0; i < VLAN_TAGS_MAX && (type == ETH_VLAN || type == ETH_QINQ); i++) {
		uint16_t tci = (uint16_t)rd_uint(r, 2);

		if (!p->tagged)
			p->vlan = tci & VLAN_ID;
		p->tagged = true;
		type = (unsigned)rd_uint(r, 2);
	}
	return type;
}

/*
 * LINKTYPE_NULL starts with an address family in the byte order of the capturing host, and the
 * families differ between systems: the IP version behind it says the same.
 */
static bool starts_ip(struct rd r)
{
	unsigned version = (unsigned)rd_uint(&r, 1) >> 4;

	return version == 4 || version == 6;
}

/* Moves r to the IP header; false where there is none. */
static bool skip_link(struct packet *p, struct rd *r, int link)
{
	unsigned type;

	switch (link) {
	case DLT_EN10MB:
		p->eth = rd_take(r, 2 * sizeof(((struct eth_hdr *)0)->src));
		type = skip_tags(p, r, (unsigned)rd_uint(r, 2));
		break;
	case DLT_LINUX_SLL:
		rd_take(r, SLL_LEN - 2);
		type = skip_tags(p, r, (unsigned)rd_uint(r, 2));
		break;
	case DLT_LINUX_SLL2:
		type = (unsigned)rd_uint(r, 2);
		rd_take(r, SLL2_LEN - 2);
		type = skip_tags(p, r, type);
		break;
	case DLT_NULL:
	case DLT_LOOP:
		rd_take(r, 4);
		return !r->bad && starts_ip(*r);
	default:
		return starts_ip(*r);
	}
	return !r->bad && (type == ETH_IPV4 || type == ETH_IPV6);
}

static struct endpoint address_of(uint8_t family, const uint8_t *addr)
{
	struct endpoint e = {.family = family};

	memcpy(e.addr, addr, family == 4 ? 4 : 16);
	return e;
}

/* Reads an IPv4 header; on success r holds exactly what it carries. */
static enum packet_kind read_ipv4(struct packet *p, struct rd *r, unsigned *proto)
{
	const struct ipv4_hdr *h = (const struct ipv4_hdr *)rd_take(r, sizeof(*h));
	size_t head, total;

	if (!h)
		return PACKET_BROKEN;
	head = (size_t)(h->version_ihl & 15) * 4;
	total = be16_get(h->total_len);
	if (head < sizeof(*h) || total < head || total - sizeof(*h) > r->left)
		return PACKET_BROKEN;
	r->left = total - sizeof(*h); /* what lies behind is the link's padding */
	rd_take(r, head - sizeof(*h));
	if (be16_get(h->flags_offset) & (IPV4_MF | IPV4_OFFSET))
		return PACKET_FRAGMENT;
	p->src = address_of(4, h->src);
	p->dst = address_of(4, h->dst);
	*proto = h->proto;
	return PACKET_OTHER;
}

/* RFC 8200 4: walks the extension headers; returns false where one is cut short. */
static bool skip_extensions(struct rd *r, unsigned *next)
{
	while (*next == IP_HOP_BY_HOP || *next == IP_ROUTING || *next == IP_DEST_OPTIONS ||
	       *next == IP_MOBILITY || *next == IP_AH) {
		unsigned type = *next;
		size_t len;

		*next = (unsigned)rd_uint(r, 1);
		len = (size_t)rd_uint(r, 1);
		/* RFC 4302 2.2: AH alone counts words of four octets, less two. */
		len = type == IP_AH ? (len + 2) * 4 : (len + 1) * 8;
		rd_take(r, len - 2);
		if (r->bad)
			return false;
	}
	return true;
}

static enum packet_kind read_ipv6(struct packet *p, struct rd *r, unsigned *proto)
{
	const struct ipv6_hdr *h = (const struct ipv6_hdr *)rd_take(r, sizeof(*h));

	if (!h || be16_get(h->payload_len) > r->left)
		return PACKET_BROKEN;
	r->left = be16_get(h->payload_len);
	*proto = h->next;
	if (!skip_extensions(r, proto))
		return PACKET_BROKEN;
	if (*proto == IP_FRAGMENT)
		return PACKET_FRAGMENT;
	p->src = address_of(6, h->src);
	p->dst = address_of(6, h->dst);
	return PACKET_OTHER;
}

static enum packet_kind read_udp(struct packet *p, struct rd *r)
{
	const struct udp_hdr *h = (const struct udp_hdr *)rd_take(r, sizeof(*h));

	if (!h || be16_get(h->len) < sizeof(*h) || be16_get(h->len) - sizeof(*h) > r->left)
		return PACKET_BROKEN;
	p->src.port = be16_get(h->src_port);
	p->dst.port = be16_get(h->dst_port);
	p->payload = r->p;
	p->len = be16_get(h->len) - sizeof(*h);
	return PACKET_UDP;
}

static enum packet_kind read_tcp(struct packet *p, struct rd *r)
{
	const uint8_t *h = rd_take(r, TCP_LEN);
	size_t head = h ? (size_t)(h[12] >> 4) * 4 : 0; /* RFC 9293 3.1: data offset */

	if (!h || head < TCP_LEN || !(rd_take(r, head - TCP_LEN)))
		return PACKET_BROKEN;
	p->src.port = (uint16_t)(h[0] << 8 | h[1]);
	p->dst.port = (uint16_t)(h[2] << 8 | h[3]);
	p->payload = r->p;
	p->len = r->left;
	return PACKET_TCP;
}

void packet_read(struct packet *p, int link, const uint8_t *data, size_t n)
{
	struct rd r = rd_of(data, n);
	unsigned proto = 0;

	*p = (struct packet){.kind = PACKET_NOT_IP};
	if (!skip_link(p, &r, link) || r.left == 0)
		return;
	switch (*r.p >> 4) {
	case 4:
		p->kind = read_ipv4(p, &r, &proto);
		break;
	case 6:
		p->kind = read_ipv6(p, &r, &proto);
		break;
	default:
		p->kind = PACKET_BROKEN;
	}
	if (p->kind != PACKET_OTHER)
		return;
	if (proto == IP_UDP)
		p->kind = read_udp(p, &r);
	else if (proto == IP_TCP)
		p->kind = read_tcp(p, &r);
}
