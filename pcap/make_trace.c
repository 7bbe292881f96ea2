/* A trace of one fate: a folder with keys, captures, what must become of each frame, and a README.
 */
#include "pcap/make.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum file { KEYS, ACCESS_IN, CORE_IN, EXPECTED, README, FILES };

struct trace {
	const struct recipe *r;
	const char *dir;
	struct world w;
	char *path[FILES];
};

static int name_files(struct trace *t)
{
	static const char *const name[FILES] = {"sas.yaml", "access.pcap", "core.pcap",
						"expected.tsv", "README.md"};

	if (mkdir(t->dir, 0777) != 0 && errno != EEXIST) {
		int err = errno;

		fprintf(stderr, "%s: %s\n", t->dir, strerrordesc_np(err));
		return -err;
	}
	for (unsigned i = 0; i < FILES; i++) {
		if (asprintf(&t->path[i], "%s/%s", t->dir, name[i]) < 0) {
			t->path[i] = NULL;
			return -ENOMEM;
		}
	}
	return 0;
}

static int open_files(struct trace *t)
{
	int err = make_key_file(&t->w, t->path[KEYS]);

	if (err == 0)
		err = capture_create(&t->w.side[ACCESS], t->path[ACCESS_IN], true, stderr);
	if (err == 0)
		err = capture_create(&t->w.side[CORE], t->path[CORE_IN], true, stderr);
	if (err == 0) {
		t->w.expect = make_expect_open(t->path[EXPECTED]);
		err = t->w.expect ? 0 : -EIO;
	}
	return err;
}

/* One good message first, so that there is something to compare with. */
static int make_frames(struct trace *t)
{
	uint8_t msg[MESSAGE_MAX];
	int rc = world_send(&t->w, &t->w.player[0], 0, msg);

	if (rc >= 0)
		rc = bad_make(&t->w, t->r);
	if (rc < 0)
		fprintf(stderr, "%s: %s\n", t->dir, strerrordesc_np(-rc));
	return rc < 0 ? rc : 0;
}

static int write_readme(const struct trace *t, uint64_t seed)
{
	const char *side = side_name(t->r->side), *fate = fate_name(t->r->fate);
	FILE *f = fopen(t->path[README], "w");
	bool core = t->w.side[CORE].written > 0, good;

	if (!f) {
		int err = errno;

		fprintf(stderr, "%s: %s\n", t->path[README], strerrordesc_np(err));
		return -err;
	}
	fprintf(f,
		"# %s/%s\n\nThe last frame of `%s.pcap` is %s.\nIts fate is `%s`: %s.\n\n"
		"Made by `iwf-pcap make --trace %s/%s --seed %" PRIu64 " --out-dir %s-%s`.\n"
		"`iwf-dp replay --sas sas.yaml --access-in access.pcap%s --frames FILE` writes what\n"
		"stands in `expected.tsv`.\n",
		side, fate, side, t->r->how, fate, fate_meaning(t->r->fate), side, fate, seed, side,
		fate, core ? " --core-in core.pcap" : "");
	good = !ferror(f);
	return fclose(f) == 0 && good ? 0 : -EIO;
}

static int finish(struct trace *t, int err)
{
	for (unsigned side = 0; side < SIDES; side++) {
		if (err != 0 || t->w.side[side].written == 0)
			capture_discard(&t->w.side[side]);
		else
			err = capture_finish(&t->w.side[side]);
	}
	if (make_expect_close(t->w.expect, t->path[EXPECTED]) != 0)
		err = -EIO;
	t->w.expect = NULL;
	return err;
}

int make_trace(struct make *m)
{
	struct trace t = {.r = m->trace, .dir = m->out_dir};
	int err;

	m->plan.devices = 1;
	m->plan.special[t.r->needs] = true;
	err = name_files(&t);
	if (err == 0)
		err = world_begin(&t.w, &m->plan);
	if (err == 0)
		err = open_files(&t);
	if (err == 0)
		err = make_frames(&t);
	err = finish(&t, err);
	if (err == 0)
		err = write_readme(&t, m->plan.seed);
	world_end(&t.w);
	for (unsigned i = 0; i < FILES; i++)
		free(t.path[i]);
	return err;
}
