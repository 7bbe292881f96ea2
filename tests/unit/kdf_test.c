/* RFC 4231, TS 33.220 B.2 and sdt.md 3: HMAC, alone and many at a time, and what it is fed. */
#include "crypto/kdf.h"

#include "crypto/batch.h"
#include "crypto/suite.h"
#include "tests/vectors/vectors.h"

#include <openssl/evp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RFC_4231_CASES = 7, FIELD_MAX = 256, DATA_MAX = 1500, GUARD = 0xa7 };

struct hmac_case {
	const char *source;
	uint8_t key[FIELD_MAX], data[FIELD_MAX], out[KDF_OUT];
	size_t key_len, data_len, out_len;
};

static unsigned load_cases(struct hmac_case *c)
{
	json_t *all = vectors_load("hmac_sha256.json");
	unsigned n = 0;

	assert_int_equal(json_array_size(all), RFC_4231_CASES);
	for (; n < RFC_4231_CASES; n++) {
		const json_t *row = json_array_get(all, n);

		c[n].key_len = vector_octets(row, "key", c[n].key, FIELD_MAX);
		c[n].data_len = vector_octets(row, "data", c[n].data, FIELD_MAX);
		c[n].out_len = vector_octets(row, "out", c[n].out, KDF_OUT);
	}
	json_decref(all);
	return n;
}

static void rfc_4231_holds_one_at_a_time(void **state)
{
	struct hmac_case c[RFC_4231_CASES];
	unsigned n = load_cases(c);

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		uint8_t out[KDF_OUT];

		hmac_sha256(c[i].key, c[i].key_len, c[i].data, c[i].data_len, out);
		if (memcmp(out, c[i].out, c[i].out_len) != 0)
			fail_msg("case %u", i + 1);
	}
}

/* RFC 2104: a key shorter than 32 octets equals itself with zeros behind, one above 64 its hash. */
static void key_of_32(const struct hmac_case *c, uint8_t key[ROOT_KEY_LEN])
{
	memset(key, 0, ROOT_KEY_LEN);
	if (c->key_len <= ROOT_KEY_LEN)
		memcpy(key, c->key, c->key_len);
	else
		assert_true(EVP_Digest(c->key, c->key_len, key, NULL, EVP_sha256(), NULL));
}

static void rfc_4231_holds_for_many_at_a_time(void **state)
{
	static const enum batch_kernels kernels[] = {BATCH_AUTO, BATCH_IPSEC_MB};
	struct hmac_case c[RFC_4231_CASES];
	unsigned n = load_cases(c);

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		uint8_t key[RFC_4231_CASES][ROOT_KEY_LEN], out[RFC_4231_CASES][KDF_OUT] = {{0}};
		struct batch *b = batch_create(kernels[k]);
		struct hmac job[RFC_4231_CASES];

		assert_non_null(b);
		for (unsigned i = 0; i < n; i++) {
			key_of_32(&c[i], key[i]);
			job[i] = (struct hmac){key[i], c[i].data, out[i], (uint32_t)c[i].data_len};
		}
		batch_hmac(b, job, n);
		for (unsigned i = 0; i < n; i++) {
			if (memcmp(out[i], c[i].out, c[i].out_len) != 0)
				fail_msg("case %u", i + 1);
		}
		batch_destroy(b);
	}
}

/* xorshift64: the same octets in each run. */
static void fill_random(uint64_t *seed, void *p, size_t n)
{
	uint8_t *octets = p;

	for (size_t i = 0; i < n; i++) {
		*seed ^= *seed << 13;
		*seed ^= *seed >> 7;
		*seed ^= *seed << 17;
		octets[i] = (uint8_t)(*seed >> 32);
	}
}

/* Every length below DATA_MAX, every batch size; results and data at any alignment. */
static void check_lengths_and_sizes(enum batch_kernels which)
{
	static uint8_t data[2 * DATA_MAX], key[BATCH_MAX][ROOT_KEY_LEN + 1];
	static uint8_t out[BATCH_MAX][KDF_OUT + 2];
	struct batch *b = batch_create(which);
	uint64_t seed = 4231;
	unsigned len = 0;

	assert_non_null(b);
	fill_random(&seed, data, sizeof(data));
	for (unsigned n = 1; n <= BATCH_MAX; n++) {
		struct hmac job[BATCH_MAX];

		memset(out, GUARD, sizeof(out));
		fill_random(&seed, key, sizeof(key));
		for (unsigned i = 0; i < n; i++, len++)
			job[i] = (struct hmac){key[i] + i % 2, data + (i * 7 + n) % DATA_MAX,
					       out[i] + 1, len % DATA_MAX};
		batch_hmac(b, job, n);
		for (unsigned i = 0; i < n; i++) {
			uint8_t want[KDF_OUT];

			hmac_sha256(job[i].key, ROOT_KEY_LEN, job[i].data, job[i].len, want);
			if (memcmp(want, job[i].out, KDF_OUT) != 0 || out[i][0] != GUARD ||
			    out[i][KDF_OUT + 1] != GUARD)
				fail_msg("%u octets, number %u of %u", job[i].len, i, n);
		}
	}
	batch_destroy(b);
}

