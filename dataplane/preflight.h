/*
 * What stands in the way of a run, or makes it slower than it could be, found without touching
 * anything: each finding with the command that mends it. Main thread, before EAL starts.
 */
#pragma once

#include "config/config.h"

#include <stdbool.h>
#include <stdio.h>

enum level { FINE, COSTS, FAILS };

struct preflight {
	const struct config *config;
	FILE *out;
	bool all; /* what is fine too */
	unsigned found[FAILS + 1];
};

/* Looks at everything the configuration needs of this host, and writes a line for each finding. */
void preflight_look(struct preflight *p);

/* A finding. `mend`: what to do about it, or NULL. */
__attribute__((format(printf, 5, 6))) void preflight_found(struct preflight *p, enum level level,
							   const char *subject, const char *mend,
							   const char *fmt, ...);

/* preflight_ports.c: driver, interface, queues and rights of a side's port. */
void preflight_port(struct preflight *p, const char *side, const char *device);
