#include "dataplane/hugepages.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number in a file, or 0. */
static uint64_t read_count(const char *folder, const char *size, const char *name)
{
	char path[512], text[32];
	uint64_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, size, name);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fgets(text, sizeof(text), f))
		n = strtoull(text, NULL, 10);
	fclose(f);
	return n;
}

/* Of a folder's name, such as hugepages-2048kB; 0: it is another folder. */
static uint64_t page_octets(const char *name)
{
	static const char prefix[] = "hugepages-";
	char *end;
	uint64_t kib;

	if (strncmp(name, prefix, strlen(prefix)) != 0)
		return 0;
	kib = strtoull(name + strlen(prefix), &end, 10);
	return strcmp(end, "kB") == 0 ? kib << 10 : 0;
}

void hugepages_read(const char *folder, struct hugepages *h)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	*h = (struct hugepages){0};
	if (!d)
		return;
	while ((e = readdir(d))) {
		uint64_t page = page_octets(e->d_name);

		if (page == 0)
			continue;
		h->free_octets += read_count(folder, e->d_name, "free_hugepages") * page;
		h->total_octets += read_count(folder, e->d_name, "nr_hugepages") * page;
		if (h->page == 0 || page < h->page)
			h->page = page;
	}
	closedir(d);
}
