/*
 * The memory in which SAs lie: private, or a file on tmpfs or hugetlbfs that outlives the process
 * (sdt.md 6). A header, and behind it the lines of all slots, column by column.
 */
#pragma once

#include "dataplane/sa.h"

#include <stdio.h>

enum {
	SA_MAP_HEADER = 16384, /* octets, lines follow */
	SA_RETIRED_MAX = 4000
};

/* Written by the installing thread alone; every store leaves it right, should it be the last. */
struct sa_map_header {
	/* Constant once the file has its name. */
	uint64_t magic;
	uint32_t layout; /* of all that lies in the file */
	uint32_t slots;
	char boot_id[40];

	uint64_t incarnation;
	uint64_t order;       /* of the latest install */
	uint32_t oldest_free; /* the slots once used and free now, linked through their sa_link */
	uint32_t never_used;  /* slots from here on are free too, and older; all their lines zero */
	uint32_t retired_n;   /* above SA_RETIRED_MAX: there were more */
	uint32_t retired[SA_RETIRED_MAX]; /* sa_fingerprint() of rows from files (sdt.md 8) */
};

static_assert(sizeof(struct sa_map_header) <= SA_MAP_HEADER, "lines lie behind the header");

struct sa_map {
	struct sa_map_header *header;
	size_t octets;
	int fd; /* -1: private memory */
};

/*
 * Private memory for `slots` slots, all zero but for the header, in hugepages where there are free
 * ones. NULL and ENOMEM. All functions here: installing thread.
 */
struct sa_map *sa_map_create(uint32_t slots);

/*
 * The file at `path`, made where it is missing or `renew` says so. *fresh: no slot was ever used.
 * NULL after one line on `errors`; see sa_table_open.
 */
struct sa_map *sa_map_open(const char *path, uint32_t slots, bool renew, bool *fresh, FILE *errors);

/* Octets of memory for so many slots, in whole pages. */
size_t sa_map_octets(uint32_t slots, size_t page);

/* Frees private memory, leaves a file. NULL is allowed. */
void sa_map_close(struct sa_map *m);

/* Whether the file has its size and a name. */
bool sa_map_intact(const struct sa_map *m);

/* Remembers a static row's fingerprint; sa_map_retired: whether it has to be refused. */
void sa_map_retire(struct sa_map *m, uint32_t fingerprint);
bool sa_map_retired(const struct sa_map *m, uint32_t fingerprint);

/* Where the lines of all slots begin. */
static inline void *sa_map_lines(const struct sa_map *m)
{
	return (uint8_t *)m->header + SA_MAP_HEADER;
}
