#include "crypto/secret.h"
#include "dataplane/live.h"

#include <errno.h>
#include <stdlib.h>

enum { CHUNK = 256, SHOWN = 10 };

static void name_rows(struct sa_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		snprintf(rows->row[i].reference, sizeof(rows->row[i].reference), "static:%u",
			 rows->row[i].key_id);
}

static size_t count_kept(const struct key_outcome *outcome, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		kept += outcome[i].result == KEY_KEPT;
	return kept;
}

/* Says which rows are no SAs now, and why. */
static size_t report_refused(const char *path, const struct sa_row *row,
			     const struct key_outcome *outcome, size_t n, size_t refused)
{
	for (size_t i = 0; i < n; i++) {
		if (key_result_good(outcome[i].result))
			continue;
		if (refused++ < SHOWN)
			fprintf(stderr, "%s:%u: key id %u: %s\n", path, row[i].line, row[i].key_id,
				key_result_meaning(outcome[i].result));
	}
	return refused;
}

int live_install_static(struct live *l)
{
	const char *path = l->config.static_sas;
	struct sa_install_limits limits = {.per_device = l->config.sa_per_device,
					   .given = true,
					   .ciphered = !l->config.allow_eea0,
					   .now_ns = clock_now_ns(&l->clock)};
	struct key_outcome outcome[CHUNK];
	struct sa_rows rows;
	size_t refused = 0, kept = 0;

	if (!l->config.lab) {
		fprintf(stderr, "static_sas: is for testbeds (allowed: lab: true, or no "
				"static_sas)\n");
		return -EPERM;
	}
	if (sas_load(path, &rows, stderr) != 0)
		return -EINVAL;
	name_rows(&rows);
	for (size_t at = 0; at < rows.n; at += CHUNK) {
		size_t n = rows.n - at < CHUNK ? rows.n - at : CHUNK;

		sa_table_install(l->sas, l->crypto, &limits, rows.row + at, n, outcome);
		kept += count_kept(outcome, n);
		refused = report_refused(path, rows.row + at, outcome, n, refused);
	}
	if (refused > SHOWN)
		fprintf(stderr, "%s: and %zu more\n", path, refused - SHOWN);
	printf("%s: %zu rows: %zu installed, %zu kept, %zu refused\n", path, rows.n,
	       rows.n - refused - kept, kept, refused);
	sas_free(&rows);
	return 0;
}
