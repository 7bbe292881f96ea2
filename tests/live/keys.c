#include "tests/live/keys.h"

#include "crypto/secret.h"
#include "pcap/args.h"

static const struct {
	uint8_t eea, eia, tag_len;
} suites[] = {
	{EEA2, EIA2, TAG_LONG},  {EEA1, EIA1, TAG_SHORT}, {EEA3, EIA3, TAG_SHORT},
	{EEA2, EIA2, TAG_SHORT}, {EEA1, EIA2, TAG_LONG},  {EEA3, EIA1, TAG_SHORT},
};

void keys_row(struct sa_row *row, struct rng *r, uint32_t i)
{
	unsigned suite = i % (sizeof(suites) / sizeof(suites[0]));

	*row = (struct sa_row){
		.eea = suites[suite].eea,
		.eia = suites[suite].eia,
		.tag_len = suites[suite].tag_len,
		.bearer = (uint8_t)(i % 7),
		.expires_ns = SAS_NEVER,
		.resume_count = 1,
	};
	while (row->key_id == 0)
		row->key_id = (uint32_t)rng_next(r);
	rng_fill(r, row->root_key, sizeof(row->root_key));
	rng_fill(r, row->salt, sizeof(row->salt));
	row->identity_len =
		(uint8_t)snprintf(row->identity, sizeof(row->identity), "00101%010u", i + 1);
}

static bool group_row(struct sa_row *row, struct rng *r, uint32_t i, const char *address)
{
	keys_row(row, r, i);
	row->group = true;
	row->identity_len =
		(uint8_t)snprintf(row->identity, sizeof(row->identity), "group-%u@example.org", i);
	return endpoint_read(address, &row->address);
}

int keys_cmd(int argc, char **argv)
{
	struct rng r = {7};
	struct sa_row row;
	uint64_t n;

	if (argc < 2 || !args_uint(argv[1], 1, 1 << 24, &n)) {
		fputs("live-peer keys: how many? (try --help)\n", stderr);
		return EXIT_USAGE;
	}
	for (uint32_t i = 0; i < n; i++) {
		keys_row(&row, &r, i);
		sas_write(&row, stdout);
	}
	for (int g = 2; g < argc; g++) {
		if (!group_row(&row, &r, (uint32_t)g, argv[g])) {
			fprintf(stderr, "live-peer keys: no address and port: %s\n", argv[g]);
			return EXIT_USAGE;
		}
		sas_write(&row, stdout);
	}
	secret_wipe(&row, sizeof(row));
	return fflush(stdout) == 0 ? 0 : 1;
}
