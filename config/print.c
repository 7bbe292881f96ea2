#include "config/doc.h"
#include "config/schema.h"

#include <string.h>

static void indent_by(unsigned depth, FILE *out)
{
	while (depth-- > 0)
		fputs("  ", out);
}

/* Opens the groups that `path` lies in and `before` did not. */
static void print_sections(const char *path, const char *before, FILE *out)
{
	unsigned depth = 0;
	bool same = true;

	for (const char *dot; (dot = strchr(path, '.')); path = dot + 1, depth++) {
		size_t n = (size_t)(dot - path) + 1;

		same = same && strncmp(path, before, n) == 0;
		if (same) {
			before += n;
			continue;
		}
		indent_by(depth, out);
		fprintf(out, "%.*s:\n", (int)n - 1, path);
	}
}

static void print_bearers(const struct config *c, unsigned depth, FILE *out)
{
	char text[ENDPOINT_TEXT];
	bool any = false;

	for (unsigned i = 0; i < BEARER_COUNT; i++) {
		if (c->scef.endpoint[i].family == 0)
			continue;
		fputs(any ? "" : "\n", out);
		any = true;
		indent_by(depth + 1, out);
		fprintf(out, "%u: \"%s\"\n", i, endpoint_write(&c->scef.endpoint[i], text));
	}
	fputs(any ? "" : " {}\n", out);
}

static void print_algorithms(const struct config_priority *p, const char *kind, FILE *out)
{
	fputs(" [", out);
	for (unsigned i = 0; i < p->n; i++)
		fprintf(out, "%s%s%u", i ? ", " : "", kind, p->id[i]);
	fputs("]\n", out);
}

static void print_uids(const struct config_uids *u, FILE *out)
{
	fputs(" [", out);
	for (unsigned i = 0; i < u->n; i++)
		fprintf(out, "%s%u", i ? ", " : "", u->id[i]);
	fputs("]\n", out);
}

static void print_value(const struct field *f, const struct config *c, unsigned depth, FILE *out)
{
	char text[FIELD_TEXT];

	if (f->type == FIELD_BEARERS) {
		print_bearers(c, depth, out);
	} else if (f->type == FIELD_EEAS) {
		print_algorithms(&c->eea, "EEA", out);
	} else if (f->type == FIELD_EIAS) {
		print_algorithms(&c->eia, "EIA", out);
	} else if (f->type == FIELD_UIDS) {
		print_uids((const void *)((const char *)c + f->offset), out);
	} else if (f->type == FIELD_BOOL || f->type == FIELD_UINT) {
		fprintf(out, " %s\n", field_write(f, c, text));
	} else {
		fputc(' ', out);
		doc_quote(field_write(f, c, text), out);
		fputc('\n', out);
	}
}

void config_print(const struct config *c, FILE *out)
{
	const char *before = "";

	for (size_t i = 0; i < config_field_count; i++) {
		const struct field *f = &config_fields[i];
		const char *name = strrchr(f->path, '.');
		unsigned depth = schema_depth(f->path);
		char allowed[FIELD_ALLOWED];

		print_sections(f->path, before, out);
		before = f->path;
		indent_by(depth, out);
		fprintf(out, "# %s (%s)\n", f->help, field_allowed(f, allowed));
		indent_by(depth, out);
		fprintf(out, "%s:", name ? name + 1 : f->path);
		print_value(f, c, depth, out);
	}
}
