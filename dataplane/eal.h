/* Starting DPDK's environment. */
#pragma once

#include "config/config.h"
#include "dataplane/lcores.h"

#include <stddef.h>

/*
 * Starts EAL for work without ports, hugepages, root or files left behind: lcore 0 is the caller,
 * lcores 1 to `workers` float over the CPUs that this process may use, `octets` of memory can be
 * allocated. EAL's own messages are hidden below errors. Returns 0 or -errno. Main thread, once.
 */
int eal_start_offline(unsigned workers, size_t octets);

struct eal_live {
	const struct config *config;
	const struct lcores *lcores;
	size_t octets;  /* of memory that can be allocated */
	bool hugepages; /* from them, else ordinary memory */
	bool verbose;   /* EAL's messages go to stderr, else they are kept (eal_log.h) */
};

/*
 * Starts EAL for live ports: lcore 0 is the caller, lcores 1 on are the workers, each on its CPU.
 * Virtual devices are made later (ports.h); of PCI devices only those that the configuration names
 * are touched. Nothing is left behind by a process that is killed but a telemetry socket that the
 * next one replaces. Returns 0, or -errno after lines on stderr. Main thread, once.
 */
int eal_start_live(const struct eal_live *e);

/* Name of the folder that DPDK's telemetry finds this process under: the mapping's file name. */
enum { EAL_PREFIX_MAX = 64 };
const char *eal_prefix(const struct config *c, char out[EAL_PREFIX_MAX]);
