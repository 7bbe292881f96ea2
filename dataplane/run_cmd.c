#include "dataplane/commands.h"
#include "dataplane/live.h"
#include "dataplane/preflight.h"
#include "dataplane/report.h"
#include "dataplane/stats.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char HELP[] =
	"usage: iwf-dp run -c FILE [OPTION ...]\n"
	"\n"
	"Carries packets between the two ports of the configuration until SIGTERM, SIGINT or\n"
	"SIGHUP, then prints what it counted. Security associations outlive the process in\n"
	"the file that sa.mapping names; the next run takes them over.\n"
	"\n"
	"  -c, --config FILE  settings; access.port and core.port are needed\n"
	"  --renew            wipe the security associations of an earlier run\n"
	"  -v, --verbose      say more, DPDK's own messages included\n"
	"  -h, --help\n";

static const struct option OPTIONS[] = {
	{"config", required_argument, NULL, 'c'},
	{"renew", no_argument, NULL, 'r'},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

/* Returns -1 to go on, or an exit code. */
static int read_arguments(int argc, char **argv, const char **path, struct live_options *options)
{
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, ":c:vh", OPTIONS, NULL)) != -1) {
		if (o == 'c') {
			*path = optarg;
		} else if (o == 'r') {
			options->renew = true;
		} else if (o == 'v') {
			options->verbose = true;
		} else if (o == 'h') {
			fputs(HELP, stdout);
			return EXIT_SUCCESS;
		} else {
			fprintf(stderr, "iwf-dp run: %s %s (try --help)\n",
				o == ':' ? "no value for" : "no option", argv[optind - 1]);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "iwf-dp run: unexpected argument: %s (try --help)\n", argv[optind]);
		return EXIT_USAGE;
	}
	if (!*path) {
		fputs(HELP, stderr);
		return EXIT_USAGE;
	}
	return -1;
}

/* What of a counter's name is for another table. */
static bool in_sides(const char *name)
{
	return strncmp(name, "access.", 7) == 0 || strncmp(name, "core.", 5) == 0;
}

static void print_counter(void *arg, const char *name, uint64_t value)
{
	(void)arg;
	if (value > 0 && !in_sides(name))
		printf("  %-24s %14" PRIu64 "\n", name, value);
}

static void print_counters(const struct live *l)
{
	struct report report = {.ran = true};

	for (unsigned i = 0; i < l->workers; i++)
		counts_add(&report.counts, &l->worker[i]->counts);
	report_table(&report, stdout);
	printf("beside\n");
	stats_each(l, STATS_SUM, print_counter, NULL);
}

/* Memory behind the mapping is gone, and with it the keys: there is nothing left to wipe. */
static void on_bus_error(int signal)
{
	static const char line[] = "memory is gone: a mapping was cut (sa.mapping), or huge pages "
				   "are short; run again with --renew\n";

	(void)signal;
	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(EXIT_FAILURE);
	_exit(EXIT_FAILURE);
}

static void set_signals(void)
{
	struct sigaction bus = {.sa_handler = on_bus_error};

	sigaction(SIGBUS, &bus, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int run_cmd(int argc, char **argv)
{
	struct live_options options = {0};
	const char *path = NULL;
	struct config config;
	struct preflight preflight = {.config = &config, .out = stderr};
	struct live *l;
	int ret = read_arguments(argc, argv, &path, &options);

	if (ret >= 0)
		return ret;
	if (config_load(path, &config, stderr) != 0)
		return EXIT_USAGE;
	preflight.all = options.verbose;
	set_signals();
	setvbuf(stdout, NULL, _IOLBF, 0);
	preflight_look(&preflight);
	if (preflight.found[FAILS] > 0)
		return EXIT_FAILURE;
	l = live_create(&config, &options);
	if (!l)
		return EXIT_FAILURE;
	ret = live_loop(l);
	if (ret == 0)
		print_counters(l);
	live_destroy(l);
	return ret == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
