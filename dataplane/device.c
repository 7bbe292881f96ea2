#include "dataplane/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *cut_text(const char *s, size_t n, char *out, size_t size)
{
	snprintf(out, size, "%.*s", (int)n, s);
	return out;
}

const char *device_name(const char *device, char out[DEVICE_NAME_MAX])
{
	return cut_text(device, strcspn(device, ","), out, DEVICE_NAME_MAX);
}

/* What follows up to `digits` hexadecimal digits and `end`; NULL: they are not there. */
static const char *behind_hex(const char *s, size_t digits, char end)
{
	size_t n = s ? strspn(s, "0123456789abcdefABCDEF") : 0;

	return n > 0 && n <= digits && s[n] == end ? s + n + 1 : NULL;
}

bool device_is_pci(const char *device)
{
	char name[DEVICE_NAME_MAX];
	const char *slot;

	device_name(device, name);
	slot = behind_hex(behind_hex(name, 4, ':'), 2, ':');
	if (!slot)
		slot = behind_hex(name, 2, ':'); /* without a domain */
	return behind_hex(behind_hex(slot, 2, '.'), 1, '\0');
}

const char *device_argument(const char *device, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);

	for (const char *at = strchr(device, ','); at; at = strchr(at, ',')) {
		at++;
		if (strncmp(at, name, n) == 0 && at[n] == '=')
			return cut_text(at + n + 1, strcspn(at + n + 1, ","), out, size);
	}
	return NULL;
}

uint32_t device_number(const char *device, const char *name)
{
	char text[16], *end;
	unsigned long n;

	if (!device_argument(device, name, text, sizeof(text)) || *text < '0' || *text > '9')
		return 0;
	n = strtoul(text, &end, 0);
	return *end == '\0' && n <= UINT32_MAX ? (uint32_t)n : 0;
}

const char *device_driver(const char *device, char out[DEVICE_NAME_MAX])
{
	size_t n;

	device_name(device, out);
	n = strlen(out);
	while (n > 0 && out[n - 1] >= '0' && out[n - 1] <= '9')
		n--;
	out[n] = '\0';
	return out;
}
