#include "crypto/suite.h"

static const char *const eea_names[EEA_COUNT] = {
	[EEA0] = "128-EEA0",
	[EEA1] = "128-EEA1",
	[EEA2] = "128-EEA2",
	[EEA3] = "128-EEA3",
};

static const struct {
	const char *name;
	uint8_t tag_max; /* octets of the algorithm's output that a message may carry; 0: never in
			    use */
} eias[EIA_COUNT] = {
	[EIA0] = {"128-EIA0", 0},
	[EIA1] = {"128-EIA1", TAG_SHORT},
	[EIA2] = {"128-EIA2", TAG_LONG},
	[EIA3] = {"128-EIA3", TAG_SHORT},
};

bool suite_valid(unsigned eea, unsigned eia, unsigned tag_len)
{
	if (eea >= EEA_COUNT || eia >= EIA_COUNT)
		return false;
	return (tag_len == TAG_SHORT || tag_len == TAG_LONG) && tag_len <= eias[eia].tag_max;
}

const char *eea_name(unsigned eea)
{
	return eea < EEA_COUNT ? eea_names[eea] : "?";
}

const char *eia_name(unsigned eia)
{
	return eia < EIA_COUNT ? eias[eia].name : "?";
}
