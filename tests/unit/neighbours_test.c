/* Next hops as workers find them, also while the main thread writes. */
#include "dataplane/neighbours.h"

#include "crypto/bytes.h"
#include "dataplane/eal.h"

#include <rte_debug.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { EAL_OCTETS = 64 << 20, WORKERS = 2 };

static const uint8_t mac1[6] = {2, 0, 0, 0, 9, 1}, mac2[6] = {2, 0, 0, 0, 9, 2};

static struct endpoint address(const char *text)
{
	struct endpoint e;

	RTE_VERIFY(endpoint_read_address(text, &e));
	return e;
}

static struct config_side some_side(unsigned prefix4, unsigned prefix6)
{
	return (struct config_side){
		.ipv4 = address("192.0.2.1"),
		.ipv4_prefix = (uint16_t)prefix4,
		.ipv4_router = address("192.0.2.254"),
		.ipv6 = address("2001:db8:1::1"),
		.ipv6_prefix = (uint16_t)prefix6,
		.ipv6_router = address("fe80::1"),
		.next_hop_mac = {2, 0, 0, 0, 8, 8},
	};
}

static struct neighbours *create(const struct config_side *s)
{
	static bool eal;
	struct neighbours *n;

	if (!eal)
		RTE_VERIFY(eal_start_offline(0, EAL_OCTETS) == 0);
	eal = true;
	n = neighbours_create(s, WORKERS);
	RTE_VERIFY(n);
	return n;
}

static void put(struct neighbours *n, const char *text, const uint8_t *mac)
{
	struct endpoint e = address(text);

	neighbours_put(n, neighbours_places(n, &e), &e, mac);
}

static bool finds(struct neighbours *n, const char *text, const uint8_t *mac)
{
	struct endpoint e = address(text);
	uint8_t found[6];

	return neighbours_find(n, 1, &e, found) && memcmp(found, mac, 6) == 0;
}

static bool finds_nothing(struct neighbours *n, const char *text)
{
	struct endpoint e = address(text);
	uint8_t found[6];

	return !neighbours_find(n, 1, &e, found);
}

static void who_is_near_goes_straight_and_all_others_by_the_router(void **state)
{
	static const struct {
		const char *what;
		unsigned prefix4, prefix6;
		const char *near, *far;
	} cases[] = {
		{"IPv4 /24", 24, 64, "192.0.2.255", "192.0.3.0"},
		{"IPv4 /31", 31, 64, "192.0.2.0", "192.0.2.2"},
		{"IPv4 /32", 32, 64, "192.0.2.1", "192.0.2.0"},
		{"IPv4 /8", 8, 64, "192.255.255.255", "193.0.2.1"},
		{"IPv4 /1", 1, 64, "128.0.0.1", "127.255.255.255"},
		{"IPv6 /64", 24, 64, "2001:db8:1::ffff:ffff:ffff:ffff", "2001:db8:1:1::"},
		{"IPv6 /65", 24, 65, "2001:db8:1::7fff:ffff:ffff:ffff", "2001:db8:1:0:8000::"},
		{"IPv6 /63", 24, 63, "2001:db8:1:1::", "2001:db8:1:2::"},
		{"IPv6 /127", 24, 127, "2001:db8:1::", "2001:db8:1::2"},
		{"IPv6 /128", 24, 128, "2001:db8:1::1", "2001:db8:1::"},
		{"a link-local address", 24, 64, "febf::7", "fec0::7"},
		{"IPv4 is never mapped into IPv6", 24, 64, "192.0.2.7", "::ffff:192.0.2.7"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_side side = some_side(cases[i].prefix4, cases[i].prefix6);
		struct neighbours *n = create(&side);
		struct endpoint missed, near = address(cases[i].near);

		assert_true(finds_nothing(n, cases[i].far)); /* the router is not known */
		assert_false(neighbours_missed(n, 1, &missed));
		put(n, near.family == 4 && !strchr(cases[i].far, ':') ? "192.0.2.254" : "fe80::1",
		    mac1);
		assert_true(finds_nothing(n, cases[i].near));
		assert_true(neighbours_missed(n, 1, &missed));
		assert_true(endpoint_equal(&missed, &near));
		put(n, cases[i].near, mac2);
		if (!finds(n, cases[i].near, mac2) || !finds(n, cases[i].far, mac1))
			fail_msg("%s", cases[i].what);
		neighbours_destroy(n);
	}
}

static void groups_have_their_own_address_and_a_static_next_hop_asks_nobody(void **state)
{
	static const uint8_t group4[6] = {1, 0, 0x5e, 1, 2, 3},
			     group6[6] = {0x33, 0x33, 0, 0, 0, 9};
	struct config_side side = some_side(24, 64);
	struct neighbours *n = create(&side);
	struct endpoint missed;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_true(finds(n, "239.1.2.3", group4));
		assert_true(finds(n, "ff3e::9", group6));
		side.static_next_hop = true;
	}
	assert_true(finds(n, "192.0.2.7", side.next_hop_mac));
	assert_true(finds(n, "203.0.113.7", side.next_hop_mac));
	assert_true(finds(n, "2001:db8:9::7", side.next_hop_mac));
	assert_false(neighbours_missed(n, 1, &missed));
	neighbours_destroy(n);
}

