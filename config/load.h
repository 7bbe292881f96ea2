/* Between loading and the rules across settings: where each setting stands in its file. */
#pragma once

#include "config/doc.h"
#include "config/schema.h"

struct config_lines {
	uint32_t field[FIELD_COUNT_MAX]; /* by index of the setting; 0: not in the file */
	bool wrong[FIELD_COUNT_MAX];     /* its value was refused */
	uint32_t bearer[BEARER_COUNT];   /* of its endpoint in scef.bearers */
};

/* Reports settings that contradict each other. */
void config_check(const struct config *c, const struct config_lines *lines, struct doc *d);
