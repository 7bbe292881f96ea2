/* One RESUME on its way through the steps of resume.c and resume_answer.c. */
#pragma once

#include "crypto/kdf.h"
#include "dataplane/held.h"
#include "dataplane/traffic_keys.h"
#include "dataplane/worker.h"

enum {
	RESUME_AT_ONCE = 32, /* bounds the scratch, and is wide enough for any kernel */
	RES_INPUT = 32 + sizeof(struct sdt_hdr) + SDT_PAYLOAD_MAX
};

enum verdict { DEAD, ACCEPT, REPEAT, SYNC };

struct resume_item {
	struct frame *f;
	struct sa_up *up;
	struct sa_root *root;
	enum verdict verdict;
	uint8_t algs; /* in force from here on */
	char identity[IMSI_MAX + 1];
	uint8_t identity_len;
	struct sdt_hdr header;   /* the message's; answers may be written over it */
	struct sdt_resume asked; /* its RAND and capabilities */
	uint8_t tag[TAG_LONG];
	struct traffic_keys keys;      /* of the algorithms in force from here on */
	struct traffic_keys installed; /* of the installed ones, for this message's payload */
	uint8_t fresh[KDF_OUT];        /* K'; SYNC: K_r */
	uint8_t mac[KDF_OUT];
	struct kdf_input input;
	struct held *held; /* ACCEPT: goes into the RESUMED; REPEAT: went, and goes again as DATA */
	uint8_t *answer;   /* ACCEPT, REPEAT: the RESUMED */
	uint16_t answer_len; /* without RES */
	uint8_t res_input[RES_INPUT];
};

static inline bool resume_answered(const struct resume_item *it)
{
	return it->verdict == ACCEPT || it->verdict == REPEAT;
}

/*
 * resume_answer.c: writes the RESUMED of those accepted (into f->answer) and repeated (over
 * f->msg), held data included, and the SYNC of the others (over f->msg), and sets f->len. The SAs
 * are as they were before the RESUMEs.
 */
void resume_answers(struct worker *w, struct resume_item *item, unsigned n);

/*
 * resume_answer.c: a datagram of DATA with what the first RESUMED of a repeated RESUME carried,
 * into f->answer where there is a buffer and a COUNT for it.
 */
void resume_resend(struct worker *w, struct resume_item *item, unsigned n);
