/* The workers of a replay, and the batch of frames that they decide together. */
#pragma once

#include "config/config.h"
#include "config/sas.h"
#include "dataplane/report.h"
#include "dataplane/worker.h"
#include "pcap/capture.h"

struct crew;

/* What became of one frame of the batch. */
struct crew_result {
	struct captured frame; /* its number and time; its octets are gone */
	struct trace trace;
	const uint8_t *data[SIDES]; /* what goes out of each side; until the next call */
	uint32_t len[SIDES];        /* 0: nothing */
};

/*
 * Starts EAL, makes the table, installs the rows and starts config->workers threads. Returns 0, or
 * -errno after a line on stderr. crew_destroy stops them; NULL is allowed. All functions: main
 * thread.
 */
int crew_create(const struct config *config, const struct sa_rows *sas, struct crew **crew);
void crew_destroy(struct crew *c);

/* Copies a frame into the batch; false: the batch is full, run it first. */
bool crew_add(struct crew *c, const struct captured *f, uint64_t now_ns);

/* Hands the batch, all of it from `side`, to the workers and waits until every frame has its fate.
 */
void crew_run(struct crew *c, enum side side);

/* The results in the order of crew_add, one a call; false: there are no more, the batch is empty.
 */
bool crew_result(struct crew *c, struct crew_result *res);

/* Stops the workers and sums up what they counted. */
void crew_report(struct crew *c, struct report *report);
