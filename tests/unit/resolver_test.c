/* RFC 4861 7.3: how neighbours come to be known and are forgotten, by a clock that the test sets.
 */
#include "dataplane/resolver.h"

#include "crypto/bytes.h"
#include "dataplane/eal.h"

#include <rte_debug.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

enum { ASKED_MAX = 1 << 16, EAL_OCTETS = 64 << 20 };

static const uint8_t mac1[6] = {2, 0, 0, 0, 9, 1}, mac2[6] = {2, 0, 0, 0, 9, 2};

struct setup {
	struct config_side side;
	struct neighbours *n;
	struct resolver *r;
	uint64_t now_ns;
	bool refuse;
	unsigned asked, asked_by_name; /* questions to all, and to one */
	unsigned lost;
	struct endpoint last;
	uint8_t last_mac[6];
};

static bool ask(void *arg, const struct endpoint *who, const uint8_t *mac, bool kept)
{
	struct setup *s = arg;

	(void)kept;
	if (s->refuse)
		return false;
	s->last = *who;
	if (mac) {
		s->asked_by_name++;
		memcpy(s->last_mac, mac, 6);
	} else {
		s->asked++;
	}
	return true;
}

static struct endpoint address(const char *text)
{
	struct endpoint e;

	RTE_VERIFY(endpoint_read_address(text, &e));
	return e;
}

static void start(struct setup *s)
{
	static bool eal;

	if (!eal)
		RTE_VERIFY(eal_start_offline(0, EAL_OCTETS) == 0);
	eal = true;
	*s = (struct setup){
		.now_ns = 1000 * SECOND,
		.side = {.ipv4 = address("192.0.2.1"),
			 .ipv4_prefix = 24,
			 .ipv4_router = address("192.0.2.254"),
			 .ipv6 = address("2001:db8:1::1"),
			 .ipv6_prefix = 64,
			 .ipv6_router = address("fe80::1")},
	};
	s->n = neighbours_create(&s->side, 1);
	RTE_VERIFY(s->n);
	s->r = resolver_create(s->n, ask, s);
	RTE_VERIFY(s->r);
}

static void stop(struct setup *s)
{
	resolver_destroy(s->r);
	neighbours_destroy(s->n);
}

/* Lets time pass, a tenth of a second at a time. */
static void pass(struct setup *s, uint64_t ns)
{
	uint64_t end = s->now_ns + ns;

	while (s->now_ns < end) {
		s->now_ns += SECOND / 10;
		s->lost += resolver_run(s->r, s->now_ns);
	}
}

static bool known_as(struct setup *s, const char *who, const uint8_t *mac)
{
	struct endpoint e = address(who);
	uint8_t found[6] = {0};

	return neighbours_find(s->n, 0, &e, found) && memcmp(found, mac, 6) == 0;
}

/* As a worker does: uses it, and tells what it misses. */
static bool known(struct setup *s, const char *who)
{
	struct endpoint e = address(who), missed;
	uint8_t found[6];
	bool ok = neighbours_find(s->n, 0, &e, found);

	while (neighbours_missed(s->n, 0, &missed))
		resolver_miss(s->r, &missed, s->now_ns);
	return ok;
}

enum { SOLICITED = 1, UNTOLD = 2 };

static enum resolver_news hear(struct setup *s, const char *who, const uint8_t *mac, unsigned flags)
{
	struct heard h = {
		.kind = HEARD_ANSWER,
		.who = address(who),
		.told = !(flags & UNTOLD),
		.solicited = flags & SOLICITED,
	};

	memcpy(h.mac, mac, 6);
	return resolver_hear(s->r, &h, s->now_ns);
}

static void who_is_missed_is_asked_three_times_and_then_left_alone(void **state)
{
	static const char *const who[] = {"192.0.2.7", "2001:db8:1::7", "fe80::7"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct setup s;
		struct endpoint e = address(who[i]);

		start(&s);
		assert_false(known(&s, who[i]));
		assert_int_equal(s.asked, 1); /* at once */
		assert_true(endpoint_equal(&s.last, &e));
		for (unsigned k = 0; k < 100; k++)
			assert_false(known(&s, who[i]));
		assert_int_equal(s.asked, 1);
		pass(&s, SECOND);
		assert_int_equal(s.asked, 2);
		pass(&s, SECOND);
		assert_int_equal(s.asked, 3);
		pass(&s, 10 * SECOND);
		assert_false(known(&s, who[i]));
		assert_int_equal(s.asked, 3);
		pass(&s, 20 * SECOND);
		assert_int_equal(s.asked, 3); /* forgotten; nobody wants it */
		assert_false(known(&s, who[i]));
		assert_int_equal(s.asked, 4);
		assert_int_equal(s.lost, 0); /* it was never found */
		stop(&s);
	}
}

