/*
 * The running data plane on DPDK's telemetry socket: /mtciwf/stats, /mtciwf/worker, /mtciwf/sas,
 * /mtciwf/config, beside what DPDK itself serves there.
 */
#pragma once

#include "dataplane/live.h"

/*
 * Registers the commands; `l` must stay. From telemetry_stop on they answer that nothing runs.
 * Commands are answered in a thread of DPDK's that reads what the main thread and workers count and
 * tolerates stale values. Main thread.
 */
void telemetry_start(const struct live *l);
void telemetry_stop(void);
