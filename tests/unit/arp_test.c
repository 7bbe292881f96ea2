/* RFC 826, RFC 5227: what ARP tells, and what is said, octet by octet. */
#include "dataplane/arp.h"

#include "tests/unit/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define OWN_MAC "020000000101"
#define OWN     "c0000201" /* 192.0.2.1 */
#define PEER    "c0000207 "
#define MAC     "0a0b0c0d0e0f "
#define HEAD    "0001 0800 06 04 "
#define ASKS    HEAD "0001 "
#define SAYS    HEAD "0002 "
#define NO_MAC  "000000000000 "

static struct config_side some_side(uint16_t vlan)
{
	struct config_side side = {.mac = {2, 0, 0, 0, 1, 1}, .vlan = vlan, .ipv4_prefix = 24};

	endpoint_read_address("192.0.2.1", &side.ipv4);
	return side;
}

static const struct {
	const char *what, *packet;
	enum heard_kind kind;
	bool who, solicited;
} cases[] = {
	/* clang-format off */
	{"a question for us", ASKS MAC PEER NO_MAC OWN, HEARD_QUESTION, true, false},
	{"a question with padding", ASKS MAC PEER NO_MAC OWN "000000", HEARD_QUESTION, true, false},
	{"a question that names us to ask whether we are still there",
	 ASKS MAC PEER OWN_MAC OWN, HEARD_QUESTION, true, false},
	{"a probe for our address (RFC 5227 2.1)", ASKS MAC "00000000" NO_MAC OWN, HEARD_QUESTION, false, false},
	{"a probe for another address", ASKS MAC "00000000" NO_MAC PEER, HEARD_NOTHING, false, false},
	{"a question for somebody else", ASKS MAC PEER NO_MAC "c0000203", HEARD_NOTHING, true, false},
	{"an announcement (RFC 5227 2.3)", ASKS MAC PEER NO_MAC PEER, HEARD_ANSWER, true, false},
	{"an announcement as a reply", SAYS MAC PEER MAC PEER, HEARD_ANSWER, true, false},
	{"an answer to us", SAYS MAC PEER OWN_MAC OWN, HEARD_ANSWER, true, true},
	{"an answer to our IP address and another Ethernet address", SAYS MAC PEER MAC OWN, HEARD_ANSWER, true, false},
	{"an answer to somebody else", SAYS MAC PEER MAC "c0000203", HEARD_ANSWER, true, false},
	{"a claim on our address by question", ASKS MAC OWN NO_MAC PEER, HEARD_CLAIM, false, false},
	{"a claim on our address by announcement", ASKS MAC OWN NO_MAC OWN, HEARD_CLAIM, false, false},
	{"a claim on our address by answer", SAYS MAC OWN OWN_MAC OWN, HEARD_CLAIM, false, false},
	{"our own announcement, back again", ASKS OWN_MAC OWN NO_MAC OWN, HEARD_NOTHING, false, false},
	{"our Ethernet address with another IP address", ASKS OWN_MAC PEER NO_MAC OWN, HEARD_NOTHING, false, false},
	{"nothing", "", HEARD_BAD, false, false},
	{"one octet short", ASKS MAC PEER NO_MAC "c00002", HEARD_BAD, false, false},
	{"another hardware", "0006 0800 06 04 0001" MAC PEER NO_MAC OWN, HEARD_BAD, false, false},
	{"another protocol", "0001 86dd 06 04 0001" MAC PEER NO_MAC OWN, HEARD_BAD, false, false},
	{"hardware addresses of 7 octets", "0001 0800 07 04 0001" MAC PEER NO_MAC OWN, HEARD_BAD, false, false},
	{"protocol addresses of 16 octets", "0001 0800 06 10 0001" MAC PEER NO_MAC OWN, HEARD_BAD, false, false},
	{"from a group's Ethernet address", ASKS "0b0b0c0d0e0f" PEER NO_MAC OWN, HEARD_BAD, false, false},
	{"from broadcast", SAYS "ffffffffffff" PEER OWN_MAC OWN, HEARD_BAD, false, false},
	{"from no Ethernet address", SAYS NO_MAC PEER OWN_MAC OWN, HEARD_BAD, false, false},
	{"from a multicast address", SAYS MAC "e0000001" OWN_MAC OWN, HEARD_BAD, false, false},
	{"from loopback", SAYS MAC "7f000001" OWN_MAC OWN, HEARD_BAD, false, false},
	{"from IPv4 broadcast", ASKS MAC "ffffffff" NO_MAC OWN, HEARD_BAD, false, false},
	{"operation 0", HEAD "0000" MAC PEER NO_MAC OWN, HEARD_NOTHING, false, false},
	{"reverse ARP", HEAD "0003" MAC PEER NO_MAC OWN, HEARD_NOTHING, false, false},
	/* clang-format on */
};

