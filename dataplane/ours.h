/* Whose a frame on a live port is: a link carries what is for others, too. */
#pragma once

#include "config/config.h"
#include "dataplane/parse.h"

/*
 * What a frame whose form has fate `form` by parse_datagram is to the side that received it: that
 * fate; `not_ours`; or `to_host`, for ARP, and for ICMP and ICMPv6 to an address or group of ours.
 * d is as parse_datagram left it, all zero before. Pure; any thread.
 */
enum fate ours_judge(const struct config_side *s, const uint8_t *frame, enum fate form,
		     const struct datagram *d);
