/*
 * IPv6 neighbour discovery (RFC 4861): solicitations and advertisements; all else of it is read and
 * left alone. Pure functions: octets to what they tell, and addresses to frames. Any thread.
 */
#pragma once

#include "dataplane/heard.h"
#include "dataplane/station.h"

enum {
	ND_FRAME = STATION_LINK_HEAD + sizeof(struct ipv6_hdr) + sizeof(struct nd_message) +
		   sizeof(struct nd_option) /* octets, at most */
};

/*
 * Reads an IPv6 packet of n octets (more may follow: padding) that carries ICMPv6 and came from
 * that Ethernet address to that side.
 */
struct heard nd_read(const struct config_side *s, const uint8_t link_src[6], const uint8_t *packet,
		     size_t n);

/*
 * Each writes a whole frame of at most ND_FRAME octets and returns its length: the answer to a
 * question, a question for `who` (sent to mac alone, or to its group where it is NULL), and an
 * advertisement of our own address to all. The side has an IPv6 address.
 */
size_t nd_answer(const struct config_side *s, const struct heard *question, uint8_t *out);
size_t nd_ask(const struct config_side *s, const struct endpoint *who, const uint8_t *mac,
	      uint8_t *out);
size_t nd_announce(const struct config_side *s, uint8_t *out);