static void many_at_a_time_equal_one_at_a_time(void **state)
{
	(void)state;
	check_lengths_and_sizes(BATCH_AUTO);
	check_lengths_and_sizes(BATCH_IPSEC_MB);
}

static void inputs_are_laid_out_as_ts_33_220_says(void **state)
{
	static const uint8_t salt[SALT_LEN] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const uint8_t rand[16] = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
					 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f};
	static const uint8_t traffic[] = {0xf0, 2, 0, 1, 3, 0, 1, 1, 0, 1, '0', '0', '1',
					  0,    3, 1, 2, 3, 4, 5, 6, 7, 8, 0,   8};
	static const uint8_t root[] = {0xf1, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
				       0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0,
				       16,   0xa,  0xb,  0xc,  0xd,  0,    4};
	static const uint8_t mac[] = {0xf2, '0', '0', '1', 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 0, 8};
	static const uint8_t res[] = {0xf3, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16,
				      0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e,
				      0x1f, 0,    16,   'm',  's',  'g',  0,    3};
	uint8_t octets[sizeof(res)];
	struct kdf_input s;

	(void)state;
	kdf_traffic_input(&s, KDF_INTEGRITY, EIA3, DOWNLINK, "001", 3, salt);
	assert_int_equal(s.len, sizeof(traffic));
	assert_memory_equal(s.octets, traffic, sizeof(traffic));
	kdf_resume_root_input(&s, rand, 0x0a0b0c0d);
	assert_int_equal(s.len, sizeof(root));
	assert_memory_equal(s.octets, root, sizeof(root));
	kdf_resume_mac_input(&s, "001", 3, salt);
	assert_int_equal(s.len, sizeof(mac));
	assert_memory_equal(s.octets, mac, sizeof(mac));
	assert_int_equal(kdf_res_input(octets, sizeof(octets), rand, "msg", 3), sizeof(res));
	assert_memory_equal(octets, res, sizeof(res));
}

static void the_longest_identity_fits(void **state)
{
	static const char identity[IDENTITY_MAX] = {'x'};
	static const uint8_t salt[SALT_LEN] = {1};
	struct kdf_input s;

	(void)state;
	kdf_traffic_input(&s, KDF_ENCRYPTION, EEA1, UPLINK, identity, IDENTITY_MAX, salt);
	assert_int_equal(s.len, 1 + 3 * 3 + IDENTITY_MAX + 2 + SALT_LEN + 2);
	kdf_resume_mac_input(&s, identity, IDENTITY_MAX, salt);
	assert_int_equal(s.len, 1 + IDENTITY_MAX + 2 + SALT_LEN + 2);
}

static void res_input_that_does_not_fit_is_refused(void **state)
{
	static const uint8_t rand[16], msg[70000];
	static uint8_t room[sizeof(msg) + 64];
	const size_t around = 1 + 16 + 2 + 2;

	(void)state;
	assert_int_equal(kdf_res_input(room, around + 20, rand, msg, 20), around + 20);
	assert_int_equal(kdf_res_input(room, around + 19, rand, msg, 20), 0);
	assert_int_equal(kdf_res_input(room, 0, rand, msg, 20), 0);
	/* TS 33.220 B.2.1.2: a length has two octets. */
	assert_int_equal(kdf_res_input(room, sizeof(room), rand, msg, 65535), around + 65535);
	assert_int_equal(kdf_res_input(room, sizeof(room), rand, msg, 65536), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_4231_holds_one_at_a_time),
		cmocka_unit_test(rfc_4231_holds_for_many_at_a_time),
		cmocka_unit_test(many_at_a_time_equal_one_at_a_time),
		cmocka_unit_test(inputs_are_laid_out_as_ts_33_220_says),
		cmocka_unit_test(the_longest_identity_fits),
		cmocka_unit_test(res_input_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
