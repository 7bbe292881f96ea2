/* RFC 4861: what solicitations and advertisements tell, and what is said, octet by octet. */
#include "dataplane/nd.h"

#include "tests/unit/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define OWN_MAC         "020000000101 "
#define OWN             "20010db8000100000000000000000001 "
#define OWN_LOCAL       "fe800000000000000000 00fffe000101 " /* ::0:00ff:fe00:101 of the MAC above */
#define OWN_GROUP       "ff0200000000000000000001ff000001 "
#define OWN_LOCAL_GROUP "ff0200000000000000000001ff000101 "
#define PEER            "20010db8000100000000000000000007 "
#define PEER_GROUP      "ff0200000000000000000001ff000007 "
#define PEER_LOCAL      "fe800000000000000000000000000007 "
#define NONE            "00000000000000000000000000000000 "
#define ALL             "ff020000000000000000000000000001 "
#define LOOPBACK        "00000000000000000000000000000001 "
#define MAC             "0a0b0c0d0e0f "
#define LINK_MAC        "0a0a0a0a0a0a "
#define GROUP_MAC       "0b0b0c0d0e0f "

#define IP32      "60000000 0020 3a ff " /* payload of 32 octets, ICMPv6, hop limit 255 */
#define IP24      "60000000 0018 3a ff "
#define IP40      "60000000 0028 3a ff "
#define NS        "87 00 0000 00000000 "
#define NA(flags) "88 00 0000 " flags "000000 "
#define SLLA      "01 01 "
#define TLLA      "02 01 "

enum { CHECKSUM_AT = 42, DEFAULT = 0, WRONG_SUM = 1 };

static struct config_side some_side(uint16_t vlan)
{
	struct config_side side = {.mac = {2, 0, 0, 0, 1, 1}, .vlan = vlan, .ipv6_prefix = 64};

	endpoint_read_address("2001:db8:1::1", &side.ipv6);
	return side;
}

