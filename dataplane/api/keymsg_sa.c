#include "dataplane/api/keymsg.h"
#include "dataplane/api/keymsg_field.h"

bool key_reference_valid(const char *s)
{
	size_t n = 0;

	while (s[n] > ' ' && s[n] < 0x7f)
		n++;
	return s[n] == '\0' && n > 0 && n <= SAS_REFERENCE_MAX;
}

/* The family alone where there is no address. */
static void write_endpoint(struct wr *w, const struct endpoint *e)
{
	wr_uint(w, e->family, 1);
	if (e->family == 0)
		return;
	wr_uint(w, e->port, 2);
	wr_bytes(w, e->addr, e->family == 4 ? 4 : 16);
}

static void read_endpoint(struct rd *r, struct endpoint *e)
{
	const uint8_t *p;
	size_t n;

	*e = (struct endpoint){.family = (uint8_t)rd_uint(r, 1)};
	field_require(r, e->family == 0 || e->family == 4 || e->family == 6);
	if (e->family == 0)
		return;
	e->port = (uint16_t)rd_uint(r, 2);
	n = e->family == 4 ? 4 : 16;
	p = rd_take(r, n);
	if (p)
		memcpy(e->addr, p, n);
}

/* EEA in the high four bits, EIA in the low ones, as in octet 2 of SDT (sdt.md 2). */
static uint8_t read_algs(struct rd *r)
{
	uint8_t algs = (uint8_t)rd_uint(r, 1);

	field_require(r, suite_valid(algs >> 4, algs & 15, TAG_SHORT));
	return algs;
}

static uint8_t read_tag_len(struct rd *r)
{
	uint8_t len = (uint8_t)rd_uint(r, 1);

	field_require(r, len == TAG_SHORT || len == TAG_LONG);
	return len;
}

/* What a row has, and what follows its fixed part. */
enum {
	INSTALL_GROUP = 1 << 0,
	INSTALL_ONE_KEY = 1 << 1,
	INSTALL_GIVEN = 1 << 2, /* key id and salt from elsewhere */
	INSTALL_COUNT_UP = 1 << 3,
	INSTALL_COUNT_DOWN = 1 << 4,
	INSTALL_RESUME_RAND = 1 << 5,
	INSTALL_FLAGS = (1 << 6) - 1
};

static unsigned install_flags(const struct sa_row *row)
{
	return (row->group ? INSTALL_GROUP : 0U) |
	       (row->one_key_per_transmission ? INSTALL_ONE_KEY : 0U) |
	       (row->key_id ? INSTALL_GIVEN : 0U) | (row->has_count_up ? INSTALL_COUNT_UP : 0U) |
	       (row->has_count_down ? INSTALL_COUNT_DOWN : 0U) |
	       (row->has_resume_rand ? INSTALL_RESUME_RAND : 0U);
}

void key_install_write(struct wr *w, const struct sa_row *row)
{
	wr_uint(w, install_flags(row), 1);
	wr_uint(w, (uint64_t)row->eea << 4 | row->eia, 1);
	wr_uint(w, row->tag_len, 1);
	wr_uint(w, row->bearer, 1);
	wr_uint(w, row->expires_ns, 8);
	wr_uint(w, row->resume_count, 4);
	wr_bytes(w, row->root_key, ROOT_KEY_LEN);
	field_write_text(w, row->reference);
	field_write_text(w, row->identity);
	write_endpoint(w, &row->address);
	if (row->key_id) {
		wr_uint(w, row->key_id, 4);
		wr_bytes(w, row->salt, SALT_LEN);
	}
	if (row->has_count_up)
		wr_uint(w, row->count_up, 4);
	if (row->has_count_down)
		wr_uint(w, row->count_down, 4);
	if (row->has_resume_rand)
		wr_bytes(w, row->resume_rand, sizeof(row->resume_rand));
}

/* A group's id is UTF-8 (sdt.md 3): octets above ASCII are its letters. */
static void read_identity(struct rd *r, struct sa_row *row)
{
	const uint8_t *p;

	row->identity_len = (uint8_t)rd_uint(r, 1);
	p = rd_take(r, row->identity_len);
	field_require(r, row->identity_len > 0);
	for (unsigned i = 0; i < row->identity_len && !r->bad; i++)
		field_require(r, p[i] >= ' ' && p[i] != 0x7f);
	if (r->bad)
		return;
	memcpy(row->identity, p, row->identity_len);
	row->identity[row->identity_len] = '\0';
}

