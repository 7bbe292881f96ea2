/* sdt.md 1, 2, 7, 10: from octets to a checked view or a fate. */
#include "dataplane/parse.h"

#include "pcap/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PORT = 33868, PAYLOAD = 40, FRAME_MAX = 200 };

enum shape { V4, V6, V4_TAGGED, V6_TAGGED };

/* A right frame with PAYLOAD octets; returns its length. */
static size_t make_frame(enum shape shape, uint8_t *out)
{
	bool six = shape == V6 || shape == V6_TAGGED;
	struct route r = {.vlan = shape == V4_TAGGED || shape == V6_TAGGED ? 99 : 0};
	uint8_t payload[PAYLOAD] = {1};

	endpoint_read(six ? "[2001:db8::7]:50000" : "10.0.0.7:50000", &r.src);
	endpoint_read(six ? "[2001:db8::1]:33868" : "192.0.2.1:33868", &r.dst);
	return build_udp(&r, payload, sizeof(payload), out);
}

/* Parses the first n octets where nothing lies behind them, so that a sanitizer sees any overrun.
 */
static enum fate parse_exactly(const uint8_t *frame, size_t n, struct datagram *d)
{
	uint8_t *copy = malloc(n ? n : 1);
	enum fate f;

	memcpy(copy, frame, n);
	f = parse_datagram(copy, n, n, PORT, d);
	free(copy);
	return f;
}

static void refresh_ipv4_checksum(uint8_t *frame, size_t ip)
{
	struct ipv4_hdr *h = (struct ipv4_hdr *)(frame + ip);

	h->checksum = be16_of(0);
	h->checksum = inet_fold(inet_add(0, h, (size_t)(h->version_ihl & 15) * 4));
}

static void right_frames_give_their_payload(void **state)
{
	static const struct {
		const char *what;
		enum shape shape;
		uint8_t family;
		uint16_t ip, udp;
	} cases[] = {
		{"IPv4", V4, 4, 14, 34},
		{"IPv6", V6, 6, 14, 54},
		{"IPv4 behind a VLAN tag", V4_TAGGED, 4, 18, 38},
		{"IPv6 behind a VLAN tag", V6_TAGGED, 6, 18, 58},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t frame[FRAME_MAX];
		size_t n = make_frame(cases[i].shape, frame);
		struct datagram d;

		if (parse_exactly(frame, n, &d) != FATE_ALIVE || d.family != cases[i].family ||
		    d.ip != cases[i].ip || d.udp != cases[i].udp || d.len != PAYLOAD)
			fail_msg("%s", cases[i].what);
	}
}

static void a_frame_cut_anywhere_is_not_ip_or_bad_ip(void **state)
{
	static const struct {
		enum shape shape;
		size_t link; /* octets before IP */
	} cases[] = {{V4, 14}, {V6, 14}, {V4_TAGGED, 18}, {V6_TAGGED, 18}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t frame[FRAME_MAX];
		size_t n = make_frame(cases[i].shape, frame);
		struct datagram d;

		for (size_t cut = 0; cut < n; cut++) {
			enum fate want = cut < cases[i].link ? FATE_NOT_IP : FATE_BAD_IP;

			if (parse_exactly(frame, cut, &d) != want)
				fail_msg("shape %u cut to %zu octets", cases[i].shape, cut);
		}
	}
}