static void an_answer_is_believed_and_asked_for_again_while_it_is_used(void **state)
{
	struct setup s;

	(void)state;
	start(&s);
	known(&s, "192.0.2.7");
	assert_int_equal(hear(&s, "192.0.2.7", mac1, SOLICITED), RESOLVER_LEARNT);
	assert_true(known_as(&s, "192.0.2.7", mac1));
	pass(&s, 29 * SECOND);
	assert_int_equal(s.asked + s.asked_by_name, 1);
	pass(&s, 3 * SECOND / 2); /* it was used: known_as did */
	assert_int_equal(s.asked_by_name, 1);
	assert_memory_equal(s.last_mac, mac1, 6);
	assert_true(known_as(&s, "192.0.2.7", mac1)); /* meanwhile */
	assert_int_equal(hear(&s, "192.0.2.7", mac1, SOLICITED), RESOLVER_CONFIRMED);
	pass(&s, 29 * SECOND);
	assert_int_equal(s.asked_by_name, 1);
	assert_int_equal(s.lost, 0);
	stop(&s);
}

static void who_is_not_used_is_not_asked_and_forgotten_in_the_end(void **state)
{
	struct setup s;

	(void)state;
	start(&s);
	known(&s, "192.0.2.7");
	hear(&s, "192.0.2.7", mac1, SOLICITED);
	neighbours_used(s.n, neighbours_places(s.n, &s.last)); /* the question's own use */
	pass(&s, 500 * SECOND);
	assert_int_equal(s.asked_by_name, 0);
	assert_true(known_as(&s, "192.0.2.7", mac1)); /* still there */
	pass(&s, 3 * SECOND / 2);
	assert_int_equal(s.asked_by_name, 1); /* now it is used */
	hear(&s, "192.0.2.7", mac1, SOLICITED);
	pass(&s, 700 * SECOND);
	assert_false(known_as(&s, "192.0.2.7", mac1));
	assert_int_equal(s.lost, 0);
	stop(&s);
}

static void who_stays_silent_keeps_its_place_until_the_third_question(void **state)
{
	struct setup s;

	(void)state;
	start(&s);
	known(&s, "192.0.2.7");
	hear(&s, "192.0.2.7", mac1, SOLICITED);
	known(&s, "192.0.2.7");
	pass(&s, 30 * SECOND);
	assert_int_equal(s.asked_by_name, 1);
	pass(&s, 2 * SECOND);
	assert_int_equal(s.asked_by_name, 3);
	assert_true(known_as(&s, "192.0.2.7", mac1));
	pass(&s, SECOND);
	assert_int_equal(s.lost, 1);
	assert_int_equal(s.asked, 1);
	assert_false(known(&s, "192.0.2.7"));
	assert_int_equal(s.asked, 2); /* all are asked again */
	stop(&s);
}

static void routers_are_asked_for_ever(void **state)
{
	struct setup s;

	(void)state;
	start(&s);
	resolver_keep(s.r, &s.side.ipv4_router, s.now_ns);
	assert_int_equal(s.asked, 1);
	assert_false(known(&s, "203.0.113.1"));
	pass(&s, 600 * SECOND);
	assert_in_range(s.asked, 200, 600);
	assert_int_equal(hear(&s, "192.0.2.254", mac1, SOLICITED), RESOLVER_LEARNT);
	assert_true(known_as(&s, "203.0.113.1", mac1));
	assert_true(known_as(&s, "192.0.2.254", mac1));
	pass(&s, 61 * SECOND / 2);
	assert_int_equal(s.asked_by_name, 1); /* though nobody used it */
	hear(&s, "192.0.2.254", mac1, SOLICITED);
	s.asked = 0;
	pass(&s, 67 * SECOND / 2); /* silent */
	assert_int_equal(s.lost, 1);
	assert_int_equal(s.asked, 1);
	assert_false(known(&s, "203.0.113.1"));
	hear(&s, "192.0.2.254", mac2, SOLICITED);
	assert_true(known_as(&s, "203.0.113.1", mac2));
	stop(&s);
}

