#include "tests/live/orders.h"

#include "dataplane/clock.h"
#include "pcap/args.h"
#include "tests/live/key_orders.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	MS = 1000 * 1000,
	BURST = 32,       /* messages between two looks at what arrives */
	HELD_NS = 50 * MS /* after which a payload is held, not on its way */
};

static void obey_rate(struct orders *o, const struct arguments *a)
{
	o->traffic.rate = (uint32_t)a->v[0];
	if (a->n == 4) {
		o->traffic.resume = (uint32_t)a->v[1];
		o->traffic.down = (uint32_t)a->v[2];
		o->traffic.group = (uint32_t)a->v[3];
	}
	puts("ok");
}

static void obey_wait(struct orders *o, const struct arguments *a)
{
	orders_go_on_until(o, clock_monotonic_ns() + a->v[0] * MS);
	puts("ok");
}

static void obey_settle(struct orders *o, const struct arguments *a)
{
	(void)a;
	orders_settle(o);
	printf("lost %" PRIu64 "\n", record_lost(&o->play->record));
}

/* What was lost so far has its reason: a gateway that asks for a neighbour drops meanwhile. */
static void obey_forgive(struct orders *o, const struct arguments *a)
{
	(void)a;
	orders_settle(o);
	o->forgiven = record_lost(&o->play->record);
	printf("lost %" PRIu64 "\n", o->forgiven);
}

static void obey_lossless(struct orders *o, const struct arguments *a)
{
	uint64_t lost;

	(void)a;
	orders_settle(o);
	lost = record_lost(&o->play->record) - o->forgiven;
	for (uint64_t i = 0; i < lost; i++)
		record_break(&o->play->record, BROKEN_LOST, "one of %" PRIu64, lost);
	printf("lost %" PRIu64 "\n", lost);
}

/* Every device but those of groups says its first word: every other one by a RESUME. */
static void obey_wake(struct orders *o, const struct arguments *a)
{
	struct play *p = o->play;

	(void)a;
	for (uint32_t i = 0; i < p->players; i++) {
		if (!p->player[i].row.group)
			(i % 2 ? play_resume : play_up)(p, &p->player[i]);
		if (i % BURST == 0)
			orders_go_on(o);
	}
	orders_settle(o);
	puts("ok");
}

/* Payloads that each SA has carried must grow in both directions. */
static uint32_t count_working(struct orders *o)
{
	struct play *p = o->play;
	uint64_t(*before)[2] = calloc(p->players, sizeof(*before));
	uint32_t works = 0;

	for (uint32_t i = 0; before && i < p->players; i++) {
		before[i][0] = p->player[i].up;
		before[i][1] = p->player[i].down;
		if (!p->player[i].row.group)
			play_up(p, &p->player[i]);
		if (i % BURST == 0)
			orders_go_on(o);
	}
	orders_settle(o);
	for (uint32_t i = 0; before && i < p->players; i++) {
		play_down(p, &p->player[i], true, false);
		if (i % BURST == 0)
			orders_go_on(o);
	}
	orders_settle(o);
	for (uint32_t i = 0; before && i < p->players; i++)
		works += p->player[i].down > before[i][1] &&
			 (p->player[i].row.group || p->player[i].up > before[i][0]);
	free(before);
	return works;
}

static void obey_each(struct orders *o, const struct arguments *a)
{
	uint32_t rate = o->traffic.rate;

	(void)a;
	o->traffic.rate = 0;
	orders_settle(
		o); /* RESUMEs that were out have their answers now, or DATA could not be sent */
	printf("works %u of %u\n", count_working(o), o->play->players);
	o->traffic.rate = rate;
}

/* The gateway dies, and nothing is sent before it is dead. */
static void obey_kill(struct orders *o, const struct arguments *a)
{
	int fd = (int)syscall(SYS_pidfd_open, (pid_t)a->v[0], 0);
	struct pollfd dead = {.fd = fd, .events = POLLIN};

	if (fd < 0) {
		puts("no such process");
		return;
	}
	o->killed_ns = clock_monotonic_ns();
	if (syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0)
		poll(&dead, 1, 10000);
	close(fd);
	o->play->record.mark_ns = clock_monotonic_ns();
	o->play->record.back_ns = 0;
	puts("killed");
}

/*
 * How many milliseconds after the kill the first message came through that was sent after it, and
 * how many the gateway took to die.
 */
static void obey_back(struct orders *o, const struct arguments *a)
{
	uint64_t end_ns = clock_monotonic_ns() + a->v[0] * MS;
	const struct record *r = &o->play->record;

	while (r->back_ns == 0 && clock_monotonic_ns() < end_ns)
		orders_go_on(o);
	if (r->back_ns == 0)
		puts("not back");
	else
		printf("back %.1f dead %.1f\n", (double)(r->back_ns - o->killed_ns) / MS,
		       (double)(r->mark_ns - o->killed_ns) / MS);
}

static void obey_replay(struct orders *o, const struct arguments *a)
{
	(void)a;
	play_replay(o->play);
	puts("ok");
}

struct player *orders_player(const struct orders *o, const struct arguments *a)
{
	return a->v[0] < o->play->players ? &o->play->player[a->v[0]] : NULL;
}

