/* Frames of every length and form as they come from ports: chains, checksums, sources. */
#include "pcap/build.h"
#include "tests/unit/path_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { KEY_ID = 0x1234 };

struct setup {
	struct rig *r;
	struct path_device d;
};

static void start(struct setup *s, bool live)
{
	struct sa_row row = rig_row(KEY_ID, EEA2, EIA2, TAG_LONG);
	struct config c;

	config_defaults(&c);
	endpoint_read("198.51.100.77:1", &c.scef.endpoint[9]);
	endpoint_read("[2001:db8:9::9]:1", &c.scef.endpoint[10]);
	s->r = rig_create(&c, 16, live);
	path_device_init(&s->d, s->r, &row);
}

static enum fate fate_of(const struct setup *s, unsigned index)
{
	return (enum fate)s->r->trace[index].fate;
}

/* An MT frame of the device with `len` octets of payload. */
static size_t make_mt(const struct setup *s, unsigned bearer, uint8_t *out, size_t len)
{
	struct core_hdr h = rig_mt(bearer, 0, 0, s->d.row.identity);

	memcpy(out, &h, sizeof(h));
	for (size_t i = 0; i < len; i++)
		out[sizeof(h) + i] = (uint8_t)(i * 11);
	return sizeof(h) + len;
}

static void messages_of_any_length_are_freed_whole(void **state)
{
	static const size_t lengths[] = {1359 + 20, 1900, 2100, 8000, 65507 - 48};
	static uint8_t msg[65536];
	struct setup s;

	(void)state;
	start(&s, true);
	path_device_data(&s.d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	memcpy(msg, s.d.msg, s.d.len);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		unsigned up = rig_up(s.r, 0, &s.d.at, msg, lengths[i]);
		uint8_t *mt = malloc(sizeof(struct core_hdr) + lengths[i]);
		unsigned down = rig_down(s.r, 0, 0, mt, make_mt(&s, 0, mt, lengths[i]));
		struct packet p;

		free(mt);
		assert_null(rig_run(s.r));
		assert_int_equal(fate_of(&s, up), FATE_TOO_LONG);
		assert_int_equal(fate_of(&s, down), FATE_TOO_LONG);
		/* The refusal is the frame's header alone. */
		assert_int_equal(s.r->sent_n[CORE], 1);
		rig_read(&s.r->sent[CORE][0], &p);
		assert_int_equal(p.len, sizeof(struct core_hdr));
		assert_int_equal(p.payload[0], 0x14);
		assert_int_equal(p.payload[3], REFUSED_TOO_LONG);
	}
	rig_destroy(s.r);
}

static void what_lies_behind_the_packet_is_cut_off(void **state)
{
	static uint8_t frame[9000];
	struct route route;
	struct setup s;
	struct packet p;
	size_t n;

	(void)state;
	start(&s, true);
	route = route_up(&s.r->config, &s.d.at);
	for (size_t trailer = 1; trailer < 8000; trailer = trailer * 3 + 1) {
		int len =
			device_data(&s.d.d, 0, path_device_says, sizeof(path_device_says), s.d.msg);
		unsigned index;

		assert_true(len > 0);
		n = build_udp(&route, s.d.msg, (size_t)len, frame);
		index = rig_put(s.r, 0, ACCESS, frame, n + trailer);
		assert_null(rig_run(s.r));
		assert_int_equal(fate_of(&s, index), FATE_SENT);
		rig_read(&s.r->sent[CORE][0], &p);
		assert_int_equal(p.len, sizeof(struct core_hdr) + sizeof(path_device_says));
		assert_memory_equal(p.payload + sizeof(struct core_hdr), path_device_says,
				    sizeof(path_device_says));
	}
	rig_destroy(s.r);
}

