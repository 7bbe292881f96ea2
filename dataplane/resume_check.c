#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "dataplane/events.h"
#include "dataplane/held.h"
#include "dataplane/resume.h"

enum {
	AT_ONCE = 32, /* RESUMEs in one call: wide enough for any kernel */
	REPEATS_A_SECOND = 10,
	SECOND_NS = 1000000000
};

/* sdt.md 10: what RESUME is asked before its tag. */
static enum fate ask_resume(const struct sa_up *u, const struct sa_link *l, const struct frame *f)
{
	const struct sdt_hdr *h = (const struct sdt_hdr *)f->msg;

	if (f->now_ns > l->expires_ns)
		return FATE_EXPIRED;
	if (h->algs != u->installed ||
	    (h->bearer_flags & SDT_T ? TAG_LONG : TAG_SHORT) != sa_tag_len(u))
		return FATE_WRONG_ALGORITHM;
	return h->epoch == (uint8_t)f->count ? FATE_ALIVE : FATE_WRONG_EPOCH;
}

/* sdt.md 5: on live ports a worker checks at most so many RESUMEs a second. */
static bool resume_rate_spent(struct worker *w, uint64_t now_ns)
{
	struct rate *r = &w->resume_rate;

	if (w->set.replay || w->set.config->resume.per_second == 0)
		return false;
	if (now_ns >= r->until_ns) {
		r->until_ns = now_ns + SECOND_NS;
		r->left = w->set.config->resume.per_second;
	}
	if (r->left == 0)
		return true;
	r->left--;
	return false;
}

void resume_mac_key_input(const struct sa_table *t, uint32_t slot, struct kdf_input *s)
{
	char identity[IMSI_MAX + 1];
	unsigned len = imsi_from_tbcd(t->link[slot].imsi, identity);

	kdf_resume_mac_input(s, identity, len, t->root[slot].salt);
}

static void refuse_tag(struct worker *w, struct frame *f)
{
	f->fate = FATE_BAD_TAG;
	w->set.sas->down[f->slot].bad_tags++;
}

/* The MACs of n RESUMEs: K_r, and with it the tag over everything before the tag. */
static void check_macs(struct worker *w, struct frame *const *f, unsigned n)
{
	struct kdf_input input[AT_ONCE];
	uint8_t key[AT_ONCE][KDF_OUT], mac[AT_ONCE][KDF_OUT];
	struct hmac job[AT_ONCE] = {0};

	if (n == 0)
		return;
	for (unsigned i = 0; i < n; i++) {
		resume_mac_key_input(w->set.sas, f[i]->slot, &input[i]);
		job[i] = (struct hmac){w->set.sas->root[f[i]->slot].key, input[i].octets, key[i],
				       input[i].len};
	}
	batch_hmac(w->crypto, job, n);
	for (unsigned i = 0; i < n; i++)
		job[i] = (struct hmac){key[i], f[i]->msg, mac[i], SDT_RESUME_HEAD + f[i]->payload};
	batch_hmac(w->crypto, job, n);
	for (unsigned i = 0; i < n; i++) {
		if (!ct_equal(mac[i], resume_tag(f[i]), TAG_LONG))
			refuse_tag(w, f[i]);
	}
	secret_wipe(key, n * sizeof(key[0]));
}

void resume_check(struct worker *w, struct burst *b)
{
	struct frame *pick[AT_ONCE];
	unsigned n = 0;

	for (uint16_t i = 0; i < b->n; i++) {
		struct frame *f = &b->frame[i];

		if (f->fate != FATE_ALIVE || f->type != SDT_RESUME)
			continue;
		f->fate = (uint8_t)ask_resume(&w->set.sas->up[f->slot], &w->set.sas->link[f->slot],
					      f);
		if (f->fate == FATE_ALIVE && resume_rate_spent(w, f->now_ns))
			f->fate = FATE_THROTTLED;
		if (f->fate != FATE_ALIVE)
			continue;
		pick[n++] = f;
		if (n == AT_ONCE) {
			check_macs(w, pick, n);
			n = 0;
		}
	}
	check_macs(w, pick, n);
}

/* At most ten answers to repeats in a second that begins with the first of them. */
static bool repeat_allowed(struct sa_root *r, uint64_t now_ns)
{
	if (r->repeats == 0 || sa_second_over(r->repeat_ns, now_ns)) {
		r->repeat_ns = now_ns;
		r->repeats = 0;
	}
	if (r->repeats == REPEATS_A_SECOND)
		return false;
	r->repeats++;
	return true;
}

struct held *resume_held(struct worker *w, const struct frame *f)
{
	struct held *h = held_of(w->held, &w->set.sas->link[f->slot], f->key_id);

	if (!h)
		return NULL;
	if (f->fate == FATE_RESUME_REPEATED)
		return h->given && h->given_at == f->count ? h : NULL;
	return h->given ? NULL : h;
}

void resume_tell_limit(struct worker *w, const struct frame *f)
{
	/* One stands for all of its second: a device may say it with every message. */
	if (w->limit_told_ns != 0 && f->now_ns < w->limit_told_ns + SECOND_NS)
		return;
	w->limit_told_ns = f->now_ns;
	event_tell(w, EVENT_RESUME_LIMIT, f->slot, f->count, f->now_ns);
}

bool resume_judge(struct worker *w, struct frame *f)
{
	const struct config_resume *limits = &w->set.config->resume;
	struct sa_root *r = &w->set.sas->root[f->slot];
	uint32_t n = f->count;

	if (r->has_last && n == r->m - 1 && ct_equal(resume_tag(f), r->last_tag, TAG_LONG)) {
		f->fate = repeat_allowed(r, f->now_ns) ? FATE_RESUME_REPEATED : FATE_THROTTLED;
		/* What goes again goes to the address of this moment, under this moment's COUNT. */
		return f->fate == FATE_RESUME_REPEATED && resume_held(w, f);
	}
	if (n > limits->limit) {
		f->fate = FATE_RESUME_REFUSED;
		resume_tell_limit(w, f);
	} else if (n < r->m || n - r->m > limits->ahead) {
		f->fate = FATE_RESUME_SYNCED;
	}
	return f->fate == FATE_ALIVE;
}
