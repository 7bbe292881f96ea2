/*
 * A connection to the key socket: requests go out numbered, the answer with that number comes back,
 * events that come in between are handed on. One thread at a time.
 *
 * Functions that return int return 0 or -errno, and leave one line for people in `error`. After any
 * error but -ETIMEDOUT and -EMSGSIZE the connection is closed.
 */
#pragma once

#include "dataplane/api/keymsg.h"

#include <stdbool.h>

enum { CHANNEL_PATH_MAX = 256, CHANNEL_ERROR_MAX = 512 };

struct channel {
	int fd;                      /* -1: not connected */
	unsigned timeout_ms;         /* for a connection, and for an answer */
	uint32_t request;            /* number of the last one; 0 belongs to events */
	char path[CHANNEL_PATH_MAX]; /* of the socket */
	char error[CHANNEL_ERROR_MAX];
	void (*event)(void *arg, const struct key_event *e); /* NULL: events are dropped */
	void *event_arg;
	struct wr out;
	uint8_t message[KEYMSG_MAX]; /* the one being written, then the one that was read */
};

/*
 * Connects to the socket file `path`, after closing what was open. -ENOENT, -ECONNREFUSED: nobody
 * serves it. -EACCES: this user may not. -ETIMEDOUT: it is not taken.
 */
int channel_open(struct channel *ch, const char *path);

/* Closes. Allowed where it is closed already. */
void channel_close(struct channel *ch);

/* Begins a request; its body is written to the writer that is returned. */
struct wr *channel_begin(struct channel *ch, unsigned type);

/*
 * Sends the request, wipes it, and waits for its answer; *body is a view of it until the next call.
 * -EMSGSIZE: the body did not fit, nothing was sent. -ETIMEDOUT: no answer came; the request may
 * still be served, and an answer that comes late is passed over. -ECONNRESET: the other end hung
 * up. -EBADMSG, -EPROTO: what came is no message, or no answer to what was asked. -EPROTONOSUPPORT:
 * another version. -EPERM, -EOPNOTSUPP, -ECONNABORTED: refused (enum key_error).
 */
int channel_ask(struct channel *ch, unsigned type, struct rd *body);

/*
 * Waits for events until `timeout_ms` are over or one has come (negative: without an end), and
 * hands on all that are there. Returns how many, 0 included, or -errno.
 */
int channel_wait(struct channel *ch, int timeout_ms);

/* Makes `error`, closes, and returns err. */
__attribute__((format(printf, 3, 4))) int channel_fail(struct channel *ch, int err,
						       const char *what, ...);
