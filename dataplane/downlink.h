/* DATA to a device: a COUNT, a header, and what the crypto needs to know. */
#pragma once

#include "crypto/batch.h"
#include "dataplane/worker.h"

/*
 * Uses up the next downlink COUNT of f's SA (the caller has asked whether there is one) and writes
 * the SDT header in the 12 octets before `payload`, behind which there is room for a tag. The
 * message protected as returned is aad_len + len + tag_len octets from `at`. The owner's thread.
 */
struct crypt downlink_header(struct worker *w, const struct frame *f, uint8_t bearer,
			     uint8_t *payload, uint16_t len);

static inline uint16_t crypt_octets(const struct crypt *c)
{
	return (uint16_t)(c->aad_len + c->len + c->tag_len);
}
