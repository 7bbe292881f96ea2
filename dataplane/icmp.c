#include "dataplane/icmp.h"

#include <errno.h>

enum { TTL = 64, ECHO_LEN = 8 }; /* header of an echo: identifier and sequence number too */

/* Copies len octets of ICMP as the answer: type alone changes, and with it the checksum. */
static void write_echo(const uint8_t *asked, size_t len, uint8_t type, uint64_t pseudo,
		       uint8_t *out)
{
	struct icmp_hdr *h = (struct icmp_hdr *)out;

	memcpy(out, asked, len);
	*h = (struct icmp_hdr){.type = type};
	h->checksum = inet_fold(inet_add(pseudo, out, len));
}

/* The header is parse.c's to check: here, that it says what is needed. */
static bool for_us4(const struct config_side *s, const struct ipv4_hdr *ip, size_t n)
{
	if (n < sizeof(*ip) || ip->version_ihl != 0x45 || ip->proto != IP_ICMP ||
	    be16_get(ip->flags_offset) & (IPV4_MF | IPV4_OFFSET))
		return false;
	if (be16_get(ip->total_len) > n ||
	    be16_get(ip->total_len) < sizeof(*ip) + sizeof(struct icmp_hdr))
		return false;
	return station_ipv4(s, ip->dst) && station_one_host4(ip->src) && !station_ipv4(s, ip->src);
}

int icmp_answer4(const struct config_side *s, const uint8_t link_src[6], const uint8_t *packet,
		 size_t n, uint8_t *out)
{
	const struct ipv4_hdr *asked = (const struct ipv4_hdr *)packet;
	const struct icmp_hdr *icmp = (const struct icmp_hdr *)(asked + 1);
	struct ipv4_hdr *ip;
	size_t len, head;

	if (!for_us4(s, asked, n))
		return -EBADMSG;
	len = be16_get(asked->total_len) - sizeof(*asked);
	if (be16_get(inet_fold(inet_add(0, icmp, len))) != 0)
		return -EBADMSG;
	if (icmp->type != ICMP_ECHO)
		return 0;
	if (icmp->code != 0 || len < ECHO_LEN)
		return -EBADMSG;

	head = station_write(s, link_src, ETH_IPV4, out);
	ip = (struct ipv4_hdr *)(out + head);
	*ip = (struct ipv4_hdr){
		.version_ihl = asked->version_ihl,
		.tos = asked->tos, /* RFC 1122 3.2.2.6 */
		.total_len = asked->total_len,
		.flags_offset = be16_of(IPV4_DF),
		.ttl = TTL,
		.proto = IP_ICMP,
	};
	memcpy(ip->src, asked->dst, sizeof(ip->src));
	memcpy(ip->dst, asked->src, sizeof(ip->dst));
	ip->checksum = inet_fold(inet_add(0, ip, sizeof(*ip)));
	write_echo((const uint8_t *)icmp, len, ICMP_ECHO_REPLY, 0, (uint8_t *)(ip + 1));
	return (int)(head + sizeof(*ip) + len);
}

static bool for_us6(const struct config_side *s, const struct ipv6_hdr *ip, size_t n)
{
	if (n < sizeof(*ip) || ip->version_class_flow.b[0] >> 4 != 6 || ip->next != IP_ICMPV6)
		return false;
	if (be16_get(ip->payload_len) > n - sizeof(*ip) ||
	    be16_get(ip->payload_len) < sizeof(struct icmp_hdr))
		return false;
	return (station_ipv6_any(s, ip->dst) || station_ipv6_group(s, ip->dst)) &&
	       station_one_host6(ip->src) && !station_ipv6_any(s, ip->src);
}

int icmp_answer6(const struct config_side *s, const uint8_t link_src[6], const uint8_t *packet,
		 size_t n, uint8_t *out)
{
	const struct ipv6_hdr *asked = (const struct ipv6_hdr *)packet;
	const struct icmp_hdr *icmp = (const struct icmp_hdr *)(asked + 1);
	struct ipv6_hdr *ip;
	size_t len, head;

	if (!for_us6(s, asked, n))
		return -EBADMSG;
	len = be16_get(asked->payload_len);
	if (be16_get(inet_fold(
		    inet_add(inet_pseudo(asked->src, asked->dst, 16, IP_ICMPV6, (uint32_t)len),
			     icmp, len))) != 0)
		return -EBADMSG;
	if (icmp->type != ICMPV6_ECHO)
		return 0;
	if (icmp->code != 0 || len < ECHO_LEN || asked->dst[0] == 0xff)
		return -EBADMSG; /* nobody who asks everybody is answered */

	head = station_write(s, link_src, ETH_IPV6, out);
	ip = (struct ipv6_hdr *)(out + head);
	*ip = (struct ipv6_hdr){
		.version_class_flow = asked->version_class_flow,
		.payload_len = asked->payload_len,
		.next = IP_ICMPV6,
		.hop_limit = TTL,
	};
	memcpy(ip->src, asked->dst, sizeof(ip->src));
	memcpy(ip->dst, asked->src, sizeof(ip->dst));
	write_echo((const uint8_t *)icmp, len, ICMPV6_ECHO_REPLY,
		   inet_pseudo(ip->src, ip->dst, 16, IP_ICMPV6, (uint32_t)len),
		   (uint8_t *)(ip + 1));
	return (int)(head + sizeof(*ip) + len);
}
