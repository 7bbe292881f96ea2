/* Learns from what devices sent: the RESUMEs that open the gateway's answers and later epochs. */
#pragma once

#include "pcap/fleet.h"

struct packet;

/*
 * Remembers the RESUME in a UDP payload, if it is one of a device of the fleet with a right tag.
 * Returns 0, or -ENOMEM.
 */
int learn_packet(struct fleet *f, const struct packet *p);

/* The same for a whole capture; errors as capture_open. Returns 0 or -errno. */
int learn_capture(struct fleet *f, const char *path, FILE *errors);
