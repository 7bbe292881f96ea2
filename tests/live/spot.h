/* A UDP socket in a network namespace: where a device or an SCEF stands. */
#pragma once

#include "config/endpoint.h"

#include <stdint.h>

struct spot {
	int fd;
	struct endpoint at;
};

/*
 * Moves the calling thread into the namespace /run/netns/NAME (empty: stays where it is): sockets
 * made from now on live there. Returns 0 or -errno.
 */
int spot_enter(const char *name);

/*
 * Opens one at that address; port 0: the kernel's choice, written back. A multicast address is
 * joined on the interface that has `via`. Returns 0 or -errno.
 */
int spot_open(struct spot *s, const struct endpoint *at, const struct endpoint *via);

/* Sends one datagram. Returns 0 or -errno: then it has not left. */
int spot_send(const struct spot *s, const struct endpoint *to, const void *p, size_t n);

/* Takes one datagram that is there. Returns its length, or -errno (-EAGAIN: none). */
int spot_receive(const struct spot *s, struct endpoint *from, void *p, size_t room);
