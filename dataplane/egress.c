#include "dataplane/encap.h"
#include "dataplane/held.h"
#include "dataplane/stages.h"

enum { HOST_BURST = 32 }; /* frames of the slow path in one round */

/* What a burst sends out of one side, in the order of the frames that caused it. */
struct outgoing {
	uint16_t n;
	struct rte_mbuf *mbuf[2 * BURST_MAX]; /* a repeated RESUME may bring two */
	struct frame *cause[2 * BURST_MAX];
};

/* Makes the mbuf the datagram to dst whose UDP payload is payload[0..len). */
static void wrap_payload(struct rte_mbuf *m, const struct config_side *side,
			 const uint8_t next_hop[6], const struct endpoint *dst, uint8_t *payload,
			 uint16_t len)
{
	uint16_t head = encap_write(side, next_hop, dst, payload, len);

	m->data_off = (uint16_t)(payload - head - (uint8_t *)m->buf_addr);
	m->data_len = (uint16_t)(head + len);
	m->pkt_len = m->data_len;
	m->ol_flags = 0;
}

static void push_out(struct outgoing *out, struct rte_mbuf *m, struct frame *cause)
{
	out->mbuf[out->n] = m;
	out->cause[out->n++] = cause;
}

/* A payload from a device, as MO data to the SCEF of its bearer (sdt.md 7). */
static void send_mo(struct worker *w, struct frame *f, struct outgoing *out)
{
	uint8_t bearer = sdt_bearer((const struct sdt_hdr *)f->msg);
	bool early = f->type == SDT_RESUME;
	uint8_t *payload = f->msg + (early ? SDT_RESUME_HEAD : sizeof(struct sdt_hdr));
	struct core_hdr *h = (struct core_hdr *)payload - 1;

	*h = (struct core_hdr){
		.version_type = SDT_VERSION << 4 | CORE_MO,
		.bearer_flags = (uint8_t)(bearer << CORE_BEARER_SHIFT | (early ? CORE_EARLY : 0)),
		.key_id = be32_of(f->key_id),
		.imsi = w->set.sas->link[f->slot].imsi,
	};
	wrap_payload(f->mbuf, side_of(w, CORE), f->next_hop, scef_of_bearer(w, bearer),
		     (uint8_t *)h, (uint16_t)(sizeof(*h) + f->payload));
	push_out(out, f->mbuf, f);
}

/* m, which holds msg[0..len), goes back to where the frame came from. */
static void answer_frame(struct worker *w, struct frame *f, struct rte_mbuf *m, uint8_t *msg,
			 uint16_t len, struct outgoing *out)
{
	uint8_t next_hop[6]; /* a copy: the headers may be written over the frame's own */
	struct endpoint src;

	memcpy(next_hop, next_hop_back(w, f), sizeof(next_hop));
	encap_source(f->msg, f->family, &src);
	wrap_payload(m, side_of(w, f->side), next_hop, &src, msg, len);
	push_out(out, m, f);
}

/* The frame's own message is the answer. */
static void send_back(struct worker *w, struct frame *f, struct outgoing *out)
{
	answer_frame(w, f, f->mbuf, f->msg, f->len, out);
}

void egress_to_device(const struct worker *w, uint32_t slot, const uint8_t next_hop[6],
		      struct rte_mbuf *m, uint8_t *msg, uint16_t len)
{
	const struct sa_link *l = &w->set.sas->link[slot];
	struct endpoint dst = {.family = l->family, .port = l->port};

	memcpy(dst.addr, l->addr, sizeof(dst.addr));
	wrap_payload(m, side_of(w, ACCESS), next_hop, &dst, msg, len);
}

static void send_resumed(struct worker *w, struct frame *f, struct outgoing *out)
{
	struct rte_mbuf *m = f->answer;

	answer_frame(w, f, m, rte_pktmbuf_mtod(m, uint8_t *), m->data_len, out);
}

/* MT refused: the frame's own header with a reason (sdt.md 7). */
static void send_refused(struct worker *w, struct frame *f, enum refusal reason,
			 struct outgoing *out)
{
	struct core_hdr *h = (struct core_hdr *)f->msg;

	h->version_type = SDT_VERSION << 4 | CORE_REFUSED;
	h->bearer_flags &= (uint8_t) ~(CORE_HOLD | CORE_EARLY);
	h->reason = be16_of((uint16_t)reason);
	f->len = sizeof(*h);
	send_back(w, f, out);
}

/* What comes of an access-side frame; false: nothing, its mbuf is to be freed. */
static bool send_access(struct worker *w, struct frame *f, struct outgoing out[SIDES])
{
	switch (f->fate) {
	case FATE_RESUMED:
		send_resumed(w, f, &out[ACCESS]);
		send_mo(w, f, &out[CORE]);
		return true;
	case FATE_SENT:
		send_mo(w, f, &out[CORE]);
		return true;
	case FATE_RESUME_REPEATED:
		send_back(w, f, &out[ACCESS]);
		if (f->answer) { /* the held frame that the first RESUMED carried, as DATA */
			w->counts.tally[ACCESS][TALLY_HELD_RESENT]++;
			push_out(&out[ACCESS], f->answer, f);
		}
		return true;
	case FATE_RESUME_SYNCED:
	case FATE_RESUME_REFUSED:
		send_back(w, f, &out[ACCESS]);
		return true;
	default:
		return false;
	}
}