/* RFC 4443 2.3, word by word. */
static unsigned checksum_of(const uint8_t *packet, size_t n)
{
	uint32_t sum = (uint32_t)(n - 40) + 58;

	for (size_t i = 8; i < n; i++)
		sum += i % 2 ? packet[i] : (uint32_t)packet[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static const struct {
	const char *what, *packet;
	enum heard_kind kind;
	const char *who; /* NULL: nobody */
	bool told, solicited;
} cases[] = {
	/* clang-format off */
	{"a question for our address", IP32 PEER OWN_GROUP NS OWN SLLA MAC,
	 HEARD_QUESTION, PEER, true, false},
	{"a question to us by name", IP32 PEER OWN NS OWN SLLA MAC, HEARD_QUESTION, PEER, true, false},
	{"a question to us by name, without an Ethernet address", IP24 PEER OWN NS OWN,
	 HEARD_QUESTION, PEER, false, false},
	{"a question for our link-local address", IP32 PEER_LOCAL OWN_LOCAL_GROUP NS OWN_LOCAL SLLA MAC,
	 HEARD_QUESTION, PEER_LOCAL, true, false},
	{"another option before", IP40 PEER OWN_GROUP NS OWN "0e01010203040506" SLLA MAC,
	 HEARD_QUESTION, PEER, true, false},
	{"a probe for our address", IP24 NONE OWN_GROUP NS OWN, HEARD_QUESTION, NULL, false, false},
	{"a probe with an Ethernet address (7.1.1)", IP32 NONE OWN_GROUP NS OWN SLLA MAC,
	 HEARD_BAD, NULL, true, false},
	{"a probe to another group (7.1.1)", IP24 NONE ALL NS OWN, HEARD_BAD, NULL, false, false},
	{"a question for somebody else", IP32 PEER PEER_GROUP NS PEER_LOCAL SLLA MAC,
	 HEARD_NOTHING, PEER, true, false},
	{"a question for a group", IP32 PEER OWN_GROUP NS OWN_GROUP SLLA MAC, HEARD_BAD, NULL, false, false},
	{"a question from a group", IP32 ALL OWN_GROUP NS OWN SLLA MAC, HEARD_BAD, NULL, true, false},
	{"a question from loopback", IP32 LOOPBACK OWN_GROUP NS OWN SLLA MAC, HEARD_BAD, NULL, true, false},
	{"a question from our address", IP32 OWN PEER_GROUP NS PEER SLLA MAC, HEARD_CLAIM, NULL, true, false},
	{"our own question, back again", IP32 OWN PEER_GROUP NS PEER SLLA OWN_MAC,
	 HEARD_NOTHING, NULL, true, false},
	{"an answer to us", IP32 PEER OWN NA("60") PEER TLLA MAC, HEARD_ANSWER, PEER, true, true},
	{"an answer without an Ethernet address", IP24 PEER OWN NA("60") PEER,
	 HEARD_ANSWER, PEER, false, true},
	{"a router's answer from another address of its own", IP32 PEER_LOCAL OWN NA("e0") PEER TLLA MAC,
	 HEARD_ANSWER, PEER, true, true},
	{"an announcement", IP32 PEER ALL NA("20") PEER TLLA MAC, HEARD_ANSWER, PEER, true, false},
	{"an answer to a group (7.1.2)", IP32 PEER ALL NA("60") PEER TLLA MAC, HEARD_BAD, NULL, true, true},
	{"an advertisement from no address", IP32 NONE ALL NA("20") PEER TLLA MAC, HEARD_BAD, NULL, true, false},
	{"an advertisement of a group", IP32 PEER ALL NA("20") ALL TLLA MAC, HEARD_BAD, NULL, false, false},
	{"a claim on our address", IP32 PEER ALL NA("20") OWN TLLA MAC, HEARD_CLAIM, NULL, true, false},
	{"a claim on our link-local address", IP32 OWN_LOCAL ALL NA("20") OWN_LOCAL TLLA MAC,
	 HEARD_CLAIM, NULL, true, false},
	{"our own advertisement, back again", IP32 OWN ALL NA("20") OWN TLLA OWN_MAC,
	 HEARD_NOTHING, NULL, true, false},
	{"a router advertisement", "60000000 0010 3a ff " PEER_LOCAL ALL "86 00 0000 40 00 0708 00000000 00000000",
	 HEARD_NOTHING, NULL, false, false},
	{"a redirect", IP32 PEER OWN "89 00 0000 00000000 " PEER TLLA MAC, HEARD_NOTHING, NULL, false, false},
	{"hop limit 254: from beyond the link", "60000000 0020 3a fe " PEER OWN_GROUP NS OWN SLLA MAC,
	 HEARD_BAD, NULL, false, false},
	{"code 1", IP32 PEER OWN_GROUP "87 01 0000 00000000 " OWN SLLA MAC, HEARD_BAD, NULL, false, false},
	{"one octet short", IP24 PEER OWN_GROUP NS "20010db80001000000000000000000", HEARD_BAD, NULL, false, false},
	{"longer than what is there", IP32 PEER OWN_GROUP NS OWN SLLA "0a0b0c0d0e", HEARD_BAD, NULL, false, false},
	{"an option of no length", IP32 PEER OWN_GROUP NS OWN "01 00 " MAC, HEARD_BAD, NULL, false, false},
	{"an option beyond the end", IP32 PEER OWN_GROUP NS OWN "0e 02 " MAC, HEARD_BAD, NULL, false, false},
	{"half an option", "60000000 001c 3a ff " PEER OWN_GROUP NS OWN "01010a0b", HEARD_BAD, NULL, false, false},
	{"an Ethernet address of 14 octets", IP40 PEER OWN_GROUP NS OWN "01 02 " MAC "0000000000000000",
	 HEARD_BAD, NULL, false, false},
	{"a group's Ethernet address", IP32 PEER OWN_GROUP NS OWN SLLA GROUP_MAC, HEARD_BAD, NULL, false, false},
	{"another next header", "60000000 0020 11 ff " PEER OWN_GROUP NS OWN SLLA MAC, HEARD_BAD, NULL, false, false},
	{"another version", "40000000 0020 3a ff " PEER OWN_GROUP NS OWN SLLA MAC, HEARD_BAD, NULL, false, false},
	/* clang-format on */
};

/* Writes the packet with its checksum; the text has none. */
static size_t make(const char *text, uint8_t *p)
{
	size_t n = octets(text, p);
	unsigned sum;

	if (n <= CHECKSUM_AT + 1)
		return n;
	sum = checksum_of(p, n);
	p[CHECKSUM_AT] = (uint8_t)(sum >> 8);
	p[CHECKSUM_AT + 1] = (uint8_t)sum;
	return n;
}

static void a_message_tells_what_it_says_and_no_more(void **state)
{
	struct config_side side = some_side(0);
	uint8_t p[128], link[6], mac[6], who[16];

	(void)state;
	octets(LINK_MAC, link);
	octets(MAC, mac);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard h = nd_read(&side, link, p, make(cases[i].packet, p));

		if (h.kind != cases[i].kind || (h.who.family == 6) != (cases[i].who != NULL) ||
		    h.told != cases[i].told || h.solicited != cases[i].solicited)
			fail_msg("%s: %u %u %u %u", cases[i].what, h.kind, h.who.family, h.told,
				 h.solicited);
		if (cases[i].who) {
			octets(cases[i].who, who);
			assert_memory_equal(h.who.addr, who, 16);
			assert_memory_equal(h.mac, h.told ? mac : link, 6);
		}
	}
}

static void a_wrong_checksum_or_a_cut_end_is_bad(void **state)
{
	struct config_side side = some_side(0);
	uint8_t p[128], link[6] = {2};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = make(cases[i].packet, p);

		if (p[40] != 0x87 && p[40] != 0x88)
			continue; /* looked at no further */
		p[CHECKSUM_AT] ^= 1;
		assert_int_equal(nd_read(&side, link, p, n).kind, HEARD_BAD);
		p[CHECKSUM_AT] ^= 1;
		for (size_t k = 0; k < n; k++)
			assert_int_equal(nd_read(&side, link, p, k).kind, HEARD_BAD);
	}
}

