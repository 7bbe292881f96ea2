/* How the play goes on while an order is carried out, and between orders. */
#include "dataplane/clock.h"
#include "tests/live/orders.h"

#include <poll.h>

enum {
	SECOND_NS = 1000 * 1000 * 1000,
	BURST = 32, /* messages between two looks at what arrives */
	SETTLE_NS = 20 * 1000 * 1000,
	MISSED_NS = 700 * 1000 * 1000 /* a machine may be crowded */
};

/* One message of ordinary traffic. */
static void send_one(struct orders *o)
{
	struct play *p = o->play;
	struct player *who = &p->player[rng_below(&p->rng, p->players)];
	uint32_t draw = rng_below(&p->rng, 100);

	if (who->gone_ns != UINT64_MAX)
		return;
	if (who->row.group) {
		if (draw < o->traffic.group)
			play_down(p, who, true, false);
	} else if (draw < o->traffic.resume) {
		play_resume(p, who);
	} else if (draw < o->traffic.resume + o->traffic.down && who->heard) {
		play_down(p, who, draw & 1, false);
	} else {
		play_up(p, who);
	}
}

static void send_due(struct orders *o, uint64_t now_ns)
{
	struct traffic *t = &o->traffic;

	/* Somebody else had the CPU: what was not sent meanwhile is not made up for at once. */
	if (now_ns > t->next_ns + SECOND_NS / 50)
		t->next_ns = now_ns;
	for (unsigned i = 0; i < BURST && t->rate > 0 && t->next_ns <= now_ns; i++) {
		send_one(o);
		t->next_ns += SECOND_NS / t->rate;
	}
}

/* Waits for a datagram or for fd, at most a millisecond. Returns whether fd is ready. */
static bool look(struct orders *o, int fd)
{
	struct pollfd at[2 * PLAY_SPOTS + 1] = {{.fd = fd, .events = POLLIN}};
	nfds_t n = 1;

	for (unsigned i = 0; i < o->play->n_access; i++)
		at[n++] = (struct pollfd){.fd = o->play->access[i].fd, .events = POLLIN};
	for (unsigned i = 0; i < o->play->n_core; i++)
		at[n++] = (struct pollfd){.fd = o->play->core[i].fd, .events = POLLIN};
	return poll(at, n, 1) > 0 && at[0].revents != 0;
}

/* One round without waiting; returns how many datagrams arrived. */
static unsigned play_on(struct orders *o)
{
	send_due(o, clock_monotonic_ns());
	play_retry(o->play);
	return play_receive(o->play);
}

void orders_go_on(struct orders *o)
{
	play_on(o);
	look(o, -1);
}

void orders_idle(struct orders *o, int fd)
{
	do {
		play_on(o);
	} while (!look(o, fd));
}

void orders_go_on_until(struct orders *o, uint64_t end_ns)
{
	while (clock_monotonic_ns() < end_ns)
		orders_go_on(o);
}

/* Whether every RESUME has its answer. */
static bool at_rest(const struct play *p)
{
	for (uint32_t i = 0; i < p->players; i++) {
		if (p->player[i].waiting && p->player[i].gone_ns == UINT64_MAX)
			return false;
	}
	return true;
}

/* Silence that means that nothing more comes: a long one where something is missing. */
static uint64_t silence_ns(const struct orders *o)
{
	bool missing = record_lost(&o->play->record) > o->missed || !at_rest(o->play);

	return missing ? MISSED_NS : SETTLE_NS;
}

void orders_settle(struct orders *o)
{
	uint64_t end_ns = clock_monotonic_ns() + 5 * (uint64_t)SECOND_NS;
	uint64_t heard_ns = clock_monotonic_ns();
	uint32_t rate = o->traffic.rate;

	o->traffic.rate = 0;
	while (clock_monotonic_ns() < end_ns && clock_monotonic_ns() < heard_ns + silence_ns(o)) {
		if (play_on(o) > 0)
			heard_ns = clock_monotonic_ns();
		look(o, -1);
	}
	o->missed = record_lost(&o->play->record);
	o->traffic.rate = rate;
}
