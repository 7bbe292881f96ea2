/* sdt.md 4, 5, 8: a device's COUNTs, window, epochs and resumption Count. */
#include "pcap/device.h"

#include "crypto/kdf.h"
#include "crypto/single.h"
#include "tests/unit/sdt_vectors.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint8_t payload[] = "a reading of 21.5 degrees";

static struct sa_row some_row(unsigned eea, unsigned eia, unsigned tag_len)
{
	struct sa_row row = {
		.key_id = 0xa1b2c3d4,
		.eea = (uint8_t)eea,
		.eia = (uint8_t)eia,
		.tag_len = (uint8_t)tag_len,
		.bearer = 5,
		.expires_ns = SAS_NEVER,
		.resume_count = 1,
		.identity = "001010000000001",
		.identity_len = 15,
	};

	for (uint8_t i = 0; i < ROOT_KEY_LEN; i++)
		row.root_key[i] = (uint8_t)(7 * i + 1);
	return row;
}

/* A device, and the gateway's half of its SA: what the tests send down is sealed with it. */
struct pair {
	struct sa_row row;
	struct device d;
	struct epoch down;
};

static void pair_up(struct pair *p)
{
	p->row = some_row(EEA2, EIA2, TAG_LONG);
	device_init(&p->d, &p->row);
	epoch_derive(&p->down, &p->row, 0, NULL, p->row.eea, p->row.eia);
}

static enum verdict receive(struct pair *p, const uint8_t *msg, size_t n, const struct asked *asked)
{
	uint8_t copy[MESSAGE_MAX];
	struct message m;
	enum verdict v = message_read(&m, DOWNLINK, msg, n);

	memcpy(copy, msg, n);
	return v == VERDICT_OPENED ? device_open(&p->d, &m, copy, asked) : v;
}

static enum verdict receive_data(struct pair *p, uint32_t count)
{
	struct message m = {.bearer = 5, .count = count, .len = sizeof(payload)};
	uint8_t msg[MESSAGE_MAX];
	int n = data_seal(&p->down, &p->row, DOWNLINK, &m, payload, msg);

	assert_true(n > 0);
	return receive(p, msg, (size_t)n, NULL);
}

/* RESUMED as a gateway makes it (sdt.md 5), with held data of `len` octets. */
static size_t make_resumed(const struct pair *p, const struct epoch *e, const uint8_t *rand,
			   size_t len, uint8_t *out)
{
	struct sdt_hdr h = {.version_type = 0x13,
			    .bearer_flags = 5 << SDT_BEARER_SHIFT | SDT_T,
			    .algs = (uint8_t)(e->eea << 4 | e->eia),
			    .epoch = (uint8_t)e->n,
			    .key_id = be32_of(p->row.key_id),
			    .count = be32_of(e->n)};
	uint8_t s[KDF_MAX + MESSAGE_MAX], res[KDF_OUT];
	size_t n = sizeof(h) + len;

	memcpy(out, &h, sizeof(h));
	memcpy(out + sizeof(h), payload, len);
	assert_int_equal(single_cipher(e->eea, e->way[DOWNLINK].enc, 0, 5, DOWNLINK,
				       out + sizeof(h), len * 8),
			 0);
	hmac_sha256(e->root, sizeof(e->root), s, kdf_res_input(s, sizeof(s), rand, out, n), res);
	memcpy(out + n, res, RES_LEN);
	return n + RES_LEN;
}

static void count_starts_where_the_row_says(void **state)
{
	static const struct {
		const char *what;
		bool has_count_up, has_rand;
		uint32_t count_up, resume_count;
		uint32_t next_up, epoch, n;
	} cases[] = {
		{"a new SA", false, false, 0, 1, 0, 0, 1},
		{"COUNT 0 was received", true, false, 0, 1, 1, 0, 1},
		{"COUNT 99 was received", true, false, 99, 1, 100, 0, 1},
		{"resumption Count alone: epoch 0 is in force", false, false, 0, 9, 0, 0, 9},
		{"epoch 8 in force, its COUNT 0 used by the RESUME", false, true, 0, 9, 1, 8, 9},
		{"epoch 300 in force and used", true, true, 41, 301, 42, 300, 301},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sa_row row = some_row(EEA1, EIA1, TAG_SHORT);
		uint8_t msg[MESSAGE_MAX];
		struct device d;
		struct message m;
		int n;

		row.has_count_up = cases[i].has_count_up;
		row.count_up = cases[i].count_up;
		row.has_resume_rand = cases[i].has_rand;
		row.resume_count = cases[i].resume_count;
		device_init(&d, &row);
		for (uint32_t k = 0; k < 3; k++) {
			n = device_data(&d, 0, payload, sizeof(payload), msg);
			assert_true(n > 0);
			assert_int_equal(message_read(&m, UPLINK, msg, (size_t)n), VERDICT_OPENED);
			if (m.count != cases[i].next_up + k || m.epoch != (uint8_t)cases[i].epoch ||
			    d.n != cases[i].n)
				fail_msg("%s", cases[i].what);
			assert_true(data_open(&d.epoch, UPLINK, &m, msg));
			assert_memory_equal(msg + m.head, payload, sizeof(payload));
		}
		device_wipe(&d);
	}
}

