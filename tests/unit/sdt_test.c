/* sdt.md 9: the worked examples' keys, DATA, RESUME, RESUMED and SYNC, in each way we compute them.
 */
#include "crypto/batch.h"
#include "crypto/bytes.h"
#include "crypto/kdf.h"
#include "crypto/single.h"
#include "crypto/suite.h"
#include "tests/vectors/vectors.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { HEADER = 12, RAND_LEN = 16, RESUME_AAD = HEADER + RAND_LEN + 1, SAS = 7, MSG_MAX = 512 };

struct sa {
	const json_t *row;
	const char *identity;
	uint8_t root[ROOT_KEY_LEN], salt[SALT_LEN];
	uint8_t eea, eia, bearer, tag_len;
	uint8_t enc[2][KEY_LEN], mac[2][KEY_LEN]; /* as the file says, by direction */
};

/* A DATA message of the file: as it is, with its payload in clear, and as we compute it. */
struct data {
	const struct sa *sa;
	uint8_t direction;
	uint32_t count;
	uint8_t want[MSG_MAX], clear[MSG_MAX], at[MSG_MAX];
	size_t len, payload_len;
};

static json_t *all;
static struct sa sas[SAS];
static struct data messages[BATCH_MAX];
static unsigned message_count;

static void load_sa(const json_t *row, struct sa *sa)
{
	const json_t *keys = vector_at(row, "keys");

	*sa = (struct sa){
		.row = row,
		.identity = vector_text(row, "identity"),
		.eea = (uint8_t)vector_number(row, "eea"),
		.eia = (uint8_t)vector_number(row, "eia"),
		.bearer = (uint8_t)vector_number(row, "bearer"),
		.tag_len = (uint8_t)vector_number(row, "tag_length"),
	};
	assert_int_equal(vector_octets(row, "root_key", sa->root, ROOT_KEY_LEN), ROOT_KEY_LEN);
	assert_int_equal(vector_octets(row, "salt", sa->salt, SALT_LEN), SALT_LEN);
	assert_int_equal(vector_octets(keys, "enc_up", sa->enc[UPLINK], KEY_LEN), KEY_LEN);
	assert_int_equal(vector_octets(keys, "enc_down", sa->enc[DOWNLINK], KEY_LEN), KEY_LEN);
	assert_int_equal(vector_octets(keys, "int_up", sa->mac[UPLINK], KEY_LEN), KEY_LEN);
	assert_int_equal(vector_octets(keys, "int_down", sa->mac[DOWNLINK], KEY_LEN), KEY_LEN);
}

static void load_message(const json_t *row, const struct sa *sa, struct data *d)
{
	*d = (struct data){.sa = sa,
			   .direction = (uint8_t)vector_number(row, "direction"),
			   .count = (uint32_t)vector_number(row, "count")};
	d->len = vector_octets(row, "message", d->want, MSG_MAX);
	memcpy(d->clear, d->want, HEADER);
	d->payload_len = vector_octets(row, "payload", d->clear + HEADER, MSG_MAX - HEADER);
	assert_int_equal(d->len, HEADER + d->payload_len + sa->tag_len);
}

static int load(void **state)
{
	const json_t *rows;

	(void)state;
	all = vectors_load("sdt.json");
	rows = vector_at(all, "sas");
	assert_int_equal(json_array_size(rows), SAS);
	for (unsigned i = 0; i < SAS; i++) {
		const json_t *data = vector_at(json_array_get(rows, i), "data");

		load_sa(json_array_get(rows, i), &sas[i]);
		for (size_t k = 0; k < json_array_size(data); k++, message_count++)
			load_message(json_array_get(data, k), &sas[i], &messages[message_count]);
	}
	assert_int_equal(message_count, 5 * SAS);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	json_decref(all);
	return 0;
}

/* The messages as jobs on their `at`. */
static void fill_jobs(struct crypt *job)
{
	for (unsigned i = 0; i < message_count; i++) {
		struct data *d = &messages[i];

		job[i] = (struct crypt){.at = d->at,
					.enc_key = d->sa->enc[d->direction],
					.int_key = d->sa->mac[d->direction],
					.count = d->count,
					.aad_len = HEADER,
					.len = (uint16_t)d->payload_len,
					.eea = d->sa->eea,
					.eia = d->sa->eia,
					.tag_len = d->sa->tag_len,
					.bearer = d->sa->bearer,
					.direction = d->direction};
	}
}

