/* live-peer: devices and SCEF around a running gateway, told what to do on its standard input. */
#include "config/sas.h"
#include "crypto/secret.h"
#include "pcap/args.h"
#include "tests/live/keys.h"
#include "tests/live/orders.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

enum { PORTS = 4, FROM_MAX = PLAY_SPOTS / PORTS }; /* sockets of each address */

struct options {
	const char *config, *sas, *access_ns, *core_ns, *key_socket;
	struct endpoint from[FROM_MAX];
	unsigned n_from;
	uint64_t devices, seed, keep, size_min, size_max;
};

static void help(void)
{
	puts("usage: live-peer -c FILE [--sas FILE] --from ADDRESS... [OPTION]... <ORDERS\n"
	     "       live-peer keys N [GROUP...] >FILE\n\n"
	     "Plays devices and SCEF around a running gateway and checks whatever comes out of it.\n"
	     "Exit status: 0 fine, 1 the gateway broke a rule (or an order failed), 2 wrong usage.\n\n"
	     "  -c FILE           the gateway's configuration\n"
	     "  --sas FILE        its static keys; `keys` writes such a file with N devices over all\n"
	     "                    algorithms and with groups at these addresses (ADDRESS:PORT)\n"
	     "  --key-socket PATH where the gateway takes keys, for orders about them\n"
	     "  --devices N       plays N devices at most\n"
	     "  --access-ns NAME  network namespace of the devices\n"
	     "  --core-ns NAME    network namespace of the SCEF\n"
	     "  --from ADDRESS    where devices stand, round robin; may be given several times\n"
	     "  --size N          largest payload (512)\n"
	     "  --keep N          keeps every Nth message from a device for `replay` (0: none)\n"
	     "  --seed N          of everything that is drawn (1)\n\n"
	     "orders, one a line:");
	orders_help(stdout);
}

static int open_spot(struct spot *s, const struct endpoint *at, const struct endpoint *via)
{
	char text[ENDPOINT_TEXT];
	int err = spot_open(s, at, via);

	if (err != 0)
		fprintf(stderr, "live-peer: %s: %s\n", endpoint_write(at, text),
			strerrordesc_np(-err));
	return err;
}

static int enter(const char *ns)
{
	int err = spot_enter(ns);

	if (err != 0)
		fprintf(stderr, "live-peer: namespace %s: %s\n", ns, strerrordesc_np(-err));
	return err;
}

static int open_access(struct play *p, const struct options *o, const struct sa_rows *rows)
{
	int err = enter(o->access_ns);

	for (unsigned i = 0; err == 0 && i < PORTS * o->n_from; i++)
		err = open_spot(&p->access[p->n_access++], &o->from[i % o->n_from], NULL);
	p->n_single = p->n_access;
	for (size_t i = 0; err == 0 && i < rows->n && p->n_access < PLAY_SPOTS; i++) {
		const struct endpoint *at = &rows->row[i].address, *via = o->from;

		if (!rows->row[i].group)
			continue;
		while (via < o->from + o->n_from - 1 && via->family != at->family)
			via++;
		err = open_spot(&p->access[p->n_access++], at, via);
	}
	return err;
}

static int open_core(struct play *p, const struct options *o)
{
	int err = enter(o->core_ns);

	if (err == 0 && p->config.scef.fallback.family)
		err = open_spot(&p->core[p->n_core++], &p->config.scef.fallback, NULL);
	for (unsigned b = 0; err == 0 && b < BEARER_COUNT; b++) {
		const struct endpoint *at = &p->config.scef.endpoint[b];
		bool known = at->family == 0;

		for (unsigned i = 0; i < p->n_core; i++)
			known |= endpoint_equal(&p->core[i].at, at);
		if (!known)
			err = open_spot(&p->core[p->n_core++], at, NULL);
	}
	return err;
}

