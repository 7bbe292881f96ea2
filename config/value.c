#include "config/cpus.h"
#include "config/schema.h"
#include "config/text.h"
#include "crypto/bytes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void *place_in(const struct field *f, struct config *c)
{
	return (char *)c + f->offset;
}

const char *field_allowed(const struct field *f, char out[FIELD_ALLOWED])
{
	static const char *const texts[] = {
		[FIELD_BOOL] = "true, false",
		[FIELD_CPUS] = "CPUs 0 to 1023 as 2-3,5, at most 64",
		[FIELD_IPV4] = "an IPv4 address, none",
		[FIELD_IPV6] = "an IPv6 address, none",
		[FIELD_MAC] = "six octets as 02:00:00:00:00:01",
		[FIELD_ENDPOINT] = "ip:port, or in quotes [ip]:port",
		[FIELD_BEARERS] = "a map of bearers 0 to 31 to endpoints",
		[FIELD_EEAS] = "a list of EEA0 to EEA3",
		[FIELD_EIAS] = "a list of EIA1 to EIA3",
		[FIELD_UIDS] = "a list of at most 16 user ids, 0 to 4294967294",
	};

	if (f->type == FIELD_UINT)
		snprintf(out, FIELD_ALLOWED, "%ju to %ju%s%s", (uintmax_t)f->min, (uintmax_t)f->max,
			 f->unit ? " " : "", f->unit ? f->unit : "");
	else if (f->type == FIELD_PATH)
		snprintf(out, FIELD_ALLOWED, "text of at most %u octets", f->size - 1u);
	else
		snprintf(out, FIELD_ALLOWED, "%s",
			 f->type == FIELD_CHOICE ? f->choices : texts[f->type]);
	return out;
}

static const char *read_number(const struct field *f, const char *s, void *to)
{
	uint64_t x;
	uint32_t wide;
	uint16_t narrow;
	int err = text_uint(s, f->min, f->max, &x);

	if (err != 0)
		return err == -ERANGE ? "is out of range" : "is not a whole number";
	wide = (uint32_t)x;
	narrow = (uint16_t)x;
	memcpy(to, f->size == sizeof(narrow) ? (void *)&narrow : (void *)&wide, f->size);
	return NULL;
}

static const char *read_choice(const struct field *f, const char *s, char *to)
{
	size_t n = strlen(s);

	for (const char *p = f->choices; p && n > 0 && !strchr(s, ','); p = strstr(p, ", ")) {
		p += strspn(p, ", ");
		if (strncmp(p, s, n) == 0 && (p[n] == '\0' || p[n] == ',')) {
			memcpy(to, s, n + 1);
			return NULL;
		}
	}
	return "is no choice";
}

static const char *read_path(const struct field *f, const char *s, char *to)
{
	size_t n = strlen(s);

	if (n >= f->size)
		return "is too long";
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return "holds control characters";
	}
	memset(to, 0, f->size);
	memcpy(to, s, n + 1);
	return NULL;
}

static const char *read_cpus(const struct field *f, const char *s, char *to)
{
	uint16_t cpu[CONFIG_WORKERS_MAX];

	return cpus_read(s, cpu) < 0 ? "is no list of CPUs" : read_path(f, s, to);
}

static const char *read_address(const char *s, uint8_t family, struct endpoint *to)
{
	struct endpoint found = {0};

	if (strcmp(s, "none") != 0 && (!endpoint_read_address(s, &found) || found.family != family))
		return family == 4 ? "is no IPv4 address" : "is no IPv6 address";
	*to = found;
	return NULL;
}

static const char *read_mac(const char *s, uint8_t to[6])
{
	uint8_t mac[6];

	for (int i = 0; i < 6; i++, s += 3) {
		if (strnlen(s, 3) < (i < 5 ? 3 : 2) || !hex_read(s, 2, &mac[i], 1) ||
		    s[2] != (i < 5 ? ':' : '\0'))
			return "is no Ethernet address";
	}
	memcpy(to, mac, sizeof(mac));
	return NULL;
}

const char *field_read(const struct field *f, const char *s, struct config *c)
{
	void *to = place_in(f, c);

	switch (f->type) {
	case FIELD_BOOL:
		return text_bool(s, to) ? NULL : "is neither true nor false";
	case FIELD_UINT:
		return read_number(f, s, to);
	case FIELD_CHOICE:
		return read_choice(f, s, to);
	case FIELD_PATH:
		return read_path(f, s, to);
	case FIELD_CPUS:
		return read_cpus(f, s, to);
	case FIELD_IPV4:
		return read_address(s, 4, to);
	case FIELD_IPV6:
		return read_address(s, 6, to);
	case FIELD_MAC:
		return read_mac(s, to);
	case FIELD_ENDPOINT:
		return endpoint_read(s, to) ? NULL : "is no address with a port";
	case FIELD_BEARERS:
	case FIELD_EEAS:
	case FIELD_EIAS:
	case FIELD_UIDS:
		break;
	}
	return "is no single value";
}

static void write_number(const struct field *f, const void *from, char out[FIELD_TEXT])
{
	uint32_t wide = 0;
	uint16_t narrow = 0;

	memcpy(f->size == sizeof(narrow) ? (void *)&narrow : (void *)&wide, from, f->size);
	snprintf(out, FIELD_TEXT, "%u", wide + narrow);
}

const char *field_write(const struct field *f, const struct config *c, char out[FIELD_TEXT])
{
	const void *from = (const char *)c + f->offset;
	const uint8_t *mac = from;

	switch (f->type) {
	case FIELD_BOOL:
		snprintf(out, FIELD_TEXT, "%s", *(const bool *)from ? "true" : "false");
		break;
	case FIELD_UINT:
		write_number(f, from, out);
		break;
	case FIELD_CHOICE:
	case FIELD_PATH:
	case FIELD_CPUS:
		snprintf(out, FIELD_TEXT, "%s", (const char *)from);
		break;
	case FIELD_IPV4:
	case FIELD_IPV6:
	case FIELD_ENDPOINT:
		endpoint_write(from, out);
		break;
	case FIELD_MAC:
		snprintf(out, FIELD_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
			 mac[3], mac[4], mac[5]);
		break;
	case FIELD_BEARERS:
	case FIELD_EEAS:
	case FIELD_EIAS:
	case FIELD_UIDS:
		out[0] = '\0';
		break;
	}
	return out;
}

int field_read_algorithm(const struct field *f, const char *s)
{
	uint64_t id, min = f->type == FIELD_EEAS ? EEA0 : EIA1;
	const char *kind = f->type == FIELD_EEAS ? "EEA" : "EIA";

	if (strncmp(s, kind, 3) == 0 && s[3] >= '0' && s[3] <= '9')
		s += 3;
	return text_uint(s, min, EEA3, &id) == 0 ? (int)id : -1;
}