static void traffic_input(const struct sa *sa, unsigned kind, unsigned direction,
			  struct kdf_input *s)
{
	kdf_traffic_input(s, (uint8_t)kind, kind == KDF_ENCRYPTION ? sa->eea : sa->eia,
			  (uint8_t)direction, sa->identity, strlen(sa->identity), sa->salt);
}

static void traffic_keys_are_derived(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SAS; i++) {
		for (unsigned direction = UPLINK; direction <= DOWNLINK; direction++) {
			struct kdf_input s;
			uint8_t out[KDF_OUT];

			traffic_input(&sas[i], KDF_ENCRYPTION, direction, &s);
			kdf(sas[i].root, ROOT_KEY_LEN, &s, out);
			assert_memory_equal(kdf_traffic_key(out), sas[i].enc[direction], KEY_LEN);
			traffic_input(&sas[i], KDF_INTEGRITY, direction, &s);
			kdf(sas[i].root, ROOT_KEY_LEN, &s, out);
			assert_memory_equal(kdf_traffic_key(out), sas[i].mac[direction], KEY_LEN);
		}
	}
}

static void traffic_keys_are_derived_many_at_a_time(void **state)
{
	struct batch *b = batch_create(BATCH_AUTO);
	struct kdf_input s[SAS][2][2];
	uint8_t out[SAS][2][2][KDF_OUT] = {{{{0}}}};
	struct hmac job[SAS * 4];
	unsigned n = 0;

	(void)state;
	assert_non_null(b);
	for (unsigned i = 0; i < SAS; i++) {
		for (unsigned d = UPLINK; d <= DOWNLINK; d++) {
			for (unsigned kind = KDF_ENCRYPTION; kind <= KDF_INTEGRITY; kind++) {
				struct kdf_input *in = &s[i][d][kind - 1];

				traffic_input(&sas[i], kind, d, in);
				job[n++] = (struct hmac){sas[i].root, in->octets,
							 out[i][d][kind - 1], in->len};
			}
		}
	}
	batch_hmac(b, job, n);
	for (unsigned i = 0; i < SAS; i++) {
		for (unsigned d = UPLINK; d <= DOWNLINK; d++) {
			assert_memory_equal(kdf_traffic_key(out[i][d][0]), sas[i].enc[d], KEY_LEN);
			assert_memory_equal(kdf_traffic_key(out[i][d][1]), sas[i].mac[d], KEY_LEN);
		}
	}
	batch_destroy(b);
}

static void data_is_protected_and_opened_in_one_batch_of_all_sas(void **state)
{
	static const enum batch_kernels kernels[] = {BATCH_AUTO, BATCH_IPSEC_MB};
	struct crypt job[BATCH_MAX];
	bool ok[BATCH_MAX];

	(void)state;
	fill_jobs(job);
	for (unsigned k = 0; k < 2; k++) {
		struct batch *b = batch_create(kernels[k]);

		assert_non_null(b);
		for (unsigned i = 0; i < message_count; i++)
			memcpy(messages[i].at, messages[i].clear, MSG_MAX);
		batch_protect(b, job, message_count);
		for (unsigned i = 0; i < message_count; i++)
			assert_memory_equal(messages[i].at, messages[i].want, messages[i].len);
		batch_unprotect(b, job, message_count, ok);
		for (unsigned i = 0; i < message_count; i++) {
			assert_true(ok[i]);
			assert_memory_equal(messages[i].at, messages[i].clear,
					    HEADER + messages[i].payload_len);
		}
		batch_destroy(b);
	}
}

static void data_is_protected_one_at_a_time(void **state)
{
	(void)state;
	for (unsigned i = 0; i < message_count; i++) {
		const struct data *d = &messages[i];
		const struct sa *sa = d->sa;
		size_t tagged = HEADER + d->payload_len;
		uint8_t at[MSG_MAX], tag[TAG_MAX];

		memcpy(at, d->clear, MSG_MAX);
		assert_int_equal(single_cipher(sa->eea, sa->enc[d->direction], d->count, sa->bearer,
					       d->direction, at + HEADER, 8 * d->payload_len),
				 0);
		assert_int_equal(single_tag(sa->eia, sa->mac[d->direction], d->count, sa->bearer,
					    d->direction, at, 8 * tagged, tag),
				 0);
		memcpy(at + tagged, tag, sa->tag_len);
		assert_memory_equal(at, d->want, d->len);
	}
}

