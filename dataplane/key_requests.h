/*
 * What is asked on the key socket, and how it is answered: a request goes in whole and an answer
 * comes out; who asked, and sockets, are elsewhere (key_peer.h).
 */
#pragma once

#include "dataplane/key_server.h"

/* Where requests are served. One at a time, so that all connections share its buffers. */
struct key_desk {
	struct live *live;
	char boot_id[37];
	uint64_t count[KEY_COUNTER_COUNT];

	/* Of the request in hand. Rows and what was received hold keys, and are wiped behind it. */
	struct sa_row row[KEYMSG_ROWS_MAX];
	char reference[KEYMSG_ROWS_MAX][SAS_REFERENCE_MAX + 1];
	struct key_outcome outcome[KEYMSG_ROWS_MAX];
	uint8_t received[KEYMSG_MAX];
	uint8_t answer[KEYMSG_MAX];
};

/* d is all zero. A boot id that cannot be read is "unknown". Main thread. */
void key_desk_open(struct key_desk *d, struct live *l);

/*
 * Serves a request and writes its answer, header included, to w, which has room for KEYMSG_MAX.
 * False: it was not served, and nothing has changed; *why says why not. Main thread.
 */
bool key_desk_serve(struct key_desk *d, const struct keymsg *m, bool may_change, struct wr *w,
		    enum key_error *why);
