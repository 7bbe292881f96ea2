/*
 * Every counter of the running data plane under its one name, for the key socket, DPDK telemetry
 * and the table at the end: "access.sent", "core.rx", "host.arp_requests", "keys.installed",
 * "sas.in_use".
 */
#pragma once

#include "dataplane/live.h"

#define STATS_SUM KEY_STATS_SUM

typedef void stats_visit(void *arg, const char *name, uint64_t value);

/*
 * Calls visit for each counter: of one worker its fates and tallies alone, of STATS_SUM the sums
 * over all workers, then what the main thread counts. Main thread; any thread for a worker's.
 */
void stats_each(const struct live *l, uint32_t worker, stats_visit *visit, void *arg);
