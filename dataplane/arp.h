/*
 * ARP (RFC 826) with its conflict rules for IPv4 (RFC 5227). Pure functions: octets to what they
 * tell, and addresses to frames. Any thread.
 */
#pragma once

#include "dataplane/heard.h"
#include "dataplane/station.h"

enum { ARP_FRAME = STATION_LINK_HEAD + sizeof(struct arp_packet) }; /* octets, at most */

/* Reads the n octets behind the Ethernet header as they came to that side. */
struct heard arp_read(const struct config_side *s, const uint8_t *p, size_t n);

/*
 * Each writes a whole frame of at most ARP_FRAME octets and returns its length: the answer to a
 * question, a question for `who` (sent to mac alone, or to all where it is NULL), and an
 * announcement of our own address (RFC 5227 2.3). The side has an IPv4 address.
 */
size_t arp_answer(const struct config_side *s, const struct heard *question, uint8_t *out);
size_t arp_ask(const struct config_side *s, const struct endpoint *who, const uint8_t *mac,
	       uint8_t *out);
size_t arp_announce(const struct config_side *s, uint8_t *out);
