/* RFC 792, RFC 4443: who asks for an echo by our name gets it, octet by octet, and nobody else. */
#include "dataplane/icmp.h"

#include "tests/unit/octets.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define OWN_MAC "020000000101 "
#define MAC     "0a0b0c0d0e0f "
#define OWN4    "c0000201 "
#define PEER4   "c6336407 "
#define OWN6    "20010db8000100000000000000000001 "
#define LOCAL6  "fe8000000000000000 0000fffe000101 "
#define GROUP6  "ff0200000000000000000001ff000001 "
#define ALL6    "ff020000000000000000000000000001 "
#define PEER6   "20010db8000900000000000000000007 "
#define ECHO4   "08 00 0000 1234 0001 "
#define ECHO6   "80 00 0000 1234 0001 "
#define DATA    "6162636465" /* an odd number of octets */

static struct config_side some_side(uint16_t vlan)
{
	struct config_side side = {.mac = {2, 0, 0, 0, 1, 1}, .vlan = vlan};

	endpoint_read_address("192.0.2.1", &side.ipv4);
	endpoint_read_address("2001:db8:1::1", &side.ipv6);
	return side;
}

/* RFC 1071 word by word; an odd octet counts as the high half of a word. */
static uint16_t sum_of(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *p, unsigned x)
{
	p[0] = (uint8_t)(x >> 8);
	p[1] = (uint8_t)x;
}

/* Writes a packet with its checksums; the text has zeros there. */
static size_t make(const char *text, uint8_t *p)
{
	size_t n = octets(text, p);

	if (p[0] >> 4 == 4 && n >= 24) {
		put16(p + 10, sum_of(0, p, 20));
		put16(p + 22, sum_of(0, p + 20, n - 20));
	} else if (p[0] >> 4 == 6 && n >= 44) {
		put16(p + 42, sum_of((uint32_t)(n - 40) + 58, p + 8, n - 8));
	}
	return n;
}

static const struct {
	const char *what, *packet;
	int want; /* 1: an answer */
} cases[] = {
	/* clang-format off */
	{"an echo", "4500 0021 abcd 4000 3f 01 0000 " PEER4 OWN4 ECHO4 DATA, 1},
	{"an empty one", "4500 001c abcd 0000 01 01 0000 " PEER4 OWN4 ECHO4, 1},
	{"an echo by IPv6", "60000000 000d 3a 3f " PEER6 OWN6 ECHO6 DATA, 1},
	{"an echo to our link-local address", "60000000 0008 3a ff " PEER6 LOCAL6 ECHO6, 1},
	{"an echo to a group of ours", "60000000 000d 3a 3f " PEER6 ALL6 ECHO6 DATA, -EBADMSG},
	{"an echo to our solicited-node group", "60000000 000d 3a 3f " PEER6 GROUP6 ECHO6 DATA, -EBADMSG},
	{"an echo to another host", "4500 0021 abcd 4000 3f 01 0000 " PEER4 "c0000202" ECHO4 DATA, -EBADMSG},
	{"an echo to IPv4 broadcast", "4500 0021 abcd 4000 3f 01 0000 " PEER4 "ffffffff" ECHO4 DATA, -EBADMSG},
	{"an echo to another host by IPv6", "60000000 000d 3a 3f " PEER6 PEER6 ECHO6 DATA, -EBADMSG},
	{"an echo from our own address", "4500 0021 abcd 4000 3f 01 0000 " OWN4 OWN4 ECHO4 DATA, -EBADMSG},
	{"an echo from our own IPv6 address", "60000000 000d 3a 3f " OWN6 OWN6 ECHO6 DATA, -EBADMSG},
	{"an echo from a group", "4500 0021 abcd 4000 3f 01 0000 " "e0000001" OWN4 ECHO4 DATA, -EBADMSG},
	{"an echo from broadcast", "4500 0021 abcd 4000 3f 01 0000 " "ffffffff" OWN4 ECHO4 DATA, -EBADMSG},
	{"an echo from nobody", "4500 0021 abcd 4000 3f 01 0000 " "00000000" OWN4 ECHO4 DATA, -EBADMSG},
	{"an echo from an IPv6 group", "60000000 000d 3a 3f " ALL6 OWN6 ECHO6 DATA, -EBADMSG},
	{"a fragment", "4500 0021 abcd 2000 3f 01 0000 " PEER4 OWN4 ECHO4 DATA, -EBADMSG},
	{"options", "4600 0024 abcd 4000 3f 01 0000 " PEER4 OWN4 "00000000" ECHO4, -EBADMSG},
	{"UDP", "4500 0021 abcd 4000 3f 11 0000 " PEER4 OWN4 ECHO4 DATA, -EBADMSG},
	{"code 1", "4500 0021 abcd 4000 3f 01 0000 " PEER4 OWN4 "08 01 0000 1234 0001 " DATA, -EBADMSG},
	{"cut within the echo's header", "4500 001a abcd 4000 3f 01 0000 " PEER4 OWN4 "08 00 0000 1234", -EBADMSG},
	{"longer than what is there", "4500 0022 abcd 4000 3f 01 0000 " PEER4 OWN4 ECHO4 DATA, -EBADMSG},
	{"longer than what is there by IPv6", "60000000 000e 3a 3f " PEER6 OWN6 ECHO6 DATA, -EBADMSG},
	{"an answer", "4500 0021 abcd 4000 3f 01 0000 " PEER4 OWN4 "00 00 0000 1234 0001 " DATA, 0},
	{"unreachable", "4500 0021 abcd 4000 3f 01 0000 " PEER4 OWN4 "03 03 0000 0000 0000 " DATA, 0},
	{"a time stamp", "4500 0021 abcd 4000 3f 01 0000 " PEER4 OWN4 "0d 00 0000 0000 0000 " DATA, 0},
	{"an answer by IPv6", "60000000 000d 3a 3f " PEER6 OWN6 "81 00 0000 1234 0001 " DATA, 0},
	{"packet too big", "60000000 000d 3a 3f " PEER6 OWN6 "02 00 0000 00000500 " DATA, 0},
	{"a listener query to all", "60000000 000d 3a 01 " PEER6 ALL6 "82 00 0000 1234 0001 " DATA, 0},
	/* clang-format on */
};

