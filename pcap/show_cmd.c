/* iwf-pcap show: one line for each frame. */
#include "pcap/args.h"
#include "pcap/commands.h"
#include "pcap/learn.h"
#include "pcap/shown.h"

#include <errno.h>
#include <getopt.h>

static const char help[] =
	"usage: iwf-pcap show FILE [OPTION]...\n\n"
	"Prints one line for each frame of a capture (pcap, pcapng): number, time, addresses, and what\n"
	"the small-data message, or the frame between gateway and SCEF, in it says. With keys, also\n"
	"whether the tag is right; an epoch's keys are known once the RESUME that began it was seen.\n\n"
	"  --sas FILE       static key file\n"
	"  --resumes FILE   capture of what devices sent, for their RESUMEs\n"
	"  --json           one JSON object a line\n"
	"  --port N         the gateway's UDP port towards devices (33868)\n"
	"  --core-port N    its UDP port towards the SCEF (29128)\n"
	"  --help           print this\n";

struct show {
	const char *file, *sas, *resumes;
	bool json;
	uint64_t port, core_port;
	struct fleet fleet;
	struct capture_in in;
};

enum option_id { SAS = 1, RESUMES, JSON, PORT, PORT_CORE, HELP };

static int read_option(struct show *s, int id, const char *value)
{
	switch (id) {
	case SAS:
		s->sas = value;
		return 0;
	case RESUMES:
		s->resumes = value;
		return 0;
	case JSON:
		s->json = true;
		return 0;
	case PORT:
	case PORT_CORE:
		if (args_uint(value, 1, UINT16_MAX, id == PORT ? &s->port : &s->core_port))
			return 0;
		return args_fail("show", "%s is '%s' (allowed: 1 to 65535)",
				 id == PORT ? "--port" : "--core-port", value);
	case HELP:
		fputs(help, stdout);
		return -1;
	default:
		return EXIT_USAGE;
	}
}

static int read_options(struct show *s, int argc, char **argv)
{
	static const struct option options[] = {{"sas", required_argument, NULL, SAS},
						{"resumes", required_argument, NULL, RESUMES},
						{"json", no_argument, NULL, JSON},
						{"port", required_argument, NULL, PORT},
						{"core-port", required_argument, NULL, PORT_CORE},
						{"help", no_argument, NULL, HELP},
						{0}};
	int id;

	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
		int rc = read_option(s, id, optarg);

		if (rc != 0)
			return rc;
	}
	if (optind + 1 != argc)
		return args_fail("show", "%s", optind < argc ? "more than one file" : "no file");
	if (s->resumes && !s->sas)
		return args_fail("show", "--resumes needs --sas");
	s->file = argv[optind];
	return 0;
}

static int show_all(struct show *s)
{
	struct shown shown;
	struct captured f;
	int rc;

	while ((rc = capture_next(&s->in, &f)) > 0) {
		shown_read(&shown, &f, s->in.link, (uint16_t)s->port, (uint16_t)s->core_port);
		if (s->sas && shown_check(&shown, &s->fleet) != 0)
			return -ENOMEM;
		if (s->json)
			shown_json(&shown, stdout);
		else
			shown_text(&shown, stdout);
		if (ferror(stdout))
			return -EIO; /* whoever reads has gone */
	}
	return fflush(stdout) == 0 ? rc : -EIO;
}

int show_cmd(int argc, char **argv)
{
	struct show s = {.port = SDT_PORT, .core_port = CORE_PORT};
	int err = read_options(&s, argc, argv);

	if (err != 0)
		return err < 0 ? 0 : err;
	if (s.sas)
		err = fleet_load(&s.fleet, s.sas, stderr);
	if (err == 0 && s.resumes)
		err = learn_capture(&s.fleet, s.resumes, stderr);
	if (err == 0)
		err = capture_open(&s.in, s.file, stderr);
	if (err == 0)
		err = show_all(&s);
	capture_close(&s.in);
	fleet_free(&s.fleet);
	return err == 0 ? 0 : 1;
}
