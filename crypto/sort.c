#include "crypto/sort.h"

#include <assert.h>
#include <string.h>

enum { BLOCK = 16, BLOCK_KINDS = BATCH_LEN_MAX / BLOCK + 1 };

static_assert((int)BLOCK_KINDS >= (int)PAIR_COUNT && BLOCK_KINDS <= UINT8_MAX,
	      "an octet holds either key");
static_assert(BATCH_LEN_MAX % BLOCK == 0 && BATCH_MAX <= UINT8_MAX + 1, "and a place");

/* One pass of a counting sort: orders places by their key, which is below BLOCK_KINDS. */
static void sort_places(const uint8_t *key, uint8_t *place, unsigned n)
{
	uint16_t next[BLOCK_KINDS] = {0};
	uint8_t before[BATCH_MAX];
	uint16_t sum = 0;

	memcpy(before, place, n);
	for (unsigned i = 0; i < n; i++)
		next[key[i]]++;
	for (unsigned k = 0; k < BLOCK_KINDS; k++) {
		uint16_t count = next[k];

		next[k] = sum;
		sum = (uint16_t)(sum + count);
	}
	for (unsigned i = 0; i < n; i++)
		place[next[key[before[i]]]++] = before[i];
}

static void check(const struct crypt *m, bool tags)
{
	assert(m->eea < EEA_COUNT);
	assert(!tags || (m->eia > EIA0 && m->eia < EIA_COUNT && m->tag_len <= TAG_MAX));
	assert(m->aad_len + m->len <= BATCH_LEN_MAX);
}

void sort_messages(struct sorted *s, const struct crypt *msg, unsigned n, bool tags)
{
	uint8_t pair[BATCH_MAX], blocks[BATCH_MAX];
	uint8_t pairs_differ = 0, blocks_differ = 0;

	assert(n <= BATCH_MAX);
	for (unsigned i = 0; i < n; i++) {
		check(&msg[i], tags);
		pair[i] = (uint8_t)pair_of(msg[i].eea, tags ? msg[i].eia : EIA0);
		blocks[i] = (uint8_t)((msg[i].len + BLOCK - 1) / BLOCK);
		pairs_differ |= pair[i] ^ pair[0];
		blocks_differ |= blocks[i] ^ blocks[0];
		s->from[i] = (uint8_t)i;
	}
	if (blocks_differ)
		sort_places(blocks, s->from, n);
	if (pairs_differ)
		sort_places(pair, s->from, n);
	for (unsigned i = 0; i < n; i++) {
		s->msg[i] = &msg[s->from[i]];
		s->pair[i] = pair[s->from[i]];
	}
}

unsigned sorted_run(const struct sorted *s, unsigned i, unsigned n)
{
	unsigned end = i + 1;

	while (end < n && s->pair[end] == s->pair[i])
		end++;
	return end - i;
}