int key_install_read(struct rd *r, struct sa_row *row)
{
	unsigned flags = (unsigned)rd_uint(r, 1);
	uint8_t algs = read_algs(r);

	memset(row, 0, sizeof(*row));
	row->eea = algs >> 4;
	row->eia = algs & 15;
	row->group = flags & INSTALL_GROUP;
	row->one_key_per_transmission = flags & INSTALL_ONE_KEY;
	row->has_count_up = flags & INSTALL_COUNT_UP;
	row->has_count_down = flags & INSTALL_COUNT_DOWN;
	row->has_resume_rand = flags & INSTALL_RESUME_RAND;
	row->tag_len = read_tag_len(r);
	row->bearer = (uint8_t)rd_uint(r, 1);
	row->expires_ns = rd_uint(r, 8);
	row->resume_count = (uint32_t)rd_uint(r, 4);
	field_read_octets(r, row->root_key, ROOT_KEY_LEN);
	key_reference_read(r, row->reference);
	read_identity(r, row);
	read_endpoint(r, &row->address);
	if (flags & INSTALL_GIVEN) {
		row->key_id = (uint32_t)rd_uint(r, 4);
		field_read_octets(r, row->salt, SALT_LEN);
		field_require(r, row->key_id != 0);
	}
	if (row->has_count_up)
		row->count_up = (uint32_t)rd_uint(r, 4);
	if (row->has_count_down)
		row->count_down = (uint32_t)rd_uint(r, 4);
	if (row->has_resume_rand)
		field_read_octets(r, row->resume_rand, sizeof(row->resume_rand));
	field_require(r, flags <= INSTALL_FLAGS && row->bearer < BEARER_COUNT &&
				 row->resume_count > 0);
	field_require(r, row->address.family == 0 || row->address.port != 0);
	return field_verdict(r);
}

void key_reference_write(struct wr *w, const char *reference)
{
	field_write_text(w, reference);
}

int key_reference_read(struct rd *r, char reference[SAS_REFERENCE_MAX + 1])
{
	field_read_text(r, 1, SAS_REFERENCE_MAX, '!', reference);
	return field_verdict(r);
}

void key_outcome_write(struct wr *w, const struct key_outcome *o)
{
	wr_uint(w, o->result, 1);
	wr_uint(w, o->key_id, 4);
	wr_bytes(w, o->salt, SALT_LEN);
	field_write_text(w, o->reference);
}

int key_outcome_read(struct rd *r, struct key_outcome *o)
{
	o->result = (uint8_t)rd_uint(r, 1);
	o->key_id = (uint32_t)rd_uint(r, 4);
	field_read_octets(r, o->salt, SALT_LEN);
	field_require(r, o->result < KEY_RESULT_COUNT);
	return key_reference_read(r, o->reference);
}

enum { ROW_FLAGS = (KEY_ROW_RECEIVED << 1) - 1 };

void key_row_write(struct wr *w, const struct key_row *row)
{
	wr_uint(w, row->key_id, 4);
	wr_bytes(w, row->imsi.b, sizeof(row->imsi));
	wr_bytes(w, row->salt, SALT_LEN);
	wr_uint(w, row->installed, 1);
	wr_uint(w, row->algs, 1);
	wr_uint(w, row->tag_len, 1);
	wr_uint(w, row->epoch, 1);
	wr_uint(w, row->flags, 1);
	wr_uint(w, row->top, 4);
	wr_uint(w, row->count_down, 4);
	wr_uint(w, row->m, 4);
	wr_uint(w, row->failures, 4);
	wr_uint(w, row->expires_ns, 8);
	wr_uint(w, row->up_packets, 8);
	wr_uint(w, row->up_octets, 8);
	wr_uint(w, row->down_packets, 8);
	wr_uint(w, row->down_octets, 8);
	wr_uint(w, row->bad_tags, 8);
	field_write_text(w, row->reference);
	write_endpoint(w, &row->address);
}

int key_row_read(struct rd *r, struct key_row *row)
{
	row->key_id = (uint32_t)rd_uint(r, 4);
	field_read_imsi(r, &row->imsi);
	field_read_octets(r, row->salt, SALT_LEN);
	row->installed = read_algs(r);
	row->algs = read_algs(r);
	row->tag_len = read_tag_len(r);
	row->epoch = (uint8_t)rd_uint(r, 1);
	row->flags = (uint8_t)rd_uint(r, 1);
	row->top = (uint32_t)rd_uint(r, 4);
	row->count_down = (uint32_t)rd_uint(r, 4);
	row->m = (uint32_t)rd_uint(r, 4);
	row->failures = (uint32_t)rd_uint(r, 4);
	row->expires_ns = rd_uint(r, 8);
	row->up_packets = rd_uint(r, 8);
	row->up_octets = rd_uint(r, 8);
	row->down_packets = rd_uint(r, 8);
	row->down_octets = rd_uint(r, 8);
	row->bad_tags = rd_uint(r, 8);
	/* Only a replay installs without one. */
	field_read_text(r, 0, SAS_REFERENCE_MAX, '!', row->reference);
	read_endpoint(r, &row->address);
	field_require(r, row->key_id != 0 && row->flags <= ROW_FLAGS);
	return field_verdict(r);
}