/* Edits of a right frame; offsets are those of the untagged shapes. */
static const struct {
	const char *what;
	enum shape shape;
	struct {
		uint8_t at, n, octets[4];
	} edit[3];
	enum fate want;
	bool stale; /* leave the IPv4 header checksum as it was */
} edits[] = {
	/* clang-format off */
	{"ARP", V4, {{12, 2, {0x08, 0x06}}}, FATE_TO_HOST, true},
	{"another EtherType", V4, {{12, 2, {0x88, 0xcc}}}, FATE_NOT_IP, true},
	{"ARP behind a tag", V4_TAGGED, {{16, 2, {0x08, 0x06}}}, FATE_TO_HOST, true},
	{"two tags", V4_TAGGED, {{16, 2, {0x81, 0x00}}}, FATE_NOT_IP, true},
	{"a service tag (802.1ad)", V4_TAGGED, {{12, 2, {0x88, 0xa8}}}, FATE_NOT_IP, true},

	{"IPv6 under IPv4's EtherType", V4, {{14, 1, {0x65}}}, FATE_BAD_IP, false},
	{"version 0", V4, {{14, 1, {0x05}}}, FATE_BAD_IP, false},
	{"header of 16 octets", V4, {{14, 1, {0x44}}}, FATE_BAD_IP, false},
	{"header beyond the packet", V4, {{14, 1, {0x4f}}, {16, 2, {0, 59}}}, FATE_BAD_IP, false},
	{"total length below the header", V4, {{16, 2, {0, 19}}}, FATE_BAD_IP, false},
	{"total length one beyond the frame", V4, {{16, 2, {0, 69}}}, FATE_BAD_IP, false},
	{"a wrong header checksum", V4, {{22, 1, {63}}}, FATE_BAD_IP, true},
	{"a wrong header checksum counts before options", V4, {{14, 1, {0x46}}}, FATE_BAD_IP, true},
	{"one word of options", V4, {{14, 1, {0x46}}}, FATE_IP_OPTIONS, false},
	{"options count before fragments", V4, {{14, 1, {0x46}}, {20, 1, {0x20}}}, FATE_IP_OPTIONS, false},
	{"more fragments", V4, {{20, 1, {0x20}}}, FATE_FRAGMENT, false},
	{"fragment offset 8", V4, {{20, 2, {0x00, 0x01}}}, FATE_FRAGMENT, false},
	{"the highest fragment offset", V4, {{20, 2, {0x1f, 0xff}}}, FATE_FRAGMENT, false},
	{"a fragment counts before its protocol", V4, {{20, 1, {0x20}}, {23, 1, {6}}}, FATE_FRAGMENT, false},
	{"may be fragmented, but is none", V4, {{20, 2, {0x00, 0x00}}}, FATE_ALIVE, false},
	{"TCP", V4, {{23, 1, {6}}}, FATE_NOT_UDP, false},
	{"ICMP", V4, {{23, 1, {1}}}, FATE_NOT_UDP, false},
	{"no room for a UDP header", V4, {{16, 2, {0, 27}}}, FATE_BAD_UDP, false},
	{"room for a UDP header alone", V4, {{16, 2, {0, 28}}, {38, 2, {0, 8}}}, FATE_ALIVE, false},
	{"octets behind the IP packet", V4, {{16, 2, {0, 60}}, {38, 2, {0, 40}}}, FATE_ALIVE, false},

	{"UDP length 7", V4, {{38, 2, {0, 7}}}, FATE_BAD_UDP, false},
	{"UDP length 0", V6, {{58, 2, {0, 0}}}, FATE_BAD_UDP, false},
	{"UDP length one beyond the packet", V4, {{38, 2, {0, 49}}}, FATE_BAD_UDP, false},
	{"UDP length beyond a packet that ends before the frame", V4, {{16, 2, {0, 60}}}, FATE_BAD_UDP, false},
	{"UDP length 8", V4, {{38, 2, {0, 8}}}, FATE_ALIVE, false},
	{"another port", V4, {{36, 2, {0x84, 0x4d}}}, FATE_WRONG_PORT, false},
	{"a bad length counts before the port", V4, {{36, 1, {0}}, {38, 2, {0, 7}}}, FATE_BAD_UDP, false},
	{"our port as the source only", V6, {{54, 4, {0x84, 0x4c, 0, 1}}}, FATE_WRONG_PORT, false},

	{"IPv4 under IPv6's EtherType", V6, {{14, 1, {0x45}}}, FATE_BAD_IP, false},
	{"payload length one beyond the frame", V6, {{18, 2, {0, 49}}}, FATE_BAD_IP, false},
	{"payload length 0", V6, {{18, 2, {0, 0}}}, FATE_BAD_UDP, false},
	{"hop-by-hop options", V6, {{20, 1, {0}}}, FATE_IP_OPTIONS, false},
	{"routing header", V6, {{20, 1, {43}}}, FATE_IP_OPTIONS, false},
	{"fragment header", V6, {{20, 1, {44}}}, FATE_FRAGMENT, false},
	{"authentication header", V6, {{20, 1, {51}}}, FATE_IP_OPTIONS, false},
	{"destination options", V6, {{20, 1, {60}}}, FATE_IP_OPTIONS, false},
	{"mobility header", V6, {{20, 1, {135}}}, FATE_IP_OPTIONS, false},
	{"ESP", V6, {{20, 1, {50}}}, FATE_NOT_UDP, false},
	{"ICMPv6", V6, {{20, 1, {58}}}, FATE_NOT_UDP, false},
	{"no next header", V6, {{20, 1, {59}}}, FATE_NOT_UDP, false},
	{"a traffic class and a flow label", V6, {{14, 4, {0x6f, 0xff, 0xff, 0xff}}}, FATE_ALIVE, false},
	/* clang-format on */
};

