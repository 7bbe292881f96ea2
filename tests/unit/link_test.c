/* What live ports take for ours, and where what they send goes: next hops, VLANs, MTUs. */
#include "dataplane/host.h"
#include "pcap/build.h"
#include "tests/unit/octets.h"
#include "tests/unit/path_device.h"

#include <rte_debug.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { KEY_ID = 0x77, BEARER = 3 };

static const uint8_t router[6] = {2, 0, 0, 0, 7, 1}, phone[6] = {2, 0, 0, 0, 7, 7},
		     scef_mac[6] = {2, 0, 0, 0, 7, 9};

struct setup {
	struct rig *r;
	struct neighbours *n[SIDES];
	struct path_device d;
};

static struct config some_config(void)
{
	struct config c;

	config_defaults(&c);
	c.held.frames = 4;
	c.access.ipv4_prefix = c.core.ipv4_prefix = 24;
	c.access.ipv6_prefix = c.core.ipv6_prefix = 64;
	c.access.mtu = c.core.mtu = 1500;
	endpoint_read_address("192.0.2.254", &c.access.ipv4_router);
	endpoint_read_address("fe80::1", &c.access.ipv6_router);
	return c;
}

/* A device far away, or on the link. */
static void start(struct setup *s, const struct config *c, const char *device)
{
	struct sa_row row = rig_row(KEY_ID, EEA2, EIA2, TAG_LONG);

	row.bearer = BEARER;
	s->r = rig_create(c, 16, true);
	for (unsigned i = 0; i < SIDES; i++) {
		s->n[i] = neighbours_create(i == ACCESS ? &s->r->config.access : &s->r->config.core,
					    1);
		RTE_VERIFY(s->n[i]);
		s->r->worker[0]->set.neighbours[i] = s->n[i];
	}
	path_device_init(&s->d, s->r, &row);
	RTE_VERIFY(endpoint_read(device, &s->d.at));
}

static void stop(struct setup *s)
{
	rig_destroy(s->r);
	neighbours_destroy(s->n[ACCESS]);
	neighbours_destroy(s->n[CORE]);
}

static void teach(struct setup *s, enum side side, const char *who, const uint8_t *mac)
{
	struct endpoint e;

	RTE_VERIFY(endpoint_read_address(who, &e));
	neighbours_put(s->n[side], neighbours_places(s->n[side], &e), &e, mac);
}

static enum fate fate_of(const struct setup *s, unsigned index)
{
	return (enum fate)s->r->trace[index].fate;
}

static const uint8_t *sent_to(const struct setup *s, enum side side, unsigned i)
{
	RTE_VERIFY(i < s->r->sent_n[side]);
	return s->r->sent[side][i].octets;
}

static unsigned put_mt(struct setup *s, uint8_t flags, size_t payload)
{
	uint8_t mt[2000] = {0};
	struct core_hdr h = rig_mt(BEARER, flags, 0, s->d.row.identity);

	memcpy(mt, &h, sizeof(h));
	return rig_down(s->r, 0, BEARER, mt, sizeof(h) + payload);
}

