/* What the commands of iwfctl share: their options, the connection, and how they end. */
#pragma once

#include "control/keys/client.h"

#include <jansson.h>

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

enum { EXIT_USAGE = 2 }; /* also for a configuration or key file that is refused */

struct ctl {
	const char *name, *help; /* of the command */
	const char *socket;      /* its path; NULL: the configuration's, or the default */
	const char *config;      /* file; NULL: none */
	bool json;
	int status; /* how the process ends: 0, EXIT_FAILURE or EXIT_USAGE */
	struct key_client *client;
	struct key_hello hello; /* who serves, once connected */
};

/* Options of all commands, which may stand before or behind the command; and what ctl_option says.
 */
enum { CTL_END = -1, CTL_STOP = -2, CTL_SOCKET = 256, CTL_JSON, CTL_OWN };

/* clang-format off */
#define CTL_OPTIONS                                                                                \
	{"socket", required_argument, NULL, CTL_SOCKET},                                           \
	{"config", required_argument, NULL, 'c'},                                                  \
	{"json", no_argument, NULL, CTL_JSON},                                                     \
	{"help", no_argument, NULL, 'h'}
/* clang-format on */

/*
 * Where one of these returns false (ctl_option: CTL_STOP), the command ends: `status` says how, and
 * what there is to say has been written.
 */

/*
 * The next of a command's own options (from CTL_OWN on), or CTL_END after the last. Those of
 * CTL_OPTIONS are taken in. ctl_no_words: nothing stands behind them.
 */
int ctl_option(struct ctl *c, int argc, char **argv, const struct option *options);
bool ctl_no_words(struct ctl *c, int argc, char **argv);

/* Reads a value from min to max. */
bool ctl_uint(struct ctl *c, const char *option, const char *s, uint64_t min, uint64_t max,
	      uint64_t *value);

bool ctl_connect(struct ctl *c);

/* Brings out what was written to stdout. ctl_json writes a value before, and gives it back. */
bool ctl_flush(struct ctl *c);
bool ctl_json(struct ctl *c, json_t *value);

/* Always false: wrong usage, as "iwfctl COMMAND: what (try --help)"; the client's last error. */
__attribute__((format(printf, 2, 3))) bool ctl_usage(struct ctl *c, const char *what, ...);
bool ctl_failed(struct ctl *c);

/* "2026-11-20T21:20:25Z" for people, of Unix time in nanoseconds. */
enum { CTL_TIME = 48 };
const char *ctl_time(uint64_t ns, char out[CTL_TIME]);
