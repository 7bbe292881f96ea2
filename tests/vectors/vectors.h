/*
 * The reader of the JSON files beside it. Whatever is not there, or is not what was asked for,
 * fails the test that asked.
 */
#pragma once

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole file; the caller releases it with json_decref. */
json_t *vectors_load(const char *file);

const json_t *vector_at(const json_t *row, const char *key);
const char *vector_text(const json_t *row, const char *key);

/* A number, or a string of up to 16 hexadecimal digits. */
uint64_t vector_number(const json_t *row, const char *key);

/* A string of hexadecimal digits as octets, of which there is room for `room`. Returns how many. */
size_t vector_octets(const json_t *row, const char *key, uint8_t *out, size_t room);
