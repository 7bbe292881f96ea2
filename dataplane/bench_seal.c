#include "dataplane/bench_seal.h"

#include "crypto/kdf.h"
#include "dataplane/downlink.h"
#include "dataplane/resume.h"

/* What a device says that can do everything; its SA's own algorithms stay in force all the same. */
enum { EVERY_ALGORITHM = 0xff & ~CAP_RESERVED };

/* Payloads: nothing that is done with one depends on what it says. */
static void write_payload(const struct seal_item *it, uint8_t *payload)
{
	for (unsigned i = 0; i < it->size; i++)
		payload[i] = (uint8_t)(it->slot + it->number + i);
}

static void write_core(const struct bench_plan *p, struct seal_item *it)
{
	struct core_hdr *h = (struct core_hdr *)it->msg;
	bool hint = p->options->direction == BENCH_DOWN;

	*h = (struct core_hdr){
		.version_type = SDT_VERSION << 4 | CORE_MT,
		.key_id = be32_of(hint ? p->sas->up[it->slot].key_id : 0),
		.imsi = p->sas->link[it->slot].imsi,
	};
	write_payload(it, it->msg + sizeof(*h));
	it->len = (uint16_t)(sizeof(*h) + it->size);
}

static struct sdt_hdr sdt_header(const struct sa_up *u, enum sdt_type type, uint32_t count)
{
	return (struct sdt_hdr){
		.version_type = (uint8_t)(SDT_VERSION << 4 | (uint8_t)type),
		.bearer_flags = u->flags & SA_T ? SDT_T : 0,
		.algs = u->installed,
		.epoch = type == SDT_RESUME ? (uint8_t)count : 0,
		.key_id = be32_of(u->key_id),
		.count = be32_of(count),
	};
}

static void seal_data(const struct bench_plan *p, struct batch *batch, struct seal_item *item,
		      unsigned n)
{
	struct crypt c[SEAL_AT_ONCE];

	for (unsigned i = 0; i < n; i++) {
		struct seal_item *it = &item[i];
		const struct sa_up *u = &p->sas->up[it->slot];
		struct sdt_hdr h = sdt_header(u, SDT_DATA, it->number);

		memcpy(it->msg, &h, sizeof(h));
		write_payload(it, it->msg + sizeof(h));
		c[i] = (struct crypt){
			.at = it->msg,
			.enc_key = u->enc_key,
			.int_key = u->int_key,
			.count = it->number,
			.aad_len = sizeof(h),
			.len = it->size,
			.eea = u->installed >> 4,
			.eia = u->installed & 15,
			.tag_len = sa_tag_len(u),
			.direction = UPLINK,
		};
		it->len = crypt_octets(&c[i]);
	}
	batch_protect(batch, c, n);
}

/* Keys of SEAL_AT_ONCE RESUMEs. */
struct resume_keys {
	struct kdf_input input[SEAL_AT_ONCE];
	struct hmac job[SEAL_AT_ONCE];
	uint8_t fresh[SEAL_AT_ONCE][KDF_OUT]; /* K' */
	uint8_t enc[SEAL_AT_ONCE][KDF_OUT];   /* the traffic key is the end of it */
	uint8_t mac_key[SEAL_AT_ONCE][KDF_OUT];
	uint8_t mac[SEAL_AT_ONCE][KDF_OUT];
};

static void derive_keys(const struct bench_plan *p, struct batch *batch,
			const struct seal_item *item, unsigned n, struct resume_keys *k)
{
	for (unsigned i = 0; i < n; i++) {
		const struct sa_root *r = &p->sas->root[item[i].slot];

		kdf_resume_root_input(&k->input[i], item[i].msg + sizeof(struct sdt_hdr),
				      item[i].number + 1);
		k->job[i] = (struct hmac){r->key, k->input[i].octets, k->fresh[i], k->input[i].len};
	}
	batch_hmac(batch, k->job, n);
	for (unsigned i = 0; i < n; i++) {
		const struct sa_link *l = &p->sas->link[item[i].slot];
		char identity[IMSI_MAX + 1];
		unsigned len = imsi_from_tbcd(l->imsi, identity);

		kdf_traffic_input(&k->input[i], KDF_ENCRYPTION,
				  p->sas->up[item[i].slot].installed >> 4, UPLINK, identity, len,
				  p->sas->root[item[i].slot].salt);
		k->job[i] =
			(struct hmac){k->fresh[i], k->input[i].octets, k->enc[i], k->input[i].len};
	}
	batch_hmac(batch, k->job, n);
	for (unsigned i = 0; i < n; i++) {
		resume_mac_key_input(p->sas, item[i].slot, &k->input[i]);
		k->job[i] = (struct hmac){p->sas->root[item[i].slot].key, k->input[i].octets,
					  k->mac_key[i], k->input[i].len};
	}
	batch_hmac(batch, k->job, n);
}

/* sdt.md 5: n from 1 on, the payload under COUNT 0 of the epoch that n begins, a tag under K_r. */
static void seal_resume(const struct bench_plan *p, struct batch *batch, struct seal_item *item,
			unsigned n)
{
	struct crypt c[SEAL_AT_ONCE];
	struct resume_keys k = {0};

	for (unsigned i = 0; i < n; i++) {
		struct seal_item *it = &item[i];
		struct sdt_hdr h = sdt_header(&p->sas->up[it->slot], SDT_RESUME, it->number + 1);
		struct sdt_resume r = {.capabilities = EVERY_ALGORITHM};

		memcpy(r.rand, &it->slot, sizeof(it->slot));
		memcpy(r.rand + sizeof(it->slot), &it->number, sizeof(it->number));
		memcpy(it->msg, &h, sizeof(h));
		memcpy(it->msg + sizeof(h), &r, sizeof(r));
		write_payload(it, it->msg + SDT_RESUME_HEAD);
		it->len = (uint16_t)(SDT_RESUME_HEAD + it->size + TAG_LONG);
	}
	derive_keys(p, batch, item, n, &k);
	for (unsigned i = 0; i < n; i++)
		c[i] = (struct crypt){
			.at = item[i].msg,
			.enc_key = kdf_traffic_key(k.enc[i]),
			.aad_len = SDT_RESUME_HEAD,
			.len = item[i].size,
			.eea = p->sas->up[item[i].slot].installed >> 4,
			.direction = UPLINK,
		};
	batch_cipher(batch, c, n);
	for (unsigned i = 0; i < n; i++)
		k.job[i] = (struct hmac){k.mac_key[i], item[i].msg, k.mac[i],
					 (uint32_t)(item[i].len - TAG_LONG)};
	batch_hmac(batch, k.job, n);
	for (unsigned i = 0; i < n; i++)
		memcpy(item[i].msg + item[i].len - TAG_LONG, k.mac[i], TAG_LONG);
}

void bench_seal(const struct bench_plan *p, struct batch *batch, struct seal_item *item, unsigned n)
{
	if (p->options->direction != BENCH_UP) {
		for (unsigned i = 0; i < n; i++)
			write_core(p, &item[i]);
	} else if (p->options->mode == BENCH_RESUME) {
		seal_resume(p, batch, item, n);
	} else {
		seal_data(p, batch, item, n);
	}
}
