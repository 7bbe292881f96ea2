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
	{"cores", AT(cores), FIELD_CPUS, NO_RANGE, "", NULL,
	 "CPUs of the workers in order, such as 2-3,5; empty: the last of those that may be used."},
	{"burst", AT(burst), FIELD_UINT, "frames", 1, CONFIG_BURST_MAX, "32", NULL,
	 "Frames that a stage handles at a time."},
	{"crypto", AT(crypto), FIELD_CHOICE, NO_RANGE, "auto", "auto, ipsec-mb",
	 "Crypto kernels: ours where the CPU has the instructions, or ipsec-mb for all."},
	{"static_sas", AT(static_sas), FIELD_PATH, NO_RANGE, "", NULL,
	 "File of security associations to begin with; empty: none."},
	{"sa.slots", AT(sa_slots), FIELD_UINT, "SAs", 1, 1 << 24, "65536", NULL,
	 "Security associations that fit."},
	{"sa.per_device", AT(sa_per_device), FIELD_UINT, "SAs", 1, 1 << 24, "8", NULL,
	 "Security associations that one device may have; a replay does not ask."},
	{"sa.mapping", AT(sa_mapping), FIELD_PATH, NO_RANGE, "/dev/shm/iwf-dp.sas", NULL,
	 "File of the security associations, on tmpfs or hugetlbfs: they outlive the process in it."},
	{"policy.eea0", AT(allow_eea0), FIELD_BOOL, NO_RANGE, "false", NULL,
	 "Whether an SA may be installed with EEA0, or a RESUME end in it: without encryption."},
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
	{"access.port", AT(access.port), FIELD_PATH, NO_RANGE, "", NULL,
	 "DPDK device towards the devices: a PCI address, or a driver's name and arguments."},
	{"access.mtu", AT(access.mtu), FIELD_UINT, "octets", 1280, 9600, "1500", NULL,
	 "Longest IP packet towards the devices."},
	{"access.ipv4_prefix", AT(access.ipv4_prefix), FIELD_UINT, "bits", 1, 32, "24", NULL,
	 "How much of access.ipv4 the neighbours on the link share with it."},
	{"access.ipv6_prefix", AT(access.ipv6_prefix), FIELD_UINT, "bits", 1, 128, "64", NULL,
	 "How much of access.ipv6 the neighbours on the link share with it."},
	{"access.ipv4_router", AT(access.ipv4_router), FIELD_IPV4, NO_RANGE, "none", NULL,
	 "Next hop of IPv4 devices beyond the link."},
	{"access.ipv6_router", AT(access.ipv6_router), FIELD_IPV6, NO_RANGE, "none", NULL,
	 "Next hop of IPv6 devices beyond the link."},
	{"access.static_next_hop", AT(access.static_next_hop), FIELD_BOOL, NO_RANGE, "false", NULL,
	 "Whether all frames for devices go to access.next_hop_mac, and no neighbour is asked."},
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
	{"core.port", AT(core.port), FIELD_PATH, NO_RANGE, "", NULL,
	 "DPDK device towards the SCEF: a PCI address, or a driver's name and arguments."},
	{"core.mtu", AT(core.mtu), FIELD_UINT, "octets", 1280, 9600, "1500", NULL,
	 "Longest IP packet towards the SCEF."},
	{"core.ipv4_prefix", AT(core.ipv4_prefix), FIELD_UINT, "bits", 1, 32, "24", NULL,
	 "How much of core.ipv4 the neighbours on the link share with it."},
	{"core.ipv6_prefix", AT(core.ipv6_prefix), FIELD_UINT, "bits", 1, 128, "64", NULL,
	 "How much of core.ipv6 the neighbours on the link share with it."},
	{"core.ipv4_router", AT(core.ipv4_router), FIELD_IPV4, NO_RANGE, "none", NULL,
	 "Next hop of an IPv4 SCEF beyond the link."},
	{"core.ipv6_router", AT(core.ipv6_router), FIELD_IPV6, NO_RANGE, "none", NULL,
	 "Next hop of an IPv6 SCEF beyond the link."},
	{"core.static_next_hop", AT(core.static_next_hop), FIELD_BOOL, NO_RANGE, "false", NULL,
	 "Whether all frames for the SCEF go to core.next_hop_mac, and no neighbour is asked."},
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
	{"key_socket.path", AT(key_socket.path), FIELD_PATH, NO_RANGE, "/run/iwf-dp/keys.sock", NULL,
	 "Unix socket where keys arrive; empty: none."},
	{"key_socket.group", AT(key_socket.group), FIELD_PATH, NO_RANGE, "iwf", NULL,
	 "Group that owns the socket and may connect; empty: the process's own."},
	{"key_socket.uids", AT(key_socket.uids), FIELD_UIDS, NO_RANGE, "", NULL,
	 "Users who may install and remove keys, beside root and the data plane's own."},
	{"key_socket.read_uids", AT(key_socket.read_uids), FIELD_UIDS, NO_RANGE, "", NULL,
	 "Users who may only ask."},
	{"eal.options", AT(eal.options), FIELD_PATH, NO_RANGE, "", NULL,
	 "More options for DPDK's environment, separated by blanks, such as -a 0000:03:00.0."},
	{"eal.hugepages", AT(eal.hugepages), FIELD_CHOICE, NO_RANGE, "auto", "auto, no",
	 "Huge pages where enough are free, or ordinary memory."},
	{"eal.memory", AT(eal.memory), FIELD_UINT, "MiB", 0, 1 << 20, "0", NULL,
	 "Memory for buffers and rings; 0: computed."},
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
