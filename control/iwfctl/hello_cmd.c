/* iwfctl hello: who serves, and how full it is. */
#include "control/iwfctl/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char hello_help[] =
	"usage: iwfctl hello [OPTION]...\n\n"
	"Says who serves the key socket: program, process, boot id of its host, incarnation (how\n"
	"often the SA table was taken over, from 1), slots and how many are in use, workers, uptime.\n\n"
	"  --json   print an object\n"
	"  --help   print this\n\n"
	"iwfctl --help names the options of all commands.\n";

static uint64_t uptime_s(const struct key_hello *h)
{
	return h->now_ns > h->began_ns ? (h->now_ns - h->began_ns) / 1000000000 : 0;
}

static void print_json(struct ctl *c, const struct key_hello *h)
{
	ctl_json(c, json_pack("{s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:I}", "program", h->program,
			      "pid", (json_int_t)h->pid, "boot_id", h->boot_id, "incarnation",
			      (json_int_t)h->incarnation, "slots", (json_int_t)h->slots, "in_use",
			      (json_int_t)h->in_use, "workers", (json_int_t)h->workers, "uptime_s",
			      (json_int_t)uptime_s(h)));
}

static void print_text(const struct key_hello *h)
{
	uint64_t s = uptime_s(h);

	printf("program      %s\n"
	       "pid          %" PRIu32 "\n"
	       "boot id      %s\n"
	       "incarnation  %" PRIu64 "\n"
	       "slots        %" PRIu32 "\n"
	       "in use       %" PRIu32 "\n"
	       "workers      %" PRIu32 "\n"
	       "uptime       %" PRIu64 " d %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "\n",
	       h->program, h->pid, h->boot_id, h->incarnation, h->slots, h->in_use, h->workers,
	       s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
}

void hello_cmd(struct ctl *c, int argc, char **argv)
{
	static const struct option options[] = {CTL_OPTIONS, {0}};

	if (ctl_option(c, argc, argv, options) == CTL_STOP || !ctl_no_words(c, argc, argv) ||
	    !ctl_connect(c))
		return;
	if (c->json) {
		print_json(c, &c->hello);
	} else {
		print_text(&c->hello);
		ctl_flush(c);
	}
}
