#include "dataplane/encap.h"
#include "dataplane/ours.h"
#include "dataplane/parse.h"
#include "dataplane/stages.h"
#include "dataplane/station.h"

#include <rte_prefetch.h>

/*
 * Sums n octets from `at` on over a chain. Not rte_raw_cksum_mbuf, which loses carries behind a
 * segment of odd length.
 */
static uint64_t add_segments(const struct rte_mbuf *m, uint32_t at, uint32_t n)
{
	uint64_t sum = 0;
	bool odd = false;

	for (; m && n > 0; m = m->next) {
		uint32_t now = m->data_len > at ? RTE_MIN(m->data_len - at, n) : 0;
		uint64_t part = inet_add(0, rte_pktmbuf_mtod_offset(m, const uint8_t *, at), now);

		sum += odd ? part << 8 : part; /* RFC 1071 2 (B): swaps the octets, once folded */
		odd ^= now & 1;
		at -= RTE_MIN(at, m->data_len);
		n -= now;
	}
	return sum;
}

/* RFC 768, RFC 8200 8.1: zero means "none", which only IPv4 allows. */
static bool udp_checksum_right(const struct rte_mbuf *m, const struct datagram *d)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct udp_hdr *udp = (const struct udp_hdr *)(frame + d->udp);
	/* Source and destination are the last octets of either header without options. */
	size_t addr_len = d->family == 4 ? 4 : 16;
	const uint8_t *src = frame + d->udp - 2 * addr_len;
	uint32_t len = sizeof(*udp) + d->len;
	uint64_t sum;

	if (be16_get(udp->checksum) == 0)
		return d->family == 4;
	sum = inet_pseudo(src, src + addr_len, addr_len, IP_UDP, len);
	return be16_get(inet_fold(sum + add_segments(m, d->udp, len))) == 0;
}

static bool same_address(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family &&
	       memcmp(a->addr, b->addr, sizeof(a->addr)) == 0; /* lint-ok: public */
}

/* sdt.md 7: frames come from configured SCEF addresses alone. */
static bool source_known(const struct config_scef *scef, const struct endpoint *src)
{
	if (same_address(&scef->fallback, src))
		return true;
	for (unsigned i = 0; i < BEARER_COUNT; i++) {
		if (same_address(&scef->endpoint[i], src))
			return true;
	}
	return false;
}

/* Downlink goes to where a device was heard: never to a group (RFC 1122 3.2.1.3). */
static bool from_one_host(const struct frame *f)
{
	struct endpoint src;

	encap_source(f->msg, f->family, &src);
	return f->family == 4 ? station_one_host4(src.addr) : station_one_host6(src.addr);
}

static enum fate check_access(struct worker *w, struct frame *f)
{
	const struct sdt_hdr *h = (const struct sdt_hdr *)f->msg;
	struct sdt_view v = {0};
	enum fate fate;

	if (!w->set.replay && !from_one_host(f))
		return FATE_NOT_OURS;
	fate = parse_sdt(f->msg, f->len, &v);
	if (f->len >= SDT_MIN && sdt_version(h) == SDT_VERSION) {
		f->key_id = be32_get(h->key_id);
		f->count = be32_get(h->count);
		f->known = KNOWN_KEY_ID | KNOWN_COUNT;
	}
	f->type = (uint8_t)v.type;
	f->payload = v.payload;
	f->tag_len = v.tag_len;
	if (fate == FATE_ALIVE && !next_hop_fits(w, CORE, scef_of_bearer(w, sdt_bearer(h))->family,
						 sizeof(struct core_hdr) + v.payload))
		return FATE_TOO_LONG;
	return fate;
}

static enum fate check_core(struct worker *w, struct frame *f, const struct datagram *d)
{
	const struct core_hdr *h = (const struct core_hdr *)f->msg;
	struct endpoint src;
	enum fate fate;

	if (!udp_checksum_right(f->mbuf, d))
		return FATE_BAD_CHECKSUM;
	encap_source(f->msg, f->family, &src);
	if (!w->set.replay && !source_known(&w->set.config->scef, &src))
		return FATE_UNKNOWN_SOURCE;
	if (f->len >= sizeof(*h) && h->version_type >> 4 == SDT_VERSION) {
		f->key_id = be32_get(h->key_id);
		f->known = (uint8_t)((f->key_id ? KNOWN_KEY_ID : 0) |
				     (imsi_tbcd_valid(h->imsi) ? KNOWN_IMSI : 0));
	}
	fate = parse_core(f->msg, f->len);
	if (fate == FATE_ALIVE) {
		f->type = h->version_type & 15;
		f->payload = (uint16_t)(f->len - sizeof(*h));
	}
	return fate;
}

/* Octets of a frame that must be contiguous: the longest that can go through (parse.h wants less).
 */
enum { CONTIGUOUS = ENCAP_MAX + SDT_RESUME_HEAD + SDT_PAYLOAD_MAX + TAG_LONG };
static_assert((int)CONTIGUOUS >= (int)PARSE_HERE, "a parser sees what it needs");

/* Whether the first segment holds all that matters of a frame, if need be by moving octets. */
static bool make_contiguous(struct rte_mbuf *m)
{
	return !m->next || m->data_len >= CONTIGUOUS || rte_pktmbuf_linearize(m) == 0;
}

static enum fate check_frame(struct worker *w, struct frame *f)
{
	struct rte_mbuf *m = f->mbuf;
	uint8_t *frame;
	const struct config_side *side = side_of(w, f->side);
	struct datagram d = {0};
	enum fate fate;

	if (!make_contiguous(m))
		return FATE_NO_MBUF;
	frame = rte_pktmbuf_mtod(m, uint8_t *);
	fate = parse_datagram(frame, m->data_len, m->pkt_len, side->udp_port, &d);
	if (!w->set.replay) /* a replay's frames may have any addresses */
		fate = ours_judge(side, frame, fate, &d);
	if (f->cut && fate != FATE_NOT_IP && fate != FATE_TO_HOST)
		return FATE_BAD_IP;
	if (fate != FATE_ALIVE)
		return fate;
	f->msg = frame + d.udp + sizeof(struct udp_hdr);
	f->len = d.len;
	f->family = d.family;
	fate = f->side == ACCESS ? check_access(w, f) : check_core(w, f, &d);
	if (fate == FATE_ALIVE && m->next) {
		/* What lives on has its payload in the first segment, or is too long for any. */
		rte_pktmbuf_free(m->next);
		m->next = NULL;
		m->nb_segs = 1;
		m->pkt_len = m->data_len;
	}
	return fate;
}

void ingress_burst(struct worker *w, struct burst *b)
{
	for (uint16_t i = 0; i < b->n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(b->frame[i].mbuf, void *));
	for (uint16_t i = 0; i < b->n; i++)
		b->frame[i].fate = (uint8_t)check_frame(w, &b->frame[i]);
}
