/* iwfctl stats: every counter of the data plane, once or again and again. */
#include "config/config.h"
#include "control/iwfctl/commands.h"
#include "control/iwfctl/progress.h"
#include "control/iwfctl/stats_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

const char stats_help[] =
	"usage: iwfctl stats [OPTION]...\n\n"
	"Shows the counters of the data plane since its start, in groups: access (devices) and core\n"
	"(SCEF): what became of the frames of each side; host: the gateway as one; keys: the key\n"
	"socket; sas: the SA table; and smaller ones.\n\n"
	"  --worker N          of one worker alone, from 0\n"
	"  --all               those that are 0, too\n"
	"  --watch [SECONDS]   again every second, or every so many, with what happens a second\n"
	"  --json              print an object; with --watch one a line, with its time\n"
	"  --help              print this\n\n"
	"iwfctl --help names the options of all commands.\n";

enum { WORKER = CTL_OWN, ALL, WATCH };

enum { WATCH_MAX_S = 86400 };

struct show {
	struct ctl *ctl;
	uint64_t worker;  /* or KEY_STATS_SUM */
	uint64_t every_s; /* 0: once */
	bool all, watch;
	struct stats_table now, before;
};

static bool read_value(struct show *s, int option)
{
	switch (option) {
	case WORKER:
		return ctl_uint(s->ctl, "--worker", optarg, 0, CONFIG_WORKERS_MAX - 1, &s->worker);
	case ALL:
		s->all = true;
		return true;
	default:
		s->watch = true;
		s->every_s = 1;
		return !optarg || ctl_uint(s->ctl, "--watch", optarg, 1, WATCH_MAX_S, &s->every_s);
	}
}

static bool read_options(struct show *s, int argc, char **argv)
{
	static const struct option options[] = {CTL_OPTIONS,
						{"worker", required_argument, NULL, WORKER},
						{"all", no_argument, NULL, ALL},
						{"watch", optional_argument, NULL, WATCH},
						{0}};
	int o;

	while ((o = ctl_option(s->ctl, argc, argv, options)) >= CTL_OWN) {
		if (!read_value(s, o))
			return false;
	}
	if (o == CTL_STOP)
		return false;
	/* The seconds may stand behind a blank, too. */
	if (s->watch && optind + 1 == argc)
		return ctl_uint(s->ctl, "--watch", argv[optind], 1, WATCH_MAX_S, &s->every_s);
	return ctl_no_words(s->ctl, argc, argv);
}

static bool ask(struct show *s)
{
	s->now.n = 0;
	if (key_client_stats(s->ctl->client, (uint32_t)s->worker, stats_table_take, &s->now) != 0)
		return ctl_failed(s->ctl);
	s->now.taken_ms = progress_now_ms();
	return true;
}

static bool show(struct show *s)
{
	if (s->ctl->json && s->watch)
		stats_table_json_line(&s->now, (uint64_t)time(NULL), stdout);
	else if (s->ctl->json)
		return ctl_json(s->ctl, stats_table_json(&s->now));
	else
		stats_table_print(&s->now, s->before.n ? &s->before : NULL, s->all, stdout);
	return ctl_flush(s->ctl);
}

/* Each look where the last one was, on a terminal; elsewhere below it. */
static void watch(struct show *s)
{
	bool redraw = isatty(STDOUT_FILENO) && !s->ctl->json;

	while (ask(s)) {
		if (redraw)
			fputs("\033[H\033[2J", stdout);
		else if (s->before.n && !s->ctl->json)
			putchar('\n');
		if (!show(s))
			return;
		s->before = s->now;
		sleep((unsigned)s->every_s);
	}
}

void stats_cmd(struct ctl *c, int argc, char **argv)
{
	static struct show s = {.worker = KEY_STATS_SUM}; /* too large for the stack */

	s.ctl = c;
	if (!read_options(&s, argc, argv) || !ctl_connect(c))
		return;
	if (s.worker != KEY_STATS_SUM && s.worker >= c->hello.workers)
		ctl_usage(c, "--worker is %" PRIu64 " (allowed: 0 to %" PRIu32 ")", s.worker,
			  c->hello.workers - 1);
	else if (s.watch)
		watch(&s);
	else if (ask(&s))
		show(&s);
}
