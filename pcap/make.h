/* What iwf-pcap make was asked for. */
#pragma once

#include "pcap/bad.h"

enum { MAKE_ALGS_MAX = 16, MAKE_BAD_MAX = 64 };

enum skew { UNIFORM, ZIPF };

struct make {
	struct plan plan;
	struct alg algs[MAKE_ALGS_MAX];
	enum skew skew;
	uint64_t packets, down; /* frames on the access side and on the core side */
	unsigned resume, bad;   /* percent */
	const struct recipe *recipe[MAKE_BAD_MAX]; /* drawn from where a frame is to be bad */
	size_t n_recipes;
	const struct recipe *bad_one;
	const char *sas_out, *expect, *out[SIDES], *clear[SIDES];
	const struct recipe *trace;
	const char *out_dir;
};

/* Reads the options. Returns 0, EXIT_USAGE after a line on stderr, or -1 after --help. */
int make_options(struct make *m, int argc, char **argv);

/* make_trace.c: one fate in a folder of its own. Returns 0 or -errno, with a line on stderr. */
int make_trace(struct make *m);

/* Writes the key file, readable by its owner alone. Returns 0 or -errno, with a line on stderr. */
int make_key_file(const struct world *w, const char *path);

/* Opens the file of expected fates with its header line; closes it, and removes it where it failed.
 */
FILE *make_expect_open(const char *path);
int make_expect_close(FILE *f, const char *path);
