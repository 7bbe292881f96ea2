#include "config/load.h"

#include "config/slurp.h"
#include "config/text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, KEY_MAX = 128 };

struct loader {
	struct doc doc;
	struct config config;
	struct config_lines lines;
	/* Of each group of settings, by its first setting and the dots in its path. */
	uint32_t section[FIELD_COUNT_MAX][FIELD_PATH_DEPTH];
};

void config_defaults(struct config *c)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < config_field_count; i++) {
		const struct field *f = &config_fields[i];

		if (f->type < FIELD_BEARERS && field_read(f, f->preset, c) != NULL)
			assert(!"a default that its own row refuses");
	}
}

/* A list or map where a single value is due. */
static void report_kind(struct doc *d, const struct field *f)
{
	char allowed[FIELD_ALLOWED];
	const char *kind = d->kind == DOC_MAP ? "a map" : d->kind == DOC_LIST ? "a list" : "text";

	doc_error(d, d->line, f->path, "is %s (allowed: %s)", kind, field_allowed(f, allowed));
	doc_skip(d);
}

static void report_value(struct doc *d, const struct field *f, const char *wrong)
{
	char allowed[FIELD_ALLOWED], shown[TEXT_SHOWN];

	doc_error(d, d->line, f->path, "\"%s\" %s (allowed: %s)", text_show(d->text, shown), wrong,
		  field_allowed(f, allowed));
}

static void load_bearer(struct loader *l, const struct field *f)
{
	struct doc *d = &l->doc;
	char shown[TEXT_SHOWN];
	uint32_t line = d->line;
	uint64_t bearer = BEARER_COUNT;

	if (d->kind == DOC_MAP || d->kind == DOC_LIST)
		report_kind(d, f);
	else if (d->kind == DOC_SCALAR && text_uint(d->text, 0, BEARER_COUNT - 1, &bearer) != 0)
		report_value(d, f, "is no bearer");
	if (bearer < BEARER_COUNT && l->lines.bearer[bearer] != 0) {
		doc_error(d, line, f->path, "bearer %u is given twice, first in line %u",
			  (unsigned)bearer, l->lines.bearer[bearer]);
		bearer = BEARER_COUNT;
	}
	doc_next(d);
	if (bearer == BEARER_COUNT) {
		doc_skip(d);
		return;
	}
	l->lines.bearer[bearer] = line;
	if (d->kind == DOC_MAP || d->kind == DOC_LIST)
		report_kind(d, f);
	else if (d->kind == DOC_SCALAR && !endpoint_read(d->text, &l->config.scef.endpoint[bearer]))
		doc_error(d, d->line, f->path,
			  "bearer %u: \"%s\" is no address with a port "
			  "(allowed: ip:port, or in quotes [ip]:port)",
			  (unsigned)bearer, text_show(d->text, shown));
}

static void load_algorithm(struct loader *l, const struct field *f)
{
	struct doc *d = &l->doc;
	struct config_priority *list = f->type == FIELD_EEAS ? &l->config.eea : &l->config.eia;
	int id;

	if (d->kind == DOC_REFUSED)
		return;
	if (d->kind != DOC_SCALAR) {
		report_kind(d, f);
		return;
	}
	id = field_read_algorithm(f, d->text);
	if (id < 0) {
		report_value(d, f, "is no algorithm");
		return;
	}
	if (memchr(list->id, id, list->n))
		report_value(d, f, "stands here twice");
	else
		list->id[list->n++] = (uint8_t)id;
}

static void load_uid(struct loader *l, const struct field *f)
{
	struct doc *d = &l->doc;
	struct config_uids *list = (void *)((char *)&l->config + f->offset);
	uint64_t uid;

	if (d->kind == DOC_REFUSED)
		return;
	if (d->kind != DOC_SCALAR)
		report_kind(d, f);
	else if (text_uint(d->text, 0, UINT32_MAX - 1, &uid) != 0)
		report_value(d, f, "is no user id");
	else if (list->n == CONFIG_UIDS_MAX)
		report_value(d, f, "is one too many");
	else
		list->id[list->n++] = (uint32_t)uid;
}

/* One of the entries that a map or list holds. */
static void load_entry(struct loader *l, const struct field *f)
{
	if (f->type == FIELD_BEARERS)
		load_bearer(l, f);
	else if (f->type == FIELD_UIDS)
		load_uid(l, f);
	else
		load_algorithm(l, f);
}

