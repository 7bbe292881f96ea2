#include "dataplane/preflight.h"

#include "crypto/batch.h"
#include "dataplane/hugepages.h"
#include "dataplane/key_socket.h"
#include "dataplane/lcores.h"
#include "dataplane/live.h"
#include "dataplane/sa_map.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { TEXT_MAX = 512 };

void preflight_found(struct preflight *p, enum level level, const char *subject, const char *mend,
		     const char *fmt, ...)
{
	static const char *const names[] = {"fine", "costs", "fails"};
	va_list list;

	p->found[level]++;
	if (level == FINE && !p->all)
		return;
	fprintf(p->out, "%-5s  %-15s  ", names[level], subject);
	va_start(list, fmt);
	vfprintf(p->out, fmt, list);
	va_end(list);
	fputc('\n', p->out);
	if (mend)
		fprintf(p->out, "%25s> %s\n", "", mend);
}

static unsigned long mib(uint64_t octets)
{
	return (unsigned long)((octets + (1 << 20) - 1) >> 20);
}

/* The first line of a file of the kernel's, or "". */
static const char *read_line(const char *path, char line[TEXT_MAX])
{
	FILE *f = fopen(path, "r");

	line[0] = '\0';
	if (f && fgets(line, TEXT_MAX, f))
		line[strcspn(line, "\n")] = '\0';
	if (f)
		fclose(f);
	return line;
}

/* MiB that the kernel can give without swapping. */
static unsigned long available_mib(void)
{
	static const char name[] = "MemAvailable:";
	FILE *f = fopen("/proc/meminfo", "r");
	char line[TEXT_MAX];
	unsigned long kib = 0;

	while (kib == 0 && f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtoul(line + strlen(name), NULL, 10);
	}
	if (f)
		fclose(f);
	return kib >> 10;
}

static void look_at_hugepages(struct preflight *p)
{
	uint64_t need = live_octets(p->config, true);
	struct hugepages h;
	char mend[TEXT_MAX];

	hugepages_read(HUGEPAGES_FOLDER, &h);
	if (strcmp(p->config->eal.hugepages, "no") == 0) {
		preflight_found(p, FINE, "hugepages", NULL, "not used (eal.hugepages: no)");
	} else if (h.free_octets >= need) {
		preflight_found(p, FINE, "hugepages", NULL, "%lu MiB free, %lu needed",
				mib(h.free_octets), mib(need));
	} else if (h.page == 0) {
		preflight_found(p, COSTS, "hugepages", NULL,
				"this kernel has none: ordinary memory is about a quarter slower");
	} else {
		snprintf(mend, sizeof(mend),
			 "echo %lu > " HUGEPAGES_FOLDER "/hugepages-%lukB/nr_hugepages",
			 (unsigned long)((h.total_octets - h.free_octets + need) / h.page + 1),
			 (unsigned long)(h.page >> 10));
		preflight_found(
			p, COSTS, "hugepages", mend,
			"%lu MiB free, %lu needed: ordinary memory is about a quarter slower",
			mib(h.free_octets), mib(need));
	}
}

static void look_at_memory(struct preflight *p, uint64_t mapping)
{
	unsigned long free_mib = available_mib(),
		      need = mib(mapping + live_octets(p->config, false));

	if (free_mib < need)
		preflight_found(p, FAILS, "memory", "fewer sa.slots, workers or held.frames",
				"%lu MiB available, %lu needed", free_mib, need);
	else
		preflight_found(p, FINE, "memory", NULL, "%lu MiB available, %lu needed", free_mib,
				need);
}

