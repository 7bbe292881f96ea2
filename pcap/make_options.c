#include "pcap/args.h"
#include "pcap/make.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

static const char help[] =
	"usage: iwf-pcap make --sas-out FILE [--access-out FILE] [OPTION]...\n"
	"       iwf-pcap make --trace FATE --out-dir DIR [--seed N]\n\n"
	"Makes traffic as devices and an SCEF would send it, with its keys, and says what must become\n"
	"of every frame. The same options give the same octets on any machine. The keys are drawn from\n"
	"the seed: for tests only.\n\n"
	"output:\n"
	"  --sas-out FILE         static key file\n"
	"  --access-out FILE      capture of what arrives from devices\n"
	"  --core-out FILE        capture of what arrives from the SCEF\n"
	"  --clear-out FILE       payloads that must reach the SCEF, as 'open --side core' writes them\n"
	"  --clear-down-out FILE  payloads that must reach the devices ('open --side device')\n"
	"  --expect FILE          fate of each frame, as 'iwf-dp replay --frames' writes it\n"
	"traffic:\n"
	"  --devices N            devices, each with one SA (10)\n"
	"  --packets N            frames on the access side (1000)\n"
	"  --down N               frames on the core side (0)\n"
	"  --size MIN[-MAX]       octets of payload, drawn evenly (20-200)\n"
	"  --algs LIST            pairs such as eea2/eia2,eea1/eia1, in turn over the devices\n"
	"                         (eea2/eia2)\n"
	"  --tag 4|8              octets of tag of SAs with EIA2 (8); others have 4\n"
	"  --skew uniform|zipf    how the devices share the traffic (uniform)\n"
	"  --ipv6 PERCENT         devices with an IPv6 address (0)\n"
	"  --vlan ID              VLAN tag on all frames (none)\n"
	"  --resume PERCENT       access frames that are RESUMEs (0)\n"
	"  --rate N               frames a second, by their time stamps (1000)\n"
	"  --seed N               what everything is drawn from (1)\n"
	"bad frames:\n"
	"  --bad PERCENT[:LIST]   frames that must not be delivered, drawn evenly from a list of fates\n"
	"                         (all that the sides with traffic can have)\n"
	"  --bad-one FATE         one more frame at the end that gets this fate\n"
	"  --trace FATE           a trace whose last frame gets this fate, in a folder:\n"
	"                         sas.yaml, access.pcap, core.pcap, expected.tsv, README.md\n"
	"  --out-dir DIR          the folder, made where it is not there\n"
	"  --fates                print the names of all fates that can be made\n"
	"  --help                 print this\n\n"
	"A fate is a name, or side/name where both sides have it (core/closed):\n";

static void print_help(void)
{
	fputs(help, stdout);
	for (size_t i = 0; i < bad_recipe_count; i++) {
		const struct recipe *r = &bad_recipes[i];

		printf("  %s/%-*s  %s\n", side_name(r->side), r->side == ACCESS ? 16 : 18,
		       fate_name(r->fate), r->how);
	}
}

static int bad_value(const char *option, const char *value, const char *allowed)
{
	return args_fail("make", "%s is '%s' (allowed: %s)", option, value, allowed);
}

static int read_size(struct make *m, const char *s)
{
	char *dash = strchr(s, '-');
	uint64_t min, max;
	char first[16];

	snprintf(first, sizeof(first), "%.*s", dash ? (int)(dash - s) : 15, s);
	if (!args_uint(first, 0, SDT_PAYLOAD_MAX, &min) ||
	    !args_uint(dash ? dash + 1 : first, min, SDT_PAYLOAD_MAX, &max))
		return bad_value("--size", s, "0 to 1358, or MIN-MAX");
	m->plan.size_min = (uint32_t)min;
	m->plan.size_max = (uint32_t)max;
	return 0;
}

/* Reads one pair "eeaX/eiaY". */
static bool read_alg(const char *s, size_t n, struct alg *alg)
{
	if (n != strlen("eea2/eia2") || strncmp(s, "eea", 3) != 0 || strncmp(s + 4, "/eia", 4) != 0)
		return false;
	if (s[3] < '0' || s[3] > '9' || s[8] < '0' || s[8] > '9')
		return false;
	*alg = (struct alg){(uint8_t)(s[3] - '0'), (uint8_t)(s[8] - '0')};
	return suite_valid(alg->eea, alg->eia, TAG_SHORT);
}

