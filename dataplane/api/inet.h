/* Ethernet, IPv4, IPv6 and UDP headers as structs of octets, and the Internet checksum (RFC 1071).
 */
#pragma once

#include "crypto/bytes.h"

#include <assert.h>
#include <stddef.h>

struct eth_hdr {
	uint8_t dst[6];
	uint8_t src[6];
	be16 type;
};

struct vlan_hdr { /* behind a type of ETH_VLAN */
	be16 tci; /* VLAN id: the low 12 bits */
	be16 type;
};

enum { ETH_IPV4 = 0x0800, ETH_ARP = 0x0806, ETH_VLAN = 0x8100, ETH_IPV6 = 0x86dd };

struct ipv4_hdr {
	uint8_t version_ihl;
	uint8_t tos;
	be16 total_len;
	be16 id;
	be16 flags_offset; /* reserved, DF, MF, then 13 bits of offset */
	uint8_t ttl;
	uint8_t proto;
	be16 checksum;
	uint8_t src[4];
	uint8_t dst[4];
};

enum { IPV4_DF = 0x4000, IPV4_MF = 0x2000, IPV4_OFFSET = 0x1fff };

struct ipv6_hdr {
	be32 version_class_flow;
	be16 payload_len;
	uint8_t next;
	uint8_t hop_limit;
	uint8_t src[16];
	uint8_t dst[16];
};

enum {
	IP_HOP_BY_HOP = 0, /* IPv6 only, like those marked 6 */
	IP_ICMP = 1,
	IP_TCP = 6,
	IP_UDP = 17,
	IP_ROUTING = 43,  /* 6 */
	IP_FRAGMENT = 44, /* 6 */
	IP_AH = 51,       /* 6 */
	IP_ICMPV6 = 58,
	IP_DEST_OPTIONS = 60, /* 6 */
	IP_MOBILITY = 135     /* 6 */
};

struct udp_hdr {
	be16 src_port;
	be16 dst_port;
	be16 len; /* header and payload */
	be16 checksum;
};

static_assert(sizeof(struct eth_hdr) == 14 && sizeof(struct vlan_hdr) == 4, "IEEE 802.3, 802.1Q");
static_assert(sizeof(struct ipv4_hdr) == 20, "RFC 791 header without options");
static_assert(sizeof(struct ipv6_hdr) == 40, "RFC 8200 header");
static_assert(sizeof(struct udp_hdr) == 8, "RFC 768 header");

/*
 * Adds n octets to a running sum (start with 0). Every part but the last must have an even length.
 * inet_fold gives the checksum as it stands in a header; over data that holds a right checksum it
 * gives 0.
 */
uint64_t inet_add(uint64_t sum, const void *p, size_t n);
be16 inet_fold(uint64_t sum);

/* Running sum of the pseudo header (RFC 768, RFC 8200 8.1): addr_len 4 or 16, len in host order. */
uint64_t inet_pseudo(const uint8_t *src, const uint8_t *dst, size_t addr_len, uint8_t proto,
		     uint32_t len);

/* A computed UDP checksum of 0 is sent as all ones, since 0 means that there is none. */
static inline be16 inet_udp_fold(uint64_t sum)
{
	be16 c = inet_fold(sum);

	return be16_get(c) ? c : be16_of(0xffff);
}