/* A payload that is held for a device which is not there yet comes in its RESUMED (sdt.md 5). */
static void obey_hold(struct orders *o, const struct arguments *a)
{
	struct player *who = orders_player(o, a);
	uint64_t before;

	if (!who) {
		puts("no such SA");
		return;
	}
	before = who->down;
	play_down(o->play, who, true, true);
	orders_go_on_until(o, clock_monotonic_ns() + HELD_NS);
	play_resume(o->play, who);
	orders_settle(o);
	puts(who->down > before ? "came" : "did not come");
}

/* From now on at another address; the next message from there tells the gateway. */
static void obey_move(struct orders *o, const struct arguments *a)
{
	struct player *who = orders_player(o, a);

	if (!who || who->row.group) {
		puts("no such SA");
		return;
	}
	orders_settle(o);
	who->spot = (who->spot + 1) % o->play->n_single;
	who->moved_ns = clock_monotonic_ns();
	play_up(o->play, who);
	orders_settle(o);
	puts("ok");
}

/* One payload by IMSI, and which of the device's SAs brought it; or the same by key id. */
static void send_and_tell(struct orders *o, const struct arguments *a, bool hint)
{
	struct play *p = o->play;
	struct player *to = orders_player(o, a);

	if (!to) {
		puts("no such SA");
		return;
	}
	orders_settle(o);
	p->last_down = UINT32_MAX;
	play_down(p, to, hint, false);
	orders_settle(o);
	if (p->last_down == UINT32_MAX)
		puts("nowhere");
	else
		printf("at %u\n", p->last_down);
}

static void obey_mt(struct orders *o, const struct arguments *a)
{
	send_and_tell(o, a, false);
}

static void obey_mt_key(struct orders *o, const struct arguments *a)
{
	send_and_tell(o, a, true);
}

/* DATA from one device; whether it came through. */
static void obey_up(struct orders *o, const struct arguments *a)
{
	struct player *who = orders_player(o, a);
	uint64_t before;

	if (!who) {
		puts("no such SA");
		return;
	}
	before = who->up;
	play_up(o->play, who);
	orders_settle(o);
	puts(who->up > before ? "came" : "did not come");
}

static void obey_report(struct orders *o, const struct arguments *a)
{
	(void)a;
	record_print(&o->play->record, stdout);
	printf(", \"resumed\": %" PRIu64 ", \"synced\": %" PRIu64 "}\n", o->play->resumed,
	       o->play->synced);
}

static void obey_end(struct orders *o, const struct arguments *a)
{
	obey_report(o, a);
	o->ended = true;
}

static const struct order {
	const char *name;
	void (*obey)(struct orders *o, const struct arguments *a);
	unsigned least, most; /* arguments */
	const char *help;
} orders[] = {
	{"rate", obey_rate, 1, 4,
	 "N [RESUME DOWN GROUP]: messages a second, and percent of each kind"},
	{"wait", obey_wait, 1, 1, "MS: goes on for that long"},
	{"wake", obey_wake, 0, 0, "a first message from every device"},
	{"each", obey_each, 0, 0,
	 "one message each way for every SA; answers how many came through"},
	{"hold", obey_hold, 1, 1, "I: a held payload for that SA, then a RESUME"},
	{"move", obey_move, 1, 1, "I: that device moves to the next address"},
	{"up", obey_up, 1, 1, "I: DATA from that device; answers whether it came"},
	{"mt", obey_mt, 1, 1, "I: a payload by that device's IMSI; answers at which SA it came"},
	{"mt-key", obey_mt_key, 1, 1, "I: the same by key id"},
	{"install", obey_install, 1, 1, "N: new devices by the key socket"},
	{"renew", obey_renew, 1, 1, "I: a second SA for that device; answers its number"},
	{"expiring", obey_expiring, 1, 1, "MS: a new device whose SA then expires; its number"},
	{"remove", obey_remove, 1, 1, "I: removes that SA"},
	{"kill", obey_kill, 1, 1, "PID: kills the gateway"},
	{"back", obey_back, 1, 1, "MS: waits until something sent after the kill came through"},
	{"replay", obey_replay, 0, 0, "sends what was kept once more"},
	{"settle", obey_settle, 0, 0, "silence until all is answered; answers how many are lost"},
	{"forgive", obey_forgive, 0, 0, "the same; what is lost by now does not count below"},
	{"lossless", obey_lossless, 0, 0, "the same, and every message lost is a failure"},
	{"report", obey_report, 0, 0, "all numbers as JSON"},
	{"end", obey_end, 0, 0, "the same, and the program ends"},
};

void orders_help(FILE *out)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		fprintf(out, "  %-9s %s\n", orders[i].name, orders[i].help);
}

int orders_obey(struct orders *o, char *line)
{
	struct arguments a = {0};
	char *rest, *word = strtok_r(line, " \n", &rest);

	for (size_t i = 0; word && i < sizeof(orders) / sizeof(orders[0]); i++) {
		char *number;

		if (strcmp(word, orders[i].name) != 0)
			continue;
		while (a.n < 4 && (number = strtok_r(NULL, " \n", &rest))) {
			if (!args_uint(number, 0, UINT32_MAX, &a.v[a.n++]))
				return -EINVAL;
		}
		if (a.n < orders[i].least || a.n > orders[i].most)
			return -EINVAL;
		orders[i].obey(o, &a);
		return 0;
	}
	return -EINVAL;
}
