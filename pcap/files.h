/* The files that a command line names: none may be written that is read, or written twice. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct file_use {
	const char *option; /* that names it */
	const char *path;   /* NULL: not given */
	bool written;
};

/*
 * Returns 0, or -EEXIST after one line on stderr that names both options. Only regular files count:
 * a device or pipe may be written by several.
 */
int files_check(const struct file_use *use, size_t n);

/* Removes what could not be written to its end, if it is a regular file. */
void files_remove(const char *path);
