#include "pcap/route.h"

#include "config/config.h"
#include "config/sas.h"
#include "crypto/bytes.h"
#include "pcap/packet.h"

enum { DEVICE_PORT = 50000 };

struct endpoint route_device(const struct sa_row *row, size_t number, bool ipv6)
{
	struct endpoint e = {.family = ipv6 ? 6 : 4, .port = DEVICE_PORT};
	be32 host = be32_of((uint32_t)number + 1);

	if (row->address.family != 0)
		return row->address;
	if (ipv6) {
		static const uint8_t prefix[4] = {0x20, 0x01, 0x0d, 0xb8}; /* RFC 3849 */

		memcpy(e.addr, prefix, sizeof(prefix));
		memcpy(e.addr + 12, host.b, sizeof(host.b));
	} else {
		memcpy(e.addr, host.b, sizeof(host.b));
		e.addr[0] = 10; /* RFC 1918: 2^24 devices */
	}
	return e;
}

/* From the gateway's own address on that side to `peer`. */
static struct route from_gateway(const struct config_side *side, const struct endpoint *peer)
{
	struct route r = {.vlan = side->vlan, .dst = *peer};

	memcpy(r.src_mac, side->mac, sizeof(r.src_mac));
	memcpy(r.dst_mac, side->next_hop_mac, sizeof(r.dst_mac));
	r.src = peer->family == 4 ? side->ipv4 : side->ipv6;
	r.src.family = peer->family;
	r.src.port = side->udp_port;
	return r;
}

static struct route turned(const struct route *r)
{
	struct route back = {.vlan = r->vlan, .src = r->dst, .dst = r->src};

	memcpy(back.src_mac, r->dst_mac, sizeof(back.src_mac));
	memcpy(back.dst_mac, r->src_mac, sizeof(back.dst_mac));
	return back;
}

struct route route_down(const struct config *c, const struct endpoint *device)
{
	return from_gateway(&c->access, device);
}

struct route route_up(const struct config *c, const struct endpoint *device)
{
	struct route down = route_down(c, device);

	return turned(&down);
}

struct route route_mo(const struct config *c, unsigned bearer)
{
	const struct endpoint *scef = &c->scef.endpoint[bearer];

	return from_gateway(&c->core, scef->family ? scef : &c->scef.fallback);
}

struct route route_mt(const struct config *c, unsigned bearer)
{
	struct route mo = route_mo(c, bearer);

	return turned(&mo);
}

struct route route_of(const struct packet *p)
{
	struct route r = {.src = p->src, .dst = p->dst, .vlan = p->tagged ? p->vlan : 0};

	if (p->eth) {
		memcpy(r.dst_mac, p->eth, sizeof(r.dst_mac));
		memcpy(r.src_mac, p->eth + sizeof(r.dst_mac), sizeof(r.src_mac));
	}
	return r;
}
