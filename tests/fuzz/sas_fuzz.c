/* Key files from anywhere: what loads is written and loads back equal; what does not says why. */
#include "config/sas.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Loads, and checks that messages stand there if and only if it failed, and then nothing else. */
static int load(const char *text, size_t len, struct sa_rows *rows)
{
	char *errors;
	size_t size;
	FILE *f = open_memstream(&errors, &size);
	int err;

	if (!f)
		abort();
	err = sas_load_text(text, len, "f", rows, f);
	fclose(f);
	if ((err != 0) != (size > 0) || (size > 0 && errors[size - 1] != '\n'))
		abort();
	if (err != 0 && (rows->row || rows->n > 0))
		abort();
	free(errors);
	return err;
}

static bool same_state(const struct sa_row *a, const struct sa_row *b)
{
	return a->has_count_up == b->has_count_up && a->count_up == b->count_up &&
	       a->has_count_down == b->has_count_down && a->count_down == b->count_down &&
	       a->resume_count == b->resume_count && a->has_resume_rand == b->has_resume_rand &&
	       memcmp(a->resume_rand, b->resume_rand, sizeof(a->resume_rand)) == 0;
}

static bool same(const struct sa_row *a, const struct sa_row *b)
{
	return a->key_id == b->key_id &&
	       memcmp(a->root_key, b->root_key, sizeof(a->root_key)) == 0 &&
	       memcmp(a->salt, b->salt, sizeof(a->salt)) == 0 &&
	       a->identity_len == b->identity_len && strcmp(a->identity, b->identity) == 0 &&
	       a->eea == b->eea && a->eia == b->eia && a->tag_len == b->tag_len &&
	       a->bearer == b->bearer && a->expires_ns == b->expires_ns &&
	       endpoint_equal(&a->address, &b->address) &&
	       a->one_key_per_transmission == b->one_key_per_transmission && a->group == b->group &&
	       same_state(a, b);
}

/* What sas.h and sdt.md 8 promise of every row. */
static bool sound(const struct sa_row *r)
{
	return r->key_id != 0 && r->line != 0 && strlen(r->identity) == r->identity_len &&
	       r->identity_len > 0 && suite_valid(r->eea, r->eia, r->tag_len) &&
	       r->bearer < BEARER_COUNT && r->resume_count > 0 &&
	       (!r->has_resume_rand || r->resume_count > 1) &&
	       (r->address.family == 0 || r->address.port != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sa_rows rows, again;
	char *text;
	size_t size;
	FILE *out;

	if (load((const char *)data, len, &rows) != 0)
		return 0;
	out = open_memstream(&text, &size);
	if (!out)
		abort();
	for (size_t i = 0; i < rows.n; i++)
		sas_write(&rows.row[i], out);
	fclose(out);
	if (load(text, size, &again) != 0 || again.n != rows.n)
		abort();
	for (size_t i = 0; i < rows.n; i++) {
		if (!sound(&rows.row[i]) || !same(&rows.row[i], &again.row[i]))
			abort();
	}
	sas_free(&rows);
	sas_free(&again);
	free(text);
	return 0;
}
