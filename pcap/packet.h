/* A frame of any capture taken apart: the UDP or TCP payload in it, and who sent it to whom. */
#pragma once

#include "config/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(symbol, for people) */
#define PACKET_KINDS(X)                                                                            \
	X(UDP, "UDP")                                                                              \
	X(TCP, "TCP")                                                                              \
	X(NOT_IP, "not IP")                                                                        \
	X(BROKEN, "malformed, or cut short by the capture's snap length")                          \
	X(FRAGMENT, "IP fragment")                                                                 \
	X(OTHER, "neither UDP nor TCP")

#define X(sym, text) PACKET_##sym,
enum packet_kind { PACKET_KINDS(X) PACKET_KIND_COUNT };
#undef X

struct packet {
	enum packet_kind kind;
	struct endpoint src, dst; /* UDP and TCP only */
	const uint8_t *payload;   /* a view into the frame; UDP and TCP only */
	size_t len;
	const uint8_t *eth; /* the Ethernet header, or NULL on another link type */
	bool tagged;        /* a VLAN tag follows it */
	uint16_t vlan;      /* the first tag's id */
};

/* Whether frames of this link type (libpcap's DLT_) can be taken apart. */
bool packet_link_known(int link);

/* Takes n octets of a known link type apart; every length is checked against n. */
void packet_read(struct packet *p, int link, const uint8_t *data, size_t n);

const char *packet_kind_text(enum packet_kind k);
