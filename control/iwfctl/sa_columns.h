/* What is said of an SA, as a line of a table and as JSON, from one list of columns. */
#pragma once

#include "dataplane/api/keymsg.h"

#include <jansson.h>

#include <stdbool.h>
#include <stdio.h>

/* Wide: every column. */
void sa_titles_print(FILE *out, bool wide);
void sa_row_print(const struct key_row *row, FILE *out, bool wide);

/* A new object with all of them; what is not known is null. */
json_t *sa_row_json(const struct key_row *row);
