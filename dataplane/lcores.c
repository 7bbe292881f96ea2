#include "dataplane/lcores.h"

#include "config/cpus.h"

#include <errno.h>

const char *lcores_text(const cpu_set_t *set, char out[CPUS_TEXT])
{
	size_t len = 0;

	out[0] = '\0';
	for (int cpu = 0; cpu < CPU_SETSIZE && len < CPUS_TEXT - 16; cpu++) {
		int from = cpu;

		if (!CPU_ISSET(cpu, set))
			continue;
		while (cpu + 1 < CPU_SETSIZE && CPU_ISSET(cpu + 1, set))
			cpu++;
		len += (size_t)snprintf(out + len, CPUS_TEXT - len, "%s%d", len ? "," : "", from);
		if (cpu > from)
			len += (size_t)snprintf(out + len, CPUS_TEXT - len, "-%d", cpu);
	}
	return out;
}

/* The last n CPUs of a set, the lowest first. */
static void take_last(const cpu_set_t *set, unsigned n, uint16_t *cpu)
{
	for (int i = CPU_SETSIZE - 1; i >= 0 && n > 0; i--) {
		if (CPU_ISSET(i, set))
			cpu[--n] = (uint16_t)i;
	}
}

static int choose_workers(const struct config *c, const cpu_set_t *allowed, struct lcores *l,
			  FILE *errors)
{
	unsigned usable = (unsigned)CPU_COUNT(allowed);
	char text[CPUS_TEXT];

	if (cpus_read(c->cores, l->worker) <= 0) {
		if (c->workers > usable) {
			fprintf(errors,
				"workers: %u, but this process may use %u CPU%s "
				"(allowed: up to %u; or list CPUs in cores, some twice)\n",
				c->workers, usable, usable == 1 ? "" : "s", usable);
			return -EINVAL;
		}
		take_last(allowed, c->workers, l->worker);
	}
	for (unsigned i = 0; i < c->workers; i++) {
		if (!CPU_ISSET(l->worker[i], allowed)) {
			fprintf(errors, "cores: this process may not use CPU %u (allowed: %s)\n",
				l->worker[i], lcores_text(allowed, text));
			return -EINVAL;
		}
	}
	return 0;
}

int lcores_choose(const struct config *c, const cpu_set_t *allowed, struct lcores *l, FILE *errors)
{
	int ret;

	*l = (struct lcores){.workers = c->workers, .main = *allowed};
	ret = choose_workers(c, allowed, l, errors);
	if (ret)
		return ret;
	for (unsigned i = 0; i < l->workers; i++) {
		l->shared |= !CPU_ISSET(l->worker[i], &l->main);
		CPU_CLR(l->worker[i], &l->main);
	}
	if (CPU_COUNT(&l->main) == 0) {
		l->main = *allowed;
		l->shared = true;
	}
	return 0;
}

void lcores_workers(const struct lcores *l, cpu_set_t *set)
{
	CPU_ZERO(set);
	for (unsigned i = 0; i < l->workers; i++)
		CPU_SET(l->worker[i], set);
}
