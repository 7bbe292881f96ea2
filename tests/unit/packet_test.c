/* Frames of every link type taken apart: RFC 791, 8200, 768, 9293; IEEE 802.1Q. */
#include "pcap/packet.h"

#include "crypto/bytes.h"
#include "dataplane/api/inet.h"
#include "pcap/build.h"

#include <pcap/dlt.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint8_t payload[5] = {'h', 'e', 'l', 'l', 'o'};

static struct route route(uint8_t family, uint16_t vlan)
{
	struct route r = {.src_mac = {2, 0, 0, 0, 0, 1},
			  .dst_mac = {2, 0, 0, 0, 0, 2},
			  .vlan = vlan,
			  .src = {.family = family, .port = 1111, .addr = {10, 0, 0, 1}},
			  .dst = {.family = family, .port = 2222, .addr = {10, 0, 0, 2}}};

	if (family == 6) {
		r.src.addr[15] = 1;
		r.dst.addr[15] = 2;
	}
	return r;
}

static size_t udp(uint8_t family, uint16_t vlan, uint8_t *out)
{
	struct route r = route(family, vlan);

	return build_udp(&r, payload, sizeof(payload), out);
}

static enum packet_kind kind_of(int link, const uint8_t *frame, size_t n)
{
	struct packet p;

	packet_read(&p, link, frame, n);
	return p.kind;
}

static void assert_hello(int link, const uint8_t *frame, size_t n, uint8_t family)
{
	struct packet p;
	struct route want = route(family, 0);

	packet_read(&p, link, frame, n);
	assert_int_equal(p.kind, PACKET_UDP);
	assert_true(endpoint_equal(&p.src, &want.src));
	assert_true(endpoint_equal(&p.dst, &want.dst));
	assert_int_equal(p.len, sizeof(payload));
	assert_memory_equal(p.payload, payload, sizeof(payload));
}

static void what_is_built_is_read_back(void **state)
{
	static const struct {
		uint8_t family;
		uint16_t vlan;
		size_t head;
	} cases[] = {{4, 0, 42}, {4, 7, 46}, {6, 0, 62}, {6, 4094, 66}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t frame[256];
		size_t n = udp(cases[i].family, cases[i].vlan, frame);
		struct packet p;
		struct route back, want = route(cases[i].family, cases[i].vlan);

		assert_int_equal(n, cases[i].head + sizeof(payload));
		assert_int_equal(n, build_head_len(&want) + sizeof(payload));
		assert_hello(DLT_EN10MB, frame, n, cases[i].family);
		packet_read(&p, DLT_EN10MB, frame, n);
		assert_int_equal(p.vlan, cases[i].vlan);
		back = route_of(&p);
		assert_memory_equal(back.src_mac, want.src_mac, 6);
		assert_memory_equal(back.dst_mac, want.dst_mac, 6);
	}
}

static void built_checksums_are_right(void **state)
{
	uint8_t frame[256];
	size_t n = udp(4, 0, frame);

	(void)state;
	assert_int_equal(be16_get(inet_fold(inet_add(0, frame + 14, 20))), 0);
	assert_int_equal(be16_get(inet_fold(inet_add(
				 inet_pseudo(frame + 26, frame + 30, 4, IP_UDP, (uint32_t)(n - 34)),
				 frame + 34, n - 34))),
			 0);
	n = udp(6, 0, frame);
	assert_int_equal(be16_get(inet_fold(inet_add(inet_pseudo(frame + 22, frame + 38, 16, IP_UDP,
								 (uint32_t)(n - 54)),
						     frame + 54, n - 54))),
			 0);
}

