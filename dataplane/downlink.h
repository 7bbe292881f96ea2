/* DATA to a device: a COUNT, a header, and what the crypto needs to know. */
#pragma once

#include "crypto/batch.h"
#include "dataplane/sa_table.h"

/*
 * Uses up the SA's next downlink COUNT (the caller has asked whether there is one) and writes the
 * SDT header in the 12 octets before `payload`, behind which there is room for a tag. The message
 * protected as returned is aad_len + len + tag_len octets from `at`. The owner's thread.
 */
struct crypt downlink_header(const struct sa_table *t, uint32_t slot, uint8_t bearer,
			     uint8_t *payload, uint16_t len);

static inline uint16_t crypt_octets(const struct crypt *c)
{
	return (uint16_t)(c->aad_len + c->len + c->tag_len);
}
