/* iwfctl bench installs: how many installs a second the key socket takes. */
#include "control/iwfctl/commands.h"
#include "control/iwfctl/progress.h"
#include "crypto/secret.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

const char bench_help[] =
	"usage: iwfctl bench installs [OPTION]...\n\n"
	"Installs security associations with random keys, in batches, one after the other, and\n"
	"removes them again. Each has an IMSI of its own that begins with 99999, and expires within\n"
	"the hour should it be left behind.\n\n"
	"  --count N   how many (100000)\n"
	"  --batch N   how many a message, 1 to 512 (512)\n"
	"  --json      print an object\n"
	"  --help      print this\n\n"
	"iwfctl --help names the options of all commands.\n";

enum { COUNT = CTL_OWN, BATCH };

#define NS_PER_S   UINT64_C(1000000000)
#define LIFETIME_S UINT64_C(3600)

/* Time spent in requests of one kind. */
struct spent {
	uint64_t wall_ns, cpu_ns, worst_ns, rows, batches;
};

struct bench {
	struct ctl *ctl;
	uint64_t count, batch;
	uint32_t mark; /* makes the references of this run its own */
	uint64_t expires_ns;
	struct spent installs, removals;
	uint64_t refused[KEY_RESULT_COUNT];
	struct sa_row row[KEYMSG_ROWS_MAX];
	struct key_outcome outcome[KEYMSG_ROWS_MAX];
};

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static uint64_t ns_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static uint64_t cpu_ns(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * NS_PER_S +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

static void write_reference(const struct bench *b, uint64_t i, char out[SAS_REFERENCE_MAX + 1])
{
	snprintf(out, SAS_REFERENCE_MAX + 1, "bench-%08" PRIx32 "-%" PRIu32, b->mark, (uint32_t)i);
}

/* Rows from `first` on; false where the system has no random octets. */
static bool make_rows(struct bench *b, uint64_t first, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sa_row *row = &b->row[i];

		*row = (struct sa_row){.eea = EEA2,
				       .eia = EIA2,
				       .tag_len = TAG_LONG,
				       .resume_count = 1,
				       .expires_ns = b->expires_ns};
		write_reference(b, first + i, row->reference);
		row->identity_len = (uint8_t)snprintf(row->identity, sizeof(row->identity),
						      "99999%010" PRIu32, (uint32_t)(first + i));
		if (secret_random(row->root_key, sizeof(row->root_key)) != 0) {
			fputs("iwfctl: the system's random source failed\n", stderr);
			b->ctl->status = EXIT_FAILURE;
			return false;
		}
	}
	return true;
}

/* One request: rows if there are any, else references. Returns how many it took, or -errno. */
static int ask_timed(struct bench *b, struct spent *s, const char *const *references, size_t n)
{
	uint64_t cpu = cpu_ns(), wall = ns_of(CLOCK_MONOTONIC);
	int done = references ? key_client_remove(b->ctl->client, references, n, b->outcome)
			      : key_client_install(b->ctl->client, b->row, n, b->outcome);

	wall = ns_of(CLOCK_MONOTONIC) - wall;
	s->cpu_ns += cpu_ns() - cpu;
	s->wall_ns += wall;
	if (wall > s->worst_ns)
		s->worst_ns = wall;
	if (done > 0) {
		s->rows += (uint64_t)done;
		s->batches++;
	}
	for (int i = 0; i < done; i++) {
		if (!key_result_good(b->outcome[i].result))
			b->refused[b->outcome[i].result]++;
	}
	return done;
}

static size_t batch_at(const struct bench *b, uint64_t done, uint64_t total)
{
	return (size_t)(total - done < b->batch ? total - done : b->batch);
}

static bool install_all(struct bench *b)
{
	struct progress progress;
	bool good = true;

	progress_begin(&progress, "installs", b->count);
	while (good && !stopped && b->installs.rows < b->count) {
		size_t n = batch_at(b, b->installs.rows, b->count);

		good = make_rows(b, b->installs.rows, n) &&
		       (ask_timed(b, &b->installs, NULL, n) > 0 || ctl_failed(b->ctl));
		progress_step(&progress, b->installs.rows);
	}
	secret_wipe(b->row, sizeof(b->row));
	progress_end(&progress);
	return good;
}

