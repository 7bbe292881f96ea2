#include "tests/unit/key_rig.h"

#include "dataplane/events.h"

#include <rte_debug.h>
#include <rte_ring.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Without EAL: a ring lies where its owner wants. */
static struct rte_ring *make_ring(void)
{
	ssize_t octets = rte_ring_get_memsize_elem(sizeof(struct key_event), EVENTS_ROOM);
	struct rte_ring *ring;

	RTE_VERIFY(octets > 0);
	ring = aligned_alloc(RTE_CACHE_LINE_SIZE,
			     RTE_ALIGN_CEIL((size_t)octets, RTE_CACHE_LINE_SIZE));
	RTE_VERIFY(ring &&
		   rte_ring_init(ring, "events", EVENTS_ROOM, RING_F_SP_ENQ | RING_F_SC_DEQ) == 0);
	return ring;
}

static struct worker *make_worker(struct rte_ring *events)
{
	struct worker *w = aligned_alloc(alignof(struct worker), sizeof(*w));

	RTE_VERIFY(w);
	memset(w, 0, sizeof(*w));
	w->events = events;
	return w;
}

struct key_rig *key_rig_create(uint32_t slots)
{
	struct key_rig *k = calloc(1, sizeof(*k));
	struct live *l;

	RTE_VERIFY(k);
	l = &k->live;
	snprintf(k->folder, sizeof(k->folder), "/tmp/keys.XXXXXX");
	RTE_VERIFY(mkdtemp(k->folder));
	config_defaults(&l->config);
	l->config.sa_per_device = 8;
	l->config.key_socket = (struct config_key_socket){0};
	snprintf(l->config.key_socket.path, sizeof(l->config.key_socket.path), "%s/run/keys.sock",
		 k->folder);
	clock_follow(&l->clock);
	l->began_ns = clock_now_ns(&l->clock);
	l->sas = sa_table_create(slots);
	l->found.incarnation = 1;
	l->crypto = batch_create(BATCH_AUTO);
	l->events = event_base_new();
	k->events = make_ring();
	l->worker[0] = make_worker(k->events);
	l->workers = 1;
	k->errors = open_memstream(&k->said, &k->said_len);
	RTE_VERIFY(l->sas && l->crypto && l->events && k->errors);
	l->keys = key_server_create(l, k->errors);
	RTE_VERIFY(l->keys);
	return k;
}

void key_rig_destroy(struct key_rig *k)
{
	struct live *l = &k->live;
	char folder[80];

	key_server_destroy(l->keys);
	event_base_free(l->events);
	batch_destroy(l->crypto);
	sa_table_destroy(l->sas);
	free(l->worker[0]);
	free(k->events);
	fclose(k->errors);
	free(k->said);
	snprintf(folder, sizeof(folder), "%s/run", k->folder);
	rmdir(folder);
	RTE_VERIFY(rmdir(k->folder) == 0);
	free(k);
}

void key_rig_turn(struct key_rig *k)
{
	for (unsigned i = 0; i < 4; i++)
		event_base_loop(k->live.events, EVLOOP_NONBLOCK);
}

int key_rig_connect(const struct key_rig *k)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	RTE_VERIFY(fd >= 0);
	memcpy(a.sun_path, k->live.config.key_socket.path, sizeof(a.sun_path) - 1);
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

bool key_rig_send(int fd, const void *octets, size_t n)
{
	return send(fd, octets, n, MSG_NOSIGNAL) == (ssize_t)n;
}

int key_rig_receive(struct key_rig *k, int fd, struct keymsg *m)
{
	for (unsigned i = 0; i < 1000; i++) {
		ssize_t n;

		key_rig_turn(k);
		n = recv(fd, k->received, sizeof(k->received), 0);
		if (n > 0) {
			RTE_VERIFY(keymsg_read(k->received, (size_t)n, m) == 0);
			return 1;
		}
		if (n == 0 || errno != EAGAIN)
			return 0;
		poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 1);
	}
	return -1;
}