static bool send_core(struct worker *w, struct frame *f, struct outgoing out[SIDES])
{
	static const uint8_t reason[FATE_COUNT] = {
		[FATE_UNKNOWN_DEVICE] = REFUSED_UNKNOWN, [FATE_EXPIRED] = REFUSED_NO_KEY,
		[FATE_CLOSED] = REFUSED_NO_KEY,          [FATE_NO_ADDRESS] = REFUSED_NO_ADDRESS,
		[FATE_TOO_LONG] = REFUSED_TOO_LONG,      [FATE_EXHAUSTED] = REFUSED_EXHAUSTED,
		[FATE_OVERLOAD] = REFUSED_OVERLOAD,
	};

	if (f->fate == FATE_SENT) {
		egress_to_device(w, f->slot, f->next_hop, f->mbuf, f->msg, f->len);
		push_out(&out[ACCESS], f->mbuf, f);
	} else if (reason[f->fate]) {
		send_refused(w, f, (enum refusal)reason[f->fate], &out[CORE]);
	}
	return f->fate == FATE_SENT || f->fate == FATE_HELD || reason[f->fate];
}

/* What the port does not take dies here: a payload as `tx_full`, an answer as `answers_lost`. */
static void transmit(struct worker *w, enum side side, struct outgoing *out)
{
	struct port *p = w->set.port[side];
	uint16_t sent = 0;

	while (sent < out->n) {
		uint16_t now = p->tx(p, out->mbuf + sent, out->n - sent);

		if (now == 0)
			break;
		sent += now;
	}
	w->counts.tally[side][TALLY_TX] += sent;
	for (uint16_t i = sent; i < out->n; i++) {
		if (out->cause[i]->fate == FATE_SENT)
			out->cause[i]->fate = FATE_TX_FULL;
		else
			w->counts.tally[side][TALLY_ANSWERS_LOST]++;
	}
	if (sent < out->n)
		rte_pktmbuf_free_bulk(out->mbuf + sent, out->n - sent);
}

/* Before a frame leaves: whoever follows it wants to know whose it was. */
static void trace_frame(struct worker *w, const struct frame *f)
{
	struct trace *t = &w->set.trace[f->index];

	*t = (struct trace){.key_id = f->key_id, .count = f->count, .known = f->known};
	if (!(f->known & KNOWN_IMSI))
		return;
	t->imsi = f->slot != SA_NONE ? w->set.sas->link[f->slot].imsi
				     : ((const struct core_hdr *)f->msg)->imsi;
}

/* A frame for the slow path; false: nobody takes it. */
static bool pass_to_host(struct worker *w, const struct frame *f)
{
	if (!w->to_host)
		return false;
	*frame_private(f->mbuf) = *f;
	if (rte_ring_sp_enqueue(w->to_host, f->mbuf) == 0)
		return true;
	w->host_counts[f->side].dropped++;
	return false;
}

/* Whether the frame's mbuf goes on, or is kept; else it is to be freed. */
static bool settle_mbuf(struct worker *w, struct frame *f, struct outgoing out[SIDES])
{
	if (f->fate == FATE_TO_HOST)
		return pass_to_host(w, f);
	return f->side == ACCESS ? send_access(w, f, out) : send_core(w, f, out);
}

static void settle_frames(struct worker *w, const struct burst *b)
{
	for (uint16_t i = 0; i < b->n; i++) {
		const struct frame *f = &b->frame[i];

		w->counts.fate[b->side][f->fate]++;
		if (w->set.trace)
			w->set.trace[f->index].fate = f->fate;
	}
	/* This thread alone writes it: no read-modify-write is needed. */
	atomic_store_explicit(&w->settled,
			      atomic_load_explicit(&w->settled, memory_order_relaxed) + b->n,
			      memory_order_release);
}

void egress_burst(struct worker *w, struct burst *b)
{
	struct outgoing out[SIDES];
	struct rte_mbuf *dead[BURST_MAX];
	unsigned dead_n = 0;

	out[ACCESS].n = out[CORE].n = 0;
	for (uint16_t i = 0; i < b->n; i++) {
		struct frame *f = &b->frame[i];

		if (w->set.trace)
			trace_frame(w, f);
		if (!settle_mbuf(w, f, out))
			dead[dead_n++] = f->mbuf;
	}
	for (unsigned side = 0; side < SIDES; side++)
		transmit(w, (enum side)side, &out[side]);
	rte_pktmbuf_free_bulk(dead, dead_n);
	settle_frames(w, b);
}

void egress_expired(struct worker *w)
{
	struct frame f[BURST_MAX];
	struct outgoing out;
	struct held h;

	if (!held_enabled(w->held))
		return;
	out.n = 0;
	while (out.n < BURST_MAX && held_expired(w->held, w->now_ns, &h)) {
		struct frame *cause = &f[out.n];

		*cause = (struct frame){.mbuf = h.mbuf,
					.msg = h.msg,
					.family = h.family,
					.side = CORE,
					.fate = FATE_HELD};
		w->counts.tally[CORE][TALLY_HELD_TIMED_OUT]++;
		send_refused(w, cause, REFUSED_NO_ADDRESS, &out);
	}
	transmit(w, CORE, &out);
}

unsigned egress_from_host(struct worker *w)
{
	unsigned seen = 0;

	for (unsigned side = 0; side < SIDES; side++) {
		struct port *p = w->set.port[side];
		struct rte_mbuf *m[HOST_BURST];
		uint16_t n, sent;

		if (!w->from_host[side])
			continue;
		n = (uint16_t)rte_ring_sc_dequeue_burst(w->from_host[side], (void **)m, HOST_BURST,
							NULL);
		if (n == 0)
			continue;
		sent = p->tx(p, m, n);
		w->host_counts[side].sent += sent;
		w->host_counts[side].not_sent += n - sent;
		rte_pktmbuf_free_bulk(m + sent, n - sent);
		seen += n;
	}
	return seen;
}