static int read_algs(struct make *m, const char *s)
{
	const char *p = s;

	m->plan.n_algs = 0;
	for (;;) {
		size_t n = strcspn(p, ",");

		if (m->plan.n_algs == MAKE_ALGS_MAX || !read_alg(p, n, &m->algs[m->plan.n_algs++]))
			return bad_value("--algs", s,
					 "up to 16 of eea0 to eea3 / eia1 to eia3, with commas");
		if (p[n] == '\0')
			return 0;
		p += n + 1;
	}
}

static int add_recipe(struct make *m, const char *name)
{
	const struct recipe *r = NULL;
	size_t before = m->n_recipes;

	while (m->n_recipes < MAKE_BAD_MAX && (r = bad_find(name, r)))
		m->recipe[m->n_recipes++] = r;
	return m->n_recipes > before ? 0 : bad_value("--bad", name, "a fate that --help lists");
}

static int read_bad(struct make *m, const char *s)
{
	const char *p = strchr(s, ':');
	char percent[8], name[40];
	uint64_t v;

	snprintf(percent, sizeof(percent), "%.*s", p ? (int)(p - s) : 7, s);
	if (!args_uint(percent, 0, 100, &v))
		return bad_value("--bad", s, "0 to 100, or 0 to 100:LIST of fates");
	m->bad = (unsigned)v;
	m->n_recipes = 0;
	while (p) {
		size_t n = strcspn(++p, ",");

		snprintf(name, sizeof(name), "%.*s", (int)(n < sizeof(name) ? n : sizeof(name) - 1),
			 p);
		if (add_recipe(m, name) != 0)
			return EXIT_USAGE;
		p = p[n] ? p + n : NULL;
	}
	return 0;
}

static int read_one(const struct recipe **r, const char *option, const char *name)
{
	*r = bad_find(name, NULL);
	return *r ? 0 : bad_value(option, name, "a fate that --help lists");
}

static void print_fates(void)
{
	for (size_t i = 0; i < bad_recipe_count; i++)
		printf("%s/%s\n", side_name(bad_recipes[i].side), fate_name(bad_recipes[i].fate));
}

enum option_id {
	SAS_OUT = 1,
	ACCESS_OUT,
	CORE_OUT,
	CLEAR_OUT,
	CLEAR_DOWN_OUT,
	EXPECT,
	OUT_DIR,
	DEVICES,
	PACKETS,
	DOWN,
	SIZE,
	ALGS,
	TAG,
	SKEW,
	IPV6,
	VLAN,
	RESUME,
	RATE,
	SEED,
	BAD,
	BAD_ONE,
	TRACE,
	FATES_LIST,
	HELP
};

static const struct option options[] = {{"sas-out", required_argument, NULL, SAS_OUT},
					{"access-out", required_argument, NULL, ACCESS_OUT},
					{"core-out", required_argument, NULL, CORE_OUT},
					{"clear-out", required_argument, NULL, CLEAR_OUT},
					{"clear-down-out", required_argument, NULL, CLEAR_DOWN_OUT},
					{"expect", required_argument, NULL, EXPECT},
					{"out-dir", required_argument, NULL, OUT_DIR},
					{"devices", required_argument, NULL, DEVICES},
					{"packets", required_argument, NULL, PACKETS},
					{"down", required_argument, NULL, DOWN},
					{"size", required_argument, NULL, SIZE},
					{"algs", required_argument, NULL, ALGS},
					{"tag", required_argument, NULL, TAG},
					{"skew", required_argument, NULL, SKEW},
					{"ipv6", required_argument, NULL, IPV6},
					{"vlan", required_argument, NULL, VLAN},
					{"resume", required_argument, NULL, RESUME},
					{"rate", required_argument, NULL, RATE},
					{"seed", required_argument, NULL, SEED},
					{"bad", required_argument, NULL, BAD},
					{"bad-one", required_argument, NULL, BAD_ONE},
					{"trace", required_argument, NULL, TRACE},
					{"fates", no_argument, NULL, FATES_LIST},
					{"help", no_argument, NULL, HELP},
					{0}};

/* Options that are a file; NULL: another one. */
static const char **file_of(struct make *m, int id)
{
	switch (id) {
	case SAS_OUT:
		return &m->sas_out;
	case ACCESS_OUT:
		return &m->out[ACCESS];
	case CORE_OUT:
		return &m->out[CORE];
	case CLEAR_OUT:
		return &m->clear[CORE];
	case CLEAR_DOWN_OUT:
		return &m->clear[ACCESS];
	case EXPECT:
		return &m->expect;
	case OUT_DIR:
		return &m->out_dir;
	default:
		return NULL;
	}
}

