/* The frame between gateway and SCEF (sdt.md 7) taken apart and put together. */
#pragma once

#include "pcap/message.h"

struct core {
	uint8_t type; /* enum core_type */
	uint8_t bearer;
	bool hold, early;
	uint16_t reason; /* enum refusal; MT refused only */
	uint32_t key_id;
	be64 imsi; /* TBCD; all zero: none */
	const uint8_t *payload;
	size_t len;
};

/* VERDICT_OPENED, or VERDICT_BAD_FRAME where version, type, reserved bits or IMSI are malformed. */
enum verdict core_read(struct core *c, const uint8_t *p, size_t n);

/* Writes the header and the payload; out holds sizeof(struct core_hdr) + c->len octets. */
size_t core_write(const struct core *c, uint8_t *out);

/* "MO", "MT", "MT group", "MT refused", or "?". */
const char *core_type_name(unsigned type);
