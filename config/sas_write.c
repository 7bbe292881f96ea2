#include "config/doc.h"
#include "config/rfc3339.h"
#include "config/sas.h"
#include "crypto/bytes.h"
#include "crypto/secret.h"

/* Quoted, or digits alone would be a number to other readers of YAML. */
static void write_hex(const char *name, const uint8_t *p, size_t n, FILE *out)
{
	char hex[2 * ROOT_KEY_LEN + 1];

	hex_write(p, n, hex);
	fprintf(out, ", %s: \"%s\"", name, hex);
	secret_wipe(hex, sizeof(hex));
}

static void write_expiry(uint64_t expires_ns, FILE *out)
{
	static const uint64_t ns_per_s = 1000000000;

	if (expires_ns == SAS_NEVER) {
		fprintf(out, ", expires: never");
	} else {
		char time[RFC3339_TEXT];

		fprintf(out, ", expires: \"%s\"",
			rfc3339_write((int64_t)(expires_ns / ns_per_s),
				      (uint32_t)(expires_ns % ns_per_s), time));
	}
}

static void write_address(const struct endpoint *address, FILE *out)
{
	if (address->family != 0) {
		char text[ENDPOINT_TEXT];

		fprintf(out, ", address: \"%s\"", endpoint_write(address, text));
	}
}

static void write_state(const struct sa_row *row, FILE *out)
{
	if (row->has_count_up)
		fprintf(out, ", count_up: %u", row->count_up);
	if (row->has_count_down)
		fprintf(out, ", count_down: %u", row->count_down);
	if (row->resume_count != 1)
		fprintf(out, ", resume_count: %u", row->resume_count);
	if (row->has_resume_rand)
		write_hex("resume_rand", row->resume_rand, sizeof(row->resume_rand), out);
}

void sas_write(const struct sa_row *row, FILE *out)
{
	fprintf(out, "- {key_id: %u", row->key_id);
	write_hex("root_key", row->root_key, sizeof(row->root_key), out);
	write_hex("salt", row->salt, sizeof(row->salt), out);
	fprintf(out, ", identity: ");
	doc_quote(row->identity, out);
	fprintf(out, ", eea: %u, eia: %u, tag_length: %u, bearer: %u", row->eea, row->eia,
		row->tag_len, row->bearer);
	write_expiry(row->expires_ns, out);
	write_address(&row->address, out);
	if (row->one_key_per_transmission)
		fprintf(out, ", one_key_per_transmission: true");
	if (row->group)
		fprintf(out, ", group: true");
	write_state(row, out);
	fprintf(out, "}\n");
}
