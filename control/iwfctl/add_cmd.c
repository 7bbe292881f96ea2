/* iwfctl sa add: one SA, whose key comes from a file, never from the command line, which others
 * see. */
#include "config/rfc3339.h"
#include "config/slurp.h"
#include "config/text.h"
#include "control/iwfctl/commands.h"
#include "crypto/secret.h"
#include "dataplane/api/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char add_help[] =
	"usage: iwfctl sa add --reference R (--imsi IMSI | --group G-ID) --key-file FILE\n"
	"                     --eea N --eia N [OPTION]...\n\n"
	"Installs a security association, and prints the key id and the salt that the data plane\n"
	"drew for it. The same reference with the same key changes nothing and prints them again.\n\n"
	"  --reference R     name for it: 1 to 24 printable characters without blanks\n"
	"  --imsi IMSI       the device: 6 to 15 digits\n"
	"  --group G-ID      or the group whose downlink it is\n"
	"  --key-file FILE   root key K as 64 hexadecimal digits; -: from standard input\n"
	"  --eea N           encryption, 0 to 3\n"
	"  --eia N           integrity, 1 to 3\n"
	"  --tag-length N    octets of the tag of DATA, 4 or 8 (8 with EIA2, else 4)\n"
	"  --expires WHEN    2026-12-31T23:59:59Z, never (the default), or from now on: +90s,\n"
	"                    +30m, +12h, +7d\n"
	"  --address A       first downlink address: 192.0.2.7:33868 or [2001:db8::7]:33868\n"
	"  --one-key-per-transmission\n"
	"                    END from the device closes it until its next RESUME\n"
	"  --json            print an object\n"
	"  --help            print this\n\n"
	"iwfctl --help names the options of all commands.\n";

#define NS_PER_S UINT64_C(1000000000)

enum { KEY_FILE_MAX = 4096 };

enum { REFERENCE = CTL_OWN, IMSI, GROUP, KEY_FILE, EEA, EIA, TAG, EXPIRES, ADDRESS, ONE_KEY };

struct add {
	struct ctl *ctl;
	struct sa_row row;
	const char *key_file, *expires;
	bool has_eea, has_eia;
};

static bool read_identity(struct add *a, bool group)
{
	size_t n = strlen(optarg), max = group ? SAS_IDENTITY_MAX : IMSI_MAX;

	if (a->row.identity_len)
		return ctl_usage(a->ctl, "an SA has one --imsi or one --group");
	if (!group && be64_get(imsi_to_tbcd(optarg, n)) == 0)
		return ctl_usage(a->ctl, "--imsi is '%s' (allowed: 6 to 15 digits)", optarg);
	if (n < 1 || n > max)
		return ctl_usage(a->ctl, "--group has %zu octets (allowed: 1 to %zu)", n, max);
	memcpy(a->row.identity, optarg, n + 1);
	a->row.identity_len = (uint8_t)n;
	a->row.group = group;
	return true;
}

static bool read_small(struct add *a, const char *option, uint8_t min, uint8_t max, uint8_t *v)
{
	uint64_t n;

	if (!ctl_uint(a->ctl, option, optarg, min, max, &n))
		return false;
	*v = (uint8_t)n;
	return true;
}

static bool read_value(struct add *a, int option)
{
	switch (option) {
	case REFERENCE:
		if (!key_reference_valid(optarg))
			return ctl_usage(a->ctl,
					 "--reference is '%s' (allowed: 1 to %d printable "
					 "characters, no blanks)",
					 optarg, SAS_REFERENCE_MAX);
		snprintf(a->row.reference, sizeof(a->row.reference), "%s", optarg);
		return true;
	case IMSI:
	case GROUP:
		return read_identity(a, option == GROUP);
	case KEY_FILE:
		a->key_file = optarg;
		return true;
	case EEA:
		a->has_eea = true;
		return read_small(a, "--eea", EEA0, EEA3, &a->row.eea);
	case EIA:
		a->has_eia = true;
		return read_small(a, "--eia", EIA1, EIA3, &a->row.eia);
	case TAG:
		return read_small(a, "--tag-length", TAG_SHORT, TAG_LONG, &a->row.tag_len);
	case EXPIRES:
		a->expires = optarg;
		return true;
	case ADDRESS:
		return (endpoint_read(optarg, &a->row.address) && a->row.address.port != 0) ||
		       ctl_usage(a->ctl, "--address is '%s' (allowed: ip:port or [ip]:port)",
				 optarg);
	default:
		a->row.one_key_per_transmission = true;
		return true;
	}
}

static bool check_row(struct add *a)
{
	static const char missing[] = "%s is missing";

	if (!a->row.reference[0])
		return ctl_usage(a->ctl, missing, "--reference");
	if (!a->row.identity_len)
		return ctl_usage(a->ctl, missing, "--imsi or --group");
	if (!a->key_file[0])
		return ctl_usage(a->ctl, missing, "--key-file");
	if (!a->has_eea || !a->has_eia)
		return ctl_usage(a->ctl, missing, a->has_eea ? "--eia" : "--eea");
	/* sdt.md 2: 8 octets are the default wherever EIA2 is used. */
	if (a->row.tag_len == 0)
		a->row.tag_len = a->row.eia == EIA2 ? TAG_LONG : TAG_SHORT;
	if (!suite_valid(a->row.eea, a->row.eia, a->row.tag_len))
		return ctl_usage(a->ctl, "--tag-length is %u (allowed: 4, or 8 with --eia 2)",
				 a->row.tag_len);
	return true;
}

