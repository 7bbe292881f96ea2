/* iwf-dp: the data plane. */
#include "config/config.h"
#include "dataplane/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static const char HELP[] =
	"usage: iwf-dp COMMAND [OPTION ...]\n"
	"\n"
	"The data plane of an MTC-IWF: opens small data from devices for the SCEF, and\n"
	"protects small data from the SCEF for devices.\n"
	"\n"
	"commands:\n"
	"  run       carry packets between two ports, until it is told to stop\n"
	"  preflight say what of this host stands in the way of a run\n"
	"  replay    run captures through the gateway: what comes out, and why the rest died\n"
	"  bench     measure the packet path on traffic in memory\n"
	"  check     check a configuration, and a key file, and say all that is wrong\n"
	"\n"
	"options:\n"
	"  --print-config [-c FILE]  print the configuration, every default included\n"
	"  --help, --version\n"
	"\n"
	"iwf-dp COMMAND --help says more. Exit code: 0 fine, 1 failed, 2 usage or configuration.\n";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"run", run_cmd},     {"preflight", preflight_cmd}, {"replay", replay_cmd},
	{"check", check_cmd}, {"bench", bench_cmd},
};

static int print_config(const char *path)
{
	struct config c;

	config_defaults(&c);
	if (path && config_load(path, &c, stderr) != 0)
		return EXIT_USAGE;
	config_print(&c, stdout);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	prctl(PR_SET_DUMPABLE, 0); /* keys in memory are no other process's business */

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		fputs(HELP, stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(name, "--version") == 0) {
		printf("iwf-dp %s\n", IWF_VERSION);
		return EXIT_SUCCESS;
	}
	if (strcmp(name, "--print-config") == 0 && argc == 2)
		return print_config(NULL);
	if (strcmp(name, "--print-config") == 0 && argc == 4 &&
	    (strcmp(argv[2], "-c") == 0 || strcmp(argv[2], "--config") == 0))
		return print_config(argv[3]);
	if (strcmp(name, "--print-config") == 0) {
		fputs("iwf-dp: --print-config takes -c FILE, or nothing\n", stderr);
		return EXIT_USAGE;
	}
	if (argc > 1)
		fprintf(stderr, "iwf-dp: no command %s (try --help)\n", name);
	else
		fputs(HELP, stderr);
	return EXIT_USAGE;
}