static void nobody_is_learnt_who_was_not_asked_for(void **state)
{
	struct setup s;

	(void)state;
	start(&s);
	assert_int_equal(hear(&s, "192.0.2.7", mac1, 0), RESOLVER_NOTHING);
	assert_int_equal(hear(&s, "192.0.2.7", mac1, SOLICITED), RESOLVER_UNASKED);
	assert_false(known(&s, "192.0.2.7"));
	assert_int_equal(s.asked, 1);
	stop(&s);
}

/* Known as mac1, then something is heard. */
static void nobody_takes_the_place_of_a_neighbour_that_is_there(void **state)
{
	static const struct {
		const char *what;
		const uint8_t *mac;
		unsigned flags;
		bool probed; /* it was being asked again */
		enum resolver_news want;
		const uint8_t *then;
		unsigned asked_by_name; /* two seconds later, while it is used */
	} cases[] = {
		/* clang-format off */
		{"announced where it was", mac1, 0, false, RESOLVER_NOTHING, mac1, 0},
		{"announced elsewhere: asked where it was", mac2, 0, false, RESOLVER_NOTHING, mac1, 1},
		{"an answer nobody asked for, from elsewhere", mac2, SOLICITED, false, RESOLVER_UNASKED, mac1, 1},
		{"one answer more from where it was", mac1, SOLICITED, false, RESOLVER_NOTHING, mac1, 0},
		{"the answer", mac1, SOLICITED, true, RESOLVER_CONFIRMED, mac1, 0},
		{"the answer, without its address", mac2, SOLICITED | UNTOLD, true, RESOLVER_CONFIRMED, mac1, 0},
		{"the answer from elsewhere", mac2, SOLICITED, true, RESOLVER_UNASKED, mac1, 2},
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct setup s;

		start(&s);
		known(&s, "2001:db8:1::7");
		hear(&s, "2001:db8:1::7", mac1, SOLICITED);
		if (cases[i].probed) {
			known(&s, "2001:db8:1::7");
			pass(&s, 30 * SECOND);
			assert_int_equal(s.asked_by_name, 1);
			s.asked_by_name = 0;
		}
		if (hear(&s, "2001:db8:1::7", cases[i].mac, cases[i].flags) != cases[i].want ||
		    !known_as(&s, "2001:db8:1::7", cases[i].then))
			fail_msg("%s", cases[i].what);
		pass(&s, SECOND / 2);
		known(&s, "2001:db8:1::7");
		pass(&s, SECOND / 2 + SECOND / 10);
		if (!cases[i].probed)
			assert_int_equal(s.asked_by_name > 0, cases[i].asked_by_name > 0);
		else
			assert_int_equal(s.asked_by_name > 0, cases[i].asked_by_name > 1);
		stop(&s);
	}
}

static void an_answer_without_an_address_finds_nobody(void **state)
{
	struct setup s;

	(void)state;
	start(&s);
	known(&s, "2001:db8:1::7");
	assert_int_equal(hear(&s, "2001:db8:1::7", mac1, SOLICITED | UNTOLD), RESOLVER_NOTHING);
	assert_false(known(&s, "2001:db8:1::7"));
	stop(&s);
}

static void a_question_that_cannot_go_out_goes_later(void **state)
{
	struct setup s;

	(void)state;
	start(&s);
	s.refuse = true;
	known(&s, "192.0.2.7");
	pass(&s, 60 * SECOND);
	s.refuse = false;
	pass(&s, SECOND / 10);
	assert_int_equal(s.asked, 1);
	stop(&s);
}

static void nobody_asks_for_what_cannot_be_a_neighbour(void **state)
{
	static const char *const who[] = {"192.0.2.1", "203.0.113.1", "2001:db8:1::1",
					  "2001:db8:2::7"};
	struct setup s;

	(void)state;
	start(&s);
	for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
		struct endpoint e = address(who[i]);

		resolver_miss(s.r, &e, s.now_ns);
		resolver_keep(s.r, &e, s.now_ns);
	}
	resolver_keep(s.r, &(struct endpoint){0}, s.now_ns);
	assert_int_equal(s.asked, 0);
	s.side.static_next_hop = true;
	known(&s, "192.0.2.7");
	resolver_keep(s.r, &s.side.ipv4_router, s.now_ns);
	assert_int_equal(s.asked, 0);
	stop(&s);
}

