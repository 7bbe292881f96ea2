/*
 * Headers of Ethernet, ARP, IPv4, IPv6, UDP, ICMP and neighbour discovery as structs of octets, and
 * the Internet checksum (RFC 1071).
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

enum { VLAN_ID = 0xfff };

/* ARP for IPv4 over Ethernet, as RFC 826 calls the fields. */
struct arp_packet {
	be16 hardware; /* ARP_ETHERNET */
	be16 protocol; /* ETH_IPV4 */
	uint8_t hardware_len, protocol_len;
	be16 op;
	uint8_t sender_mac[6], sender[4];
	uint8_t target_mac[6], target[4];
};

enum { ARP_ETHERNET = 1, ARP_REQUEST = 1, ARP_REPLY = 2 };

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

struct icmp_hdr { /* RFC 792, RFC 4443 2.1 */
	uint8_t type, code;
	be16 checksum; /* ICMPv6: with the pseudo header */
};

enum { ICMP_ECHO_REPLY = 0, ICMP_ECHO = 8, ICMPV6_ECHO = 128, ICMPV6_ECHO_REPLY = 129 };

/* Neighbour solicitation and advertisement (RFC 4861 4.3, 4.4); options follow. */
struct nd_message {
	struct icmp_hdr icmp;
	be32 flags; /* advertisement only */
	uint8_t target[16];
};

enum {
	ND_ROUTER_SOLICITATION = 133, /* the first of neighbour discovery's types */
	ND_SOLICITATION = 135,
	ND_ADVERTISEMENT = 136,
	ND_REDIRECT = 137, /* the last */
	ND_HOP_LIMIT = 255
};

#define ND_SOLICITED (UINT32_C(1) << 30)
#define ND_OVERRIDE  (UINT32_C(1) << 29)

struct nd_option { /* RFC 4861 4.6.1 */
	uint8_t type;
	uint8_t units; /* length of all of it, of 8 octets each */
	uint8_t mac[6];
};

enum { ND_SOURCE_MAC = 1, ND_TARGET_MAC = 2, ND_UNIT = 8 };

static_assert(sizeof(struct arp_packet) == 28, "RFC 826 for IPv4 over Ethernet");
static_assert(sizeof(struct nd_message) == 24 && sizeof(struct nd_option) == 8, "RFC 4861");
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
