#include "dataplane/commands.h"
#include "dataplane/replay.h"
#include "pcap/files.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
	"usage: iwf-dp replay --sas FILE [-c FILE] [--access-in P --core-out P]\n"
	"                     [--core-in P --access-out P] [OPTION ...]\n"
	"\n"
	"Runs captures through the gateway and prints what became of every frame.\n"
	"Captures are pcap or pcapng of Ethernet frames; only the UDP ports decide what is\n"
	"taken. What is written is classic pcap. The clock is the captures' own.\n"
	"\n"
	"  --sas FILE         keys and state of the devices (default: static_sas of -c)\n"
	"  -c, --config FILE  settings; without it every default holds\n"
	"  --access-in P      what devices sent to the gateway (UDP 33868)\n"
	"  --core-out P       what the gateway sends to the SCEF\n"
	"  --core-in P        what the SCEF sent to the gateway (UDP 29128)\n"
	"  --access-out P     what the gateway sends to devices\n"
	"  --workers N        worker threads, 1 to 64 (default: workers of -c; the output is the same)\n"
	"  --burst N          frames a stage handles at a time, 1 to 256 (the output is the same)\n"
	"  --crypto NAME      auto, or ipsec-mb for that library alone\n"
	"  --json FILE        the counters as JSON\n"
	"  --frames FILE      one line a frame: side, number, time, key id, IMSI, COUNT, fate\n"
	"  -q, --quiet        no table\n"
	"  -h, --help\n";

struct arguments {
	struct config config;
	struct replay_files files;
	const char *config_path, *sas, *json;
	const char *workers, *burst, *crypto; /* as given: they override the configuration */
	bool quiet;
};

static const struct option OPTIONS[] = {
	{"sas", required_argument, NULL, 's'},
	{"config", required_argument, NULL, 'c'},
	{"access-in", required_argument, NULL, 'a'},
	{"core-out", required_argument, NULL, 'C'},
	{"core-in", required_argument, NULL, 'i'},
	{"access-out", required_argument, NULL, 'A'},
	{"workers", required_argument, NULL, 'w'},
	{"burst", required_argument, NULL, 'b'},
	{"crypto", required_argument, NULL, 'k'},
	{"json", required_argument, NULL, 'j'},
	{"frames", required_argument, NULL, 'f'},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int usage_error(const char *what, const char *value)
{
	fprintf(stderr, "iwf-dp replay: %s%s (try --help)\n", what, value);
	return EXIT_USAGE;
}

/* Returns -1 to go on, or an exit code. */
static int read_arguments(int argc, char **argv, struct arguments *a)
{
	int o;

	opterr = 0; /* our own line, and only one */
	while ((o = getopt_long(argc, argv, ":c:qh", OPTIONS, NULL)) != -1) {
		switch (o) {
		case 's':
			a->sas = optarg;
			break;
		case 'c':
			a->config_path = optarg;
			break;
		case 'a':
			a->files.in[ACCESS] = optarg;
			break;
		case 'i':
			a->files.in[CORE] = optarg;
			break;
		case 'A':
			a->files.out[ACCESS] = optarg;
			break;
		case 'C':
			a->files.out[CORE] = optarg;
			break;
		case 'w':
			a->workers = optarg;
			break;
		case 'b':
			a->burst = optarg;
			break;
		case 'k':
			a->crypto = optarg;
			break;
		case 'j':
			a->json = optarg;
			break;
		case 'f':
			a->files.frames = optarg;
			break;
		case 'q':
			a->quiet = true;
			break;
		case 'h':
			fputs(HELP, stdout);
			return EXIT_SUCCESS;
		case ':':
			return usage_error("no value for ", argv[optind - 1]);
		default:
			return usage_error("no option ", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return usage_error("unexpected argument: ", argv[optind]);
	if (!a->files.in[ACCESS] && !a->files.in[CORE])
		return usage_error("nothing to replay: --access-in or --core-in is missing", "");
	return -1;
}

static bool read_number(const char *s, uint32_t max, uint32_t *out)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(s, &end, 10);
	if (*s < '0' || *s > '9' || *end || errno || n < 1 || n > max)
		return false;
	*out = (uint32_t)n;
	return true;
}

/* Configuration first, then what the command line overrides. Returns -1 to go on. */
static int settle_config(struct arguments *a)
{
	struct config *c = &a->config;

	config_defaults(c);
	if (a->config_path && config_load(a->config_path, c, stderr) != 0)
		return EXIT_USAGE;
	if (a->workers && !read_number(a->workers, CONFIG_WORKERS_MAX, &c->workers))
		return usage_error("--workers takes 1 to 64, not ", a->workers);
	if (a->burst && !read_number(a->burst, CONFIG_BURST_MAX, &c->burst))
		return usage_error("--burst takes 1 to 256, not ", a->burst);
	if (a->crypto) {
		if (strcmp(a->crypto, "auto") != 0 && strcmp(a->crypto, "ipsec-mb") != 0)
			return usage_error("--crypto takes auto or ipsec-mb, not ", a->crypto);
		snprintf(c->crypto, sizeof(c->crypto), "%s", a->crypto);
	}
	if (!a->sas && c->static_sas[0])
		a->sas = c->static_sas;
	if (!a->sas)
		return usage_error("no keys: --sas is missing", "");
	return -1;
}

static int check_files(const struct arguments *a)
{
	const struct file_use use[] = {
		{"--sas", a->sas, false},
		{"-c", a->config_path, false},
		{"--access-in", a->files.in[ACCESS], false},
		{"--core-in", a->files.in[CORE], false},
		{"--core-out", a->files.out[CORE], true},
		{"--access-out", a->files.out[ACCESS], true},
		{"--frames", a->files.frames, true},
		{"--json", a->json, true},
	};

	return files_check(use, sizeof(use) / sizeof(use[0])) == 0 ? -1 : EXIT_USAGE;
}

int replay_cmd(int argc, char **argv)
{
	struct arguments a = {0};
	struct report report = {0};
	struct sa_rows rows;
	int ret = read_arguments(argc, argv, &a);

	if (ret < 0)
		ret = settle_config(&a);
	if (ret < 0)
		ret = check_files(&a);
	if (ret >= 0)
		return ret;
	if (sas_load(a.sas, &rows, stderr) != 0)
		return EXIT_USAGE;
	if (rows.n == 0)
		fprintf(stderr, "%s: holds no key: every message will be unknown\n", a.sas);
	ret = replay_run(&a.config, &rows, &a.files, &report);
	sas_free(&rows);
	if (!report.ran)
		return EXIT_FAILURE;
	if (!a.quiet)
		report_table(&report, stdout);
	if (a.json) {
		int failed = report_json(&report, a.json);

		if (failed)
			fprintf(stderr, "%s: %s\n", a.json, strerrordesc_np(-failed));
		ret = ret ? ret : failed;
	}
	return ret == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