static void a_flood_of_misses_evicts_no_router_and_no_scef(void **state)
{
	struct endpoint kept[34], e = address("2001:db8:1::");
	struct setup s;

	(void)state;
	start(&s);
	for (unsigned i = 0; i < 34; i++) {
		struct heard h = {.told = true, .solicited = true};

		kept[i] = address("2001:db8:1::ff00");
		kept[i].addr[15] = (uint8_t)(i + 1);
		resolver_keep(s.r, &kept[i], s.now_ns);
		h.who = kept[i];
		memcpy(h.mac, mac1, 6);
		h.mac[4] = (uint8_t)i;
		assert_int_equal(resolver_hear(s.r, &h, s.now_ns), RESOLVER_LEARNT);
	}
	for (uint32_t i = 1; i <= 200000; i++) {
		be32 low = be32_of(i);
		struct heard h = {.who = e, .told = true, .solicited = true};

		memcpy(e.addr + 10, low.b, 4);
		resolver_miss(s.r, &e, s.now_ns);
		h.who = e;
		memcpy(h.mac, mac2, 6);
		if (i % 2) /* half of them even answer */
			resolver_hear(s.r, &h, s.now_ns);
		s.now_ns += 1000;
	}
	for (unsigned i = 0; i < 34; i++) {
		uint8_t mac[6];

		assert_true(neighbours_find(s.n, 0, &kept[i], mac));
		assert_int_equal(mac[4], i);
	}
	stop(&s);
}

/* Whoever is only asked for makes room before whoever is known. */
static void misses_make_room_before_neighbours_do(void **state)
{
	struct endpoint e = address("2001:db8:1::");
	unsigned found = 0;
	struct setup s;

	(void)state;
	start(&s);
	for (uint32_t i = 1; i <= 1000; i++) {
		struct heard h = {.told = true, .solicited = true};

		memcpy(e.addr + 10, be32_of(i).b, 4);
		resolver_miss(s.r, &e, s.now_ns);
		h.who = e;
		memcpy(h.mac, mac1, 6);
		resolver_hear(s.r, &h, s.now_ns);
	}
	for (uint32_t i = 0; i < 100000; i++) {
		memcpy(e.addr + 10, be32_of(0x80000000 | i).b, 4);
		resolver_miss(s.r, &e, s.now_ns);
	}
	for (uint32_t i = 1; i <= 1000; i++) {
		uint8_t mac[6];

		memcpy(e.addr + 10, be32_of(i).b, 4);
		found += neighbours_find(s.n, 0, &e, mac);
	}
	assert_in_range(found, 990, 1000); /* 1000 in 512 sets of 8: hardly any set runs over */
	stop(&s);
}

static void a_new_link_is_asked_anew(void **state)
{
	struct setup s;

	(void)state;
	start(&s);
	resolver_keep(s.r, &s.side.ipv4_router, s.now_ns);
	hear(&s, "192.0.2.254", mac1, SOLICITED);
	known(&s, "192.0.2.7");
	pass(&s, 5 * SECOND); /* silent */
	resolver_doubt(s.r, s.now_ns);
	assert_true(known_as(&s, "203.0.113.1", mac1));
	pass(&s, SECOND / 10);
	assert_int_equal(s.asked_by_name, 1);
	s.asked = 0;
	assert_false(known(&s, "192.0.2.7"));
	assert_int_equal(s.asked, 1);
	stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_missed_is_asked_three_times_and_then_left_alone),
		cmocka_unit_test(an_answer_is_believed_and_asked_for_again_while_it_is_used),
		cmocka_unit_test(who_is_not_used_is_not_asked_and_forgotten_in_the_end),
		cmocka_unit_test(who_stays_silent_keeps_its_place_until_the_third_question),
		cmocka_unit_test(routers_are_asked_for_ever),
		cmocka_unit_test(nobody_is_learnt_who_was_not_asked_for),
		cmocka_unit_test(nobody_takes_the_place_of_a_neighbour_that_is_there),
		cmocka_unit_test(an_answer_without_an_address_finds_nobody),
		cmocka_unit_test(a_question_that_cannot_go_out_goes_later),
		cmocka_unit_test(nobody_asks_for_what_cannot_be_a_neighbour),
		cmocka_unit_test(a_flood_of_misses_evicts_no_router_and_no_scef),
		cmocka_unit_test(misses_make_room_before_neighbours_do),
		cmocka_unit_test(a_new_link_is_asked_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