static int answer(const struct config_side *s, const uint8_t *p, size_t n, uint8_t *out)
{
	uint8_t mac[6];

	octets(MAC, mac);
	return p[0] >> 4 == 4 ? icmp_answer4(s, mac, p, n, out) : icmp_answer6(s, mac, p, n, out);
}

static void only_an_echo_to_one_of_our_addresses_is_answered(void **state)
{
	struct config_side side = some_side(0);
	uint8_t p[128], out[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = make(cases[i].packet, p);
		int got = answer(&side, p, n, out);

		if ((got > 0 ? 1 : got) != cases[i].want)
			fail_msg("%s: %d", cases[i].what, got);
		if (got > 0)
			assert_int_equal(got, 14 + n);
		p[n - 1] ^= 1; /* the last octet of payload: the checksum is wrong */
		assert_int_equal(answer(&side, p, n, out), -EBADMSG);
		p[n - 1] ^= 1;
		for (size_t k = 0; k < n; k++)
			assert_int_equal(answer(&side, p, k, out), -EBADMSG);
	}
}

static void the_answer_stands_octet_by_octet(void **state)
{
	static const struct {
		const char *what, *asked, *head, *answered;
		uint16_t vlan;
	} said[] = {
		/* clang-format off */
		{"IPv4", "45a8 0021 abcd 4000 3f 01 0000 " PEER4 OWN4 ECHO4 DATA "ffffff",
		 MAC OWN_MAC "0800", "45a8 0021 0000 4000 40 01 0000 " OWN4 PEER4 "00 00 0000 1234 0001 " DATA, 0},
		{"IPv4 with a VLAN", "4500 0021 abcd 0000 3f 01 0000 " PEER4 OWN4 ECHO4 DATA,
		 MAC OWN_MAC "8100 0ffe 0800", "4500 0021 0000 4000 40 01 0000 " OWN4 PEER4 "00 00 0000 1234 0001 " DATA, 0xffe},
		{"IPv6", "6000beef 000d 3a 3f " PEER6 OWN6 ECHO6 DATA,
		 MAC OWN_MAC "86dd", "6000beef 000d 3a 40 " OWN6 PEER6 "81 00 0000 1234 0001 " DATA, 0},
		{"IPv6 with a VLAN", "60000000 000d 3a 3f " PEER6 LOCAL6 ECHO6 DATA,
		 MAC OWN_MAC "8100 0001 86dd", "60000000 000d 3a 40 " LOCAL6 PEER6 "81 00 0000 1234 0001 " DATA, 1},
		/* clang-format on */
	};
	uint8_t asked[128], out[256], want[256];

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		struct config_side side = some_side(said[i].vlan);
		size_t n = octets(said[i].asked, asked), real, head = octets(said[i].head, want);

		/* Padding is behind what the checksum covers. */
		real = asked[0] >> 4 == 4 ? asked[3] : 40U + asked[5];
		assert_true(real <= n);
		make(said[i].asked, asked);
		if (asked[0] >> 4 == 4) {
			put16(asked + 22, 0);
			put16(asked + 22, sum_of(0, asked + 20, real - 20));
		}
		n = (size_t)answer(&side, asked, n, out);
		assert_int_equal(n, head + make(said[i].answered, want + head));
		if (memcmp(out, want, n) != 0)
			fail_msg("%s", said[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_an_echo_to_one_of_our_addresses_is_answered),
		cmocka_unit_test(the_answer_stands_octet_by_octet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
