/* Lists of CPUs as people write them: `2-3,5`. */
#pragma once

#include "config/config.h"

#include <stdint.h>

enum { CPU_MAX = 1023 }; /* the highest number */

/*
 * Reads a list of CPUs and ranges of them, without blanks, in the order in which they stand; a CPU
 * may stand there more than once. Returns how many, 0 for an empty text, or -EINVAL where it is no
 * such list, names a CPU above CPU_MAX or holds more than CONFIG_WORKERS_MAX.
 */
int cpus_read(const char *s, uint16_t cpu[CONFIG_WORKERS_MAX]);
