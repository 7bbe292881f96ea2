/* sdt.md 2 to 5: messages sealed and opened, against the worked examples of sdt.md 9. */
#include "pcap/message.h"

#include "tests/unit/sdt_vectors.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static json_t *file, *sas;

static int load(void **state)
{
	(void)state;
	sas = vectors_load(&file);
	return sas && json_array_size(sas) == 7 ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	json_decref(file);
	return 0;
}

static struct epoch first_epoch(const struct sa_row *row)
{
	struct epoch e;

	epoch_derive(&e, row, 0, NULL, row->eea, row->eia);
	return e;
}

static void traffic_keys_are_those_of_the_worked_examples(void **state)
{
	json_t *sa;
	size_t i;

	(void)state;
	json_array_foreach(sas, i, sa)
	{
		struct sa_row row = vector_row(sa);
		struct epoch e = first_epoch(&row);
		const json_t *keys = json_object_get(sa, "keys");
		uint8_t key[KEY_LEN];

		vector_hex(keys, "enc_up", key, KEY_LEN);
		assert_memory_equal(e.way[UPLINK].enc, key, KEY_LEN);
		vector_hex(keys, "enc_down", key, KEY_LEN);
		assert_memory_equal(e.way[DOWNLINK].enc, key, KEY_LEN);
		vector_hex(keys, "int_up", key, KEY_LEN);
		assert_memory_equal(e.way[UPLINK].mac, key, KEY_LEN);
		vector_hex(keys, "int_down", key, KEY_LEN);
		assert_memory_equal(e.way[DOWNLINK].mac, key, KEY_LEN);
	}
}

/* Seals one DATA of the examples, and opens it again. */
static void check_data(const struct sa_row *row, const json_t *data)
{
	uint8_t payload[SDT_PAYLOAD_MAX], want[MESSAGE_MAX], got[MESSAGE_MAX];
	unsigned direction = vector_uint(data, "direction");
	size_t len = vector_hex(data, "payload", payload, sizeof(payload));
	size_t want_len = vector_hex(data, "message", want, sizeof(want));
	struct epoch e = first_epoch(row);
	struct message m = {
		.bearer = row->bearer, .count = vector_uint(data, "count"), .len = (uint16_t)len};

	assert_int_equal(data_seal(&e, row, direction, &m, payload, got), want_len);
	assert_memory_equal(got, want, want_len);

	assert_int_equal(message_read(&m, direction, want, want_len), VERDICT_OPENED);
	assert_int_equal(m.type, SDT_DATA);
	assert_int_equal(m.key_id, row->key_id);
	assert_int_equal(m.bearer, row->bearer);
	assert_int_equal(m.count, vector_uint(data, "count"));
	assert_int_equal(m.len, len);
	assert_true(data_open(&e, direction, &m, got));
	assert_memory_equal(got + m.head, payload, len);
}

static void data_is_sealed_and_opened_as_in_the_worked_examples(void **state)
{
	size_t i, k, n = 0;
	json_t *sa, *data;

	(void)state;
	json_array_foreach(sas, i, sa)
	{
		struct sa_row row = vector_row(sa);

		json_array_foreach(json_object_get(sa, "data"), k, data)
		{
			check_data(&row, data);
			n++;
		}
	}
	assert_int_equal(n, 35);
}

static struct message resume_fields(const json_t *resume, const uint8_t *rand, uint8_t bearer)
{
	return (struct message){.bearer = bearer,
				.count = vector_uint(resume, "count"),
				.rand = rand,
				.capabilities = (uint8_t)vector_uint(resume, "capabilities")};
}

static void resume_is_sealed_and_opened_as_in_the_worked_examples(void **state)
{
	json_t *sa;
	size_t i;

	(void)state;
	json_array_foreach(sas, i, sa)
	{
		struct sa_row row = vector_row(sa);
		const json_t *resume = json_object_get(sa, "resume");
		uint8_t rand[RAND_LEN], payload[64], want[128], got[MESSAGE_MAX];
		struct message m = resume_fields(resume, rand, row.bearer);
		size_t want_len = vector_hex(resume, "message", want, sizeof(want));

		vector_hex(resume, "rand", rand, sizeof(rand));
		m.len = (uint16_t)vector_hex(resume, "payload", payload, sizeof(payload));
		assert_int_equal(resume_seal(&row, &m, payload, got), want_len);
		assert_memory_equal(got, want, want_len);

		assert_int_equal(message_read(&m, UPLINK, got, want_len), VERDICT_OPENED);
		assert_memory_equal(m.rand, rand, RAND_LEN);
		assert_true(resume_open(&row, &m, got));
		assert_memory_equal(got + SDT_RESUME_HEAD, payload, m.len);
	}
}

