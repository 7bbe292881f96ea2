/* Ethernet, IP and UDP headers around what the gateway sends. */
#pragma once

#include "config/config.h"
#include "dataplane/api/inet.h"

enum {
	ENCAP_MAX = sizeof(struct eth_hdr) + sizeof(struct vlan_hdr) + sizeof(struct ipv6_hdr) +
		    sizeof(struct udp_hdr)
};

/*
 * Writes the headers of a datagram from `side` to dst, by way of the Ethernet address next_hop, in
 * the octets before `payload`, of which at least ENCAP_MAX must be writable, and returns how many
 * it took. Checksums cover payload[0..len). dst.family is 4 or 6; next_hop may lie anywhere but in
 * the octets before the payload. Any thread; no errors.
 */
uint16_t encap_write(const struct config_side *side, const uint8_t next_hop[6],
		     const struct endpoint *dst, uint8_t *payload, uint16_t len);

/* Writes the Ethernet address of a multicast address (RFC 1112 6.4, RFC 2464 7); false: none. */
bool encap_multicast(const struct endpoint *dst, uint8_t mac[6]);

/* The next hop where no neighbour is asked: a multicast address's own, or side->next_hop_mac. */
void encap_static_hop(const struct config_side *side, const struct endpoint *dst, uint8_t mac[6]);

/* Where the datagram whose UDP payload is at `msg` came from; family 4 or 6, no options. */
void encap_source(const uint8_t *msg, uint8_t family, struct endpoint *src);
