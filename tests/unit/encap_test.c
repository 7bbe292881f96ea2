/* sdt.md 1: headers around what the gateway sends, read back octet by octet. */
#include "dataplane/encap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 1600, AT = 100 };

static struct config_side some_side(uint16_t vlan)
{
	struct config_side side = {
		.udp_port = 33868,
		.mac = {2, 0, 0, 0, 1, 1},
		.next_hop_mac = {2, 0, 0, 0, 1, 2},
		.vlan = vlan,
	};

	endpoint_read_address("192.0.2.1", &side.ipv4);
	endpoint_read_address("2001:db8:1::1", &side.ipv6);
	return side;
}

/* RFC 1071 word by word; an odd octet counts as the high half of a word. */
static uint32_t add_words(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint16_t encap_to(const struct config_side *side, const struct endpoint *dst,
			 uint8_t *payload, uint16_t len)
{
	uint8_t next_hop[6];

	encap_static_hop(side, dst, next_hop);
	return encap_write(side, next_hop, dst, payload, len);
}

static const struct {
	const char *what, *dst;
	uint16_t vlan;
	uint8_t mac[6];
} cases[] = {
	/* clang-format off */
	{"IPv4", "10.0.0.7:50000", 0, {2, 0, 0, 0, 1, 2}},
	{"IPv6", "[2001:db8::7]:50000", 0, {2, 0, 0, 0, 1, 2}},
	{"IPv4 with a VLAN", "10.0.0.7:1", 4094, {2, 0, 0, 0, 1, 2}},
	{"IPv6 with a VLAN", "[2001:db8::7]:65535", 1, {2, 0, 0, 0, 1, 2}},
	{"IPv4 multicast (RFC 1112 6.4)", "239.1.2.3:5", 0, {0x01, 0x00, 0x5e, 1, 2, 3}},
	{"the 24th bit is not part of it", "224.129.2.3:5", 7, {0x01, 0x00, 0x5e, 1, 2, 3}},
	{"the last address before multicast", "223.255.255.255:5", 0, {2, 0, 0, 0, 1, 2}},
	{"the first one behind it", "240.0.0.1:5", 0, {2, 0, 0, 0, 1, 2}},
	{"IPv6 multicast (RFC 2464 7)", "[ff3e::8000:1234]:5", 0, {0x33, 0x33, 0x80, 0, 0x12, 0x34}},
	{"IPv6 that only begins so", "[fe80::1]:5", 0, {2, 0, 0, 0, 1, 2}},
	/* clang-format on */
};

/* Reads the frame back and returns an offset to complain about, or 0. */
static size_t check_ip(const uint8_t *ip, const struct config_side *side,
		       const struct endpoint *dst, size_t len)
{
	size_t addr_len = dst->family == 4 ? 4 : 16, head = dst->family == 4 ? 20 : 40;
	const uint8_t *own = dst->family == 4 ? side->ipv4.addr : side->ipv6.addr;
	const uint8_t *udp = ip + head;
	uint8_t pseudo_tail[8] = {0, 0, (uint8_t)((len + 8) >> 8), (uint8_t)(len + 8), 0, 0, 0, 17};
	uint32_t sum;

	if (dst->family == 4) {
		static const uint8_t fixed[] = {0x40, 0, 64, 17}; /* DF, TTL, UDP */

		if (ip[0] != 0x45 || get16(ip + 2) != 28 + len || memcmp(ip + 6, fixed, 4) != 0)
			return 1;
		if (add_words(0, ip, 20) != 0xffff)
			return 10;
	} else if (ip[0] >> 4 != 6 || get16(ip + 4) != 8 + len || ip[6] != 17 || ip[7] != 64) {
		return 1;
	}
	if (memcmp(udp - 2 * addr_len, own, addr_len) != 0 ||
	    memcmp(udp - addr_len, dst->addr, addr_len) != 0)
		return 12;
	if (get16(udp) != side->udp_port || get16(udp + 2) != dst->port ||
	    get16(udp + 4) != 8 + len)
		return head;
	sum = add_words(0, udp - 2 * addr_len, 2 * addr_len);
	sum = add_words(sum, pseudo_tail, sizeof(pseudo_tail));
	if (get16(udp + 6) == 0 || add_words(sum, udp, 8 + len) != 0xffff)
		return head + 6;
	return 0;
}

static void what_is_sent_reads_back(void **state)
{
	static const uint16_t lengths[] = {0, 1, 2, 3, 20, 1357, 1358, 1374};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_side side = some_side(cases[i].vlan);
		struct endpoint dst;

		assert_true(endpoint_read(cases[i].dst, &dst));
		for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
			size_t len = lengths[k], link = cases[i].vlan ? 18 : 14, bad;
			uint8_t buf[ROOM];
			const uint8_t *eth;
			uint16_t head;

			memset(buf, 0xa5, sizeof(buf));
			for (size_t j = 0; j < len; j++)
				buf[AT + j] = (uint8_t)(j * 7 + k);
			head = encap_to(&side, &dst, buf + AT, (uint16_t)len);
			eth = buf + AT - head;
			assert_int_equal(head, link + (dst.family == 4 ? 28 : 48));
			assert_true(head <= ENCAP_MAX);
			assert_memory_equal(eth, cases[i].mac, 6);
			assert_memory_equal(eth + 6, side.mac, 6);
			if (cases[i].vlan) {
				assert_int_equal(get16(eth + 12), 0x8100);
				assert_int_equal(get16(eth + 14), cases[i].vlan);
			}
			assert_int_equal(get16(eth + link - 2), dst.family == 4 ? 0x0800 : 0x86dd);
			bad = check_ip(eth + link, &side, &dst, len);
			if (bad)
				fail_msg("%s, %zu octets: wrong around octet %zu of IP",
					 cases[i].what, len, bad);
			assert_int_equal(eth[-1], 0xa5);
			assert_int_equal(buf[AT + len], 0xa5);
			for (size_t j = 0; j < len; j++)
				assert_int_equal(buf[AT + j], (uint8_t)(j * 7 + k));
		}
	}
}

