#include "pcap/args.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int args_fail(const char *cmd, const char *what, ...)
{
	va_list ap;

	fprintf(stderr, "iwf-pcap %s: ", cmd);
	va_start(ap, what);
	vfprintf(stderr, what, ap);
	va_end(ap);
	fputs(" (try --help)\n", stderr);
	return EXIT_USAGE;
}

bool args_uint(const char *s, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;

	/* strtoull would take a sign and leading blanks. */
	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	*value = strtoull(s, &end, 10);
	return errno == 0 && *end == '\0' && *value >= min && *value <= max;
}
