/* Values as people write them: numbers and booleans of YAML 1.2's core schema, and names misspelt.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads a whole number, decimal or with 0x in hexadecimal. Returns 0, -EINVAL where it is none, or
 * -ERANGE where it lies outside min to max; *v is written only with 0.
 */
int text_uint(const char *s, uint64_t min, uint64_t max, uint64_t *v);

/* Reads true, True, TRUE, false, False or FALSE. */
bool text_bool(const char *s, bool *v);

enum { TEXT_SHOWN = 48 };

/* What a message may show of a text: its beginning, in printable ASCII; returns out. */
const char *text_show(const char *s, char out[TEXT_SHOWN]);

/* Levenshtein distance; of texts beyond 64 octets, that of their beginnings. */
unsigned text_distance(const char *a, const char *b);
