/* The huge pages of this host, as the kernel tells. Any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hugepages {
	uint64_t free_octets;  /* of all sizes */
	uint64_t total_octets; /* reserved, free or not */
	uint64_t page;         /* octets of the smallest size there is; 0: the kernel has none */
};

/* Reads them below `folder`, which is HUGEPAGES_FOLDER but for tests. No folder: no pages. */
#define HUGEPAGES_FOLDER "/sys/kernel/mm/hugepages"
void hugepages_read(const char *folder, struct hugepages *h);