static void what_is_not_ours_dies_unread(void **state)
{
	static const struct {
		const char *what, *link, *dst, *src;
		uint16_t vlan;
		enum fate want;
	} cases[] = {
		/* clang-format off */
		{"to us", "020000000101 020000000707 0800", "192.0.2.1", "10.0.0.7", 0, FATE_SENT},
		{"with a priority tag", "020000000101 020000000707 8100 e000 0800", "192.0.2.1", "10.0.0.7", 0, FATE_SENT},
		{"in a VLAN", "020000000101 020000000707 8100 0005 0800", "192.0.2.1", "10.0.0.7", 0, FATE_NOT_OURS},
		{"in our VLAN", "020000000101 020000000707 8100 e005 0800", "192.0.2.1", "10.0.0.7", 5, FATE_SENT},
		{"in another VLAN", "020000000101 020000000707 8100 0006 0800", "192.0.2.1", "10.0.0.7", 5, FATE_NOT_OURS},
		{"untagged", "020000000101 020000000707 0800", "192.0.2.1", "10.0.0.7", 5, FATE_NOT_OURS},
		{"with a priority tag, not our VLAN", "020000000101 020000000707 8100 0000 0800", "192.0.2.1", "10.0.0.7", 5, FATE_NOT_OURS},
		{"to another Ethernet address", "020000000102 020000000707 0800", "192.0.2.1", "10.0.0.7", 0, FATE_NOT_OURS},
		{"to Ethernet broadcast", "ffffffffffff 020000000707 0800", "192.0.2.1", "10.0.0.7", 0, FATE_NOT_OURS},
		{"to an Ethernet group", "01005e000001 020000000707 0800", "192.0.2.1", "10.0.0.7", 0, FATE_NOT_OURS},
		{"from an Ethernet group", "020000000101 030000000707 0800", "192.0.2.1", "10.0.0.7", 0, FATE_NOT_OURS},
		{"from no Ethernet address", "020000000101 000000000000 0800", "192.0.2.1", "10.0.0.7", 0, FATE_NOT_OURS},
		{"to another IP address", "020000000101 020000000707 0800", "192.0.2.2", "10.0.0.7", 0, FATE_NOT_OURS},
		{"to IP broadcast", "020000000101 020000000707 0800", "255.255.255.255", "10.0.0.7", 0, FATE_NOT_OURS},
		{"from an IP group", "020000000101 020000000707 0800", "192.0.2.1", "224.0.0.7", 0, FATE_NOT_OURS},
		{"from IP broadcast", "020000000101 020000000707 0800", "192.0.2.1", "255.255.255.255", 0, FATE_NOT_OURS},
		{"from nobody", "020000000101 020000000707 0800", "192.0.2.1", "0.0.0.0", 0, FATE_NOT_OURS},
		{"IPv6 to us", "020000000101 020000000707 86dd", "2001:db8:1::1", "2001:db8:9::7", 0, FATE_SENT},
		{"IPv6 to another address", "020000000101 020000000707 86dd", "2001:db8:1::2", "2001:db8:9::7", 0, FATE_NOT_OURS},
		{"IPv6 to our link-local address", "020000000101 020000000707 86dd", "fe80::ff:fe00:101", "fe80::7", 0, FATE_NOT_OURS},
		{"IPv6 to all", "333300000001 020000000707 86dd", "ff02::1", "fe80::7", 0, FATE_NOT_OURS},
		{"IPv6 from a group", "020000000101 020000000707 86dd", "2001:db8:1::1", "ff02::7", 0, FATE_NOT_OURS},
		{"IPv6 from loopback", "020000000101 020000000707 86dd", "2001:db8:1::1", "::1", 0, FATE_NOT_OURS},
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config c = some_config();
		static uint8_t packet[BUILD_MAX], frame[BUILD_MAX];
		struct route route = {0};
		struct setup s;
		unsigned index;
		size_t n, head;
		int len;

		c.access.vlan = cases[i].vlan;
		start(&s, &c, "10.0.0.7:50000");
		teach(&s, CORE, "198.51.100.2", scef_mac);
		RTE_VERIFY(endpoint_read_address(cases[i].dst, &route.dst) &&
			   endpoint_read_address(cases[i].src, &route.src));
		route.dst.port = SDT_PORT;
		route.src.port = 50000;
		len = device_data(&s.d.d, 0, path_device_says, sizeof(path_device_says), s.d.msg);
		RTE_VERIFY(len > 0);
		n = build_udp(&route, s.d.msg, (size_t)len, packet);
		head = octets(cases[i].link, frame);
		memcpy(frame + head, packet + 14, n - 14);
		index = rig_put(s.r, 0, ACCESS, frame, head + n - 14);
		assert_null(rig_run(s.r));
		if (fate_of(&s, index) != cases[i].want)
			fail_msg("%s: %s", cases[i].what, fate_name(fate_of(&s, index)));
		stop(&s);
	}
}

/* A replay's captures may hold any addresses: nothing of the above is asked. */
static void a_replay_takes_frames_of_any_link(void **state)
{
	struct config c = some_config();
	struct sa_row row = rig_row(KEY_ID, EEA2, EIA2, TAG_LONG);
	struct path_device d;
	struct rig *r = rig_create(&c, 16, false);
	uint8_t frame[400];
	struct route route;
	int len;
	size_t n;

	(void)state;
	path_device_init(&d, r, &row);
	route = route_up(&c, &d.at);
	endpoint_read("203.0.113.99:33868", &route.dst);
	memset(route.dst_mac, 0xff, sizeof(route.dst_mac));
	route.vlan = 77;
	len = device_data(&d.d, 0, path_device_says, sizeof(path_device_says), d.msg);
	n = build_udp(&route, d.msg, (size_t)len, frame);
	rig_put(r, 0, ACCESS, frame, n);
	assert_null(rig_run(r));
	assert_int_equal(rig_fate(r, ACCESS, FATE_SENT), 1);
	assert_memory_equal(r->sent[CORE][0].octets, c.core.next_hop_mac, 6);
	rig_destroy(r);
}

