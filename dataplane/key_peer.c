#include "dataplane/key_peer.h"

#include "crypto/secret.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PATIENCE_S = 10, /* how long an answer or an event waits for its reader */
	EVENT_OCTETS = 128,
	DISCARDS_MAX = 1024
};

/* Sends a message now. Returns 0, -EAGAIN (the reader lags), or another -errno: it is gone. */
static int send_now(const struct key_peer *p, const void *octets, size_t n)
{
	ssize_t sent;

	do
		sent = send(p->fd, octets, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return 0;
	return errno == EAGAIN || errno == ENOBUFS ? -EAGAIN : -errno;
}

static int send_event(const struct key_peer *p, const struct key_event *e)
{
	uint8_t octets[EVENT_OCTETS];
	struct wr w = wr_of(octets, sizeof(octets));

	keymsg_begin(&w, KEYMSG_EVENT, 0);
	key_event_write(&w, e);
	return send_now(p, octets, keymsg_end(&w));
}

void key_peer_close(struct key_peer *p)
{
	if (p->fd < 0)
		return;
	event_free(p->readable);
	event_free(p->writable);
	close(p->fd);
	p->fd = -1;
}

/*
 * Closes behind an error message. What the peer has sent meanwhile is thrown away first, unread:
 * closed with that in its queue, the socket would tell the peer of a reset instead of the error.
 */
static void hang_up(struct key_peer *p, uint32_t request, enum key_error code)
{
	uint8_t octets[2 * KEYMSG_HEADER];
	struct wr w = wr_of(octets, sizeof(octets));
	unsigned discarded = 0;

	keymsg_begin(&w, KEYMSG_ERROR, request);
	key_error_write(&w, code);
	send_now(p, octets, keymsg_end(&w)); /* a reader that lags finds out by the end */
	shutdown(p->fd, SHUT_RDWR);
	while (discarded < DISCARDS_MAX && recv(p->fd, NULL, 0, MSG_DONTWAIT | MSG_TRUNC) > 0)
		discarded++;
	key_peer_close(p);
}

static void await_reader(struct key_peer *p)
{
	event_add(p->writable, &(struct timeval){.tv_sec = PATIENCE_S});
}

/* Requests are read again once no answer waits. */
static void send_answer(struct key_peer *p, size_t n)
{
	int ret = send_now(p, p->desk->answer, n);

	if (ret == -EAGAIN) {
		memcpy(p->answer, p->desk->answer, n);
		p->answer_len = n;
		event_del(p->readable);
		await_reader(p);
	} else if (ret != 0) {
		key_peer_close(p);
	}
}

static bool lags(const struct key_peer *p)
{
	return p->answer_len > 0 || p->events > 0 || p->lost > 0;
}

void key_peer_tell(struct key_peer *p, const struct key_event *e)
{
	int ret = -EAGAIN;

	if (p->fd < 0 || !p->subscribed)
		return;
	if (!lags(p)) {
		ret = send_event(p, e);
		if (ret == -EAGAIN)
			await_reader(p);
	}
	if (ret == 0)
		return;
	if (ret != -EAGAIN) {
		key_peer_close(p);
		return;
	}
	/* Once one is lost, all are until that is told: it stands where they would have. */
	if (p->events == KEY_EVENTS_WAITING || p->lost > 0) {
		p->lost++;
		p->desk->count[KEYS_EVENTS_LOST]++;
		return;
	}
	p->waiting[(p->first + p->events) % KEY_EVENTS_WAITING] = *e;
	p->events++;
}

/* sdt.md 6: what the take-over found half-written is reported; nobody could listen then. */
static void tell_found(struct key_peer *p)
{
	const struct live *l = p->desk->live;
	const struct sa_takeover *f = &l->found;
	unsigned known = sizeof(f->first_wiped) / sizeof(f->first_wiped[0]);

	for (unsigned i = 0; i < known && i < f->half_written && p->fd >= 0; i++)
		key_peer_tell(p, &(struct key_event){.time_ns = l->began_ns,
						     .type = EVENT_HALF_WRITTEN,
						     .value = f->first_wiped[i]});
}

static void refuse(struct key_peer *p, uint32_t request, enum key_error code)
{
	p->desk->count[code == KEY_ERROR_FORBIDDEN ? KEYS_FORBIDDEN : KEYS_MALFORMED]++;
	hang_up(p, request, code);
}

/* Serves what was received: n octets, all of the message if it is `whole`. */
static void serve(struct key_peer *p, size_t n, bool whole)
{
	struct key_desk *d = p->desk;
	struct wr w = wr_of(d->answer, sizeof(d->answer));
	enum key_error why = KEY_ERROR_MALFORMED;
	struct keymsg m = {0};
	int ret = whole ? keymsg_read(d->received, n, &m) : -EBADMSG;
	bool served = ret == 0 && key_desk_serve(d, &m, p->may_change, &w, &why);

	if (ret == -EPROTONOSUPPORT)
		why = KEY_ERROR_VERSION;
	if (!served) {
		refuse(p, m.request, why);
		return;
	}
	d->count[KEYS_REQUESTS]++;
	send_answer(p, keymsg_end(&w));
	if (m.type == KEYMSG_SUBSCRIBE && !p->subscribed) {
		p->subscribed = true;
		tell_found(p);
	}
}

/* One message a turn, so that a peer in a hurry leaves the loop to the others. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct key_peer *p = arg;
	struct key_desk *d = p->desk;
	struct iovec io = {.iov_base = d->received, .iov_len = sizeof(d->received)};
	/* Without room for ancillary data the kernel drops it, passed descriptors too, and says so.
	 */
	struct msghdr h = {.msg_iov = &io, .msg_iovlen = 1};
	ssize_t n = recvmsg(fd, &h, MSG_DONTWAIT);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) { /* an empty packet cannot be told from the end */
		key_peer_close(p);
		return;
	}
	serve(p, (size_t)n, (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0);
	secret_wipe(d->received, (size_t)n);
}

