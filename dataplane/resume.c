#include "dataplane/resume.h"

#include "crypto/secret.h"
#include "dataplane/encap.h"
#include "dataplane/resume_item.h"
#include "dataplane/stages.h"

#include <rte_malloc.h>

struct resume_scratch {
	struct resume_item item[RESUME_AT_ONCE];
};

struct resume_scratch *resume_scratch_create(void)
{
	return rte_zmalloc("resume", sizeof(struct resume_scratch), RTE_CACHE_LINE_SIZE);
}

void resume_scratch_destroy(struct resume_scratch *s)
{
	if (s)
		secret_wipe(s, sizeof(*s));
	rte_free(s);
}

static enum verdict verdict_of(const struct frame *f)
{
	if (f->fate == FATE_ALIVE)
		return ACCEPT;
	return f->fate == FATE_RESUME_REPEATED ? REPEAT : SYNC;
}

static void start_item(struct resume_item *it, struct worker *w, struct frame *f)
{
	it->f = f;
	it->up = &w->set.sas->up[f->slot];
	it->root = &w->set.sas->root[f->slot];
	it->verdict = verdict_of(f);
	it->held = resume_held(w, f);
	it->identity_len = (uint8_t)imsi_from_tbcd(w->set.sas->link[f->slot].imsi, it->identity);
	memcpy(&it->header, f->msg, sizeof(it->header));
	memcpy(&it->asked, f->msg + sizeof(it->header), sizeof(it->asked));
	memcpy(it->tag, resume_tag(f), sizeof(it->tag));
}

/* The first of the list that is in `offered` (bit i: id i), or the installed one (sdt.md 5). */
static uint8_t choose_one(const struct config_priority *list, unsigned offered, uint8_t installed)
{
	for (unsigned i = 0; i < list->n; i++) {
		if (offered >> list->id[i] & 1)
			return list->id[i];
	}
	return installed;
}

static uint8_t choose_algs(const struct config *c, const struct resume_item *it)
{
	uint8_t installed = it->up->installed;
	unsigned eea = it->asked.capabilities & 15, eia = it->asked.capabilities >> 4;

	if (!c->allow_eea0)
		eea &= ~(1U << EEA0);
	eia &= ~(1U << EIA0);
	if (sa_tag_len(it->up) == TAG_LONG)
		eia &= 1U << EIA2;
	return (uint8_t)(choose_one(&c->eea, eea, installed >> 4) << 4 |
			 choose_one(&c->eia, eia, installed & 15));
}

/* A way and buffers before anything changes: without them it was never seen (sdt.md 5). */
static void prepare_item(struct worker *w, struct resume_item *it)
{
	if (it->verdict != ACCEPT)
		return;
	if (!next_hop_to_scef(w, sdt_bearer(&it->header), it->f->next_hop)) {
		it->verdict = DEAD;
		it->f->fate = FATE_NO_NEIGHBOUR;
		return;
	}
	it->f->answer = rte_pktmbuf_alloc(w->set.pool);
	if (!it->f->answer) {
		it->verdict = DEAD;
		it->f->fate = FATE_NO_MBUF;
		return;
	}
	frame_private(it->f->answer)->index = it->f->index;
	it->algs = choose_algs(w->set.config, it);
}

/* K' of those accepted and repeated. */
static void derive_roots(struct batch *batch, struct resume_item *item, unsigned n)
{
	struct hmac job[RESUME_AT_ONCE];
	unsigned jobs = 0;

	for (unsigned i = 0; i < n; i++) {
		struct resume_item *it = &item[i];

		if (!resume_answered(it))
			continue;
		kdf_resume_root_input(&it->input, it->asked.rand, it->f->count);
		job[jobs++] =
			(struct hmac){it->root->key, it->input.octets, it->fresh, it->input.len};
	}
	batch_hmac(batch, job, jobs);
}

static struct traffic_seed seed_of(const struct resume_item *it, uint8_t algs)
{
	return (struct traffic_seed){it->fresh, it->identity, it->identity_len, it->root->salt,
				     algs};
}

/* Traffic keys of those accepted, for the installed algorithms and for the ones chosen. */
static void derive_keys(struct batch *batch, struct resume_item *item, unsigned n)
{
	struct traffic_seed seed[2 * RESUME_AT_ONCE];
	struct traffic_keys keys[2 * RESUME_AT_ONCE], *next = keys;
	unsigned seeds = 0;

	for (unsigned i = 0; i < n; i++) {
		if (item[i].verdict != ACCEPT)
			continue;
		seed[seeds++] = seed_of(&item[i], item[i].up->installed);
		if (item[i].algs != item[i].up->installed)
			seed[seeds++] = seed_of(&item[i], item[i].algs);
	}
	static_assert(2 * RESUME_AT_ONCE <= TRAFFIC_KEYS_MAX, "one call takes all");
	traffic_keys_derive(batch, seed, seeds, keys);
	for (unsigned i = 0; i < n; i++) {
		if (item[i].verdict != ACCEPT)
			continue;
		item[i].installed = *next++;
		item[i].keys = item[i].algs != item[i].up->installed ? *next++ : item[i].installed;
	}
	secret_wipe(keys, seeds * sizeof(keys[0]));
}