static void every_link_type_is_read(void **state)
{
	static const struct {
		const char *what;
		int link;
		uint8_t head[32];
		size_t head_len;
		uint8_t family;
	} cases[] = {
		{"Ethernet", DLT_EN10MB, {[12] = 0x08, 0x00}, 14, 4},
		{"one tag", DLT_EN10MB, {[12] = 0x81, 0, 0, 5, 0x86, 0xdd}, 18, 6},
		{"two tags", DLT_EN10MB, {[12] = 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0}, 22, 4},
		{"cooked", DLT_LINUX_SLL, {[14] = 0x08, 0x00}, 16, 4},
		{"cooked, tagged", DLT_LINUX_SLL, {[14] = 0x81, 0x00, 0, 5, 0x86, 0xdd}, 20, 6},
		{"cooked 2", DLT_LINUX_SLL2, {0x86, 0xdd}, 20, 6},
		{"raw IPv4", DLT_RAW, {0}, 0, 4},
		{"raw IPv6", DLT_RAW, {0}, 0, 6},
		{"IPv4", DLT_IPV4, {0}, 0, 4},
		{"IPv6", DLT_IPV6, {0}, 0, 6},
		{"null, little endian", DLT_NULL, {2, 0, 0, 0}, 4, 4},
		{"null, big endian", DLT_NULL, {0, 0, 0, 2}, 4, 4},
		{"null, IPv6 of one system", DLT_NULL, {24, 0, 0, 0}, 4, 6},
		{"null, IPv6 of another", DLT_NULL, {0, 0, 0, 30}, 4, 6},
		{"loop", DLT_LOOP, {0, 0, 0, 24}, 4, 6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t ether[256], frame[256];
		size_t n = udp(cases[i].family, 0, ether) - 14;

		assert_true(packet_link_known(cases[i].link));
		memcpy(frame, cases[i].head, cases[i].head_len);
		memcpy(frame + cases[i].head_len, ether + 14, n);
		n += cases[i].head_len;
		if (kind_of(cases[i].link, frame, n) != PACKET_UDP)
			fail_msg("not read: %s", cases[i].what);
		assert_hello(cases[i].link, frame, n, cases[i].family);
		/* Cut anywhere, it is no UDP any more; nothing beyond is read. */
		for (size_t cut = 0; cut < n; cut++) {
			enum packet_kind k = kind_of(cases[i].link, frame, cut);

			if (k != PACKET_NOT_IP && k != PACKET_BROKEN)
				fail_msg("%s, cut to %zu: %s", cases[i].what, cut,
					 packet_kind_text(k));
		}
	}
	assert_false(packet_link_known(DLT_IEEE802_11));
}

/* Puts n octets into a frame at `at`. */
static size_t insert(uint8_t *frame, size_t len, size_t at, const uint8_t *what, size_t n)
{
	memmove(frame + at + n, frame + at, len - at);
	memcpy(frame + at, what, n);
	return len + n;
}

static void ipv4_options_are_passed_over(void **state)
{
	static const uint8_t nops[8] = {1, 1, 1, 1, 1, 1, 1, 0};
	uint8_t frame[256];
	size_t n = insert(frame, udp(4, 0, frame), 14 + 20, nops, sizeof(nops));

	(void)state;
	frame[14] = 0x47;
	frame[14 + 3] += sizeof(nops);
	assert_hello(DLT_EN10MB, frame, n, 4);
	frame[14] = 0x4f; /* longer than the packet */
	assert_int_equal(kind_of(DLT_EN10MB, frame, n), PACKET_BROKEN);
	frame[14] = 0x44; /* shorter than a header */
	assert_int_equal(kind_of(DLT_EN10MB, frame, n), PACKET_BROKEN);
}

static void ipv6_extension_headers_are_passed_over(void **state)
{
	static const struct {
		const char *what;
		uint8_t type;
		uint8_t header[16];
		size_t len;
		enum packet_kind want;
	} cases[] = {
		{"hop by hop", IP_HOP_BY_HOP, {IP_UDP, 0, 1, 4}, 8, PACKET_UDP},
		{"routing", IP_ROUTING, {IP_UDP, 1}, 16, PACKET_UDP},
		{"destination options", IP_DEST_OPTIONS, {IP_UDP, 0, 1, 4}, 8, PACKET_UDP},
		{"mobility", IP_MOBILITY, {IP_UDP, 0}, 8, PACKET_UDP},
		{"AH counts words of four", IP_AH, {IP_UDP, 1}, 12, PACKET_UDP},
		{"two of them",
		 IP_HOP_BY_HOP,
		 {IP_DEST_OPTIONS, 0, [8] = IP_UDP, 0},
		 16,
		 PACKET_UDP},
		{"fragment", IP_FRAGMENT, {IP_UDP, 0, 0, 1}, 8, PACKET_FRAGMENT},
		{"fragment behind options", IP_DEST_OPTIONS, {IP_FRAGMENT, 0}, 8, PACKET_FRAGMENT},
		{"longer than the packet", IP_ROUTING, {IP_UDP, 200}, 16, PACKET_BROKEN},
		{"nothing behind it", IP_HOP_BY_HOP, {59, 0}, 8, PACKET_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t frame[256];
		size_t n = insert(frame, udp(6, 0, frame), 54, cases[i].header, cases[i].len);

		frame[14 + 6] = cases[i].type;
		frame[14 + 5] = (uint8_t)(frame[14 + 5] + cases[i].len);
		if (kind_of(DLT_EN10MB, frame, n) != cases[i].want)
			fail_msg("%s", cases[i].what);
		if (cases[i].want == PACKET_UDP)
			assert_hello(DLT_EN10MB, frame, n, 6);
	}
}

static void frames_without_a_payload_are_named(void **state)
{
	/* One octet of an IPv4/UDP frame is changed. */
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
		enum packet_kind want;
	} cases[] = {
		{"ARP", 13, 0x06, PACKET_NOT_IP},
		{"IP version 5", 14, 0x55, PACKET_BROKEN},
		{"total length beyond the frame", 17, 34, PACKET_BROKEN},
		{"total length below the header", 17, 19, PACKET_BROKEN},
		{"more fragments", 20, 0x20, PACKET_FRAGMENT},
		{"a later fragment", 21, 0x01, PACKET_FRAGMENT},
		{"don't fragment is none", 20, 0x40, PACKET_UDP},
		{"ICMP", 23, IP_ICMP, PACKET_OTHER},
		{"UDP length below its header", 39, 7, PACKET_BROKEN},
		{"UDP length beyond the packet", 39, 14, PACKET_BROKEN},
		{"UDP length short of the packet", 39, 8, PACKET_UDP},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t frame[256];
		size_t n = udp(4, 0, frame);

		frame[cases[i].at] = cases[i].value;
		if (kind_of(DLT_EN10MB, frame, n) != cases[i].want)
			fail_msg("%s: %s", cases[i].what,
				 packet_kind_text(kind_of(DLT_EN10MB, frame, n)));
	}
}

static void padding_of_the_link_is_no_payload(void **state)
{
	uint8_t frame[256];
	size_t n = udp(4, 0, frame);

	(void)state;
	memset(frame + n, 0xaa, 60 - n);
	assert_hello(DLT_EN10MB, frame, 60, 4);
}

static void tcp_payload_starts_at_the_data_offset(void **state)
{
	/* 20 octets of header, 4 of options, 3 of payload. */
	uint8_t frame[14 + 20 + 27] = {[12] = 0x08, 0x00, 0x45, 0, 0, 47, 0, 0, 0, 0, 64, IP_TCP};
	struct packet p;

	(void)state;
	frame[34] = 0x12;
	frame[35] = 0x34;
	frame[46] = 6 << 4;
	memcpy(frame + 58, "abc", 3);
	packet_read(&p, DLT_EN10MB, frame, sizeof(frame));
	assert_int_equal(p.kind, PACKET_TCP);
	assert_int_equal(p.src.port, 0x1234);
	assert_int_equal(p.len, 3);
	assert_memory_equal(p.payload, "abc", 3);
	frame[46] = 4 << 4;
	assert_int_equal(kind_of(DLT_EN10MB, frame, sizeof(frame)), PACKET_BROKEN);
	frame[46] = 7 << 4;
	assert_int_equal(kind_of(DLT_EN10MB, frame, sizeof(frame)), PACKET_BROKEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_built_is_read_back),
		cmocka_unit_test(built_checksums_are_right),
		cmocka_unit_test(every_link_type_is_read),
		cmocka_unit_test(ipv4_options_are_passed_over),
		cmocka_unit_test(ipv6_extension_headers_are_passed_over),
		cmocka_unit_test(frames_without_a_payload_are_named),
		cmocka_unit_test(padding_of_the_link_is_no_payload),
		cmocka_unit_test(tcp_payload_starts_at_the_data_offset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
