/*
 * What DPDK's environment and drivers say. Their lines are for developers, so the last of them are
 * kept, and shown where something fails. Main thread, but for DPDK's own threads that write.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* From here on lines are kept, or go to stderr at once. Before rte_eal_init. */
void eal_log_keep(bool verbose);

/* Forgets what is kept, so that what is shown later is about what comes now. */
void eal_log_forget(void);

/* Writes what is kept, indented. */
void eal_log_show(FILE *out);

/* From here on what is wrong goes to stderr; without keep(true) nothing less does. */
void eal_log_open(bool verbose);
