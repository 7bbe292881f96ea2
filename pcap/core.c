#include "pcap/core.h"

static bool zero(be64 v)
{
	return be64_get(v) == 0;
}

/* What sdt.md 7 allows in the fields that each type has. */
static bool fields_valid(const struct core *c)
{
	switch (c->type) {
	case CORE_MO:
		return !c->hold && c->reason == 0 && c->key_id != 0 && imsi_tbcd_valid(c->imsi);
	case CORE_MT:
		return !c->early && c->reason == 0 && imsi_tbcd_valid(c->imsi);
	case CORE_MT_GROUP:
		return !c->early && !c->hold && c->reason == 0 && c->key_id != 0 && zero(c->imsi);
	case CORE_REFUSED:
		return !c->early && !c->hold && c->reason >= REFUSED_UNKNOWN &&
		       c->reason <= REFUSED_OVERLOAD && c->len == 0;
	default:
		return false;
	}
}

enum verdict core_read(struct core *c, const uint8_t *p, size_t n)
{
	const struct core_hdr *h = (const struct core_hdr *)p;

	*c = (struct core){0};
	if (n < sizeof(*h) || h->version_type >> 4 != SDT_VERSION)
		return VERDICT_BAD_FRAME;
	c->type = h->version_type & 15;
	c->bearer = h->bearer_flags >> CORE_BEARER_SHIFT;
	c->hold = h->bearer_flags & CORE_HOLD;
	c->early = h->bearer_flags & CORE_EARLY;
	c->reason = be16_get(h->reason);
	c->key_id = be32_get(h->key_id);
	c->imsi = h->imsi;
	c->payload = p + sizeof(*h);
	c->len = n - sizeof(*h);
	if (h->bearer_flags & CORE_ZERO || !fields_valid(c))
		return VERDICT_BAD_FRAME;
	return VERDICT_OPENED;
}

size_t core_write(const struct core *c, uint8_t *out)
{
	struct core_hdr h = {
		.version_type = (uint8_t)(SDT_VERSION << 4 | c->type),
		.bearer_flags = (uint8_t)(c->bearer << CORE_BEARER_SHIFT |
					  (c->hold ? CORE_HOLD : 0) | (c->early ? CORE_EARLY : 0)),
		.reason = be16_of(c->reason),
		.key_id = be32_of(c->key_id),
		.imsi = c->imsi,
	};
	struct wr w = wr_of(out, sizeof(h) + c->len);

	wr_bytes(&w, &h, sizeof(h));
	wr_bytes(&w, c->payload, c->len);
	return w.len;
}

const char *core_type_name(unsigned type)
{
	static const char *const name[] = {
		[CORE_MO] = "MO",
		[CORE_MT] = "MT",
		[CORE_MT_GROUP] = "MT group",
		[CORE_REFUSED] = "MT refused",
	};

	return type >= CORE_MO && type <= CORE_REFUSED ? name[type] : "?";
}
