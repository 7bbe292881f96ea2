#include "dataplane/downlink.h"
#include "dataplane/resume.h"
#include "dataplane/resume_item.h"
#include "dataplane/stages.h"

static void write_header(struct sdt_hdr *h, const struct resume_item *it, enum sdt_type type,
			 uint8_t algs, uint32_t count)
{
	*h = (struct sdt_hdr){
		.version_type = (uint8_t)(SDT_VERSION << 4 | type),
		.bearer_flags = it->header.bearer_flags & (uint8_t) ~(SDT_END | SDT_REKEY),
		.algs = algs,
		.epoch = (uint8_t)count,
		.key_id = it->header.key_id,
		.count = be32_of(count),
	};
}

/* RESUMED up to RES: in a buffer of its own where the payload goes on to the SCEF, else in place.
 */
static void write_resumed(struct worker *w, struct resume_item *it)
{
	bool accept = it->verdict == ACCEPT;
	uint32_t m = accept ? it->f->count + 1 : it->root->m;
	struct sdt_hdr *h;

	it->answer = accept ? rte_pktmbuf_mtod(it->f->answer, uint8_t *) : it->f->msg;
	it->answer_len = sizeof(*h);
	h = (struct sdt_hdr *)it->answer;
	write_header(h, it, SDT_RESUMED, accept ? it->algs : it->up->algs, it->f->count);
	if (m > w->set.config->resume.limit)
		h->bearer_flags |= SDT_REKEY;
	if (accept && it->held) {
		h->bearer_flags = (uint8_t)(it->held->bearer << SDT_BEARER_SHIFT |
					    (h->bearer_flags & (SDT_T | SDT_REKEY)));
		memcpy(h + 1, it->held->payload, it->held->len);
		it->answer_len = (uint16_t)(it->answer_len + it->held->len);
	}
}

/* The held data of those accepted: COUNT 0 of the new epoch's downlink. */
static void encrypt_held(struct batch *batch, const struct resume_item *item, unsigned n)
{
	struct crypt msg[RESUME_AT_ONCE];
	unsigned msgs = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct resume_item *it = &item[i];

		if (it->verdict != ACCEPT || !it->held)
			continue;
		msg[msgs++] = (struct crypt){
			.at = it->answer,
			.enc_key = it->keys.enc[DOWNLINK],
			.aad_len = sizeof(struct sdt_hdr),
			.len = it->held->len,
			.eea = it->algs >> 4,
			.eia = it->algs & 15,
			.tag_len = TAG_SHORT,
			.bearer = it->held->bearer,
			.direction = DOWNLINK,
		};
	}
	batch_cipher(batch, msg, msgs);
}

static void write_res(struct batch *batch, struct resume_item *item, unsigned n)
{
	struct hmac job[RESUME_AT_ONCE];
	unsigned jobs = 0;

	for (unsigned i = 0; i < n; i++) {
		struct resume_item *it = &item[i];
		size_t len;

		if (!resume_answered(it))
			continue;
		len = kdf_res_input(it->res_input, sizeof(it->res_input), it->asked.rand,
				    it->answer, it->answer_len);
		job[jobs++] = (struct hmac){it->fresh, it->res_input, it->mac, (uint32_t)len};
	}
	if (jobs == 0)
		return;
	batch_hmac(batch, job, jobs);
	for (unsigned i = 0; i < n; i++) {
		struct resume_item *it = &item[i];
		uint16_t len = (uint16_t)(it->answer_len + RES_LEN);

		if (!resume_answered(it))
			continue;
		memcpy(it->answer + it->answer_len, it->mac, RES_LEN);
		if (it->verdict == REPEAT)
			it->f->len = len;
		else
			it->f->answer->data_len = len;
	}
}

/* K_r, for those that are answered by SYNC: they are few. */
static void derive_mac_keys(struct worker *w, struct resume_item *item, unsigned n)
{
	struct hmac job[RESUME_AT_ONCE];
	unsigned jobs = 0;

	for (unsigned i = 0; i < n; i++) {
		struct resume_item *it = &item[i];

		if (it->verdict != SYNC)
			continue;
		resume_mac_key_input(w->set.sas, it->f->slot, &it->input);
		job[jobs++] =
			(struct hmac){it->root->key, it->input.octets, it->fresh, it->input.len};
	}
	if (jobs == 0)
		return;
	batch_hmac(w->crypto, job, jobs);
}

/* SYNC, written over the RESUME: its RAND stays where it is. */
static void write_syncs(struct worker *w, struct resume_item *item, unsigned n)
{
	const struct config_resume *limits = &w->set.config->resume;
	struct hmac job[RESUME_AT_ONCE];
	unsigned jobs = 0;

	derive_mac_keys(w, item, n);
	for (unsigned i = 0; i < n; i++) {
		struct resume_item *it = &item[i];
		uint32_t m = it->root->m, asked = it->f->count;
		bool rekey = m > limits->limit || asked > limits->limit ||
			     (asked >= m && asked - m > limits->ahead);
		struct sdt_hdr *h = (struct sdt_hdr *)it->f->msg;

		if (it->verdict != SYNC)
			continue;
		write_header(h, it, SDT_SYNC, it->up->installed, m);
		h->bearer_flags |= rekey ? SDT_REKEY : 0;
		it->f->len = SDT_SYNC_LEN;
		job[jobs++] =
			(struct hmac){it->fresh, it->f->msg, it->mac, SDT_SYNC_LEN - TAG_LONG};
	}
	if (jobs == 0)
		return;
	batch_hmac(w->crypto, job, jobs);
	for (unsigned i = 0; i < n; i++) {
		if (item[i].verdict == SYNC)
			memcpy(item[i].f->msg + SDT_SYNC_LEN - TAG_LONG, item[i].mac, TAG_LONG);
	}
}

void resume_answers(struct worker *w, struct resume_item *item, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (resume_answered(&item[i]))
			write_resumed(w, &item[i]);
	}
	encrypt_held(w->crypto, item, n);
	write_res(w->crypto, item, n);
	write_syncs(w, item, n);
}

void resume_resend(struct worker *w, struct resume_item *item, unsigned n)
{
	struct crypt msg[RESUME_AT_ONCE];
	struct frame *sent[RESUME_AT_ONCE];
	unsigned msgs = 0;

	for (unsigned i = 0; i < n; i++) {
		struct frame *f = item[i].f;
		struct sa_down *d = &w->set.sas->down[f->slot];
		const struct held *h = item[i].held;
		uint8_t *payload;

		if (item[i].verdict != REPEAT || !h || d->count >= COUNT_USED_UP ||
		    !next_hop_to_device(w, f->slot, f->next_hop))
			continue;
		f->answer = rte_pktmbuf_alloc(w->set.pool);
		if (!f->answer)
			continue;
		frame_private(f->answer)->index = f->index;
		payload = rte_pktmbuf_mtod(f->answer, uint8_t *);
		memcpy(payload, h->payload, h->len);
		msg[msgs] = downlink_header(w, f, h->bearer, payload, h->len);
		sent[msgs++] = f;
	}
	if (msgs == 0)
		return;
	batch_protect(w->crypto, msg, msgs);
	/* Now, since a frame behind this one in the burst may move the address. */
	for (unsigned i = 0; i < msgs; i++)
		egress_to_device(w, sent[i]->slot, sent[i]->next_hop, sent[i]->answer, msg[i].at,
				 crypt_octets(&msg[i]));
}
