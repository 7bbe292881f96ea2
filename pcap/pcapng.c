#include "pcap/pcapng.h"

#include <stdint.h>
#include <string.h>

enum {
	INTERFACE = 1,
	BLOCK_HEAD = 8,      /* type and total length */
	INTERFACE_FIXED = 8, /* link type, reserved, snap length; options follow */
	OPTION_RESOLUTION = 9
};

/* The file's own byte order, from the section header's byte-order magic. */
struct order {
	bool swapped;
};

static uint32_t u32_of(const struct order *o, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return o->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t u16_of(const struct order *o, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return o->swapped ? __builtin_bswap16(v) : v;
}

/* if_tsresol: a negative power of ten, or of two with the top bit set. */
static bool resolution_is_fine(uint8_t v)
{
	return v & 0x80 ? (v & 0x7f) >= 20 : v > 6;
}

/* Reads the options of an interface block from f. */
static bool interface_is_nano(FILE *f, const struct order *o, uint32_t block_len)
{
	uint8_t body[1024];
	size_t n = block_len - BLOCK_HEAD, at = INTERFACE_FIXED;

	n = fread(body, 1, n < sizeof(body) ? n : sizeof(body), f);
	while (at + 4 <= n) {
		uint16_t code = u16_of(o, body + at), len = u16_of(o, body + at + 2);

		if (code == OPTION_RESOLUTION && len == 1 && at + 4 < n)
			return resolution_is_fine(body[at + 4]);
		if (code == 0)
			break;
		at += 4 + (((size_t)len + 3) & ~(size_t)3);
	}
	return false;
}

bool pcapng_is_nano(FILE *f)
{
	static const struct order own = {false};
	struct order order = own;
	uint8_t head[BLOCK_HEAD + 4];
	bool nano = false;
	long at = 0;

	/* Every block, since a section or an interface may begin anywhere: one short read each. */
	while (!nano && fseek(f, at, SEEK_SET) == 0 &&
	       fread(head, 1, sizeof(head), f) == sizeof(head)) {
		uint32_t type, len;

		if (memcmp(head, PCAPNG_MAGIC, 4) == 0)
			order.swapped = u32_of(&own, head + BLOCK_HEAD) == 0x4d3c2b1a;
		type = u32_of(&order, head);
		len = u32_of(&order, head + 4);
		if (len < sizeof(head) || len > INT32_MAX)
			break;
		if (type == INTERFACE && fseek(f, at + BLOCK_HEAD, SEEK_SET) == 0)
			nano = interface_is_nano(f, &order, len);
		at += (long)len;
	}
	fseek(f, 4, SEEK_SET);
	return nano;
}
