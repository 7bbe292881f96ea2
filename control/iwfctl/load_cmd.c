/* iwfctl sa load: the static key file of sdt.md 8, into a running data plane. */
#include "control/iwfctl/commands.h"
#include "control/iwfctl/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char load_help[] =
	"usage: iwfctl sa load FILE [OPTION]...\n\n"
	"Installs every row of a static key file (YAML), in its order, with the key ids and salts\n"
	"that stand in it; the data plane takes such rows with lab: true alone. A row that is there\n"
	"already is kept as it is, so that loading a file twice changes nothing.\n\n"
	"  --json   print an object: how many rows were installed, kept, refused and why\n"
	"  --help   print this\n\n"
	"Exit status 1 where any row was refused. iwfctl --help names the options of all commands.\n";

enum { REFUSALS_SHOWN = 10 };

struct load {
	struct ctl *ctl;
	const char *path;
	struct sa_rows rows;
	size_t done;
	uint64_t count[KEY_RESULT_COUNT];
	uint64_t refused;
	struct key_outcome outcome[KEYMSG_ROWS_MAX];
};

static void take_outcome(struct load *l, const struct sa_row *row, const struct key_outcome *o)
{
	l->count[o->result]++;
	if (key_result_good(o->result))
		return;
	l->ctl->status = EXIT_FAILURE;
	if (l->refused++ < REFUSALS_SHOWN)
		fprintf(stderr, "%s:%" PRIu32 ": %s: %s\n", l->path, row->line, o->reference,
			key_result_meaning(o->result));
}

static bool load_rows(struct load *l)
{
	struct progress progress;
	int n = 0;

	progress_begin(&progress, "rows", l->rows.n);
	while (l->done < l->rows.n) {
		const struct sa_row *row = &l->rows.row[l->done];
		size_t left = l->rows.n - l->done;

		n = key_client_install(l->ctl->client, row,
				       left < KEYMSG_ROWS_MAX ? left : KEYMSG_ROWS_MAX, l->outcome);
		if (n < 0)
			break;
		for (int i = 0; i < n; i++)
			take_outcome(l, &row[i], &l->outcome[i]);
		l->done += (size_t)n;
		progress_step(&progress, l->done);
	}
	progress_end(&progress);
	if (l->refused > REFUSALS_SHOWN)
		fprintf(stderr, "%s: and %" PRIu64 " rows more were refused\n", l->path,
			l->refused - REFUSALS_SHOWN);
	return n >= 0 || ctl_failed(l->ctl);
}

static void print_json(struct load *l)
{
	json_t *refused = json_object();

	for (unsigned i = 0; i < KEY_RESULT_COUNT; i++) {
		if (l->count[i] && !key_result_good(i))
			json_object_set_new(refused, key_result_name(i),
					    json_integer((json_int_t)l->count[i]));
	}
	ctl_json(l->ctl,
		 json_pack("{s:s, s:I, s:I, s:I, s:o}", "file", l->path, "rows",
			   (json_int_t)l->rows.n, "installed", (json_int_t)l->count[KEY_INSTALLED],
			   "kept", (json_int_t)l->count[KEY_KEPT], "refused", refused));
}

static void print_text(struct load *l)
{
	printf("%s: %zu rows: %" PRIu64 " installed, %" PRIu64 " kept, %" PRIu64 " refused",
	       l->path, l->rows.n, l->count[KEY_INSTALLED], l->count[KEY_KEPT], l->refused);
	if (l->done < l->rows.n)
		printf(", %zu not asked for", l->rows.n - l->done);
	for (unsigned i = 0, n = 0; i < KEY_RESULT_COUNT; i++) {
		if (l->count[i] && !key_result_good(i))
			printf("%s%" PRIu64 " %s", n++ ? ", " : " (", l->count[i],
			       key_result_name(i));
	}
	puts(l->refused ? ")" : "");
	ctl_flush(l->ctl);
}

void load_cmd(struct ctl *c, int argc, char **argv)
{
	static const struct option options[] = {CTL_OPTIONS, {0}};
	static struct load l; /* too large for the stack */

	l.ctl = c;
	if (ctl_option(c, argc, argv, options) == CTL_STOP)
		return;
	if (optind + 1 != argc) {
		ctl_usage(c, "%s", optind < argc ? "more than one file" : "no file");
		return;
	}
	l.path = argv[optind];
	if (sas_load(l.path, &l.rows, stderr) != 0) {
		c->status = EXIT_USAGE;
		return;
	}
	if (ctl_connect(c)) {
		load_rows(&l);
		if (c->json)
			print_json(&l);
		else
			print_text(&l);
	}
	sas_free(&l.rows);
}
