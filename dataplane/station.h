/* The gateway as a station on one of its links: which addresses are its own. Any thread. */
#pragma once

#include "config/config.h"
#include "dataplane/api/inet.h"

enum { STATION_LINK_HEAD = sizeof(struct eth_hdr) + sizeof(struct vlan_hdr) }; /* at most */

extern const uint8_t station_everyone[6];   /* the Ethernet broadcast address */
extern const uint8_t station_all_nodes[16]; /* ff02::1, RFC 4291 2.7.1 */

/* fe80:: and the Ethernet address as EUI-64 (RFC 4291 2.5.1): always there beside s->ipv6. */
void station_link_local(const struct config_side *s, uint8_t addr[16]);

/* ff02::1:ff00:0/104 and the last 24 bits of an address (RFC 4291 2.7.1). */
void station_solicited_group(const uint8_t addr[16], uint8_t group[16]);

/* Whether an address is our own: of the link, and those of the configuration. */
static inline bool station_mac(const struct config_side *s, const uint8_t mac[6])
{
	return memcmp(s->mac, mac, sizeof(s->mac)) == 0; /* lint-ok: public */
}

static inline bool station_ipv4(const struct config_side *s, const uint8_t addr[4])
{
	return s->ipv4.family != 0 && memcmp(s->ipv4.addr, addr, 4) == 0; /* lint-ok: public */
}

static inline bool station_ipv6(const struct config_side *s, const uint8_t addr[16])
{
	return s->ipv6.family != 0 && memcmp(s->ipv6.addr, addr, 16) == 0; /* lint-ok: public */
}

/* Our own IPv6 address or link-local one, and the groups that we are in (RFC 4291 2.8). */
bool station_ipv6_any(const struct config_side *s, const uint8_t addr[16]);
bool station_ipv6_group(const struct config_side *s, const uint8_t addr[16]);

/* Whether an address can be that of one host elsewhere (RFC 1122 3.2.1.3; RFC 4291 2.5.2, 2.5.3).
 */
static inline bool station_one_host4(const uint8_t addr[4])
{
	return addr[0] != 0 && addr[0] != 127 && addr[0] < 224;
}

static inline bool station_one_host6(const uint8_t addr[16])
{
	be64 half[2];

	memcpy(half, addr, sizeof(half));
	return addr[0] != 0xff && (be64_get(half[0]) != 0 || be64_get(half[1]) > 1);
}

/* Neither a group's, nor none. */
static inline bool station_one_mac(const uint8_t mac[6])
{
	return !(mac[0] & 1) && (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]) != 0;
}

/*
 * Writes the Ethernet header of a frame from us, with the side's VLAN tag, and returns its length:
 * at most STATION_LINK_HEAD.
 */
size_t station_write(const struct config_side *s, const uint8_t dst[6], uint16_t type,
		     uint8_t *out);
