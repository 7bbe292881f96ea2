/*
 * The key socket in bad hands: whatever a peer sends or leaves unread, the table stays as it is,
 * nothing is left behind, and the next client is served.
 */
#include "dataplane/key_peer.h"
#include "tests/unit/key_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOTS = 1024, INSTALLED = 5, NOBODY = 65534 };

/* Seconds of patience become hundredths: libevent's function, called through here. */
int __real_event_add(struct event *e, const struct timeval *after);
int __wrap_event_add(struct event *e, const struct timeval *after);

int __wrap_event_add(struct event *e, const struct timeval *after)
{
	struct timeval sooner;

	if (!after || after->tv_sec == 0)
		return __real_event_add(e, after);
	sooner = (struct timeval){.tv_usec = after->tv_sec * 10000};
	return __real_event_add(e, &sooner);
}

static size_t begin(struct wr *w, uint8_t *octets, unsigned type)
{
	*w = wr_of(octets, KEYMSG_MAX);
	keymsg_begin(w, type, 5);
	return keymsg_end(w);
}

/* Each of these sends something; what comes of it is in the table below. */

static void send_garbage(int fd)
{
	uint8_t octets[64];

	for (unsigned i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(0xa7 * (i + 1));
	octets[0] = KEYMSG_VERSION;
	memset(octets + 8, 0, 4);
	key_rig_send(fd, octets, sizeof(octets));
}

static void send_one_octet(int fd)
{
	key_rig_send(fd, "\1", 1);
}

static void send_empty(int fd)
{
	key_rig_send(fd, "", 0);
}

/* Whose first 64 KiB would be a batch of 240 rows. */
static void send_large(int fd)
{
	uint8_t *octets = calloc(1, KEYMSG_MAX + 1);
	struct wr w;

	assert_non_null(octets);
	begin(&w, octets, KEYMSG_INSTALL);
	keymsg_put_count(&w, 240);
	for (unsigned i = 0; i < 240; i++) {
		struct sa_row row = key_rig_row(100 + i);

		row.group = true;
		memset(row.identity, 'g', SAS_IDENTITY_MAX);
		row.identity_len = (uint8_t)(222 - strlen(row.reference));
		row.identity[row.identity_len] = '\0';
		key_install_write(&w, &row);
	}
	assert_int_equal(keymsg_end(&w), KEYMSG_MAX);
	assert_true(key_rig_send(fd, octets, KEYMSG_MAX + 1));
	free(octets);
}

static void send_largest(int fd)
{
	uint8_t *octets = calloc(1, KEYMSG_MAX);

	assert_non_null(octets);
	memcpy(octets, (uint8_t[]){1, KEYMSG_HELLO, 0, 0, 0, 1, 0, 0}, 8);
	assert_true(key_rig_send(fd, octets, KEYMSG_MAX));
	free(octets);
}

static void send_wrong_length(int fd)
{
	key_rig_send(fd, (uint8_t[]){1, KEYMSG_HELLO, 0, 0, 0, 0, 0, 13, 0, 0, 0, 5}, 12);
}

static void send_version(int fd)
{
	key_rig_send(fd, (uint8_t[]){2, KEYMSG_HELLO, 0, 0, 0, 0, 0, 12, 0, 0, 0, 5}, 12);
}

static void send_type(int fd, unsigned type)
{
	uint8_t octets[KEYMSG_HEADER];
	struct wr w = wr_of(octets, sizeof(octets));

	keymsg_begin(&w, type, 5);
	key_rig_send(fd, octets, keymsg_end(&w));
}

static void send_unknown(int fd)
{
	send_type(fd, 8);
}

static void send_answer(int fd)
{
	send_type(fd, KEYMSG_HELLO | KEYMSG_ANSWER);
}

static void send_event(int fd)
{
	send_type(fd, KEYMSG_EVENT);
}

static void send_remove_all_and_more(int fd)
{
	key_rig_send(fd, (uint8_t[]){1, KEYMSG_REMOVE_ALL, 0, 0, 0, 0, 0, 13, 0, 0, 0, 5, 0}, 13);
}

/* A batch of `rows`, which says that it has `said`, and of which one row can be spoilt. */
static void send_batch(int fd, uint32_t said, uint32_t rows, uint32_t spoilt)
{
	uint8_t *octets = malloc(KEYMSG_MAX);
	struct wr w;

	assert_non_null(octets);
	begin(&w, octets, KEYMSG_INSTALL);
	keymsg_put_count(&w, said);
	for (uint32_t i = 0; i < rows; i++) {
		struct sa_row row = key_rig_row(100 + i);

		if (i == spoilt)
			row.bearer = 32;
		key_install_write(&w, &row);
	}
	assert_true(key_rig_send(fd, octets, keymsg_end(&w)));
	free(octets);
}

static void send_malformed_last_row(int fd)
{
	send_batch(fd, 512, 512, 511);
}

static void send_fewer_rows(int fd)
{
	send_batch(fd, 3, 2, 3);
}

static void send_more_rows(int fd)
{
	send_batch(fd, 2, 3, 3);
}

static void send_many_rows(int fd)
{
	send_batch(fd, UINT32_MAX, 500, 500);
}

static void send_bad_reference(int fd)
{
	uint8_t octets[64];
	struct wr w = wr_of(octets, sizeof(octets));

	keymsg_begin(&w, KEYMSG_REMOVE, 5);
	keymsg_put_count(&w, 2);
	key_reference_write(&w, "session:1");
	key_reference_write(&w, "session 2");
	key_rig_send(fd, octets, keymsg_end(&w));
}

/* A hello with a descriptor in its hand. */
static void send_descriptor(int fd)
{
	uint8_t octets[KEYMSG_HEADER];
	struct wr w = wr_of(octets, sizeof(octets));
	union {
		struct cmsghdr h;
		uint8_t room[CMSG_SPACE(2 * sizeof(int))];
	} control = {.h = {.cmsg_len = CMSG_LEN(2 * sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec io = {octets, sizeof(octets)};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	memcpy(CMSG_DATA(&control.h), pipes, sizeof(pipes));
	m.msg_control = &control;
	m.msg_controllen = sizeof(control.room);
	keymsg_begin(&w, KEYMSG_HELLO, 5);
	keymsg_end(&w);
	assert_int_equal(sendmsg(fd, &m, MSG_NOSIGNAL), sizeof(octets));
	close(pipes[0]);
	close(pipes[1]);
}

static const struct {
	const char *what;
	void (*send)(int fd);
	int error;        /* enum key_error, or -1: closed without a word */
	uint32_t request; /* that the error names */
} hostile[] = {
	{"garbage", send_garbage, KEY_ERROR_MALFORMED, 0},
	{"one octet", send_one_octet, KEY_ERROR_MALFORMED, 0},
	{"an empty packet", send_empty, -1, 0},
	{"a message above 64 KiB", send_large, KEY_ERROR_MALFORMED, 0},
	{"a hello of 64 KiB", send_largest, KEY_ERROR_MALFORMED, 0},
	{"a length that is wrong", send_wrong_length, KEY_ERROR_MALFORMED, 5},
	{"another version", send_version, KEY_ERROR_VERSION, 5},
	{"a type that is none", send_unknown, KEY_ERROR_UNKNOWN, 5},
	{"an answer", send_answer, KEY_ERROR_UNKNOWN, 5},
	{"an event", send_event, KEY_ERROR_UNKNOWN, 5},
	{"something behind remove-all", send_remove_all_and_more, KEY_ERROR_MALFORMED, 5},
	{"a batch whose last row is malformed", send_malformed_last_row, KEY_ERROR_MALFORMED, 5},
	{"fewer rows than said", send_fewer_rows, KEY_ERROR_MALFORMED, 5},
	{"more rows than said", send_more_rows, KEY_ERROR_MALFORMED, 5},
	{"2^32 - 1 rows", send_many_rows, KEY_ERROR_MALFORMED, 5},
	{"a reference that is none", send_bad_reference, KEY_ERROR_MALFORMED, 5},
	{"a passed descriptor", send_descriptor, KEY_ERROR_MALFORMED, 0},
};

static unsigned count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static bool serves_the_next(struct key_rig *k)
{
	int fd = key_rig_connect(k);
	struct keymsg m = {0};

	if (fd < 0)
		return false;
	send_type(fd, KEYMSG_HELLO);
	key_rig_receive(k, fd, &m);
	close(fd);
	key_rig_turn(k);
	return m.type == (KEYMSG_HELLO | KEYMSG_ANSWER);
}

/* A rig with some SAs, and all that is known of them. */
static struct key_rig *create_rig(struct key_snapshot *before)
{
	struct key_rig *k = key_rig_create(SLOTS);
	struct sa_row row[INSTALLED];
	struct key_outcome outcome[INSTALLED];
	int fd = key_rig_connect(k);

	for (unsigned i = 0; i < INSTALLED; i++)
		row[i] = key_rig_row(1 + i);
	key_rig_install(k, fd, row, INSTALLED, outcome);
	close(fd);
	key_rig_turn(k);
	*before = key_rig_snapshot(k);
	assert_int_equal(before->sas, INSTALLED);
	return k;
}

static void assert_unchanged(const struct key_rig *k, const struct key_snapshot *before,
			     const char *what)
{
	if (!key_rig_unchanged(k, before))
		fail_msg("%s changed the table", what);
}

/* How the server took it. */
static void assert_refused(struct key_rig *k, int fd, unsigned i)
{
	enum key_error code = KEY_ERROR_COUNT;
	struct keymsg m;

	if (hostile[i].error >= 0) {
		if (key_rig_receive(k, fd, &m) != 1 || m.type != KEYMSG_ERROR ||
		    key_error_read(&m.body, &code) != 0)
			fail_msg("%s got no error", hostile[i].what);
		if ((int)code != hostile[i].error || m.request != hostile[i].request)
			fail_msg("%s: %s, of request %u", hostile[i].what, key_error_name(code),
				 m.request);
	}
	if (key_rig_receive(k, fd, &m) != 0)
		fail_msg("%s did not end the connection", hostile[i].what);
}

static void a_hostile_message_ends_its_connection_and_nothing_else(void **state)
{
	struct key_snapshot before;
	struct key_rig *k = create_rig(&before);
	unsigned descriptors = count_descriptors(), malformed = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		int fd = key_rig_connect(k);

		hostile[i].send(fd);
		assert_refused(k, fd, i);
		close(fd);
		malformed += hostile[i].error >= 0;
		assert_int_equal(key_server_count(k->live.keys, KEYS_MALFORMED), malformed);
		assert_unchanged(k, &before, hostile[i].what);
		if (!serves_the_next(k) || count_descriptors() != descriptors)
			fail_msg("%s: not as before", hostile[i].what);
	}
	free(before.octets);
	key_rig_destroy(k);
}

/* More of the same behind it, which nobody may act upon, nor turn the error into a reset. */
static void what_follows_a_hostile_message_is_thrown_away(void **state)
{
	struct key_snapshot before;
	struct key_rig *k = create_rig(&before);

	(void)state;
	for (unsigned i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		int fd = key_rig_connect(k);

		hostile[i].send(fd);
		send_type(fd, KEYMSG_REMOVE_ALL);
		send_batch(fd, 2, 2, 2);
		if (hostile[i].error >= 0)
			assert_refused(k, fd, i);
		key_rig_turn(k);
		close(fd);
		assert_unchanged(k, &before, hostile[i].what);
	}
	free(before.octets);
	key_rig_destroy(k);
}

static void a_peer_that_dies_leaves_nothing_behind(void **state)
{
	struct key_snapshot before;
	struct key_rig *k = create_rig(&before);
	unsigned descriptors = count_descriptors();
	struct mallinfo2 memory = {0};

	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
			int fd = key_rig_connect(k);

			hostile[i].send(fd);
			if (round % 2)
				key_rig_turn(k);
			close(fd);
			key_rig_turn(k);
		}
		if (round == 1)
			memory = mallinfo2();
	}
	assert_int_equal(mallinfo2().uordblks, memory.uordblks);
	assert_int_equal(mallinfo2().hblkhd, memory.hblkhd);
	assert_int_equal(count_descriptors(), descriptors);
	assert_unchanged(k, &before, "death");
	assert_true(serves_the_next(k));
	free(before.octets);
	key_rig_destroy(k);
}

/* sdt.md 3: an acknowledgement that is lost costs nothing. */
static void an_install_without_an_answer_is_kept_when_it_comes_again(void **state)
{
	struct key_snapshot before;
	struct key_rig *k = create_rig(&before);
	struct sa_row row = key_rig_row(100);
	struct key_outcome o;
	int fd = key_rig_connect(k);

	(void)state;
	send_batch(fd, 1, 1, 1);
	close(fd);
	key_rig_turn(k);
	fd = key_rig_connect(k);
	key_rig_install(k, fd, &row, 1, &o);
	assert_int_equal(o.result, KEY_KEPT);
	assert_int_not_equal(o.key_id, 0);
	close(fd);
	free(before.octets);
	key_rig_destroy(k);
}

static void a_thousand_connections_are_taken_or_turned_away(void **state)
{
	struct key_snapshot before;
	struct key_rig *k = create_rig(&before);
	unsigned descriptors = count_descriptors(), connected = 0;
	int fd[1000];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		fd[i] = key_rig_connect(k);
		connected += fd[i] >= 0;
		if (i % 50 == 49) {
			key_rig_turn(k);
			key_rig_turn(k);
		}
	}
	assert_int_equal(connected, 1000);
	assert_int_equal(key_server_count(k->live.keys, KEYS_TURNED_AWAY), 1000 - 64);
	assert_int_equal(count_descriptors(), descriptors + 1000 + 64);
	assert_false(serves_the_next(k));
	for (unsigned i = 0; i < 1000; i++)
		close(fd[i]);
	key_rig_turn(k);
	key_rig_turn(k);
	assert_int_equal(count_descriptors(), descriptors);
	assert_true(serves_the_next(k));
	assert_unchanged(k, &before, "a thousand connections");
	free(before.octets);
	key_rig_destroy(k);
}

