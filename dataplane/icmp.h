/*
 * Echo (RFC 792, RFC 4443 4.2): who asks one of our addresses by its name gets its payload back;
 * nobody is answered anything else. Pure functions; any thread.
 */
#pragma once

#include "dataplane/station.h"

/*
 * The answer to an IPv4 or IPv6 packet of n octets (more may follow: padding) that came from that
 * Ethernet address to that side, as a whole frame in `out`, which has room for STATION_LINK_HEAD
 * and n octets. Returns its length, 0 where the packet is no echo request, or -EBADMSG where it is
 * malformed or not for us alone.
 */
int icmp_answer4(const struct config_side *s, const uint8_t link_src[6], const uint8_t *packet,
		 size_t n, uint8_t *out);
int icmp_answer6(const struct config_side *s, const uint8_t link_src[6], const uint8_t *packet,
		 size_t n, uint8_t *out);
