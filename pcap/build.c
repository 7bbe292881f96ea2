#include "pcap/build.h"

#include "dataplane/api/inet.h"

enum { TTL = 64 };

size_t build_head_len(const struct route *r)
{
	return sizeof(struct eth_hdr) + (r->vlan ? sizeof(struct vlan_hdr) : 0) +
	       (r->src.family == 4 ? sizeof(struct ipv4_hdr) : sizeof(struct ipv6_hdr)) +
	       sizeof(struct udp_hdr);
}

static void put_ethernet(struct wr *w, const struct route *r)
{
	wr_bytes(w, r->dst_mac, sizeof(r->dst_mac));
	wr_bytes(w, r->src_mac, sizeof(r->src_mac));
	if (r->vlan) {
		wr_uint(w, ETH_VLAN, 2);
		wr_uint(w, r->vlan, 2);
	}
	wr_uint(w, r->src.family == 4 ? ETH_IPV4 : ETH_IPV6, 2);
}

static void put_ipv4(struct wr *w, const struct route *r, size_t n)
{
	struct ipv4_hdr h = {
		.version_ihl = 0x45,
		.total_len = be16_of((uint16_t)(sizeof(h) + n)),
		.flags_offset = be16_of(IPV4_DF),
		.ttl = TTL,
		.proto = IP_UDP,
	};

	memcpy(h.src, r->src.addr, sizeof(h.src));
	memcpy(h.dst, r->dst.addr, sizeof(h.dst));
	h.checksum = inet_fold(inet_add(0, &h, sizeof(h)));
	wr_bytes(w, &h, sizeof(h));
}

static void put_ipv6(struct wr *w, const struct route *r, size_t n)
{
	struct ipv6_hdr h = {
		.version_class_flow = be32_of(UINT32_C(6) << 28),
		.payload_len = be16_of((uint16_t)n),
		.next = IP_UDP,
		.hop_limit = TTL,
	};

	memcpy(h.src, r->src.addr, sizeof(h.src));
	memcpy(h.dst, r->dst.addr, sizeof(h.dst));
	wr_bytes(w, &h, sizeof(h));
}

size_t build_udp(const struct route *r, const void *payload, size_t n, uint8_t *out)
{
	struct wr w = wr_of(out, build_head_len(r) + n);
	uint16_t len = (uint16_t)(sizeof(struct udp_hdr) + n);
	struct udp_hdr h = {.src_port = be16_of(r->src.port),
			    .dst_port = be16_of(r->dst.port),
			    .len = be16_of(len)};
	uint64_t sum =
		inet_pseudo(r->src.addr, r->dst.addr, r->src.family == 4 ? 4 : 16, IP_UDP, len);

	put_ethernet(&w, r);
	if (r->src.family == 4)
		put_ipv4(&w, r, len);
	else
		put_ipv6(&w, r, len);
	h.checksum = inet_udp_fold(inet_add(inet_add(sum, &h, sizeof(h)), payload, n));
	wr_bytes(&w, &h, sizeof(h));
	wr_bytes(&w, payload, n);
	return w.len;
}
