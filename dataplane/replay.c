#include "dataplane/replay.h"

#include "dataplane/crew.h"
#include "dataplane/eal.h"
#include "dataplane/worker.h"
#include "pcap/capture.h"
#include "pcap/progress.h"
#include "pcap/stop.h"

#include <pcap/pcap.h>
#include <rte_cycles.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define NS_PER_S 1000000000

struct replay {
	struct capture_in in[SIDES];
	struct capture_out out[SIDES];
	struct captured next[SIDES]; /* read, not yet handed on */
	int have[SIDES];             /* 1: next is there; 0: end of file; else -errno */
	FILE *frames;
	struct crew *crew;
	uint64_t clock_ns; /* the highest time stamp so far: it never goes back */
	struct progress progress;
};

static void read_next(struct replay *r, enum side side)
{
	if (r->in[side].pcap)
		r->have[side] = capture_next(&r->in[side], &r->next[side]);
}

/* Which capture the next frame comes from: the lower time stamp, access where equal; SIDES: none.
 */
static enum side choose_side(const struct replay *r)
{
	if (r->have[ACCESS] == 1 && r->have[CORE] == 1)
		return r->next[CORE].time_ns < r->next[ACCESS].time_ns ? CORE : ACCESS;
	if (r->have[ACCESS] == 1)
		return ACCESS;
	return r->have[CORE] == 1 ? CORE : SIDES;
}

/* Frames of one side only: what comes from the other side must see what these have changed. */
static enum side fill_batch(struct replay *r)
{
	enum side side = choose_side(r);

	while (side != SIDES && choose_side(r) == side) {
		const struct captured *f = &r->next[side];
		uint64_t clock = f->time_ns > r->clock_ns ? f->time_ns : r->clock_ns;

		if (!crew_add(r->crew, f, clock))
			break;
		r->clock_ns = clock;
		read_next(r, side);
	}
	return side;
}

static void print_frame(FILE *out, enum side side, const struct captured *f, const struct trace *t)
{
	char imsi[IMSI_MAX + 1] = "-", key_id[16] = "-", count[16] = "-";

	if (t->known & KNOWN_KEY_ID)
		snprintf(key_id, sizeof(key_id), "%" PRIu32, t->key_id);
	if (t->known & KNOWN_COUNT)
		snprintf(count, sizeof(count), "%" PRIu32, t->count);
	if (t->known & KNOWN_IMSI)
		imsi_from_tbcd(t->imsi, imsi);
	fprintf(out, "%s\t%" PRIu64 "\t%" PRIu64 ".%09" PRIu64 "\t%s\t%s\t%s\t%s\n",
		side_name(side), f->number, f->time_ns / NS_PER_S, f->time_ns % NS_PER_S, key_id,
		imsi, count, fate_name((enum fate)t->fate));
}

/* In input order, each with the time stamp of the frame that caused it. */
static void write_batch(struct replay *r, enum side side)
{
	struct crew_result res;

	while (crew_result(r->crew, &res)) {
		if (r->frames)
			print_frame(r->frames, side, &res.frame, &res.trace);
		for (unsigned to = 0; to < SIDES; to++) {
			if (res.len[to] > 0 && r->out[to].pcap)
				capture_write(&r->out[to], res.frame.time_ns, res.data[to],
					      res.len[to]);
		}
		if (progress_due(&r->progress))
			progress_draw(&r->progress,
				      capture_tell(&r->in[ACCESS]) + capture_tell(&r->in[CORE]));
	}
}

static void run_batches(struct replay *r)
{
	enum side side;

	progress_begin(&r->progress, "replay", r->in[ACCESS].size + r->in[CORE].size);
	read_next(r, ACCESS);
	read_next(r, CORE);
	while (!stop_asked() && (side = fill_batch(r)) != SIDES) {
		crew_run(r->crew, side);
		write_batch(r, side);
	}
	progress_end(&r->progress);
}

/* 0 where the captures were read to their end. */
static int outcome(const struct replay *r)
{
	if (stop_asked()) {
		fprintf(stderr,
			"interrupted: what was replayed until then is counted and written\n");
		return -EINTR;
	}
	return r->have[ACCESS] < 0 ? r->have[ACCESS] : r->have[CORE];
}

static int open_inputs(struct replay *r, const struct replay_files *files)
{
	for (unsigned side = 0; side < SIDES; side++) {
		int ret;

		if (!files->in[side])
			continue;
		ret = capture_open(&r->in[side], files->in[side], stderr);
		if (ret)
			return ret;
		if (r->in[side].link != DLT_EN10MB) {
			fprintf(stderr,
				"%s: not Ethernet (a replay reads Ethernet; iwf-pcap protect reads others)\n",
				files->in[side]);
			return -EPROTONOSUPPORT;
		}
	}
	return 0;
}

static int open_outputs(struct replay *r, const struct replay_files *files)
{
	bool nano = r->in[ACCESS].nano || r->in[CORE].nano;

	for (unsigned to = 0; to < SIDES; to++) {
		int ret = files->out[to] ? capture_create(&r->out[to], files->out[to], nano, stderr)
					 : 0;

		if (ret)
			return ret;
	}
	if (!files->frames)
		return 0;
	r->frames = fopen(files->frames, "w");
	if (!r->frames) {
		int err = errno;

		fprintf(stderr, "%s: %s\n", files->frames, strerrordesc_np(err));
		return -err;
	}
	fprintf(r->frames, "side\tframe\ttime\tkey_id\timsi\tcount\tfate\n");
	return 0;
}

static int close_files(struct replay *r, const struct replay_files *files)
{
	int ret = 0;

	for (unsigned side = 0; side < SIDES; side++) {
		int failed = capture_finish(&r->out[side]);

		ret = ret ? ret : failed;
		capture_close(&r->in[side]);
	}
	if (r->frames && (ferror(r->frames) | fclose(r->frames)) != 0) {
		fprintf(stderr, "%s: cannot be written\n", files->frames);
		ret = ret ? ret : -EIO;
	}
	return ret;
}

int replay_run(const struct config *config, const struct sa_rows *sas,
	       const struct replay_files *files, struct report *report)
{
	struct replay r = {0};
	int ret, closed;

	stop_heed();
	ret = open_inputs(&r, files);
	if (ret == 0)
		ret = crew_create(config, sas, &r.crew);
	if (ret == 0) /* last, so that what stands in the way of a run leaves older files alone */
		ret = open_outputs(&r, files);
	if (ret == 0) {
		run_batches(&r);
		crew_report(r.crew, report);
		ret = outcome(&r);
	}
	crew_destroy(r.crew);
	closed = close_files(&r, files);
	return ret ? ret : closed;
}
