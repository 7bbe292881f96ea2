#include "pcap/message.h"

#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "crypto/single.h"

#include <errno.h>

static const struct {
	const char *name, *text;
} verdicts[VERDICT_COUNT] = {
#define X(sym, name, text) [VERDICT_##sym] = {name, text},
	VERDICTS(X)
#undef X
};

const char *verdict_name(enum verdict v)
{
	return v < VERDICT_COUNT ? verdicts[v].name : "?";
}

const char *verdict_text(enum verdict v)
{
	return v < VERDICT_COUNT ? verdicts[v].text : "?";
}

static bool goes(unsigned type, unsigned direction)
{
	switch (type) {
	case SDT_DATA:
		return true;
	case SDT_RESUME:
		return direction == UPLINK;
	case SDT_RESUMED:
	case SDT_SYNC:
		return direction == DOWNLINK;
	default:
		return false;
	}
}

/* Octets before the payload, and of tag, by type (sdt.md 2). */
static void set_lengths(struct message *m)
{
	m->head = sizeof(struct sdt_hdr);
	m->tag_len = TAG_LONG;
	if (m->type == SDT_DATA && !m->t)
		m->tag_len = TAG_SHORT;
	else if (m->type == SDT_RESUME)
		m->head = SDT_RESUME_HEAD;
	else if (m->type == SDT_SYNC)
		m->head = SDT_SYNC_LEN - TAG_LONG;
}

enum verdict message_read(struct message *m, unsigned direction, const uint8_t *p, size_t n)
{
	const struct sdt_hdr *h = (const struct sdt_hdr *)p;

	*m = (struct message){0};
	if (n < SDT_MIN)
		return VERDICT_RUNT;
	if (sdt_version(h) != SDT_VERSION)
		return VERDICT_BAD_VERSION;
	m->type = (uint8_t)sdt_type(h);
	m->bearer = sdt_bearer(h);
	m->t = h->bearer_flags & SDT_T;
	m->end = h->bearer_flags & SDT_END;
	m->rekey = h->bearer_flags & SDT_REKEY;
	m->eea = h->algs >> 4;
	m->eia = h->algs & 15;
	m->epoch = h->epoch;
	m->key_id = be32_get(h->key_id);
	m->count = be32_get(h->count);
	set_lengths(m);

	if (!goes(m->type, direction))
		return VERDICT_BAD_TYPE;
	if ((m->rekey && direction == UPLINK) ||
	    !suite_valid(m->eea, m->eia, m->t ? TAG_LONG : TAG_SHORT))
		return VERDICT_BAD_RESERVED;
	if (n < (size_t)m->head + m->tag_len)
		return VERDICT_RUNT;
	n -= (size_t)m->head + m->tag_len;
	if (m->type == SDT_RESUME) {
		const struct sdt_resume *r = (const struct sdt_resume *)(h + 1);

		m->rand = r->rand;
		m->capabilities = r->capabilities;
		if (r->capabilities & CAP_RESERVED)
			return VERDICT_BAD_RESERVED;
	} else if (m->type == SDT_SYNC) {
		m->rand = (const uint8_t *)(h + 1);
		if (n > 0)
			return VERDICT_TOO_LONG; /* SYNC has no payload */
	}
	if (n > SDT_PAYLOAD_MAX)
		return VERDICT_TOO_LONG;
	m->len = (uint16_t)n;
	return VERDICT_OPENED;
}

static void derive_traffic(const struct epoch *e, const struct sa_row *row, uint8_t kind,
			   uint8_t direction, uint8_t *key)
{
	struct kdf_input s;
	uint8_t out[KDF_OUT];

	kdf_traffic_input(&s, kind, kind == KDF_ENCRYPTION ? e->eea : e->eia, direction,
			  row->identity, row->identity_len, row->salt);
	kdf(e->root, sizeof(e->root), &s, out);
	memcpy(key, kdf_traffic_key(out), KEY_LEN);
	secret_wipe(out, sizeof(out));
}

static void derive_root(uint8_t *root, const struct sa_row *row, uint32_t n, const uint8_t *rand)
{
	struct kdf_input s;

	kdf_resume_root_input(&s, rand, n);
	kdf(row->root_key, sizeof(row->root_key), &s, root);
}

void epoch_derive(struct epoch *e, const struct sa_row *row, uint32_t n, const uint8_t *rand,
		  unsigned eea, unsigned eia)
{
	e->n = n;
	e->eea = (uint8_t)eea;
	e->eia = (uint8_t)eia;
	if (n == 0)
		memcpy(e->root, row->root_key, sizeof(e->root));
	else
		derive_root(e->root, row, n, rand);
	for (uint8_t d = UPLINK; d <= DOWNLINK; d++) {
		derive_traffic(e, row, KDF_ENCRYPTION, d, e->way[d].enc);
		derive_traffic(e, row, KDF_INTEGRITY, d, e->way[d].mac);
	}
}

static void put_header(const struct sa_row *row, const struct message *m, uint8_t type,
		       uint8_t *out)
{
	struct sdt_hdr h = {
		.version_type = (uint8_t)(SDT_VERSION << 4 | type),
		.bearer_flags = (uint8_t)(m->bearer << SDT_BEARER_SHIFT |
					  (row->tag_len == TAG_LONG ? SDT_T : 0) |
					  (m->end ? SDT_END : 0) | (m->rekey ? SDT_REKEY : 0)),
		.algs = (uint8_t)(m->eea << 4 | m->eia),
		.epoch = m->epoch,
		.key_id = be32_of(row->key_id),
		.count = be32_of(m->count),
	};

	memcpy(out, &h, sizeof(h));
}

