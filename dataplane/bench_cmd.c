#include "dataplane/api/wire.h"
#include "dataplane/bench.h"
#include "dataplane/commands.h"
#include "pcap/files.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char HELP[] =
	"usage: iwf-dp bench [OPTION ...]\n"
	"\n"
	"Measures the packet path with every check, on messages protected beforehand in memory,\n"
	"and beside it the copying alone (the ceiling) and the cryptography alone. No port, no\n"
	"key file and no configuration is needed; huge pages are used where there are free ones.\n"
	"\n"
	"  --mode MODE        data; resume: every message is a RESUME (data)\n"
	"  --direction WAY    up: from devices; down: to devices, by key id; down-imsi: by IMSI (up)\n"
	"  --alg PAIR         eea0 to eea3 / eia1 to eia3, such as eea2/eia2; mix: 60 percent of the SAs\n"
	"                     eea2/eia2, 20 eea1/eia1, 20 eea3/eia3 (eea2/eia2)\n"
	"  --size MIN[-MAX]   octets of payload, 0 to 1358 (64)\n"
	"  --sas N            security associations, 1 to 16777216 (1000000)\n"
	"  --order ORDER      random, sequential: how messages follow on one another (random)\n"
	"  --workers N        worker threads, each on a CPU of its own (1)\n"
	"  --cross PERCENT    SAs whose messages reach another worker than theirs (0)\n"
	"  --burst N          frames a stage handles at a time, 1 to 256 (32)\n"
	"  --crypto NAME      auto, or ipsec-mb for that library alone (auto)\n"
	"  --seconds S        how long to measure, 0.01 to 3600 (3)\n"
	"  --json FILE        the result as JSON\n"
	"  -q, --quiet        no table\n"
	"  -h, --help\n";

static const struct option OPTIONS[] = {
	{"mode", required_argument, NULL, 'm'},
	{"direction", required_argument, NULL, 'd'},
	{"alg", required_argument, NULL, 'a'},
	{"size", required_argument, NULL, 's'},
	{"sas", required_argument, NULL, 'n'},
	{"order", required_argument, NULL, 'o'},
	{"workers", required_argument, NULL, 'w'},
	{"cross", required_argument, NULL, 'x'},
	{"burst", required_argument, NULL, 'b'},
	{"crypto", required_argument, NULL, 'k'},
	{"seconds", required_argument, NULL, 't'},
	{"json", required_argument, NULL, 'j'},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

struct arguments {
	struct bench_options bench;
	const char *json;
	bool quiet;
};

static int usage_error(const char *what, const char *value)
{
	fprintf(stderr, "iwf-dp bench: %s%s (try --help)\n", what, value);
	return EXIT_USAGE;
}

/* Names that stand for 0, 1, 2 ... */
static bool read_name(const char *s, const char *const *names, unsigned n, unsigned *value)
{
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(s, names[i]) == 0) {
			*value = i;
			return true;
		}
	}
	return false;
}

static bool read_mode(const char *s, enum bench_mode *mode)
{
	const char *const names[] = {bench_mode_name(BENCH_DATA), bench_mode_name(BENCH_RESUME)};
	unsigned v;

	if (!read_name(s, names, 2, &v))
		return false;
	*mode = (enum bench_mode)v;
	return true;
}

static bool read_direction(const char *s, enum bench_direction *d)
{
	const char *const names[] = {bench_direction_name(BENCH_UP),
				     bench_direction_name(BENCH_DOWN),
				     bench_direction_name(BENCH_DOWN_IMSI)};
	unsigned v;

	if (!read_name(s, names, 3, &v))
		return false;
	*d = (enum bench_direction)v;
	return true;
}

static bool read_alg(const char *s, struct bench_options *o)
{
	char text[BENCH_PAIR_TEXT];

	o->mix = strcmp(s, "mix") == 0;
	if (o->mix)
		return true;
	if (strlen(s) != strlen("eea2/eia2"))
		return false;
	o->eea = (uint8_t)(s[3] - '0');
	o->eia = (uint8_t)(s[8] - '0');
	return suite_valid(o->eea, o->eia, TAG_SHORT) && strcmp(bench_pair(o, text), s) == 0;
}

static bool read_number(const char *s, uint32_t min, uint32_t max, uint32_t *out)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (*s < '0' || *s > '9' || *end || errno || v < min || v > max)
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool read_size(const char *s, struct bench_options *o)
{
	const char *dash = strchr(s, '-');
	char first[8];

	if (!dash)
		return read_number(s, 0, SDT_PAYLOAD_MAX, &o->size_min) &&
		       read_number(s, 0, SDT_PAYLOAD_MAX, &o->size_max);
	if ((size_t)(dash - s) >= sizeof(first))
		return false;
	memcpy(first, s, (size_t)(dash - s));
	first[dash - s] = '\0';
	return read_number(first, 0, SDT_PAYLOAD_MAX, &o->size_min) &&
	       read_number(dash + 1, o->size_min, SDT_PAYLOAD_MAX, &o->size_max);
}

