/* iwfctl sa del, sa retire-all: SAs that end now, their keys wiped. */
#include "control/iwfctl/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char remove_help[] =
	"usage: iwfctl sa del REFERENCE... [OPTION]...\n\n"
	"Removes security associations by their references and wipes their keys. A row of a static\n"
	"key file has static:KEY-ID, and stays out of this table once removed.\n\n"
	"  --json   print an array with an object for each\n"
	"  --help   print this\n\n"
	"iwfctl --help names the options of all commands.\n";

const char retire_help[] =
	"usage: iwfctl sa retire-all [--yes] [OPTION]...\n\n"
	"Removes every security association and wipes its keys: each device has to set up a new one.\n"
	"For hosts that cannot tell that they were put back from a snapshot, after which a key and\n"
	"its counters might be used twice.\n\n"
	"  --yes    do not ask\n"
	"  --json   print an object\n"
	"  --help   print this\n\n"
	"iwfctl --help names the options of all commands.\n";

enum { YES = CTL_OWN };

struct remove {
	struct ctl *ctl;
	json_t *told; /* JSON: an object for each */
	struct key_outcome outcome[KEYMSG_ROWS_MAX];
};

static void tell(struct remove *r, const struct key_outcome *o)
{
	if (!key_result_good(o->result))
		r->ctl->status = EXIT_FAILURE;
	if (r->told)
		json_array_append_new(r->told, json_pack("{s:s, s:s}", "reference", o->reference,
							 "result", key_result_name(o->result)));
	else
		fprintf(key_result_good(o->result) ? stdout : stderr, "%s: %s\n", o->reference,
			key_result_meaning(o->result));
}

static bool remove_all_of(struct remove *r, const char *const *references, size_t n)
{
	while (n > 0) {
		size_t few = n < KEYMSG_ROWS_MAX ? n : KEYMSG_ROWS_MAX;
		int gone = key_client_remove(r->ctl->client, references, few, r->outcome);

		if (gone < 0)
			return ctl_failed(r->ctl);
		for (int i = 0; i < gone; i++)
			tell(r, &r->outcome[i]);
		references += gone;
		n -= (size_t)gone;
	}
	return true;
}

void remove_cmd(struct ctl *c, int argc, char **argv)
{
	static const struct option options[] = {CTL_OPTIONS, {0}};
	static struct remove r;

	r.ctl = c;
	if (ctl_option(c, argc, argv, options) == CTL_STOP)
		return;
	if (optind == argc) {
		ctl_usage(c, "no reference");
		return;
	}
	for (int i = optind; i < argc; i++) {
		if (!key_reference_valid(argv[i])) {
			ctl_usage(c, "'%s' is no reference", argv[i]);
			return;
		}
	}
	if (!ctl_connect(c))
		return;
	r.told = c->json ? json_array() : NULL;
	if (!remove_all_of(&r, (const char *const *)argv + optind, (size_t)(argc - optind)))
		json_decref(r.told);
	else if (r.told)
		ctl_json(c, r.told);
	else
		ctl_flush(c);
}

static bool ask(struct ctl *c, bool yes)
{
	char answer[8] = "";

	if (yes)
		return true;
	fprintf(stderr, "Remove all %" PRIu32 " SAs of %s (process %" PRIu32 ")? [y/N] ",
		c->hello.in_use, c->hello.program, c->hello.pid);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	fputs("nothing was removed\n", stderr);
	c->status = EXIT_FAILURE;
	return false;
}

void retire_cmd(struct ctl *c, int argc, char **argv)
{
	static const struct option options[] = {CTL_OPTIONS, {"yes", no_argument, NULL, YES}, {0}};
	bool yes = false;
	uint32_t n;
	int o;

	while ((o = ctl_option(c, argc, argv, options)) == YES)
		yes = true;
	if (o == CTL_STOP || !ctl_no_words(c, argc, argv))
		return;
	if (!yes && !isatty(STDIN_FILENO)) {
		ctl_usage(c, "asks on a terminal; elsewhere --yes is needed");
		return;
	}
	if (!ctl_connect(c) || !ask(c, yes))
		return;
	if (key_client_remove_all(c->client, &n) != 0) {
		ctl_failed(c);
	} else if (c->json) {
		ctl_json(c, json_pack("{s:I}", "removed", (json_int_t)n));
	} else {
		printf("%" PRIu32 " removed\n", n);
		ctl_flush(c);
	}
}
