/* iwf-pcap make: traffic made on the spot. */
#include "pcap/commands.h"
#include "pcap/files.h"
#include "pcap/make.h"
#include "pcap/progress.h"
#include "pcap/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* How the devices share the traffic. */
struct share {
	double *upto; /* zipf: sum of the weights of devices 0 to i; NULL: evenly */
	size_t n;
};

static int share_begin(struct share *s, enum skew skew, size_t n)
{
	double sum = 0;

	*s = (struct share){.n = n};
	if (skew == UNIFORM)
		return 0;
	s->upto = calloc(n, sizeof(*s->upto));
	if (!s->upto)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		s->upto[i] = sum += 1.0 / (double)(i + 1);
	return 0;
}

static size_t share_draw(const struct share *s, struct rng *rng)
{
	size_t low = 0, high = s->n - 1;
	double x;

	if (!s->upto)
		return rng_below(rng, (uint32_t)s->n);
	x = (double)(rng_next(rng) >> 11) * 0x1p-53 * s->upto[s->n - 1];
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (x < s->upto[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

struct making {
	const struct make *m;
	struct world w;
	struct share share;
	struct player *heard; /* the last one that was */
};

int make_key_file(const struct world *w, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool good;

	if (!f) {
		int err = errno;

		fprintf(stderr, "%s: %s\n", path, strerrordesc_np(err));
		return -err;
	}
	fchmod(fd, 0600); /* also where the file was there before */
	for (size_t i = 0; i < w->rows.n; i++)
		sas_write(&w->rows.row[i], f);
	good = !ferror(f);
	if (fclose(f) == 0 && good)
		return 0;
	fprintf(stderr, "%s: could not be written to its end\n", path);
	files_remove(path);
	return -EIO;
}

FILE *make_expect_open(const char *path)
{
	FILE *f = fopen(path, "w");

	if (f)
		fputs("side\tframe\ttime\tkey_id\timsi\tcount\tfate\n", f);
	else
		fprintf(stderr, "%s: %s\n", path, strerrordesc_np(errno));
	return f;
}

int make_expect_close(FILE *f, const char *path)
{
	bool good;

	if (!f)
		return 0;
	good = !ferror(f);
	if (fclose(f) == 0 && good)
		return 0;
	fprintf(stderr, "%s: could not be written to its end\n", path);
	files_remove(path);
	return -EIO;
}

static int send_up(struct making *k)
{
	struct player *p = &k->w.player[share_draw(&k->share, &k->w.rng)];
	bool resume = rng_below(&k->w.rng, 100) < k->m->resume && world_can_resume(&k->w, p);
	uint8_t msg[MESSAGE_MAX];

	k->heard = p;
	return resume ? world_resume(&k->w, p, msg) : world_send(&k->w, p, 0, msg);
}

/* To a device as it is drawn, or, where none of the drawn was heard yet, to the last one that was.
 */
static void send_down(struct making *k)
{
	enum { DRAWS = 16 };
	struct player *p = k->heard;

	for (unsigned i = 0; i < DRAWS; i++) {
		struct player *drawn = &k->w.player[share_draw(&k->share, &k->w.rng)];

		if (drawn->heard) {
			p = drawn;
			break;
		}
	}
	world_push(&k->w, p);
}

static int make_frames(struct making *k)
{
	const struct make *m = k->m;
	uint64_t up = m->packets, down = m->down;
	struct progress progress;
	int rc = 0;

	stop_heed();
	progress_begin(&progress, "make", up + down);
	while (rc >= 0 && up + down > 0 && !stop_asked()) {
		struct rng *rng = &k->w.rng;
		bool is_up = !k->heard || rng_next(rng) % (up + down) < up;

		if (is_up)
			up--;
		else
			down--;
		if (k->heard && rng_below(rng, 100) < m->bad)
			rc = bad_make(&k->w, m->recipe[rng_below(rng, (uint32_t)m->n_recipes)]);
		else if (is_up)
			rc = send_up(k);
		else
			send_down(k);
		if (progress_due(&progress))
			progress_draw(&progress, progress.total - up - down);
	}
	if (stop_asked())
		rc = -EINTR;
	if (rc >= 0 && m->bad_one)
		rc = bad_make(&k->w, m->bad_one);
	progress_end(&progress);
	if (rc < 0)
		fprintf(stderr, "iwf-pcap make: %s\n", strerrordesc_np(-rc));
	return rc < 0 ? rc : 0;
}

static void report(const struct world *w)
{
	for (unsigned side = 0; side < SIDES; side++) {
		if (w->side[side].written == 0)
			continue;
		printf("%-24s %10" PRIu64 "\n", side == ACCESS ? "access frames" : "core frames",
		       w->side[side].written);
		for (unsigned f = 0; f < FATE_COUNT; f++) {
			if (w->made.fate[side][f] > 0)
				printf("  %-22s %10" PRIu64 "\n", fate_name(f),
				       w->made.fate[side][f]);
		}
	}
}

/* Closes what was opened; where anything failed, nothing is left behind. */
static int finish(struct making *k, int err)
{
	const struct make *m = k->m;

	for (unsigned side = 0; side < SIDES; side++) {
		if (err == 0)
			err = capture_finish(&k->w.side[side]);
		if (err == 0)
			err = capture_finish(&k->w.clear[side]);
	}
	if (make_expect_close(k->w.expect, m->expect) != 0)
		err = -EIO;
	k->w.expect = NULL;
	if (err == 0)
		return 0;
	for (unsigned side = 0; side < SIDES; side++) {
		capture_discard(&k->w.side[side]);
		capture_discard(&k->w.clear[side]);
	}
	return err;
}

static int open_outputs(struct making *k)
{
	const struct make *m = k->m;
	const struct file_use use[] = {{"--sas-out", m->sas_out, true},
				       {"--access-out", m->out[ACCESS], true},
				       {"--core-out", m->out[CORE], true},
				       {"--clear-access-out", m->clear[ACCESS], true},
				       {"--clear-core-out", m->clear[CORE], true},
				       {"--expect", m->expect, true}};
	int err = files_check(use, sizeof(use) / sizeof(use[0]));

	if (err == 0)
		err = make_key_file(&k->w, m->sas_out);
	for (unsigned side = 0; side < SIDES; side++) {
		if (err == 0 && m->out[side])
			err = capture_create(&k->w.side[side], m->out[side], true, stderr);
		if (err == 0 && m->clear[side])
			err = capture_create(&k->w.clear[side], m->clear[side], true, stderr);
	}
	if (err == 0 && m->expect) {
		k->w.expect = make_expect_open(m->expect);
		err = k->w.expect ? 0 : -EIO;
	}
	return err;
}

static void plan_specials(struct make *m)
{
	for (size_t i = 0; m->bad > 0 && i < m->n_recipes; i++)
		m->plan.special[m->recipe[i]->needs] = true;
	if (m->bad_one)
		m->plan.special[m->bad_one->needs] = true;
}

static int make_traffic(struct make *m)
{
	struct making k = {.m = m};
	int err;

	plan_specials(m);
	err = world_begin(&k.w, &m->plan);
	if (err == 0)
		err = share_begin(&k.share, m->skew, m->plan.devices);
	if (err != 0) {
		fprintf(stderr, "iwf-pcap make: %s\n", strerrordesc_np(-err));
		world_end(&k.w);
		return err;
	}
	err = open_outputs(&k);
	if (err == 0)
		err = make_frames(&k);
	err = finish(&k, err);
	if (err == 0)
		report(&k.w);
	free(k.share.upto);
	world_end(&k.w);
	return err;
}

int make_cmd(int argc, char **argv)
{
	struct make m;
	int rc = make_options(&m, argc, argv);

	if (rc != 0)
		return rc < 0 ? 0 : rc;
	rc = m.trace ? make_trace(&m) : make_traffic(&m);
	return rc == 0 ? 0 : 1;
}