/* Sends what waits: the answer, the events in order, how many were lost. As send_now. */
static int send_waiting(struct key_peer *p)
{
	int ret = 0;

	if (p->answer_len > 0)
		ret = send_now(p, p->answer, p->answer_len);
	if (ret == 0)
		p->answer_len = 0;
	while (ret == 0 && p->events > 0) {
		ret = send_event(p, &p->waiting[p->first]);
		if (ret != 0)
			break;
		p->first = (p->first + 1) % KEY_EVENTS_WAITING;
		p->events--;
	}
	if (ret == 0 && p->lost > 0)
		ret = send_event(p,
				 &(struct key_event){.time_ns = clock_now_ns(&p->desk->live->clock),
						     .type = EVENT_EVENTS_LOST,
						     .value = p->lost});
	if (ret == 0)
		p->lost = 0;
	return ret;
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct key_peer *p = arg;
	int ret;

	(void)fd;
	if (what & EV_TIMEOUT) {
		p->desk->count[KEYS_SLOW]++;
		hang_up(p, 0, KEY_ERROR_SLOW);
		return;
	}
	ret = send_waiting(p);
	if (ret != 0 && ret != -EAGAIN) {
		key_peer_close(p);
		return;
	}
	if (p->answer_len == 0)
		event_add(p->readable, NULL);
	if (ret == -EAGAIN)
		await_reader(p);
}

int key_peer_open(struct key_peer *p, struct key_desk *desk, int fd, bool may_change)
{
	struct event_base *base = desk->live->events;

	p->desk = desk;
	p->fd = fd;
	p->may_change = may_change;
	p->subscribed = false;
	p->answer_len = 0;
	p->first = p->events = 0;
	p->lost = 0;
	p->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, p);
	p->writable = event_new(base, fd, EV_WRITE, on_writable, p);
	if (p->readable && p->writable && event_add(p->readable, NULL) == 0)
		return 0;
	if (p->readable)
		event_free(p->readable);
	if (p->writable)
		event_free(p->writable);
	close(fd);
	p->fd = -1;
	return -ENOMEM;
}
