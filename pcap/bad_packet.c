/* Frames that die before their message is looked at: Ethernet, IP and UDP. */
#include "dataplane/api/inet.h"
#include "pcap/bad.h"

enum { TYPE_LLDP = 0x88cc };

/* What the player would send next on that side; returns its length or -errno. */
static int next_message(struct world *w, struct player *p, enum side side, uint8_t *out)
{
	uint8_t payload[SDT_PAYLOAD_MAX];
	struct core mt;

	if (side == ACCESS)
		return world_seal(w, p, out);
	world_mt(w, p, payload, &mt);
	return (int)core_write(&mt, out);
}

int good_make(struct world *w, struct player *p, enum side side, struct good *g)
{
	uint8_t octets[MESSAGE_MAX];
	struct route route = side == ACCESS ? route_up(&w->config, &p->at)
					    : route_mt(&w->config, p->d.row->bearer);
	int n = next_message(w, p, side, octets);

	static_assert(MESSAGE_MAX >= sizeof(struct core_hdr) + SDT_PAYLOAD_MAX,
		      "holds what either side sends");
	if (n < 0)
		return n;
	g->len = build_udp(&route, octets, (size_t)n, g->frame);
	g->udp = build_head_len(&route) - sizeof(struct udp_hdr);
	g->ipv4 = route.src.family == 4;
	g->ip = g->udp - (g->ipv4 ? sizeof(struct ipv4_hdr) : sizeof(struct ipv6_hdr));
	return 0;
}

static struct ipv4_hdr *ipv4(struct good *g)
{
	return (struct ipv4_hdr *)(g->frame + g->ip);
}

static struct ipv6_hdr *ipv6(struct good *g)
{
	return (struct ipv6_hdr *)(g->frame + g->ip);
}

static struct udp_hdr *udp(struct good *g)
{
	return (struct udp_hdr *)(g->frame + g->udp);
}

/* Makes the IPv4 header checksum right again, so that it is not what the frame dies of. */
static void settle(struct good *g)
{
	if (!g->ipv4)
		return;
	ipv4(g)->checksum = be16_of(0);
	ipv4(g)->checksum = inet_fold(inet_add(0, ipv4(g), g->udp - g->ip));
}

static void set_ether_type(struct good *g, uint16_t type)
{
	be16 t = be16_of(type);

	memcpy(g->frame + g->ip - sizeof(t), &t, sizeof(t));
}

void bad_ether_type(struct good *g)
{
	set_ether_type(g, TYPE_LLDP);
}

void bad_arp(struct good *g)
{
	/* RFC 826, RFC 5227 2.1.1: Ethernet, IPv4, lengths, request; who has 192.0.2.1? */
	static const uint8_t probe[28] = {0, 1, 8, 0, 6, 4, 0, 1, 2, [24] = 192, 0, 2, 1};

	set_ether_type(g, ETH_ARP);
	memset(g->frame, 0xff, sizeof(((struct eth_hdr *)0)->dst));
	memcpy(g->frame + g->ip, probe, sizeof(probe));
	g->len = g->ip + sizeof(probe);
}

void bad_ip_length(struct good *g)
{
	g->len--;
}

/* Room for n octets, all zero, between IP header and UDP header. */
static uint8_t *widen(struct good *g, size_t n)
{
	uint8_t *room = g->frame + g->udp;

	memmove(room + n, room, g->len - g->udp);
	memset(room, 0, n);
	g->udp += n;
	g->len += n;
	if (g->ipv4)
		ipv4(g)->total_len = be16_of((uint16_t)(be16_get(ipv4(g)->total_len) + n));
	else
		ipv6(g)->payload_len = be16_of((uint16_t)(be16_get(ipv6(g)->payload_len) + n));
	return room;
}

void bad_ip_options(struct good *g)
{
	static const uint8_t nops[4] = {1, 1, 1, 1};
	/* RFC 8200 4.6: destination options of eight octets, six of them padding (PadN). */
	static const uint8_t options[8] = {IP_UDP, 0, 1, 4};

	if (g->ipv4) {
		memcpy(widen(g, sizeof(nops)), nops, sizeof(nops));
		ipv4(g)->version_ihl++;
	} else {
		memcpy(widen(g, sizeof(options)), options, sizeof(options));
		ipv6(g)->next = IP_DEST_OPTIONS;
	}
	settle(g);
}

void bad_ip_fragment(struct good *g)
{
	/* RFC 8200 4.5: offset 0, more to come. */
	static const uint8_t first[8] = {IP_UDP, 0, 0, 1};

	if (g->ipv4) {
		ipv4(g)->flags_offset = be16_of(IPV4_MF);
	} else {
		memcpy(widen(g, sizeof(first)), first, sizeof(first));
		ipv6(g)->next = IP_FRAGMENT;
	}
	settle(g);
}

void bad_ip_protocol(struct good *g)
{
	if (g->ipv4)
		ipv4(g)->proto = IP_TCP;
	else
		ipv6(g)->next = IP_TCP;
	settle(g);
}

void bad_udp_length(struct good *g)
{
	udp(g)->len = be16_of(sizeof(struct udp_hdr) - 1);
}

void bad_udp_port(struct good *g)
{
	udp(g)->dst_port = be16_of((uint16_t)(be16_get(udp(g)->dst_port) + 1));
}

void bad_udp_checksum(struct good *g)
{
	uint16_t right = be16_get(udp(g)->checksum);

	/* Nor 0, which would mean that there is none. */
	udp(g)->checksum = be16_of(right == 1 ? 2 : right ^ 1);
}