int data_seal(const struct epoch *e, const struct sa_row *row, unsigned direction,
	      const struct message *m, const uint8_t *payload, uint8_t *out)
{
	struct message full = *m;
	uint8_t tag[TAG_MAX];
	size_t len = sizeof(struct sdt_hdr) + m->len;
	int err;

	if (m->len > SDT_PAYLOAD_MAX)
		return -EMSGSIZE;
	full.eea = e->eea;
	full.eia = e->eia;
	full.epoch = (uint8_t)e->n;
	put_header(row, &full, SDT_DATA, out);
	memcpy(out + sizeof(struct sdt_hdr), payload, m->len);
	err = single_cipher(e->eea, e->way[direction].enc, m->count, m->bearer, (uint8_t)direction,
			    out + sizeof(struct sdt_hdr), (size_t)m->len * 8);
	if (err == 0)
		err = single_tag(e->eia, e->way[direction].mac, m->count, m->bearer,
				 (uint8_t)direction, out, len * 8, tag);
	if (err != 0)
		return err;
	memcpy(out + len, tag, row->tag_len);
	return (int)(len + row->tag_len);
}

bool data_open(const struct epoch *e, unsigned direction, const struct message *m, uint8_t *msg)
{
	uint8_t tag[TAG_MAX];
	size_t len = (size_t)m->head + m->len;

	return single_tag(e->eia, e->way[direction].mac, m->count, m->bearer, (uint8_t)direction,
			  msg, len * 8, tag) == 0 &&
	       ct_equal(tag, msg + len, m->tag_len) &&
	       single_cipher(e->eea, e->way[direction].enc, m->count, m->bearer, (uint8_t)direction,
			     msg + m->head, (size_t)m->len * 8) == 0;
}

/* First octets of HMAC-SHA-256 under K_r: the tag of RESUME and SYNC (sdt.md 5). */
static void resume_tag(const struct sa_row *row, const uint8_t *msg, size_t len,
		       uint8_t tag[KDF_OUT])
{
	struct kdf_input s;
	uint8_t k_r[KDF_OUT];

	kdf_resume_mac_input(&s, row->identity, row->identity_len, row->salt);
	kdf(row->root_key, sizeof(row->root_key), &s, k_r);
	hmac_sha256(k_r, sizeof(k_r), msg, len, tag);
	secret_wipe(k_r, sizeof(k_r));
}

/* COUNT 0 of the epoch that the RESUME begins, direction uplink: the same both ways. */
static int resume_cipher(const struct sa_row *row, uint32_t n, const uint8_t *rand, uint8_t bearer,
			 uint8_t *payload, size_t len)
{
	struct epoch e;
	int err;

	epoch_derive(&e, row, n, rand, row->eea, row->eia);
	err = single_cipher(e.eea, e.way[UPLINK].enc, 0, bearer, UPLINK, payload, len * 8);
	secret_wipe(&e, sizeof(e));
	return err;
}

int resume_seal(const struct sa_row *row, const struct message *m, const uint8_t *payload,
		uint8_t *out)
{
	struct message full = *m;
	uint8_t tag[KDF_OUT];
	size_t len = (size_t)SDT_RESUME_HEAD + m->len;
	int err;

	if (m->len > SDT_PAYLOAD_MAX)
		return -EMSGSIZE;
	full.eea = row->eea;
	full.eia = row->eia;
	full.epoch = (uint8_t)m->count;
	put_header(row, &full, SDT_RESUME, out);
	memcpy(out + sizeof(struct sdt_hdr), m->rand, RAND_LEN);
	out[SDT_RESUME_HEAD - 1] = m->capabilities;
	memcpy(out + SDT_RESUME_HEAD, payload, m->len);
	err = resume_cipher(row, m->count, m->rand, m->bearer, out + SDT_RESUME_HEAD, m->len);
	if (err != 0)
		return err;
	resume_tag(row, out, len, tag);
	memcpy(out + len, tag, TAG_LONG);
	return (int)(len + TAG_LONG);
}

bool resume_open(const struct sa_row *row, const struct message *m, uint8_t *msg)
{
	uint8_t tag[KDF_OUT];
	size_t len = (size_t)m->head + m->len;

	resume_tag(row, msg, len, tag);
	return ct_equal(tag, msg + len, TAG_LONG) &&
	       resume_cipher(row, m->count, m->rand, m->bearer, msg + m->head, m->len) == 0;
}

bool resumed_open(const struct epoch *e, const struct message *m, const uint8_t *rand, uint8_t *msg)
{
	uint8_t s[KDF_MAX + MESSAGE_MAX], res[KDF_OUT];
	size_t len = (size_t)m->head + m->len;
	size_t n = kdf_res_input(s, sizeof(s), rand, msg, len);

	if (n == 0)
		return false;
	hmac_sha256(e->root, sizeof(e->root), s, n, res);
	return ct_equal(res, msg + len, RES_LEN) &&
	       single_cipher(e->eea, e->way[DOWNLINK].enc, 0, m->bearer, DOWNLINK, msg + m->head,
			     (size_t)m->len * 8) == 0;
}

bool sync_open(const struct sa_row *row, const struct message *m, const uint8_t *msg)
{
	uint8_t tag[KDF_OUT];

	resume_tag(row, msg, m->head, tag);
	return ct_equal(tag, msg + m->head, TAG_LONG);
}
