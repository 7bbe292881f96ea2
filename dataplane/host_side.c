#include "dataplane/host_side.h"

#include "dataplane/arp.h"
#include "dataplane/icmp.h"
#include "dataplane/nd.h"

#define SECOND_NS       UINT64_C(1000000000)
#define DEFEND_EVERY_NS (10 * SECOND_NS) /* RFC 5227 2.4: DEFEND_INTERVAL */

enum { ETH_MIN = 60 }; /* octets of a frame without its checksum, IEEE 802.3 3.2.8 */

/* What the slow path does at most, on each side: enough for any link that is not being flooded. */
static const struct {
	uint32_t per_second, burst;
} rates[RATES] = {
	[RATE_ARP] = {1000, 200},
	[RATE_ND] = {1000, 200},
	[RATE_ECHO] = {1000, 1000}, /* ping -f, and a sweep of monitors */
	[RATE_ASK] = {500, 100},
};

void host_side_init_rates(struct host_side *s)
{
	for (unsigned i = 0; i < RATES; i++)
		s->bucket[i] = bucket_of(rates[i].per_second, rates[i].burst);
}

static bool may(struct host_side *s, enum rate_of what)
{
	if (bucket_take(&s->bucket[what], s->now_ns))
		return true;
	s->count[HOST_LIMITED]++;
	return false;
}

/* A buffer for a frame of at most `room` octets; NULL: there is none. */
static uint8_t *begin_frame(struct host_side *s, size_t room, struct rte_mbuf **m)
{
	*m = rte_pktmbuf_alloc(s->pool);
	if (*m && rte_pktmbuf_tailroom(*m) >= RTE_MAX(room, (size_t)ETH_MIN))
		return rte_pktmbuf_mtod(*m, uint8_t *);
	rte_pktmbuf_free(*m);
	s->count[HOST_NOT_SENT]++;
	return NULL;
}

static bool end_frame(struct host_side *s, struct rte_mbuf *m, size_t len)
{
	if (len < ETH_MIN) {
		memset(rte_pktmbuf_mtod_offset(m, uint8_t *, len), 0, ETH_MIN - len);
		len = ETH_MIN;
	}
	m->data_len = (uint16_t)len;
	m->pkt_len = (uint32_t)len;
	if (rte_ring_sp_enqueue(s->out, m) == 0)
		return true;
	rte_pktmbuf_free(m);
	s->count[HOST_NOT_SENT]++;
	return false;
}

static_assert((int)ARP_FRAME <= (int)ND_FRAME, "one room for both");

bool host_side_ask(void *arg, const struct endpoint *who, const uint8_t *mac, bool kept)
{
	struct host_side *s = arg;
	struct rte_mbuf *m;
	uint8_t *out;

	/* Who moves through the link's addresses must not stop us asking for the router. */
	if (!kept && !may(s, RATE_ASK))
		return false;
	out = begin_frame(s, ND_FRAME, &m);
	if (!out)
		return false;
	s->count[HOST_ASKED]++;
	return end_frame(s, m,
			 who->family == 4 ? arp_ask(s->config, who, mac, out)
					  : nd_ask(s->config, who, mac, out));
}

void host_side_announce(struct host_side *s)
{
	struct rte_mbuf *m;
	uint8_t *out;

	if (s->config->ipv4.family != 0 && (out = begin_frame(s, ARP_FRAME, &m)))
		end_frame(s, m, arp_announce(s->config, out));
	if (s->config->ipv6.family != 0 && (out = begin_frame(s, ND_FRAME, &m)))
		end_frame(s, m, nd_announce(s->config, out));
}

/* RFC 5227 2.4 (b): says once that it is ours, and leaves it at that for a while. */
static void defend(struct host_side *s)
{
	uint64_t now_ns = s->now_ns;

	s->count[HOST_SPOOFED]++;
	if (s->defended_ns != 0 && now_ns < s->defended_ns + DEFEND_EVERY_NS)
		return;
	s->defended_ns = now_ns;
	host_side_announce(s);
}

static void learn(struct host_side *s, const struct heard *h)
{
	switch (s->resolver ? resolver_hear(s->resolver, h, s->now_ns) : RESOLVER_NOTHING) {
	case RESOLVER_LEARNT:
		s->count[HOST_LEARNT]++;
		break;
	case RESOLVER_UNASKED:
		s->count[HOST_SPOOFED]++;
		break;
	case RESOLVER_NOTHING:
	case RESOLVER_CONFIRMED:
		break;
	}
}

/* ARP and neighbour discovery alike. Limits hold for what is answered: our own answers get in. */
static void hear(struct host_side *s, const struct heard *h, enum rate_of rate)
{
	struct rte_mbuf *m;
	uint8_t *out;

	switch (h->kind) {
	case HEARD_BAD:
		s->count[HOST_BAD]++;
		break;
	case HEARD_NOTHING:
		break;
	case HEARD_CLAIM:
		defend(s);
		break;
	case HEARD_ANSWER:
		learn(s, h);
		break;
	case HEARD_QUESTION:
		if (!may(s, rate))
			break;
		learn(s, h);
		out = begin_frame(s, ND_FRAME, &m);
		if (out)
			end_frame(s, m,
				  h->ours.family == 4 ? arp_answer(s->config, h, out)
						      : nd_answer(s->config, h, out));
		break;
	}
}

static bool is_nd(const uint8_t *packet, size_t n)
{
	const struct ipv6_hdr *ip = (const struct ipv6_hdr *)packet;
	const struct icmp_hdr *icmp = (const struct icmp_hdr *)(ip + 1);

	return n >= sizeof(*ip) + sizeof(*icmp) && ip->next == IP_ICMPV6 &&
	       icmp->type >= ND_ROUTER_SOLICITATION && icmp->type <= ND_REDIRECT;
}

static void take_echo(struct host_side *s, bool ipv6, const uint8_t link_src[6],
		      const uint8_t *packet, size_t n)
{
	struct rte_mbuf *m;
	uint8_t *out;
	int len;

	if (!may(s, RATE_ECHO))
		return;
	out = begin_frame(s, STATION_LINK_HEAD + n, &m);
	if (!out)
		return;
	len = ipv6 ? icmp_answer6(s->config, link_src, packet, n, out)
		   : icmp_answer4(s->config, link_src, packet, n, out);
	s->count[len > 0 ? HOST_ECHO : len == 0 ? HOST_ICMP : HOST_BAD]++;
	if (len > 0)
		end_frame(s, m, (size_t)len);
	else
		rte_pktmbuf_free(m);
}

void host_side_take(struct host_side *s, const uint8_t *frame, size_t n)
{
	const struct eth_hdr *eth = (const struct eth_hdr *)frame;
	uint16_t type = be16_get(eth->type);
	size_t at = sizeof(*eth);
	struct heard h;

	if (type == ETH_VLAN) {
		const struct vlan_hdr *vlan = (const struct vlan_hdr *)(eth + 1);

		type = be16_get(vlan->type);
		at += sizeof(*vlan);
	}
	if (type == ETH_ARP) {
		s->count[HOST_ARP]++;
		h = arp_read(s->config, frame + at, n - at);
		hear(s, &h, RATE_ARP);
	} else if (type == ETH_IPV6 && is_nd(frame + at, n - at)) {
		s->count[HOST_ND]++;
		h = nd_read(s->config, eth->src, frame + at, n - at);
		hear(s, &h, RATE_ND);
	} else {
		take_echo(s, type == ETH_IPV6, eth->src, frame + at, n - at);
	}
}
