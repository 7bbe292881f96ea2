#include "dataplane/api/fate.h"
#include "dataplane/bench.h"
#include "pcap/files.h"

#include <jansson.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

const char *bench_mode_name(enum bench_mode m)
{
	return m == BENCH_RESUME ? "resume" : "data";
}

const char *bench_direction_name(enum bench_direction d)
{
	static const char *const name[] = {
		[BENCH_UP] = "up", [BENCH_DOWN] = "down", [BENCH_DOWN_IMSI] = "down-imsi"};

	return name[d];
}

const char *bench_pair(const struct bench_options *o, char text[BENCH_PAIR_TEXT])
{
	if (o->mix)
		return "mix";
	snprintf(text, BENCH_PAIR_TEXT, "eea%u/eia%u", o->eea, o->eia);
	return text;
}

const char *bench_size(const struct bench_options *o, char text[BENCH_PAIR_TEXT])
{
	if (o->size_min == o->size_max)
		snprintf(text, BENCH_PAIR_TEXT, "%" PRIu32, o->size_min);
	else
		snprintf(text, BENCH_PAIR_TEXT, "%" PRIu32 "-%" PRIu32, o->size_min, o->size_max);
	return text;
}

/* The processor's name for itself. */
static void read_cpu(char *name, size_t room)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[256];

	snprintf(name, room, "unknown");
	while (f && fgets(line, sizeof(line), f)) {
		char *value = strchr(line, ':');

		if (strncmp(line, "model name", strlen("model name")) != 0 || !value)
			continue;
		snprintf(name, room, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
		break;
	}
	if (f)
		fclose(f);
}

static const char *fate_wanted(const struct bench_options *o)
{
	return fate_name(o->mode == BENCH_RESUME ? FATE_RESUMED : FATE_SENT);
}

static void print_row(const char *what, double cycles, double hz, const char *remark)
{
	printf("  %-22s %8.1f %9.2f%s\n", what, cycles, hz / cycles / 1e6, remark);
}

void bench_table(const struct bench_options *o, const struct bench_result *r)
{
	const struct bench_cycles *path = &r->cycles[LAP_PATH];
	double copy = r->cycles[LAP_CEILING].median, crypto = r->cycles[LAP_CRYPTO].median;
	char pair[BENCH_PAIR_TEXT], size[BENCH_PAIR_TEXT], spread[64], cpu[128];

	read_cpu(cpu, sizeof(cpu));
	snprintf(spread, sizeof(spread), "  laps from %.1f to %.1f cycles", path->least,
		 path->most);
	printf("%s %s, %s, %s octets of payload, %" PRIu32 " SA%s in %s order, bursts of %" PRIu32
	       "\n\n",
	       bench_mode_name(o->mode), bench_direction_name(o->direction), bench_pair(o, pair),
	       bench_size(o, size), o->sas, o->sas == 1 ? "" : "s",
	       o->sequential ? "sequential" : "random", o->burst);
	printf("  %-22s %8s %9s\n", "one worker", "cycles", "Mpps");
	print_row("packet path, copied in", path->median, r->tsc_hz, spread);
	print_row("ceiling: copy alone", copy, r->tsc_hz, "");
	print_row("crypto alone", crypto, r->tsc_hz, "");
	printf("  %-22s %8.1f\n", "all else", path->median - copy - crypto);
	printf("  %-22s %8.2f\n\n", "path / (copy + crypto)", path->median / (copy + crypto));
	printf("%.2f Mpps with %" PRIu32 " worker%s; %" PRIu64 " frames in %" PRIu64
	       " laps, all %s\n",
	       r->mpps, o->workers, o->workers == 1 ? "" : "s", r->frames, r->laps, fate_wanted(o));
	printf("%" PRIu32 " octets an SA; huge pages: %s; cycles are the TSC's, %.3f GHz\n",
	       r->octets_per_sa, r->hugepages ? "yes" : "no", r->tsc_hz / 1e9);
	if (r->cpu_share < 0.98)
		printf("other processes had the workers' CPUs for %.0f %% of the time: it is not counted, "
		       "but caches suffer\n",
		       100 * (1 - r->cpu_share));
	printf("CPU: %s\nkernels: %s\n", cpu, r->kernels);
}

static json_t *cycles_json(const struct bench_cycles *c)
{
	return json_pack("{s:f, s:f, s:f}", "median", c->median, "least", c->least, "most",
			 c->most);
}

static json_t *size_json(const struct bench_options *o)
{
	char text[BENCH_PAIR_TEXT];

	return o->size_min == o->size_max ? json_integer(o->size_min)
					  : json_string(bench_size(o, text));
}

static json_t *result_json(const struct bench_options *o, const struct bench_result *r)
{
	char pair[BENCH_PAIR_TEXT];
	json_t *j = json_object();

	json_object_set_new(j, "mpps", json_real(r->mpps));
	json_object_set_new(j, "tsc_cycles_per_packet", json_real(r->cycles[LAP_PATH].median));
	json_object_set_new(j, "ceiling_cycles", json_real(r->cycles[LAP_CEILING].median));
	json_object_set_new(j, "crypto_cycles", json_real(r->cycles[LAP_CRYPTO].median));
	json_object_set_new(j, "crypto", json_string(r->kernels));
	json_object_set_new(j, "hugepages", json_boolean(r->hugepages));
	json_object_set_new(j, "sas", json_integer(o->sas));
	json_object_set_new(j, "size", size_json(o));
	json_object_set_new(j, "alg", json_string(bench_pair(o, pair)));
	json_object_set_new(j, "workers", json_integer(o->workers));
	json_object_set_new(j, "bytes_per_sa", json_integer(r->octets_per_sa));
	json_object_set_new(j, "mode", json_string(bench_mode_name(o->mode)));
	json_object_set_new(j, "direction", json_string(bench_direction_name(o->direction)));
	json_object_set_new(j, "order", json_string(o->sequential ? "sequential" : "random"));
	json_object_set_new(j, "burst", json_integer(o->burst));
	json_object_set_new(j, "cross", json_integer(o->cross));
	json_object_set_new(j, "laps", json_integer((json_int_t)r->laps));
	json_object_set_new(j, "fates", json_pack("{s:I}", fate_wanted(o), (json_int_t)r->frames));
	json_object_set_new(j, "tsc_hz", json_real(r->tsc_hz));
	json_object_set_new(j, "cpu_share", json_real(r->cpu_share));
	json_object_set_new(j, "path", cycles_json(&r->cycles[LAP_PATH]));
	json_object_set_new(j, "ceiling", cycles_json(&r->cycles[LAP_CEILING]));
	json_object_set_new(j, "crypto_alone", cycles_json(&r->cycles[LAP_CRYPTO]));
	return j;
}

int bench_json(const struct bench_options *o, const struct bench_result *r, const char *path)
{
	json_t *j = result_json(o, r);
	FILE *f = fopen(path, "w");
	int ret = f ? 0 : -errno;

	if (f) {
		if (json_dumpf(j, f,
			       JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6)) !=
			    0 ||
		    fputc('\n', f) == EOF)
			ret = -EIO;
		if (fclose(f) != 0)
			ret = -EIO;
		if (ret)
			files_remove(path);
	}
	json_decref(j);
	return ret;
}