/* The payloads of those accepted: COUNT 0 of the new epoch, the installed EEA. */
static void open_payloads(struct batch *batch, const struct resume_item *item, unsigned n)
{
	struct crypt msg[RESUME_AT_ONCE];
	unsigned msgs = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct resume_item *it = &item[i];

		if (it->verdict != ACCEPT)
			continue;
		msg[msgs++] = (struct crypt){
			.at = it->f->msg,
			.enc_key = it->installed.enc[UPLINK],
			.aad_len = SDT_RESUME_HEAD,
			.len = it->f->payload,
			.eea = it->up->installed >> 4,
			.eia = it->up->installed & 15,
			.tag_len = TAG_SHORT,
			.bearer = sdt_bearer(&it->header),
			.direction = UPLINK,
		};
	}
	batch_cipher(batch, msg, msgs);
}

/*
 * Everything that an accepted RESUME changes (sdt.md 5, 6). The slot is marked meanwhile: m first,
 * so that no n is ever taken twice, the mark's end last. Whoever finds a mark left by a death wipes
 * the slot.
 */
static void commit_item(struct worker *w, struct resume_item *it)
{
	struct sa_table *t = w->set.sas;
	struct sa_up *u = it->up;
	struct sa_down *d = &t->down[it->f->slot];
	struct sa_link *l = &t->link[it->f->slot];
	struct endpoint src;
	bool ends = u->flags & SA_ONE_KEY && it->header.bearer_flags & SDT_END;

	atomic_store_explicit(&u->changing, 1, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	it->root->m = it->f->count + 1;
	it->root->has_last = true;
	memcpy(it->root->last_tag, it->tag, TAG_LONG);

	atomic_signal_fence(memory_order_seq_cst);
	memcpy(u->enc_key, it->keys.enc[UPLINK], KEY_LEN);
	memcpy(u->int_key, it->keys.integrity[UPLINK], KEY_LEN);
	u->algs = it->algs;
	u->epoch = (uint8_t)it->f->count;
	u->top = 0; /* the RESUME's own COUNT */
	u->seen = 1;
	u->failures = 0;
	u->end_count = 0;
	u->flags = (uint8_t)((u->flags & ~SA_CLOSED) | (ends ? SA_CLOSED : 0));

	memcpy(d->enc_key, it->keys.enc[DOWNLINK], KEY_LEN);
	memcpy(d->int_key, it->keys.integrity[DOWNLINK], KEY_LEN);
	d->algs = it->algs;
	d->epoch = u->epoch;
	d->count = 1; /* 0 is RESUMED's */
	d->flags = 0;

	encap_source(it->f->msg, it->f->family, &src);
	sa_set_address(l, &src);
	d->closed_ns = it->f->now_ns;
	atomic_store_explicit(&l->heard, 1, memory_order_relaxed);
	l->packets++;
	l->octets += it->f->payload;
	atomic_store_explicit(&u->changing, 0, memory_order_release);
	if (it->held) {
		d->packets++;
		d->octets += it->held->len;
		it->held->given = true;
		it->held->given_at = it->f->count;
	}
	next_hop_ahead(w, it->f->slot);
	it->f->fate = FATE_RESUMED;
	if (it->root->m > w->set.config->resume.limit)
		resume_tell_limit(w, it->f);
}

static void answer_some(struct worker *w, struct resume_item *item, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		prepare_item(w, &item[i]);
	derive_roots(w->crypto, item, n);
	derive_keys(w->crypto, item, n);
	open_payloads(w->crypto, item, n);
	resume_answers(w, item, n);
	resume_resend(w, item, n);
	for (unsigned i = 0; i < n; i++) {
		if (item[i].verdict == ACCEPT)
			commit_item(w, &item[i]);
	}
}

void resume_answer(struct worker *w, struct burst *b, const uint16_t *pick, unsigned n)
{
	struct resume_item *item = w->resume->item;

	for (unsigned done = 0; done < n; done += RESUME_AT_ONCE) {
		unsigned now = n - done < RESUME_AT_ONCE ? n - done : RESUME_AT_ONCE;

		for (unsigned i = 0; i < now; i++)
			start_item(&item[i], w, &b->frame[pick[done + i]]);
		answer_some(w, item, now);
		secret_wipe(item, now * sizeof(*item));
	}
}
