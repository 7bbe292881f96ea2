#include "config/doc.h"

#include "crypto/secret.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int doc_open(struct doc *d, const char *source, size_t len, const char *name, FILE *errors)
{
	/* libyaml would count a byte order mark as a column, and the first line as indented. */
	if (len >= 3 && memcmp(source, "\xef\xbb\xbf", 3) == 0) {
		source += 3;
		len -= 3;
	}
	*d = (struct doc){.name = name, .errors = errors, .source = source};
	if (!yaml_parser_initialize(&d->parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&d->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&d->parser, (const unsigned char *)source, len);
	return 0;
}

void doc_error(struct doc *d, uint32_t line, const char *key, const char *fmt, ...)
{
	va_list args;

	d->error_count++;
	fprintf(d->errors, "%s:%u: %s: ", d->name, line, key);
	va_start(args, fmt);
	vfprintf(d->errors, fmt, args);
	va_end(args);
	fputc('\n', d->errors);
}

static uint32_t line_at(const struct doc *d, size_t offset)
{
	uint32_t line = 1;

	for (size_t i = 0; i < offset; i++)
		line += d->source[i] == '\n';
	return line;
}

static void report_syntax(struct doc *d)
{
	const yaml_parser_t *p = &d->parser;
	const char *problem = p->problem ? p->problem : "out of memory";

	if (p->error == YAML_READER_ERROR)
		doc_error(d, line_at(d, p->problem_offset), "yaml", "%s", problem);
	else if (p->context)
		doc_error(d, (uint32_t)p->problem_mark.line + 1, "yaml", "%s (%s from line %zu)",
			  problem, p->context, p->context_mark.line + 1);
	else
		doc_error(d, (uint32_t)p->problem_mark.line + 1, "yaml", "%s", problem);
	d->dead = true;
}

static void drop_event(struct doc *d)
{
	if (d->event.type == YAML_SCALAR_EVENT)
		secret_wipe(d->event.data.scalar.value, d->event.data.scalar.length);
	yaml_event_delete(&d->event);
	d->text = NULL;
}

/* An anchor or a tag: harmless in itself, but nothing here knows what it would mean. */
static bool refuse_marks(struct doc *d, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		doc_error(d, d->line, "yaml", "anchors and aliases are not taken");
	if (tag)
		doc_error(d, d->line, "yaml", "tags are not taken");
	return anchor || tag;
}

static enum doc_kind take_scalar(struct doc *d)
{
	const char *text = (const char *)d->event.data.scalar.value;

	if (refuse_marks(d, d->event.data.scalar.anchor, d->event.data.scalar.tag))
		return DOC_REFUSED;
	if (memchr(text, '\0', d->event.data.scalar.length)) {
		doc_error(d, d->line, "yaml", "text holds a zero octet");
		return DOC_REFUSED;
	}
	d->text = text;
	return DOC_SCALAR;
}

static enum doc_kind take_collection(struct doc *d, enum doc_kind kind)
{
	if (kind == DOC_MAP)
		refuse_marks(d, d->event.data.mapping_start.anchor,
			     d->event.data.mapping_start.tag);
	else
		refuse_marks(d, d->event.data.sequence_start.anchor,
			     d->event.data.sequence_start.tag);
	if (++d->depth <= DOC_DEPTH_MAX)
		return kind;
	doc_error(d, d->line, "yaml", "nested too deeply (allowed: %d levels)", DOC_DEPTH_MAX);
	d->dead = true;
	return DOC_END;
}

static enum doc_kind take_document(struct doc *d)
{
	if (d->begun) {
		doc_error(d, d->line, "yaml", "a second document (allowed: one)");
		d->dead = true;
		return DOC_END;
	}
	d->begun = true;
	return doc_next(d);
}

enum doc_kind doc_next(struct doc *d)
{
	drop_event(d);
	d->kind = DOC_END;
	if (d->dead)
		return DOC_END;
	if (!yaml_parser_parse(&d->parser, &d->event)) {
		report_syntax(d);
		return DOC_END;
	}
	d->line = (uint32_t)d->event.start_mark.line + 1;
	switch (d->event.type) {
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return doc_next(d);
	case YAML_DOCUMENT_START_EVENT:
		return take_document(d);
	case YAML_ALIAS_EVENT:
		refuse_marks(d, d->event.data.alias.anchor, NULL);
		return d->kind = DOC_REFUSED;
	case YAML_SCALAR_EVENT:
		return d->kind = take_scalar(d);
	case YAML_SEQUENCE_START_EVENT:
		return d->kind = take_collection(d, DOC_LIST);
	case YAML_MAPPING_START_EVENT:
		return d->kind = take_collection(d, DOC_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		d->depth--;
		return d->kind = DOC_CLOSE;
	case YAML_STREAM_END_EVENT:
	case YAML_NO_EVENT:
		break;
	}
	d->dead = true;
	return DOC_END;
}

void doc_skip(struct doc *d)
{
	unsigned depth = d->depth;

	if (d->kind != DOC_MAP && d->kind != DOC_LIST)
		return;
	while (doc_next(d) != DOC_END && d->depth >= depth)
		;
}

bool doc_null(const struct doc *d)
{
	static const char *const names[] = {"", "~", "null", "Null", "NULL"};

	if (d->kind != DOC_SCALAR || d->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(d->text, names[i]) == 0)
			return true;
	}
	return false;
}

/*
 * libyaml grows a scalar by realloc, and so leaves its beginning in freed blocks. The allocator
 * hands those out first: take all small ones that it may keep, and wipe them.
 */
static void wipe_freed(void)
{
	enum { SIZES = 16, EACH = 8 };
	void *block[SIZES * EACH];

	for (size_t i = 0; i < SIZES * EACH; i++) {
		size_t size = 24 + i / EACH * 16; /* what glibc rounds sizes up to */

		block[i] = malloc(size);
		if (block[i])
			secret_wipe(block[i], size);
	}
	for (size_t i = 0; i < SIZES * EACH; i++)
		free(block[i]);
}

void doc_close(struct doc *d)
{
	yaml_parser_t *p = &d->parser;

	drop_event(d);
	/* The parser's own buffers hold what stood in the file; tokens, what was read ahead. */
	if (p->raw_buffer.start)
		secret_wipe(p->raw_buffer.start, (size_t)(p->raw_buffer.end - p->raw_buffer.start));
	if (p->buffer.start)
		secret_wipe(p->buffer.start, (size_t)(p->buffer.end - p->buffer.start));
	for (yaml_token_t *t = p->tokens.head; t != p->tokens.tail; t++) {
		if (t->type == YAML_SCALAR_TOKEN)
			secret_wipe(t->data.scalar.value, t->data.scalar.length);
	}
	yaml_parser_delete(p);
	wipe_freed();
}

/* The code point at *s in valid UTF-8; moves *s behind it. */
static uint32_t take_code_point(const unsigned char **s)
{
	unsigned char lead = *(*s)++;
	unsigned more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
	uint32_t code = lead & (0x7f >> more >> (more > 0));

	for (; more > 0 && (**s & 0xc0) == 0x80; more--)
		code = code << 6 | (*(*s)++ & 0x3f);
	return code;
}

void doc_quote(const char *s, FILE *out)
{
	const unsigned char *p = (const unsigned char *)s;

	fputc('"', out);
	while (*p) {
		uint32_t code = take_code_point(&p);

		if (code == '"' || code == '\\')
			fprintf(out, "\\%c", (int)code);
		else if (code >= 0x20 && code < 0x7f)
			fputc((int)code, out);
		else if (code <= 0xffff)
			fprintf(out, "\\u%04x", code);
		else
			fprintf(out, "\\U%08x", code);
	}
	fputc('"', out);
}
