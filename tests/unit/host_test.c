/* The slow path as the links see it: frames in at a worker's port, answers out of worker 0's. */
#include "dataplane/host.h"

#include "tests/unit/octets.h"
#include "tests/unit/path_device.h"

#include <rte_debug.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

#define OWN_MAC    "020000000101 "
#define PEER_MAC   "0a0b0c0d0e0f "
#define ALL_MAC    "ffffffffffff "
#define TAG5       "8100 0005 "
#define ARP_ASKS   "0806 0001 0800 06 04 0001 "
#define ARP_SAYS   "0806 0001 0800 06 04 0002 "
#define NO_MAC     "000000000000 "
#define OWN        "c0000201 " /* 192.0.2.1 */
#define PEER       "c0000207 "
#define ROUTER     "c00002fe "
#define ROUTER_MAC "020000000701 "
/* ICMP echo requests with checksums, computed by hand. */
#define PING "0800 4500 001c 0001 4000 40 01 b6d7 " PEER OWN "08 00 e5ca 1234 0001 "
#define PONG "0800 4500 001c 0000 4000 40 01 b6d8 " OWN PEER "00 00 edca 1234 0001 "

enum { KEY_ID = 0x55, ETH_MIN = 60 };

struct setup {
	struct rig *r;
	struct neighbours *n[SIDES];
	struct host *h;
};

static struct config some_config(void)
{
	struct config c;

	config_defaults(&c);
	c.access.ipv4_prefix = c.core.ipv4_prefix = 24;
	c.access.ipv6_prefix = c.core.ipv6_prefix = 64;
	return c;
}

static void start(struct setup *s, const struct config *c)
{
	s->r = rig_create(c, 16, true);
	for (unsigned i = 0; i < SIDES; i++) {
		s->n[i] = neighbours_create(i == ACCESS ? &s->r->config.access : &s->r->config.core,
					    s->r->workers);
		RTE_VERIFY(s->n[i]);
		for (unsigned w = 0; w < s->r->workers; w++)
			s->r->worker[w]->set.neighbours[i] = s->n[i];
	}
	s->h = host_create(&s->r->config, s->n, s->r->worker, s->r->workers, s->r->pool,
			   s->r->now_ns);
	RTE_VERIFY(s->h);
}

static void stop(struct setup *s)
{
	host_destroy(s->h);
	rig_destroy(s->r);
	neighbours_destroy(s->n[ACCESS]);
	neighbours_destroy(s->n[CORE]);
}

static unsigned put(struct setup *s, unsigned worker, enum side side, const char *text)
{
	uint8_t frame[256] = {0};
	size_t n = octets(text, frame);

	return rig_put(s->r, worker, side, frame, n < ETH_MIN ? ETH_MIN : n);
}

/* Workers and main thread by turns, until nothing moves. The rig checks sums and buffers. */
static void run(struct setup *s)
{
	unsigned moved;

	do {
		moved = 0;
		for (unsigned i = 0; i < s->r->workers; i++)
			moved += rig_poll(s->r, i);
		moved += host_run(s->h, s->r->now_ns);
		for (unsigned i = 0; i < s->r->workers; i++)
			moved += rig_poll(s->r, i);
	} while (moved > 0);
	assert_null(rig_run(s->r));
}

/* A frame for nobody: begins a new batch, and everybody looks at the clock. */
static void turn(struct setup *s)
{
	put(s, 0, ACCESS, OWN_MAC PEER_MAC "88b5");
	run(s);
}

/* Lets what is said at the start go out. */
static void settle(struct setup *s)
{
	for (unsigned i = 0; i < 3; i++) {
		turn(s);
		s->r->now_ns += 2 * SECOND;
	}
	turn(s);
	assert_int_equal(s->r->sent_n[ACCESS] + s->r->sent_n[CORE], 0);
}

static bool is_arp(const struct setup *s, enum side side, unsigned i, const char *target)
{
	uint8_t addr[4];

	octets(target, addr);
	return s->r->sent[side][i].octets[13] == 0x06 &&
	       memcmp(s->r->sent[side][i].octets + 38, addr, sizeof(addr)) == 0;
}