static void answers_to_resume_are_opened_as_in_the_worked_examples(void **state)
{
	json_t *sa;
	size_t i;

	(void)state;
	json_array_foreach(sas, i, sa)
	{
		struct sa_row row = vector_row(sa);
		const json_t *resume = json_object_get(sa, "resume");
		uint8_t rand[RAND_LEN], k_prime[ROOT_KEY_LEN], msg[64];
		struct message m;
		struct epoch e;
		size_t n;

		vector_hex(resume, "rand", rand, sizeof(rand));
		vector_hex(resume, "k_prime", k_prime, sizeof(k_prime));
		n = vector_hex(sa, "resumed", msg, sizeof(msg));
		assert_int_equal(message_read(&m, DOWNLINK, msg, n), VERDICT_OPENED);
		epoch_derive(&e, &row, m.count, rand, m.eea, m.eia);
		assert_memory_equal(e.root, k_prime, ROOT_KEY_LEN);
		assert_true(resumed_open(&e, &m, rand, msg));

		n = vector_hex(sa, "sync", msg, sizeof(msg));
		assert_int_equal(message_read(&m, DOWNLINK, msg, n), VERDICT_OPENED);
		assert_memory_equal(m.rand, rand, RAND_LEN);
		assert_true(sync_open(&row, &m, msg));
	}
}

/* Whether any kind of message with these octets opens. */
static bool opens(const struct sa_row *row, unsigned direction, const uint8_t *rand,
		  const uint8_t *msg, size_t n)
{
	uint8_t copy[MESSAGE_MAX];
	struct message m;
	struct epoch e;

	memcpy(copy, msg, n);
	if (message_read(&m, direction, copy, n) != VERDICT_OPENED)
		return false;
	epoch_derive(&e, row, m.type == SDT_DATA ? 0 : m.count, rand, m.eea, m.eia);
	switch (m.type) {
	case SDT_DATA:
		return data_open(&e, direction, &m, copy);
	case SDT_RESUME:
		return resume_open(row, &m, copy);
	case SDT_RESUMED:
		return resumed_open(&e, &m, rand, copy);
	default:
		return sync_open(row, &m, copy);
	}
}

