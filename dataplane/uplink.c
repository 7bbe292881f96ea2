/*
 * Frames from devices, decided as if one after the other (sdt.md 4), yet many at a time. An SA's
 * frames up to the first RESUME that will be accepted share its keys: their tags are checked in one
 * call, and then they are decided one by one, each under what those before it have changed. What
 * follows that RESUME waits for the next pass. Tags of RESUMEs depend on no state and are checked
 * before the first pass, so only who holds a key can bring about another pass. The first frame that
 * waits in a burst waits for nobody, so every pass decides some.
 */
#include "dataplane/encap.h"
#include "dataplane/events.h"
#include "dataplane/resume.h"
#include "dataplane/stages.h"
#include "dataplane/window.h"

/* One pass's share of the burst. */
struct pass {
	unsigned data_n, open_n, resume_n;
	uint16_t data[BURST_MAX];   /* DATA to be decided, in order */
	uint16_t open[BURST_MAX];   /* places in data[] whose tag may come to be asked for */
	bool right[BURST_MAX];      /* whether the tag of data[i] is */
	uint16_t resume[BURST_MAX]; /* judged RESUMEs, in order */
};

/* The fate that an SA has in store for DATA, apart from its window; sdt.md 4 steps 2 and 3. */
static enum fate ask_sa(const struct sa_up *u, const struct sa_link *l, const struct frame *f)
{
	const struct sdt_hdr *h = (const struct sdt_hdr *)f->msg;

	if (f->now_ns > l->expires_ns)
		return FATE_EXPIRED;
	if (u->flags & SA_CLOSED && f->count > u->end_count)
		return FATE_CLOSED;
	if (h->algs != u->algs || f->tag_len != sa_tag_len(u))
		return FATE_WRONG_ALGORITHM;
	return h->epoch == u->epoch ? FATE_ALIVE : FATE_WRONG_EPOCH;
}

static bool from_current_address(const struct sa_link *l, const struct frame *f)
{
	struct endpoint src;

	encap_source(f->msg, f->family, &src);
	return l->family == src.family && l->port == src.port &&
	       memcmp(l->addr, src.addr, sizeof(l->addr)) == 0; /* lint-ok: public */
}

/* sdt.md 4, failure budget: whether this frame's tag may be asked for at all. */
static enum fate ask_budget(const struct sa_up *u, const struct sa_link *l, const struct frame *f)
{
	if (u->failures < BUDGET_SUSPECT)
		return FATE_ALIVE;
	if (u->failures >= BUDGET_SPENT)
		return FATE_THROTTLED;
	if (from_current_address(l, f) || l->checked_ns == 0)
		return FATE_ALIVE;
	return sa_second_over(l->checked_ns, f->now_ns) ? FATE_ALIVE : FATE_THROTTLED;
}

/* Steps 2 to 5 of sdt.md 4; changes nothing. */
static enum fate ask_data(const struct sa_up *u, const struct sa_link *l, const struct frame *f)
{
	enum fate fate = ask_sa(u, l, f);

	if (fate == FATE_ALIVE)
		fate = window_ask(u, f->count);
	return fate == FATE_ALIVE ? ask_budget(u, l, f) : fate;
}

static struct pass_mark *mark_of(struct worker *w, uint32_t slot)
{
	/* Two SAs may share a mark: then one of them waits for a pass that it could have had. */
	return &w->mark[slot % PASS_MARKS];
}

/* Whether what an earlier frame of this pass changes could let this one live after all. */
static bool may_live(const struct sa_up *u, enum fate fate)
{
	return fate == FATE_ALIVE || fate == FATE_TOO_FAR ||
	       (fate == FATE_THROTTLED && u->failures < BUDGET_SPENT);
}

/* False: the frame waits. */
static bool screen_data(struct worker *w, struct burst *b, uint16_t at, struct pass *p)
{
	struct frame *f = &b->frame[at];
	const struct sa_up *u = &w->set.sas->up[f->slot];
	struct pass_mark *m = mark_of(w, f->slot);
	bool first = m->pass != w->pass;
	enum fate fate;

	if (!first && m->barrier)
		return false;
	fate = ask_data(u, &w->set.sas->link[f->slot], f);
	if (first && fate != FATE_ALIVE) {
		f->fate = (uint8_t)fate; /* no frame before it can change that */
		return true;
	}
	*m = (struct pass_mark){w->pass, false};
	if (may_live(u, fate))
		p->open[p->open_n++] = (uint16_t)p->data_n;
	p->data[p->data_n++] = at;
	return true;
}

static bool screen_resume(struct worker *w, struct burst *b, uint16_t at, struct pass *p)
{
	struct frame *f = &b->frame[at];
	struct pass_mark *m = mark_of(w, f->slot);

	if (m->pass == w->pass && m->barrier)
		return false;
	if (resume_judge(w, f))
		*m = (struct pass_mark){w->pass, true};
	if (f->fate != FATE_THROTTLED)
		p->resume[p->resume_n++] = at;
	return true;
}

/* Divides the frames that wait into those of this pass and those that go on waiting. */
static uint16_t screen_burst(struct worker *w, struct burst *b, uint16_t *todo, uint16_t n,
			     struct pass *p)
{
	uint16_t waiting = 0;

	p->data_n = p->open_n = p->resume_n = 0;
	w->pass++;
	for (uint16_t i = 0; i < n; i++) {
		bool data = b->frame[todo[i]].type == SDT_DATA;

		if (!(data ? screen_data(w, b, todo[i], p) : screen_resume(w, b, todo[i], p)))
			todo[waiting++] = todo[i];
	}
	return waiting;
}

