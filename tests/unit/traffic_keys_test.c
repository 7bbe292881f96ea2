/* sdt.md 3: traffic keys of many SAs in one call, against the KDF one key at a time. */
#include "dataplane/traffic_keys.h"

#include "crypto/kdf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct sa {
	uint8_t root[ROOT_KEY_LEN], salt[SALT_LEN];
	char identity[IDENTITY_MAX + 1];
	uint8_t identity_len, algs;
};

/* SAs that differ in everything, identities of every length among them. */
static void make_sa(struct sa *sa, unsigned i)
{
	for (unsigned k = 0; k < ROOT_KEY_LEN; k++)
		sa->root[k] = (uint8_t)(3 * i + k);
	for (unsigned k = 0; k < SALT_LEN; k++)
		sa->salt[k] = (uint8_t)(i + 5 * k);
	sa->identity_len = (uint8_t)(i < TRAFFIC_KEYS_MAX - 1 ? 6 + 4 * i % 250 : IDENTITY_MAX);
	for (unsigned k = 0; k < sa->identity_len; k++)
		sa->identity[k] = (char)('0' + (i + k) % 10);
	sa->algs = (uint8_t)((i % EEA_COUNT) << 4 | (1 + i % 3));
}

static void expect_key(const struct sa *sa, unsigned kind, unsigned direction, const uint8_t *key)
{
	unsigned alg = kind == KDF_ENCRYPTION ? sa->algs >> 4 : sa->algs & 15;
	struct kdf_input s;
	uint8_t out[KDF_OUT];

	kdf_traffic_input(&s, (uint8_t)kind, (uint8_t)alg, (uint8_t)direction, sa->identity,
			  sa->identity_len, sa->salt);
	kdf(sa->root, ROOT_KEY_LEN, &s, out);
	assert_memory_equal(key, out + KDF_OUT - KEY_LEN, KEY_LEN);
}

static void every_number_of_sas_gives_the_keys_of_the_kdf(void **state)
{
	static struct sa sa[TRAFFIC_KEYS_MAX];
	static struct traffic_keys keys[TRAFFIC_KEYS_MAX + 1];
	struct traffic_seed seed[TRAFFIC_KEYS_MAX];
	struct batch *batch = batch_create(BATCH_AUTO);

	(void)state;
	assert_non_null(batch);
	for (unsigned i = 0; i < TRAFFIC_KEYS_MAX; i++) {
		make_sa(&sa[i], i);
		seed[i] = (struct traffic_seed){sa[i].root, sa[i].identity, sa[i].identity_len,
						sa[i].salt, sa[i].algs};
	}
	for (unsigned n = 0; n <= TRAFFIC_KEYS_MAX; n++) {
		struct traffic_keys untouched;

		memset(keys, 0xa5, sizeof(keys));
		memset(&untouched, 0xa5, sizeof(untouched));
		traffic_keys_derive(batch, seed, n, keys);
		for (unsigned i = 0; i < n; i++) {
			for (unsigned way = UPLINK; way <= DOWNLINK; way++) {
				expect_key(&sa[i], KDF_ENCRYPTION, way, keys[i].enc[way]);
				expect_key(&sa[i], KDF_INTEGRITY, way, keys[i].integrity[way]);
			}
		}
		assert_memory_equal(&keys[n], &untouched, sizeof(untouched));
	}
	batch_destroy(batch);
}

static void no_two_of_an_sas_keys_are_the_same(void **state)
{
	struct batch *batch = batch_create(BATCH_AUTO);
	struct traffic_keys k[2];
	struct traffic_seed seed[2];
	const uint8_t *key[8];
	struct sa sa;

	(void)state;
	assert_non_null(batch);
	make_sa(&sa, 2);
	/* The same id for both kinds, and then other algorithms under the same root. */
	seed[0] = (struct traffic_seed){sa.root, sa.identity, sa.identity_len, sa.salt, 0x22};
	seed[1] = (struct traffic_seed){sa.root, sa.identity, sa.identity_len, sa.salt, 0x33};
	traffic_keys_derive(batch, seed, 2, k);
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned way = 0; way < 2; way++) {
			key[4 * i + way] = k[i].enc[way];
			key[4 * i + 2 + way] = k[i].integrity[way];
		}
	}
	for (unsigned i = 0; i < 8; i++) {
		for (unsigned j = 0; j < i; j++)
			assert_memory_not_equal(key[i], key[j], KEY_LEN);
	}
	batch_destroy(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_of_sas_gives_the_keys_of_the_kdf),
		cmocka_unit_test(no_two_of_an_sas_keys_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
