/* The one thing about pcapng that libpcap does not tell: how fine its time stamps are. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#define PCAPNG_MAGIC "\x0a\x0d\x0d\x0a" /* of the section header block, in any byte order */

/*
 * Whether any interface has a resolution (if_tsresol) finer than a microsecond. Reads from the
 * start of a file that can seek, and leaves it behind its first four octets. A file that is
 * malformed is not fine: reading it will say what is wrong.
 */
bool pcapng_is_nano(FILE *f);
