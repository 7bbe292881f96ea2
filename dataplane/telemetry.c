#include "dataplane/telemetry.h"

#include "dataplane/stats.h"

#include <rte_telemetry.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* DPDK cannot take a command back, so what it asks about may be gone. */
static struct {
	pthread_mutex_t lock;
	const struct live *live;
} served = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* DPDK takes no dots in names: access.sent is access/sent here. */
static void add_value(void *arg, const char *name, uint64_t value)
{
	char path[RTE_TEL_MAX_STRING_LEN];

	snprintf(path, sizeof(path), "%s", name);
	for (char *dot = path; (dot = strchr(dot, '.'));)
		*dot = '/';
	rte_tel_data_add_dict_u64(arg, path, value);
}

static int answer_stats(const struct live *l, const char *params, struct rte_tel_data *d)
{
	(void)params;
	stats_each(l, STATS_SUM, add_value, d);
	return 0;
}

static int answer_worker(const struct live *l, const char *params, struct rte_tel_data *d)
{
	char *end;
	unsigned long worker = params ? strtoul(params, &end, 10) : 0;

	if (!params || *params < '0' || *params > '9' || *end || worker >= l->workers)
		return -EINVAL;
	stats_each(l, (uint32_t)worker, add_value, d);
	return 0;
}

static int answer_sas(const struct live *l, const char *params, struct rte_tel_data *d)
{
	(void)params;
	rte_tel_data_add_dict_string(d, "mapping", l->config.sa_mapping);
	rte_tel_data_add_dict_u64(d, "slots", l->sas->slots);
	rte_tel_data_add_dict_u64(d, "in_use", l->sas->in_use);
	rte_tel_data_add_dict_u64(d, "incarnation", l->found.incarnation);
	rte_tel_data_add_dict_u64(d, "taken_over", l->found.taken);
	rte_tel_data_add_dict_u64(d, "half_written", l->found.half_written);
	return 0;
}

static int answer_config(const struct live *l, const char *params, struct rte_tel_data *d)
{
	char cpu[CPUS_TEXT];
	cpu_set_t workers;

	(void)params;
	lcores_workers(&l->lcores, &workers);
	rte_tel_data_add_dict_string(d, "version", IWF_VERSION);
	rte_tel_data_add_dict_string(d, "access/port", l->config.access.port);
	rte_tel_data_add_dict_string(d, "core/port", l->config.core.port);
	rte_tel_data_add_dict_string(d, "key_socket/path", l->config.key_socket.path);
	rte_tel_data_add_dict_u64(d, "workers", l->workers);
	rte_tel_data_add_dict_u64(d, "burst", l->config.burst);
	rte_tel_data_add_dict_string(d, "worker_cpus", lcores_text(&workers, cpu));
	rte_tel_data_add_dict_string(d, "crypto", batch_describe(l->crypto));
	rte_tel_data_add_dict_int(d, "hugepages", l->hugepages);
	return 0;
}

static const struct command {
	const char *name, *help;
	int (*answer)(const struct live *l, const char *params, struct rte_tel_data *d);
} commands[] = {
	{"/mtciwf/stats", "Every counter, over all workers. No parameters", answer_stats},
	{"/mtciwf/worker", "The counters of one worker. Parameters: int worker", answer_worker},
	{"/mtciwf/sas", "The table of security associations. No parameters", answer_sas},
	{"/mtciwf/config", "What runs, and where. No parameters", answer_config},
};

static int answer(const char *name, const char *params, struct rte_tel_data *d)
{
	int ret = -ENOENT;

	rte_tel_data_start_dict(d);
	pthread_mutex_lock(&served.lock);
	for (size_t i = 0; served.live && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0)
			ret = commands[i].answer(served.live, params, d);
	}
	pthread_mutex_unlock(&served.lock);
	return ret;
}

void telemetry_start(const struct live *l)
{
	pthread_mutex_lock(&served.lock);
	served.live = l;
	pthread_mutex_unlock(&served.lock);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		rte_telemetry_register_cmd(commands[i].name, answer, commands[i].help);
}

void telemetry_stop(void)
{
	pthread_mutex_lock(&served.lock);
	served.live = NULL;
	pthread_mutex_unlock(&served.lock);
}
