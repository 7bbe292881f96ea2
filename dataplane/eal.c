#include "dataplane/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Writes the CPUs of this process as "0,1,5". */
static int write_cpus(char *s, size_t room)
{
	cpu_set_t set;
	size_t len = 0;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return -errno;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		int n;

		if (!CPU_ISSET(cpu, &set))
			continue;
		n = snprintf(s + len, room - len, "%s%d", len ? "," : "", cpu);
		if (n < 0 || (size_t)n >= room - len)
			return -E2BIG;
		len += (size_t)n;
	}
	return 0;
}

/*
 * EAL makes a folder for run-time files even where it writes none, in /tmp for all users but root:
 * the second user of a host would find the first one's. So it gets one of its own, which goes
 * again.
 */
static int init_in_folder(int argc, char **argv)
{
	static const char *const made[] = {"/dpdk/rte", "/dpdk", ""};
	char folder[] = "/tmp/iwf-dp.XXXXXX", path[sizeof(folder) + 16];
	int ret;

	if (geteuid() == 0 || !mkdtemp(folder))
		return rte_eal_init(argc, argv);
	setenv("XDG_RUNTIME_DIR", folder, 1);
	ret = rte_eal_init(argc, argv);
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", folder, made[i]);
		rmdir(path);
	}
	return ret;
}

int eal_start_offline(unsigned workers, size_t octets)
{
	char cpus[2048], lcores[2100], megabytes[24];
	char program[] = "iwf-dp", no_huge[] = "--no-huge", no_pci[] = "--no-pci",
	     no_shconf[] = "--no-shconf", no_telemetry[] = "--no-telemetry",
	     quiet[] = "--log-level=error", memory[] = "-m";
	char *argv[] = {program, no_huge, no_pci,    no_shconf, no_telemetry,
			quiet,   memory,  megabytes, lcores,    NULL};
	int ret = write_cpus(cpus, sizeof(cpus));

	if (ret)
		return ret;
	snprintf(lcores, sizeof(lcores), "--lcores=(0-%u)@(%s)", workers, cpus);
	snprintf(megabytes, sizeof(megabytes), "%zu", octets / 1048576 + 1);
	return init_in_folder((int)(sizeof(argv) / sizeof(argv[0])) - 1, argv) < 0 ? -rte_errno : 0;
}