static void check_flips(const struct sa_row *row, unsigned direction, const uint8_t *rand,
			uint8_t *msg, size_t n)
{
	assert_true(opens(row, direction, rand, msg, n));
	for (size_t bit = 0; bit < n * 8; bit++) {
		msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (opens(row, direction, rand, msg, n))
			fail_msg("opens with bit %zu turned, type %u", bit, msg[0] & 15);
		msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void no_bit_of_a_message_can_be_turned(void **state)
{
	json_t *sa;
	size_t i;

	(void)state;
	json_array_foreach(sas, i, sa)
	{
		struct sa_row row = vector_row(sa);
		const json_t *resume = json_object_get(sa, "resume");
		const json_t *data = json_array_get(json_object_get(sa, "data"), 2);
		uint8_t rand[RAND_LEN], msg[MESSAGE_MAX];

		vector_hex(resume, "rand", rand, sizeof(rand));
		check_flips(&row, DOWNLINK, rand, msg,
			    vector_hex(data, "message", msg, sizeof(msg)));
		check_flips(&row, UPLINK, rand, msg,
			    vector_hex(resume, "message", msg, sizeof(msg)));
		check_flips(&row, DOWNLINK, rand, msg, vector_hex(sa, "resumed", msg, sizeof(msg)));
		check_flips(&row, DOWNLINK, rand, msg, vector_hex(sa, "sync", msg, sizeof(msg)));
	}
}

static void malformed_messages_get_their_own_names(void **state)
{
	/* The header but key id and COUNT, and how many octets there are in all. */
	static const struct {
		const char *what;
		unsigned direction;
		uint8_t head[4];
		size_t n;
		enum verdict want;
	} cases[] = {
		{"nothing", UPLINK, {0x11, 0, 0x22, 0}, 0, VERDICT_RUNT},
		{"one octet short of header and tag", UPLINK, {0x11, 0, 0x22, 0}, 15, VERDICT_RUNT},
		{"smallest DATA", UPLINK, {0x11, 0, 0x22, 0}, 16, VERDICT_OPENED},
		{"short for a long tag", UPLINK, {0x11, 4, 0x22, 0}, 19, VERDICT_RUNT},
		{"smallest with a long tag", UPLINK, {0x11, 4, 0x22, 0}, 20, VERDICT_OPENED},
		{"version 0", UPLINK, {0x01, 0, 0x22, 0}, 16, VERDICT_BAD_VERSION},
		{"version 2", UPLINK, {0x21, 0, 0x22, 0}, 16, VERDICT_BAD_VERSION},
		{"type 0", UPLINK, {0x10, 0, 0x22, 0}, 16, VERDICT_BAD_TYPE},
		{"type 5", UPLINK, {0x15, 0, 0x22, 0}, 40, VERDICT_BAD_TYPE},
		{"RESUMED from a device", UPLINK, {0x13, 0, 0x22, 0}, 40, VERDICT_BAD_TYPE},
		{"SYNC from a device", UPLINK, {0x14, 0, 0x22, 0}, 36, VERDICT_BAD_TYPE},
		{"RESUME from the gateway", DOWNLINK, {0x12, 0, 0x22, 0}, 40, VERDICT_BAD_TYPE},
		{"REKEY from a device", UPLINK, {0x11, 1, 0x22, 0}, 16, VERDICT_BAD_RESERVED},
		{"REKEY from the gateway", DOWNLINK, {0x11, 1, 0x22, 0}, 16, VERDICT_OPENED},
		{"EEA4", UPLINK, {0x11, 0, 0x42, 0}, 16, VERDICT_BAD_RESERVED},
		{"EIA4", UPLINK, {0x11, 0, 0x24, 0}, 16, VERDICT_BAD_RESERVED},
		{"EIA0", UPLINK, {0x11, 0, 0x20, 0}, 16, VERDICT_BAD_RESERVED},
		{"EEA0", UPLINK, {0x11, 0, 0x02, 0}, 16, VERDICT_OPENED},
		{"T with EIA1", UPLINK, {0x11, 4, 0x21, 0}, 20, VERDICT_BAD_RESERVED},
		{"short RESUME", UPLINK, {0x12, 0, 0x22, 0}, 36, VERDICT_RUNT},
		{"smallest RESUME", UPLINK, {0x12, 0, 0x22, 0}, 37, VERDICT_OPENED},
		{"longest DATA", UPLINK, {0x11, 0, 0x22, 0}, 16 + 1358, VERDICT_OPENED},
		{"too long DATA", UPLINK, {0x11, 0, 0x22, 0}, 16 + 1359, VERDICT_TOO_LONG},
		{"longest RESUME", UPLINK, {0x12, 0, 0x22, 0}, 37 + 1358, VERDICT_OPENED},
		{"too long RESUME", UPLINK, {0x12, 0, 0x22, 0}, 37 + 1359, VERDICT_TOO_LONG},
		{"short RESUMED", DOWNLINK, {0x13, 0, 0x22, 0}, 19, VERDICT_RUNT},
		{"smallest RESUMED", DOWNLINK, {0x13, 0, 0x22, 0}, 20, VERDICT_OPENED},
		{"short SYNC", DOWNLINK, {0x14, 0, 0x22, 0}, 35, VERDICT_RUNT},
		{"SYNC", DOWNLINK, {0x14, 0, 0x22, 0}, 36, VERDICT_OPENED},
		{"SYNC with a payload", DOWNLINK, {0x14, 0, 0x22, 0}, 37, VERDICT_TOO_LONG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t msg[MESSAGE_MAX + 1] = {0};
		struct message m;
		enum verdict got;

		memcpy(msg, cases[i].head, sizeof(cases[i].head));
		got = message_read(&m, cases[i].direction, msg, cases[i].n);
		if (got != cases[i].want)
			fail_msg("%s: %s", cases[i].what, verdict_name(got));
	}
}

static void reserved_capability_is_refused(void **state)
{
	uint8_t msg[SDT_RESUME_MIN] = {0x12, 0, 0x22};
	struct message m;

	(void)state;
	msg[SDT_RESUME_HEAD - 1] = CAP_RESERVED;
	assert_int_equal(message_read(&m, UPLINK, msg, sizeof(msg)), VERDICT_BAD_RESERVED);
	msg[SDT_RESUME_HEAD - 1] = (uint8_t)~CAP_RESERVED;
	assert_int_equal(message_read(&m, UPLINK, msg, sizeof(msg)), VERDICT_OPENED);
}

static void payload_above_the_maximum_is_not_sealed(void **state)
{
	struct sa_row row = vector_row(json_array_get(sas, 0));
	struct epoch e = first_epoch(&row);
	uint8_t payload[SDT_PAYLOAD_MAX + 1] = {0}, rand[RAND_LEN] = {0}, out[MESSAGE_MAX];
	struct message m = {.rand = rand, .count = 1, .len = SDT_PAYLOAD_MAX};

	(void)state;
	assert_int_equal(data_seal(&e, &row, UPLINK, &m, payload, out), 12 + 1358 + 4);
	assert_int_equal(resume_seal(&row, &m, payload, out), MESSAGE_MAX);
	m.len++;
	assert_int_equal(data_seal(&e, &row, UPLINK, &m, payload, out), -EMSGSIZE);
	assert_int_equal(resume_seal(&row, &m, payload, out), -EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(traffic_keys_are_those_of_the_worked_examples),
		cmocka_unit_test(data_is_sealed_and_opened_as_in_the_worked_examples),
		cmocka_unit_test(resume_is_sealed_and_opened_as_in_the_worked_examples),
		cmocka_unit_test(answers_to_resume_are_opened_as_in_the_worked_examples),
		cmocka_unit_test(no_bit_of_a_message_can_be_turned),
		cmocka_unit_test(malformed_messages_get_their_own_names),
		cmocka_unit_test(reserved_capability_is_refused),
		cmocka_unit_test(payload_above_the_maximum_is_not_sealed),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
