#include "tests/unit/sa_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture *make_table(uint32_t slots)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->crypto = batch_create(BATCH_AUTO);
	f->t = sa_table_create(slots);
	assert_non_null(f->crypto);
	assert_non_null(f->t);
	return f;
}

void free_table(struct fixture *f)
{
	sa_table_destroy(f->t);
	batch_destroy(f->crypto);
	free(f);
}

const struct sa_install_limits any_row = {.given = true};

enum key_result install_with(struct fixture *f, const struct sa_install_limits *limits,
			     const struct sa_row *row, struct key_outcome *o)
{
	size_t good = sa_table_install(f->t, f->crypto, limits, row, 1, o);

	assert_int_equal(good, key_result_good(o->result));
	return (enum key_result)o->result;
}

enum key_result install(struct fixture *f, const struct sa_row *row)
{
	struct key_outcome o;

	return install_with(f, &any_row, row, &o);
}

enum key_result install_id(struct fixture *f, uint32_t key_id)
{
	struct sa_row row = rig_row(key_id, EEA2, EIA2, TAG_LONG);

	return install(f, &row);
}

void remove_id(struct fixture *f, uint32_t key_id)
{
	uint32_t slot = sa_table_find(f->t, key_id);

	assert_int_not_equal(slot, SA_NONE);
	sa_table_remove_slots(f->t, &slot, 1);
	assert_int_equal(sa_table_find(f->t, key_id), SA_NONE);
}

/* An SA of IMSI number `imsi`. */
struct sa_row row_of(uint32_t key_id, unsigned imsi)
{
	struct sa_row row = rig_row(key_id, EEA1, EIA1, TAG_SHORT);

	row.identity_len =
		(uint8_t)snprintf(row.identity, sizeof(row.identity), "99970%010u", imsi);
	return row;
}

uint32_t find_imsi(const struct fixture *f, unsigned imsi)
{
	char digits[IMSI_MAX + 1];
	uint32_t slot;
	be64 key;

	snprintf(digits, sizeof(digits), "99970%010u", imsi);
	key = imsi_to_tbcd(digits, strlen(digits));
	sa_table_find_imsi(f->t, &key, 1, &slot);
	return slot;
}

bool all_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && b[n - 1] == 0)
		n--;
	return n == 0;
}
