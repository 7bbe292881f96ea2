#include "dataplane/station.h"

const uint8_t station_everyone[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
const uint8_t station_all_nodes[16] = {0xff, 0x02, [15] = 1};

static bool same(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n) == 0; /* lint-ok: public */
}

void station_link_local(const struct config_side *s, uint8_t addr[16])
{
	const uint8_t *m = s->mac;
	const uint8_t a[16] = {0xfe, 0x80, [8] = m[0] ^ 2, m[1], m[2],
			       0xff, 0xfe, m[3],           m[4], m[5]};

	memcpy(addr, a, sizeof(a));
}

void station_solicited_group(const uint8_t addr[16], uint8_t group[16])
{
	const uint8_t g[16] = {0xff, 0x02, [11] = 1, 0xff, addr[13], addr[14], addr[15]};

	memcpy(group, g, sizeof(g));
}

bool station_ipv6_any(const struct config_side *s, const uint8_t addr[16])
{
	uint8_t link_local[16];

	if (s->ipv6.family == 0)
		return false;
	if (same(s->ipv6.addr, addr, 16))
		return true;
	station_link_local(s, link_local);
	return same(link_local, addr, 16);
}

bool station_ipv6_group(const struct config_side *s, const uint8_t addr[16])
{
	uint8_t link_local[16], group[16];

	if (s->ipv6.family == 0)
		return false;
	if (same(station_all_nodes, addr, 16))
		return true;
	station_solicited_group(s->ipv6.addr, group);
	if (same(group, addr, 16))
		return true;
	station_link_local(s, link_local);
	station_solicited_group(link_local, group);
	return same(group, addr, 16);
}

size_t station_write(const struct config_side *s, const uint8_t dst[6], uint16_t type, uint8_t *out)
{
	struct eth_hdr *eth = (struct eth_hdr *)out;
	struct vlan_hdr *vlan = (struct vlan_hdr *)(eth + 1);

	memcpy(eth->dst, dst, sizeof(eth->dst));
	memcpy(eth->src, s->mac, sizeof(eth->src));
	eth->type = be16_of(s->vlan ? ETH_VLAN : type);
	if (!s->vlan)
		return sizeof(*eth);
	*vlan = (struct vlan_hdr){be16_of(s->vlan), be16_of(type)};
	return sizeof(*eth) + sizeof(*vlan);
}
