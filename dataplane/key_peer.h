/*
 * One connection to the key socket. Whatever its other end does, it takes no more than this struct:
 * while an answer waits to be read no request is read, events wait in a queue that ends, and who
 * leaves either waiting is disconnected.
 */
#pragma once

#include "dataplane/key_requests.h"

enum { KEY_EVENTS_WAITING = 256 };

struct key_peer {
	struct key_desk *desk;
	int fd; /* -1: nobody is connected, and the rest means nothing */
	bool may_change;
	bool subscribed;
	struct event *readable, *writable;

	/* What the socket did not take yet. */
	size_t answer_len; /* 0: no answer */
	uint8_t answer[KEYMSG_MAX];
	struct key_event waiting[KEY_EVENTS_WAITING]; /* a ring */
	unsigned first, events;
	uint32_t lost; /* events there was no room for, to be told behind those that wait */
};

/*
 * Takes the connection over and serves it from the event loop. Returns 0, or -ENOMEM: it is closed.
 * Main thread, as the rest.
 */
int key_peer_open(struct key_peer *p, struct key_desk *desk, int fd, bool may_change);

/* Disconnects; nothing happens where nobody is connected. */
void key_peer_close(struct key_peer *p);

/* Sends an event if it subscribed; where it cannot be sent now, it waits or is lost. */
void key_peer_tell(struct key_peer *p, const struct key_event *e);
