/* iwfctl events: a line for each event, as it comes. */
#include "control/iwfctl/commands.h"
#include "dataplane/api/wire.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char events_help[] =
	"usage: iwfctl events [OPTION]...\n\n"
	"Prints what the data plane tells, a line for each event from now on: time, name, key id,\n"
	"IMSI, reference, a value and what it is, meaning. What an event is not about is \"-\".\n\n"
	"  --count N   end after so many\n"
	"  --json      print an object a line\n"
	"  --help      print this\n\n"
	"iwfctl --help names the options of all commands.\n";

enum { COUNT = CTL_OWN };

enum { LOOK_MS = 1000 };

struct tail {
	struct ctl *ctl;
	uint64_t left; /* until the end */
};

static void print_text(const struct key_event *e, const char *time, const char *imsi)
{
	char key_id[16] = "-", value[64] = "-";

	if (e->key_id)
		snprintf(key_id, sizeof(key_id), "%" PRIu32, e->key_id);
	if (strcmp(event_value(e->type), "0") != 0)
		snprintf(value, sizeof(value), "%" PRIu32 " %s", e->value, event_value(e->type));
	printf("%s  %-15s  %10s  %-15s  %-24s  %-16s  %s\n", time, event_name(e->type), key_id,
	       imsi ? imsi : "-", e->reference[0] ? e->reference : "-", value,
	       event_meaning(e->type));
}

static void print_json(const struct key_event *e, const char *time, const char *imsi)
{
	json_t *o = json_pack(
		"{s:s, s:s, s:o, s:s?, s:s?, s:I}", "time", time, "event", event_name(e->type),
		"key_id", e->key_id ? json_integer(e->key_id) : json_null(), "imsi", imsi,
		"reference", e->reference[0] ? e->reference : NULL, "value", (json_int_t)e->value);

	json_dumpf(o, stdout, JSON_COMPACT);
	json_decref(o);
	putchar('\n');
}

static void print_event(void *arg, const struct key_event *e)
{
	struct tail *t = arg;
	char time[CTL_TIME], imsi[IMSI_MAX + 1];
	bool known = imsi_tbcd_valid(e->imsi) && imsi_from_tbcd(e->imsi, imsi) > 0;

	if (t->left == 0)
		return;
	t->left--;
	ctl_time(e->time_ns, time);
	if (t->ctl->json)
		print_json(e, time, known ? imsi : NULL);
	else
		print_text(e, time, known ? imsi : NULL);
}

/* Whoever reads has gone, which a write would tell at the next event alone. */
static bool reader_gone(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO};

	return poll(&p, 1, 0) > 0 && p.revents & POLLERR;
}

void events_cmd(struct ctl *c, int argc, char **argv)
{
	static const struct option options[] = {
		CTL_OPTIONS, {"count", required_argument, NULL, COUNT}, {0}};
	struct tail t = {.ctl = c, .left = UINT64_MAX};
	int o, n;

	while ((o = ctl_option(c, argc, argv, options)) == COUNT) {
		if (!ctl_uint(c, "--count", optarg, 1, UINT32_MAX, &t.left))
			return;
	}
	if (o == CTL_STOP || !ctl_no_words(c, argc, argv) || !ctl_connect(c))
		return;
	setvbuf(stdout, NULL, _IOLBF, 0);
	n = key_client_subscribe(c->client, print_event, &t);
	while (n >= 0 && t.left > 0 && !ferror(stdout) && !reader_gone())
		n = key_client_wait(c->client, LOOK_MS);
	if (n < 0)
		ctl_failed(c);
	else
		ctl_flush(c);
}