static void resumption_keys_are_derived(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SAS; i++) {
		const json_t *resume = vector_at(sas[i].row, "resume");
		uint8_t rand[RAND_LEN], want[KDF_OUT], out[KDF_OUT];
		struct kdf_input s;

		vector_octets(resume, "rand", rand, sizeof(rand));
		kdf_resume_root_input(&s, rand, (uint32_t)vector_number(resume, "count"));
		kdf(sas[i].root, ROOT_KEY_LEN, &s, out);
		assert_int_equal(vector_octets(resume, "k_prime", want, KDF_OUT), KDF_OUT);
		assert_memory_equal(out, want, KDF_OUT);

		kdf_resume_mac_input(&s, sas[i].identity, strlen(sas[i].identity), sas[i].salt);
		kdf(sas[i].root, ROOT_KEY_LEN, &s, out);
		assert_int_equal(vector_octets(resume, "k_r", want, KDF_OUT), KDF_OUT);
		assert_memory_equal(out, want, KDF_OUT);
	}
}

/* sdt.md 5: the payload under K' with COUNT 0, the tag by K_r over all before it. */
static void resume_is_built(void **state)
{
	struct batch *b = batch_create(BATCH_AUTO);

	(void)state;
	assert_non_null(b);
	for (unsigned i = 0; i < SAS; i++) {
		const json_t *resume = vector_at(sas[i].row, "resume");
		uint8_t want[MSG_MAX], at[MSG_MAX], k[KDF_OUT], out[KDF_OUT], tag[KDF_OUT];
		size_t len = vector_octets(resume, "message", want, MSG_MAX), payload_len;
		struct kdf_input s;
		struct crypt job;

		memcpy(at, want, RESUME_AAD);
		payload_len = vector_octets(resume, "payload", at + RESUME_AAD, MSG_MAX);
		assert_int_equal(len, RESUME_AAD + payload_len + TAG_LONG);

		vector_octets(resume, "k_prime", k, KDF_OUT);
		traffic_input(&sas[i], KDF_ENCRYPTION, UPLINK, &s);
		kdf(k, ROOT_KEY_LEN, &s, out);
		job = (struct crypt){.at = at,
				     .enc_key = kdf_traffic_key(out),
				     .aad_len = RESUME_AAD,
				     .len = (uint16_t)payload_len,
				     .eea = sas[i].eea,
				     .bearer = sas[i].bearer};
		batch_cipher(b, &job, 1);
		vector_octets(resume, "k_r", k, KDF_OUT);
		batch_hmac(b, &(struct hmac){k, at, tag, (uint32_t)(len - TAG_LONG)}, 1);
		memcpy(at + len - TAG_LONG, tag, TAG_LONG);
		assert_memory_equal(at, want, len);
	}
	batch_destroy(b);
}

static void res_of_resumed_proves_the_fresh_key(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SAS; i++) {
		const json_t *resume = vector_at(sas[i].row, "resume");
		uint8_t msg[MSG_MAX], s[MSG_MAX], rand[RAND_LEN], k[KDF_OUT], out[KDF_OUT];
		size_t len = vector_octets(sas[i].row, "resumed", msg, MSG_MAX), n;

		vector_octets(resume, "rand", rand, RAND_LEN);
		vector_octets(resume, "k_prime", k, KDF_OUT);
		n = kdf_res_input(s, sizeof(s), rand, msg, len - TAG_LONG);
		assert_int_not_equal(n, 0);
		hmac_sha256(k, ROOT_KEY_LEN, s, n, out);
		assert_memory_equal(out, msg + len - TAG_LONG, TAG_LONG);
	}
}

static void sync_is_tagged_by_the_resumption_key(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SAS; i++) {
		uint8_t msg[MSG_MAX], k[KDF_OUT], out[KDF_OUT];
		size_t len = vector_octets(sas[i].row, "sync", msg, MSG_MAX);

		assert_int_equal(len, HEADER + RAND_LEN + TAG_LONG);
		vector_octets(vector_at(sas[i].row, "resume"), "k_r", k, KDF_OUT);
		hmac_sha256(k, ROOT_KEY_LEN, msg, len - TAG_LONG, out);
		assert_memory_equal(out, msg + len - TAG_LONG, TAG_LONG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(traffic_keys_are_derived),
		cmocka_unit_test(traffic_keys_are_derived_many_at_a_time),
		cmocka_unit_test(data_is_protected_and_opened_in_one_batch_of_all_sas),
		cmocka_unit_test(data_is_protected_one_at_a_time),
		cmocka_unit_test(resumption_keys_are_derived),
		cmocka_unit_test(resume_is_built),
		cmocka_unit_test(res_of_resumed_proves_the_fresh_key),
		cmocka_unit_test(sync_is_tagged_by_the_resumption_key),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
