#include "pcap/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	if (stat(a, &x) == 0 && stat(b, &y) == 0)
		return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
	return strcmp(a, b) == 0; /* neither is there yet */
}

int files_check(const struct file_use *use, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++) {
			if (i == k || !use[i].written || !use[i].path || !use[k].path ||
			    (use[k].written && k > i) || !same_file(use[i].path, use[k].path))
				continue;
			fprintf(stderr, "%s: %s would overwrite what %s names\n", use[i].path,
				use[i].option, use[k].option);
			return -EEXIST;
		}
	}
	return 0;
}

void files_remove(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
		unlink(path);
}
