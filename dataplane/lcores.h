/* Which CPUs carry packets, and which are left for the main thread. */
#pragma once

#include "config/config.h"

#include <sched.h>
#include <stdio.h>

enum { CPUS_TEXT = 4096 }; /* any set of CPUs as text */

struct lcores {
	unsigned workers;
	uint16_t worker[CONFIG_WORKERS_MAX]; /* CPU of each */
	cpu_set_t main;                      /* the main thread floats over these */
	bool shared;                         /* some CPU has more to do than one worker */
};

/*
 * Chooses among the CPUs that the process may use: what `cores` of the configuration says, else the
 * last ones for the workers and the rest for the main thread. Returns 0, or -EINVAL after a line on
 * `errors`. Any thread.
 */
int lcores_choose(const struct config *c, const cpu_set_t *allowed, struct lcores *l, FILE *errors);

/* The set of the CPUs that workers run on. */
void lcores_workers(const struct lcores *l, cpu_set_t *set);

/* Writes a set as `0-3,8`; returns out. */
const char *lcores_text(const cpu_set_t *set, char out[CPUS_TEXT]);
