#include "config/cpus.h"

#include <errno.h>

/* Reads digits at *s and goes past them; -EINVAL: there are none, or they are too many. */
static int read_cpu(const char **s)
{
	int cpu = 0;

	if (**s < '0' || **s > '9')
		return -EINVAL;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		cpu = cpu * 10 + **s - '0';
		if (cpu > CPU_MAX)
			return -EINVAL;
	}
	return cpu;
}

int cpus_read(const char *s, uint16_t cpu[CONFIG_WORKERS_MAX])
{
	int n = 0;

	while (*s) {
		int from = read_cpu(&s), to = from;

		if (*s == '-') {
			s++;
			to = read_cpu(&s);
		}
		if (from < 0 || to < from || to - from >= CONFIG_WORKERS_MAX - n)
			return -EINVAL;
		while (from <= to)
			cpu[n++] = (uint16_t)from++;
		if (*s == ',' && s[1])
			s++;
		else if (*s)
			return -EINVAL;
	}
	return n;
}
