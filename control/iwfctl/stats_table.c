#include "control/iwfctl/stats_table.h"

#include "control/iwfctl/ctl.h"
#include "dataplane/api/fate.h"

#include <inttypes.h>
#include <string.h>

void stats_table_take(void *arg, const char *name, uint64_t value)
{
	struct stats_table *t = arg;

	if (t->n == KEYMSG_ROWS_MAX)
		return;
	snprintf(t->row[t->n].name, sizeof(t->row[t->n].name), "%s", name);
	t->row[t->n++].value = value;
}

/* Octets of the name before its first dot. */
static size_t group_of(const char *name)
{
	return strcspn(name, ".");
}

static bool same_group(const char *a, const char *b)
{
	return group_of(a) == group_of(b) && strncmp(a, b, group_of(a)) == 0;
}

static const char *rest_of(const char *name)
{
	const char *rest = name + group_of(name);

	return *rest ? rest + 1 : name;
}

/* What the fates and counters of the packet path mean; "" for others. */
static const char *meaning_of(const char *name)
{
	const char *rest = rest_of(name);

	if (!same_group(name, side_name(ACCESS)) && !same_group(name, side_name(CORE)))
		return "";
	for (unsigned f = 0; f < FATE_COUNT; f++) {
		if (strcmp(rest, fate_name((enum fate)f)) == 0)
			return fate_meaning((enum fate)f);
	}
	for (unsigned t = 0; t < TALLY_COUNT; t++) {
		if (strcmp(rest, tally_name((enum tally)t)) == 0)
			return tally_meaning((enum tally)t);
	}
	return "";
}

/* Of row i, a second. Names stand in the same order, unless another program serves now. */
static double rate_of(const struct stats_table *t, const struct stats_table *before, size_t i)
{
	double s = (double)(t->taken_ms - before->taken_ms) / 1000;

	if (i >= before->n || strcmp(before->row[i].name, t->row[i].name) != 0 || s <= 0)
		return 0;
	return ((double)t->row[i].value - (double)before->row[i].value) / s;
}

void stats_table_print(const struct stats_table *t, const struct stats_table *before, bool all,
		       FILE *out)
{
	const char *group = NULL;

	for (size_t i = 0; i < t->n; i++) {
		const char *name = t->row[i].name;

		if (t->row[i].value == 0 && !all)
			continue;
		if (!group || !same_group(group, name)) {
			group = name;
			fprintf(out, "%.*s\n", (int)group_of(name), name);
		}
		fprintf(out, "  %-20s %14" PRIu64, rest_of(name), t->row[i].value);
		if (before)
			fprintf(out, " %12.0f/s", rate_of(t, before, i));
		fprintf(out, *meaning_of(name) ? "  %s\n" : "\n", meaning_of(name));
	}
	if (!group)
		fputs("every counter is 0\n", out);
}

static void add_groups(json_t *o, const struct stats_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const char *name = t->row[i].name;
		char group[KEYMSG_TEXT_MAX + 1];
		json_t *of;

		snprintf(group, sizeof(group), "%.*s", (int)group_of(name), name);
		of = json_object_get(o, group);
		if (!of) {
			of = json_object();
			json_object_set_new(o, group, of);
		}
		json_object_set_new(of, rest_of(name), json_integer((json_int_t)t->row[i].value));
	}
}

json_t *stats_table_json(const struct stats_table *t)
{
	json_t *o = json_object();

	add_groups(o, t);
	return o;
}

void stats_table_json_line(const struct stats_table *t, uint64_t time_s, FILE *out)
{
	char text[CTL_TIME];
	json_t *o = json_pack("{s:s}", "time", ctl_time(time_s * UINT64_C(1000000000), text));

	add_groups(o, t);
	json_dumpf(o, out, JSON_COMPACT);
	json_decref(o);
	fputc('\n', out);
}
