#include "dataplane/commands.h"
#include "dataplane/preflight.h"

#include <getopt.h>
#include <stdlib.h>

static const char HELP[] =
	"usage: iwf-dp preflight -c FILE [OPTION ...]\n"
	"\n"
	"Looks at all that a run with this configuration needs of the host, touches\n"
	"nothing, and says what is fine, what costs speed and what fails, each with the\n"
	"command that mends it. A run does the same and says what is not fine.\n"
	"\n"
	"  -c, --config FILE  settings\n"
	"  -q, --quiet        only what is not fine\n"
	"  -h, --help\n"
	"\n"
	"Exit code: 0 a run can start, 1 it cannot, 2 usage or configuration.\n";

int preflight_cmd(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct config c;
	struct preflight p = {.config = &c, .out = stdout, .all = true};
	const char *path = NULL;
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, ":c:qh", options, NULL)) != -1) {
		if (o == 'c') {
			path = optarg;
		} else if (o == 'q') {
			p.all = false;
		} else if (o == 'h') {
			fputs(HELP, stdout);
			return EXIT_SUCCESS;
		} else {
			fprintf(stderr, "iwf-dp preflight: %s %s (try --help)\n",
				o == ':' ? "no value for" : "no option", argv[optind - 1]);
			return EXIT_USAGE;
		}
	}
	if (optind < argc || !path) {
		fputs(HELP, stderr);
		return EXIT_USAGE;
	}
	if (config_load(path, &c, stderr) != 0)
		return EXIT_USAGE;
	preflight_look(&p);
	return p.found[FAILS] == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