static void a_checksum_that_comes_out_as_zero_is_sent_as_all_ones(void **state)
{
	struct config_side side = some_side(0);
	struct endpoint dst;
	uint8_t buf[ROOM] = {0};
	unsigned sum;

	(void)state;
	endpoint_read("10.0.0.7:50000", &dst);
	encap_to(&side, &dst, buf + AT, 2);
	/* RFC 768: with its own checksum as payload, the datagram sums up to zero. */
	sum = get16(buf + AT - 2);
	buf[AT] = (uint8_t)(sum >> 8);
	buf[AT + 1] = (uint8_t)sum;
	encap_to(&side, &dst, buf + AT, 2);
	assert_int_equal(get16(buf + AT - 2), 0xffff);
}

static void the_source_of_a_datagram_is_read_before_its_payload(void **state)
{
	struct config_side side = some_side(5);
	struct endpoint dst, src;
	uint8_t buf[ROOM] = {0};

	(void)state;
	endpoint_read("10.0.0.7:50000", &dst);
	encap_to(&side, &dst, buf + AT, 10);
	encap_source(buf + AT, 4, &src);
	side.ipv4.port = 33868;
	assert_true(endpoint_equal(&src, &side.ipv4));
	endpoint_read("[2001:db8::7]:50000", &dst);
	encap_to(&side, &dst, buf + AT, 10);
	encap_source(buf + AT, 6, &src);
	side.ipv6.port = 33868;
	assert_true(endpoint_equal(&src, &side.ipv6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sent_reads_back),
		cmocka_unit_test(a_checksum_that_comes_out_as_zero_is_sent_as_all_ones),
		cmocka_unit_test(the_source_of_a_datagram_is_read_before_its_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