static bool send_list(int fd)
{
	uint8_t octets[64];
	struct wr w = wr_of(octets, sizeof(octets));

	keymsg_begin(&w, KEYMSG_LIST, 5);
	key_list_write(&w, &(struct key_list){0});
	return key_rig_send(fd, octets, keymsg_end(&w));
}

static void who_reads_late_gets_every_answer(void **state)
{
	struct key_snapshot before;
	struct key_rig *k = create_rig(&before);
	int fd = key_rig_connect(k);
	unsigned sent = 0, got = 0, stuck = 0;
	struct keymsg m;

	(void)state;
	while (stuck < 3) { /* until the server does not read any more */
		if (send_list(fd)) {
			sent++;
			stuck = 0;
		} else {
			stuck++;
		}
		event_base_loop(k->live.events, EVLOOP_NONBLOCK);
	}
	assert_true(sent > 10);
	assert_true(serves_the_next(k));
	while (got < sent && key_rig_receive(k, fd, &m) == 1) {
		assert_int_equal(m.type, KEYMSG_LIST | KEYMSG_ANSWER);
		got++;
	}
	assert_int_equal(got, sent);
	send_type(fd, KEYMSG_HELLO);
	assert_int_equal(key_rig_receive(k, fd, &m), 1);
	close(fd);
	free(before.octets);
	key_rig_destroy(k);
}