/* What kind of value a setting takes. */
static enum doc_kind kind_due(const struct field *f)
{
	if (f->type == FIELD_BEARERS)
		return DOC_MAP;
	return f->type > FIELD_BEARERS ? DOC_LIST : DOC_SCALAR;
}

/* Loads the value that doc_next came to. */
static void load_value(struct loader *l, const struct field *f)
{
	struct doc *d = &l->doc;

	if (d->kind == DOC_REFUSED || d->kind == DOC_END)
		return;
	if (d->kind != kind_due(f)) {
		report_kind(d, f);
	} else if (d->kind == DOC_SCALAR) {
		const char *wrong = field_read(f, d->text, &l->config);

		if (wrong)
			report_value(d, f, wrong);
	} else {
		while (doc_next(d) != DOC_CLOSE && d->kind != DOC_END)
			load_entry(l, f);
	}
}

static void load_map(struct loader *l, const char *prefix);

/* Loads the settings of the group at this path from the value that doc_next came to. */
static void load_section(struct loader *l, const char *path)
{
	struct doc *d = &l->doc;

	if (d->kind == DOC_MAP) {
		char prefix[KEY_MAX + 1];

		snprintf(prefix, sizeof(prefix), "%s.", path);
		load_map(l, prefix);
	} else if (d->kind == DOC_LIST || (d->kind == DOC_SCALAR && !doc_null(d))) {
		doc_error(d, d->line, path, "is a group of settings (allowed: a map)");
		doc_skip(d);
	}
}

/* Loads a setting, or a group of them, from the value that doc_next came to; its key is in `line`.
 */
static void load_path(struct loader *l, const char *path, uint32_t line)
{
	struct doc *d = &l->doc;
	int field = schema_find(path), section = schema_find_section(path);
	unsigned errors = d->error_count;
	uint32_t *seen = NULL;

	if (field >= 0)
		seen = &l->lines.field[field];
	else if (section >= 0)
		seen = &l->section[section][schema_depth(path)];

	if (!seen || *seen != 0) {
		if (seen)
			doc_error(d, line, path, "is set twice, first in line %u", *seen);
		else
			doc_error(d, line, path, "unknown setting (nearest: %s)",
				  schema_nearest(path));
		doc_skip(d);
		return;
	}
	*seen = line;
	if (field < 0) {
		load_section(l, path);
		return;
	}
	load_value(l, &config_fields[field]);
	l->lines.wrong[field] = d->error_count > errors;
}

/* Passes over a key that is no text, and its value. */
static void skip_key(struct doc *d)
{
	if (d->kind != DOC_REFUSED)
		doc_error(d, d->line, "yaml", "a key is a map or list (allowed: names)");
	doc_skip(d);
	doc_next(d);
	doc_skip(d);
}

/* prefix: what the paths in this map begin with. */
static void load_map(struct loader *l, const char *prefix)
{
	struct doc *d = &l->doc;
	char path[KEY_MAX], shown[TEXT_SHOWN];

	while (doc_next(d) != DOC_CLOSE && d->kind != DOC_END) {
		uint32_t line = d->line;

		if (d->kind != DOC_SCALAR) {
			skip_key(d);
			continue;
		}
		snprintf(path, sizeof(path), "%s%s", prefix, text_show(d->text, shown));
		doc_next(d);
		load_path(l, path, line);
	}
}

static void load_document(struct loader *l)
{
	struct doc *d = &l->doc;

	if (doc_next(d) == DOC_MAP)
		load_map(l, "");
	else if (d->kind != DOC_END && d->kind != DOC_REFUSED && !doc_null(d))
		doc_error(d, d->line, "settings", "are no map (allowed: names and values)");
	/* To the end, for the errors behind. */
	while (doc_next(d) != DOC_END)
		;
}

int config_load_text(const char *text, size_t len, const char *name, struct config *c, FILE *errors)
{
	struct loader l = {0};

	config_defaults(&l.config);
	if (doc_open(&l.doc, text, len, name, errors) != 0) {
		fprintf(errors, "%s: cannot be read: out of memory\n", name);
		return -ENOMEM;
	}
	load_document(&l);
	config_check(&l.config, &l.lines, &l.doc);
	doc_close(&l.doc);
	if (l.doc.error_count > 0)
		return -EINVAL;
	*c = l.config;
	return 0;
}

int config_load(const char *path, struct config *c, FILE *errors)
{
	struct slurp file;
	int err = slurp_file(path, FILE_MAX, &file, errors);

	if (err != 0)
		return err;
	err = config_load_text(file.text, file.len, path, c, errors);
	slurp_free(&file);
	return err;
}
