#include "control/keys/channel.h"

#include "crypto/secret.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NO_DEADLINE UINT64_MAX

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

__attribute__((format(printf, 3, 0))) static int say(struct channel *ch, int err, const char *what,
						     va_list ap)
{
	int n = snprintf(ch->error, sizeof(ch->error), "%s: ", ch->path);

	vsnprintf(ch->error + n, sizeof(ch->error) - (size_t)n, what, ap);
	return err;
}

/* An error that leaves the connection as it is. */
__attribute__((format(printf, 3, 4))) static int complain(struct channel *ch, int err,
							  const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	say(ch, err, what, ap);
	va_end(ap);
	return err;
}

int channel_fail(struct channel *ch, int err, const char *what, ...)
{
	va_list ap;

	channel_close(ch);
	va_start(ap, what);
	say(ch, err, what, ap);
	va_end(ap);
	return err;
}

void channel_close(struct channel *ch)
{
	if (ch->fd >= 0)
		close(ch->fd);
	ch->fd = -1;
}

static int fail_connect(struct channel *ch, int err)
{
	switch (err) {
	case ENOENT:
		return channel_fail(ch, -err,
				    "no socket there: is iwf-dp running, and is this its "
				    "key_socket.path?");
	case ECONNREFUSED:
		return channel_fail(ch, -err, "nobody serves it: is iwf-dp running?");
	case EACCES:
	case EPERM:
		return channel_fail(
			ch, -err, "not permitted: it is for root and its group (key_socket.group)");
	case EPROTOTYPE:
		return channel_fail(ch, -err, "another kind of socket, no key socket");
	case EAGAIN:
		return channel_fail(ch, -ETIMEDOUT, "does not take the connection: iwf-dp hangs");
	default:
		return channel_fail(ch, -err, "%s", strerrordesc_np(err));
	}
}