static void who_does_not_read_is_disconnected(void **state)
{
	struct key_snapshot before;
	struct key_rig *k = create_rig(&before);
	unsigned descriptors = count_descriptors();
	int fd = key_rig_connect(k);

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		send_list(fd);
		event_base_loop(k->live.events, EVLOOP_NONBLOCK);
	}
	assert_int_equal(key_server_count(k->live.keys, KEYS_SLOW), 0);
	usleep(150000);
	key_rig_turn(k);
	assert_int_equal(key_server_count(k->live.keys, KEYS_SLOW), 1);
	assert_true(serves_the_next(k));
	close(fd);
	assert_int_equal(count_descriptors(), descriptors);
	assert_unchanged(k, &before, "a flood");
	free(before.octets);
	key_rig_destroy(k);
}

/* Tells events whose values go on from `told`; returns from where the next do. */
static unsigned tell_many(struct key_rig *k, unsigned told, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		key_server_tell(k->live.keys, &(struct key_event){.type = EVENT_COUNT_UP_HALF,
								  .value = told + i});
	return told + n;
}

static void events_that_are_lost_are_told_of_in_their_place(void **state)
{
	struct key_snapshot before;
	struct key_rig *k = create_rig(&before);
	int fd = key_rig_connect(k);
	unsigned told, next = 0, lost = 0;
	struct keymsg m;
	struct key_event e;

	(void)state;
	send_type(fd, KEYMSG_SUBSCRIBE);
	assert_int_equal(key_rig_receive(k, fd, &m), 1);
	told = tell_many(k, 0, 5000);
	while (next < told) {
		assert_int_equal(key_rig_receive(k, fd, &m), 1);
		assert_int_equal(m.type, KEYMSG_EVENT);
		assert_int_equal(key_event_read(&m.body, &e), 0);
		if (e.type == EVENT_EVENTS_LOST) {
			next += e.value;
			lost += e.value;
			continue;
		}
		assert_int_equal(e.value, next);
		/* Some wait, some are lost: what happens now may not overtake those. */
		if (++next % 50 == 0 && next < 1000)
			told = tell_many(k, told, 10);
	}
	assert_int_equal(next, told);
	assert_in_range(lost, 1, 4999 - KEY_EVENTS_WAITING);
	assert_int_equal(key_server_count(k->live.keys, KEYS_EVENTS_LOST), lost);
	close(fd);
	free(before.octets);
	key_rig_destroy(k);
}

