#include "dataplane/sa_map.h"

#include <errno.h>
#include <linux/mman.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINES_OCTETS = 4 * SA_LINE + sizeof(struct sa_label), HUGEPAGE = 2 << 20 };

size_t sa_map_octets(uint32_t slots, size_t page)
{
	size_t octets = SA_MAP_HEADER + (size_t)slots * LINES_OCTETS;

	return (octets + page - 1) / page * page;
}

static void *map_private(size_t octets)
{
	void *at = MAP_FAILED;

	/* All or nothing: hugepages are reserved here, so a page fault finds one. */
	if (octets >= HUGEPAGE)
		at = mmap(NULL, octets, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB, -1, 0);
	if (at != MAP_FAILED)
		return at;
	at = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		  -1, 0);
	if (at != MAP_FAILED)
		madvise(at, octets, MADV_HUGEPAGE);
	return at;
}

struct sa_map *sa_map_create(uint32_t slots)
{
	struct sa_map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->fd = -1;
	m->octets = sa_map_octets(slots, HUGEPAGE);
	m->header = map_private(m->octets);
	if (m->header == MAP_FAILED) {
		free(m);
		errno = ENOMEM;
		return NULL;
	}
	madvise(m->header, m->octets, MADV_DONTDUMP); /* keys stay out of core dumps */
	m->header->slots = slots;
	m->header->oldest_free = SA_NONE;
	return m;
}

void sa_map_close(struct sa_map *m)
{
	if (!m)
		return;
	munmap(m->header, m->octets);
	if (m->fd >= 0)
		close(m->fd);
	free(m);
}

bool sa_map_intact(const struct sa_map *m)
{
	struct stat s;

	return m->fd < 0 ||
	       (fstat(m->fd, &s) == 0 && s.st_nlink > 0 && (size_t)s.st_size == m->octets);
}

bool sa_map_retired(const struct sa_map *m, uint32_t fingerprint)
{
	const struct sa_map_header *h = m->header;

	if (h->retired_n > SA_RETIRED_MAX)
		return true; /* this may be one that was not remembered */
	for (uint32_t i = 0; i < h->retired_n; i++) {
		if (h->retired[i] == fingerprint)
			return true;
	}
	return false;
}

void sa_map_retire(struct sa_map *m, uint32_t fingerprint)
{
	struct sa_map_header *h = m->header;

	if (sa_map_retired(m, fingerprint))
		return;
	if (h->retired_n < SA_RETIRED_MAX)
		h->retired[h->retired_n] = fingerprint;
	atomic_signal_fence(memory_order_seq_cst);
	h->retired_n++;
}
