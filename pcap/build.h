/* Makes Ethernet/IP/UDP frames with right lengths and checksums. */
#pragma once

#include "pcap/route.h"

#include <stddef.h>
#include <stdint.h>

enum {
	BUILD_HEAD_MAX = 14 + 4 + 40 + 8, /* octets of headers: tagged, IPv6 */
	BUILD_PAYLOAD_MAX = 65535 - 20 - 8,
	BUILD_MAX = BUILD_HEAD_MAX + BUILD_PAYLOAD_MAX
};

/* Octets before the payload. */
size_t build_head_len(const struct route *r);

/* Writes a frame with n <= BUILD_PAYLOAD_MAX octets of payload and returns its length. */
size_t build_udp(const struct route *r, const void *payload, size_t n, uint8_t *out);
