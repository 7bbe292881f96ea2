#include "dataplane/stats.h"

#include "dataplane/host.h"
#include "dataplane/key_server.h"

#include <stdarg.h>
#include <stdio.h>

enum { NAME_MAX_OCTETS = 64 };

/* Whom to tell, and under what name. */
struct visit {
	stats_visit *call;
	void *arg;
};

__attribute__((format(printf, 3, 4))) static void tell(const struct visit *v, uint64_t value,
						       const char *fmt, ...)
{
	char name[NAME_MAX_OCTETS];
	va_list list;

	va_start(list, fmt);
	vsnprintf(name, sizeof(name), fmt, list);
	va_end(list);
	v->call(v->arg, name, value);
}

static void tell_counts(const struct visit *v, const struct counts *c)
{
	for (unsigned side = 0; side < SIDES; side++) {
		const char *on = side_name((enum side)side);

		for (unsigned t = 0; t < TALLY_COUNT; t++) {
			if (tally_on((enum tally)t, (enum side)side))
				tell(v, c->tally[side][t], "%s.%s", on, tally_name((enum tally)t));
		}
		for (unsigned f = 0; f < FATE_COUNT; f++) {
			if (fate_on((enum fate)f, (enum side)side))
				tell(v, c->fate[side][f], "%s.%s", on, fate_name((enum fate)f));
		}
	}
}

static void tell_host(const struct visit *v, const struct host *h)
{
	for (unsigned side = 0; side < SIDES; side++) {
		for (unsigned i = 0; i < HOST_COUNTER_COUNT; i++)
			tell(v, host_count(h, (enum side)side, (enum host_counter)i), "host.%s.%s",
			     side_name((enum side)side), host_counter_name((enum host_counter)i));
	}
}

static void tell_main(const struct visit *v, const struct live *l)
{
	if (l->host)
		tell_host(v, l->host);
	for (unsigned i = 0; l->keys && i < KEY_COUNTER_COUNT; i++)
		tell(v, key_server_count(l->keys, (enum key_counter)i), "keys.%s",
		     key_counter_name((enum key_counter)i));
	tell(v, l->sas->in_use, "sas.in_use");
	tell(v, l->sas->slots, "sas.slots");
	tell(v, l->found.taken, "sas.taken_over");
	tell(v, l->found.half_written, "sas.half_written");
	tell(v, l->clock.behind_ns, "clock.behind_ns");
	tell(v, (clock_now_ns(&l->clock) - l->began_ns) / 1000000000, "uptime.seconds");
}

void stats_each(const struct live *l, uint32_t worker, stats_visit *visit, void *arg)
{
	const struct visit v = {visit, arg};
	struct counts sum = {0};
	uint64_t busy = 0;

	for (unsigned i = 0; i < l->workers; i++) {
		if (worker != STATS_SUM && worker != i)
			continue;
		counts_add(&sum, &l->worker[i]->counts);
		busy += l->worker[i]->busy_cycles;
	}
	if (worker != STATS_SUM && worker >= l->workers)
		return;
	tell_counts(&v, &sum);
	tell(&v, busy, "worker.busy_cycles");
	if (worker == STATS_SUM)
		tell_main(&v, l);
}
