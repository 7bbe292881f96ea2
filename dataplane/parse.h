/*
 * From octets to a checked view, or to a fate: pure functions, one for each format, that look at
 * lengths before octets. What comes after them may trust what they found.
 */
#pragma once

#include "dataplane/api/fate.h"
#include "dataplane/api/inet.h"
#include "dataplane/api/wire.h"

/* A UDP datagram in an Ethernet frame; offsets count from the frame's first octet. */
struct datagram {
	uint8_t family; /* 4 or 6 */
	uint16_t ip;    /* offset of the IP header */
	uint16_t udp;   /* offset of the UDP header */
	uint16_t len;   /* of the UDP payload, octets; it may lie beyond `here` */
};

enum { PARSE_HERE = 256 }; /* octets of a long frame that must be contiguous */

/*
 * Finds the UDP payload for `port` in a frame of `total` octets, of which the first `here` are
 * contiguous (all of them, or at least PARSE_HERE). Returns FATE_ALIVE and fills d, or the fate by
 * the first eight rows of sdt.md 10. Any thread.
 */
enum fate parse_datagram(const uint8_t *frame, size_t here, size_t total, uint16_t port,
			 struct datagram *d);

/* What an access-side message is, once its form is right. */
struct sdt_view {
	enum sdt_type type; /* SDT_DATA or SDT_RESUME */
	uint16_t payload;   /* octets of ciphertext */
	uint8_t tag_len;
};

/*
 * Checks the form of an SDT message of len octets, of which the first PARSE_HERE (or all) are
 * contiguous: `runt` to `too_long` of sdt.md 10, access side. Returns FATE_ALIVE and fills v, or
 * the fate. Any thread.
 */
enum fate parse_sdt(const uint8_t *msg, size_t len, struct sdt_view *v);

/*
 * Checks the form of a core frame of len octets as far as it can be checked without the SA table:
 * FATE_ALIVE or FATE_BAD_FRAME. Any thread.
 */
enum fate parse_core(const uint8_t *msg, size_t len);
