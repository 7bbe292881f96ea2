#include "config/schema.h"

#include "config/text.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#define AT(member)    offsetof(struct config, member), sizeof(((struct config *)0)->member)
#define NO_RANGE      NULL, 0, 0
#define RESUME_COUNTS (UINT32_MAX - 1) /* sdt.md 5: the highest resumption Count there is */

const struct field config_fields[] = {
	/* clang-format off */
	{"lab", AT(lab), FIELD_BOOL, NO_RANGE, "false", NULL,
	 "A testbed: live runs take static SAs, and what else is not for networks of others."},
	{"workers", AT(workers), FIELD_UINT, "workers", 1, CONFIG_WORKERS_MAX, "1", NULL,
	 "Threads that carry packets, one for each core."},
	{"burst", AT(burst), FIELD_UINT, "frames", 1, CONFIG_BURST_MAX, "32", NULL,
	 "Frames that a stage handles at a time."},
	{"crypto", AT(crypto), FIELD_CHOICE, NO_RANGE, "auto", "auto, ipsec-mb",
	 "Crypto kernels: ours where the CPU has the instructions, or ipsec-mb for all."},
	{"static_sas", AT(static_sas), FIELD_PATH, NO_RANGE, "", NULL,
	 "File of security associations to begin with; empty: none."},
	{"sa.slots", AT(sa_slots), FIELD_UINT, "SAs", 1, 1 << 24, "65536", NULL,
	 "Security associations that fit."},
	{"policy.eea0", AT(allow_eea0), FIELD_BOOL, NO_RANGE, "false", NULL,
	 "Whether a RESUME may end in EEA0, that is, without encryption."},
	{"access.ipv4", AT(access.ipv4), FIELD_IPV4, NO_RANGE, "192.0.2.1", NULL,
	 "Own IPv4 address towards the devices."},
	{"access.ipv6", AT(access.ipv6), FIELD_IPV6, NO_RANGE, "2001:db8:1::1", NULL,
	 "Own IPv6 address towards the devices."},
	{"access.udp_port", AT(access.udp_port), FIELD_UINT, NULL, 1, UINT16_MAX, "33868", NULL,
	 "Own UDP port towards the devices."},
	{"access.mac", AT(access.mac), FIELD_MAC, NO_RANGE, "02:00:00:00:01:01", NULL,
	 "Own Ethernet address towards the devices, in replays."},
	{"access.next_hop_mac", AT(access.next_hop_mac), FIELD_MAC, NO_RANGE, "02:00:00:00:01:02", NULL,
	 "Ethernet address to which frames for devices go where no neighbour is asked."},
	{"access.vlan", AT(access.vlan), FIELD_UINT, NULL, 0, 4094, "0", NULL,
	 "VLAN tag of frames for devices; 0: untagged."},
	{"core.ipv4", AT(core.ipv4), FIELD_IPV4, NO_RANGE, "198.51.100.1", NULL,
	 "Own IPv4 address towards the SCEF."},
	{"core.ipv6", AT(core.ipv6), FIELD_IPV6, NO_RANGE, "2001:db8:2::1", NULL,
	 "Own IPv6 address towards the SCEF."},
	{"core.udp_port", AT(core.udp_port), FIELD_UINT, NULL, 1, UINT16_MAX, "29128", NULL,
	 "Own UDP port towards the SCEF."},
	{"core.mac", AT(core.mac), FIELD_MAC, NO_RANGE, "02:00:00:00:02:01", NULL,
	 "Own Ethernet address towards the SCEF, in replays."},
	{"core.next_hop_mac", AT(core.next_hop_mac), FIELD_MAC, NO_RANGE, "02:00:00:00:02:02", NULL,
	 "Ethernet address to which frames for the SCEF go where no neighbour is asked."},
	{"core.vlan", AT(core.vlan), FIELD_UINT, NULL, 0, 4094, "0", NULL,
	 "VLAN tag of frames for the SCEF; 0: untagged."},
	{"scef.endpoint", AT(scef.fallback), FIELD_ENDPOINT, NO_RANGE, "198.51.100.2:29128", NULL,
	 "Where data of bearers without an endpoint of their own goes."},
	{"scef.bearers", AT(scef.endpoint), FIELD_BEARERS, NO_RANGE, "", NULL,
	 "Where data of single bearers goes, such as 5: 198.51.100.3:29128."},
	{"resume.ahead", AT(resume.ahead), FIELD_UINT, NULL, 0, RESUME_COUNTS, "1024", NULL,
	 "How far a resumption Count may lie above the lowest not yet accepted."},
	{"resume.limit", AT(resume.limit), FIELD_UINT, NULL, 1, RESUME_COUNTS, "65536", NULL,
	 "Highest resumption Count that is accepted; beyond, devices set up a new SA."},
	{"resume.per_second", AT(resume.per_second), FIELD_UINT, "a second", 0, UINT32_MAX, "200000", NULL,
	 "RESUME messages that a worker checks on live ports; 0: no limit."},
	{"held.frames", AT(held.frames), FIELD_UINT, "frames", 0, 1 << 20, "4096", NULL,
	 "Downlink frames that can wait for their device's next RESUME; 0: none waits."},
	{"held.seconds", AT(held.seconds), FIELD_UINT, "seconds", 1, 86400, "30", NULL,
	 "How long a downlink frame waits."},
	{"priority.eea", AT(eea), FIELD_EEAS, NO_RANGE, "", NULL,
	 "Order in which a RESUME chooses encryption; empty: what is installed stays."},
	{"priority.eia", AT(eia), FIELD_EIAS, NO_RANGE, "", NULL,
	 "Order in which a RESUME chooses integrity; empty: what is installed stays."},
	/* clang-format on */
};

const size_t config_field_count = sizeof(config_fields) / sizeof(config_fields[0]);

static_assert(sizeof(config_fields) / sizeof(config_fields[0]) <= FIELD_COUNT_MAX,
	      "loading keeps a line for each setting");

int schema_find(const char *path)
{
	for (size_t i = 0; i < config_field_count; i++) {
		if (strcmp(config_fields[i].path, path) == 0)
			return (int)i;
	}
	return -1;
}

int schema_find_section(const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < config_field_count; i++) {
		if (strncmp(config_fields[i].path, path, n) == 0 && config_fields[i].path[n] == '.')
			return (int)i;
	}
	return -1;
}

unsigned schema_depth(const char *path)
{
	unsigned depth = 0;

	for (; *path; path++)
		depth += *path == '.';
	return depth;
}

static const char *last_name(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

/* As many names of `path` as `depth` dots allow. */
static const char *first_names(const char *path, unsigned depth, char out[FIELD_PATH_MAX])
{
	size_t n = 0;

	while (n < FIELD_PATH_MAX - 1 && path[n] && (path[n] != '.' || depth-- > 0)) {
		out[n] = path[n];
		n++;
	}
	out[n] = '\0';
	return out;
}

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

const char *schema_nearest(const char *path)
{
	const char *nearest = "";
	unsigned best = UINT_MAX;

	for (size_t i = 0; i < config_field_count; i++) {
		const char *other = config_fields[i].path;
		char names[FIELD_PATH_MAX];
		unsigned distance = text_distance(path, other);

		/* The right name in the wrong place, and a slip in a group's name. */
		distance = smaller(distance, text_distance(last_name(path), last_name(other)) + 1);
		distance =
			smaller(distance,
				text_distance(path, first_names(other, schema_depth(path), names)));
		if (distance < best) {
			best = distance;
			nearest = other;
		}
	}
	return nearest;
}