static void each_form_has_its_fate(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		uint8_t frame[FRAME_MAX];
		size_t n = make_frame(edits[i].shape, frame);
		struct datagram d;
		enum fate got;

		for (size_t k = 0; k < 3; k++)
			memcpy(frame + edits[i].edit[k].at, edits[i].edit[k].octets,
			       edits[i].edit[k].n);
		if (edits[i].shape == V4 && !edits[i].stale)
			refresh_ipv4_checksum(frame, 14);
		got = parse_exactly(frame, n, &d);
		if (got != edits[i].want)
			fail_msg("%s: %s", edits[i].what, fate_name(got));
	}
}

static void only_the_first_octets_of_a_long_frame_are_read(void **state)
{
	uint8_t frame[FRAME_MAX], *here = malloc(PARSE_HERE);
	size_t n = make_frame(V4, frame);
	struct datagram d;

	(void)state;
	memset(here, 0, PARSE_HERE);
	memcpy(here, frame, n);
	memcpy(here + 16, &(be16){{0xff, 0xff}}, 2);
	memcpy(here + 38, &(be16){{0xff, 0xeb}}, 2);
	refresh_ipv4_checksum(here, 14);
	assert_int_equal(parse_datagram(here, PARSE_HERE, 14 + 65535, PORT, &d), FATE_ALIVE);
	assert_int_equal(d.len, 65535 - 20 - 8);
	assert_int_equal(parse_datagram(here, PARSE_HERE, 14 + 65534, PORT, &d), FATE_BAD_IP);
	free(here);
}

/* What sdt.md 10 says of an access-side message, as a list of questions. */
static enum fate expect_sdt(const uint8_t *m, size_t n)
{
	bool t = m[1] & 4, resume = n >= 16 && (m[0] & 15) == 2;
	size_t least = resume ? 37 : t ? 20 : 16;

	if (n < 16)
		return FATE_RUNT;
	if (m[0] >> 4 != 1)
		return FATE_BAD_VERSION;
	if ((m[0] & 15) != 1 && (m[0] & 15) != 2)
		return FATE_BAD_TYPE;
	if (m[1] & 1 || m[2] >> 4 > 3 || (m[2] & 15) > 3 || (m[2] & 15) == 0 ||
	    (t && (m[2] & 15) != 2))
		return FATE_BAD_RESERVED;
	if (n < least)
		return FATE_RUNT;
	if (resume && m[28] & 0x10)
		return FATE_BAD_RESERVED;
	return n - least > 1358 ? FATE_TOO_LONG : FATE_ALIVE;
}

