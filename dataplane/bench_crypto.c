#include "dataplane/bench_crypto.h"

#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "dataplane/burst.h"
#include "dataplane/resume.h"
#include "dataplane/resume_item.h"

#include <rte_cycles.h>
#include <rte_malloc.h>

enum {
	ROOM = RTE_ALIGN_CEIL(SDT_RESUME_HEAD + SDT_PAYLOAD_MAX + TAG_LONG, 64),
	LOST_PER_S = 100000, /* no message takes ten microseconds */
	RES_ROOM = 64        /* octets of the KDF's input for RES without payload */
};

/* RESUMEs on their way: what resume_check.c and resume.c compute for one that is accepted. */
struct resumes {
	struct kdf_input mac_input[RESUME_AT_ONCE], root_input[RESUME_AT_ONCE];
	uint8_t res_input[RESUME_AT_ONCE][RES_ROOM];
	struct hmac mac_key_job[RESUME_AT_ONCE], mac_job[RESUME_AT_ONCE], root_job[RESUME_AT_ONCE],
		res_job[RESUME_AT_ONCE];
	uint8_t mac_key[RESUME_AT_ONCE][KDF_OUT], mac[RESUME_AT_ONCE][KDF_OUT],
		fresh[RESUME_AT_ONCE][KDF_OUT], res[RESUME_AT_ONCE][KDF_OUT];
	char identity[RESUME_AT_ONCE][IMSI_MAX + 1];
	struct traffic_seed seed[RESUME_AT_ONCE];
	struct traffic_keys keys[RESUME_AT_ONCE];
};

struct bench_crypto {
	uint8_t msg[BURST_MAX][ROOM];
	struct crypt crypt[BURST_MAX];
	bool right[BURST_MAX];
	struct resumes resumes;
};

struct bench_crypto *bench_crypto_create(void)
{
	return rte_zmalloc("bench", sizeof(struct bench_crypto), RTE_CACHE_LINE_SIZE);
}

void bench_crypto_destroy(struct bench_crypto *c)
{
	if (c)
		secret_wipe(c, sizeof(*c));
	rte_free(c);
}

static uint16_t copy_message(struct bench_crypto *c, const struct bench_traffic *t, uint32_t i,
			     unsigned at)
{
	uint16_t len = (uint16_t)(bench_len(t, i) - BENCH_HEAD);

	memcpy(c->msg[at], bench_frame(t, i) + BENCH_HEAD, len);
	return len;
}

static struct crypt uplink_crypt(const struct sa_table *t, uint32_t slot, uint8_t *msg,
				 uint16_t len)
{
	const struct sa_up *u = &t->up[slot];
	const struct sdt_hdr *h = (const struct sdt_hdr *)msg;
	uint8_t tag_len = sa_tag_len(u);

	return (struct crypt){
		.at = msg,
		.enc_key = u->enc_key,
		.int_key = u->int_key,
		.count = be32_get(h->count),
		.aad_len = sizeof(*h),
		.len = (uint16_t)(len - sizeof(*h) - tag_len),
		.eea = u->algs >> 4,
		.eia = u->algs & 15,
		.tag_len = tag_len,
		.direction = UPLINK,
	};
}

/* The core header stands where the SDT header will: what it says changes no cost. */
static struct crypt downlink_crypt(const struct sa_table *t, uint32_t slot, uint8_t *msg,
				   uint16_t len)
{
	const struct sa_down *d = &t->down[slot];

	return (struct crypt){
		.at = msg + sizeof(struct core_hdr) - sizeof(struct sdt_hdr),
		.enc_key = d->enc_key,
		.int_key = d->int_key,
		.aad_len = sizeof(struct sdt_hdr),
		.len = (uint16_t)(len - sizeof(struct core_hdr)),
		.eea = d->algs >> 4,
		.eia = d->algs & 15,
		.tag_len = sa_tag_len(&t->up[slot]),
		.direction = DOWNLINK,
	};
}

static uint64_t time_data(struct bench_crypto *c, struct batch *batch,
			  const struct bench_traffic *t, uint32_t from, unsigned n)
{
	bool up = t->plan->options->direction == BENCH_UP;
	uint64_t began;

	for (unsigned i = 0; i < n; i++) {
		uint32_t slot = bench_slot(t, from + i);
		uint16_t len = copy_message(c, t, from + i, i);

		c->crypt[i] = up ? uplink_crypt(t->plan->sas, slot, c->msg[i], len)
				 : downlink_crypt(t->plan->sas, slot, c->msg[i], len);
		c->right[i] = true;
	}
	began = rte_rdtsc_precise();
	if (up)
		batch_unprotect(batch, c->crypt, n, c->right);
	else
		batch_protect(batch, c->crypt, n);
	began = rte_rdtsc_precise() - began;
	for (unsigned i = 0; i < n; i++) {
		if (!c->right[i])
			return 0;
	}
	return began;
}

