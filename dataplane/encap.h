/* Ethernet, IP and UDP headers around what the gateway sends. */
#pragma once

#include "config/config.h"
#include "dataplane/api/inet.h"

enum {
	ENCAP_MAX = sizeof(struct eth_hdr) + sizeof(struct vlan_hdr) + sizeof(struct ipv6_hdr) +
		    sizeof(struct udp_hdr)
};

/*
 * Writes the headers of a datagram from `side` to dst in the octets before `payload`, of which at
 * least ENCAP_MAX must be writable, and returns how many it took. Checksums cover payload[0..len).
 * dst.family is 4 or 6. Any thread; no errors.
 */
uint16_t encap_write(const struct config_side *side, const struct endpoint *dst, uint8_t *payload,
		     uint16_t len);

/* Where the datagram whose UDP payload is at `msg` came from; family 4 or 6, no options. */
void encap_source(const uint8_t *msg, uint8_t family, struct endpoint *src);
