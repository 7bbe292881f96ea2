/*
 * One YAML document, read event by event, and the messages about it. Anchors, aliases, tags, zero
 * octets, deep nesting and further documents are refused here, so that readers need not know them.
 */
#pragma once

#include <yaml.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { DOC_DEPTH_MAX = 8 };

enum doc_kind {
	DOC_END,     /* of the document; or nothing more can be read */
	DOC_SCALAR,  /* text, whatever its style: what reads it decides on its type */
	DOC_REFUSED, /* a scalar or alias that has been reported */
	DOC_MAP,     /* keys and values in turn follow, then DOC_CLOSE */
	DOC_LIST,    /* values follow, then DOC_CLOSE */
	DOC_CLOSE
};

struct doc {
	const char *name; /* of the file, for messages */
	FILE *errors;
	unsigned error_count;
	/* What doc_next came to. */
	enum doc_kind kind;
	uint32_t line;
	const char *text; /* DOC_SCALAR: UTF-8, zero-terminated; until the next doc_next */
	/* Private. */
	const char *source;
	unsigned depth;
	bool begun, dead;
	yaml_parser_t parser;
	yaml_event_t event;
};

/* Starts on len octets, which must stay. Returns 0 or -ENOMEM. */
int doc_open(struct doc *d, const char *source, size_t len, const char *name, FILE *errors);

/* Goes to the next event. A syntax error is reported and ends the document. */
enum doc_kind doc_next(struct doc *d);

/* Goes to the end of the value that doc_next came to: of a scalar, it is there already. */
void doc_skip(struct doc *d);

/* Whether the scalar is YAML's null: empty, ~ or null, unquoted. */
bool doc_null(const struct doc *d);

/* Writes `name:line: key: message`. */
__attribute__((format(printf, 4, 5))) void doc_error(struct doc *d, uint32_t line, const char *key,
						     const char *fmt, ...);

/* Wipes what the parser still holds, and frees it. */
void doc_close(struct doc *d);

/* Writes s as a double-quoted scalar, in ASCII. */
void doc_quote(const char *s, FILE *out);
