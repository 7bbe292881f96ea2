/* The table of settings: each row is all that loading, checking, printing and manuals know of one.
 */
#pragma once

#include "config/config.h"

#include <stddef.h>
#include <stdint.h>

enum field_type {
	FIELD_BOOL,
	FIELD_UINT, /* uint16_t or uint32_t, by size */
	FIELD_CHOICE,
	FIELD_PATH,
	FIELD_CPUS,
	FIELD_IPV4,
	FIELD_IPV6,
	FIELD_MAC,
	FIELD_ENDPOINT,
	FIELD_BEARERS, /* a map of bearers to endpoints; all before it are single values */
	FIELD_EEAS,    /* lists of algorithms; all from here on are lists */
	FIELD_EIAS,
	FIELD_UIDS /* a list of user ids */
};

struct field {
	const char *path; /* names joined by dots: maps in YAML, the setting last */
	uint16_t offset, size;
	enum field_type type;
	const char *unit; /* of a number; NULL: none */
	uint64_t min, max;
	const char *preset;  /* the default as text; empty for maps and lists */
	const char *choices; /* FIELD_CHOICE: separated by ", " */
	const char *help;
};

enum { FIELD_COUNT_MAX = 64, FIELD_PATH_DEPTH = 4, FIELD_PATH_MAX = 48 };

extern const struct field config_fields[];
extern const size_t config_field_count;

/* Index of the setting with this path, or -1. */
int schema_find(const char *path);

/* Index of the first setting below this path, where it names a group of settings, or -1. */
int schema_find_section(const char *path);

/* How many groups of settings a path lies in. */
unsigned schema_depth(const char *path);

/* Path of the setting that this one was probably meant to be. */
const char *schema_nearest(const char *path);

enum { FIELD_ALLOWED = 96, FIELD_TEXT = 2 * CONFIG_PATH_MAX };

/* What the setting may be, for messages and manuals; returns out. */
const char *field_allowed(const struct field *f, char out[FIELD_ALLOWED]);

/*
 * One value between text and configuration; not for maps and lists. field_read returns what is
 * wrong with the text, or NULL. field_write returns out.
 */
const char *field_read(const struct field *f, const char *s, struct config *c);
const char *field_write(const struct field *f, const struct config *c, char out[FIELD_TEXT]);

/* Id of EEA0 to EEA3, or EIA1 to EIA3, by name or number; -1: none of them. */
int field_read_algorithm(const struct field *f, const char *s);
