/* A connection to the key socket: what it takes for an answer, and what for its end. */
#include "control/keys/channel.h"
#include "tests/unit/key_end.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void where_nobody_serves_it_says_so(void **state)
{
	static const struct {
		const char *what, *name;
		int err;
		const char *says;
	} row[] = {
		{"no file", "none.sock", -ENOENT, "is iwf-dp running"},
		{"a file that is no socket", "file", -ECONNREFUSED, "nobody serves it"},
		{"a socket of another kind", "stream.sock", -EPROTOTYPE, "another kind of socket"},
		{"a folder that is none", "file/none.sock", -ENOTDIR, "Not a directory"},
		{"a path too long for a socket",
		 "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
		 -ENAMETOOLONG, "longer than"},
	};
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char path[256];
	int stream = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	snprintf(path, sizeof(path), "%s/file", server.folder);
	fclose(fopen(path, "w"));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/stream.sock", server.folder);
	assert_int_equal(bind(stream, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(stream, 1), 0);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", server.folder, row[i].name);
		print_message("%s\n", row[i].what);
		assert_int_equal(key_client_connect(client, path, &hello), row[i].err);
		assert_says(row[i].says);
		assert_says(path);
		assert_int_equal(key_client_fd(client), -1);
	}
	close(stream);
	unlink(at.sun_path);
	snprintf(path, sizeof(path), "%s/file", server.folder);
	unlink(path);
}

static void a_server_that_takes_no_connection_is_given_up(void **state)
{
	struct key_client *waiting[8];
	unsigned n = 0;

	(void)state;
	/* Fills the queue of connections, which nobody takes. */
	for (; n < 8; n++) {
		waiting[n] = key_client_create(SHORT_MS);
		assert_int_equal(key_client_connect(waiting[n], server.path, &hello), -ETIMEDOUT);
	}
	assert_non_null(strstr(key_client_error(waiting[7]), "does not take the connection"));
	while (n > 0)
		key_client_destroy(waiting[--n]);
}

static void hang_up(struct server *s)
{
	(void)s;
}

static void whoever_is_not_answered_is_told_why(void **state)
{
	(void)state;
	server_start(hang_up, NULL);
	assert_int_equal(key_client_connect(client, server.path, &hello), -ECONNRESET);
	server_finish();
	assert_says("key_socket.uids");
	assert_int_equal(key_client_hello(client, &hello), -ENOTCONN);
}

static void answer_late_and_twice(struct server *s)
{
	uint32_t first;

	server_greet(s);
	server_get(s, KEYMSG_HELLO);
	first = s->m.request;
	server_get(s, KEYMSG_HELLO);
	server_put_hello(s, first, 1);
	server_put_hello(s, first, 2);
	server_put_hello(s, first + 1, 3);
}

static void an_answer_that_comes_late_is_passed_over(void **state)
{
	(void)state;
	key_client_destroy(client);
	client = key_client_create(SHORT_MS);
	server_start(answer_late_and_twice, NULL);
	connect_client();
	assert_int_equal(key_client_hello(client, &hello), -ETIMEDOUT);
	assert_says("no answer within 50 ms");
	assert_int_equal(key_client_hello(client, &hello), 0);
	assert_int_equal(hello.slots, 3);
	server_finish();
}

/* Another number, or another type, than was asked. */
struct misanswer {
	const char *what;
	uint32_t after; /* the request's number */
	unsigned type;
};

static void misanswer(struct server *s)
{
	const struct misanswer *a = s->arg;

	server_greet(s);
	server_get(s, KEYMSG_HELLO);
	server_begin(s, a->type, s->m.request + a->after);
	server_put(s);
}

