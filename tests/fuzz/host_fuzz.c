/*
 * Any frames on both links of the slow path, with time passing and neighbours being missed. What it
 * sends has right lengths and checksums, comes from an address of ours, and answers only what was
 * sent to one; a frame brings about no more than two.
 *
 * Input: one octet of set-up, then acts: an octet of enum act and side, one of length, the octets.
 */
#include "dataplane/host.h"

#include "dataplane/station.h"
#include "tests/unit/path_rig.h"

#include <rte_debug.h>

enum act { FRAME, SUMMED, PASS, MISS, LINK, ACTS };

enum { ACT_SIDE = 1 << 7, VLAN = 5, ETH_MIN = 60, FRAME_MAX = 255 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
const char *__asan_default_options(void);

/* What workers own hangs in EAL's memory, where the leak checker does not look. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

struct links {
	struct rig *r;
	struct neighbours *n[SIDES];
	struct host *h;
};

static const struct config_side *side_of(const struct rig *r, enum side side)
{
	return side == ACCESS ? &r->config.access : &r->config.core;
}

static struct rig *make_rig(uint16_t vlan)
{
	struct config c;

	config_defaults(&c);
	c.access.vlan = c.core.vlan = vlan;
	c.access.ipv4_prefix = c.core.ipv4_prefix = 24;
	c.access.ipv6_prefix = c.core.ipv6_prefix = 64;
	endpoint_read_address("192.0.2.254", &c.access.ipv4_router);
	endpoint_read_address("fe80::1", &c.core.ipv6_router);
	return rig_create(&c, 16, true);
}

static struct links begin(uint8_t setup)
{
	static struct rig *rigs[2]; /* live as long as the process */
	struct links l;

	if (!rigs[0]) {
		rigs[0] = make_rig(0);
		rigs[1] = make_rig(VLAN);
	}
	l.r = rigs[setup & 1];
	for (unsigned i = 0; i < SIDES; i++) {
		l.n[i] = neighbours_create(side_of(l.r, (enum side)i), 1);
		RTE_VERIFY(l.n[i]);
		l.r->worker[0]->set.neighbours[i] = l.n[i];
	}
	l.h = host_create(&l.r->config, l.n, l.r->worker, 1, l.r->pool, l.r->now_ns);
	RTE_VERIFY(l.h);
	return l;
}

static void end(struct links *l)
{
	host_destroy(l->h);
	for (unsigned i = 0; i < SIDES; i++) {
		l->r->worker[0]->set.neighbours[i] = NULL;
		neighbours_destroy(l->n[i]);
	}
	RTE_VERIFY(rig_in_use(l->r) == 0);
}

/* RFC 1071 word by word over two parts; the first has an even length. Right data gives 0. */
static uint16_t sum_of(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t x)
{
	p[0] = (uint8_t)(x >> 8);
	p[1] = (uint8_t)x;
}

/* Offset and type of what the Ethernet header, tagged or not, is followed by. */
static size_t behind_link(const uint8_t *frame, size_t n, uint16_t *type)
{
	size_t at = n >= 18 && get16(frame + 12) == ETH_VLAN ? 18 : 14;

	*type = n >= at ? get16(frame + at - 2) : 0;
	return at;
}

/* What a fuzzer cannot compute. */
static void write_checksums(uint8_t *frame, size_t n)
{
	uint16_t type;
	size_t at = behind_link(frame, n, &type);
	uint8_t *ip = frame + at;

	n -= RTE_MIN(n, at);
	if (type == ETH_IPV4 && n >= 24) {
		size_t total = RTE_MIN((size_t)get16(ip + 2), n);

		put16(ip + 10, 0);
		put16(ip + 10, sum_of(0, ip, 20));
		put16(ip + 22, 0);
		put16(ip + 22, sum_of(0, ip + 20, total > 20 ? total - 20 : 0));
	} else if (type == ETH_IPV6 && n >= 44) {
		size_t len = RTE_MIN((size_t)get16(ip + 4), n - 40);

		put16(ip + 42, 0);
		put16(ip + 42, sum_of((uint32_t)len + 58, ip + 8, 32 + len));
	}
}

static void check_arp(const struct config_side *s, const uint8_t *frame, const uint8_t *p, size_t n)
{
	static const uint8_t fixed[6] = {0, 1, 8, 0, 6, 4};

	RTE_VERIFY(n >= 28 && memcmp(p, fixed, sizeof(fixed)) == 0 && p[6] == 0);
	RTE_VERIFY(p[7] == 1 || (p[7] == 2 && memcmp(frame, p + 18, 6) == 0));
	RTE_VERIFY(memcmp(p + 8, s->mac, 6) == 0 && memcmp(p + 14, s->ipv4.addr, 4) == 0);
}

static void check_ipv4(const struct config_side *s, const uint8_t *p, size_t n)
{
	size_t total = get16(p + 2);

	RTE_VERIFY(n >= 28 && p[0] == 0x45 && total >= 28 && total <= n && p[9] == IP_ICMP);
	RTE_VERIFY(sum_of(0, p, 20) == 0 && sum_of(0, p + 20, total - 20) == 0);
	RTE_VERIFY(memcmp(p + 12, s->ipv4.addr, 4) == 0 && p[16] < 224 && p[16] != 0);
	RTE_VERIFY(p[20] == ICMP_ECHO_REPLY && p[21] == 0);
}

