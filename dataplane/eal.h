/* Starting DPDK's environment. */
#pragma once

#include <stddef.h>

/*
 * Starts EAL for work without ports, hugepages, root or files left behind: lcore 0 is the caller,
 * lcores 1 to `workers` float over the CPUs that this process may use, `octets` of memory can be
 * allocated. EAL's own messages are hidden below errors. Returns 0 or -errno. Main thread, once.
 */
int eal_start_offline(unsigned workers, size_t octets);