static void an_answer_to_what_was_not_asked_ends_the_connection(void **state)
{
	static const struct misanswer row[] = {
		{"a number that was not asked yet", 1, KEYMSG_HELLO | KEYMSG_ANSWER},
		{"a number far ahead", 0x7fff0000, KEYMSG_HELLO | KEYMSG_ANSWER},
		{"an answer of another type", 0, KEYMSG_LIST | KEYMSG_ANSWER},
		{"a request", 0, KEYMSG_HELLO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		print_message("%s\n", row[i].what);
		server_start(misanswer, &row[i]);
		connect_client();
		assert_int_equal(key_client_hello(client, &hello), -EPROTO);
		assert_int_equal(key_client_fd(client), -1);
		server_finish();
	}
}

/* A right answer to hello, spoilt. */
struct spoil {
	const char *what;
	int err;
	size_t at; /* octet that is changed */
	uint8_t to;
	size_t cut, more; /* octets at the end */
	bool honest;      /* the header's length agrees */
};

static void spoil(struct server *s)
{
	const struct spoil *a = s->arg;
	size_t n;

	server_greet(s);
	server_get(s, KEYMSG_HELLO);
	key_hello_write(server_begin(s, KEYMSG_HELLO | KEYMSG_ANSWER, s->m.request), &hello);
	n = keymsg_end(&s->w);
	if (a->at < n)
		s->message[a->at] = a->to;
	n = n - a->cut + a->more;
	if (a->honest) {
		be32 length = be32_of((uint32_t)n);

		memcpy(s->message + 4, length.b, sizeof(length));
	}
	server_expect(s, send(s->fd, s->message, n, MSG_NOSIGNAL) == (ssize_t)n, "cannot send");
}

static void an_answer_that_cannot_be_read_ends_the_connection(void **state)
{
	enum { NOWHERE = KEYMSG_MAX };
	static const struct spoil row[] = {
		{"another version", -EPROTONOSUPPORT, 0, KEYMSG_VERSION + 1, 0, 0, true},
		{"reserved octets", -EBADMSG, 2, 1, 0, 0, true},
		{"a length that is not the message's", -EBADMSG, 7, 1, 0, 0, false},
		{"one octet cut off", -EBADMSG, NOWHERE, 0, 1, 0, true},
		{"one octet cut off, the header not told", -EBADMSG, NOWHERE, 0, 1, 0, false},
		{"one octet too many", -EBADMSG, NOWHERE, 0, 0, 1, true},
		{"cut off within the header", -EBADMSG, NOWHERE, 0, 93, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		print_message("%s\n", row[i].what);
		server_start(spoil, &row[i]);
		connect_client();
		assert_int_equal(key_client_hello(client, &hello), row[i].err);
		assert_int_equal(key_client_hello(client, &hello), -ENOTCONN);
		server_finish();
	}
}

static void refuse(struct server *s)
{
	server_greet(s);
	server_get(s, KEYMSG_REMOVE_ALL);
	key_error_write(server_begin(s, KEYMSG_ERROR, s->m.request),
			*(const enum key_error *)s->arg);
	server_put(s);
}

static void a_refusal_is_an_error_with_its_reason(void **state)
{
	static const struct {
		enum key_error code;
		int err;
	} row[] = {
		{KEY_ERROR_MALFORMED, -EBADMSG}, {KEY_ERROR_VERSION, -EPROTONOSUPPORT},
		{KEY_ERROR_FORBIDDEN, -EPERM},   {KEY_ERROR_UNKNOWN, -EOPNOTSUPP},
		{KEY_ERROR_SLOW, -ECONNABORTED},
	};
	uint32_t n;

	(void)state;
	assert_int_equal(sizeof(row) / sizeof(row[0]), KEY_ERROR_COUNT);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		server_start(refuse, &row[i].code);
		connect_client();
		assert_int_equal(key_client_remove_all(client, &n), row[i].err);
		assert_says(key_error_meaning(row[i].code));
		assert_int_equal(key_client_remove_all(client, &n), -ENOTCONN);
		server_finish();
	}
}

static void tell_in_between(struct server *s)
{
	server_greet(s);
	server_get(s, KEYMSG_SUBSCRIBE);
	server_put_event(s, 1);
	/* put_event has overwritten the request; its number stands. */
	server_begin(s, KEYMSG_SUBSCRIBE | KEYMSG_ANSWER, s->m.request);
	server_put(s);
	server_get(s, KEYMSG_HELLO);
	server_put_event(s, 2);
	server_put_event(s, 3);
	server_put_hello(s, s->m.request, 64);
	server_get(s, KEYMSG_HELLO);
	server_put_hello(s, s->m.request, 64);
	server_put_event(s, 4);
	server_put_event(s, 5);
	server_get(s, KEYMSG_HELLO);
	server_put_hello(s, s->m.request, 64);
}

struct heard {
	unsigned n;
	uint32_t value[8];
};

static void hear(void *arg, const struct key_event *e)
{
	struct heard *h = arg;

	if (h->n < 8)
		h->value[h->n] = e->value;
	h->n++;
}

static void events_between_are_handed_on_in_order(void **state)
{
	struct heard heard = {0};

	(void)state;
	server_start(tell_in_between, NULL);
	connect_client();
	assert_int_equal(key_client_subscribe(client, hear, &heard), 0);
	assert_int_equal(heard.n, 1);
	assert_int_equal(key_client_hello(client, &hello), 0);
	assert_int_equal(heard.n, 3);
	assert_int_equal(key_client_hello(client, &hello), 0);
	while (heard.n < 5)
		assert_true(key_client_wait(client, TIMEOUT_MS) > 0);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(heard.value[i], i + 1);
	assert_int_equal(key_client_wait(client, 0), 0);
	assert_int_equal(key_client_wait(client, SHORT_MS), 0);
	assert_int_equal(key_client_hello(client, &hello), 0);
	server_finish();
	assert_int_equal(key_client_wait(client, TIMEOUT_MS), -ECONNRESET);
}

static void wait_and_hang_up(struct server *s)
{
	server_get(s, KEYMSG_INSTALL);
}

static void a_request_is_wiped_whatever_becomes_of_it(void **state)
{
	struct channel *ch = calloc(1, sizeof(*ch));
	struct sa_row row = {.reference = "row",
			     .identity = "001010000000001",
			     .identity_len = 15,
			     .eea = EEA2,
			     .eia = EIA2,
			     .tag_len = TAG_LONG,
			     .resume_count = 1};
	struct rd body;

	(void)state;
	memset(row.root_key, 0xa5, sizeof(row.root_key));
	ch->fd = -1;
	ch->timeout_ms = TIMEOUT_MS;

	for (unsigned open = 0; open < 2; open++) {
		if (open) {
			server_start(wait_and_hang_up, NULL);
			assert_int_equal(channel_open(ch, server.path), 0);
		}
		channel_begin(ch, KEYMSG_INSTALL);
		keymsg_put_count(&ch->out, 1);
		key_install_write(&ch->out, &row);
		assert_non_null(memmem(ch->message, sizeof(ch->message), row.root_key,
				       sizeof(row.root_key)));
		assert_int_equal(channel_ask(ch, KEYMSG_INSTALL, &body),
				 open ? -ECONNRESET : -ENOTCONN);
		assert_null(memmem(ch->message, sizeof(ch->message), row.root_key,
				   sizeof(row.root_key)));
	}
	server_finish();
	channel_close(ch);
	free(ch);
}

#define ON_A_SERVER(f) cmocka_unit_test_setup_teardown(f, server_open, server_close)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_A_SERVER(where_nobody_serves_it_says_so),
		ON_A_SERVER(a_server_that_takes_no_connection_is_given_up),
		ON_A_SERVER(whoever_is_not_answered_is_told_why),
		ON_A_SERVER(an_answer_that_comes_late_is_passed_over),
		ON_A_SERVER(an_answer_to_what_was_not_asked_ends_the_connection),
		ON_A_SERVER(an_answer_that_cannot_be_read_ends_the_connection),
		ON_A_SERVER(a_refusal_is_an_error_with_its_reason),
		ON_A_SERVER(events_between_are_handed_on_in_order),
		ON_A_SERVER(a_request_is_wiped_whatever_becomes_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