static bool read_options(struct add *a, int argc, char **argv)
{
	static const struct option options[] = {
		CTL_OPTIONS,
		{"reference", required_argument, NULL, REFERENCE},
		{"imsi", required_argument, NULL, IMSI},
		{"group", required_argument, NULL, GROUP},
		{"key-file", required_argument, NULL, KEY_FILE},
		{"eea", required_argument, NULL, EEA},
		{"eia", required_argument, NULL, EIA},
		{"tag-length", required_argument, NULL, TAG},
		{"expires", required_argument, NULL, EXPIRES},
		{"address", required_argument, NULL, ADDRESS},
		{"one-key-per-transmission", no_argument, NULL, ONE_KEY},
		{0},
	};
	int o;

	while ((o = ctl_option(a->ctl, argc, argv, options)) >= CTL_OWN) {
		if (!read_value(a, o))
			return false;
	}
	return o == CTL_END && ctl_no_words(a->ctl, argc, argv) && check_row(a);
}

/* "+90s" and the like, in seconds. */
static bool read_duration(const char *s, uint64_t *seconds)
{
	static const struct {
		char letter;
		uint32_t seconds;
	} unit[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	char digits[12];
	size_t n = strlen(s);

	if (n < 3 || n - 1 > sizeof(digits) || s[0] != '+')
		return false;
	memcpy(digits, s + 1, n - 2);
	digits[n - 2] = '\0';
	for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++) {
		if (s[n - 1] == unit[i].letter &&
		    text_uint(digits, 1, UINT32_MAX / unit[i].seconds, seconds) == 0) {
			*seconds *= unit[i].seconds;
			return true;
		}
	}
	return false;
}

/* now_ns: by the data plane's clock, which is the one that counts. */
static bool read_expiry(struct add *a, uint64_t now_ns)
{
	uint64_t seconds;
	uint32_t ns = 0;
	int64_t t;

	a->row.expires_ns = SAS_NEVER;
	if (!a->expires || strcmp(a->expires, "never") == 0) /* lint-ok: a time */
		return true;
	if (read_duration(a->expires, &seconds)) {
		a->row.expires_ns = now_ns + seconds * NS_PER_S;
		return true;
	}
	if (!rfc3339_read(a->expires, &t, &ns) || t < 0)
		return ctl_usage(a->ctl,
				 "--expires is '%s' (allowed: 2026-12-31T23:59:59Z, never, +90s, "
				 "+30m, +12h, +7d)",
				 a->expires);
	if ((uint64_t)t < UINT64_MAX / NS_PER_S - 1)
		a->row.expires_ns = (uint64_t)t * NS_PER_S + ns;
	return true;
}

static bool read_key(struct add *a)
{
	const char *path = strcmp(a->key_file, "-") == 0 ? "/dev/stdin" : a->key_file;
	struct slurp file;
	size_t n;
	bool good;

	a->ctl->status = EXIT_USAGE;
	if (slurp_file(path, KEY_FILE_MAX, &file, stderr) != 0)
		return false;
	n = file.len;
	while (n > 0 && (file.text[n - 1] == '\n' || file.text[n - 1] == '\r'))
		n--;
	good = hex_read(file.text, n, a->row.root_key, sizeof(a->row.root_key));
	slurp_free(&file);
	if (!good)
		fprintf(stderr, "%s: holds no root key (allowed: 64 hexadecimal digits)\n", path);
	else
		a->ctl->status = 0;
	return good;
}

static void print_outcome(struct ctl *c, const struct key_outcome *o)
{
	char salt[2 * SALT_LEN + 1];

	if (!key_result_good(o->result)) {
		fprintf(stderr, "iwfctl: %s: %s\n", o->reference, key_result_meaning(o->result));
		c->status = EXIT_FAILURE;
		return;
	}
	hex_write(o->salt, sizeof(o->salt), salt);
	if (c->json) {
		ctl_json(c, json_pack("{s:s, s:s, s:I, s:s}", "reference", o->reference, "result",
				      key_result_name(o->result), "key_id", (json_int_t)o->key_id,
				      "salt", salt));
		return;
	}
	printf("reference  %s\nresult     %s\nkey id     %" PRIu32 "\nsalt       %s\n",
	       o->reference, key_result_name(o->result), o->key_id, salt);
	ctl_flush(c);
}

void add_cmd(struct ctl *c, int argc, char **argv)
{
	struct add a = {.ctl = c, .key_file = "", .row = {.resume_count = 1}};
	struct key_outcome o;

	/* Mistakes are told before anybody is asked; the clock that counts is known after. */
	if (read_options(&a, argc, argv) && read_expiry(&a, 0) && read_key(&a) && ctl_connect(c) &&
	    read_expiry(&a, c->hello.now_ns)) {
		if (key_client_install(c->client, &a.row, 1, &o) == 1)
			print_outcome(c, &o);
		else
			ctl_failed(c);
	}
	secret_wipe(&a, sizeof(a));
}
