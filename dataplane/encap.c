#include "dataplane/encap.h"

#include <string.h>

enum { TTL = 64 };

bool encap_multicast(const struct endpoint *dst, uint8_t mac[6])
{
	if (dst->family == 4 && dst->addr[0] >> 4 == 0xe) {
		const uint8_t m[6] = {0x01,         0x00,        0x5e, dst->addr[1] & 0x7f,
				      dst->addr[2], dst->addr[3]};

		memcpy(mac, m, sizeof(m));
		return true;
	}
	if (dst->family == 6 && dst->addr[0] == 0xff) {
		mac[0] = mac[1] = 0x33;
		memcpy(mac + 2, dst->addr + 12, 4);
		return true;
	}
	return false;
}

void encap_static_hop(const struct config_side *side, const struct endpoint *dst, uint8_t mac[6])
{
	if (!encap_multicast(dst, mac))
		memcpy(mac, side->next_hop_mac, sizeof(side->next_hop_mac));
}

static uint64_t write_ipv4(struct ipv4_hdr *ip, const uint8_t *src, const uint8_t *dst,
			   uint16_t udp_len)
{
	*ip = (struct ipv4_hdr){
		.version_ihl = 0x45,
		.total_len = be16_of((uint16_t)(sizeof(*ip) + udp_len)),
		.flags_offset =
			be16_of(IPV4_DF), /* never to be fragmented, so no id (RFC 6864 4.1) */
		.ttl = TTL,
		.proto = IP_UDP,
	};
	memcpy(ip->src, src, 4);
	memcpy(ip->dst, dst, 4);
	ip->checksum = inet_fold(inet_add(0, ip, sizeof(*ip)));
	return inet_pseudo(src, dst, 4, IP_UDP, udp_len);
}

static uint64_t write_ipv6(struct ipv6_hdr *ip, const uint8_t *src, const uint8_t *dst,
			   uint16_t udp_len)
{
	*ip = (struct ipv6_hdr){
		.version_class_flow = be32_of(UINT32_C(6) << 28),
		.payload_len = be16_of(udp_len),
		.next = IP_UDP,
		.hop_limit = TTL,
	};
	memcpy(ip->src, src, 16);
	memcpy(ip->dst, dst, 16);
	return inet_pseudo(src, dst, 16, IP_UDP, udp_len);
}

uint16_t encap_write(const struct config_side *side, const uint8_t next_hop[6],
		     const struct endpoint *dst, uint8_t *payload, uint16_t len)
{
	struct udp_hdr *udp = (struct udp_hdr *)payload - 1;
	uint16_t udp_len = (uint16_t)(sizeof(*udp) + len);
	struct eth_hdr *eth;
	uint8_t *start;
	uint16_t type;
	uint64_t sum;

	*udp = (struct udp_hdr){
		.src_port = be16_of(side->udp_port),
		.dst_port = be16_of(dst->port),
		.len = be16_of(udp_len),
	};
	if (dst->family == 4) {
		start = (uint8_t *)udp - sizeof(struct ipv4_hdr);
		sum = write_ipv4((struct ipv4_hdr *)start, side->ipv4.addr, dst->addr, udp_len);
		type = ETH_IPV4;
	} else {
		start = (uint8_t *)udp - sizeof(struct ipv6_hdr);
		sum = write_ipv6((struct ipv6_hdr *)start, side->ipv6.addr, dst->addr, udp_len);
		type = ETH_IPV6;
	}
	udp->checksum = inet_udp_fold(inet_add(sum, udp, udp_len));

	if (side->vlan) {
		struct vlan_hdr *vlan = (struct vlan_hdr *)(start - sizeof(*vlan));

		vlan->tci = be16_of(side->vlan);
		vlan->type = be16_of(type);
		start = (uint8_t *)vlan;
		type = ETH_VLAN;
	}
	eth = (struct eth_hdr *)(start - sizeof(*eth));
	memcpy(eth->dst, next_hop, sizeof(eth->dst));
	memcpy(eth->src, side->mac, sizeof(eth->src));
	eth->type = be16_of(type);
	return (uint16_t)(payload - (uint8_t *)eth);
}

void encap_source(const uint8_t *msg, uint8_t family, struct endpoint *src)
{
	const struct udp_hdr *udp = (const struct udp_hdr *)msg - 1;
	const uint8_t *udp_at = (const uint8_t *)udp;

	*src = (struct endpoint){.family = family, .port = be16_get(udp->src_port)};
	if (family == 4) {
		const struct ipv4_hdr *ip = (const struct ipv4_hdr *)(udp_at - sizeof(*ip));

		memcpy(src->addr, ip->src, sizeof(ip->src));
	} else {
		const struct ipv6_hdr *ip = (const struct ipv6_hdr *)(udp_at - sizeof(*ip));

		memcpy(src->addr, ip->src, sizeof(ip->src));
	}
}