/* The folder that a file lies in. */
static const char *folder_of(const char *path, char out[CONFIG_PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	snprintf(out, CONFIG_PATH_MAX, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	return *out ? out : "/";
}

/* Whether a process holds the file's lock (sa_map_file.c). */
static bool in_use(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	bool locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return locked;
}

/* Returns the octets that the file still has to take, 0 where it is there. */
static uint64_t look_at_mapping(struct preflight *p)
{
	const char *path = p->config->sa_mapping;
	char buffer[CONFIG_PATH_MAX], mend[TEXT_MAX];
	const char *folder = folder_of(path, buffer);
	struct stat st;
	struct statfs fs;
	uint64_t octets;

	if (statfs(folder, &fs) != 0 || access(folder, W_OK | X_OK) != 0) {
		preflight_found(p, FAILS, "sa.mapping", NULL, "%s: %s", folder,
				strerrordesc_np(errno));
		return 0;
	}
	octets = sa_map_octets(p->config->sa_slots, (size_t)fs.f_bsize);
	if (fs.f_type != TMPFS_MAGIC && fs.f_type != HUGETLBFS_MAGIC) {
		preflight_found(p, FAILS, "sa.mapping", "a file in /dev/shm or /dev/hugepages",
				"%s is neither tmpfs nor hugetlbfs", folder);
	} else if (stat(path, &st) == 0 && st.st_uid != geteuid()) {
		preflight_found(p, FAILS, "sa.mapping", "another file, or run as that user",
				"%s is user %u's", path, st.st_uid);
	} else if (in_use(path)) {
		preflight_found(p, FAILS, "sa.mapping", "stop it, or name another file",
				"%s is in use by another process", path);
		return 0;
	} else if (stat(path, &st) == 0) {
		preflight_found(p, FINE, "sa.mapping", NULL, "%s is there, to be taken over", path);
		return 0;
	} else if (fs.f_bavail * (uint64_t)fs.f_bsize < octets) {
		snprintf(mend, sizeof(mend), "mount -o remount,size=%luM %s; or fewer sa.slots",
			 mib(octets) * 2, folder);
		preflight_found(p, FAILS, "sa.mapping", mend, "%s has %lu MiB free, %lu needed",
				folder, mib(fs.f_bavail * (uint64_t)fs.f_bsize), mib(octets));
	} else {
		preflight_found(p, FINE, "sa.mapping", NULL, "%s has room for %lu MiB", folder,
				mib(octets));
	}
	return octets;
}

/* A line without its newline, from a stream that ended. */
static const char *chomp(char *s)
{
	s[strcspn(s, "\n")] = '\0';
	return s;
}

static void look_at_cores(struct preflight *p)
{
	char isolated[TEXT_MAX], own[CPUS_TEXT], cpus[CPUS_TEXT], *why = NULL;
	size_t size;
	FILE *errors = open_memstream(&why, &size);
	cpu_set_t allowed, workers;
	struct lcores l;
	int ret = sched_getaffinity(0, sizeof(allowed), &allowed) == 0 ? 0 : -errno;

	if (!errors)
		return;
	if (ret == 0)
		ret = lcores_choose(p->config, &allowed, &l, errors);
	fclose(errors);
	if (ret != 0) {
		preflight_found(p, FAILS, "cores", NULL, "%s", chomp(why));
	} else if (l.shared) {
		preflight_found(p, COSTS, "cores", NULL,
				"workers share CPUs with each other or with the main thread: "
				"one CPU more than workers is better");
	} else {
		read_line("/sys/devices/system/cpu/isolated", isolated);
		lcores_workers(&l, &workers);
		preflight_found(p, FINE, "cores", NULL,
				"workers on CPU %s, main thread on %s; kept from other programs "
				"(isolcpus=): %s",
				lcores_text(&workers, own), lcores_text(&l.main, cpus),
				isolated[0] ? isolated : "none");
	}
	free(why);
}

static void look_at_crypto(struct preflight *p)
{
	bool own = strcmp(p->config->crypto, "ipsec-mb") != 0;
	struct batch *b = batch_create(own ? BATCH_AUTO : BATCH_IPSEC_MB);

	if (!b)
		preflight_found(p, FAILS, "crypto", NULL, "%s", strerrordesc_np(errno));
	else if (!__builtin_cpu_supports("aes") || !__builtin_cpu_supports("avx2"))
		preflight_found(p, COSTS, "crypto", NULL, "this CPU lacks AES or AVX2: %s",
				batch_describe(b));
	else
		preflight_found(p, FINE, "crypto", NULL, "%s", batch_describe(b));
	batch_destroy(b);
}

/* Workers read the clock each round. */
static void look_at_clock(struct preflight *p)
{
	static const char path[] =
		"/sys/devices/system/clocksource/clocksource0/current_clocksource";
	static const char *const without_call[] = {
		"tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter"};
	char source[TEXT_MAX];

	read_line(path, source);
	for (size_t i = 0; i < sizeof(without_call) / sizeof(without_call[0]); i++) {
		if (strcmp(source, without_call[i]) == 0) {
			preflight_found(p, FINE, "clock", NULL, "%s, read without a system call",
					source);
			return;
		}
	}
	preflight_found(
		p, COSTS, "clock",
		"echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource",
		"%s is read by a system call, each round of a worker",
		source[0] ? source : "an unknown clock");
}

static void look_at_key_socket(struct preflight *p)
{
	const struct config_key_socket *k = &p->config->key_socket;
	char buffer[CONFIG_PATH_MAX], above[CONFIG_PATH_MAX], mend[TEXT_MAX];
	const char *folder = folder_of(k->path, buffer);

	if (!k->path[0]) {
		preflight_found(p, FINE, "key_socket", NULL,
				"none: keys come from static_sas alone");
		return;
	}
	/* The folder is made, the one above it is not. */
	if (access(folder, F_OK) != 0)
		folder = folder_of(folder, above);
	if (access(folder, W_OK | X_OK) != 0) {
		int err = errno;

		snprintf(mend, sizeof(mend), "mkdir -p %s; or another key_socket.path", folder);
		preflight_found(p, FAILS, "key_socket",
				err == ENOENT ? mend : "another key_socket.path", "%s: %s", folder,
				strerrordesc_np(err));
		return;
	}
	if (key_socket_served(k->path) == -EADDRINUSE) {
		preflight_found(p, FAILS, "key_socket", "stop it, or another key_socket.path",
				"%s is served by another process", k->path);
		return;
	}
	if (k->group[0] && !getgrnam(k->group)) {
		snprintf(mend, sizeof(mend), "groupadd --system %s", k->group);
		preflight_found(p, COSTS, "key_socket", mend,
				"there is no group %s: root and this user alone can connect",
				k->group);
		return;
	}
	preflight_found(p, FINE, "key_socket", NULL, "%s, group %s", k->path,
			k->group[0] ? k->group : "of the process");
}

static void look_at_static(struct preflight *p)
{
	const char *path = p->config->static_sas;

	if (!path[0])
		return;
	if (!p->config->lab)
		preflight_found(p, FAILS, "static_sas", "lab: true; or no static_sas",
				"is for testbeds, and lab is false");
	else if (access(path, R_OK) != 0)
		preflight_found(p, FAILS, "static_sas", NULL, "%s: %s", path,
				strerrordesc_np(errno));
	else
		preflight_found(p, FINE, "static_sas", NULL, "%s", path);
}

void preflight_look(struct preflight *p)
{
	uint64_t mapping = look_at_mapping(p);

	look_at_memory(p, mapping);
	look_at_hugepages(p);
	look_at_cores(p);
	look_at_crypto(p);
	look_at_clock(p);
	look_at_key_socket(p);
	look_at_static(p);
	preflight_port(p, "access.port", p->config->access.port);
	preflight_port(p, "core.port", p->config->core.port);
}
