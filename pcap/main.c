/* iwf-pcap: captures of small data, made, protected, opened and shown. */
#include "pcap/args.h"
#include "pcap/commands.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *what;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"make", "make traffic, good and bad, with its keys", make_cmd},
	{"protect", "send the payloads of a capture as small data", protect_cmd},
	{"open", "get the clear payloads back", open_cmd},
	{"show", "print one line for each frame", show_cmd},
};

static void help(void)
{
	puts("usage: iwf-pcap COMMAND [OPTION]...\n"
	     "       iwf-pcap COMMAND --help\n"
	     "       iwf-pcap --help | --version\n\n"
	     "Captures of the small-data protocol: plays the devices and the SCEF around a gateway.\n\n"
	     "commands:");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		printf("  %-8s  %s\n", commands[i].name, commands[i].what);
	puts("\nExit status: 0 fine, 1 failed, 2 wrong usage.");
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("iwf-pcap: no command (try --help)\n", stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		help();
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("iwf-pcap " IWF_VERSION);
		return 0;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0) {
			char name[32]; /* what getopt begins its messages with */

			snprintf(name, sizeof(name), "iwf-pcap %s", commands[i].name);
			argv[1] = name;
			return commands[i].run(argc - 1, argv + 1);
		}
	}
	fprintf(stderr, "iwf-pcap: unknown command '%s' (try --help)\n", argv[1]);
	return EXIT_USAGE;
}