static void check_sent(const struct setup *s, enum side side, unsigned i, const char *want)
{
	uint8_t w[256] = {0};
	size_t n = octets(want, w);

	n = n < ETH_MIN ? ETH_MIN : n;
	assert_true(i < s->r->sent_n[side]);
	assert_int_equal(s->r->sent[side][i].len, n);
	assert_memory_equal(s->r->sent[side][i].octets, w, n);
}

static void questions_are_answered_on_the_link_they_came_from(void **state)
{
	struct config c = some_config();
	struct setup s;

	(void)state;
	c.workers = 2;
	start(&s, &c);
	settle(&s);
	put(&s, 1, ACCESS, ALL_MAC PEER_MAC ARP_ASKS PEER_MAC PEER NO_MAC OWN);
	run(&s);
	assert_int_equal(s.r->sent_n[ACCESS], 1);
	assert_int_equal(s.r->sent_n[CORE], 0);
	check_sent(&s, ACCESS, 0, PEER_MAC OWN_MAC ARP_SAYS OWN_MAC OWN PEER_MAC PEER);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_TO_HOST), 1);
	assert_int_equal(host_count(s.h, ACCESS, HOST_ARP), 1);
	put(&s, 0, ACCESS, OWN_MAC PEER_MAC PING);
	run(&s);
	check_sent(&s, ACCESS, 0, PEER_MAC OWN_MAC PONG);
	assert_int_equal(host_count(s.h, ACCESS, HOST_ECHO), 1);
	stop(&s);
}

static void a_vlan_is_answered_in_the_vlan(void **state)
{
	struct config c = some_config();
	struct setup s;
	uint64_t not_ours;

	(void)state;
	c.access.vlan = 5;
	start(&s, &c);
	settle(&s);
	not_ours = rig_fate(s.r, ACCESS, FATE_NOT_OURS);
	put(&s, 0, ACCESS, ALL_MAC PEER_MAC TAG5 ARP_ASKS PEER_MAC PEER NO_MAC OWN);
	put(&s, 0, ACCESS, ALL_MAC PEER_MAC ARP_ASKS PEER_MAC PEER NO_MAC OWN);
	put(&s, 0, ACCESS, OWN_MAC PEER_MAC TAG5 PING);
	run(&s);
	assert_int_equal(s.r->sent_n[ACCESS], 2);
	check_sent(&s, ACCESS, 0, PEER_MAC OWN_MAC TAG5 ARP_SAYS OWN_MAC OWN PEER_MAC PEER);
	check_sent(&s, ACCESS, 1, PEER_MAC OWN_MAC TAG5 PONG);
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_NOT_OURS), not_ours + 1);
	stop(&s);
}