static void there_is_no_way_to_a_family_without_an_own_address(void **state)
{
	struct config_side side = some_side(24, 64);
	struct neighbours *n;
	struct endpoint missed;

	(void)state;
	side.ipv4 = (struct endpoint){0};
	side.static_next_hop = true;
	n = create(&side);
	assert_true(finds_nothing(n, "192.0.2.7"));
	assert_true(finds_nothing(n, "239.1.2.3"));
	assert_true(finds(n, "2001:db8:1::7", side.next_hop_mac));
	assert_false(neighbours_missed(n, 1, &missed));
	neighbours_destroy(n);
}

static void who_is_being_asked_for_is_not_missed_again(void **state)
{
	struct config_side side = some_side(24, 64);
	struct neighbours *n = create(&side);
	struct endpoint missed;
	unsigned place;

	(void)state;
	assert_true(finds_nothing(n, "192.0.2.7"));
	assert_true(neighbours_missed(n, 1, &missed));
	place = neighbours_places(n, &missed);
	neighbours_put(n, place, &missed, NULL);
	assert_false(neighbours_used(n, place));
	assert_true(finds_nothing(n, "192.0.2.7"));
	assert_true(neighbours_used(n, place));
	assert_false(neighbours_used(n, place));
	assert_false(neighbours_missed(n, 1, &missed));
	neighbours_clear(n, place);
	assert_true(finds_nothing(n, "192.0.2.7"));
	assert_true(neighbours_missed(n, 1, &missed));
	neighbours_destroy(n);
}

static void misses_beyond_the_ring_are_told_later(void **state)
{
	struct config_side side = some_side(8, 64);
	struct neighbours *n = create(&side);
	struct endpoint e = address("192.0.2.7"), missed;
	unsigned told = 0;
	uint8_t mac[6];

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		memcpy(e.addr + 1, be32_of(i << 8).b, 3);
		e.port = 7;
		assert_false(neighbours_find(n, 0, &e, mac));
	}
	while (neighbours_missed(n, 0, &missed)) {
		assert_int_equal(missed.port, 0);
		told++;
	}
	assert_in_range(told, 200, 300);
	assert_false(neighbours_missed(n, 1, &missed)); /* each worker has its own */
	assert_false(neighbours_find(n, 0, &e, mac));
	assert_true(neighbours_missed(n, 0, &missed));
	neighbours_destroy(n);
}

enum { CROWD = 12 }; /* addresses that share the places of one */

/* What worker threads look up while places change hands. */
struct traffic {
	struct neighbours *n;
	const struct endpoint *crowd;
	unsigned worker;
	atomic_bool *stop;
	uint64_t found, wrong;
};

/* The i-th of the crowd has an Ethernet address that ends in i, with two equal octets before. */
static void *look_up(void *arg)
{
	struct traffic *t = arg;
	uint8_t mac[6];

	while (!atomic_load_explicit(t->stop, memory_order_relaxed)) {
		for (unsigned i = 0; i < CROWD; i++) {
			if (!neighbours_find(t->n, t->worker, &t->crowd[i], mac))
				continue;
			t->found++;
			t->wrong += mac[5] != i || mac[3] != mac[4];
		}
	}
	return NULL;
}

static void find_crowd(struct neighbours *n, struct endpoint *crowd)
{
	struct endpoint e = address("192.0.0.2");
	unsigned found = 0, place = neighbours_places(n, &e);

	for (uint32_t i = 1; found < CROWD; i++) {
		memcpy(e.addr + 1, be32_of(i << 8).b, 3);
		if (neighbours_places(n, &e) == place)
			crowd[found++] = e;
	}
}

static void no_worker_ever_sees_one_neighbours_address_for_another(void **state)
{
	struct config_side side = some_side(8, 64);
	struct neighbours *n = create(&side);
	atomic_bool stop = false;
	struct traffic t[WORKERS];
	pthread_t thread[WORKERS];
	struct endpoint crowd[CROWD], missed;
	uint64_t found = 0;

	(void)state;
	find_crowd(n, crowd);
	for (unsigned i = 0; i < WORKERS; i++) {
		t[i] = (struct traffic){.n = n, .crowd = crowd, .worker = i, .stop = &stop};
		assert_int_equal(pthread_create(&thread[i], NULL, look_up, &t[i]), 0);
	}
	for (unsigned round = 0; round < 2000000; round++) {
		unsigned who = round % CROWD, way = round / 3 % NEIGHBOUR_WAYS;
		uint8_t mac[6] = {2, 0, 0, (uint8_t)round, (uint8_t)round, (uint8_t)who};

		neighbours_put(n, neighbours_places(n, &crowd[who]) + way, &crowd[who], mac);
		if (round % 64 == 0)
			neighbours_missed(n, round / 64 % WORKERS, &missed);
	}
	atomic_store(&stop, true);
	for (unsigned i = 0; i < WORKERS; i++) {
		pthread_join(thread[i], NULL);
		found += t[i].found;
		assert_int_equal(t[i].wrong, 0);
	}
	assert_true(found > 1000);
	neighbours_destroy(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_near_goes_straight_and_all_others_by_the_router),
		cmocka_unit_test(groups_have_their_own_address_and_a_static_next_hop_asks_nobody),
		cmocka_unit_test(there_is_no_way_to_a_family_without_an_own_address),
		cmocka_unit_test(who_is_being_asked_for_is_not_missed_again),
		cmocka_unit_test(misses_beyond_the_ring_are_told_later),
		cmocka_unit_test(no_worker_ever_sees_one_neighbours_address_for_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