static void padding_behind_the_packet_is_not_looked_at(void **state)
{
	struct config_side side = some_side(0);
	uint8_t p[128] = {0}, link[6] = {2};
	size_t n = make(IP32 PEER OWN_GROUP NS OWN SLLA MAC, p);

	(void)state;
	memset(p + n, 0xff, sizeof(p) - n);
	assert_int_equal(nd_read(&side, link, p, sizeof(p)).kind, HEARD_QUESTION);
}

static void without_an_ipv6_address_nothing_is_for_us(void **state)
{
	struct config_side side = {.mac = {2, 0, 0, 0, 1, 1}};
	uint8_t p[128], link[6] = {2};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard h = nd_read(&side, link, p, make(cases[i].packet, p));

		assert_true(h.kind == HEARD_BAD || h.kind == HEARD_NOTHING);
	}
}

static void check_frame(const uint8_t *frame, size_t n, const char *link, const char *packet)
{
	uint8_t w[128];
	size_t head = octets(link, w), len = make(packet, w + head);

	assert_int_equal(n, head + len);
	assert_memory_equal(frame, w, n);
}

static void what_is_said_stands_octet_by_octet(void **state)
{
	struct config_side side = some_side(0), tagged = some_side(0x123);
	uint8_t p[128], out[ND_FRAME], link[6], mac[6];
	struct endpoint peer, local;
	struct heard h, probe;

	(void)state;
	octets(LINK_MAC, link);
	octets(MAC, mac);
	endpoint_read_address("2001:db8:1::7", &peer);
	endpoint_read_address("fe80::7", &local);
	h = nd_read(&side, link, p, make(IP32 PEER OWN_GROUP NS OWN SLLA MAC, p));
	probe = nd_read(&side, link, p, make(IP24 NONE OWN_GROUP NS OWN, p));
	check_frame(out, nd_answer(&side, &h, out), MAC OWN_MAC "86dd",
		    IP32 OWN PEER NA("60") OWN TLLA OWN_MAC);
	check_frame(out, nd_answer(&tagged, &h, out), MAC OWN_MAC "8100 0123 86dd",
		    IP32 OWN PEER NA("60") OWN TLLA OWN_MAC);
	check_frame(out, nd_answer(&side, &probe, out), "333300000001" OWN_MAC "86dd",
		    IP32 OWN ALL NA("20") OWN TLLA OWN_MAC);
	h = nd_read(&side, link, p, make(IP24 PEER_LOCAL OWN_LOCAL NS OWN_LOCAL, p));
	check_frame(out, nd_answer(&side, &h, out), LINK_MAC OWN_MAC "86dd",
		    IP32 OWN_LOCAL PEER_LOCAL NA("60") OWN_LOCAL TLLA OWN_MAC);
	check_frame(out, nd_ask(&side, &peer, NULL, out), "3333ff000007" OWN_MAC "86dd",
		    IP32 OWN PEER_GROUP NS PEER SLLA OWN_MAC);
	check_frame(out, nd_ask(&side, &local, NULL, out), "3333ff000007" OWN_MAC "86dd",
		    IP32 OWN_LOCAL PEER_GROUP NS PEER_LOCAL SLLA OWN_MAC);
	check_frame(out, nd_ask(&tagged, &peer, mac, out), MAC OWN_MAC "8100 0123 86dd",
		    IP32 OWN PEER NS PEER SLLA OWN_MAC);
	check_frame(out, nd_announce(&side, out), "333300000001" OWN_MAC "86dd",
		    IP32 OWN ALL NA("20") OWN TLLA OWN_MAC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_tells_what_it_says_and_no_more),
		cmocka_unit_test(a_wrong_checksum_or_a_cut_end_is_bad),
		cmocka_unit_test(padding_behind_the_packet_is_not_looked_at),
		cmocka_unit_test(without_an_ipv6_address_nothing_is_for_us),
		cmocka_unit_test(what_is_said_stands_octet_by_octet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