static void no_count_is_used_beyond_its_end(void **state)
{
	struct sa_row row = some_row(EEA2, EIA2, TAG_SHORT);
	uint8_t msg[MESSAGE_MAX];
	struct device d;

	(void)state;
	row.has_count_up = true;
	row.count_up = UINT32_MAX - (1 << 16) - 1; /* leaves 2^32 - 2^16 - 1, the last one */
	device_init(&d, &row);
	assert_true(device_can_send(&d));
	assert_true(device_data(&d, 0, payload, 1, msg) > 0);
	assert_false(device_can_send(&d));
	assert_int_equal(device_data(&d, 0, payload, 1, msg), -EOVERFLOW);
	row.count_up = UINT32_MAX;
	device_init(&d, &row);
	assert_int_equal(device_data(&d, 0, payload, 1, msg), -EOVERFLOW);
}

static void window_takes_each_count_once(void **state)
{
	static const struct {
		const char *what;
		uint32_t count;
		enum verdict want;
	} steps[] = {
		{"the first may be any", 1000, VERDICT_OPENED},
		{"the same again", 1000, VERDICT_REPLAYED},
		{"the left edge", 1000 - 63, VERDICT_OPENED},
		{"the left edge again", 1000 - 63, VERDICT_REPLAYED},
		{"beyond the left edge", 1000 - 64, VERDICT_TOO_OLD},
		{"one ahead", 1001, VERDICT_OPENED},
		{"left behind by it", 1000 - 63, VERDICT_TOO_OLD},
		{"a gap filled", 999, VERDICT_OPENED},
		{"63 ahead keeps the old top in view", 1064, VERDICT_OPENED},
		{"the old top", 1001, VERDICT_REPLAYED},
		{"64 ahead leaves nothing in view", 1128, VERDICT_OPENED},
		{"the one after the old top", 1065, VERDICT_OPENED},
		{"the old top now", 1064, VERDICT_TOO_OLD},
		{"a device has no forward limit", 0xfffeffff, VERDICT_OPENED},
		{"and nothing before counts", 1128, VERDICT_TOO_OLD},
	};
	struct pair p;

	(void)state;
	pair_up(&p);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		enum verdict got = receive_data(&p, steps[i].count);

		if (got != steps[i].want)
			fail_msg("%s: %s", steps[i].what, verdict_name(got));
	}
}

static void a_wrong_tag_moves_nothing(void **state)
{
	struct message m = {.bearer = 5, .count = 50, .len = sizeof(payload)};
	uint8_t msg[MESSAGE_MAX];
	struct pair p;
	int n;

	(void)state;
	pair_up(&p);
	n = data_seal(&p.down, &p.row, DOWNLINK, &m, payload, msg);
	msg[n - 1] ^= 1;
	assert_int_equal(receive(&p, msg, (size_t)n, NULL), VERDICT_BAD_TAG);
	msg[n - 1] ^= 1;
	assert_int_equal(receive(&p, msg, (size_t)n, NULL), VERDICT_OPENED);
	assert_int_equal(receive(&p, msg, (size_t)n, NULL), VERDICT_REPLAYED);
}