static void core_checksums_are_added_up_over_segments(void **state)
{
	static const uint16_t segments[] = {1461, 1462, 1500, 1501, 1801};
	static uint8_t mt[8000], frame[BUILD_MAX];
	struct route route;
	struct setup s;
	size_t n;

	(void)state;
	start(&s, true);
	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		unsigned good, bad;

		s.r->segment = segments[i];
		route = route_mt(&s.r->config, i % 2 ? 10 : 0); /* either IP version */
		n = build_udp(&route, mt, make_mt(&s, 0, mt, 5001 + i), frame);
		good = rig_put(s.r, 0, CORE, frame, n);
		frame[n - 1 - i] ^= 1;
		bad = rig_put(s.r, 0, CORE, frame, n);
		assert_null(rig_run(s.r));
		assert_int_equal(fate_of(&s, good), FATE_NO_ADDRESS);
		assert_int_equal(fate_of(&s, bad), FATE_BAD_CHECKSUM);
	}
	rig_destroy(s.r);
}

/* What goes through must lie in one piece: nothing else of a buffer may reach a device. */
static void short_first_segments_are_joined_or_refused(void **state)
{
	static uint8_t mt[8000], frame[BUILD_MAX];
	struct route route;
	struct setup s;
	unsigned joined, refused;
	struct message m;
	size_t n;

	(void)state;
	start(&s, true);
	path_device_data(&s.d, s.r, 0, 0); /* so that the device has an address */
	assert_null(rig_run(s.r));
	s.r->segment = 300;
	route = route_mt(&s.r->config, 0);
	n = build_udp(&route, mt, make_mt(&s, 0, mt, 1200), frame);
	joined = rig_put(s.r, 0, CORE, frame, n);
	n = build_udp(&route, mt, make_mt(&s, 0, mt, 5000), frame);
	refused = rig_put(s.r, 0, CORE, frame, n);
	assert_null(rig_run(s.r));
	assert_int_equal(fate_of(&s, joined), FATE_SENT);
	assert_int_equal(fate_of(&s, refused), FATE_NO_MBUF);
	assert_int_equal(s.r->sent_n[ACCESS], 1);
	assert_int_equal(path_device_take(&s.d, &s.r->sent[ACCESS][0], &m), VERDICT_OPENED);
	assert_int_equal(m.len, 1200);
	make_mt(&s, 0, mt, 1200);
	assert_memory_equal(path_device_payload(&m), mt + sizeof(struct core_hdr), m.len);
	rig_destroy(s.r);
}

static void only_ipv4_may_leave_the_udp_checksum_out(void **state)
{
	uint8_t mt[100], frame[300];
	struct route route;
	struct setup s;
	unsigned four, six;
	size_t n;

	(void)state;
	start(&s, true);
	route = route_mt(&s.r->config, 0);
	n = build_udp(&route, mt, make_mt(&s, 0, mt, 30), frame);
	memset(frame + 14 + 20 + 6, 0, 2);
	four = rig_put(s.r, 0, CORE, frame, n);
	route = route_mt(&s.r->config, 10);
	n = build_udp(&route, mt, make_mt(&s, 10, mt, 30), frame);
	memset(frame + 14 + 40 + 6, 0, 2);
	six = rig_put(s.r, 0, CORE, frame, n);
	assert_null(rig_run(s.r));
	assert_int_equal(fate_of(&s, four), FATE_NO_ADDRESS);
	assert_int_equal(fate_of(&s, six), FATE_BAD_CHECKSUM);
	rig_destroy(s.r);
}

