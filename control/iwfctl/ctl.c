#include "control/iwfctl/ctl.h"

#include "config/config.h"
#include "config/rfc3339.h"
#include "config/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A data plane that is busy with a batch answers within milliseconds. */
enum { TIMEOUT_MS = 10000 };

bool ctl_usage(struct ctl *c, const char *what, ...)
{
	va_list ap;

	fprintf(stderr, "iwfctl%s%s: ", c->name ? " " : "", c->name ? c->name : "");
	va_start(ap, what);
	vfprintf(stderr, what, ap);
	va_end(ap);
	fputs(" (try --help)\n", stderr);
	c->status = EXIT_USAGE;
	return false;
}

static bool take_common(struct ctl *c, int option)
{
	switch (option) {
	case CTL_SOCKET:
		c->socket = optarg;
		break;
	case 'c':
		c->config = optarg;
		break;
	case CTL_JSON:
		c->json = true;
		break;
	default: /* 'h' */
		fputs(c->help, stdout);
		ctl_flush(c);
		return false;
	}
	if (c->socket && c->config)
		return ctl_usage(c, "--socket and -c are two ways to say one thing");
	return true;
}

int ctl_option(struct ctl *c, int argc, char **argv, const struct option *options)
{
	/* Before the command, the first word ends the options: what follows is the command's. */
	const char *letters = c->name ? ":c:h" : "+:c:h";
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (o == ':' || o == '?') {
			ctl_usage(c, "%s %s", o == ':' ? "no value for" : "no option",
				  argv[optind - 1]);
			return CTL_STOP;
		}
		if (o >= CTL_OWN)
			return o;
		if (!take_common(c, o))
			return CTL_STOP;
	}
	return CTL_END;
}

bool ctl_no_words(struct ctl *c, int argc, char **argv)
{
	return optind == argc || ctl_usage(c, "'%s' is no option", argv[optind]);
}

bool ctl_uint(struct ctl *c, const char *option, const char *s, uint64_t min, uint64_t max,
	      uint64_t *value)
{
	return text_uint(s, min, max, value) == 0 ||
	       ctl_usage(c, "%s is '%s' (allowed: %" PRIu64 " to %" PRIu64 ")", option, s, min,
			 max);
}

/* The path that option, configuration or its default gives. */
static bool find_socket(struct ctl *c, char path[CONFIG_PATH_MAX])
{
	struct config config;

	config_defaults(&config);
	if (c->config && config_load(c->config, &config, stderr) != 0) {
		c->status = EXIT_USAGE;
		return false;
	}
	if (!c->socket && !config.key_socket.path[0]) {
		fprintf(stderr, "%s: key_socket.path: is empty: no key socket is served\n",
			c->config);
		c->status = EXIT_USAGE;
		return false;
	}
	snprintf(path, CONFIG_PATH_MAX, "%s", c->socket ? c->socket : config.key_socket.path);
	return true;
}

bool ctl_connect(struct ctl *c)
{
	char path[CONFIG_PATH_MAX];

	if (!find_socket(c, path))
		return false;
	c->client = key_client_create(TIMEOUT_MS);
	if (!c->client) {
		fputs("iwfctl: out of memory\n", stderr);
		c->status = EXIT_FAILURE;
		return false;
	}
	return key_client_connect(c->client, path, &c->hello) == 0 || ctl_failed(c);
}

bool ctl_failed(struct ctl *c)
{
	fflush(stdout);
	fprintf(stderr, "iwfctl: %s\n", key_client_error(c->client));
	c->status = EXIT_FAILURE;
	return false;
}

bool ctl_flush(struct ctl *c)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	/* A reader that has gone has seen what it wanted. */
	if (errno != EPIPE)
		fprintf(stderr, "iwfctl: standard output: %s\n", strerrordesc_np(errno));
	c->status = EXIT_FAILURE;
	return false;
}

bool ctl_json(struct ctl *c, json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	fputc('\n', stdout);
	json_decref(value);
	return ctl_flush(c);
}

const char *ctl_time(uint64_t ns, char out[CTL_TIME])
{
	return rfc3339_write((int64_t)(ns / 1000000000), 0, out);
}