static void who_leaves_events_unread_is_disconnected(void **state)
{
	struct key_snapshot before;
	struct key_rig *k = create_rig(&before);
	int fd = key_rig_connect(k);
	struct keymsg m;

	(void)state;
	send_type(fd, KEYMSG_SUBSCRIBE);
	assert_int_equal(key_rig_receive(k, fd, &m), 1);
	tell_many(k, 0, 5000);
	usleep(150000);
	key_rig_turn(k);
	assert_int_equal(key_server_count(k->live.keys, KEYS_SLOW), 1);
	assert_true(serves_the_next(k));
	close(fd);
	free(before.octets);
	key_rig_destroy(k);
}

enum { TRIES = 40 };

/* How often a process of another user was answered HELLO, by one connection each, and then what. */
struct answered {
	uint8_t hellos;
	uint8_t remove_all; /* type of the message; 0: the end */
};

static uint8_t ask_and_wait(int fd, unsigned type)
{
	uint8_t octets[1024];

	send_type(fd, type);
	return recv(fd, octets, sizeof(octets), 0) > 0 ? octets[1] : 0;
}

static void be_nobody(const struct key_rig *k, int out)
{
	struct answered got = {0};

	if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
		_exit(1);
	for (unsigned i = 0; i < TRIES; i++) {
		int fd = key_rig_connect(k);

		fcntl(fd, F_SETFL, 0);
		got.hellos += ask_and_wait(fd, KEYMSG_HELLO) == (KEYMSG_HELLO | KEYMSG_ANSWER);
		if (i == 0)
			got.remove_all = ask_and_wait(fd, KEYMSG_REMOVE_ALL);
	}
	_exit(write(out, &got, sizeof(got)) == sizeof(got) ? 0 : 1);
}