static void a_family_without_an_own_address_is_not_ours(void **state)
{
	struct config c = some_config();
	struct setup s;
	unsigned index;

	(void)state;
	c.access.ipv4 = (struct endpoint){0};
	start(&s, &c, "10.0.0.7:50000");
	index = path_device_resume(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(fate_of(&s, index), FATE_NOT_OURS);
	assert_int_equal(s.r->sent_n[ACCESS], 0);
	stop(&s);
}

static void payloads_without_a_next_hop_change_nothing(void **state)
{
	struct config c = some_config();
	struct endpoint missed;
	struct setup s;
	unsigned data, resume;

	(void)state;
	start(&s, &c, "10.0.0.7:50000");
	data = path_device_data(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(fate_of(&s, data), FATE_NO_NEIGHBOUR);
	assert_true(neighbours_missed(s.n[CORE], 0, &missed));
	assert_memory_equal(missed.addr, s.r->config.scef.fallback.addr, 16);
	resume = path_device_resume(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(fate_of(&s, resume), FATE_NO_NEIGHBOUR);
	assert_int_equal(s.r->sent_n[ACCESS] + s.r->sent_n[CORE], 0);

	/* The same messages go through once the SCEF is found. */
	teach(&s, CORE, "198.51.100.2", scef_mac);
	resume = path_device_again(&s.d, s.r, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(fate_of(&s, resume), FATE_RESUMED);
	assert_memory_equal(sent_to(&s, CORE, 0), scef_mac, 6);
	stop(&s);

	start(&s, &c, "10.0.0.7:50000");
	path_device_data(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	teach(&s, CORE, "198.51.100.2", scef_mac);
	data = path_device_again(&s.d, s.r, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(fate_of(&s, data),
			 FATE_SENT); /* not replayed: the window was not marked */
	stop(&s);
}

/* sdt.md 4: what a forger sends is bad_tag and no reason to ask for anybody. */
static void forgeries_ask_for_no_neighbour(void **state)
{
	struct config c = some_config();
	struct endpoint missed;
	struct setup s;
	unsigned data;

	(void)state;
	start(&s, &c, "10.0.0.7:50000");
	data = path_device_data_at(&s.d, s.r, 0, 5, true);
	assert_null(rig_run(s.r));
	assert_int_equal(fate_of(&s, data), FATE_BAD_TAG);
	assert_false(neighbours_missed(s.n[CORE], 0, &missed));
	stop(&s);
}

/* So that the first answer, which comes soon, need not die for want of an Ethernet address. */
static void a_device_heard_from_a_new_address_is_asked_for_at_once(void **state)
{
	struct config c = some_config();
	struct endpoint missed;
	struct setup s;

	(void)state;
	start(&s, &c, "192.0.2.7:50000");
	teach(&s, CORE, "198.51.100.2", scef_mac);
	path_device_data(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	assert_true(neighbours_missed(s.n[ACCESS], 0, &missed));
	assert_memory_equal(missed.addr, s.d.at.addr, 16);

	path_device_data(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	assert_false(neighbours_missed(s.n[ACCESS], 0, &missed));

	RTE_VERIFY(endpoint_read("192.0.2.8:50000", &s.d.at));
	path_device_resume(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	assert_true(neighbours_missed(s.n[ACCESS], 0, &missed));
	assert_memory_equal(missed.addr, s.d.at.addr, 16);
	stop(&s);
}

static void downlink_goes_by_the_neighbour_or_the_router(void **state)
{
	static const struct {
		const char *what, *device, *hop;
	} cases[] = {
		{"far", "10.0.0.7:50000", "192.0.2.254"},
		{"near", "192.0.2.7:50000", "192.0.2.7"},
		{"far by IPv6", "[2001:db8:9::7]:50000", "fe80::1"},
		{"near by IPv6", "[2001:db8:1::7]:50000", "2001:db8:1::7"},
		{"link-local", "[fe80::7]:50000", "fe80::7"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config c = some_config();
		struct message m;
		struct setup s;
		unsigned mt;

		start(&s, &c, cases[i].device);
		teach(&s, CORE, "198.51.100.2", scef_mac);
		path_device_data(&s.d, s.r, 0, 0);
		assert_null(rig_run(s.r));
		mt = put_mt(&s, 0, 9);
		assert_null(rig_run(s.r));
		if (fate_of(&s, mt) != FATE_NO_NEIGHBOUR)
			fail_msg("%s", cases[i].what);
		assert_int_equal(s.r->sent_n[CORE], 0); /* no refusal: it may work the next time */
		teach(&s, ACCESS, cases[i].hop, phone);
		mt = put_mt(&s, 0, 9);
		assert_null(rig_run(s.r));
		assert_int_equal(fate_of(&s, mt), FATE_SENT);
		assert_memory_equal(sent_to(&s, ACCESS, 0), phone, 6);
		assert_int_equal(path_device_take(&s.d, &s.r->sent[ACCESS][0], &m), VERDICT_OPENED);
		assert_int_equal(m.count, 0); /* no COUNT was used for the first one */
		stop(&s);
	}
}

static void answers_go_back_to_where_the_question_came_from(void **state)
{
	struct config c = some_config();
	struct setup s;

	(void)state;
	c.resume.limit = 2;
	start(&s, &c, "192.0.2.7:50000");
	teach(&s, CORE, "198.51.100.2", scef_mac);
	/* The device's frames come from next_hop_mac (pcap/route.h); no neighbour is known there.
	 */
	path_device_resume(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_RESUMED), 1);
	assert_memory_equal(sent_to(&s, ACCESS, 0), c.access.next_hop_mac, 6);
	path_device_again(&s.d, s.r, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_RESUME_REPEATED), 1);
	assert_memory_equal(sent_to(&s, ACCESS, 0), c.access.next_hop_mac, 6);
	s.d.d.n = 3;
	path_device_resume(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_RESUME_REFUSED), 1);
	assert_memory_equal(sent_to(&s, ACCESS, 0), c.access.next_hop_mac, 6);
	put_mt(&s, 0, 1400);
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, CORE, FATE_TOO_LONG), 1);
	assert_memory_equal(sent_to(&s, CORE, 0), c.core.next_hop_mac, 6);
	stop(&s);
}

static void a_static_next_hop_takes_answers_too(void **state)
{
	static const uint8_t gateway[6] = {2, 0, 0, 0, 6, 6};
	struct config c = some_config();
	uint8_t frame[400];
	struct route route;
	struct setup s;
	size_t n;

	(void)state;
	c.access.static_next_hop = c.core.static_next_hop = true;
	memcpy(c.access.next_hop_mac, gateway, 6);
	start(&s, &c, "192.0.2.7:50000");
	path_device_resume(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	route = route_up(&s.r->config, &s.d.at);
	memcpy(route.src_mac, phone, 6);
	n = build_udp(&route, s.d.msg, s.d.len, frame);
	rig_put(s.r, 0, ACCESS, frame, n);
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_RESUME_REPEATED), 1);
	assert_memory_equal(sent_to(&s, ACCESS, 0), gateway, 6);
	stop(&s);
}

/* sdt.md 5: what a RESUMED carried goes to the SA's address, wherever the repeat came from. */
static void held_data_goes_again_only_where_there_is_a_way(void **state)
{
	struct config c = some_config();
	struct sa_row row;

	(void)state;
	for (unsigned known = 0; known < 2; known++) {
		struct message m;
		struct setup s;

		start(&s, &c, "10.0.0.7:50000");
		row = s.d.row;
		teach(&s, CORE, "198.51.100.2", scef_mac);
		assert_int_equal(row.address.family, 0);
		put_mt(&s, CORE_HOLD, 9);
		assert_null(rig_run(s.r));
		assert_int_equal(rig_fate(s.r, CORE, FATE_HELD), 1);
		path_device_resume(&s.d, s.r, 0, 0);
		assert_null(rig_run(s.r));
		assert_int_equal(s.r->sent_n[ACCESS], 1);
		if (known)
			teach(&s, ACCESS, "192.0.2.254", router);
		path_device_again(&s.d, s.r, 0);
		assert_null(rig_run(s.r));
		assert_int_equal(rig_fate(s.r, ACCESS, FATE_RESUME_REPEATED), 1);
		assert_int_equal(s.r->sent_n[ACCESS], 1 + known);
		assert_int_equal(rig_tally(s.r, ACCESS, TALLY_HELD_RESENT), known);
		if (known) {
			assert_memory_equal(sent_to(&s, ACCESS, 1), router, 6);
			assert_int_equal(path_device_take(&s.d, &s.r->sent[ACCESS][0], &m),
					 VERDICT_OPENED);
			assert_int_equal(path_device_take(&s.d, &s.r->sent[ACCESS][1], &m),
					 VERDICT_OPENED);
			assert_int_equal(m.count, 1);
		}
		stop(&s);
	}
}

static void no_frame_is_longer_than_the_mtu(void **state)
{
	static const struct {
		const char *device;
		unsigned head; /* octets of IP and UDP */
	} cases[] = {{"192.0.2.7:50000", 28}, {"[2001:db8:1::7]:50000", 48}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct config c = some_config();
		unsigned fits_down, fits_up, index;
		uint8_t payload[1400] = {0};
		struct setup s;
		int len;

		c.access.mtu = c.core.mtu = 1280;
		start(&s, &c, cases[i].device);
		teach(&s, CORE, "198.51.100.2", scef_mac);
		teach(&s, ACCESS, i ? "2001:db8:1::7" : "192.0.2.7", phone);
		path_device_data(&s.d, s.r, 0, 0);
		assert_null(rig_run(s.r));

		fits_down = 1280 - cases[i].head - sizeof(struct sdt_hdr) - TAG_LONG;
		index = put_mt(&s, 0, fits_down);
		assert_null(rig_run(s.r));
		assert_int_equal(fate_of(&s, index), FATE_SENT);
		assert_int_equal(s.r->sent[ACCESS][0].len, 14 + 1280);
		index = put_mt(&s, 0, fits_down + 1);
		assert_null(rig_run(s.r));
		assert_int_equal(fate_of(&s, index), FATE_TOO_LONG);
		assert_int_equal(sent_to(&s, CORE, 0)[14 + 28 + 3], REFUSED_TOO_LONG);

		fits_up = 1280 - 28 - sizeof(struct core_hdr); /* the SCEF's address is IPv4 */
		for (unsigned over = 0; over < 2; over++) {
			len = device_data(&s.d.d, 0, payload, fits_up + over, s.d.msg);
			index = rig_up(s.r, 0, &s.d.at, s.d.msg, (size_t)len);
			assert_null(rig_run(s.r));
			assert_int_equal(fate_of(&s, index), over ? FATE_TOO_LONG : FATE_SENT);
		}
		stop(&s);
	}
}

/* Whatever family the next RESUMED has, held data must fit it. */
static void what_would_not_fit_a_resumed_is_not_held(void **state)
{
	struct config c = some_config();
	unsigned fits = 1280 - 48 - sizeof(struct sdt_hdr) - RES_LEN, index;
	struct setup s;

	(void)state;
	c.access.mtu = 1280;
	start(&s, &c, "192.0.2.7:50000");
	index = put_mt(&s, CORE_HOLD, fits + 1);
	assert_null(rig_run(s.r));
	assert_int_equal(fate_of(&s, index), FATE_TOO_LONG);
	index = put_mt(&s, CORE_HOLD, fits);
	assert_null(rig_run(s.r));
	assert_int_equal(fate_of(&s, index), FATE_HELD);
	stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_ours_dies_unread),
		cmocka_unit_test(a_replay_takes_frames_of_any_link),
		cmocka_unit_test(a_family_without_an_own_address_is_not_ours),
		cmocka_unit_test(payloads_without_a_next_hop_change_nothing),
		cmocka_unit_test(forgeries_ask_for_no_neighbour),
		cmocka_unit_test(a_device_heard_from_a_new_address_is_asked_for_at_once),
		cmocka_unit_test(downlink_goes_by_the_neighbour_or_the_router),
		cmocka_unit_test(answers_go_back_to_where_the_question_came_from),
		cmocka_unit_test(a_static_next_hop_takes_answers_too),
		cmocka_unit_test(held_data_goes_again_only_where_there_is_a_way),
		cmocka_unit_test(no_frame_is_longer_than_the_mtu),
		cmocka_unit_test(what_would_not_fit_a_resumed_is_not_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