static void what_is_not_for_us_alone_is_not_answered(void **state)
{
	static const struct {
		const char *what, *frame;
		enum fate want;
		enum host_counter counted;
	} cases[] = {
		/* clang-format off */
		{"ARP for another host", ALL_MAC PEER_MAC ARP_ASKS PEER_MAC PEER NO_MAC "c0000203", FATE_TO_HOST, HOST_ARP},
		{"malformed ARP", ALL_MAC PEER_MAC "0806 0001 0800 06 05 0001" PEER_MAC PEER NO_MAC OWN, FATE_TO_HOST, HOST_BAD},
		{"an echo to Ethernet broadcast", ALL_MAC PEER_MAC PING, FATE_NOT_OURS, HOST_COUNTER_COUNT},
		{"an echo to another host's Ethernet address", "020000000102" PEER_MAC PING, FATE_NOT_OURS, HOST_COUNTER_COUNT},
		{"an echo to IP broadcast", OWN_MAC PEER_MAC "0800 4500 001c 0001 4000 40 01 78d9" PEER "ffffffff" "08 00 e5ca 1234 0001", FATE_NOT_OURS, HOST_COUNTER_COUNT},
		{"an echo with a wrong checksum", OWN_MAC PEER_MAC "0800 4500 001c 0001 4000 40 01 b6d7" PEER OWN "08 00 e5cb 1234 0001", FATE_TO_HOST, HOST_BAD},
		{"an echo's answer", OWN_MAC PEER_MAC "0800 4500 001c 0001 4000 40 01 b6d7" PEER OWN "00 00 edca 1234 0001", FATE_TO_HOST, HOST_ICMP},
		{"TCP", OWN_MAC PEER_MAC "0800 4500 0028 0001 4000 40 06 b6c6" PEER OWN "0050 0050 00000000 00000000 5002 0000 0000 0000", FATE_NOT_UDP, HOST_COUNTER_COUNT},
		{"a router's advertisement", "333300000001" PEER_MAC "86dd 60000000 0010 3a ff fe800000000000000000000000000001 ff020000000000000000000000000001 86 00 0000 40 00 0708 00000000 00000000", FATE_TO_HOST, HOST_ND},
		{"discovery behind a hop-by-hop header", "3333ff000001" PEER_MAC "86dd 60000000 0020 00 ff 20010db8000100000000000000000007 ff0200000000000000000001ff000001 3a00 000000000000 87 00 0000 00000000 20010db8000100000000000000000001", FATE_NOT_OURS, HOST_COUNTER_COUNT},
		/* clang-format on */
	};
	struct config c = some_config();
	struct setup s;

	(void)state;
	start(&s, &c);
	settle(&s);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum host_counter counted = cases[i].counted;
		uint64_t before =
			counted == HOST_COUNTER_COUNT ? 0 : host_count(s.h, ACCESS, counted);
		unsigned index = put(&s, 0, ACCESS, cases[i].frame);

		run(&s);
		if (s.r->trace[index].fate != cases[i].want || s.r->sent_n[ACCESS] != 0)
			fail_msg("%s: %s", cases[i].what,
				 fate_name((enum fate)s.r->trace[index].fate));
		if (counted != HOST_COUNTER_COUNT)
			assert_int_equal(host_count(s.h, ACCESS, counted), before + 1);
	}
	stop(&s);
}

static void routers_and_scefs_are_asked_for_at_the_start(void **state)
{
	struct config c = some_config();
	struct setup s;

	(void)state;
	endpoint_read_address("192.0.2.254", &c.access.ipv4_router);
	endpoint_read_address("fe80::1", &c.access.ipv6_router);
	endpoint_read("198.51.100.9:1", &c.scef.endpoint[4]);
	endpoint_read("203.0.113.9:1", &c.scef.endpoint[5]); /* behind a router that is not there */
	start(&s, &c);
	turn(&s);
	check_sent(&s, ACCESS, 0, ALL_MAC OWN_MAC ARP_ASKS OWN_MAC OWN NO_MAC ROUTER);
	assert_int_equal(s.r->sent[ACCESS][1].octets[5], 1); /* 33:33:ff:00:00:01 */
	assert_true(is_arp(&s, CORE, 0, "c6336402") && is_arp(&s, CORE, 1, "c6336409"));
	assert_int_equal(host_count(s.h, ACCESS, HOST_ASKED), 2);
	assert_int_equal(host_count(s.h, CORE, HOST_ASKED), 2);
	stop(&s);
}

