#include "tests/unit/key_end.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct server server;
struct key_client *client;
struct key_hello hello;

void server_expect(struct server *s, bool right, const char *what)
{
	if (!right && !s->wrong)
		s->wrong = what;
}

void server_get(struct server *s, unsigned type)
{
	ssize_t n = recv(s->fd, s->message, sizeof(s->message), 0);

	server_expect(s, n > 0 && keymsg_read(s->message, (size_t)n, &s->m) == 0,
		      "a request that is none");
	server_expect(s, s->m.type == type, "another request");
}

struct wr *server_begin(struct server *s, unsigned type, uint32_t request)
{
	s->w = wr_of(s->message, sizeof(s->message));
	keymsg_begin(&s->w, type, request);
	return &s->w;
}

void server_put(struct server *s)
{
	size_t n = keymsg_end(&s->w);

	server_expect(s, n > 0 && send(s->fd, s->message, n, MSG_NOSIGNAL) == (ssize_t)n,
		      "cannot send");
}

void server_put_hello(struct server *s, uint32_t request, uint32_t slots)
{
	struct key_hello h = {.program = "iwf-dp 9.9",
			      .boot_id = "6f1c6b1e-0000-4000-8000-000000000001",
			      .incarnation = 3,
			      .slots = slots,
			      .in_use = 12,
			      .workers = 2,
			      .pid = 77,
			      .now_ns = 1790000000000000000};

	key_hello_write(server_begin(s, KEYMSG_HELLO | KEYMSG_ANSWER, request), &h);
	server_put(s);
}

void server_put_event(struct server *s, uint32_t value)
{
	struct key_event e = {.type = EVENT_BUDGET_SUSPECT, .key_id = 5, .value = value};

	key_event_write(server_begin(s, KEYMSG_EVENT, 0), &e);
	server_put(s);
}

void server_greet(struct server *s)
{
	server_get(s, KEYMSG_HELLO);
	server_put_hello(s, s->m.request, 64);
}

static void *serve(void *arg)
{
	struct server *s = arg;

	s->fd = accept(s->listener, NULL, NULL);
	s->play(s);
	close(s->fd);
	return NULL;
}

int server_open(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	(void)state;
	memset(&server, 0, sizeof(server));
	snprintf(server.folder, sizeof(server.folder), "/tmp/key-client-XXXXXX");
	if (!mkdtemp(server.folder))
		return -1;
	snprintf(server.path, sizeof(server.path), "%s/keys.sock", server.folder);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", server.path);
	server.listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	client = key_client_create(TIMEOUT_MS);
	return bind(server.listener, (const struct sockaddr *)&at, sizeof(at)) == 0 &&
			       listen(server.listener, 4) == 0
		       ? 0
		       : -1;
}

int server_close(void **state)
{
	(void)state;
	key_client_destroy(client);
	close(server.listener);
	unlink(server.path);
	return rmdir(server.folder);
}

void server_start(void (*play)(struct server *s), const void *arg)
{
	server.play = play;
	server.arg = arg;
	server.wrong = NULL;
	assert_int_equal(pthread_create(&server.thread, NULL, serve, &server), 0);
}

/* The server has played to its end, and was asked what it expected. */
void server_finish(void)
{
	assert_int_equal(pthread_join(server.thread, NULL), 0);
	if (server.wrong)
		fail_msg("the server met %s", server.wrong);
}

void connect_client(void)
{
	int err = key_client_connect(client, server.path, &hello);

	if (err != 0)
		fail_msg("not connected: %s", key_client_error(client));
}

void assert_says(const char *part)
{
	if (!strstr(key_client_error(client), part))
		fail_msg("says '%s', not '%s'", key_client_error(client), part);
}
