/* A whole file in memory that is wiped when it goes: it may hold keys. */
#pragma once

#include <stddef.h>
#include <stdio.h>

struct slurp {
	char *text; /* not zero-terminated */
	size_t len;
	size_t room;
};

/*
 * Reads `path`, at most max octets. Returns 0, or -errno (-EFBIG: longer) after writing a line to
 * `errors`; nothing is then left to free.
 */
int slurp_file(const char *path, size_t max, struct slurp *s, FILE *errors);

void slurp_free(struct slurp *s);