static void check_message(const uint8_t *octets, size_t n)
{
	uint8_t *msg =
		malloc(n ? n : 1); /* exactly as long, so that a sanitizer sees any overrun */
	struct sdt_view v = {0};
	enum fate want, got;

	memcpy(msg, octets, n);
	want = expect_sdt(octets, n);
	got = parse_sdt(msg, n, &v);
	free(msg);
	if (got != want)
		fail_msg("%02x %02x %02x, %zu octets: %s", octets[0], octets[1], octets[2], n,
			 fate_name(got));
	if (got != FATE_ALIVE)
		return;
	assert_int_equal(v.type, octets[0] & 15);
	assert_int_equal(v.tag_len, v.type == SDT_RESUME || octets[1] & 4 ? 8 : 4);
	assert_int_equal((v.type == SDT_RESUME ? 29U : 12U) + v.payload + v.tag_len, n);
}

static void every_header_has_its_fate_at_every_length(void **state)
{
	static const size_t lengths[] = {0,  1,  11, 12,   15,   16,   17,   19,   20,   21,
					 36, 37, 38, 1374, 1375, 1378, 1379, 1395, 1396, 65507};
	static uint8_t msg[65536];

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		for (unsigned flags = 0; flags < 8; flags++) {
			for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
				msg[0] = (uint8_t)type;
				msg[1] = (uint8_t)(0xf8 | flags);
				msg[2] = 0x22;
				check_message(msg, lengths[i]);
			}
		}
	}
	for (unsigned algs = 0; algs < 256; algs++) {
		for (unsigned flags = 0; flags < 8; flags++) {
			for (uint8_t type = 0x11; type <= 0x12; type++) {
				msg[0] = type;
				msg[1] = (uint8_t)flags;
				msg[2] = (uint8_t)algs;
				check_message(msg, 40);
			}
		}
	}
	for (unsigned capabilities = 0; capabilities < 256; capabilities++) {
		msg[0] = 0x12;
		msg[1] = 0;
		msg[2] = 0x11;
		msg[28] = (uint8_t)capabilities;
		check_message(msg, 37);
	}
}

#define IMSI_15   0x00, 0x01, 0x01, 0x10, 0x32, 0x54, 0x76, 0xf8
#define IMSI_6    0x00, 0x01, 0x21, 0xff, 0xff, 0xff, 0xff, 0xff
#define IMSI_NONE 0, 0, 0, 0, 0, 0, 0, 0
#define NO_REASON 0, 0
#define NO_KEY_ID 0, 0, 0, 0
#define KEY_ID    0, 0, 1, 0

