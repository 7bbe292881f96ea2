/* Reads tests/vectors/sdt.json: the worked examples of sdt.md 9. */
#pragma once

#include "config/sas.h"
#include "crypto/bytes.h"

#include <jansson.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* The list of SAs; NULL where the file is not there. Free with json_decref on *file. */
static inline json_t *vectors_load(json_t **file)
{
	const char *root = getenv("IWF_SOURCE_ROOT");
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/vectors/sdt.json", root ? root : ".");
	*file = json_load_file(path, 0, NULL);
	return json_object_get(*file, "sas");
}

static inline unsigned vector_uint(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	assert(json_is_integer(v));
	return (unsigned)json_integer_value(v);
}

/* Reads hexadecimal digits into out, which holds `room` octets, and returns how many it holds. */
static inline size_t vector_hex(const json_t *o, const char *name, uint8_t *out, size_t room)
{
	const char *s = json_string_value(json_object_get(o, name));
	size_t n;

	assert(s);
	n = strlen(s) / 2;
	assert(n <= room && hex_read(s, strlen(s), out, n));
	return n;
}

static inline struct sa_row vector_row(const json_t *sa)
{
	const char *identity = json_string_value(json_object_get(sa, "identity"));
	struct sa_row row = {
		.key_id = vector_uint(sa, "key_id"),
		.eea = (uint8_t)vector_uint(sa, "eea"),
		.eia = (uint8_t)vector_uint(sa, "eia"),
		.tag_len = (uint8_t)vector_uint(sa, "tag_length"),
		.bearer = (uint8_t)vector_uint(sa, "bearer"),
		.expires_ns = SAS_NEVER,
		.resume_count = 1,
	};

	vector_hex(sa, "root_key", row.root_key, sizeof(row.root_key));
	vector_hex(sa, "salt", row.salt, sizeof(row.salt));
	row.identity_len = (uint8_t)snprintf(row.identity, sizeof(row.identity), "%s", identity);
	return row;
}
