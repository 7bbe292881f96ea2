/* Settings from anywhere: what loads prints and loads back equal; what does not says why. */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Loads, and checks that messages stand there if and only if it failed, each under the name. */
static int load(const char *text, size_t len, struct config *c)
{
	char *errors;
	size_t size;
	FILE *f = open_memstream(&errors, &size);
	int err;

	if (!f)
		abort();
	err = config_load_text(text, len, "f", c, f);
	fclose(f);
	if ((err != 0) != (size > 0) || (size > 0 && errors[size - 1] != '\n'))
		abort();
	for (const char *line = errors; *line; line = strchr(line, '\n') + 1) {
		if (strncmp(line, "f:", 2) != 0 || line[2] < '1' || line[2] > '9')
			abort();
	}
	free(errors);
	return err;
}

static char *print(const struct config *c, size_t *len)
{
	char *text;
	FILE *f = open_memstream(&text, len);

	if (!f)
		abort();
	config_print(c, f);
	fclose(f);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct config c, again;
	char *first, *second;
	size_t first_len, second_len;

	if (load((const char *)data, len, &c) != 0)
		return 0;
	first = print(&c, &first_len);
	if (load(first, first_len, &again) != 0)
		abort();
	second = print(&again, &second_len);
	if (first_len != second_len || memcmp(first, second, first_len) != 0)
		abort();
	free(first);
	free(second);
	return 0;
}
