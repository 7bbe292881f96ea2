#include "dataplane/eal.h"

#include "dataplane/device.h"
#include "dataplane/eal_log.h"

#include <rte_eal.h>
#include <rte_errno.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * EAL makes a folder for run-time files even where it writes none, in /tmp for all users but root:
 * the second user of a host would find the first one's. So it gets one of its own, which goes
 * again.
 */
static int init_in_folder(int argc, char **argv)
{
	char folder[] = "/tmp/iwf-dp.XXXXXX", path[sizeof(folder) + 16];
	int ret;

	if (geteuid() == 0 || !mkdtemp(folder))
		return rte_eal_init(argc, argv);
	setenv("XDG_RUNTIME_DIR", folder, 1);
	ret = rte_eal_init(argc, argv);
	snprintf(path, sizeof(path), "%s/dpdk", folder);
	rmdir(rte_eal_get_runtime_dir());
	rmdir(path);
	rmdir(folder);
	return ret;
}

int eal_start_offline(unsigned workers, size_t octets)
{
	char cpus[CPUS_TEXT], lcores[CPUS_TEXT + 32], megabytes[24];
	char program[] = "iwf-dp", no_huge[] = "--no-huge", no_pci[] = "--no-pci",
	     no_shconf[] = "--no-shconf", no_telemetry[] = "--no-telemetry",
	     quiet[] = "--log-level=error", memory[] = "-m";
	char *argv[] = {program, no_huge, no_pci,    no_shconf, no_telemetry,
			quiet,   memory,  megabytes, lcores,    NULL};
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return -errno;
	snprintf(lcores, sizeof(lcores), "--lcores=(0-%u)@(%s)", workers, lcores_text(&set, cpus));
	snprintf(megabytes, sizeof(megabytes), "%zu", octets / 1048576 + 1);
	return init_in_folder((int)(sizeof(argv) / sizeof(argv[0])) - 1, argv) < 0 ? -rte_errno : 0;
}

enum { ARGS_MAX = 160, TEXT_MAX = 3 * CPUS_TEXT };

/* The command line for EAL. It keeps pointers into it, so it stays. */
struct args {
	int n;
	size_t len;
	bool full;
	char *arg[ARGS_MAX + 1];
	char text[TEXT_MAX];
};

__attribute__((format(printf, 2, 3))) static void add_arg(struct args *a, const char *fmt, ...)
{
	size_t room = sizeof(a->text) - a->len;
	va_list list;
	int n;

	va_start(list, fmt);
	n = vsnprintf(a->text + a->len, room, fmt, list);
	va_end(list);
	if (a->n == ARGS_MAX || n < 0 || (size_t)n >= room) {
		a->full = true;
		return;
	}
	a->arg[a->n++] = a->text + a->len;
	a->len += (size_t)n + 1;
}

const char *eal_prefix(const struct config *c, char out[EAL_PREFIX_MAX])
{
	const char *slash = strrchr(c->sa_mapping, '/'), *name = slash ? slash + 1 : c->sa_mapping;

	snprintf(out, EAL_PREFIX_MAX, "%.*s", EAL_PREFIX_MAX - 1, *name ? name : "iwf-dp");
	for (char *p = out; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			*p = '_';
	}
	return out;
}

static void add_lcores(struct args *a, const struct lcores *l)
{
	char main[CPUS_TEXT], workers[CPUS_TEXT];
	size_t len = 0;

	workers[0] = '\0';
	for (unsigned i = 0; i < l->workers; i++)
		len += (size_t)snprintf(workers + len, sizeof(workers) - len, ",%u@%u", i + 1,
					l->worker[i]);
	add_arg(a, "--lcores=0@(%s)%s", lcores_text(&l->main, main), workers);
	add_arg(a, "--main-lcore=0");
}

static void add_devices(struct args *a, const struct config *c)
{
	const char *const port[] = {c->access.port, c->core.port};
	bool pci = false;

	for (unsigned i = 0; i < 2; i++) {
		if (!device_is_pci(port[i]))
			continue;
		add_arg(a, "--allow=%s", port[i]);
		pci = true;
	}
	if (!pci)
		add_arg(a, "--no-pci");
	if (!pci && !strstr(c->eal.options, "--iova-mode"))
		add_arg(a, "--iova-mode=va");
}

static void add_options(struct args *a, const char *options)
{
	while (*(options += strspn(options, " "))) {
		size_t n = strcspn(options, " ");

		add_arg(a, "%.*s", (int)n, options);
		options += n;
	}
}

/*
 * EAL's run-time folder lies in XDG_RUNTIME_DIR, or else in one of /tmp that all users but root
 * share and the first of them owns. Telemetry lives there; nothing else needs it.
 */
static bool folder_usable(void)
{
	struct stat st;

	return geteuid() == 0 || getenv("XDG_RUNTIME_DIR") ||
	       lstat("/tmp/dpdk", &st) /* lint-ok: EAL's own */ != 0 ||
	       (S_ISDIR(st.st_mode) && st.st_uid == geteuid());
}

static void add_all(struct args *a, const struct eal_live *e)
{
	char prefix[EAL_PREFIX_MAX];

	add_arg(a, "iwf-dp");
	add_lcores(a, e->lcores);
	add_arg(a, "--file-prefix=%s", eal_prefix(e->config, prefix));
	if (e->hugepages) {
		add_arg(a, "--in-memory");
	} else {
		add_arg(a, "--no-huge");
		add_arg(a, "--no-shconf");
		add_arg(a, "-m");
		add_arg(a, "%zu", (e->octets >> 20) + 1);
	}
	if (!folder_usable())
		add_arg(a, "--no-telemetry");
	add_devices(a, e->config);
	add_options(a, e->config->eal.options);
}

/* EAL prints a page of help where an option is none. */
static int init_without_stdout(struct args *a)
{
	int out, null, ret;

	fflush(stdout);
	out = dup(STDOUT_FILENO);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0)
		dup2(null, STDOUT_FILENO);
	ret = (folder_usable() ? rte_eal_init : init_in_folder)(a->n, a->arg) < 0 ? -rte_errno : 0;
	fflush(stdout);
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	close(out);
	close(null);
	return ret;
}

/* Behind telemetry, which takes its socket out of it at exit too. */
static void remove_folder(void)
{
	rmdir(rte_eal_get_runtime_dir());
}

int eal_start_live(const struct eal_live *e)
{
	static struct args args;
	int ret;

	add_all(&args, e);
	if (args.full) {
		fprintf(stderr, "eal.options: more than DPDK's command line takes\n");
		return -E2BIG;
	}
	atexit(remove_folder);
	eal_log_keep(e->verbose);
	ret = init_without_stdout(&args);
	if (ret == 0)
		return 0;
	fprintf(stderr, "DPDK's environment does not start: %s\n", strerrordesc_np(-ret));
	eal_log_show(stderr);
	return ret;
}