int channel_open(struct channel *ch, const char *path)
{
	struct timeval limit = {.tv_sec = ch->timeout_ms / 1000,
				.tv_usec = (suseconds_t)(ch->timeout_ms % 1000) * 1000};
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	channel_close(ch);
	snprintf(ch->path, sizeof(ch->path), "%s", path);
	if (path[0] == '\0')
		return fail_connect(ch, ENOENT);
	if (strlen(path) >= sizeof(to.sun_path))
		return channel_fail(ch, -ENAMETOOLONG, "longer than the path of a socket may be");
	memcpy(to.sun_path, path, strlen(path));

	ch->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (ch->fd < 0)
		return channel_fail(ch, -errno, "%s", strerrordesc_np(errno));
	/* connect waits as long as sending may, where the queue of connections is full. */
	if (setsockopt(ch->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0 ||
	    connect(ch->fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		return fail_connect(ch, errno);
	return 0;
}

/* Whether the socket is ready for `events` before the deadline: 1, 0, or -errno. */
static int await(struct channel *ch, short events, uint64_t deadline)
{
	struct pollfd p = {.fd = ch->fd, .events = events};

	for (;;) {
		uint64_t now = now_ms();
		uint64_t left = deadline > now ? deadline - now : 0;
		int n = poll(&p, 1,
			     deadline == NO_DEADLINE ? -1 : (int)(left < INT_MAX ? left : INT_MAX));

		if (n > 0)
			return 1;
		if (n < 0 && errno != EINTR)
			return channel_fail(ch, -errno, "%s", strerrordesc_np(errno));
		if (n == 0 && (left == 0 || left < INT_MAX))
			return 0;
	}
}

static int fail_refused(struct channel *ch, const struct keymsg *m)
{
	static const int number[KEY_ERROR_COUNT] = {
		[KEY_ERROR_MALFORMED] = EBADMSG, [KEY_ERROR_VERSION] = EPROTONOSUPPORT,
		[KEY_ERROR_FORBIDDEN] = EPERM,   [KEY_ERROR_UNKNOWN] = EOPNOTSUPP,
		[KEY_ERROR_SLOW] = ECONNABORTED,
	};
	struct rd body = m->body;
	enum key_error code;

	if (key_error_read(&body, &code) != 0 || code >= KEY_ERROR_COUNT)
		return channel_fail(ch, -EBADMSG, "refused for a reason that is not known here");
	return channel_fail(ch, -number[code], "refused: %s", key_error_meaning(code));
}

static int hand_on(struct channel *ch, const struct keymsg *m)
{
	struct rd body = m->body;
	struct key_event e;

	if (m->request != 0 || key_event_read(&body, &e) != 0 || body.left != 0)
		return channel_fail(ch, -EBADMSG, "sent an event that cannot be read");
	if (ch->event)
		ch->event(ch->event_arg, &e);
	return 0;
}

/*
 * The next message that came before the deadline. Returns 1, 0 where none came, or -errno. Events
 * are handed on, and are messages here too.
 */
static int take_message(struct channel *ch, uint64_t deadline, struct keymsg *m)
{
	int rc = await(ch, POLLIN, deadline);
	ssize_t n;

	if (rc <= 0)
		return rc;
	n = recv(ch->fd, ch->message, sizeof(ch->message), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return channel_fail(ch, -ECONNRESET, "the data plane hung up");
	if (n < 0)
		return channel_fail(ch, -errno, "%s", strerrordesc_np(errno));
	if ((size_t)n > sizeof(ch->message))
		return channel_fail(ch, -EBADMSG, "sent a message longer than any may be");

	rc = keymsg_read(ch->message, (size_t)n, m);
	if (rc == -EPROTONOSUPPORT)
		return channel_fail(ch, rc, "speaks another version of the protocol than this (%d)",
				    KEYMSG_VERSION);
	if (rc != 0)
		return channel_fail(ch, rc, "sent what is no message: no key socket?");
	if (m->type == KEYMSG_ERROR)
		return fail_refused(ch, m);
	if (m->type == KEYMSG_EVENT)
		rc = hand_on(ch, m);
	return rc == 0 ? 1 : rc;
}

struct wr *channel_begin(struct channel *ch, unsigned type)
{
	if (++ch->request == 0)
		ch->request = 1;
	ch->out = wr_of(ch->message, sizeof(ch->message));
	keymsg_begin(&ch->out, type, ch->request);
	return &ch->out;
}

static int send_message(struct channel *ch, size_t len, uint64_t deadline)
{
	for (;;) {
		int rc;

		if (send(ch->fd, ch->message, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		/* Why it hung up may wait to be read. */
		if (errno == EPIPE || errno == ECONNRESET)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return channel_fail(ch, -errno, "%s", strerrordesc_np(errno));
		rc = await(ch, POLLOUT, deadline);
		if (rc < 0)
			return rc;
		if (rc == 0)
			return complain(ch, -ETIMEDOUT, "takes no request within %u ms",
					ch->timeout_ms);
	}
}

static int read_answer(struct channel *ch, unsigned type, uint64_t deadline, struct rd *body)
{
	for (;;) {
		struct keymsg m = {0};
		int rc = take_message(ch, deadline, &m);

		if (rc < 0)
			return rc;
		if (rc == 0 && now_ms() >= deadline)
			return complain(ch, -ETIMEDOUT, "no answer within %u ms", ch->timeout_ms);
		if (rc == 0 || m.type == KEYMSG_EVENT)
			continue;
		/* Late: of a request that was given up. Numbers go round, so "before" is a sign. */
		if ((int32_t)(m.request - ch->request) < 0)
			continue;
		if (m.request != ch->request || m.type != (type | KEYMSG_ANSWER))
			return channel_fail(ch, -EPROTO, "answered what was not asked");
		*body = m.body;
		return 0;
	}
}

int channel_ask(struct channel *ch, unsigned type, struct rd *body)
{
	uint64_t deadline = now_ms() + ch->timeout_ms;
	size_t len = keymsg_end(&ch->out);
	int err = 0;

	if (ch->fd < 0)
		err = complain(ch, -ENOTCONN, "not connected");
	else if (len == 0)
		err = complain(ch, -EMSGSIZE, "the request is too long for a message");
	else
		err = send_message(ch, len, deadline);
	secret_wipe(ch->message, sizeof(ch->message)); /* it may hold keys */
	return err == 0 ? read_answer(ch, type, deadline, body) : err;
}

int channel_wait(struct channel *ch, int timeout_ms)
{
	uint64_t deadline = timeout_ms < 0 ? NO_DEADLINE : now_ms() + (unsigned)timeout_ms;
	int events = 0;

	if (ch->fd < 0)
		return complain(ch, -ENOTCONN, "not connected");
	for (;;) {
		struct keymsg m = {0};
		int rc = take_message(ch, events > 0 ? 0 : deadline, &m);

		if (rc < 0)
			return rc;
		if (rc == 0 && (events > 0 || now_ms() >= deadline))
			return events;
		if (rc == 1 && m.type == KEYMSG_EVENT)
			events++;
		else if (rc == 1 && (int32_t)(m.request - ch->request) > 0)
			return channel_fail(ch, -EPROTO, "answered what was not asked");
	}
}