static void open_data(struct worker *w, struct burst *b, struct pass *p)
{
	struct crypt msg[BURST_MAX];
	bool right[BURST_MAX];

	for (unsigned i = 0; i < p->open_n; i++) {
		const struct frame *f = &b->frame[p->data[p->open[i]]];
		const struct sa_up *u = &w->set.sas->up[f->slot];

		msg[i] = (struct crypt){
			.at = f->msg,
			.enc_key = u->enc_key,
			.int_key = u->int_key,
			.count = f->count,
			.aad_len = sizeof(struct sdt_hdr),
			.len = f->payload,
			.eea = u->algs >> 4,
			.eia = u->algs & 15,
			.tag_len = f->tag_len,
			.bearer = sdt_bearer((const struct sdt_hdr *)f->msg),
			.direction = UPLINK,
		};
	}
	batch_unprotect(w->crypto, msg, p->open_n, right);
	memset(p->right, 0, p->data_n * sizeof(p->right[0]));
	for (unsigned i = 0; i < p->open_n; i++)
		p->right[p->open[i]] = right[i];
}

static void count_failure(struct worker *w, const struct frame *f)
{
	struct sa_up *u = &w->set.sas->up[f->slot];
	struct sa_down *d = &w->set.sas->down[f->slot];

	d->bad_tags++;
	if (sa_tag_len(u) == TAG_LONG)
		return; /* no budget */
	u->failures++;
	if (u->failures == BUDGET_SUSPECT)
		event_tell(w, EVENT_BUDGET_SUSPECT, f->slot, u->failures, f->now_ns);
	if (u->failures < BUDGET_SPENT)
		return;
	d->flags |= SA_DOWN_REKEY;
	event_tell(w, EVENT_BUDGET_SPENT, f->slot, u->failures, f->now_ns);
}

/* sdt.md 4, address: downlink follows the message that last raised the highest COUNT. */
static void follow_address(struct worker *w, const struct frame *f)
{
	struct sa_link *l = &w->set.sas->link[f->slot];
	struct endpoint src;

	if (from_current_address(l, f))
		return;
	encap_source(f->msg, f->family, &src);
	sa_set_address(l, &src);
	next_hop_ahead(w, f->slot);
}

static bool ends_transmission(const struct sa_up *u, const struct frame *f)
{
	return u->flags & SA_ONE_KEY && ((const struct sdt_hdr *)f->msg)->bearer_flags & SDT_END;
}

/* Before its COUNT is marked: a death between the two must not lose an END that cannot come again.
 */
static void close_transmission(struct worker *w, const struct frame *f)
{
	struct sa_up *u = &w->set.sas->up[f->slot];

	u->end_count = f->count;
	w->set.sas->down[f->slot].closed_ns = f->now_ns;
	atomic_signal_fence(memory_order_seq_cst);
	u->flags |= SA_CLOSED;
	atomic_signal_fence(memory_order_seq_cst);
}

/* Moves window and address, and what follows from a COUNT that is used. */
static void mark_count(struct worker *w, const struct frame *f)
{
	struct sa_up *u = &w->set.sas->up[f->slot];
	uint32_t before = u->top;

	if (window_raises(u, f->count))
		follow_address(w, f);
	window_mark(u, f->count);
	if (u->top < COUNT_REKEY_FROM)
		return;
	w->set.sas->down[f->slot].flags |= SA_DOWN_REKEY;
	if (before < COUNT_REKEY_FROM)
		event_tell(w, EVENT_COUNT_UP_HALF, f->slot, u->top, f->now_ns);
}

/* sdt.md 4 step 7: asks again, then marks; only now is the payload anybody's. */
static enum fate decide_data(struct worker *w, struct frame *f, bool right)
{
	struct sa_up *u = &w->set.sas->up[f->slot];
	struct sa_link *l = &w->set.sas->link[f->slot];
	enum fate fate = ask_data(u, l, f);

	if (fate != FATE_ALIVE)
		return fate;
	if (u->failures >= BUDGET_SUSPECT && !from_current_address(l, f))
		l->checked_ns = f->now_ns > 0 ? f->now_ns : 1;
	if (!right) {
		count_failure(w, f);
		return FATE_BAD_TAG;
	}
	if (!next_hop_to_scef(w, sdt_bearer((const struct sdt_hdr *)f->msg), f->next_hop))
		return FATE_NO_NEIGHBOUR;
	if (ends_transmission(u, f) && !(u->flags & SA_CLOSED)) /* the first END stands */
		close_transmission(w, f);
	mark_count(w, f);
	l->packets++;
	l->octets += f->payload;
	if (!atomic_load_explicit(&l->heard, memory_order_relaxed))
		atomic_store_explicit(&l->heard, 1, memory_order_relaxed);
	return FATE_SENT;
}

void uplink_burst(struct worker *w, struct burst *b)
{
	uint16_t todo[BURST_MAX], n = 0;
	struct pass p;

	resume_check(w, b);
	for (uint16_t i = 0; i < b->n; i++) {
		if (b->frame[i].fate == FATE_ALIVE)
			todo[n++] = i;
	}
	while (n > 0) {
		n = screen_burst(w, b, todo, n, &p);
		open_data(w, b, &p);
		for (unsigned i = 0; i < p.data_n; i++) {
			struct frame *f = &b->frame[p.data[i]];

			f->fate = (uint8_t)decide_data(w, f, p.right[i]);
		}
		resume_answer(w, b, p.resume, p.resume_n);
	}
}
