/*
 * Captures through the packet path, offline (replay.md, sdt.md 10): the main lcore reads and writes
 * the files and hands frames to the workers in batches, with a barrier behind each, so that the
 * same input gives the same output, to the octet, whatever the number of workers and the burst.
 */
#pragma once

#include "config/config.h"
#include "config/sas.h"
#include "dataplane/report.h"

struct replay_files {
	const char *in[SIDES];  /* captures of what each side sent to the gateway; NULL: none */
	const char *out[SIDES]; /* captures of what the gateway sends to each side; NULL: dropped */
	const char *frames;     /* one line a frame; NULL: none */
};

/*
 * Runs the captures to their end and fills the report. Starts EAL, so at most once in a process;
 * main thread. Returns 0, or -errno after one line on stderr for each thing that went wrong; the
 * outputs are valid captures of what came before that.
 */
int replay_run(const struct config *config, const struct sa_rows *sas,
	       const struct replay_files *files, struct report *report);
