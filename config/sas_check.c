#include "config/sas_row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* TS 23.003 2.2: an IMSI is digits, at most 15; sdt.md 7: at least 6. */
static bool imsi_valid(const struct sa_row *row)
{
	for (unsigned i = 0; i < row->identity_len; i++) {
		if (row->identity[i] < '0' || row->identity[i] > '9')
			return false;
	}
	return row->identity_len >= 6 && row->identity_len <= 15;
}

/* sdt.md 4: a group's SA is downlink only, so nothing received and nothing resumed belongs to it.
 */
static void check_group(const struct sa_row *row, const struct sas_lines *lines, struct doc *d)
{
	uint32_t group = lines->of[SAS_GROUP];

	if (row->has_count_up)
		doc_error(d, lines->of[SAS_COUNT_UP], "count_up",
			  "a group (group, line %u) receives nothing (allowed: no count_up)",
			  group);
	if (row->resume_count > 1)
		doc_error(d, lines->of[SAS_RESUME_COUNT], "resume_count",
			  "a group (group, line %u) resumes nothing (allowed: 1)", group);
	if (row->has_resume_rand)
		doc_error(d, lines->of[SAS_RESUME_RAND], "resume_rand",
			  "a group (group, line %u) resumes nothing (allowed: no resume_rand)",
			  group);
}

void sas_check_row(const struct sa_row *row, const struct sas_lines *lines, struct doc *d)
{
	if (!row->group && !imsi_valid(row))
		doc_error(d, lines->of[SAS_IDENTITY], "identity",
			  "is no IMSI (allowed: 6 to 15 digits; anything for group: true)");
	if (!suite_valid(row->eea, row->eia, row->tag_len))
		doc_error(d, lines->of[SAS_TAG_LENGTH], "tag_length",
			  "8 needs EIA2, but eia (line %u) is %u (allowed: 4)", lines->of[SAS_EIA],
			  row->eia);
	if (row->group)
		check_group(row, lines, d);
	else if (row->has_resume_rand && row->resume_count < 2 && lines->of[SAS_RESUME_COUNT])
		doc_error(d, lines->of[SAS_RESUME_RAND], "resume_rand",
			  "needs a resume_count (line %u) of 2 or more",
			  lines->of[SAS_RESUME_COUNT]);
	else if (row->has_resume_rand && row->resume_count < 2)
		doc_error(d, lines->of[SAS_RESUME_RAND], "resume_rand",
			  "needs a resume_count of 2 or more, which is not given");
}

struct place {
	uint64_t key; /* what is sorted by first: here, so that most rows need no look */
	const struct sa_row *row;
};

/* Rows of one key in the order of the file. */
static int compare_keys(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = (x->key > y->key) - (x->key < y->key);

	return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* Whether two rows would derive the same traffic keys (sdt.md 3); an order, to find them by. */
static int compare_material(const struct sa_row *x, const struct sa_row *y)
{
	int order = memcmp(x->salt, y->salt, sizeof(x->salt)); /* lint-ok: salts are public */

	if (order == 0)
		order = strcmp(x->identity, y->identity);
	/* Both keys come from one file: there is nobody to time a guess against the other. */
	if (order == 0)
		order = memcmp(x->root_key, y->root_key, ROOT_KEY_LEN); /* lint-ok: an order */
	return order;
}

/* Salts as keys; rows of one salt by the rest of what makes traffic keys. */
static int compare_salts(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = x->key == y->key ? compare_material(x->row, y->row) : 0;

	return order ? order : compare_keys(a, b);
}

static void report_shared_ids(const struct sa_rows *rows, struct place *place, struct doc *d)
{
	for (size_t i = 0; i < rows->n; i++)
		place[i] = (struct place){rows->row[i].key_id, &rows->row[i]};
	qsort(place, rows->n, sizeof(*place), compare_keys);
	for (size_t i = 1; i < rows->n; i++) {
		const struct sa_row *a = place[i - 1].row, *b = place[i].row;

		if (a->key_id == b->key_id && b->key_id != 0)
			doc_error(d, b->line, "key_id", "%u is taken by the row of line %u",
				  b->key_id, a->line);
	}
}

/* sdt.md 6: two SAs with one K, identity and salt would use each other's keystream. */
static void report_shared_keys(const struct sa_rows *rows, struct place *place, struct doc *d)
{
	for (size_t i = 0; i < rows->n; i++) {
		place[i].row = &rows->row[i];
		memcpy(&place[i].key, rows->row[i].salt, sizeof(place[i].key));
	}
	qsort(place, rows->n, sizeof(*place), compare_salts);
	for (size_t i = 1; i < rows->n; i++) {
		const struct sa_row *a = place[i - 1].row, *b = place[i].row;

		if (b->identity_len > 0 && compare_material(a, b) == 0)
			doc_error(d, b->line, "root_key",
				  "is, with identity and salt, that of the row of line %u",
				  a->line);
	}
}

int sas_check_rows(const struct sa_rows *rows, struct doc *d)
{
	struct place *place = calloc(rows->n + 1, sizeof(*place));

	if (!place)
		return -ENOMEM;
	report_shared_ids(rows, place, d);
	report_shared_keys(rows, place, d);
	free(place);
	return 0;
}