/* A device on the link speaks, is answered downlink as soon as it was asked for. */
static void a_missed_neighbour_is_asked_and_found(void **state)
{
	struct config c = some_config();
	struct sa_row row = rig_row(KEY_ID, EEA2, EIA2, TAG_LONG);
	struct core_hdr mt = rig_mt(0, 0, 0, row.identity);
	struct setup s;

	(void)state;
	c.core.static_next_hop = true;
	start(&s, &c);
	endpoint_read("192.0.2.7:50000", &row.address);
	rig_install(s.r, &row, 1);
	rig_down(s.r, 0, 0, &mt, sizeof(mt));
	run(&s);
	assert_int_equal(rig_fate(s.r, CORE, FATE_NO_NEIGHBOUR), 1);
	check_sent(&s, ACCESS, 0, ALL_MAC OWN_MAC ARP_ASKS OWN_MAC OWN NO_MAC PEER);
	put(&s, 0, ACCESS, OWN_MAC PEER_MAC ARP_SAYS PEER_MAC PEER OWN_MAC OWN);
	run(&s);
	assert_int_equal(host_count(s.h, ACCESS, HOST_LEARNT), 1);
	rig_down(s.r, 0, 0, &mt, sizeof(mt));
	run(&s);
	assert_int_equal(rig_fate(s.r, CORE, FATE_SENT), 1);
	assert_int_equal(s.r->sent[ACCESS][0].octets[0], 0x0a);
	stop(&s);
}

static void lies_are_counted_and_not_believed(void **state)
{
	struct config c = some_config();
	struct setup s;
	uint8_t mac[6];

	(void)state;
	endpoint_read_address("192.0.2.254", &c.access.ipv4_router);
	start(&s, &c);
	put(&s, 0, ACCESS, OWN_MAC ROUTER_MAC ARP_SAYS ROUTER_MAC ROUTER OWN_MAC OWN);
	run(&s);
	assert_int_equal(host_count(s.h, ACCESS, HOST_LEARNT), 1);
	/* Nobody asked now; another one nobody ever asked. */
	put(&s, 0, ACCESS, OWN_MAC PEER_MAC ARP_SAYS PEER_MAC ROUTER OWN_MAC OWN);
	put(&s, 0, ACCESS, OWN_MAC PEER_MAC ARP_SAYS PEER_MAC PEER OWN_MAC OWN);
	run(&s);
	assert_int_equal(host_count(s.h, ACCESS, HOST_SPOOFED), 2);
	assert_int_equal(host_count(s.h, ACCESS, HOST_LEARNT), 1);
	assert_true(neighbours_find(s.n[ACCESS], 0, &c.access.ipv4_router, mac));
	assert_int_equal(mac[4], 7);
	stop(&s);
}

static void a_claim_on_our_address_is_answered_once_in_ten_seconds(void **state)
{
	struct config c = some_config();
	struct setup s;

	(void)state;
	start(&s, &c);
	settle(&s);
	for (unsigned i = 0; i < 21; i++) {
		bool answered = i % 10 == 0;

		put(&s, 0, ACCESS, ALL_MAC PEER_MAC ARP_ASKS PEER_MAC OWN NO_MAC OWN);
		run(&s);
		assert_int_equal(s.r->sent_n[ACCESS], answered ? 2 : 0);
		if (answered)
			check_sent(&s, ACCESS, 0, ALL_MAC OWN_MAC ARP_ASKS OWN_MAC OWN NO_MAC OWN);
		s.r->now_ns += SECOND;
	}
	assert_int_equal(host_count(s.h, ACCESS, HOST_SPOOFED), 21);
	stop(&s);
}

static unsigned announced(const struct setup *s, enum side side, const char *own)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->r->sent_n[side]; i++)
		n += is_arp(s, side, i, own);
	return n;
}

static void a_link_hears_of_us_twice_at_the_start_and_when_it_comes_up(void **state)
{
	struct config c = some_config();
	unsigned arp = 0, all = 0;
	struct setup s;

	(void)state;
	c.access.static_next_hop = true;
	start(&s, &c);
	for (unsigned i = 0; i < 200; i++) {
		if (i == 100) {
			assert_int_equal(arp, 2);
			assert_int_equal(all, 4); /* and two by neighbour discovery */
			host_link(s.h, ACCESS, false, s.r->now_ns);
			host_link(s.h, ACCESS, true, s.r->now_ns);
		}
		turn(&s);
		arp += announced(&s, ACCESS, OWN);
		all += s.r->sent_n[ACCESS];
		s.r->now_ns += SECOND / 10;
	}
	assert_int_equal(arp, 4);
	assert_int_equal(all, 8);
	assert_int_equal(host_count(s.h, ACCESS, HOST_LINK_DOWN), 1);
	stop(&s);
}

