/*
 * Everything by intel-ipsec-mb. What is called how was measured: AES-CTR by the synchronous cipher
 * burst; CMAC and SHA-256 as jobs, submitted in bursts without checks; SNOW 3G and ZUC as imb.h
 * says.
 */
#include "crypto/imb.h"
#include "crypto/kdf.h"
#include "crypto/kernel.h"
#include "crypto/secret.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum {
	CHUNK = 64, /* messages in hand at a time: bounds the scratch, fills 16 lanes four times */
	PREFIX_LEN = sizeof(be64),
	SHA256_BLOCK = 64,
	TEXT_MAX = SHA256_BLOCK + (BATCH_LEN_MAX + 15) / 16 * 16,
};

/* Schedules are loaded by aligned instructions; the library's header does not say so of all. */
struct aes_schedule {
	alignas(16) uint8_t octets[11 * 16];
};

struct aes_mac_key {
	struct aes_schedule schedule;
	alignas(16) uint8_t k1[16], k2[16];
};

struct imb {
	IMB_MGR *mgr;
	const char *name;

	/* Scratch of one call. */
	union {
		struct aes_schedule aes[CHUNK];
		struct aes_mac_key mac[CHUNK];
	} keys;
	struct aes_schedule unused; /* the library makes one for deciphering with each schedule */
	struct iv iv[CHUNK];
	uint8_t inner[CHUNK][KDF_OUT]; /* HMAC's first pass */
	IMB_JOB job[CHUNK];
	union {
		/* What is hashed, packed: EIA2's prefix and message, HMAC's key and data. */
		alignas(16) uint8_t text[CHUNK * TEXT_MAX];
		alignas(16) uint8_t keystream[STREAM_LANES][BATCH_LEN_MAX + TAG_KEYSTREAM_MAX_MORE];
	};
};

static unsigned at_most(unsigned limit, unsigned n)
{
	return n < limit ? n : limit;
}

static uint8_t *payload_of(const struct crypt *m)
{
	return m->at + m->aad_len;
}

static size_t tagged_len(const struct crypt *m)
{
	return (size_t)m->aad_len + m->len;
}

static void xor_octets(uint8_t *data, const uint8_t *keystream, size_t n)
{
	for (size_t i = 0; i < n; i++)
		data[i] ^= keystream[i];
}

/* Submits jobs whose results are written where they point to, and waits for them. */
static void finish_jobs(IMB_MGR *mgr, unsigned n, IMB_JOB **job)
{
	unsigned done = IMB_SUBMIT_BURST_NOCHECK(mgr, n, job);

	while (done < n)
		done += IMB_FLUSH_BURST(mgr, n - done, job);
}

static void get_jobs(IMB_MGR *mgr, unsigned n, IMB_JOB **job)
{
	/* The queue is longer than a chunk and empty between calls. */
	unsigned got = IMB_GET_NEXT_BURST(mgr, n, job);

	assert(got == n);
	(void)got;
}

static void eea2_chunk(struct imb *s, const struct crypt *const *msg, unsigned n)
{
	unsigned jobs = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct crypt *m = msg[i];
		IMB_JOB *job = &s->job[jobs];

		if (m->len == 0)
			continue;
		IMB_AES_KEYEXP_128(s->mgr, m->enc_key, &s->keys.aes[jobs], &s->unused);
		s->iv[jobs] = iv_eea2(m->count, m->bearer, m->direction);
		job->src = job->dst = payload_of(m);
		job->msg_len_to_cipher_in_bytes = m->len;
		job->enc_keys = &s->keys.aes[jobs];
		job->iv = (const uint8_t *)&s->iv[jobs];
		job->iv_len_in_bytes = sizeof(struct iv);
		jobs++;
	}
	if (jobs > 0)
		IMB_SUBMIT_CIPHER_BURST_NOCHECK(s->mgr, s->job, jobs, IMB_CIPHER_CNTR,
						IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES);
}

static void eea2(void *state, const struct kernel_run *run)
{
	for (unsigned i = 0; i < run->n; i += CHUNK)
		eea2_chunk(state, run->msg + i, at_most(CHUNK, run->n - i));
}

