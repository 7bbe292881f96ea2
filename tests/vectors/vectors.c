#include "tests/vectors/vectors.h"

#include "crypto/bytes.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

json_t *vectors_load(const char *file)
{
	const char *root = secure_getenv("IWF_SOURCE_ROOT");
	char path[PATH_MAX];
	json_error_t err;
	json_t *all;

	(void)snprintf(path, sizeof(path), "%s/tests/vectors/%s", root ? root : ".", file);
	all = json_load_file(path, 0, &err);
	if (!all)
		fail_msg("%s:%d: %s", path, err.line, err.text);
	return all;
}

const json_t *vector_at(const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);

	if (!value)
		fail_msg("a vector without %s", key);
	return value;
}

const char *vector_text(const json_t *row, const char *key)
{
	const char *text = json_string_value(vector_at(row, key));

	if (!text)
		fail_msg("%s is no string", key);
	return text;
}

uint64_t vector_number(const json_t *row, const char *key)
{
	const json_t *value = vector_at(row, key);
	uint64_t x = 0;

	if (json_is_integer(value))
		return (uint64_t)json_integer_value(value);
	for (const char *p = vector_text(row, key); *p; p++) {
		if (hex_digit(*p) < 0 || x >> 60)
			fail_msg("%s is no number", key);
		x = x << 4 | (uint64_t)hex_digit(*p);
	}
	return x;
}

size_t vector_octets(const json_t *row, const char *key, uint8_t *out, size_t room)
{
	const char *text = vector_text(row, key);
	size_t n = strlen(text) / 2;

	if (n > room || !hex_read(text, strlen(text), out, n))
		fail_msg("%s is not up to %zu octets in hexadecimal", key, room);
	return n;
}
