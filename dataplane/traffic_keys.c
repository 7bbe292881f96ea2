#include "dataplane/traffic_keys.h"

#include "crypto/kdf.h"
#include "crypto/secret.h"

static const struct {
	uint8_t kind, direction;
} KEYS[4] = {
	{KDF_ENCRYPTION, UPLINK},
	{KDF_ENCRYPTION, DOWNLINK},
	{KDF_INTEGRITY, UPLINK},
	{KDF_INTEGRITY, DOWNLINK},
};

static void fill_jobs(const struct traffic_seed *seed, struct kdf_input *in, struct hmac *job,
		      uint8_t (*out)[KDF_OUT])
{
	for (unsigned k = 0; k < 4; k++) {
		uint8_t alg = KEYS[k].kind == KDF_ENCRYPTION ? seed->algs >> 4 : seed->algs & 15;

		kdf_traffic_input(&in[k], KEYS[k].kind, alg, KEYS[k].direction, seed->identity,
				  seed->identity_len, seed->salt);
		job[k] = (struct hmac){seed->root, in[k].octets, out[k], in[k].len};
	}
}

void traffic_keys_derive(struct batch *batch, const struct traffic_seed *seed, unsigned n,
			 struct traffic_keys *keys)
{
	enum { AT_ONCE = 16 }; /* SAs: bounds the stack, and is wide enough for any kernel */
	struct kdf_input in[4 * AT_ONCE];
	struct hmac job[4 * AT_ONCE];
	uint8_t out[4 * AT_ONCE][KDF_OUT];

	for (unsigned done = 0; done < n; done += AT_ONCE) {
		unsigned now = n - done < AT_ONCE ? n - done : AT_ONCE;

		for (unsigned i = 0; i < now; i++)
			fill_jobs(&seed[done + i], &in[4 * i], &job[4 * i], &out[4 * i]);
		batch_hmac(batch, job, 4 * now);
		for (unsigned i = 0; i < now; i++) {
			struct traffic_keys *k = &keys[done + i];

			memcpy(k->enc[UPLINK], kdf_traffic_key(out[4 * i]), KEY_LEN);
			memcpy(k->enc[DOWNLINK], kdf_traffic_key(out[4 * i + 1]), KEY_LEN);
			memcpy(k->integrity[UPLINK], kdf_traffic_key(out[4 * i + 2]), KEY_LEN);
			memcpy(k->integrity[DOWNLINK], kdf_traffic_key(out[4 * i + 3]), KEY_LEN);
		}
	}
	secret_wipe(out, sizeof(out));
}