static void set_number(struct make *m, int id, uint64_t v)
{
	switch (id) {
	case DEVICES:
		m->plan.devices = v;
		break;
	case PACKETS:
		m->packets = v;
		break;
	case DOWN:
		m->down = v;
		break;
	case IPV6:
		m->plan.ipv6 = (unsigned)v;
		break;
	case VLAN:
		m->plan.vlan = (uint16_t)v;
		break;
	case RESUME:
		m->resume = (unsigned)v;
		break;
	case RATE:
		m->plan.rate = v;
		break;
	default:
		m->plan.seed = v;
	}
}

/* Options that are a number: their ranges. */
static const struct {
	int id;
	uint64_t min, max;
} numbers[] = {{DEVICES, 1, 1 << 24}, {PACKETS, 0, UINT32_MAX}, {DOWN, 0, UINT32_MAX},
	       {IPV6, 0, 100},        {VLAN, 1, 4094},          {RESUME, 0, 100},
	       {RATE, 1, 1000000000}, {SEED, 0, UINT64_MAX}};

static int read_number(struct make *m, int id, const char *s)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t v;

		if (numbers[i].id != id)
			continue;
		if (args_uint(s, numbers[i].min, numbers[i].max, &v)) {
			set_number(m, id, v);
			return 0;
		}
		return args_fail("make", "--%s is '%s' (allowed: %" PRIu64 " to %" PRIu64 ")",
				 options[id - 1].name, s, numbers[i].min, numbers[i].max);
	}
	return EXIT_USAGE;
}

static int read_option(struct make *m, int id, const char *s)
{
	switch (id) {
	case SIZE:
		return read_size(m, s);
	case ALGS:
		return read_algs(m, s);
	case TAG:
		m->plan.tag_len = strcmp(s, "4") == 0 ? TAG_SHORT : TAG_LONG;
		return m->plan.tag_len == TAG_SHORT || strcmp(s, "8") == 0
			       ? 0
			       : bad_value("--tag", s, "4, 8");
	case SKEW:
		m->skew = strcmp(s, "zipf") == 0 ? ZIPF : UNIFORM;
		return m->skew == ZIPF || strcmp(s, "uniform") == 0
			       ? 0
			       : bad_value("--skew", s, "uniform, zipf");
	case BAD:
		return read_bad(m, s);
	case BAD_ONE:
		return read_one(&m->bad_one, "--bad-one", s);
	case TRACE:
		return read_one(&m->trace, "--trace", s);
	default:
		return read_number(m, id, s);
	}
}

/* Without a list: all that must not be delivered, on the sides that have traffic. */
static void fill_recipes(struct make *m)
{
	for (size_t i = 0; m->n_recipes < MAKE_BAD_MAX && i < bad_recipe_count; i++) {
		const struct recipe *r = &bad_recipes[i];

		if (r->fate != FATE_SENT && r->fate != FATE_RESUMED &&
		    (r->side == ACCESS || m->down > 0))
			m->recipe[m->n_recipes++] = r;
	}
}

/* Whether anything is to be written to the core side. */
static bool has_core(const struct make *m)
{
	bool core = m->down > 0 || (m->bad_one && m->bad_one->side == CORE);

	for (size_t i = 0; m->bad > 0 && i < m->n_recipes; i++)
		core |= m->recipe[i]->side == CORE;
	return core;
}

static int check_options(struct make *m)
{
	if (m->trace || m->out_dir)
		return m->trace && m->out_dir
			       ? 0
			       : args_fail("make", "--trace and --out-dir belong together");
	if (!m->sas_out)
		return args_fail("make", "--sas-out is missing");
	if (m->bad > 0 && m->n_recipes == 0)
		fill_recipes(m);
	if (has_core(m) && !m->out[CORE])
		return args_fail("make", "--core-out is missing for frames of the core side");
	if (m->down > 0 && m->packets == 0)
		return args_fail("make",
				 "--down needs --packets: a device is heard before it is reached");
	return 0;
}

int make_options(struct make *m, int argc, char **argv)
{
	int id, rc;

	*m = (struct make){.plan = {.devices = 10,
				    .n_algs = 1,
				    .tag_len = TAG_LONG,
				    .size_min = 20,
				    .size_max = 200,
				    .seed = 1,
				    .rate = 1000},
			   .algs = {{EEA2, EIA2}},
			   .packets = 1000};
	m->plan.algs = m->algs;
	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
		const char **file = file_of(m, id);

		if (id == '?')
			return EXIT_USAGE;
		if (id == HELP || id == FATES_LIST) {
			(id == HELP ? print_help : print_fates)();
			return -1;
		}
		if (file) {
			*file = optarg;
			continue;
		}
		rc = read_option(m, id, optarg);
		if (rc != 0)
			return rc;
	}
	if (optind < argc)
		return args_fail("make", "'%s' is no option", argv[optind]);
	return check_options(m);
}