static void a_packet_tells_what_it_says_and_no_more(void **state)
{
	struct config_side side = some_side(0);
	uint8_t p[64], mac[6];
	struct endpoint peer;

	(void)state;
	octets(MAC, mac);
	endpoint_read_address("192.0.2.7", &peer);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard h = arp_read(&side, p, octets(cases[i].packet, p));

		if (h.kind != cases[i].kind || h.solicited != cases[i].solicited ||
		    (h.who.family == 4) != cases[i].who)
			fail_msg("%s", cases[i].what);
		if (cases[i].who) {
			assert_true(endpoint_equal(&h.who, &peer));
			assert_memory_equal(h.mac, mac, 6);
			assert_true(h.told);
		}
		if (h.kind == HEARD_QUESTION)
			assert_true(endpoint_equal(&h.ours, &side.ipv4));
	}
}

static void without_an_ipv4_address_nothing_is_for_us(void **state)
{
	struct config_side side = {.mac = {2, 0, 0, 0, 1, 1}};
	uint8_t p[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard h = arp_read(&side, p, octets(cases[i].packet, p));

		assert_true(h.kind == HEARD_BAD || h.kind == HEARD_NOTHING);
	}
}

static void check_frame(const uint8_t *frame, size_t n, const char *want)
{
	uint8_t w[64];

	assert_int_equal(n, octets(want, w));
	assert_memory_equal(frame, w, n);
}

static void what_is_said_stands_octet_by_octet(void **state)
{
	struct config_side side = some_side(0), tagged = some_side(0x123);
	uint8_t p[64], out[ARP_FRAME], mac[6];
	struct heard h = arp_read(&side, p, octets(ASKS MAC PEER NO_MAC OWN, p));
	struct heard probe = arp_read(&side, p, octets(ASKS MAC "00000000" NO_MAC OWN, p));
	struct endpoint peer;

	(void)state;
	octets(MAC, mac);
	endpoint_read_address("192.0.2.7", &peer);
	check_frame(out, arp_answer(&side, &h, out), MAC OWN_MAC "0806" SAYS OWN_MAC OWN MAC PEER);
	check_frame(out, arp_answer(&tagged, &h, out),
		    MAC OWN_MAC "8100 0123 0806" SAYS OWN_MAC OWN MAC PEER);
	check_frame(out, arp_answer(&side, &probe, out),
		    MAC OWN_MAC "0806" SAYS OWN_MAC OWN MAC "00000000");
	check_frame(out, arp_ask(&side, &peer, NULL, out),
		    "ffffffffffff" OWN_MAC "0806" ASKS OWN_MAC OWN NO_MAC PEER);
	check_frame(out, arp_ask(&side, &peer, mac, out),
		    MAC OWN_MAC "0806" ASKS OWN_MAC OWN NO_MAC PEER);
	check_frame(out, arp_announce(&tagged, out),
		    "ffffffffffff" OWN_MAC "8100 0123 0806" ASKS OWN_MAC OWN NO_MAC OWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_tells_what_it_says_and_no_more),
		cmocka_unit_test(without_an_ipv4_address_nothing_is_for_us),
		cmocka_unit_test(what_is_said_stands_octet_by_octet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