static bool read_seconds(const char *s, double *seconds)
{
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	*seconds = strtod(s, &end);
	return *end == '\0' && *seconds >= 0.01 && *seconds <= 3600;
}

static bool read_crypto(const char *s, const char **crypto)
{
	*crypto = s;
	return strcmp(s, "auto") == 0 || strcmp(s, "ipsec-mb") == 0;
}

static bool read_order(const char *s, bool *sequential)
{
	*sequential = strcmp(s, "sequential") == 0;
	return *sequential || strcmp(s, "random") == 0;
}

/* What an option takes, for whoever gave it something else. */
static const struct {
	int id;
	const char *takes;
} TAKES[] = {
	{'m', "--mode takes data or resume, not "},
	{'d', "--direction takes up, down or down-imsi, not "},
	{'a', "--alg takes eea0 to eea3 / eia1 to eia3, or mix, not "},
	{'s', "--size takes 0 to 1358, or MIN-MAX, not "},
	{'n', "--sas takes 1 to 16777216, not "},
	{'o', "--order takes random or sequential, not "},
	{'w', "--workers takes 1 to 64, not "},
	{'x', "--cross takes 0 to 100 percent, not "},
	{'b', "--burst takes 1 to 256, not "},
	{'k', "--crypto takes auto or ipsec-mb, not "},
	{'t', "--seconds takes 0.01 to 3600, not "},
};

static bool read_value(struct bench_options *o, int id, const char *s)
{
	switch (id) {
	case 'm':
		return read_mode(s, &o->mode);
	case 'd':
		return read_direction(s, &o->direction);
	case 'a':
		return read_alg(s, o);
	case 's':
		return read_size(s, o);
	case 'n':
		return read_number(s, 1, 1 << 24, &o->sas);
	case 'o':
		return read_order(s, &o->sequential);
	case 'w':
		return read_number(s, 1, CONFIG_WORKERS_MAX, &o->workers);
	case 'x':
		return read_number(s, 0, 100, &o->cross);
	case 'b':
		return read_number(s, 1, CONFIG_BURST_MAX, &o->burst);
	case 'k':
		return read_crypto(s, &o->crypto);
	default:
		return read_seconds(s, &o->seconds);
	}
}

/* Returns 0, or EXIT_USAGE. */
static int read_option(struct bench_options *o, int id, const char *s)
{
	if (read_value(o, id, s))
		return 0;
	for (size_t i = 0; i < sizeof(TAKES) / sizeof(TAKES[0]); i++) {
		if (TAKES[i].id == id)
			return usage_error(TAKES[i].takes, s);
	}
	return EXIT_USAGE;
}

static int check_arguments(const struct arguments *a)
{
	const struct bench_options *o = &a->bench;

	if (o->mode == BENCH_RESUME && o->direction != BENCH_UP)
		return usage_error("--mode resume goes up alone, not ",
				   bench_direction_name(o->direction));
	if (o->cross > 0 && o->workers == 1)
		return usage_error("--cross needs --workers of at least 2", "");
	return 0;
}

/* Returns -1 to go on, or an exit code. */
static int read_arguments(int argc, char **argv, struct arguments *a)
{
	int id, ret;

	opterr = 0; /* our own line, and only one */
	while ((id = getopt_long(argc, argv, ":qh", OPTIONS, NULL)) != -1) {
		switch (id) {
		case 'j':
			a->json = optarg;
			break;
		case 'q':
			a->quiet = true;
			break;
		case 'h':
			fputs(HELP, stdout);
			return EXIT_SUCCESS;
		case ':':
			return usage_error("no value for ", argv[optind - 1]);
		case '?':
			return usage_error("no option ", argv[optind - 1]);
		default:
			ret = read_option(&a->bench, id, optarg);
			if (ret)
				return ret;
		}
	}
	if (optind < argc)
		return usage_error("unexpected argument: ", argv[optind]);
	ret = check_arguments(a);
	return ret ? ret : -1;
}

/* Said before minutes are measured, not behind them. */
static bool can_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		unlink(path);
		return true;
	}
	if (errno == EEXIST && access(path, W_OK) == 0)
		return true;
	fprintf(stderr, "%s: %s\n", path, strerrordesc_np(errno));
	return false;
}

int bench_cmd(int argc, char **argv)
{
	struct arguments a = {.bench = {.eea = EEA2,
					.eia = EIA2,
					.size_min = 64,
					.size_max = 64,
					.sas = 1000000,
					.workers = 1,
					.burst = 32,
					.seconds = 3,
					.crypto = "auto"}};
	struct bench_result res;
	int ret = read_arguments(argc, argv, &a);

	if (ret >= 0)
		return ret;
	if (a.json && !can_write(a.json))
		return EXIT_FAILURE;
	ret = bench_run(&a.bench, &res);
	if (ret)
		return EXIT_FAILURE;
	if (!a.quiet)
		bench_table(&a.bench, &res);
	if (a.json) {
		ret = bench_json(&a.bench, &res, a.json);
		if (ret)
			fprintf(stderr, "%s: %s\n", a.json, strerrordesc_np(-ret));
	}
	return ret == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