static void only_configured_scefs_are_heard_on_live_ports(void **state)
{
	static const struct {
		const char *what, *from;
		bool known;
	} cases[] = {
		{"the default endpoint", "198.51.100.2:29128", true},
		{"another port of it", "198.51.100.2:1", true},
		{"a bearer's endpoint", "198.51.100.77:29128", true},
		{"a bearer's endpoint by IPv6", "[2001:db8:9::9]:29128", true},
		{"a stranger", "198.51.100.3:29128", false},
		{"a stranger whose IPv6 address begins like an endpoint", "[c633:6402::]:29128",
		 false},
		{"no address", "0.0.0.0:29128", false},
		{"no IPv6 address", "[::]:29128", false},
	};
	static const uint8_t rubbish[16];
	uint8_t mt[100], frame[300];

	(void)state;
	for (unsigned live = 0; live < 2; live++) {
		struct setup s;

		start(&s, live);
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct route route = route_mt(&s.r->config, 0);
			enum fate want =
				cases[i].known || !live ? FATE_NO_ADDRESS : FATE_UNKNOWN_SOURCE;
			unsigned index, bad, malformed;
			size_t n;

			endpoint_read(cases[i].from, &route.src);
			if (route.src.family == 6)
				endpoint_read("[2001:db8:2::1]:29128", &route.dst);
			n = build_udp(&route, mt, make_mt(&s, 0, mt, 30), frame);
			index = rig_put(s.r, 0, CORE, frame, n);
			frame[n - 1] ^= 1;
			bad = rig_put(s.r, 0, CORE, frame, n);
			n = build_udp(&route, rubbish, sizeof(rubbish), frame);
			malformed = rig_put(s.r, 0, CORE, frame, n);
			assert_null(rig_run(s.r));
			if (fate_of(&s, index) != want || fate_of(&s, bad) != FATE_BAD_CHECKSUM)
				fail_msg("%s, live %u", cases[i].what, live);
			assert_int_equal(fate_of(&s, malformed),
					 want == FATE_NO_ADDRESS ? FATE_BAD_FRAME : want);
		}
		rig_destroy(s.r);
	}
}

static void an_ip_frame_that_a_capture_cut_short_is_bad_ip(void **state)
{
	static const uint8_t arp[60] = {[12] = 0x08, [13] = 0x06}, other[60] = {[12] = 0x88};
	uint8_t frame[300];
	struct route route;
	struct setup s;
	unsigned index[3];
	size_t n;

	(void)state;
	start(&s, false);
	route = route_up(&s.r->config, &s.d.at);
	n = build_udp(&route, frame, 100, frame + 100);
	index[0] = rig_put(s.r, 0, ACCESS, frame + 100, n);
	index[1] = rig_put(s.r, 0, ACCESS, arp, sizeof(arp));
	index[2] = rig_put(s.r, 0, ACCESS, other, sizeof(other));
	for (unsigned i = 0; i < 3; i++)
		frame_private(s.r->port[0][ACCESS].in[i])->cut = true;
	assert_null(rig_run(s.r));
	assert_int_equal(fate_of(&s, index[0]), FATE_BAD_IP);
	assert_int_equal(fate_of(&s, index[1]), FATE_TO_HOST);
	assert_int_equal(fate_of(&s, index[2]), FATE_NOT_IP);
	rig_destroy(s.r);
}

static void frames_without_a_stamp_go_by_the_workers_clock(void **state)
{
	struct sa_row row = rig_row(7, EEA2, EIA2, TAG_LONG);
	struct path_device d;
	struct setup s;

	(void)state;
	start(&s, true);
	s.r->port[0][ACCESS].port.stamped = false;
	row.expires_ns = RIG_EPOCH_NS + 10 * UINT64_C(1000000000);
	path_device_init(&d, s.r, &row);
	s.r->now_ns = RIG_EPOCH_NS + UINT64_C(10000000000);
	path_device_data(&d, s.r, 0, 0);
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_SENT), 1);
	path_device_data(&d, s.r, 0, 0);
	s.r->now_ns++;
	assert_null(rig_run(s.r));
	assert_int_equal(rig_fate(s.r, ACCESS, FATE_EXPIRED), 1);
	rig_destroy(s.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_any_length_are_freed_whole),
		cmocka_unit_test(what_lies_behind_the_packet_is_cut_off),
		cmocka_unit_test(core_checksums_are_added_up_over_segments),
		cmocka_unit_test(short_first_segments_are_joined_or_refused),
		cmocka_unit_test(only_ipv4_may_leave_the_udp_checksum_out),
		cmocka_unit_test(only_configured_scefs_are_heard_on_live_ports),
		cmocka_unit_test(an_ip_frame_that_a_capture_cut_short_is_bad_ip),
		cmocka_unit_test(frames_without_a_stamp_go_by_the_workers_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
