/* sdt.md 5, held downlink: what HOLD keeps, when it goes out, and what becomes of it otherwise. */
#include "pcap/device.h"
#include "tests/unit/path_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECOND_NS UINT64_C(1000000000)

enum { KEY_ID = 7, OTHER_KEY_ID = 8, BEARER = 3, HELD_BEARER = 9 };

static const struct endpoint home = {.family = 4, .port = 5000, .addr = {203, 0, 113, 5}};
static const char held_payload[] = "open the valve";

/* A gateway with two silent devices and a pool of `frames`. */
struct scene {
	struct rig *r;
	struct sa_row row[2];
	struct device device;
};

static void begin(struct scene *s, uint32_t frames)
{
	struct config c;

	config_defaults(&c);
	c.held.frames = frames;
	s->r = rig_create(&c, 16, true);
	s->row[0] = rig_row(KEY_ID, EEA2, EIA2, TAG_LONG);
	s->row[0].one_key_per_transmission = true;
	s->row[1] = rig_row(OTHER_KEY_ID, EEA1, EIA1, TAG_SHORT);
	rig_install(s->r, s->row, 2);
	device_init(&s->device, &s->row[0]);
}

static void end(struct scene *s)
{
	device_wipe(&s->device);
	rig_destroy(s->r);
}

/* The SCEF asks to hold a payload for a device; returns what became of the frame. */
static enum fate hold(struct scene *s, unsigned device, const void *payload, size_t len)
{
	uint8_t frame[2000];
	struct core_hdr h = rig_mt(HELD_BEARER, CORE_HOLD, 0, s->row[device].identity);
	unsigned i;

	memcpy(frame, &h, sizeof(h));
	memcpy(frame + sizeof(h), payload, len);
	i = rig_down(s->r, 0, 0, frame, sizeof(h) + len);
	assert_null(rig_run(s->r));
	return (enum fate)s->r->trace[i].fate;
}

static void expect_refused(struct scene *s, unsigned at, enum refusal reason)
{
	const struct core_hdr *h;
	struct packet p;

	assert_true(s->r->sent_n[CORE] > at);
	rig_read(&s->r->sent[CORE][at], &p);
	h = (const struct core_hdr *)p.payload;
	assert_int_equal(h->version_type, SDT_VERSION << 4 | CORE_REFUSED);
	assert_int_equal(be16_get(h->reason), reason);
	assert_int_equal(h->bearer_flags, HELD_BEARER << CORE_BEARER_SHIFT);
}

/* A message from the device with this payload; returns its octets. */
static size_t resume_message(struct scene *s, uint8_t flags, struct asked *asked, uint8_t *out)
{
	int n;

	*asked = (struct asked){.n = s->device.n,
				.capabilities = device_capabilities(s->device.row)};
	memset(asked->rand, (int)s->device.n, sizeof(asked->rand));
	n = device_resume(&s->device, asked, flags, (const uint8_t *)"awake", 5, out);
	assert_true(n > 0);
	return (size_t)n;
}

static enum fate send_up(struct scene *s, const void *msg, size_t len)
{
	unsigned i = rig_up(s->r, 0, &home, msg, len);

	assert_null(rig_run(s->r));
	return (enum fate)s->r->trace[i].fate;
}

/* Opens the message that the device got at[at], and compares its payload. */
static void expect_message(struct scene *s, unsigned at, enum sdt_type type,
			   const struct asked *asked, const char *payload)
{
	uint8_t copy[MESSAGE_MAX];
	struct message m;
	struct packet p;

	assert_true(s->r->sent_n[ACCESS] > at);
	rig_read(&s->r->sent[ACCESS][at], &p);
	memcpy(copy, p.payload, p.len);
	assert_int_equal(message_read(&m, DOWNLINK, copy, p.len), VERDICT_OPENED);
	assert_int_equal(m.type, type);
	assert_int_equal(device_open(&s->device, &m, copy, asked), VERDICT_OPENED);
	assert_int_equal(m.len, strlen(payload));
	assert_memory_equal(copy + m.head, payload, m.len);
	assert_int_equal(m.bearer, *payload ? HELD_BEARER : s->row[0].bearer);
}

static void held_frame_goes_out_inside_the_next_resumed(void **state)
{
	uint8_t msg[MESSAGE_MAX];
	struct asked asked;
	struct scene s;
	size_t n;

	(void)state;
	begin(&s, 4);
	assert_int_equal(hold(&s, 0, held_payload, strlen(held_payload)), FATE_HELD);
	assert_int_equal(s.r->sent_n[CORE], 0);
	n = resume_message(&s, 0, &asked, msg);
	assert_int_equal(send_up(&s, msg, n), FATE_RESUMED);
	assert_int_equal(s.r->sent_n[ACCESS], 1);
	expect_message(&s, 0, SDT_RESUMED, &asked, held_payload);

	/* The next RESUMED carries nothing any more. */
	n = resume_message(&s, 0, &asked, msg);
	assert_int_equal(send_up(&s, msg, n), FATE_RESUMED);
	expect_message(&s, 0, SDT_RESUMED, &asked, "");
	end(&s);
}

