/* TS 33.401 annex C, TS 35.217 and TS 35.223: every test set, computed in every way we have. */
#include "crypto/batch.h"
#include "crypto/bytes.h"
#include "crypto/imb.h"
#include "crypto/single.h"
#include "crypto/suite.h"
#include "tests/ref/snow3g.h"
#include "tests/ref/zuc.h"
#include "tests/vectors/vectors.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { CIPHER_SETS = 16, TAG_SETS = 19, UIA2_SETS = 6 };

struct set {
	const char *name;
	uint8_t key[KEY_LEN];
	uint32_t count, fresh;
	uint8_t bearer, direction;
	size_t bits, octets;
	uint8_t in[BATCH_LEN_MAX + TAG_MAX], out[BATCH_LEN_MAX];
	uint8_t mac[TAG_SHORT];
};

static json_t *all;

static int load(void **state)
{
	(void)state;
	all = vectors_load("eea_eia.json");
	return 0;
}

static int unload(void **state)
{
	(void)state;
	json_decref(all);
	return 0;
}

/* Reads row i of the file if its algorithm is `alg`. */
static bool read_set(size_t i, const char *alg, struct set *s)
{
	const json_t *row = json_array_get(all, i);

	if (strcmp(vector_text(row, "alg"), alg) != 0)
		return false;
	*s = (struct set){.name = vector_text(row, "name")};
	assert_int_equal(vector_octets(row, "key", s->key, KEY_LEN), KEY_LEN);
	s->count = (uint32_t)vector_number(row, "count");
	s->direction = (uint8_t)vector_number(row, "direction");
	s->bits = vector_number(row, "bitlen");
	s->octets = vector_octets(row, "input", s->in, BATCH_LEN_MAX);
	assert_int_equal(s->octets, (s->bits + 7) / 8);
	if (json_object_get(row, "fresh"))
		s->fresh = (uint32_t)vector_number(row, "fresh");
	else
		s->bearer = (uint8_t)vector_number(row, "bearer");
	if (json_object_get(row, "mac"))
		assert_int_equal(vector_octets(row, "mac", s->mac, TAG_SHORT), TAG_SHORT);
	else
		assert_int_equal(vector_octets(row, "output", s->out, BATCH_LEN_MAX), s->octets);
	return true;
}

static void expect(const struct set *s, const uint8_t *got, const uint8_t *want, size_t n)
{
	if (memcmp(got, want, n) != 0)
		fail_msg("%s: not what the standard says", s->name);
}

static void mask_tail(uint8_t *data, size_t bits)
{
	if (bits % 8)
		data[bits / 8] &= (uint8_t)(0xff00 >> bits % 8);
}

static void cipher_by_single(unsigned eea, struct set *s)
{
	assert_int_equal(
		single_cipher(eea, s->key, s->count, s->bearer, s->direction, s->in, s->bits), 0);
	expect(s, s->in, s->out, s->octets);
}

/* The batch knows whole octets: what it makes of the bits behind the last one is not compared. */
static void cipher_by_batch(unsigned eea, struct set *s, enum batch_kernels which)
{
	struct batch *b = batch_create(which);
	struct crypt m = {.at = s->in,
			  .enc_key = s->key,
			  .count = s->count,
			  .len = (uint16_t)s->octets,
			  .eea = (uint8_t)eea,
			  .bearer = s->bearer,
			  .direction = s->direction};

	assert_non_null(b);
	batch_cipher(b, &m, 1);
	mask_tail(s->in, s->bits);
	expect(s, s->in, s->out, s->octets);
	batch_destroy(b);
}

static void cipher_by_ref(unsigned eea, struct set *s)
{
	if (eea == EEA1)
		ref_uea2(s->key, s->count, s->bearer, s->direction, s->in, s->bits);
	else if (eea == EEA3)
		ref_eea3(s->key, s->count, s->bearer, s->direction, s->in, s->bits);
	else
		return;
	expect(s, s->in, s->out, s->octets);
}

static void every_cipher_set_holds(void **state)
{
	unsigned sets = 0;

	(void)state;
	for (size_t i = 0; i < json_array_size(all); i++) {
		for (unsigned eea = EEA1; eea < EEA_COUNT; eea++) {
			struct set s;

			if (!read_set(i, eea_name(eea), &s))
				continue;
			cipher_by_single(eea, &s);
			read_set(i, eea_name(eea), &s);
			cipher_by_ref(eea, &s);
			read_set(i, eea_name(eea), &s);
			cipher_by_batch(eea, &s, BATCH_AUTO);
			read_set(i, eea_name(eea), &s);
			cipher_by_batch(eea, &s, BATCH_IPSEC_MB);
			sets++;
		}
	}
	assert_int_equal(sets, CIPHER_SETS);
}

static void tag_by_batch(unsigned eia, struct set *s, enum batch_kernels which)
{
	struct batch *b = batch_create(which);
	struct crypt m = {.at = s->in,
			  .int_key = s->key,
			  .count = s->count,
			  .len = (uint16_t)s->octets,
			  .eea = EEA0,
			  .eia = (uint8_t)eia,
			  .tag_len = TAG_SHORT,
			  .bearer = s->bearer,
			  .direction = s->direction};

	assert_non_null(b);
	batch_protect(b, &m, 1);
	expect(s, s->in + s->octets, s->mac, TAG_SHORT);
	batch_destroy(b);
}