/* TS 33.401 B.2.3: the CMAC is over COUNT | BEARER | DIRECTION | 0^26 and the message behind it. */
static void eia2_chunk(struct imb *s, const struct crypt *const *msg, unsigned n,
		       uint8_t (*tag)[TAG_MAX])
{
	IMB_JOB *jobs[CHUNK];
	uint8_t *text = s->text;

	get_jobs(s->mgr, n, jobs);
	for (unsigned i = 0; i < n; i++) {
		const struct crypt *m = msg[i];
		struct aes_mac_key *key = &s->keys.mac[i];
		be64 prefix = iv_prefix(m->count, m->bearer, m->direction);
		size_t len = tagged_len(m);
		IMB_JOB *job = jobs[i];

		IMB_AES_KEYEXP_128(s->mgr, m->int_key, &key->schedule, &s->unused);
		IMB_AES_CMAC_SUBKEY_GEN_128(s->mgr, &key->schedule, key->k1, key->k2);
		memcpy(text, &prefix, PREFIX_LEN);
		memcpy(text + PREFIX_LEN, m->at, len);

		job->cipher_mode = IMB_CIPHER_NULL;
		job->cipher_direction = IMB_DIR_ENCRYPT;
		job->chain_order = IMB_ORDER_HASH_CIPHER;
		job->hash_alg = IMB_AUTH_AES_CMAC;
		job->src = text;
		job->hash_start_src_offset_in_bytes = 0;
		job->msg_len_to_hash_in_bytes = PREFIX_LEN + len;
		job->u.CMAC._key_expanded = &key->schedule;
		job->u.CMAC._skey1 = key->k1;
		job->u.CMAC._skey2 = key->k2;
		job->auth_tag_output = tag[i];
		job->auth_tag_output_len_in_bytes = TAG_LONG;
		text += (PREFIX_LEN + len + 15) / 16 * 16;
	}
	finish_jobs(s->mgr, n, jobs);
}

static void eia2(void *state, const struct kernel_run *run)
{
	for (unsigned i = 0; i < run->n; i += CHUNK)
		eia2_chunk(state, run->msg + i, at_most(CHUNK, run->n - i), run->tag + i);
}

/*
 * Up to STREAM_LANES messages' keystreams, all as long as the longest needs it: the run is sorted,
 * so little of that is in vain.
 */
static void make_keystreams(struct imb *s, const struct imb_stream *stream,
			    const struct crypt *const *msg, unsigned n, bool tags)
{
	struct stream_lanes lanes;
	size_t longest = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct crypt *m = msg[i];
		size_t len = tags ? stream->tag_keystream(8 * tagged_len(m)) : m->len;

		s->iv[i] = (tags ? iv_eia1_eia3 : iv_eea1_eea3)(m->count, m->bearer, m->direction);
		lanes.key[i] = tags ? m->int_key : m->enc_key;
		lanes.iv[i] = &s->iv[i];
		lanes.keystream[i] = s->keystream[i];
		longest = len > longest ? len : longest;
	}
	if (longest > 0)
		stream->keystream(s->mgr, &lanes, n, longest);
}

static void cipher_by_stream(struct imb *s, const struct imb_stream *stream,
			     const struct kernel_run *run)
{
	for (unsigned i = 0; i < run->n; i += STREAM_LANES) {
		const struct crypt *const *msg = run->msg + i;
		unsigned n = at_most(STREAM_LANES, run->n - i);

		make_keystreams(s, stream, msg, n, false);
		for (unsigned k = 0; k < n; k++)
			xor_octets(payload_of(msg[k]), s->keystream[k], msg[k]->len);
	}
}

static void tag_by_stream(struct imb *s, const struct imb_stream *stream,
			  const struct kernel_run *run)
{
	for (unsigned i = 0; i < run->n; i += STREAM_LANES) {
		const struct crypt *const *msg = run->msg + i;
		unsigned n = at_most(STREAM_LANES, run->n - i);

		make_keystreams(s, stream, msg, n, true);
		for (unsigned k = 0; k < n; k++)
			stream->tag(s->keystream[k], msg[k]->at, 8 * tagged_len(msg[k]),
				    run->tag[i + k]);
	}
}

static void eea1(void *state, const struct kernel_run *run)
{
	cipher_by_stream(state, &imb_snow3g, run);
}