void key_rig_ask(struct key_rig *k, int fd, struct wr *w, struct keymsg *answer)
{
	size_t n = keymsg_end(w);

	RTE_VERIFY(n > 0 && key_rig_send(fd, w->p - n, n));
	RTE_VERIFY(key_rig_receive(k, fd, answer) == 1);
}

static void read_outcomes(struct keymsg *answer, unsigned type, uint32_t want,
			  struct key_outcome *outcome)
{
	uint32_t n;

	RTE_VERIFY(answer->type == (type | KEYMSG_ANSWER));
	RTE_VERIFY(keymsg_count(&answer->body, &n) == 0 && n == want);
	for (uint32_t i = 0; i < n; i++)
		RTE_VERIFY(key_outcome_read(&answer->body, &outcome[i]) == 0);
	RTE_VERIFY(rd_done(&answer->body));
}

void key_rig_install(struct key_rig *k, int fd, const struct sa_row *row, uint32_t n,
		     struct key_outcome *outcome)
{
	uint8_t *octets = malloc(KEYMSG_MAX);
	struct wr w = wr_of(octets, KEYMSG_MAX);
	struct keymsg answer;

	RTE_VERIFY(octets);
	keymsg_begin(&w, KEYMSG_INSTALL, 1);
	keymsg_put_count(&w, n);
	for (uint32_t i = 0; i < n; i++)
		key_install_write(&w, &row[i]);
	key_rig_ask(k, fd, &w, &answer);
	read_outcomes(&answer, KEYMSG_INSTALL, n, outcome);
	free(octets);
}

void key_rig_remove(struct key_rig *k, int fd, const char *reference, struct key_outcome *outcome)
{
	uint8_t octets[64];
	struct wr w = wr_of(octets, sizeof(octets));
	struct keymsg answer;

	keymsg_begin(&w, KEYMSG_REMOVE, 2);
	keymsg_put_count(&w, 1);
	key_reference_write(&w, reference);
	key_rig_ask(k, fd, &w, &answer);
	read_outcomes(&answer, KEYMSG_REMOVE, 1, outcome);
}

struct sa_row key_rig_row(unsigned i)
{
	struct sa_row row = {
		.eea = EEA2,
		.eia = EIA2,
		.tag_len = TAG_LONG,
		.expires_ns = SAS_NEVER,
		.resume_count = 1,
	};

	snprintf(row.reference, sizeof(row.reference), "session:%u", i);
	row.identity_len = (uint8_t)snprintf(row.identity, sizeof(row.identity), "00101%010u", i);
	for (unsigned j = 0; j < ROOT_KEY_LEN; j++)
		row.root_key[j] = (uint8_t)((i >> 8 * (j % 4)) + 31 * j);
	return row;
}

struct key_snapshot key_rig_snapshot(const struct key_rig *k)
{
	enum { ROW_OCTETS = 160 };
	const struct sa_table *t = k->live.sas;
	struct key_snapshot s = {.octets = malloc((size_t)t->slots * ROW_OCTETS)};
	struct wr w = wr_of(s.octets, (size_t)t->slots * ROW_OCTETS);

	RTE_VERIFY(s.octets);
	for (uint32_t i = 0; i < t->slots; i++) {
		struct key_row row;

		if (!sa_table_describe(t, i, &row))
			continue;
		key_row_write(&w, &row);
		s.sas++;
	}
	RTE_VERIFY(!w.bad && s.sas == t->in_use);
	s.n = w.len;
	return s;
}

bool key_rig_unchanged(const struct key_rig *k, const struct key_snapshot *before)
{
	struct key_snapshot now = key_rig_snapshot(k);
	bool same = now.sas == before->sas && now.n == before->n &&
		    memcmp(now.octets, before->octets, now.n) == 0;

	free(now.octets);
	return same;
}
