#include "config/config.h"
#include "config/sas.h"
#include "dataplane/commands.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char HELP[] =
	"usage: iwf-dp check [-c FILE] [--sas FILE]\n"
	"\n"
	"Reads a configuration and the key file that it names (static_sas), or that --sas\n"
	"names, and writes every error as file:line: key: what is wrong. Needs no root.\n";

static int check_sas(const char *path)
{
	struct sa_rows rows;

	if (sas_load(path, &rows, stderr) != 0)
		return EXIT_USAGE;
	printf("%s: fine, %zu security associations\n", path, rows.n);
	sas_free(&rows);
	return EXIT_SUCCESS;
}

int check_cmd(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"sas", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	const char *path = NULL, *sas = NULL;
	struct config c;
	int o, ret = EXIT_SUCCESS;

	opterr = 0;
	while ((o = getopt_long(argc, argv, ":c:h", options, NULL)) != -1) {
		if (o == 'c') {
			path = optarg;
		} else if (o == 's') {
			sas = optarg;
		} else if (o == 'h') {
			fputs(HELP, stdout);
			return EXIT_SUCCESS;
		} else {
			fprintf(stderr, "iwf-dp check: %s %s (try --help)\n",
				o == ':' ? "no value for" : "no option", argv[optind - 1]);
			return EXIT_USAGE;
		}
	}
	if (optind < argc || (!path && !sas)) {
		fputs(HELP, stderr);
		return EXIT_USAGE;
	}
	config_defaults(&c);
	if (path) {
		ret = config_load(path, &c, stderr) == 0 ? EXIT_SUCCESS : EXIT_USAGE;
		if (ret == EXIT_SUCCESS)
			printf("%s: fine\n", path);
	}
	if (!sas && c.static_sas[0])
		sas = c.static_sas;
	if (sas && check_sas(sas) != EXIT_SUCCESS)
		ret = EXIT_USAGE;
	return ret;
}
