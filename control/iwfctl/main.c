/* iwfctl: the operator's command line for a running data plane. */
#include "control/iwfctl/commands.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

static const struct command {
	const char *name, *what, *help;
	void (*run)(struct ctl *c, int argc, char **argv);
} commands[] = {
	{"hello", "say who serves, and how full it is", hello_help, hello_cmd},
	{"sa list", "list security associations", list_help, list_cmd},
	{"sa add", "install one", add_help, add_cmd},
	{"sa del", "remove some by their references", remove_help, remove_cmd},
	{"sa load", "install all of a static key file", load_help, load_cmd},
	{"sa retire-all", "remove every one", retire_help, retire_cmd},
	{"stats", "show the counters", stats_help, stats_cmd},
	{"events", "print what the data plane tells, as it happens", events_help, events_cmd},
	{"bench installs", "measure installs a second", bench_help, bench_cmd},
};

static void print_help(void)
{
	puts("usage: iwfctl [--socket PATH | -c FILE] [--json] COMMAND [OPTION]...\n"
	     "       iwfctl COMMAND --help\n"
	     "       iwfctl --help | --version\n\n"
	     "Asks a running iwf-dp on its key socket, and changes its security associations.\n\n"
	     "commands:");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		printf("  %-14s  %s\n", commands[i].name, commands[i].what);
	puts("\noptions, before or behind the command:\n"
	     "  --socket PATH   the key socket (/run/iwf-dp/keys.sock)\n"
	     "  -c FILE         configuration of the data plane, which names it (key_socket.path)\n"
	     "  --json          for programs\n"
	     "  --help          print this, or what the command takes\n"
	     "  --version       print the version\n\n"
	     "Exit status: 0 fine, 1 failed, 2 wrong usage, configuration or key file.");
}

/* How many words of argv name it, 0: none. */
static int words_of(const struct command *command, int argc, char **argv)
{
	const char *blank = strchr(command->name, ' ');
	size_t first = blank ? (size_t)(blank - command->name) : strlen(command->name);

	if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], command->name, first) != 0)
		return 0;
	if (!blank)
		return 1;
	return argc > 1 && strcmp(argv[1], blank + 1) == 0 ? 2 : 0;
}

/* Whether the command is of this group, such as "sa". */
static bool in_group(const struct command *command, const char *group)
{
	size_t n = strlen(group);

	return strncmp(command->name, group, n) == 0 && command->name[n] == ' ';
}

static bool is_group(const char *word)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (in_group(&commands[i], word))
			return true;
	}
	return false;
}

static void print_group(struct ctl *c, const char *group)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (in_group(&commands[i], group))
			printf("iwfctl %-14s  %s\n", commands[i].name, commands[i].what);
	}
	ctl_flush(c);
}

static void run_command(struct ctl *c, int argc, char **argv)
{
	bool two = argc > 1 && argv[1][0] != '-';

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		int words = words_of(&commands[i], argc, argv);

		if (words == 0)
			continue;
		c->name = commands[i].name;
		c->help = commands[i].help;
		optind = 0; /* getopt begins anew */
		commands[i].run(c, argc - words + 1, argv + words - 1);
		key_client_destroy(c->client);
		return;
	}
	if (argc == 1 && is_group(argv[0])) {
		ctl_usage(c, "%s: which command?", argv[0]);
		return;
	}
	if (is_group(argv[0]) && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		print_group(c, argv[0]);
		return;
	}
	ctl_usage(c, "unknown command '%s%s%s'", argv[0], two ? " " : "", two ? argv[1] : "");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		CTL_OPTIONS, {"version", no_argument, NULL, CTL_OWN}, {0}};
	struct ctl c = {.help = ""};
	int o;

	prctl(PR_SET_DUMPABLE, 0); /* keys in memory are no other process's business */
	signal(SIGPIPE, SIG_IGN);  /* a reader that went away is a write error */

	o = ctl_option(&c, argc, argv, options);
	if (o == CTL_OWN) {
		puts("iwfctl " IWF_VERSION);
		ctl_flush(&c);
	} else if (o == CTL_STOP) {
		if (c.status == 0)
			print_help();
		ctl_flush(&c);
	} else if (optind == argc) {
		ctl_usage(&c, "no command");
	} else {
		run_command(&c, argc - optind, argv + optind);
	}
	return c.status;
}