static struct answered ask_as_nobody(struct key_rig *k)
{
	struct answered got;
	int status, pipes[2];
	pid_t child;

	/* The mode of files would keep it out before its uid does. */
	assert_int_equal(chmod(k->folder, 0755), 0);
	assert_int_equal(chmod(k->live.config.key_socket.path, 0666), 0);
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0)
		be_nobody(k, pipes[1]);
	while (waitpid(child, &status, WNOHANG) == 0) {
		key_rig_turn(k);
		usleep(1000);
	}
	key_rig_turn(k);
	assert_int_equal(status, 0);
	assert_int_equal(read(pipes[0], &got, sizeof(got)), sizeof(got));
	close(pipes[0]);
	close(pipes[1]);
	return got;
}

static void a_user_may_do_what_the_configuration_says(void **state)
{
	static const struct config_uids nobody = {1, {NOBODY}};
	struct key_snapshot before;
	struct answered got;
	struct key_rig *k;

	(void)state;
	if (geteuid() != 0)
		skip();
	k = create_rig(&before);
	got = ask_as_nobody(k);
	assert_int_equal(got.hellos, 0);
	assert_int_equal(got.remove_all, 0);
	assert_int_equal(key_server_count(k->live.keys, KEYS_STRANGERS), TRIES);

	/* Its first connection is closed for what it asks; the others stay, up to half of all. */
	k->live.config.key_socket.read_uids = nobody;
	got = ask_as_nobody(k);
	assert_int_equal(got.hellos, 1 + 32);
	assert_int_equal(got.remove_all, KEYMSG_ERROR);
	assert_int_equal(key_server_count(k->live.keys, KEYS_FORBIDDEN), 1);
	assert_int_equal(key_server_count(k->live.keys, KEYS_TURNED_AWAY), TRIES - 1 - 32);
	assert_unchanged(k, &before, "somebody who may only read");

	k->live.config.key_socket.uids = nobody;
	got = ask_as_nobody(k);
	assert_int_equal(got.hellos, TRIES);
	assert_int_equal(got.remove_all, KEYMSG_REMOVE_ALL | KEYMSG_ANSWER);
	assert_int_equal(k->live.sas->in_use, 0);
	free(before.octets);
	key_rig_destroy(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hostile_message_ends_its_connection_and_nothing_else),
		cmocka_unit_test(what_follows_a_hostile_message_is_thrown_away),
		cmocka_unit_test(a_peer_that_dies_leaves_nothing_behind),
		cmocka_unit_test(an_install_without_an_answer_is_kept_when_it_comes_again),
		cmocka_unit_test(a_thousand_connections_are_taken_or_turned_away),
		cmocka_unit_test(who_reads_late_gets_every_answer),
		cmocka_unit_test(who_does_not_read_is_disconnected),
		cmocka_unit_test(events_that_are_lost_are_told_of_in_their_place),
		cmocka_unit_test(who_leaves_events_unread_is_disconnected),
		cmocka_unit_test(a_user_may_do_what_the_configuration_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