static void floods_are_answered_at_their_rate_and_counted(void **state)
{
	static const struct {
		const char *what, *frame;
		unsigned at_once, a_second;
	} cases[] = {
		{"ARP", ALL_MAC PEER_MAC ARP_ASKS PEER_MAC PEER NO_MAC OWN, 200, 1000},
		{"echo", OWN_MAC PEER_MAC PING, 1000, 1000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config c = some_config();
		unsigned answered = 0, frames = 0;
		uint64_t before;
		struct setup s;

		start(&s, &c);
		settle(&s);
		before = host_count(s.h, ACCESS, HOST_SENT);
		for (unsigned round = 0; round <= 50; round++) { /* a second */
			for (unsigned k = 0; k < 100; k++, frames++)
				put(&s, 0, ACCESS, cases[i].frame);
			run(&s);
			answered += s.r->sent_n[ACCESS];
			s.r->now_ns += SECOND / 50;
		}
		if (answered > cases[i].at_once + cases[i].a_second ||
		    answered < cases[i].at_once + cases[i].a_second - 2)
			fail_msg("%s: %u", cases[i].what, answered);
		assert_int_equal(host_count(s.h, ACCESS, HOST_LIMITED), frames - answered);
		assert_int_equal(host_count(s.h, ACCESS, HOST_SENT), before + answered);
		stop(&s);
	}
}

/* While answers to others are limited, those to our own questions are heard. */
static void a_flood_does_not_hide_the_router(void **state)
{
	struct config c = some_config();
	struct setup s;

	(void)state;
	endpoint_read_address("192.0.2.254", &c.access.ipv4_router);
	start(&s, &c);
	for (unsigned i = 0; i < 400; i++)
		put(&s, 0, ACCESS, ALL_MAC PEER_MAC ARP_ASKS PEER_MAC PEER NO_MAC OWN);
	put(&s, 0, ACCESS, OWN_MAC ROUTER_MAC ARP_SAYS ROUTER_MAC ROUTER OWN_MAC OWN);
	run(&s);
	assert_true(host_count(s.h, ACCESS, HOST_LIMITED) > 100);
	assert_int_equal(host_count(s.h, ACCESS, HOST_LEARNT), 1);
	stop(&s);
}

/* Takes what the slow path would send; how many of it ask for the router. */
static unsigned take_asked_router(struct setup *s)
{
	static const uint8_t router[4] = {192, 0, 2, 254};
	struct rte_mbuf *m;
	unsigned asked = 0;

	while (rte_ring_sc_dequeue(s->r->worker[0]->from_host[ACCESS], (void **)&m) == 0) {
		const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);

		asked += frame[13] == 0x06 && memcmp(frame + 38, router, 4) == 0;
		rte_pktmbuf_free(m);
	}
	return asked;
}

/* A device that moves through its link's addresses has them asked for, but not in our stead. */
static void a_flood_of_misses_does_not_stop_us_asking_for_the_router(void **state)
{
	enum { MS = 1000000, LONG_MS = 20000, MISSES = 50 };
	struct endpoint who;
	struct config c = some_config();
	unsigned asked = 0;
	uint8_t mac[6];
	struct setup s;

	(void)state;
	endpoint_read_address("192.0.2.254", &c.access.ipv4_router);
	endpoint_read_address("2001:db8:1::1", &c.access.ipv6);
	endpoint_read_address("2001:db8:1::7", &who);
	start(&s, &c);
	for (uint32_t ms = 0; ms < LONG_MS; ms++) {
		s.r->now_ns += MS;
		for (uint32_t i = 0; i < MISSES; i++) {
			be32 n = be32_of(ms * MISSES + i);

			memcpy(who.addr + 9, n.b, sizeof(n.b));
			neighbours_find(s.n[ACCESS], 0, &who, mac);
		}
		host_run(s.h, s.r->now_ns);
		asked += take_asked_router(&s);
	}
	assert_true(host_count(s.h, ACCESS, HOST_LIMITED) > 1000);
	assert_true(asked >= 9); /* three times, then again after three seconds */
	stop(&s);
}

