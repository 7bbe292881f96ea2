/*
 * RESUME: one message, one fresh key (sdt.md 5). A step works on all RESUMEs at once: their MACs,
 * the verdicts, the new keys, the payloads, the answers, and last the SAs.
 */
#pragma once

#include "dataplane/worker.h"

struct held;
struct kdf_input;

/* Room for keys on their way; wiped after each use. One worker's. NULL where memory is short. */
struct resume_scratch *resume_scratch_create(void);
void resume_scratch_destroy(struct resume_scratch *s);

/*
 * resume_check.c: asks every RESUME of the burst what depends on no other frame: expiry,
 * algorithms, epoch, the rate of checks, the tag. Those that fail get their fate. The worker's own
 * thread, like all below.
 */
void resume_check(struct worker *w, struct burst *b);

/*
 * resume_check.c: what is to become of a RESUME whose tag is right, as its SA is now. Sets the fate
 * to THROTTLED, RESUME_REPEATED, RESUME_SYNCED or RESUME_REFUSED, or leaves it alive: to be
 * accepted. True: frames of its SA behind it must wait until it is answered.
 */
bool resume_judge(struct worker *w, struct frame *f);

/*
 * resume.c: answers judged RESUMEs frame[pick[0..n)], at most one of an SA to be accepted, and that
 * one its SA's last. Afterwards those accepted have fate RESUMED, their payload in clear and
 * f->answer, the RESUMED message, or NO_MBUF with nothing changed; of the others f->msg is the
 * answer, and f->answer a datagram of held data that goes again, or NULL.
 */
void resume_answer(struct worker *w, struct burst *b, const uint16_t *pick, unsigned n);

/* resume_check.c: control is told, at most once a second, that a Count lies at or above the limit.
 */
void resume_tell_limit(struct worker *w, const struct frame *f);

/* resume_check.c: what is held for this frame's answer, or NULL. */
struct held *resume_held(struct worker *w, const struct frame *f);

/* resume_check.c: the KDF's input for K_r of the SA in this slot. */
void resume_mac_key_input(const struct sa_table *t, uint32_t slot, struct kdf_input *s);

/* The tag of a RESUME that has not been answered yet. */
static inline const uint8_t *resume_tag(const struct frame *f)
{
	return f->msg + SDT_RESUME_HEAD + f->payload;
}
