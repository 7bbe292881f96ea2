/*
 * iwf-dp bench: what the packet path takes, on messages protected beforehand in memory. Workers
 * feed themselves: a frame is copied into an mbuf, goes the whole way with every check, and ends
 * where a port would take it. Nothing leaves the process, which is why COUNTs may be set back.
 */
#pragma once

#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>

enum bench_mode { BENCH_DATA, BENCH_RESUME };

enum bench_direction {
	BENCH_UP,       /* DATA or RESUME from devices */
	BENCH_DOWN,     /* MT frames that name their SA by key id */
	BENCH_DOWN_IMSI /* MT frames that name their device by IMSI alone */
};

enum { BENCH_PAIR_TEXT = 16, BENCH_WHY = 240, BENCH_KERNELS = 512 };

struct bench_options {
	enum bench_mode mode;
	enum bench_direction direction;
	bool mix; /* of algorithms, 60 / 20 / 20 percent; else the pair below */
	uint8_t eea, eia;
	uint32_t size_min, size_max; /* octets of payload */
	uint32_t sas;
	uint32_t workers;
	uint32_t burst;
	uint32_t cross;  /* percent of the SAs whose frames reach a worker that does not own them */
	double seconds;  /* of measured time, all kinds of laps together */
	bool sequential; /* SAs in turn instead of in random order */
	const char *crypto; /* "auto" or "ipsec-mb" */
};

/* The three things that are timed, in turn, over the same frames. */
enum bench_lap {
	LAP_PATH,    /* copy in, the packet path, free */
	LAP_CRYPTO,  /* the kernels alone, on the same messages under the same keys */
	LAP_CEILING, /* copy in, free */
	LAP_KINDS
};

/* TSC cycles of one worker for one frame. */
struct bench_cycles {
	double median, least, most;
};

struct bench_result {
	struct bench_cycles cycles[LAP_KINDS];
	double tsc_hz;
	double mpps;           /* all workers together, at the path's median */
	double cpu_share;      /* of the time of all laps, in which the workers had their CPUs */
	uint64_t laps, frames; /* laps over the path, and the frames in all of them */
	bool hugepages;        /* packet buffers and SA table lie in reserved huge pages */
	uint32_t octets_per_sa;
	char kernels[BENCH_KERNELS];
	char why[BENCH_WHY]; /* what went wrong, where it did */
};

/* "eea2/eia2" or "mix"; "64" or "20-200"; "data"; "down-imsi". */
const char *bench_pair(const struct bench_options *o, char text[BENCH_PAIR_TEXT]);
const char *bench_size(const struct bench_options *o, char text[BENCH_PAIR_TEXT]);
const char *bench_mode_name(enum bench_mode m);
const char *bench_direction_name(enum bench_direction d);

/*
 * Starts EAL, makes the SAs and the traffic, and measures. Returns 0 or -errno after a line on
 * stderr. -EINTR: Ctrl-C. Main thread, once.
 */
int bench_run(const struct bench_options *o, struct bench_result *res);

/* bench_report.c: a table for people; JSON. The latter returns 0 or -errno; the file is whole or
 * gone. */
void bench_table(const struct bench_options *o, const struct bench_result *r);
int bench_json(const struct bench_options *o, const struct bench_result *r, const char *path);
