/* RESUMEs that are not simply accepted (sdt.md 5). */
#include "pcap/bad.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

enum { REPEATS_A_SECOND = 10, REPEAT_MS = 200 };

/*
 * Counts end (sdt.md 5). A device that has used up nearly all of them sends good DATA instead, so
 * that no frame gets another fate than is expected.
 */
static bool used_up(const struct world *w, const struct player *p)
{
	return !world_can_resume(w, p);
}

int bad_resumed(struct world *w, struct player *p)
{
	uint8_t msg[MESSAGE_MAX];

	return used_up(w, p) ? bad_sent(w, p) : world_resume(w, p, msg);
}

int bad_repeated(struct world *w, struct player *p)
{
	uint8_t msg[MESSAGE_MAX];
	int n;

	if (used_up(w, p))
		return bad_sent(w, p);
	n = world_resume(w, p, msg);
	if (n < 0)
		return n;
	world_wait(w, p->quiet_ns);
	world_message(w, p, msg, (size_t)n, FATE_RESUME_REPEATED);
	/* At this pace no second sees more than ten. */
	p->quiet_ns = w->now_ns + REPEAT_MS * NS_PER_MS;
	return n;
}

int bad_throttled(struct world *w, struct player *p)
{
	uint64_t step = w->step_ns;
	uint8_t msg[MESSAGE_MAX];
	int n;

	if (used_up(w, p))
		return bad_sent(w, p);
	/* All within one second, whether seconds begin with the first repeat or with the clock's.
	 */
	if (p->quiet_ns)
		world_wait(w, p->quiet_ns + NS_PER_S);
	world_wait(w, (w->now_ns + NS_PER_S - 1) / NS_PER_S * NS_PER_S);
	w->step_ns = NS_PER_MS;
	n = world_resume(w, p, msg);
	for (unsigned i = 0; n >= 0 && i < REPEATS_A_SECOND; i++)
		world_message(w, p, msg, (size_t)n, FATE_RESUME_REPEATED);
	if (n >= 0)
		world_message(w, p, msg, (size_t)n, FATE_THROTTLED);
	w->step_ns = step;
	p->quiet_ns = w->now_ns + NS_PER_S;
	return n;
}

static int ask_for(struct world *w, struct player *p, uint32_t count, enum fate fate)
{
	uint8_t msg[MESSAGE_MAX];
	int n = world_seal_resume(w, p, count, msg);

	if (n >= 0)
		world_message(w, p, msg, (size_t)n, fate);
	return n;
}

int bad_synced(struct world *w, struct player *p)
{
	if (used_up(w, p))
		return bad_sent(w, p);
	return ask_for(w, p, p->d.n + w->config.resume.ahead + 1, FATE_RESUME_SYNCED);
}

int bad_refused(struct world *w, struct player *p)
{
	return ask_for(w, p, w->config.resume.limit + 1, FATE_RESUME_REFUSED);
}
