/* Who talks to whom in the captures that are made here: addresses, ports, VLAN. */
#pragma once

#include "config/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct packet;
struct sa_row;

struct route {
	uint8_t src_mac[6], dst_mac[6];
	uint16_t vlan;            /* 0: untagged */
	struct endpoint src, dst; /* of one family */
};

/* The row's address, or one made from the row's number, from 0 on. */
struct endpoint route_device(const struct sa_row *row, size_t number, bool ipv6);

/* Device to gateway and back; SCEF to gateway and back. `c` says where gateway and SCEF are. */
struct route route_up(const struct config *c, const struct endpoint *device);
struct route route_down(const struct config *c, const struct endpoint *device);
struct route route_mt(const struct config *c, unsigned bearer);
struct route route_mo(const struct config *c, unsigned bearer);

/* The way a packet went. */
struct route route_of(const struct packet *p);
