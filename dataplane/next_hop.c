#include "dataplane/encap.h"
#include "dataplane/neighbours.h"
#include "dataplane/stages.h"

static bool find_next_hop(struct worker *w, enum side side, const struct endpoint *dst,
			  uint8_t mac[6])
{
	if (w->set.neighbours[side])
		return neighbours_find(w->set.neighbours[side], w->id, dst, mac);
	encap_static_hop(side_of(w, side), dst, mac);
	return true;
}

bool next_hop_to_scef(struct worker *w, unsigned bearer, uint8_t mac[6])
{
	return find_next_hop(w, CORE, scef_of_bearer(w, bearer), mac);
}

bool next_hop_to_device(struct worker *w, uint32_t slot, uint8_t mac[6])
{
	const struct sa_link *l = &w->set.sas->link[slot];
	struct endpoint dst = {.family = l->family};

	memcpy(dst.addr, l->addr, sizeof(dst.addr));
	return find_next_hop(w, ACCESS, &dst, mac);
}

void next_hop_ahead(struct worker *w, uint32_t slot)
{
	uint8_t mac[6];

	if (w->set.neighbours[ACCESS])
		next_hop_to_device(w, slot, mac);
}

const uint8_t *next_hop_back(const struct worker *w, const struct frame *f)
{
	const struct config_side *side = side_of(w, f->side);

	if (!w->set.neighbours[f->side] || side->static_next_hop)
		return side->next_hop_mac;
	return rte_pktmbuf_mtod(f->mbuf, const struct eth_hdr *)->src;
}

bool next_hop_fits(const struct worker *w, enum side side, unsigned family, unsigned octets)
{
	unsigned headers = (family == 4 ? sizeof(struct ipv4_hdr) : sizeof(struct ipv6_hdr)) +
			   sizeof(struct udp_hdr);
	unsigned mtu = side_of(w, side)->mtu;

	return w->set.replay || mtu == 0 || headers + octets <= mtu;
}