/* Home again, or the core side's namespace would be the program's. */
static int set_up(struct play *p, const struct options *o, const struct sa_rows *rows)
{
	int err = open_access(p, o, rows);

	if (err == 0)
		err = open_core(p, o);
	for (size_t i = 0; err == 0 && i < rows->n && i < o->devices; i++)
		play_add(p, &rows->row[i]);
	return err;
}

/* Runs until the orders end. */
static int obey_all(struct play *p, const struct options *options)
{
	struct orders o = {.play = p,
			   .key_socket = options->key_socket,
			   .devices = (uint32_t)options->devices,
			   .traffic = {.resume = 4, .down = 48, .group = 100}};
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	setvbuf(stdin, NULL, _IONBF, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (!o.ended) {
		orders_idle(&o, STDIN_FILENO);
		if (getline(&line, &room, stdin) < 0)
			break;
		err = orders_obey(&o, line);
		if (err != 0) {
			fprintf(stderr, "live-peer: not an order: %s (try --help)\n", line);
			break;
		}
	}
	free(line);
	return err != 0 ? EXIT_USAGE : record_failures(&p->record) > 0;
}

static int play(const struct options *o)
{
	struct play p = {
		.rng = {o->seed},
		.record = {.seed = o->seed * UINT64_C(0x9e3779b97f4a7c15), .back_ns = 1},
		.size_min = (uint32_t)o->size_min,
		.size_max = (uint32_t)o->size_max,
		.keep_every = o->keep,
	};
	struct sa_rows rows = {0};
	int status = EXIT_USAGE;

	if (config_load(o->config, &p.config, stderr) != 0 ||
	    (o->sas && sas_load(o->sas, &rows, stderr) != 0))
		return EXIT_USAGE;
	if (set_up(&p, o, &rows) == 0)
		status = obey_all(&p, o);
	play_free(&p);
	sas_free(&rows);
	return status;
}

static const struct option names[] = {
	{"sas", required_argument, NULL, 's'},
	{"devices", required_argument, NULL, 'n'},
	{"access-ns", required_argument, NULL, 'a'},
	{"core-ns", required_argument, NULL, 'k'},
	{"from", required_argument, NULL, 'f'},
	{"size", required_argument, NULL, 'z'},
	{"keep", required_argument, NULL, 'e'},
	{"seed", required_argument, NULL, 'r'},
	{"key-socket", required_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static bool take_option(struct options *o, int c)
{
	switch (c) {
	case 'c':
		o->config = optarg;
		return true;
	case 's':
		o->sas = optarg;
		return true;
	case 'q':
		o->key_socket = optarg;
		return true;
	case 'a':
		o->access_ns = optarg;
		return true;
	case 'k':
		o->core_ns = optarg;
		return true;
	case 'f':
		return o->n_from < FROM_MAX && endpoint_read_address(optarg, &o->from[o->n_from++]);
	case 'n':
		return args_uint(optarg, 1, UINT32_MAX, &o->devices);
	case 'z':
		return args_uint(optarg, PAYLOAD_MIN, SDT_PAYLOAD_MAX, &o->size_max);
	case 'e':
		return args_uint(optarg, 0, UINT32_MAX, &o->keep);
	case 'r':
		return args_uint(optarg, 0, UINT64_MAX, &o->seed);
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	struct options o = {.access_ns = "",
			    .core_ns = "",
			    .devices = UINT32_MAX,
			    .seed = 1,
			    .size_min = PAYLOAD_MIN,
			    .size_max = 512};
	int c;

	if (argc > 1 && strcmp(argv[1], "keys") == 0)
		return keys_cmd(argc - 1, argv + 1);
	while ((c = getopt_long(argc, argv, "c:h", names, NULL)) != -1) {
		if (c == 'h') {
			help();
			return 0;
		}
		if (!take_option(&o, c)) {
			fputs("live-peer: wrong usage (try --help)\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (!o.config || o.n_from == 0 || optind != argc) {
		fputs("live-peer: -c and --from are needed (try --help)\n", stderr);
		return EXIT_USAGE;
	}
	return play(&o);
}
