#include "dataplane/bench_sas.h"

#include "crypto/secret.h"
#include "pcap/rng.h"
#include "pcap/route.h"

#include <errno.h>
#include <stdlib.h>

enum { AT_ONCE = 1024 };

/* sdt.md 6: at least 8 random bits, then the slot. */
static uint32_t draw_key_id(struct rng *r, const struct sa_table *t, uint32_t slot)
{
	return ((uint32_t)rng_next(r) & ~t->mask) | slot | UINT32_C(1) << 31;
}

static void choose_pair(const struct bench_options *o, uint32_t slot, struct sa_row *row)
{
	unsigned share = slot / o->workers % 10; /* alike for each owner */

	row->eea = o->eea;
	row->eia = o->eia;
	if (o->mix) {
		row->eea = share < 6 ? EEA2 : share < 8 ? EEA1 : EEA3;
		row->eia = row->eea; /* ids go together */
	}
	row->tag_len = row->eia == EIA2 ? TAG_LONG : TAG_SHORT;
}

static void make_row(const struct bench_options *o, const struct sa_table *t, uint32_t slot,
		     struct sa_row *row)
{
	struct rng r = {slot};

	*row = (struct sa_row){.expires_ns = SAS_NEVER, .resume_count = 1};
	row->key_id = draw_key_id(&r, t, slot);
	row->identity_len =
		(uint8_t)snprintf(row->identity, sizeof(row->identity), "00101%010u", slot + 1);
	snprintf(row->reference, sizeof(row->reference), "static:%u", row->key_id);
	rng_fill(&r, row->root_key, sizeof(row->root_key));
	rng_fill(&r, row->salt, sizeof(row->salt));
	choose_pair(o, slot, row);
	row->address = route_device(row, slot, false);
}

int bench_sas_install(struct sa_table *t, struct batch *batch, const struct bench_options *o,
		      void (*told)(uint32_t done, uint32_t of))
{
	const struct sa_install_limits limits = {.given = true};
	struct sa_row *row = calloc(AT_ONCE, sizeof(*row));
	struct key_outcome *outcome = calloc(AT_ONCE, sizeof(*outcome));
	int ret = row && outcome ? 0 : -ENOMEM;

	for (uint32_t done = 0; ret == 0 && done < o->sas;) {
		uint32_t n = o->sas - done < AT_ONCE ? o->sas - done : AT_ONCE;

		for (uint32_t i = 0; i < n; i++)
			make_row(o, t, done + i, &row[i]);
		if (sa_table_install(t, batch, &limits, row, n, outcome) != n)
			ret = -EEXIST;
		done += n;
		told(done, o->sas);
	}
	free(row);
	free(outcome);
	return ret;
}

void bench_sas_set_back(struct sa_table *t, const struct bench_options *o, unsigned owner)
{
	for (uint32_t i = owner; i < o->sas; i += o->workers) {
		if (o->direction != BENCH_UP) {
			t->down[i].count = 0;
			continue;
		}
		t->up[i].top = 0;
		t->up[i].seen = 0;
		if (o->mode == BENCH_DATA)
			continue;
		t->up[i].epoch = 0;
		t->root[i].m = 1;
		t->root[i].has_last = false;
	}
}
