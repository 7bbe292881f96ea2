/* iwfctl sa list: a line for each SA, as they come. */
#include "control/iwfctl/commands.h"
#include "control/iwfctl/sa_columns.h"
#include "dataplane/api/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char list_help[] =
	"usage: iwfctl sa list [OPTION]...\n\n"
	"Lists security associations in the order of their slots. Keys are never shown.\n\n"
	"  --imsi IMSI   those of one device\n"
	"  --key-id N    the one with this key id\n"
	"  --wide        every column\n"
	"  --json        print an array of objects, which hold every column\n"
	"  --help        print this\n\n"
	"iwfctl --help names the options of all commands.\n";

enum { IMSI = CTL_OWN, KEY_ID, WIDE };

struct list {
	struct ctl *ctl;
	struct key_list which;
	bool wide;
	bool begun; /* JSON: a row stands before */
	struct key_row row[KEYMSG_PAGE_MAX];
};

static bool read_value(struct list *l, int option)
{
	uint64_t n = 0;

	switch (option) {
	case IMSI:
		l->which.imsi = imsi_to_tbcd(optarg, strlen(optarg));
		return be64_get(l->which.imsi) != 0 ||
		       ctl_usage(l->ctl, "--imsi is '%s' (allowed: 6 to 15 digits)", optarg);
	case KEY_ID:
		if (!ctl_uint(l->ctl, "--key-id", optarg, 1, UINT32_MAX, &n))
			return false;
		l->which.key_id = (uint32_t)n;
		return true;
	default:
		l->wide = true;
		return true;
	}
}

static bool read_options(struct list *l, int argc, char **argv)
{
	static const struct option options[] = {CTL_OPTIONS,
						{"imsi", required_argument, NULL, IMSI},
						{"key-id", required_argument, NULL, KEY_ID},
						{"wide", no_argument, NULL, WIDE},
						{0}};
	int o;

	while ((o = ctl_option(l->ctl, argc, argv, options)) >= CTL_OWN) {
		if (!read_value(l, o))
			return false;
	}
	return o == CTL_END && ctl_no_words(l->ctl, argc, argv);
}

static void print_row(struct list *l, const struct key_row *row)
{
	json_t *o;

	if (!l->ctl->json) {
		sa_row_print(row, stdout, l->wide);
		return;
	}
	o = sa_row_json(row);
	fputs(l->begun ? ",\n  " : "\n  ", stdout);
	json_dumpf(o, stdout, JSON_COMPACT);
	json_decref(o);
	l->begun = true;
}

/* A page at a time, whatever their number. */
static bool print_pages(struct list *l)
{
	while (l->which.from != KEY_LIST_END && !ferror(stdout)) {
		int n = key_client_list(l->ctl->client, &l->which, l->row);

		if (n < 0)
			return ctl_failed(l->ctl);
		for (int i = 0; i < n; i++)
			print_row(l, &l->row[i]);
	}
	return true;
}

static void print_all(struct list *l)
{
	if (l->ctl->json)
		fputc('[', stdout);
	else
		sa_titles_print(stdout, l->wide);
	if (!print_pages(l))
		return;
	if (l->ctl->json)
		fputs(l->begun ? "\n]\n" : "]\n", stdout);
	ctl_flush(l->ctl);
}

void list_cmd(struct ctl *c, int argc, char **argv)
{
	static struct list l; /* too large for the stack */

	l.ctl = c;
	if (read_options(&l, argc, argv) && ctl_connect(c))
		print_all(&l);
}