static void check_ipv6(const struct config_side *s, const uint8_t *p, size_t n)
{
	size_t len = get16(p + 4);
	bool nd;

	RTE_VERIFY(n >= 48 && p[0] >> 4 == 6 && len >= 8 && len <= n - 40 && p[6] == IP_ICMPV6);
	RTE_VERIFY(sum_of((uint32_t)len + 58, p + 8, 32 + len) == 0);
	RTE_VERIFY(station_ipv6_any(s, p + 8) && p[41] == 0);
	nd = p[40] == ND_SOLICITATION || p[40] == ND_ADVERTISEMENT;
	RTE_VERIFY(nd || (p[40] == ICMPV6_ECHO_REPLY && p[24] != 0xff));
	RTE_VERIFY(!nd || (p[7] == 255 && len == 32 && memcmp(p + 66, s->mac, 6) == 0));
}

static void check_sent(const struct config_side *s, const struct rig_sent *sent)
{
	uint16_t type;
	size_t at = behind_link(sent->octets, sent->len, &type), n = sent->len - at;
	const uint8_t *p = sent->octets + at;

	RTE_VERIFY(sent->len >= ETH_MIN && memcmp(sent->octets + 6, s->mac, 6) == 0);
	RTE_VERIFY(at == (s->vlan ? 18 : 14) && (!s->vlan || get16(sent->octets + 14) == s->vlan));
	if (type == ETH_ARP)
		check_arp(s, sent->octets, p, n);
	else if (type == ETH_IPV4)
		check_ipv4(s, p, n);
	else
		check_ipv6(s, p, n);
}

/* Workers and main thread by turns; how many frames left on each side. */
static void run(struct links *l, unsigned sent[SIDES])
{
	static const uint8_t nothing[14];

	while (rig_poll(l->r, 0) + host_run(l->h, l->r->now_ns) > 0)
		;
	for (unsigned side = 0; side < SIDES; side++) {
		sent[side] = l->r->sent_n[side];
		for (unsigned i = 0; i < sent[side]; i++)
			check_sent(side_of(l->r, (enum side)side), &l->r->sent[side][i]);
	}
	rig_put(l->r, 0, ACCESS, nothing, sizeof(nothing)); /* begins a new batch */
	rig_poll(l->r, 0);
}

/* Whether anybody on that link would say that the frame is for the gateway. */
static bool for_us(const struct config_side *s, const uint8_t *frame, size_t n)
{
	bool tagged = n >= 18 && get16(frame + 12) == ETH_VLAN;
	uint16_t id = tagged ? get16(frame + 14) & 0xfff : 0;

	return n >= 14 && id == s->vlan && (frame[0] & 1 || memcmp(frame, s->mac, 6) == 0);
}

static void put_frame(struct links *l, enum side side, const uint8_t *octets, size_t n, bool sums)
{
	uint8_t frame[FRAME_MAX];
	unsigned sent[SIDES];
	size_t longest = RTE_MAX(n + sizeof(struct vlan_hdr), (size_t)ETH_MIN + 30);

	memcpy(frame, octets, n);
	if (sums)
		write_checksums(frame, n);
	run(l, sent);
	rig_put(l->r, 0, side, frame, n);
	run(l, sent);
	RTE_VERIFY(sent[!side] == 0);
	RTE_VERIFY(sent[side] <= (for_us(side_of(l->r, side), frame, n) ? 2 : 0));
	for (unsigned i = 0; i < sent[side]; i++)
		RTE_VERIFY(l->r->sent[side][i].len <= longest);
}

static void miss(struct links *l, enum side side, const uint8_t *octets, size_t n)
{
	struct endpoint e = {.family = n > 4 ? 6 : 4};
	unsigned sent[SIDES];
	uint8_t mac[6];

	memcpy(e.addr, octets, RTE_MIN(n, e.family == 4 ? 4 : sizeof(e.addr)));
	neighbours_find(l->n[side], 0, &e, mac);
	run(l, sent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned sent[SIDES];
	struct links l;

	if (len == 0)
		return 0;
	l = begin(data[0]);
	data++, len--;
	while (len >= 2) {
		enum side side = data[0] & ACT_SIDE ? CORE : ACCESS;
		enum act act = (enum act)((data[0] & ~ACT_SIDE) % ACTS);
		size_t n = RTE_MIN((size_t)data[1], len - 2);

		if (act == FRAME || act == SUMMED)
			put_frame(&l, side, data + 2, n, act == SUMMED);
		else if (act == MISS)
			miss(&l, side, data + 2, n);
		else if (act == LINK)
			host_link(l.h, side, n & 1, l.r->now_ns);
		else
			l.r->now_ns += n * UINT64_C(100000000);
		if (act == PASS || act == LINK)
			run(&l, sent);
		data += 2 + n;
		len -= 2 + n;
	}
	l.r->now_ns += UINT64_C(3600000000000);
	end(&l);
	return 0;
}
