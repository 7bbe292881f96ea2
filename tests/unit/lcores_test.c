#include "dataplane/lcores.h"

#include "dataplane/hugepages.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The CPUs in a list such as "0,2,5". */
static cpu_set_t set_of(const char *list)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	while (*list) {
		CPU_SET(strtoul(list, (char **)(uintptr_t)&list, 10), &set);
		list += *list == ',';
	}
	return set;
}

static void workers_get_what_is_asked_for_or_the_last_cpus(void **state)
{
	static const struct {
		const char *what, *allowed, *cores;
		uint32_t workers;
		const char *worker, *main;
		bool shared;
	} rows[] = {
		{"one of two", "0,1", "", 1, "1", "0", false},
		{"two of five", "0,1,4,6,7", "", 2, "6-7", "0-1,4", false},
		{"all there are", "0,1", "", 2, "0-1", "0-1", true},
		{"the only one", "3", "", 1, "3", "3", true},
		{"by number", "0,1,2,3", "0,2", 2, "0,2", "1,3", false},
		{"more listed than needed", "0,1,2,3", "3,1,0", 2, "1,3", "0,2", false},
		{"one twice", "0,1", "1,1", 2, "1", "0", true},
	};
	char text[CPUS_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config c = {.workers = rows[i].workers};
		cpu_set_t allowed = set_of(rows[i].allowed), workers;
		struct lcores l;

		snprintf(c.cores, sizeof(c.cores), "%s", rows[i].cores);
		if (lcores_choose(&c, &allowed, &l, stderr) != 0)
			fail_msg("%s: refused", rows[i].what);
		lcores_workers(&l, &workers);
		if (strcmp(lcores_text(&workers, text), rows[i].worker) != 0)
			fail_msg("%s: workers on %s", rows[i].what, text);
		if (strcmp(lcores_text(&l.main, text), rows[i].main) != 0)
			fail_msg("%s: main thread on %s", rows[i].what, text);
		if (l.shared != rows[i].shared)
			fail_msg("%s: shared or not", rows[i].what);
	}
}

static void cpus_that_cannot_be_had_are_named(void **state)
{
	static const struct {
		const char *allowed, *cores;
		uint32_t workers;
		const char *error;
	} rows[] = {
		{"0,1", "", 3,
		 "workers: 3, but this process may use 2 CPUs "
		 "(allowed: up to 2; or list CPUs in cores, some twice)\n"},
		{"0,1,5", "1,2", 2, "cores: this process may not use CPU 2 (allowed: 0-1,5)\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config c = {.workers = rows[i].workers};
		cpu_set_t allowed = set_of(rows[i].allowed);
		struct lcores l;
		char *said;
		size_t size;
		FILE *errors = open_memstream(&said, &size);

		assert_non_null(errors);
		snprintf(c.cores, sizeof(c.cores), "%s", rows[i].cores);
		assert_int_equal(lcores_choose(&c, &allowed, &l, errors), -EINVAL);
		fclose(errors);
		assert_string_equal(said, rows[i].error);
		free(said);
	}
}

static void put_number(const char *folder, const char *size, const char *name, unsigned n)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, size);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", folder, size, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "%u\n", n);
	fclose(f);
}

static void huge_pages_of_all_sizes_count(void **state)
{
	char folder[] = "/tmp/iwf-hugepages.XXXXXX", command[64];
	struct hugepages h;

	(void)state;
	assert_non_null(mkdtemp(folder));
	put_number(folder, "hugepages-1048576kB", "free_hugepages", 1);
	put_number(folder, "hugepages-1048576kB", "nr_hugepages", 2);
	put_number(folder, "hugepages-2048kB", "free_hugepages", 3);
	put_number(folder, "hugepages-2048kB", "nr_hugepages", 3);
	put_number(folder, "other", "free_hugepages", 99);
	hugepages_read(folder, &h);
	assert_int_equal(h.free_octets, (UINT64_C(1) << 30) + (6 << 20));
	assert_int_equal(h.total_octets, (UINT64_C(2) << 30) + (6 << 20));
	assert_int_equal(h.page, 2 << 20);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
	hugepages_read(folder, &h);
	assert_int_equal(h.free_octets + h.total_octets + h.page, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_get_what_is_asked_for_or_the_last_cpus),
		cmocka_unit_test(cpus_that_cannot_be_had_are_named),
		cmocka_unit_test(huge_pages_of_all_sizes_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
