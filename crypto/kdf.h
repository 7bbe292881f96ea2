/*
 * The 3GPP key derivation function (TS 33.220 B.2) and the named keys of the small-data protocol
 * (sdt.md 3). Every key is one HMAC-SHA-256 over an input string S. The functions kdf_*_input write
 * S, so that one key (kdf) and many keys at a time (batch_hmac in batch.h) share one definition.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	KDF_OUT = 32,  /* octets of a derived key */
	KDF_MAX = 320, /* octets of the longest input string: an identity of IDENTITY_MAX and all
			  else */
	IDENTITY_MAX = 255
};

enum kdf_fc { /* sdt.md 3 */
	      FC_TRAFFIC = 0xf0,
	      FC_RESUME_ROOT = 0xf1,
	      FC_RESUME_MAC = 0xf2,
	      FC_RES = 0xf3,
};

enum { KDF_ENCRYPTION = 1, KDF_INTEGRITY = 2 }; /* the traffic key's kind */

/* An input string S = FC | P0 | L0 | P1 | L1 ... */
struct kdf_input {
	uint16_t len;
	uint8_t octets[KDF_MAX];
};

/* HMAC-SHA-256 of `data` under `key`; out holds KDF_OUT octets. By OpenSSL. Any thread. */
void hmac_sha256(const uint8_t *key, size_t key_len, const void *data, size_t len, uint8_t *out);

/* One key: out = HMAC-SHA-256(key, S), KDF_OUT octets. Any thread. */
void kdf(const uint8_t *key, size_t key_len, const struct kdf_input *s, uint8_t *out);

/*
 * Traffic key: kind, alg (EEA or EIA id), direction; identity of id_len octets (at most
 * IDENTITY_MAX); salt of SALT_LEN octets. The key is the LAST KEY_LEN octets of the output.
 */
void kdf_traffic_input(struct kdf_input *s, uint8_t kind, uint8_t alg, uint8_t direction,
		       const void *identity, size_t id_len, const uint8_t *salt);

/* K' = KDF(K, FC_RESUME_ROOT, RAND of 16 octets, n): the root of the epoch after RESUME n. */
void kdf_resume_root_input(struct kdf_input *s, const uint8_t *rand, uint32_t n);

/* K_r = KDF(K, FC_RESUME_MAC, identity, salt): authenticates RESUME and SYNC. */
void kdf_resume_mac_input(struct kdf_input *s, const void *identity, size_t id_len,
			  const uint8_t *salt);

/*
 * RES = first TAG_LONG octets of KDF(K', FC_RES, RAND, the RESUMED message without RES). The
 * message may be longer than KDF_MAX, so this one writes to the caller's buffer of `room` octets
 * and returns the length, or 0 where it does not fit.
 */
size_t kdf_res_input(uint8_t *s, size_t room, const uint8_t *rand, const void *msg, size_t len);

/* The traffic key whose KDF output is `out`: its last KEY_LEN octets. */
static inline const uint8_t *kdf_traffic_key(const uint8_t *out)
{
	return out + (KDF_OUT - 16);
}
