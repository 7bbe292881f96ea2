#include "dataplane/report.h"

#include "pcap/files.h"

#include <jansson.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* The fates that occurred on a side, most frequent first; returns how many. */
static unsigned sort_fates(const uint64_t *count, enum fate order[FATE_COUNT])
{
	unsigned n = 0;

	for (unsigned f = 0; f < FATE_COUNT; f++) {
		unsigned at = n;

		if (count[f] == 0)
			continue;
		for (; at > 0 && count[order[at - 1]] < count[f]; at--)
			order[at] = order[at - 1];
		order[at] = (enum fate)f;
		n++;
	}
	return n;
}

static void side_table(const struct counts *c, enum side side, FILE *out)
{
	enum fate order[FATE_COUNT];
	unsigned n = sort_fates(c->fate[side], order);

	fprintf(out, "%s side\n", side_name(side));
	for (unsigned t = 0; t < TALLY_COUNT; t++) {
		uint64_t v = c->tally[side][t];

		if (tally_on((enum tally)t, side) && (t == TALLY_RX || t == TALLY_TX || v > 0))
			fprintf(out, "  %-16s %12" PRIu64 "  %s\n", tally_name((enum tally)t), v,
				tally_meaning((enum tally)t));
	}
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "    %-16s %10" PRIu64 "  %s\n", fate_name(order[i]),
			c->fate[side][order[i]], fate_meaning(order[i]));
}

void report_table(const struct report *r, FILE *out)
{
	const char *wrong = counts_imbalance(&r->counts);

	for (unsigned side = 0; side < SIDES; side++)
		side_table(&r->counts, (enum side)side, out);
	fprintf(out, "balance: %s\n", wrong ? wrong : "every frame is accounted for");
	if (r->tsc_cycles_per_packet > 0)
		fprintf(out, "workers: %.0f TSC cycles a frame, %.2f Mpps each\n",
			r->tsc_cycles_per_packet, r->mpps);
}

static json_t *side_json(const struct counts *c, enum side side)
{
	json_t *o = json_object(), *fates = json_object();

	for (unsigned t = 0; t < TALLY_COUNT; t++) {
		if (tally_on((enum tally)t, side))
			json_object_set_new(o, tally_name((enum tally)t),
					    json_integer((json_int_t)c->tally[side][t]));
	}
	for (unsigned f = 0; f < FATE_COUNT; f++) {
		if (fate_on((enum fate)f, side))
			json_object_set_new(fates, fate_name((enum fate)f),
					    json_integer((json_int_t)c->fate[side][f]));
	}
	json_object_set_new(o, "fates", fates);
	return o;
}

int report_json(const struct report *r, const char *path)
{
	json_t *o = json_object();
	FILE *f;
	int ret;

	json_object_set_new(o, "access", side_json(&r->counts, ACCESS));
	json_object_set_new(o, "core", side_json(&r->counts, CORE));
	json_object_set_new(o, "tsc_cycles_per_packet", json_real(r->tsc_cycles_per_packet));
	json_object_set_new(o, "mpps", json_real(r->mpps));

	f = fopen(path, "w");
	if (!f) {
		ret = -errno;
	} else {
		ret = json_dumpf(o, f,
				 JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6)) ||
				      fputc('\n', f) == EOF
			      ? -EIO
			      : 0;
		if (fclose(f) != 0)
			ret = -EIO;
		if (ret)
			files_remove(path);
	}
	json_decref(o);
	return ret;
}