static bool remove_all(struct bench *b)
{
	static char text[KEYMSG_ROWS_MAX][SAS_REFERENCE_MAX + 1];
	static const char *reference[KEYMSG_ROWS_MAX];
	struct progress progress;

	progress_begin(&progress, "removals", b->installs.rows);
	while (b->removals.rows < b->installs.rows) {
		size_t n = batch_at(b, b->removals.rows, b->installs.rows);

		for (size_t i = 0; i < n; i++) {
			write_reference(b, b->removals.rows + i, text[i]);
			reference[i] = text[i];
		}
		if (ask_timed(b, &b->removals, reference, n) <= 0)
			break;
		progress_step(&progress, b->removals.rows);
	}
	progress_end(&progress);
	return b->removals.rows == b->installs.rows || ctl_failed(b->ctl);
}

static double per_second(const struct spent *s)
{
	return s->wall_ns ? (double)s->rows * 1e9 / (double)s->wall_ns : 0;
}

static double cpu_share(const struct spent *s)
{
	return s->wall_ns ? (double)s->cpu_ns / (double)s->wall_ns : 0;
}

static uint64_t refusals(const struct bench *b)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < KEY_RESULT_COUNT; i++)
		n += b->refused[i];
	return n;
}

static json_t *spent_json(const struct spent *s)
{
	return json_pack("{s:I, s:I, s:f, s:f, s:f}", "rows", (json_int_t)s->rows, "batches",
			 (json_int_t)s->batches, "per_second", per_second(s), "worst_batch_ms",
			 (double)s->worst_ns / 1e6, "client_cpu", cpu_share(s));
}

static void print_spent(const char *what, const struct spent *s)
{
	printf("%-10s %10" PRIu64 " %10.0f %14.2f %11.0f %%\n", what, s->rows, per_second(s),
	       (double)s->worst_ns / 1e6, 100 * cpu_share(s));
}

static void report(struct bench *b)
{
	if (b->ctl->json) {
		ctl_json(b->ctl,
			 json_pack("{s:I, s:o, s:o, s:I}", "batch", (json_int_t)b->batch,
				   "installs", spent_json(&b->installs), "removals",
				   spent_json(&b->removals), "refused", (json_int_t)refusals(b)));
	} else {
		printf("%-10s %10s %10s %14s %13s\n", "", "rows", "a second", "worst batch ms",
		       "client's CPU");
		print_spent("installs", &b->installs);
		print_spent("removals", &b->removals);
		ctl_flush(b->ctl);
	}
	for (unsigned i = 0; i < KEY_RESULT_COUNT; i++) {
		if (b->refused[i]) {
			fprintf(stderr, "iwfctl: %" PRIu64 " rows: %s\n", b->refused[i],
				key_result_meaning(i));
			b->ctl->status = EXIT_FAILURE;
		}
	}
}

static bool read_options(struct bench *b, int argc, char **argv)
{
	static const struct option options[] = {CTL_OPTIONS,
						{"count", required_argument, NULL, COUNT},
						{"batch", required_argument, NULL, BATCH},
						{0}};
	int o;

	while ((o = ctl_option(b->ctl, argc, argv, options)) >= CTL_OWN) {
		if (o == COUNT && !ctl_uint(b->ctl, "--count", optarg, 1, 1 << 24, &b->count))
			return false;
		if (o == BATCH &&
		    !ctl_uint(b->ctl, "--batch", optarg, 1, KEYMSG_ROWS_MAX, &b->batch))
			return false;
	}
	return o == CTL_END && ctl_no_words(b->ctl, argc, argv);
}

void bench_cmd(struct ctl *c, int argc, char **argv)
{
	static struct bench b = {.count = 100000, .batch = KEYMSG_ROWS_MAX};
	const struct sigaction on_stop = {.sa_handler = stop};
	uint32_t room;
	bool good;

	b.ctl = c;
	if (!read_options(&b, argc, argv) || !ctl_connect(c))
		return;
	room = c->hello.slots - c->hello.in_use;
	if (room < b.count) {
		fprintf(stderr, "iwfctl: %" PRIu32 " slots are free, --count is %" PRIu64 "\n",
			room, b.count);
		c->status = EXIT_FAILURE;
		return;
	}
	if (secret_random(&b.mark, sizeof(b.mark)) != 0) {
		fputs("iwfctl: the system's random source failed\n", stderr);
		c->status = EXIT_FAILURE;
		return;
	}
	b.expires_ns = c->hello.now_ns + LIFETIME_S * NS_PER_S;

	/* Whoever stops it, or what fails, leaves nothing behind. */
	sigaction(SIGINT, &on_stop, NULL);
	sigaction(SIGTERM, &on_stop, NULL);
	good = install_all(&b);
	if (key_client_fd(c->client) >= 0)
		good = remove_all(&b) && good;
	if (good)
		report(&b);
}