static void repeated_resume_brings_it_again_as_data_behind_resumed(void **state)
{
	uint8_t msg[MESSAGE_MAX];
	struct asked asked;
	struct scene s;
	size_t n;

	(void)state;
	begin(&s, 4);
	assert_int_equal(hold(&s, 0, held_payload, strlen(held_payload)), FATE_HELD);
	n = resume_message(&s, 0, &asked, msg);
	assert_int_equal(send_up(&s, msg, n), FATE_RESUMED); /* whose answer is lost */
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(send_up(&s, msg, n), FATE_RESUME_REPEATED);
		assert_int_equal(s.r->sent_n[ACCESS], 2);
		if (i == 0)
			expect_message(&s, 0, SDT_RESUMED, &asked, "");
		expect_message(&s, 1, SDT_DATA, NULL, held_payload); /* a COUNT of its own each */
	}
	assert_int_equal(rig_tally(s.r, ACCESS, TALLY_HELD_RESENT), 2);

	/* A RESUME that carried nothing brings nothing when it is repeated. */
	n = resume_message(&s, 0, &asked, msg);
	assert_int_equal(send_up(&s, msg, n), FATE_RESUMED);
	assert_int_equal(send_up(&s, msg, n), FATE_RESUME_REPEATED);
	assert_int_equal(s.r->sent_n[ACCESS], 1);
	end(&s);
}

/* sdt.md 5, 10: to the SA's address, as if what comes behind the repeat were not there yet. */
static void what_comes_again_goes_to_the_address_of_that_moment(void **state)
{
	static const struct endpoint away = {.family = 4, .port = 6000, .addr = {203, 0, 113, 6}};
	uint8_t msg[MESSAGE_MAX], data[MESSAGE_MAX];
	struct asked asked;
	struct scene s;
	struct packet p;
	size_t n;
	int len;

	(void)state;
	begin(&s, 4);
	assert_int_equal(hold(&s, 0, held_payload, strlen(held_payload)), FATE_HELD);
	n = resume_message(&s, 0, &asked, msg);
	assert_int_equal(send_up(&s, msg, n), FATE_RESUMED);
	expect_message(&s, 0, SDT_RESUMED, &asked, held_payload);
	len = device_data(&s.device, 0, (const uint8_t *)"moved", 5, data);
	assert_true(len > 0);
	rig_up(s.r, 0, &home, msg, n);
	rig_up(s.r, 0, &away, data, (size_t)len);
	assert_null(rig_run(s.r));
	assert_int_equal(s.r->trace[1].fate, FATE_SENT);
	assert_int_equal(s.r->sent_n[ACCESS], 2);
	rig_read(&s.r->sent[ACCESS][1], &p);
	assert_true(endpoint_equal(&p.dst, &home));
	end(&s);
}

static void second_one_and_a_full_pool_are_refused_as_overload(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 1);
	assert_int_equal(hold(&s, 0, held_payload, strlen(held_payload)), FATE_HELD);
	assert_int_equal(hold(&s, 0, "x", 1), FATE_OVERLOAD);
	expect_refused(&s, 0, REFUSED_OVERLOAD);
	assert_int_equal(hold(&s, 1, "x", 1), FATE_OVERLOAD);
	expect_refused(&s, 0, REFUSED_OVERLOAD);

	/* Room again once the first has had its time. */
	s.r->now_ns += s.r->config.held.seconds * SECOND_NS;
	assert_null(rig_run(s.r));
	assert_int_equal(hold(&s, 1, "x", 1), FATE_HELD);
	end(&s);
}

static void held_frame_that_times_out_is_refused_for_want_of_an_address(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 4);
	assert_int_equal(hold(&s, 0, held_payload, strlen(held_payload)), FATE_HELD);
	s.r->now_ns += s.r->config.held.seconds * SECOND_NS - 1;
	assert_int_equal(hold(&s, 1, "x", 1), FATE_HELD);
	assert_int_equal(rig_tally(s.r, CORE, TALLY_HELD_TIMED_OUT), 0);
	s.r->now_ns += 1;
	assert_int_equal(hold(&s, 1, "x", 1), FATE_OVERLOAD);
	assert_int_equal(rig_tally(s.r, CORE, TALLY_HELD_TIMED_OUT), 1);
	assert_int_equal(s.r->sent_n[CORE], 2);
	expect_refused(&s, 1, REFUSED_NO_ADDRESS);
	end(&s);
}

