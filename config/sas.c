#include "config/sas.h"

#include "config/doc.h"
#include "config/sas_row.h"
#include "config/slurp.h"
#include "config/text.h"
#include "crypto/secret.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Some ten million rows; it keeps a path such as /dev/zero from eating the memory. */
#define FILE_MAX ((size_t)4 << 30)

struct loader {
	struct doc doc;
	struct sa_rows rows;
	size_t room;
};

static int find_field(const char *name)
{
	for (int i = 0; i < SAS_FIELD_COUNT; i++) {
		if (strcmp(name, sas_fields[i].name) == 0)
			return i;
	}
	return -1;
}

static const char *nearest_field(const char *name)
{
	const char *nearest = "";
	unsigned best = UINT_MAX;

	for (int i = 0; i < SAS_FIELD_COUNT; i++) {
		unsigned distance = text_distance(name, sas_fields[i].name);

		if (distance < best) {
			best = distance;
			nearest = sas_fields[i].name;
		}
	}
	return nearest;
}

/* As text_show; but what looks like a key, perhaps in the wrong place, is never shown. */
static const char *show(const char *s, char out[TEXT_SHOWN])
{
	return text_show(strspn(s, "0123456789abcdefABCDEF") < (size_t)2 * KEY_LEN ? s : "(a key?)",
			 out);
}

/* Reads the value that doc_next came to. */
static void read_value(struct doc *d, const struct sas_field *f, struct sa_row *row)
{
	char shown[TEXT_SHOWN];
	const char *wrong;

	if (d->kind == DOC_REFUSED || d->kind == DOC_END)
		return;
	if (d->kind != DOC_SCALAR) {
		doc_error(d, d->line, f->name, "is a %s (allowed: %s)",
			  d->kind == DOC_MAP ? "map" : "list", f->allowed);
		doc_skip(d);
		return;
	}
	wrong = f->read(row, d->text);
	if (wrong && f->hidden)
		doc_error(d, d->line, f->name, "%s (allowed: %s)", wrong, f->allowed);
	else if (wrong)
		doc_error(d, d->line, f->name, "\"%s\" %s (allowed: %s)", show(d->text, shown),
			  wrong, f->allowed);
}

/* Reads the key that doc_next came to, and its value. */
static void read_field(struct doc *d, struct sa_row *row, struct sas_lines *lines)
{
	char name[TEXT_SHOWN] = "?";
	uint32_t line = d->line;
	int i = -1;

	if (d->kind == DOC_SCALAR) {
		i = find_field(d->text);
		show(d->text, name);
		if (i < 0)
			doc_error(d, line, name, "unknown field (nearest: %s)",
				  nearest_field(d->text));
	} else if (d->kind != DOC_REFUSED) {
		doc_error(d, line, "yaml", "a key is a map or list (allowed: names of fields)");
		doc_skip(d);
	}
	if (i >= 0 && lines->of[i] != 0) {
		doc_error(d, line, name, "given twice, first in line %u", lines->of[i]);
		i = -1;
	}
	doc_next(d);
	if (i < 0 || (doc_null(d) && !sas_fields[i].required)) {
		doc_skip(d);
		return;
	}
	lines->of[i] = line;
	read_value(d, &sas_fields[i], row);
}

static void report_missing(struct doc *d, const struct sa_row *row, const struct sas_lines *lines)
{
	for (int i = 0; i < SAS_FIELD_COUNT; i++) {
		if (sas_fields[i].required && lines->of[i] == 0)
			doc_error(d, row->line, sas_fields[i].name, "is missing (allowed: %s)",
				  sas_fields[i].allowed);
	}
}

