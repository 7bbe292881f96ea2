/* Counters by their names, group.name, as a table or as JSON. */
#pragma once

#include "dataplane/api/keymsg.h"

#include <jansson.h>

#include <stdbool.h>
#include <stdio.h>

struct stats_table {
	size_t n;
	uint64_t taken_ms; /* when, by a clock that never goes back */
	struct {
		char name[KEYMSG_TEXT_MAX + 1];
		uint64_t value;
	} row[KEYMSG_ROWS_MAX];
};

/* Adds a counter to the struct stats_table at arg; beyond KEYMSG_ROWS_MAX it is left out. */
void stats_table_take(void *arg, const char *name, uint64_t value);

/* Each group under its name; with `before` also what happened a second since then. */
void stats_table_print(const struct stats_table *t, const struct stats_table *before, bool all,
		       FILE *out);

/* {"access": {"rx": 1, ...}, ...}. The line begins with "time" of time_s, in Unix time. */
json_t *stats_table_json(const struct stats_table *t);
void stats_table_json_line(const struct stats_table *t, uint64_t time_s, FILE *out);
