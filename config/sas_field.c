#include "config/rfc3339.h"
#include "config/sas_row.h"
#include "config/text.h"
#include "crypto/bytes.h"

#include <errno.h>
#include <string.h>

static const char not_number[] = "is not a whole number";
static const char out_of_range[] = "is out of range";

/* What is wrong with a number, or NULL. */
static const char *read_u32(const char *s, uint32_t min, uint32_t max, uint32_t *v)
{
	uint64_t x;
	int err = text_uint(s, min, max, &x);

	if (err != 0)
		return err == -ERANGE ? out_of_range : not_number;
	*v = (uint32_t)x;
	return NULL;
}

static const char *read_u8(const char *s, uint8_t min, uint8_t max, uint8_t *v)
{
	uint32_t x = 0;
	const char *wrong = read_u32(s, min, max, &x);

	if (!wrong)
		*v = (uint8_t)x;
	return wrong;
}

static const char *read_bool(const char *s, bool *v)
{
	return text_bool(s, v) ? NULL : "is neither true nor false";
}

static const char *read_hex(const char *s, uint8_t *out, size_t n)
{
	if (strlen(s) != 2 * n)
		return "has another length";
	return hex_read(s, 2 * n, out, n) ? NULL : "holds other characters than hexadecimal digits";
}

/* One function a field: each returns what is wrong with the text, or NULL. */

static const char *read_key_id(struct sa_row *row, const char *s)
{
	return read_u32(s, 1, UINT32_MAX, &row->key_id);
}

static const char *read_root_key(struct sa_row *row, const char *s)
{
	return read_hex(s, row->root_key, sizeof(row->root_key));
}

static const char *read_salt(struct sa_row *row, const char *s)
{
	return read_hex(s, row->salt, sizeof(row->salt));
}

static const char *read_identity(struct sa_row *row, const char *s)
{
	size_t n = strlen(s);

	if (n < 1 || n > SAS_IDENTITY_MAX)
		return "has a wrong length";
	memcpy(row->identity, s, n + 1);
	row->identity_len = (uint8_t)n;
	return NULL;
}

static const char *read_eea(struct sa_row *row, const char *s)
{
	return read_u8(s, EEA0, EEA3, &row->eea);
}

static const char *read_eia(struct sa_row *row, const char *s)
{
	uint8_t eia;
	const char *wrong = read_u8(s, EIA0, EIA3, &eia);

	if (wrong)
		return wrong;
	row->eia = eia;
	return eia == EIA0 ? "is EIA0, which protects nothing and is never used here" : NULL;
}

static const char *read_tag_length(struct sa_row *row, const char *s)
{
	uint8_t len;
	const char *wrong = read_u8(s, 0, UINT8_MAX, &len);

	if (wrong)
		return wrong;
	row->tag_len = len;
	return len == TAG_SHORT || len == TAG_LONG ? NULL : "is no length of a tag";
}

static const char *read_bearer(struct sa_row *row, const char *s)
{
	return read_u8(s, 0, BEARER_COUNT - 1, &row->bearer);
}

static const char *read_expires(struct sa_row *row, const char *s)
{
	static const int64_t beyond_s = INT64_MAX / 500000000; /* 64 bits of nanoseconds end here */
	int64_t t;
	uint32_t ns;

	row->expires_ns = SAS_NEVER;
	if (strcmp(s, "never") == 0)
		return NULL;
	if (!rfc3339_read(s, &t, &ns))
		return "is no such time";
	if (t < beyond_s)
		row->expires_ns = (uint64_t)t * 1000000000 + ns;
	return NULL;
}

static const char *read_address(struct sa_row *row, const char *s)
{
	return endpoint_read(s, &row->address) ? NULL : "is no address with a port";
}

static const char *read_one_key(struct sa_row *row, const char *s)
{
	return read_bool(s, &row->one_key_per_transmission);
}

static const char *read_group(struct sa_row *row, const char *s)
{
	return read_bool(s, &row->group);
}

static const char *read_count_up(struct sa_row *row, const char *s)
{
	row->has_count_up = true;
	return read_u32(s, 0, UINT32_MAX, &row->count_up);
}

static const char *read_count_down(struct sa_row *row, const char *s)
{
	row->has_count_down = true;
	return read_u32(s, 0, UINT32_MAX, &row->count_down);
}

static const char *read_resume_count(struct sa_row *row, const char *s)
{
	return read_u32(s, 1, UINT32_MAX, &row->resume_count);
}

static const char *read_resume_rand(struct sa_row *row, const char *s)
{
	row->has_resume_rand = true;
	return read_hex(s, row->resume_rand, sizeof(row->resume_rand));
}

const struct sas_field sas_fields[SAS_FIELD_COUNT] = {
	/* clang-format off */
	[SAS_KEY_ID]       = {"key_id", read_key_id, "1 to 4294967295", true, false},
	[SAS_ROOT_KEY]     = {"root_key", read_root_key, "64 hexadecimal digits", true, true},
	[SAS_SALT]         = {"salt", read_salt, "16 hexadecimal digits", true, true},
	[SAS_IDENTITY]     = {"identity", read_identity, "an IMSI of 6 to 15 digits; for a group, a G-ID of 1 to 255 octets", true, false},
	[SAS_EEA]          = {"eea", read_eea, "0 to 3", true, false},
	[SAS_EIA]          = {"eia", read_eia, "1 to 3", true, false},
	[SAS_TAG_LENGTH]   = {"tag_length", read_tag_length, "4, or 8 with EIA2", false, false},
	[SAS_BEARER]       = {"bearer", read_bearer, "0 to 31", false, false},
	[SAS_EXPIRES]      = {"expires", read_expires, "RFC 3339 like 2031-12-31T23:59:59Z from 1970 on, or never", false, false},
	[SAS_ADDRESS]      = {"address", read_address, "ip:port, or in quotes [ip]:port", false, false},
	[SAS_ONE_KEY]      = {"one_key_per_transmission", read_one_key, "true, false", false, false},
	[SAS_GROUP]        = {"group", read_group, "true, false", false, false},
	[SAS_COUNT_UP]     = {"count_up", read_count_up, "0 to 4294967295", false, false},
	[SAS_COUNT_DOWN]   = {"count_down", read_count_down, "0 to 4294967295", false, false},
	[SAS_RESUME_COUNT] = {"resume_count", read_resume_count, "1 to 4294967295", false, false},
	[SAS_RESUME_RAND]  = {"resume_rand", read_resume_rand, "32 hexadecimal digits", false, true},
	/* clang-format on */
};