static void read_row(struct doc *d, struct sa_row *row)
{
	unsigned errors = d->error_count;
	struct sas_lines lines = {0};

	*row = (struct sa_row){.line = d->line, .expires_ns = SAS_NEVER, .resume_count = 1};
	while (doc_next(d) != DOC_CLOSE && d->kind != DOC_END)
		read_field(d, row, &lines);
	if (d->kind == DOC_CLOSE)
		report_missing(d, row, &lines);
	/* sdt.md 2: 8 octets are the default wherever EIA2 is used. */
	if (lines.of[SAS_TAG_LENGTH] == 0)
		row->tag_len = row->eia == EIA2 ? TAG_LONG : TAG_SHORT;
	snprintf(row->reference, sizeof(row->reference), "static:%u", row->key_id); /* sdt.md 8 */
	if (d->error_count == errors)
		sas_check_row(row, &lines, d);
	/* What was not read whole takes no part in the search for equal rows. */
	if (d->error_count != errors) {
		row->identity_len = 0;
		row->identity[0] = '\0';
	}
}

/* Room for one row more; no realloc, which would leave keys behind. */
static int grow_rows(struct loader *l)
{
	size_t room = l->room ? 2 * l->room : 64;
	struct sa_row *row;

	if (l->rows.n < l->room)
		return 0;
	row = calloc(room, sizeof(*row));
	if (!row)
		return -ENOMEM;
	if (l->rows.n > 0)
		memcpy(row, l->rows.row, l->rows.n * sizeof(*row));
	sas_free(&(struct sa_rows){l->rows.row, l->rows.n});
	l->rows.row = row;
	l->room = room;
	return 0;
}

static int read_rows(struct loader *l)
{
	struct doc *d = &l->doc;

	while (doc_next(d) != DOC_CLOSE && d->kind != DOC_END) {
		if (d->kind == DOC_MAP) {
			if (grow_rows(l) != 0)
				return -ENOMEM;
			read_row(d, &l->rows.row[l->rows.n++]);
		} else if (d->kind != DOC_REFUSED) {
			doc_error(d, d->line, "row", "is no map (allowed: a map of fields)");
			doc_skip(d);
		}
	}
	return sas_check_rows(&l->rows, d);
}

/* A common slip: the list stands under a name. */
static void report_map(struct doc *d)
{
	uint32_t line = d->line;
	char name[TEXT_SHOWN] = "";

	if (doc_next(d) == DOC_SCALAR)
		show(d->text, name);
	if (name[0] && doc_next(d) == DOC_LIST)
		doc_error(d, line, "rows", "stand under \"%s\" (allowed: the list alone)", name);
	else
		doc_error(d, line, "rows",
			  "are a map (allowed: a list of maps, \"- key_id: ...\")");
}

static int read_document(struct loader *l)
{
	struct doc *d = &l->doc;
	int err = 0;

	if (doc_next(d) == DOC_LIST)
		err = read_rows(l);
	else if (d->kind == DOC_MAP)
		report_map(d);
	else if (d->kind == DOC_SCALAR && !doc_null(d))
		doc_error(d, d->line, "rows", "are text (allowed: a list of maps)");
	/* To the end, for the errors behind. */
	while (err == 0 && doc_next(d) != DOC_END)
		;
	return err;
}

int sas_load_text(const char *text, size_t len, const char *name, struct sa_rows *rows,
		  FILE *errors)
{
	struct loader l = {0};
	int err = doc_open(&l.doc, text, len, name, errors);

	*rows = (struct sa_rows){0};
	if (err == 0) {
		err = read_document(&l);
		if (err == 0 && l.doc.error_count > 0)
			err = -EINVAL;
		doc_close(&l.doc);
	}
	if (err == -ENOMEM)
		fprintf(errors, "%s: cannot be read: out of memory\n", name);
	if (err != 0)
		sas_free(&l.rows);
	*rows = l.rows;
	return err;
}

int sas_load(const char *path, struct sa_rows *rows, FILE *errors)
{
	struct slurp file;
	int err = slurp_file(path, FILE_MAX, &file, errors);

	*rows = (struct sa_rows){0};
	if (err != 0)
		return err;
	err = sas_load_text(file.text, file.len, path, rows, errors);
	slurp_free(&file);
	return err;
}

void sas_free(struct sa_rows *rows)
{
	if (rows->row)
		secret_wipe(rows->row, rows->n * sizeof(*rows->row));
	free(rows->row);
	*rows = (struct sa_rows){0};
}