static void tag_by_ref(unsigned eia, const struct set *s)
{
	be32 mac;

	if (eia == EIA1)
		mac = be32_of(ref_uia2(s->key, s->count, (uint32_t)s->bearer << 27, s->direction,
				       s->in, s->bits));
	else if (eia == EIA3)
		mac = be32_of(ref_eia3(s->key, s->count, s->bearer, s->direction, s->in, s->bits));
	else
		return;
	expect(s, mac.b, s->mac, TAG_SHORT);
}

static void every_tag_set_holds(void **state)
{
	unsigned sets = 0;

	(void)state;
	for (size_t i = 0; i < json_array_size(all); i++) {
		for (unsigned eia = EIA1; eia < EIA_COUNT; eia++) {
			uint8_t tag[TAG_MAX];
			struct set s;

			if (!read_set(i, eia_name(eia), &s))
				continue;
			assert_int_equal(single_tag(eia, s.key, s.count, s.bearer, s.direction,
						    s.in, s.bits, tag),
					 0);
			expect(&s, tag, s.mac, TAG_SHORT);
			tag_by_ref(eia, &s);
			if (s.bits % 8 == 0) {
				tag_by_batch(eia, &s, BATCH_AUTO);
				tag_by_batch(eia, &s, BATCH_IPSEC_MB);
			}
			sets++;
		}
	}
	assert_int_equal(sets, TAG_SETS);
}

/*
 * UIA2's own sets have a FRESH that no BEARER gives, so EIA1 cannot be asked for them: they go to
 * the reference, and to what single.c and the ipsec-mb kernel make EIA1 of.
 */
static void tag_uia2(IMB_MGR *mgr, const struct set *s, uint8_t *tag)
{
	uint64_t first = (uint64_t)s->count << 32 | s->fresh;
	uint64_t added = (uint64_t)s->direction << 63 | (uint64_t)s->direction << 15;
	struct iv iv = {{be64_of(first), be64_of(first ^ added)}};
	uint8_t keystream[20];
	struct stream_lanes lanes;

	lanes.key[0] = s->key;
	lanes.iv[0] = &iv;
	lanes.keystream[0] = keystream;
	imb_snow3g.keystream(mgr, &lanes, 1, imb_snow3g.tag_keystream(s->bits));
	imb_snow3g.tag(keystream, s->in, s->bits, tag);
}

static void every_uia2_set_holds(void **state)
{
	IMB_MGR *mgr = imb_create();
	unsigned sets = 0;

	(void)state;
	assert_non_null(mgr);
	for (size_t i = 0; i < json_array_size(all); i++) {
		uint8_t tag[TAG_SHORT];
		struct set s;
		be32 mac;

		if (!read_set(i, "UIA2", &s))
			continue;
		mac = be32_of(ref_uia2(s.key, s.count, s.fresh, s.direction, s.in, s.bits));
		expect(&s, mac.b, s.mac, TAG_SHORT);
		tag_uia2(mgr, &s, tag);
		expect(&s, tag, s.mac, TAG_SHORT);
		sets++;
	}
	assert_int_equal(sets, UIA2_SETS);
	assert_int_equal(json_array_size(all), CIPHER_SETS + TAG_SETS + UIA2_SETS);
	imb_destroy(mgr);
}

static void bits_behind_the_last_one_change_nothing(void **state)
{
	(void)state;
	for (unsigned bits = 1; bits <= 7; bits++) {
		for (unsigned id = 1; id < EIA_COUNT; id++) {
			uint8_t key[KEY_LEN] = {7}, clean[TAG_MAX] = {0}, dirty[TAG_MAX] = {0};
			uint8_t a = 0xa5, b;

			mask_tail(&a, bits);
			b = a | (uint8_t)(0xff >> bits);
			assert_int_equal(single_tag(id, key, 1, 2, 1, &a, bits, clean), 0);
			assert_int_equal(single_tag(id, key, 1, 2, 1, &b, bits, dirty), 0);
			assert_memory_equal(clean, dirty, TAG_MAX);
			assert_int_equal(single_cipher(id, key, 1, 2, 1, &a, bits), 0);
			assert_int_equal(single_cipher(id, key, 1, 2, 1, &b, bits), 0);
			assert_int_equal(a, b);
			assert_int_equal(a & 0xff >> bits, 0);
		}
	}
}

static void unknown_ids_and_overlong_messages_are_refused(void **state)
{
	uint8_t key[KEY_LEN] = {0}, octet = 0x55, tag[TAG_MAX];

	(void)state;
	assert_int_equal(single_cipher(EEA_COUNT, key, 0, 0, 0, &octet, 8), -EINVAL);
	assert_int_equal(single_tag(EIA0, key, 0, 0, 0, &octet, 8, tag), -EINVAL);
	assert_int_equal(single_tag(EIA_COUNT, key, 0, 0, 0, &octet, 8, tag), -EINVAL);
	assert_int_equal(single_cipher(EEA3, key, 0, 0, 0, &octet, SINGLE_MAX_BITS + 1), -EINVAL);
	assert_int_equal(single_tag(EIA3, key, 0, 0, 0, &octet, SINGLE_MAX_BITS + 1, tag), -EINVAL);
	assert_int_equal(octet, 0x55);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cipher_set_holds),
		cmocka_unit_test(every_tag_set_holds),
		cmocka_unit_test(every_uia2_set_holds),
		cmocka_unit_test(bits_behind_the_last_one_change_nothing),
		cmocka_unit_test(unknown_ids_and_overlong_messages_are_refused),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