static void what_no_ring_has_room_for_is_counted(void **state)
{
	struct config c = some_config();
	struct setup s;

	(void)state;
	start(&s, &c);
	settle(&s);
	for (unsigned i = 0; i < 2000; i++)
		put(&s, 0, ACCESS, ALL_MAC PEER_MAC "0806");
	while (rig_poll(s.r, 0) > 0)
		;
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_TO_HOST), 2000);
	run(&s);
	assert_int_equal(host_count(s.h, ACCESS, HOST_ARP) + host_count(s.h, ACCESS, HOST_DROPPED),
			 2000);
	assert_in_range(host_count(s.h, ACCESS, HOST_DROPPED), 900, 1100);
	stop(&s);
}

static void what_the_port_does_not_take_is_counted(void **state)
{
	struct config c = some_config();
	struct setup s;
	uint64_t before;

	(void)state;
	start(&s, &c);
	settle(&s);
	before = host_count(s.h, ACCESS, HOST_SENT);
	s.r->room[ACCESS] = 3;
	for (unsigned i = 0; i < 10; i++)
		put(&s, 0, ACCESS, OWN_MAC PEER_MAC PING);
	run(&s);
	assert_int_equal(host_count(s.h, ACCESS, HOST_ECHO), 10);
	assert_int_equal(host_count(s.h, ACCESS, HOST_SENT), before + 3);
	assert_int_equal(host_count(s.h, ACCESS, HOST_NOT_SENT), 7);
	rig_hoard(s.r, 1); /* the one that the question takes */
	put(&s, 0, ACCESS, OWN_MAC PEER_MAC PING);
	run(&s);
	assert_int_equal(host_count(s.h, ACCESS, HOST_NOT_SENT), 8);
	stop(&s);
}

static void frames_in_rings_are_freed_with_the_host(void **state)
{
	struct config c = some_config();
	struct setup s;

	(void)state;
	c.workers = 2;
	start(&s, &c);
	for (unsigned i = 0; i < 100; i++)
		put(&s, i % 2, ACCESS, OWN_MAC PEER_MAC PING);
	rig_poll(s.r, 0);
	host_run(s.h, s.r->now_ns);
	rig_poll(s.r, 1);
	assert_true(rig_in_use(s.r) > 0);
	host_destroy(s.h);
	s.h = NULL;
	assert_null(rig_run(s.r)); /* and workers go on without */
	stop(&s);
}

static void every_counter_has_a_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HOST_COUNTER_COUNT; i++)
		assert_string_not_equal(host_counter_name((enum host_counter)i), "?");
	assert_string_equal(host_counter_name(HOST_COUNTER_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_are_answered_on_the_link_they_came_from),
		cmocka_unit_test(a_vlan_is_answered_in_the_vlan),
		cmocka_unit_test(what_is_not_for_us_alone_is_not_answered),
		cmocka_unit_test(routers_and_scefs_are_asked_for_at_the_start),
		cmocka_unit_test(a_missed_neighbour_is_asked_and_found),
		cmocka_unit_test(lies_are_counted_and_not_believed),
		cmocka_unit_test(a_claim_on_our_address_is_answered_once_in_ten_seconds),
		cmocka_unit_test(a_link_hears_of_us_twice_at_the_start_and_when_it_comes_up),
		cmocka_unit_test(floods_are_answered_at_their_rate_and_counted),
		cmocka_unit_test(a_flood_does_not_hide_the_router),
		cmocka_unit_test(a_flood_of_misses_does_not_stop_us_asking_for_the_router),
		cmocka_unit_test(what_no_ring_has_room_for_is_counted),
		cmocka_unit_test(what_the_port_does_not_take_is_counted),
		cmocka_unit_test(frames_in_rings_are_freed_with_the_host),
		cmocka_unit_test(every_counter_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
