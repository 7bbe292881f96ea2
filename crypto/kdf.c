#include "crypto/kdf.h"

#include "crypto/bytes.h"
#include "crypto/suite.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <assert.h>
#include <stdlib.h>

enum { RAND_LEN = 16 };

/* FC, then the longest parameters of them all: the traffic key's. */
static_assert(1 + 3 * (1 + 2) + IDENTITY_MAX + 2 + SALT_LEN + 2 <= KDF_MAX,
	      "every input string fits");

void hmac_sha256(const uint8_t *key, size_t key_len, const void *data, size_t len, uint8_t *out)
{
	/* It fails only where memory is short. Nobody may go on with a key that is none. */
	if (!HMAC(EVP_sha256(), key, (int)key_len, data, len, out, NULL))
		abort();
}

void kdf(const uint8_t *key, size_t key_len, const struct kdf_input *s, uint8_t *out)
{
	hmac_sha256(key, key_len, s->octets, s->len, out);
}

/* TS 33.220 B.2.1: a parameter is followed by its length in two octets. */
static void put_param(struct wr *w, const void *p, size_t n)
{
	if (n > UINT16_MAX)
		w->bad = true;
	wr_bytes(w, p, n);
	wr_uint(w, n, 2);
}

static void put_octet(struct wr *w, uint8_t octet)
{
	put_param(w, &octet, 1);
}

static struct wr start_input(struct kdf_input *s, enum kdf_fc fc)
{
	struct wr w = wr_of(s->octets, sizeof(s->octets));

	wr_uint(&w, fc, 1);
	return w;
}

static void end_input(struct kdf_input *s, const struct wr *w)
{
	assert(!w->bad);
	s->len = (uint16_t)w->len;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters of sdt.md 3 */
void kdf_traffic_input(struct kdf_input *s, uint8_t kind, uint8_t alg, uint8_t direction,
		       const void *identity, size_t id_len, const uint8_t *salt)
{
	struct wr w = start_input(s, FC_TRAFFIC);

	put_octet(&w, kind);
	put_octet(&w, alg);
	put_octet(&w, direction);
	put_param(&w, identity, id_len);
	put_param(&w, salt, SALT_LEN);
	end_input(s, &w);
}

void kdf_resume_root_input(struct kdf_input *s, const uint8_t *rand, uint32_t n)
{
	struct wr w = start_input(s, FC_RESUME_ROOT);
	be32 count = be32_of(n);

	put_param(&w, rand, RAND_LEN);
	put_param(&w, &count, sizeof(count));
	end_input(s, &w);
}

void kdf_resume_mac_input(struct kdf_input *s, const void *identity, size_t id_len,
			  const uint8_t *salt)
{
	struct wr w = start_input(s, FC_RESUME_MAC);

	put_param(&w, identity, id_len);
	put_param(&w, salt, SALT_LEN);
	end_input(s, &w);
}

size_t kdf_res_input(uint8_t *s, size_t room, const uint8_t *rand, const void *msg, size_t len)
{
	struct wr w = wr_of(s, room);

	wr_uint(&w, FC_RES, 1);
	put_param(&w, rand, RAND_LEN);
	put_param(&w, msg, len);
	return w.bad ? 0 : w.len;
}
