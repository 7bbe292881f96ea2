/*
 * A client of the key socket that says anything, to a real table: every request is answered by a
 * well-formed message, and where that is an error nothing has changed; the next client is served.
 *
 * An input is an octet of flags, then messages: type, length of the body in two octets, body. Type
 * 0xff stands for a packet that is sent as it is.
 */
#include "dataplane/key_peer.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { SLOTS = 16, ROW_OCTETS = 160, MAY_CHANGE = 1, LAB = 2, RAW = 0xff };

static struct live live;
static struct key_desk desk;
static struct key_peer peer;
static uint8_t packet[KEYMSG_MAX], answer[KEYMSG_MAX];

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void start(void)
{
	config_defaults(&live.config);
	live.config.sa_per_device = 3;
	clock_follow(&live.clock);
	live.sas = sa_table_create(SLOTS);
	live.crypto = batch_create(BATCH_IPSEC_MB);
	live.events = event_base_new();
	demand(live.sas && live.crypto && live.events);
	key_desk_open(&desk, &live);
}

static void empty_table(void)
{
	uint32_t slot[SLOTS];

	for (uint32_t i = 0; i < SLOTS; i++)
		slot[i] = i;
	sa_table_remove_slots(live.sas, slot, SLOTS);
	demand(live.sas->in_use == 0);
}

/* All that is known of every SA; returns how many octets. */
static size_t describe_table(uint8_t octets[SLOTS * ROW_OCTETS])
{
	struct wr w = wr_of(octets, (size_t)SLOTS * ROW_OCTETS);

	for (uint32_t i = 0; i < SLOTS; i++) {
		struct key_row row;

		if (sa_table_describe(live.sas, i, &row))
			key_row_write(&w, &row);
	}
	demand(!w.bad);
	return w.len;
}

/* A client's end of a new connection. */
static int connect_peer(bool may_change)
{
	int ends[2];

	demand(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
	demand(key_peer_open(&peer, &desk, ends[0], may_change) == 0);
	return ends[1];
}

/* Sends a packet and takes what is answered. False: the connection is over. */
static bool exchange(int fd, size_t n, struct keymsg *m)
{
	ssize_t got;

	demand(send(fd, packet, n, MSG_NOSIGNAL) == (ssize_t)n);
	event_base_loop(live.events, EVLOOP_NONBLOCK);
	got = recv(fd, answer, sizeof(answer), 0);
	demand(got >= 0);
	if (got == 0)
		return false;
	demand(keymsg_read(answer, (size_t)got, m) == 0);
	return true;
}

/* Tries one packet; false: it ended the connection, and has changed nothing. */
static bool try_packet(int fd, size_t n)
{
	static uint8_t before[SLOTS * ROW_OCTETS], after[SLOTS * ROW_OCTETS];
	size_t known = describe_table(before);
	struct keymsg m;

	if (exchange(fd, n, &m) && m.type != KEYMSG_ERROR) {
		demand(m.type == (packet[1] | KEYMSG_ANSWER) && peer.fd >= 0);
		return true;
	}
	demand(peer.fd < 0);
	demand(describe_table(after) == known && memcmp(before, after, known) == 0);
	return false;
}

/* The next packet of the input, in `packet`; 0: there is none. */
static size_t next_packet(struct rd *r)
{
	struct wr w = wr_of(packet, sizeof(packet));
	uint8_t type = (uint8_t)rd_uint(r, 1);
	size_t n = rd_uint(r, 2);
	const uint8_t *body;

	if (r->bad || n == 0)
		return 0;
	n = n < r->left ? n : r->left;
	body = rd_take(r, n);
	if (type != RAW)
		keymsg_begin(&w, type, 1);
	wr_bytes(&w, body, n);
	if (type != RAW)
		keymsg_end(&w);
	return w.bad ? 0 : w.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd r = rd_of(data, len);
	unsigned flags = (unsigned)rd_uint(&r, 1);
	struct wr hello = wr_of(packet, sizeof(packet));
	struct keymsg m;
	size_t n;
	int fd;

	if (!live.sas)
		start();
	live.config.lab = flags & LAB;
	fd = connect_peer(flags & MAY_CHANGE);
	do
		n = next_packet(&r);
	while (n > 0 && try_packet(fd, n));
	key_peer_close(&peer);
	close(fd);

	fd = connect_peer(false);
	keymsg_begin(&hello, KEYMSG_HELLO, 1);
	demand(exchange(fd, keymsg_end(&hello), &m) && m.type == (KEYMSG_HELLO | KEYMSG_ANSWER));
	key_peer_close(&peer);
	close(fd);
	empty_table();
	return 0;
}
