#include "config/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool endpoint_read_address(const char *s, struct endpoint *e)
{
	struct endpoint found = {0};

	if (inet_pton(AF_INET, s, found.addr) == 1)
		found.family = 4;
	else if (inet_pton(AF_INET6, s, found.addr) == 1)
		found.family = 6;
	else
		return false;
	*e = found;
	return true;
}

/* 1 to 65535 in digits alone, without leading zeros; 0 for anything else. */
static uint16_t read_port(const char *s)
{
	unsigned port = 0;

	if (*s == '0')
		return 0;
	for (; *s >= '0' && *s <= '9' && port <= UINT16_MAX; s++)
		port = port * 10 + (unsigned)(*s - '0');
	return *s == '\0' && port <= UINT16_MAX ? (uint16_t)port : 0;
}

bool endpoint_read(const char *s, struct endpoint *e)
{
	char address[INET6_ADDRSTRLEN];
	bool bracket = *s == '[';
	const char *start = s + bracket;
	const char *end = strchr(start, bracket ? ']' : ':');
	const char *colon = end && bracket ? end + 1 : end;
	struct endpoint found;
	uint16_t port;

	if (!end || *colon != ':' || (size_t)(end - start) >= sizeof(address))
		return false;
	memcpy(address, start, (size_t)(end - start));
	address[end - start] = '\0';
	port = read_port(colon + 1);
	if (port == 0 || !endpoint_read_address(address, &found) ||
	    found.family != (bracket ? 6 : 4))
		return false;
	*e = found;
	e->port = port;
	return true;
}

const char *endpoint_write(const struct endpoint *e, char out[ENDPOINT_TEXT])
{
	char address[INET6_ADDRSTRLEN] = "none";

	if (e->family != 0)
		inet_ntop(e->family == 4 ? AF_INET : AF_INET6, e->addr, address, sizeof(address));
	if (e->family == 0 || e->port == 0)
		snprintf(out, ENDPOINT_TEXT, "%s", address);
	else
		snprintf(out, ENDPOINT_TEXT, e->family == 4 ? "%s:%u" : "[%s]:%u", address,
			 e->port);
	return out;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && a->port == b->port &&
	       memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}
