#include "dataplane/key_server.h"

#include "dataplane/events.h"
#include "dataplane/key_peer.h"
#include "dataplane/key_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PEERS_MAX = 64,
	READERS_MAX = 32, /* who may only read cannot keep control out */
	ACCEPTS_A_TURN = 16,
	TICK_MS = 100, /* how often workers' events are fetched */
	EVENTS_A_GO = 32,
	EVENTS_A_TICK = 4096 /* of one worker */
};

struct key_server {
	struct live *live;
	struct key_socket socket;
	struct event *connecting, *tick;
	uint64_t lost_told[CONFIG_WORKERS_MAX]; /* of each worker's events_lost */
	struct key_desk desk;
	struct key_peer peer[PEERS_MAX];
};

#define X(sym, name, meaning) name,
static const char *const counter_names[KEY_COUNTER_COUNT] = {KEY_COUNTERS(X)};
#undef X

const char *key_counter_name(enum key_counter c)
{
	return (unsigned)c < KEY_COUNTER_COUNT ? counter_names[c] : "?";
}

uint64_t key_server_count(const struct key_server *s, enum key_counter c)
{
	return s->desk.count[c];
}

static bool has_uid(const struct config_uids *uids, uid_t uid)
{
	for (unsigned i = 0; i < uids->n; i++) {
		if (uids->id[i] == uid)
			return true;
	}
	return false;
}

static bool may_change(const struct key_server *s, uid_t uid)
{
	return uid == 0 || uid == geteuid() || has_uid(&s->live->config.key_socket.uids, uid);
}

static bool may_read(const struct key_server *s, uid_t uid)
{
	return may_change(s, uid) || has_uid(&s->live->config.key_socket.read_uids, uid);
}

/* A place for a connection, or NULL. */
static struct key_peer *find_place(struct key_server *s, bool changes)
{
	struct key_peer *place = NULL;
	unsigned readers = 0;

	for (unsigned i = 0; i < PEERS_MAX; i++) {
		if (s->peer[i].fd < 0)
			place = &s->peer[i];
		else
			readers += !s->peer[i].may_change;
	}
	return changes || readers < READERS_MAX ? place : NULL;
}

/* Takes a connection, or closes it unanswered. */
static void admit(struct key_server *s, int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);
	struct key_peer *place;
	bool changes;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0 || !may_read(s, peer.uid)) {
		s->desk.count[KEYS_STRANGERS]++;
		close(fd);
		return;
	}
	changes = may_change(s, peer.uid);
	place = find_place(s, changes);
	if (!place) {
		s->desk.count[KEYS_TURNED_AWAY]++;
		close(fd);
		return;
	}
	if (key_peer_open(place, &s->desk, fd, changes) == 0)
		s->desk.count[KEYS_CLIENTS]++;
}

static void on_connecting(evutil_socket_t listening, short what, void *arg)
{
	struct key_server *s = arg;
	int fd = 0;

	(void)what;
	for (unsigned i = 0; i < ACCEPTS_A_TURN && fd >= 0; i++) {
		fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0)
			admit(s, fd);
	}
	/* Out of descriptors: whoever waits does so to the next tick, and the loop does not spin.
	 */
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
		event_del(s->connecting);
}

void key_server_tell(struct key_server *s, const struct key_event *e)
{
	s->desk.count[KEYS_EVENTS]++;
	s->desk.count[KEYS_EXPIRED] += e->type == EVENT_EXPIRED;
	for (unsigned i = 0; i < PEERS_MAX; i++)
		key_peer_tell(&s->peer[i], e);
}

/* Workers know SAs by key id; what control calls them stands in their labels. */
static void tell_from_worker(struct key_server *s, struct key_event *e)
{
	const struct sa_table *t = s->live->sas;
	uint32_t slot = sa_table_find(t, e->key_id);

	if (slot != SA_NONE)
		memcpy(e->reference, t->label[slot].reference, SAS_REFERENCE_MAX);
	key_server_tell(s, e);
}

static void fetch_events(struct key_server *s, struct rte_ring *events)
{
	struct key_event e[EVENTS_A_GO];
	unsigned n = EVENTS_A_GO;

	for (unsigned done = 0; n == EVENTS_A_GO && done < EVENTS_A_TICK; done += n) {
		n = events_take(events, e, EVENTS_A_GO);
		for (unsigned i = 0; i < n; i++)
			tell_from_worker(s, &e[i]);
	}
}

/* What a worker's ring had no room for. */
static void tell_lost(struct key_server *s, unsigned worker)
{
	uint64_t lost = s->live->worker[worker]->events_lost;
	struct key_event e = {
		.time_ns = clock_now_ns(&s->live->clock),
		.type = EVENT_EVENTS_LOST,
		.value = (uint32_t)(lost - s->lost_told[worker]),
	};

	if (e.value == 0)
		return;
	s->lost_told[worker] = lost;
	s->desk.count[KEYS_EVENTS_LOST] += e.value;
	key_server_tell(s, &e);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct key_server *s = arg;

	(void)fd;
	(void)what;
	event_add(s->connecting, NULL);
	for (unsigned i = 0; i < s->live->workers; i++) {
		if (s->live->worker[i]->events)
			fetch_events(s, s->live->worker[i]->events);
		tell_lost(s, i);
	}
}

struct key_server *key_server_create(struct live *l, FILE *errors)
{
	struct key_server *s = calloc(1, sizeof(*s));
	struct timeval tick = {.tv_usec = TICK_MS * 1000};

	if (!s) {
		fprintf(errors, "key socket: out of memory\n");
		return NULL;
	}
	s->live = l;
	for (unsigned i = 0; i < PEERS_MAX; i++)
		s->peer[i].fd = -1;
	key_desk_open(&s->desk, l);
	if (key_socket_open(&s->socket, &l->config.key_socket, errors) != 0)
		goto err_free;
	s->connecting = event_new(l->events, s->socket.fd, EV_READ | EV_PERSIST, on_connecting, s);
	s->tick = event_new(l->events, -1, EV_PERSIST, on_tick, s);
	if (s->connecting && s->tick && event_add(s->connecting, NULL) == 0 &&
	    event_add(s->tick, &tick) == 0)
		return s;
	fprintf(errors, "%s: the event loop cannot serve the key socket\n", s->socket.path);
	key_server_destroy(s);
	return NULL;

err_free:
	free(s);
	return NULL;
}

void key_server_destroy(struct key_server *s)
{
	if (!s)
		return;
	key_socket_close(&s->socket);
	if (s->connecting)
		event_free(s->connecting);
	if (s->tick)
		event_free(s->tick);
	for (unsigned i = 0; i < PEERS_MAX; i++)
		key_peer_close(&s->peer[i]);
	free(s);
}
