#include "crypto/single.h"

#include "crypto/imb.h"
#include "crypto/secret.h"

#include <openssl/evp.h>

#include <assert.h>
#include <errno.h>
#include <pthread.h>

enum { BLOCK = 16, BLOCK_BITS = 8 * BLOCK };

static_assert(SINGLE_MAX_BITS / 8 + 2 * sizeof(be32) == STREAM_MAX, "EIA3's keystream can be had");

/*
 * ipsec-mb's direct functions keep nothing in the manager: it is only the table that says where
 * they are for this CPU. So all threads share one, made by the first that asks, and never freed.
 */
static IMB_MGR *manager;

static void start_manager(void)
{
	manager = imb_create();
}

static IMB_MGR *get_manager(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, start_manager);
	return manager;
}

/* The last octet of `bits` bits without the bits behind the last one. */
static uint8_t masked(uint8_t octet, size_t bits)
{
	return bits % 8 ? octet & (uint8_t)(0xff00 >> bits % 8) : octet;
}

/* Keystream of one message; the caller wipes it. */
static int make_keystream(const struct imb_stream *stream, const uint8_t *key, const struct iv *iv,
			  uint8_t *keystream, size_t octets)
{
	struct stream_lanes lanes;
	IMB_MGR *mgr = get_manager();

	if (!mgr)
		return -ENOMEM;
	lanes.key[0] = key;
	lanes.iv[0] = iv;
	lanes.keystream[0] = keystream;
	stream->keystream(mgr, &lanes, 1, octets);
	return 0;
}

static int cipher_by_stream(const struct imb_stream *stream, const uint8_t *key,
			    const struct iv *iv, uint8_t *data, size_t octets)
{
	uint8_t keystream[STREAM_MAX];
	int err = make_keystream(stream, key, iv, keystream, octets);

	if (err)
		return err;
	for (size_t i = 0; i < octets; i++)
		data[i] ^= keystream[i];
	secret_wipe(keystream, octets);
	return 0;
}

static int cipher_aes(const uint8_t *key, const struct iv *iv, uint8_t *data, size_t octets)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0;
	int done = ctx &&
		   EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, key, (const uint8_t *)iv) &&
		   EVP_EncryptUpdate(ctx, data, &len, data, (int)octets);

	EVP_CIPHER_CTX_free(ctx);
	return done ? 0 : -ENOMEM;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters of TS 33.401 B.1.1 */
int single_cipher(unsigned eea, const uint8_t *key, uint32_t count, uint8_t bearer,
		  uint8_t direction, uint8_t *data, size_t bits)
{
	struct iv stream = iv_eea1_eea3(count, bearer, direction);
	struct iv block = iv_eea2(count, bearer, direction);
	size_t octets = (bits + 7) / 8;
	int err = 0;

	if (eea >= EEA_COUNT || bits > SINGLE_MAX_BITS)
		return -EINVAL;
	if (bits == 0)
		return 0;
	if (eea == EEA1)
		err = cipher_by_stream(&imb_snow3g, key, &stream, data, octets);
	else if (eea == EEA2)
		err = cipher_aes(key, &block, data, octets);
	else if (eea == EEA3)
		err = cipher_by_stream(&imb_zuc, key, &stream, data, octets);
	if (!err)
		data[octets - 1] = masked(data[octets - 1], bits);
	return err;
}

static int tag_by_stream(const struct imb_stream *stream, const uint8_t *key, const struct iv *iv,
			 const uint8_t *msg, size_t bits, uint8_t *tag)
{
	uint8_t keystream[STREAM_MAX];
	size_t octets = stream->tag_keystream(bits);
	int err = make_keystream(stream, key, iv, keystream, octets);

	if (err)
		return err;
	stream->tag(keystream, msg, bits, tag);
	secret_wipe(keystream, octets);
	return 0;
}

static bool encrypt_block(EVP_CIPHER_CTX *ctx, uint8_t *block)
{
	int len;

	return EVP_EncryptUpdate(ctx, block, &len, block, BLOCK);
}

/* Doubling in GF(2^128), as NIST SP 800-38B 6.1 makes K1 from L and K2 from K1. */
static void double_block(uint8_t *b)
{
	uint8_t carry = b[0] >> 7;

	for (unsigned i = 0; i < BLOCK - 1; i++)
		b[i] = (uint8_t)(b[i] << 1 | b[i + 1] >> 7);
	b[BLOCK - 1] = (uint8_t)(b[BLOCK - 1] << 1 ^ 0x87 * carry);
}

/* CMAC of prefix and message to the bit, which OpenSSL's CMAC cannot do. x, k: blocks of zero. */
static bool cmac(EVP_CIPHER_CTX *ctx, be64 prefix, const uint8_t *msg, size_t bits, uint8_t *x,
		 uint8_t *k)
{
	size_t len = sizeof(prefix) + (bits + 7) / 8;
	size_t in_last_block = (8 * sizeof(prefix) + bits) % BLOCK_BITS;
	bool good = encrypt_block(ctx, k);

	for (size_t i = 0; i < len; i++) {
		uint8_t octet = i < sizeof(prefix) ? prefix.b[i] : msg[i - sizeof(prefix)];

		if (i > 0 && i % BLOCK == 0)
			good &= encrypt_block(ctx, x);
		x[i % BLOCK] ^= i == len - 1 ? masked(octet, bits) : octet;
	}
	double_block(k);
	if (in_last_block > 0) {
		x[in_last_block / 8] ^= (uint8_t)(0x80 >> in_last_block % 8);
		double_block(k);
	}
	for (unsigned i = 0; i < BLOCK; i++)
		x[i] ^= k[i];
	return good & encrypt_block(ctx, x);
}

static int tag_aes(const uint8_t *key, be64 prefix, const uint8_t *msg, size_t bits, uint8_t *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t x[BLOCK] = {0}, k[BLOCK] = {0};
	bool done = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, key, NULL) &&
		    EVP_CIPHER_CTX_set_padding(ctx, 0) && cmac(ctx, prefix, msg, bits, x, k);

	memcpy(tag, x, TAG_LONG);
	secret_wipe(k, sizeof(k));
	secret_wipe(x, sizeof(x));
	EVP_CIPHER_CTX_free(ctx);
	return done ? 0 : -ENOMEM;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters of TS 33.401 B.2.1 */
int single_tag(unsigned eia, const uint8_t *key, uint32_t count, uint8_t bearer, uint8_t direction,
	       const uint8_t *msg, size_t bits, uint8_t *tag)
{
	struct iv iv = iv_eia1_eia3(count, bearer, direction);

	if (bits > SINGLE_MAX_BITS)
		return -EINVAL;
	switch (eia) {
	case EIA1:
		return tag_by_stream(&imb_snow3g, key, &iv, msg, bits, tag);
	case EIA2:
		return tag_aes(key, iv_prefix(count, bearer, direction), msg, bits, tag);
	case EIA3:
		return tag_by_stream(&imb_zuc, key, &iv, msg, bits, tag);
	default:
		return -EINVAL;
	}
}
