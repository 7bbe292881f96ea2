/* Devices of a key file by key id, and the RESUMEs that were seen of them. */
#include "pcap/fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROWS = 100 };

/* Rows whose key ids are in no order; every fifth has an epoch in force. */
static uint32_t key_id(uint32_t i)
{
	return (i * UINT32_C(2654435769)) | 1;
}

static int load(void **state)
{
	static struct fleet f;
	char path[] = "/tmp/fleet_test.XXXXXX";
	int fd = mkstemp(path), rc;
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out)
		return -1;
	for (uint32_t i = 0; i < ROWS; i++) {
		struct sa_row row = {.key_id = key_id(i),
				     .root_key = {(uint8_t)i},
				     .eea = EEA2,
				     .eia = EIA2,
				     .tag_len = TAG_LONG,
				     .expires_ns = SAS_NEVER,
				     .resume_count = i % 5 ? 1 : 300,
				     .has_resume_rand = i % 5 == 0,
				     .resume_rand = {(uint8_t)i, 1}};

		row.identity_len =
			(uint8_t)snprintf(row.identity, sizeof(row.identity), "00101%010u", i);
		sas_write(&row, out);
	}
	fclose(out);
	rc = fleet_load(&f, path, stderr);
	unlink(path);
	*state = &f;
	return rc;
}

static int unload(void **state)
{
	fleet_free(*state);
	return 0;
}

static void every_device_is_found_by_its_key_id_alone(void **state)
{
	struct fleet *f = *state;

	for (uint32_t i = 0; i < ROWS; i++) {
		struct device *d = fleet_find(f, key_id(i));

		assert_non_null(d);
		assert_ptr_equal(d->row, &f->rows.row[i]);
		assert_int_equal(d->row->key_id, key_id(i));
	}
	assert_null(fleet_find(f, 0));
	assert_null(fleet_find(f, key_id(ROWS)));
}

static void learn(struct fleet *f, const struct device *d, uint32_t n, uint8_t rand0)
{
	uint8_t rand[RAND_LEN] = {rand0};
	struct message m = {.type = SDT_RESUME, .count = n, .rand = rand, .capabilities = 0xee};

	assert_int_equal(fleet_learn(f, d, &m), 0);
}

static void resumes_come_back_newest_first_each_to_its_device(void **state)
{
	struct fleet *f = *state;
	struct device *a = fleet_find(f, key_id(1)), *b = fleet_find(f, key_id(2));
	const struct asked *asked;
	uint32_t at = 0;

	/* Many enough that the table grows under them. */
	for (uint32_t n = 1; n <= 500; n++) {
		learn(f, a, n, 1);
		learn(f, b, n, 2);
		learn(f, a, n, 1); /* the same message again */
	}
	for (uint32_t n = 500; n >= 1; n--) {
		asked = fleet_asked(f, a, &at);
		assert_non_null(asked);
		assert_int_equal(asked->n, n);
		assert_int_equal(asked->rand[0], 1);
		assert_int_equal(asked->capabilities, 0xee);
	}
	assert_null(fleet_asked(f, a, &at));

	/* Another RAND under a known Count is another RESUME. */
	learn(f, a, 500, 3);
	at = 0;
	asked = fleet_asked(f, a, &at);
	assert_int_equal(asked->rand[0], 3);
	asked = fleet_asked(f, a, &at);
	assert_int_equal(asked->rand[0], 1);
	assert_int_equal(asked->n, 500);
}

static void the_epoch_that_a_row_states_is_known(void **state)
{
	struct fleet *f = *state;
	uint32_t at = 0;
	const struct asked *asked = fleet_asked(f, fleet_find(f, key_id(10)), &at);

	assert_non_null(asked);
	assert_int_equal(asked->n, 299);
	assert_int_equal(asked->rand[0], 10);
	at = 0;
	assert_null(fleet_asked(f, fleet_find(f, key_id(11)), &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_device_is_found_by_its_key_id_alone),
		cmocka_unit_test(resumes_come_back_newest_first_each_to_its_device),
		cmocka_unit_test(the_epoch_that_a_row_states_is_known),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