static const struct {
	const char *what;
	uint8_t frame[17];
	size_t len;
	enum fate want;
} core_frames[] = {
	/* clang-format off */
	{"MT", {0x12, 0xf8, NO_REASON, NO_KEY_ID, IMSI_15}, 16, FATE_ALIVE},
	{"MT with a payload", {0x12, 0xf8, NO_REASON, NO_KEY_ID, IMSI_15, 7}, 17, FATE_ALIVE},
	{"MT with a key id and HOLD", {0x12, 0x0a, NO_REASON, KEY_ID, IMSI_15}, 16, FATE_ALIVE},
	{"MT with the shortest IMSI", {0x12, 0, NO_REASON, NO_KEY_ID, IMSI_6}, 16, FATE_ALIVE},
	{"MT group", {0x13, 0x08, NO_REASON, KEY_ID, IMSI_NONE}, 16, FATE_ALIVE},
	{"nothing", {0}, 0, FATE_BAD_FRAME},
	{"one octet short", {0x12, 0, NO_REASON, NO_KEY_ID, IMSI_15}, 15, FATE_BAD_FRAME},
	{"version 2", {0x22, 0, NO_REASON, NO_KEY_ID, IMSI_15}, 16, FATE_BAD_FRAME},
	{"version 0", {0x02, 0, NO_REASON, NO_KEY_ID, IMSI_15}, 16, FATE_BAD_FRAME},
	{"type 0", {0x10, 0, NO_REASON, NO_KEY_ID, IMSI_15}, 16, FATE_BAD_FRAME},
	{"MO", {0x11, 0, NO_REASON, KEY_ID, IMSI_15}, 16, FATE_BAD_FRAME},
	{"MT refused", {0x14, 0, NO_REASON, KEY_ID, IMSI_15}, 16, FATE_BAD_FRAME},
	{"bit 2", {0x12, 0x04, NO_REASON, NO_KEY_ID, IMSI_15}, 16, FATE_BAD_FRAME},
	{"EARLY", {0x12, 0x01, NO_REASON, NO_KEY_ID, IMSI_15}, 16, FATE_BAD_FRAME},
	{"a reason", {0x12, 0, 0, 1, NO_KEY_ID, IMSI_15}, 16, FATE_BAD_FRAME},
	{"a reason's high octet", {0x12, 0, 1, 0, NO_KEY_ID, IMSI_15}, 16, FATE_BAD_FRAME},
	{"MT without an IMSI", {0x12, 0, NO_REASON, KEY_ID, IMSI_NONE}, 16, FATE_BAD_FRAME},
	{"an IMSI of 5 digits", {0x12, 0, NO_REASON, NO_KEY_ID, 0x00, 0x01, 0xf1, 0xff, 0xff, 0xff, 0xff, 0xff}, 16, FATE_BAD_FRAME},
	{"an IMSI of 16 digits", {0x12, 0, NO_REASON, NO_KEY_ID, 0x00, 0x01, 0x01, 0x10, 0x32, 0x54, 0x76, 0x98}, 16, FATE_BAD_FRAME},
	{"an IMSI with a digit 10", {0x12, 0, NO_REASON, NO_KEY_ID, 0x00, 0x01, 0xa1, 0x10, 0x32, 0x54, 0x76, 0xf8}, 16, FATE_BAD_FRAME},
	{"a digit behind the filler", {0x12, 0, NO_REASON, NO_KEY_ID, 0x00, 0x01, 0x21, 0xff, 0xff, 0xff, 0xff, 0xf1}, 16, FATE_BAD_FRAME},
	{"MT group without a key id", {0x13, 0, NO_REASON, NO_KEY_ID, IMSI_NONE}, 16, FATE_BAD_FRAME},
	{"MT group with an IMSI", {0x13, 0, NO_REASON, KEY_ID, IMSI_15}, 16, FATE_BAD_FRAME},
	{"MT group with HOLD", {0x13, 0x02, NO_REASON, KEY_ID, IMSI_NONE}, 16, FATE_BAD_FRAME},
	{"MT group with bit 2", {0x13, 0x04, NO_REASON, KEY_ID, IMSI_NONE}, 16, FATE_BAD_FRAME},
	{"MT group with a reason", {0x13, 0, 0, 2, KEY_ID, IMSI_NONE}, 16, FATE_BAD_FRAME},
	/* clang-format on */
};

static void each_core_frame_has_its_fate(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(core_frames) / sizeof(core_frames[0]); i++) {
		uint8_t *frame = malloc(core_frames[i].len + 1);

		memcpy(frame, core_frames[i].frame, core_frames[i].len);
		if (parse_core(frame, core_frames[i].len) != core_frames[i].want)
			fail_msg("%s", core_frames[i].what);
		free(frame);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_frames_give_their_payload),
		cmocka_unit_test(a_frame_cut_anywhere_is_not_ip_or_bad_ip),
		cmocka_unit_test(each_form_has_its_fate),
		cmocka_unit_test(only_the_first_octets_of_a_long_frame_are_read),
		cmocka_unit_test(every_header_has_its_fate_at_every_length),
		cmocka_unit_test(each_core_frame_has_its_fate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
