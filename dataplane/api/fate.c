#include "dataplane/api/fate.h"

#include <stddef.h>

struct row {
	const char *name, *meaning;
	unsigned sides;
};

static const struct row fates[FATE_COUNT] = {
#define X(sym, name, sides, meaning) [FATE_##sym] = {name, meaning, sides},
	FATES(X)
#undef X
};

static const struct row tallies[TALLY_COUNT] = {
#define X(sym, name, sides, meaning) [TALLY_##sym] = {name, meaning, sides},
	TALLIES(X)
#undef X
};

const char *fate_name(enum fate f)
{
	return f < FATE_COUNT ? fates[f].name : "?";
}

const char *fate_meaning(enum fate f)
{
	return f < FATE_COUNT ? fates[f].meaning : "?";
}

const char *tally_name(enum tally t)
{
	return t < TALLY_COUNT ? tallies[t].name : "?";
}

const char *tally_meaning(enum tally t)
{
	return t < TALLY_COUNT ? tallies[t].meaning : "?";
}

const char *side_name(enum side s)
{
	return s == ACCESS ? "access" : "core";
}

int fate_on(enum fate f, enum side s)
{
	return f < FATE_COUNT && fates[f].sides >> s & 1;
}

int tally_on(enum tally t, enum side s)
{
	return t < TALLY_COUNT && tallies[t].sides >> s & 1;
}

void counts_add(struct counts *a, const struct counts *b)
{
	for (unsigned s = 0; s < SIDES; s++) {
		for (unsigned f = 0; f < FATE_COUNT; f++)
			a->fate[s][f] += b->fate[s][f];
		for (unsigned t = 0; t < TALLY_COUNT; t++)
			a->tally[s][t] += b->tally[s][t];
	}
}

static uint64_t sum_of_fates(const struct counts *c, enum side s)
{
	uint64_t sum = 0;

	for (unsigned f = 0; f < FATE_COUNT; f++)
		sum += c->fate[s][f];
	return sum;
}

/* Core-side frames that are answered by MT refused (sdt.md 7, 10). */
static uint64_t refused(const struct counts *c)
{
	static const enum fate f[] = {FATE_UNKNOWN_DEVICE, FATE_EXPIRED,  FATE_CLOSED,
				      FATE_NO_ADDRESS,     FATE_TOO_LONG, FATE_EXHAUSTED,
				      FATE_OVERLOAD};
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(f) / sizeof(f[0]); i++)
		sum += c->fate[CORE][f[i]];
	return sum;
}

const char *counts_imbalance(const struct counts *c)
{
	const uint64_t *up = c->fate[ACCESS], *down = c->fate[CORE];
	uint64_t to_core = up[FATE_SENT] + up[FATE_RESUMED] + refused(c) +
			   c->tally[CORE][TALLY_HELD_TIMED_OUT] -
			   c->tally[CORE][TALLY_ANSWERS_LOST];
	uint64_t to_access = down[FATE_SENT] + up[FATE_RESUMED] + up[FATE_RESUME_REPEATED] +
			     up[FATE_RESUME_SYNCED] + up[FATE_RESUME_REFUSED] +
			     c->tally[ACCESS][TALLY_HELD_RESENT] -
			     c->tally[ACCESS][TALLY_ANSWERS_LOST];

	if (c->tally[ACCESS][TALLY_RX] != sum_of_fates(c, ACCESS))
		return "access rx is not the sum of the access fates";
	if (c->tally[CORE][TALLY_RX] != sum_of_fates(c, CORE))
		return "core rx is not the sum of the core fates";
	if (c->tally[CORE][TALLY_TX] != to_core)
		return "core tx is not what was delivered and answered to the core side";
	if (c->tally[ACCESS][TALLY_TX] != to_access)
		return "access tx is not what was delivered and answered to the access side";
	return NULL;
}