/* Everything that can be written before any key is known. */
static void prepare_resume(struct bench_crypto *c, const struct bench_traffic *t, uint32_t from,
			   unsigned i)
{
	struct resumes *r = &c->resumes;
	const struct sa_table *sas = t->plan->sas;
	uint32_t slot = bench_slot(t, from + i);
	uint16_t len = copy_message(c, t, from + i, i);
	const struct sdt_hdr *h = (const struct sdt_hdr *)c->msg[i];
	const uint8_t *rand = c->msg[i] + sizeof(*h);
	const uint8_t *key = sas->root[slot].key;
	size_t res_len = kdf_res_input(r->res_input[i], RES_ROOM, rand, h, sizeof(*h));

	resume_mac_key_input(sas, slot, &r->mac_input[i]);
	kdf_resume_root_input(&r->root_input[i], rand, be32_get(h->count));
	r->mac_key_job[i] =
		(struct hmac){key, r->mac_input[i].octets, r->mac_key[i], r->mac_input[i].len};
	r->mac_job[i] =
		(struct hmac){r->mac_key[i], c->msg[i], r->mac[i], (uint32_t)(len - TAG_LONG)};
	r->root_job[i] =
		(struct hmac){key, r->root_input[i].octets, r->fresh[i], r->root_input[i].len};
	r->res_job[i] = (struct hmac){r->fresh[i], r->res_input[i], r->res[i], (uint32_t)res_len};
	r->seed[i] =
		(struct traffic_seed){r->fresh[i], r->identity[i],
				      (uint8_t)imsi_from_tbcd(sas->link[slot].imsi, r->identity[i]),
				      sas->root[slot].salt, sas->up[slot].installed};
	c->crypt[i] = (struct crypt){
		.at = c->msg[i],
		.enc_key = r->keys[i].enc[UPLINK],
		.aad_len = SDT_RESUME_HEAD,
		.len = (uint16_t)(len - SDT_RESUME_MIN),
		.eea = sas->up[slot].installed >> 4,
		.direction = UPLINK,
	};
}

static uint64_t time_resume(struct bench_crypto *c, struct batch *batch,
			    const struct bench_traffic *t, uint32_t from, unsigned n)
{
	struct resumes *r = &c->resumes;
	uint64_t began;

	for (unsigned i = 0; i < n; i++)
		prepare_resume(c, t, from, i);
	began = rte_rdtsc_precise();
	batch_hmac(batch, r->mac_key_job, n);
	batch_hmac(batch, r->mac_job, n);
	batch_hmac(batch, r->root_job, n);
	traffic_keys_derive(batch, r->seed, n, r->keys);
	batch_cipher(batch, c->crypt, n);
	batch_hmac(batch, r->res_job, n);
	began = rte_rdtsc_precise() - began;
	for (unsigned i = 0; i < n; i++) {
		if (!ct_equal(r->mac[i], c->msg[i] + SDT_RESUME_HEAD + c->crypt[i].len, TAG_LONG))
			return 0;
	}
	return began;
}

uint64_t bench_crypto_lap(struct bench_crypto *c, struct batch *batch,
			  const struct bench_traffic *t)
{
	const struct bench_options *o = t->plan->options;
	bool resume = o->mode == BENCH_RESUME;
	uint32_t step = resume ? RTE_MIN((uint32_t)RESUME_AT_ONCE, o->burst) : o->burst;
	uint64_t cycles = 0, lost = step * rte_get_tsc_hz() / LOST_PER_S;
	uint32_t counted = 0;

	for (uint32_t from = 0; from < t->n; from += step) {
		unsigned n = RTE_MIN(step, t->n - from);
		uint64_t took = resume ? time_resume(c, batch, t, from, n)
				       : time_data(c, batch, t, from, n);

		if (took == 0)
			return 0;
		if (took > lost)
			continue; /* the thread did not have its CPU */
		cycles += took;
		counted += n;
	}
	return counted > 0 ? cycles * t->n / counted : 0;
}
