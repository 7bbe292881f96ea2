/*
 * intel-ipsec-mb 1.3, as Debian 12 builds it, and SNOW 3G and ZUC by it. It has traps:
 *
 * - It refuses a whole call, without a word, for one message of no bits.
 * - It writes EIA3's tags wrong (IMB_ZUC_EIA3_N_BUFFER, 16 lanes of AVX-512) where the shortest of
 * the 16 messages has a multiple of 512 bits and another is longer.
 * - Whatever computes ZUC in one lane (the one-message functions; the N-buffer functions for what
 * is left of 4 messages, and for the tails of unequal lengths) holds 0 where TS 35.222 3.2 asks for
 *   2^31 - 1: once in 2^31 clocks of the register, the keystream goes wrong.
 * - SNOW 3G and ZUC in lanes that are not full cost as much as in full ones, their jobs far more.
 *
 * Hence struct imb_stream: the library only makes keystream, of one length and in full lanes, which
 * is right and fast. What EIA1 and EIA3 sum up over a message is ours.
 */
#pragma once

#include "crypto/iv.h"

#include <intel-ipsec-mb.h>

enum {
	STREAM_LANES = 16,      /* keystreams in one call */
	STREAM_MAX = 65504 / 8, /* octets of each */
	TAG_KEYSTREAM_MAX_MORE =
		20 /* a tag's keystream is at most so much longer than its message */
};

/* NULL and errno: memory is short, or this CPU or library will not do. Destroying wipes. */
IMB_MGR *imb_create(void);
void imb_destroy(IMB_MGR *mgr);

struct stream_lanes {
	const uint8_t *key[STREAM_LANES]; /* KEY_LEN octets, any alignment */
	const void *iv[STREAM_LANES];     /* struct iv */
	void *keystream[STREAM_LANES];
};

/* A stream cipher, and the tag made of it. */
struct imb_stream {
	/* Makes 1 to STREAM_LANES keystreams of 1 to STREAM_MAX octets. Changes unused lanes. */
	void (*keystream)(IMB_MGR *mgr, struct stream_lanes *lanes, unsigned n, size_t octets);

	/* How much keystream a tag over so many bits takes; and the tag, TAG_SHORT octets. */
	size_t (*tag_keystream)(size_t bits);
	void (*tag)(const uint8_t *keystream, const uint8_t *msg, size_t bits, uint8_t *tag);
};

extern const struct imb_stream imb_snow3g; /* EEA1, EIA1 */
extern const struct imb_stream imb_zuc;    /* EEA3, EIA3 */