static void one_that_was_given_makes_room_and_is_never_refused(void **state)
{
	uint8_t msg[MESSAGE_MAX];
	struct asked asked;
	struct scene s;
	size_t n;

	(void)state;
	begin(&s, 4);
	assert_int_equal(hold(&s, 0, held_payload, strlen(held_payload)), FATE_HELD);
	n = resume_message(&s, SDT_END, &asked,
			   msg); /* which closes the transmission behind itself */
	assert_int_equal(send_up(&s, msg, n), FATE_RESUMED);
	s.r->now_ns += 30 * SECOND_NS - 1;
	assert_int_equal(hold(&s, 0, "late", 4), FATE_SENT); /* still open: nothing to hold */
	s.r->now_ns += 1;
	assert_int_equal(hold(&s, 0, "shut", 4), FATE_HELD);
	assert_int_equal(rig_tally(s.r, CORE, TALLY_HELD_TIMED_OUT), 0);
	n = resume_message(&s, 0, &asked, msg);
	assert_int_equal(send_up(&s, msg, n), FATE_RESUMED);
	expect_message(&s, 0, SDT_RESUMED, &asked, "shut");
	s.r->now_ns += 31 * SECOND_NS;
	assert_null(rig_run(s.r));
	assert_int_equal(rig_tally(s.r, CORE, TALLY_HELD_TIMED_OUT), 0);
	assert_int_equal(rig_in_use(s.r), 0);
	end(&s);
}

static void what_was_given_leaves_a_full_pool_at_once(void **state)
{
	uint8_t msg[MESSAGE_MAX];
	struct asked asked;
	struct scene s;
	size_t n;

	(void)state;
	begin(&s, 1);
	assert_int_equal(hold(&s, 0, held_payload, strlen(held_payload)), FATE_HELD);
	n = resume_message(&s, 0, &asked, msg);
	assert_int_equal(send_up(&s, msg, n), FATE_RESUMED);
	assert_int_equal(hold(&s, 1, "x", 1), FATE_HELD); /* no time has passed */
	assert_int_equal(send_up(&s, msg, n), FATE_RESUME_REPEATED);
	assert_int_equal(s.r->sent_n[ACCESS], 1); /* what made room does not go again */
	end(&s);
}

static void what_cannot_be_held_is_refused_for_its_own_reason(void **state)
{
	static const uint8_t longest[SDT_PAYLOAD_MAX + 1];
	uint8_t msg[MESSAGE_MAX];
	struct asked asked;
	struct scene s;
	size_t n;

	(void)state;
	begin(&s, 0); /* HOLD is ignored */
	assert_int_equal(hold(&s, 0, held_payload, strlen(held_payload)), FATE_NO_ADDRESS);
	expect_refused(&s, 0, REFUSED_NO_ADDRESS);
	end(&s);

	begin(&s, 4);
	assert_int_equal(hold(&s, 0, longest, SDT_PAYLOAD_MAX + 1), FATE_TOO_LONG);
	expect_refused(&s, 0, REFUSED_TOO_LONG);
	assert_int_equal(hold(&s, 0, longest, SDT_PAYLOAD_MAX), FATE_HELD);
	n = resume_message(&s, 0, &asked, msg);
	assert_int_equal(send_up(&s, msg, n), FATE_RESUMED);
	assert_int_equal(s.r->sent_n[ACCESS], 1);
	end(&s);
}

static void without_a_buffer_for_resumed_it_stays_held(void **state)
{
	uint8_t msg[MESSAGE_MAX];
	struct asked asked;
	struct scene s;
	unsigned i;
	size_t n;

	(void)state;
	begin(&s, 4);
	assert_int_equal(hold(&s, 0, held_payload, strlen(held_payload)), FATE_HELD);
	n = resume_message(&s, 0, &asked, msg);
	i = rig_up(s.r, 0, &home, msg, n);
	rig_hoard(s.r, 0);
	rig_poll(s.r, 0);
	rig_release(s.r);
	assert_int_equal(s.r->trace[i].fate, FATE_NO_MBUF);
	assert_null(rig_run(s.r));

	assert_int_equal(send_up(&s, msg, n), FATE_RESUMED); /* the device's retry */
	expect_message(&s, 0, SDT_RESUMED, &asked, held_payload);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held_frame_goes_out_inside_the_next_resumed),
		cmocka_unit_test(repeated_resume_brings_it_again_as_data_behind_resumed),
		cmocka_unit_test(what_comes_again_goes_to_the_address_of_that_moment),
		cmocka_unit_test(second_one_and_a_full_pool_are_refused_as_overload),
		cmocka_unit_test(held_frame_that_times_out_is_refused_for_want_of_an_address),
		cmocka_unit_test(one_that_was_given_makes_room_and_is_never_refused),
		cmocka_unit_test(what_was_given_leaves_a_full_pool_at_once),
		cmocka_unit_test(what_cannot_be_held_is_refused_for_its_own_reason),
		cmocka_unit_test(without_a_buffer_for_resumed_it_stays_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
