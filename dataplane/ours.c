#include "dataplane/ours.h"

#include "dataplane/station.h"

/* Our VLAN, and an Ethernet address that we listen to; an answer can go back to who sent it. */
static bool link_ours(const struct config_side *s, const struct eth_hdr *eth)
{
	const struct vlan_hdr *vlan = (const struct vlan_hdr *)(eth + 1);
	/* IEEE 802.1Q 9.6: a tag with id 0 gives a priority and no VLAN. */
	uint16_t id = be16_get(eth->type) == ETH_VLAN ? be16_get(vlan->tci) & VLAN_ID : 0;

	return id == s->vlan && (station_mac(s, eth->dst) || eth->dst[0] & 1) &&
	       station_one_mac(eth->src);
}

/* Datagrams come to our address alone, and not by broadcast of Ethernet either. */
static enum fate judge_ipv4(const struct config_side *s, const struct ipv4_hdr *ip, bool group,
			    enum fate form)
{
	if (group || !station_ipv4(s, ip->dst))
		return FATE_NOT_OURS;
	return form == FATE_NOT_UDP && ip->proto == IP_ICMP ? FATE_TO_HOST : form;
}

static enum fate judge_ipv6(const struct config_side *s, const struct ipv6_hdr *ip, bool group,
			    enum fate form)
{
	if (form == FATE_NOT_UDP && ip->next == IP_ICMPV6) {
		bool to_us = ip->dst[0] == 0xff ? station_ipv6_group(s, ip->dst)
						: !group && station_ipv6_any(s, ip->dst);

		return to_us ? FATE_TO_HOST : FATE_NOT_OURS;
	}
	if (group || !station_ipv6(s, ip->dst))
		return FATE_NOT_OURS;
	return form;
}

enum fate ours_judge(const struct config_side *s, const uint8_t *frame, enum fate form,
		     const struct datagram *d)
{
	const struct eth_hdr *eth = (const struct eth_hdr *)frame;
	const uint8_t *ip = frame + d->ip;
	bool group = eth->dst[0] & 1;

	if (d->ip == 0)
		return form; /* no Ethernet header, or half a tag */
	if (!link_ours(s, eth))
		return FATE_NOT_OURS;
	if (form == FATE_NOT_IP || form == FATE_BAD_IP || form == FATE_TO_HOST)
		return form;
	return ip[0] >> 4 == 4 ? judge_ipv4(s, (const struct ipv4_hdr *)ip, group, form)
			       : judge_ipv6(s, (const struct ipv6_hdr *)ip, group, form);
}
