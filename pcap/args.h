/* What the subcommands' option parsing shares. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { EXIT_USAGE = 2 };

/* Writes "iwf-pcap CMD: what (try --help)" to stderr and returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int args_fail(const char *cmd, const char *what, ...);

/* Reads a decimal number from min to max, nothing around it. */
bool args_uint(const char *s, uint64_t min, uint64_t max, uint64_t *value);
