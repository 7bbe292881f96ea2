/* What makes up a row of a key file: its fields, and where it gives them. */
#pragma once

#include "config/doc.h"
#include "config/sas.h"

enum {
	SAS_KEY_ID,
	SAS_ROOT_KEY,
	SAS_SALT,
	SAS_IDENTITY,
	SAS_EEA,
	SAS_EIA,
	SAS_TAG_LENGTH,
	SAS_BEARER,
	SAS_EXPIRES,
	SAS_ADDRESS,
	SAS_ONE_KEY,
	SAS_GROUP,
	SAS_COUNT_UP,
	SAS_COUNT_DOWN,
	SAS_RESUME_COUNT,
	SAS_RESUME_RAND,
	SAS_FIELD_COUNT
};

struct sas_field {
	const char *name;
	const char *(*read)(struct sa_row *row, const char *s); /* what is wrong, or NULL */
	const char *allowed;
	bool required;
	bool hidden; /* messages may not show the value */
};

extern const struct sas_field sas_fields[SAS_FIELD_COUNT];

struct sas_lines {
	uint32_t of[SAS_FIELD_COUNT]; /* line of the field; 0: the row lacks it */
};

/* Reports what contradicts itself in a row whose fields are each right. */
void sas_check_row(const struct sa_row *row, const struct sas_lines *lines, struct doc *d);

/*
 * Reports rows that share a key id (0 is passed over), or root key, identity and salt (an identity
 * of length 0 is passed over). Returns 0 or -ENOMEM.
 */
int sas_check_rows(const struct sa_rows *rows, struct doc *d);
