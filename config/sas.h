/* The static key file of sdt.md 8: security associations for replays and tests. */
#pragma once

#include "config/endpoint.h"
#include "crypto/suite.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	SAS_IDENTITY_MAX = 255, /* octets: an IMSI, or a G-ID */
	SAS_REFERENCE_MAX = 24  /* octets of control's name for an SA */
};

#define SAS_NEVER UINT64_MAX

struct sa_row {
	/* Control's own name for it, printable ASCII without blanks; from a file: static:<key id>.
	 */
	char reference[SAS_REFERENCE_MAX + 1];
	uint32_t key_id; /* 0: the data plane draws it, and the salt (sdt.md 3) */
	uint32_t line;   /* of the row in its file */
	uint8_t root_key[ROOT_KEY_LEN];
	uint8_t salt[SALT_LEN];
	uint8_t identity_len;
	char identity[SAS_IDENTITY_MAX + 1]; /* zero-terminated */
	uint8_t eea, eia, tag_len, bearer;
	uint64_t expires_ns;     /* Unix time; SAS_NEVER, as is all from the year 2554 on */
	struct endpoint address; /* family 0: none yet */
	bool one_key_per_transmission;
	bool group;
	bool has_count_up; /* else nothing has been received */
	uint32_t count_up;
	bool has_count_down;
	uint32_t count_down;
	uint32_t resume_count; /* m; 1 unless given */
	bool has_resume_rand;
	uint8_t resume_rand[16];
};

struct sa_rows {
	struct sa_row *row; /* in file order, which is the order of installs */
	size_t n;
};

/*
 * Reads the file, all of it or nothing; an empty one holds no rows. key_id, root_key, salt,
 * identity, eea and eia must be given. What else is missing, or null, is: a tag of 8 octets with
 * EIA2, else of 4; bearer 0; no expiry; and sdt.md 8's defaults. Rows that cannot be, or cannot be
 * together, are errors; their expiry is for the caller to judge.
 *
 * Every error is written to `errors` as
 * `file:line: key: what is wrong (allowed: ...)`. Returns 0, -EINVAL (lines were written), or
 * -errno where the file cannot be read (a line was written). Free and wipe with sas_free. Main
 * thread.
 */
int sas_load(const char *path, struct sa_rows *rows, FILE *errors);

/* The same from memory; `name` stands for the file in messages. */
int sas_load_text(const char *text, size_t len, const char *name, struct sa_rows *rows,
		  FILE *errors);

/* Writes one row in the form sas_load takes, its keys included: for tools that make key files. */
void sas_write(const struct sa_row *row, FILE *out);

/* Wipes and frees. Empty rows are allowed. */
void sas_free(struct sa_rows *rows);