static void eia1(void *state, const struct kernel_run *run)
{
	tag_by_stream(state, &imb_snow3g, run);
}

static void eea3(void *state, const struct kernel_run *run)
{
	cipher_by_stream(state, &imb_zuc, run);
}

static void eia3(void *state, const struct kernel_run *run)
{
	tag_by_stream(state, &imb_zuc, run);
}

/*
 * RFC 2104: one pass of the two, SHA-256 over the key with `pad` and what stands behind it. Hashing
 * the padded key along with the rest keeps all lanes busy; the library's HMAC jobs want it done
 * beforehand, one key after the other, which took four times as long.
 */
static void hash_pass(struct imb *s, const struct hmac *hash, unsigned n, uint8_t pad)
{
	IMB_JOB *jobs[CHUNK];
	uint8_t *text = s->text;

	get_jobs(s->mgr, n, jobs);
	for (unsigned i = 0; i < n; i++) {
		IMB_JOB *job = jobs[i];

		memset(text, pad, SHA256_BLOCK);
		xor_octets(text, hash[i].key, ROOT_KEY_LEN);
		memcpy(text + SHA256_BLOCK, hash[i].data, hash[i].len);
		job->cipher_mode = IMB_CIPHER_NULL;
		job->cipher_direction = IMB_DIR_ENCRYPT;
		job->chain_order = IMB_ORDER_HASH_CIPHER;
		job->hash_alg = IMB_AUTH_SHA_256;
		job->src = text;
		job->hash_start_src_offset_in_bytes = 0;
		job->msg_len_to_hash_in_bytes = SHA256_BLOCK + hash[i].len;
		job->auth_tag_output = hash[i].out;
		job->auth_tag_output_len_in_bytes = KDF_OUT;
		text += SHA256_BLOCK + (hash[i].len + 15) / 16 * 16;
	}
	finish_jobs(s->mgr, n, jobs);
}

static void hmac_chunk(struct imb *s, const struct hmac *h, unsigned n)
{
	struct hmac pass[CHUNK];

	for (unsigned i = 0; i < n; i++)
		pass[i] = (struct hmac){h[i].key, h[i].data, s->inner[i], h[i].len};
	hash_pass(s, pass, n, 0x36);
	for (unsigned i = 0; i < n; i++)
		pass[i] = (struct hmac){h[i].key, s->inner[i], h[i].out, KDF_OUT};
	hash_pass(s, pass, n, 0x5c);
}

static void hmac(void *state, const struct hmac *job, unsigned n)
{
	for (unsigned i = 0; i < n; i += CHUNK)
		hmac_chunk(state, job + i, at_most(CHUNK, n - i));
}

static bool always_usable(void)
{
	return true;
}

static const char *name_arch(uint32_t arch)
{
	static const char *const names[IMB_ARCH_NUM] = {
		[IMB_ARCH_NOAESNI] = "ipsec-mb (no AES-NI)", [IMB_ARCH_SSE] = "ipsec-mb (SSE)",
		[IMB_ARCH_AVX] = "ipsec-mb (AVX)",           [IMB_ARCH_AVX2] = "ipsec-mb (AVX2)",
		[IMB_ARCH_AVX512] = "ipsec-mb (AVX512)",
	};

	return arch < IMB_ARCH_NUM && names[arch] ? names[arch] : "ipsec-mb";
}

static void *imb_open(void)
{
	struct imb *s = aligned_alloc(alignof(struct imb), sizeof(*s));

	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->mgr = imb_create();
	if (!s->mgr) {
		free(s);
		return NULL;
	}
	s->name = name_arch(s->mgr->used_arch);
	return s;
}

static void imb_close(void *state)
{
	struct imb *s = state;

	imb_destroy(s->mgr);
	secret_wipe(s, sizeof(*s));
	free(s);
}

static const char *imb_name(const void *state)
{
	const struct imb *s = state;

	return s->name;
}

const struct kernel kernel_imb = {
	.usable = always_usable,
	.open = imb_open,
	.close = imb_close,
	.name = imb_name,
	.cipher = {[EEA1] = eea1, [EEA2] = eea2, [EEA3] = eea3},
	.tag = {[EIA1] = eia1, [EIA2] = eia2, [EIA3] = eia3},
	.hmac = hmac,
};