static void data_must_be_of_the_algorithms_and_epoch_in_force(void **state)
{
	struct message m = {.bearer = 5, .count = 50, .len = 1};
	struct sa_row other;
	uint8_t msg[MESSAGE_MAX], rand[RAND_LEN] = {1};
	struct epoch e;
	struct pair p;
	int n;

	(void)state;
	pair_up(&p);
	epoch_derive(&e, &p.row, 0, NULL, EEA3, EIA2);
	n = data_seal(&e, &p.row, DOWNLINK, &m, payload, msg);
	assert_int_equal(receive(&p, msg, (size_t)n, NULL), VERDICT_WRONG_ALGORITHM);

	epoch_derive(&e, &p.row, 1, rand, EEA2, EIA2);
	n = data_seal(&e, &p.row, DOWNLINK, &m, payload, msg);
	assert_int_equal(receive(&p, msg, (size_t)n, NULL), VERDICT_WRONG_EPOCH);

	/* T is a property of the SA (sdt.md 2). */
	other = p.row;
	other.tag_len = TAG_SHORT;
	n = data_seal(&p.down, &other, DOWNLINK, &m, payload, msg);
	assert_int_equal(receive(&p, msg, (size_t)n, NULL), VERDICT_WRONG_ALGORITHM);
}

static void resumed_begins_its_epoch_and_hands_up_held_data(void **state)
{
	struct asked asked = {.n = 1, .rand = {9, 8, 7}, .capabilities = 0xee};
	uint8_t msg[MESSAGE_MAX];
	struct message m;
	struct epoch e;
	struct pair p;
	size_t n;

	(void)state;
	pair_up(&p);
	assert_true(device_resume(&p.d, &asked, 0, payload, sizeof(payload), msg) > 0);
	assert_int_equal(p.d.n, 2);
	epoch_derive(&e, &p.row, 1, asked.rand, EEA1, EIA2);
	n = make_resumed(&p, &e, asked.rand, sizeof(payload), msg);
	assert_int_equal(receive(&p, msg, n, NULL), VERDICT_RESUME_UNSEEN);
	/* Nothing has changed yet: the old epoch still opens. */
	assert_int_equal(receive_data(&p, 7), VERDICT_OPENED);

	assert_int_equal(message_read(&m, DOWNLINK, msg, n), VERDICT_OPENED);
	assert_int_equal(device_open(&p.d, &m, msg, &asked), VERDICT_OPENED);
	assert_int_equal(m.len, sizeof(payload));
	assert_memory_equal(msg + m.head, payload, sizeof(payload));
	assert_int_equal(p.d.epoch.n, 1);
	assert_int_equal(p.d.next_up, 1);
	/* The old keys are given up, and COUNT 0 is the RESUMED's. */
	assert_int_equal(receive_data(&p, 8), VERDICT_WRONG_ALGORITHM);
	p.down = e;
	assert_int_equal(receive_data(&p, 0), VERDICT_REPLAYED);
	assert_int_equal(receive_data(&p, 1), VERDICT_OPENED);
}

static void the_same_resumed_again_changes_nothing(void **state)
{
	struct asked asked = {.n = 3, .rand = {4}, .capabilities = 0xee};
	uint8_t msg[MESSAGE_MAX];
	struct epoch e;
	struct pair p;
	size_t n;

	(void)state;
	pair_up(&p);
	epoch_derive(&e, &p.row, 3, asked.rand, EEA2, EIA2);
	n = make_resumed(&p, &e, asked.rand, 0, msg);
	assert_int_equal(receive(&p, msg, n, &asked), VERDICT_OPENED);
	p.down = e;
	assert_int_equal(receive_data(&p, 1), VERDICT_OPENED);
	assert_int_equal(receive(&p, msg, n, &asked), VERDICT_OPENED);
	assert_int_equal(receive_data(&p, 1), VERDICT_REPLAYED);
}

static void a_choice_outside_the_capabilities_is_refused(void **state)
{
	struct asked asked = {.n = 1, .rand = {4}, .capabilities = 1 << EEA2 | 1 << (4 + EIA2)};
	uint8_t msg[MESSAGE_MAX];
	struct epoch e;
	struct pair p;
	size_t n;

	(void)state;
	pair_up(&p);
	epoch_derive(&e, &p.row, 1, asked.rand, EEA3, EIA2);
	n = make_resumed(&p, &e, asked.rand, 0, msg);
	assert_int_equal(receive(&p, msg, n, &asked), VERDICT_BAD_CHOICE);
	assert_int_equal(p.d.epoch.n, 0);
	msg[n - 1] ^= 1;
	assert_int_equal(receive(&p, msg, n, &asked), VERDICT_BAD_TAG);
}

