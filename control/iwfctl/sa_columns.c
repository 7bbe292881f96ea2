#include "control/iwfctl/sa_columns.h"

#include "control/iwfctl/ctl.h"
#include "dataplane/api/wire.h"

#include <inttypes.h>
#include <stddef.h>

enum { CELL_MAX = 96 };

enum cell {
	NUMBER, /* the member at `offset` */
	FLAG,   /* whether `flag` is set */
	TEXT    /* what `write` writes; it returns false where there is nothing */
};

static bool write_imsi(const struct key_row *row, char *out)
{
	return imsi_tbcd_valid(row->imsi) && imsi_from_tbcd(row->imsi, out) > 0;
}

static bool write_algs(uint8_t algs, char *out)
{
	snprintf(out, CELL_MAX, "eea%d/eia%d", algs >> 4, algs & 15);
	return true;
}

static bool write_in_force(const struct key_row *row, char *out)
{
	return write_algs(row->algs, out);
}

static bool write_installed(const struct key_row *row, char *out)
{
	return write_algs(row->installed, out);
}

static bool write_address(const struct key_row *row, char *out)
{
	if (row->address.family == 0)
		return false;
	endpoint_write(&row->address, out);
	return true;
}

static bool write_expiry(const struct key_row *row, char *out)
{
	if (row->expires_ns == SAS_NEVER)
		snprintf(out, CELL_MAX, "never");
	else
		ctl_time(row->expires_ns, out);
	return true;
}

static bool write_salt(const struct key_row *row, char *out)
{
	hex_write(row->salt, sizeof(row->salt), out);
	return true;
}

static bool write_reference(const struct key_row *row, char *out)
{
	snprintf(out, CELL_MAX, "%s", row->reference);
	return row->reference[0] != '\0';
}

static_assert((int)CELL_MAX >= (int)ENDPOINT_TEXT && (int)CELL_MAX >= (int)CTL_TIME,
	      "an address and a time fit a cell");

#define MEMBER(m) NUMBER, offsetof(struct key_row, m), sizeof(((struct key_row *)0)->m)

static const struct column {
	const char *title, *name; /* in the table, in JSON */
	const char *none;         /* the table's word where there is nothing */
	int width;                /* negative: to the left */
	bool wide;
	uint8_t needs; /* flag without which there is nothing */
	enum cell cell;
	size_t offset, size;
	uint8_t flag;
	bool (*write)(const struct key_row *row, char *out);
} columns[] = {
	/* clang-format off */
	{"KEY ID", "key_id", "-", 10, false, 0, MEMBER(key_id)},
	{"IMSI", "imsi", "group", -15, false, 0, TEXT, .write = write_imsi},
	{"ALGS", "algorithms", "-", -9, false, 0, TEXT, .write = write_in_force},
	{"INSTALLED", "installed", "-", -9, true, 0, TEXT, .write = write_installed},
	{"TAG", "tag_length", "-", 3, true, 0, MEMBER(tag_len)},
	{"EPOCH", "epoch", "-", 5, false, 0, MEMBER(epoch)},
	{"RESUME", "resume_count", "-", 10, true, 0, MEMBER(m)},
	{"ADDRESS", "address", "-", -21, false, 0, TEXT, .write = write_address},
	{"COUNT UP", "count_up", "-", 10, true, KEY_ROW_RECEIVED, MEMBER(top)},
	{"COUNT DOWN", "count_down", "-", 10, true, 0, MEMBER(count_down)},
	{"UP", "up_packets", "-", 9, false, 0, MEMBER(up_packets)},
	{"UP OCTETS", "up_octets", "-", 12, true, 0, MEMBER(up_octets)},
	{"DOWN", "down_packets", "-", 9, false, 0, MEMBER(down_packets)},
	{"DOWN OCTETS", "down_octets", "-", 12, true, 0, MEMBER(down_octets)},
	{"BAD TAGS", "bad_tags", "-", 8, false, 0, MEMBER(bad_tags)},
	{"FAILURES", "failures", "-", 8, true, 0, MEMBER(failures)},
	{"HEARD", "heard", "no", -5, true, 0, FLAG, .flag = KEY_ROW_HEARD},
	{"CLOSED", "closed", "no", -6, true, 0, FLAG, .flag = KEY_ROW_CLOSED},
	{"ONE KEY", "one_key_per_transmission", "no", -7, true, 0, FLAG, .flag = KEY_ROW_ONE_KEY},
	{"GROUP", "group", "no", -5, true, 0, FLAG, .flag = KEY_ROW_GROUP},
	{"SALT", "salt", "-", -16, true, 0, TEXT, .write = write_salt},
	{"EXPIRES", "expires", "-", -20, false, 0, TEXT, .write = write_expiry},
	{"REFERENCE", "reference", "-", -1, false, 0, TEXT, .write = write_reference},
	/* clang-format on */
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static uint64_t number_of(const struct column *c, const struct key_row *row)
{
	const uint8_t *at = (const uint8_t *)row + c->offset;
	uint8_t u8;
	uint32_t u32;
	uint64_t u64;

	switch (c->size) {
	case sizeof(u8):
		memcpy(&u8, at, sizeof(u8));
		return u8;
	case sizeof(u32):
		memcpy(&u32, at, sizeof(u32));
		return u32;
	default:
		memcpy(&u64, at, sizeof(u64));
		return u64;
	}
}

static bool missing(const struct column *c, const struct key_row *row)
{
	return c->needs && !(row->flags & c->needs);
}

static void write_cell(const struct column *c, const struct key_row *row, char out[CELL_MAX])
{
	bool there = !missing(c, row);

	if (there && c->cell == NUMBER)
		snprintf(out, CELL_MAX, "%" PRIu64, number_of(c, row));
	else if (there && c->cell == FLAG && row->flags & c->flag)
		snprintf(out, CELL_MAX, "yes");
	else if (!there || c->cell != TEXT || !c->write(row, out))
		snprintf(out, CELL_MAX, "%s", c->none);
}

void sa_titles_print(FILE *out, bool wide)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		if (wide || !columns[i].wide)
			fprintf(out, "%s%*s", i ? "  " : "", columns[i].width, columns[i].title);
	}
	fputc('\n', out);
}

void sa_row_print(const struct key_row *row, FILE *out, bool wide)
{
	char cell[CELL_MAX];

	for (size_t i = 0; i < COLUMNS; i++) {
		if (!wide && columns[i].wide)
			continue;
		write_cell(&columns[i], row, cell);
		fprintf(out, "%s%*s", i ? "  " : "", columns[i].width, cell);
	}
	fputc('\n', out);
}

static json_t *cell_json(const struct column *c, const struct key_row *row)
{
	char text[CELL_MAX];

	if (c->cell == FLAG)
		return json_boolean(row->flags & c->flag);
	if (missing(c, row))
		return json_null();
	if (c->cell == NUMBER)
		return json_integer((json_int_t)number_of(c, row));
	return c->write(row, text) ? json_string(text) : json_null();
}

json_t *sa_row_json(const struct key_row *row)
{
	json_t *o = json_object();

	for (size_t i = 0; i < COLUMNS; i++)
		json_object_set_new(o, columns[i].name, cell_json(&columns[i], row));
	return o;
}