static void sync_raises_the_count_and_never_lowers_it(void **state)
{
	json_t *file, *sas = vectors_load(&file), *sa = json_array_get(sas, 0);
	struct sa_row row = vector_row(sa);
	struct asked asked = {0};
	uint8_t msg[64];
	struct message m;
	struct device d;
	size_t n = vector_hex(sa, "sync", msg, sizeof(msg));

	(void)state;
	vector_hex(json_object_get(sa, "resume"), "rand", asked.rand, RAND_LEN);
	device_init(&d, &row);
	assert_int_equal(message_read(&m, DOWNLINK, msg, n), VERDICT_OPENED);
	assert_int_equal(device_open(&d, &m, msg, &asked), VERDICT_OPENED);
	assert_int_equal(d.n, 40707);
	d.n = 50000;
	assert_int_equal(device_open(&d, &m, msg, &asked), VERDICT_OPENED);
	assert_int_equal(d.n, 50000);
	/* RAND must be the one that was sent. */
	asked.rand[0] ^= 1;
	assert_int_equal(device_open(&d, &m, msg, &asked), VERDICT_RESUME_UNSEEN);
	msg[n - 1] ^= 1;
	assert_int_equal(device_open(&d, &m, msg, NULL), VERDICT_BAD_TAG);
	json_decref(file);
}

static void a_group_gets_data_and_nothing_else(void **state)
{
	struct message m = {.bearer = 5, .count = 3, .len = sizeof(payload)};
	struct asked asked = {.n = 1, .rand = {4}, .capabilities = 0xee};
	uint8_t msg[MESSAGE_MAX];
	struct epoch e;
	struct pair p;
	size_t n;

	(void)state;
	pair_up(&p);
	p.row.group = true;
	p.row.identity_len = (uint8_t)snprintf(p.row.identity, sizeof(p.row.identity), "meters/%s",
					       "Z\xc3\xbcrich");
	epoch_derive(&p.down, &p.row, 0, NULL, EEA2, EIA2);
	n = (size_t)data_seal(&p.down, &p.row, DOWNLINK, &m, payload, msg);
	assert_int_equal(receive(&p, msg, n, NULL), VERDICT_OPENED);
	epoch_derive(&e, &p.row, 1, asked.rand, EEA2, EIA2);
	n = make_resumed(&p, &e, asked.rand, 0, msg);
	assert_int_equal(receive(&p, msg, n, &asked), VERDICT_BAD_TYPE);
}

static void downlink_of_the_worked_examples_opens(void **state)
{
	json_t *file, *sas = vectors_load(&file), *sa, *data;
	size_t i, k, n = 0;

	(void)state;
	json_array_foreach(sas, i, sa)
	{
		struct sa_row row = vector_row(sa);
		struct device d;

		json_array_foreach(json_object_get(sa, "data"), k, data)
		{
			uint8_t msg[MESSAGE_MAX], want[MESSAGE_MAX];
			struct message m;
			size_t len = vector_hex(data, "message", msg, sizeof(msg));

			if (vector_uint(data, "direction") != DOWNLINK)
				continue;
			device_init(&d, &row);
			assert_int_equal(message_read(&m, DOWNLINK, msg, len), VERDICT_OPENED);
			assert_int_equal(device_open(&d, &m, msg, NULL), VERDICT_OPENED);
			assert_int_equal(m.len, vector_hex(data, "payload", want, sizeof(want)));
			assert_memory_equal(msg + m.head, want, m.len);
			n++;
		}
	}
	assert_int_equal(n, 14);
	json_decref(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(count_starts_where_the_row_says),
		cmocka_unit_test(no_count_is_used_beyond_its_end),
		cmocka_unit_test(window_takes_each_count_once),
		cmocka_unit_test(a_wrong_tag_moves_nothing),
		cmocka_unit_test(data_must_be_of_the_algorithms_and_epoch_in_force),
		cmocka_unit_test(resumed_begins_its_epoch_and_hands_up_held_data),
		cmocka_unit_test(the_same_resumed_again_changes_nothing),
		cmocka_unit_test(a_choice_outside_the_capabilities_is_refused),
		cmocka_unit_test(sync_raises_the_count_and_never_lowers_it),
		cmocka_unit_test(a_group_gets_data_and_nothing_else),
		cmocka_unit_test(downlink_of_the_worked_examples_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
