/* DATA that dies at one of the receiver's steps (sdt.md 4). */
#include "pcap/bad.h"

enum {
	FORWARD_MAX = 1 << 16, /* sdt.md 4 step 3 */
	WINDOW = 64,
	FAILURES_MAX = 200 /* stays clear of the budget's first step, 256 (sdt.md 4) */
};

int bad_nothing(struct sdt_hdr *h, int n)
{
	(void)h;
	return n;
}

int bad_runt(struct sdt_hdr *h, int n)
{
	(void)h;
	return n < SDT_MIN ? n : SDT_MIN - 1;
}

int bad_version(struct sdt_hdr *h, int n)
{
	h->version_type = (SDT_VERSION + 1) << 4 | SDT_DATA;
	return n;
}

int bad_type(struct sdt_hdr *h, int n)
{
	h->version_type = SDT_VERSION << 4 | SDT_RESUMED;
	return n;
}

int bad_reserved(struct sdt_hdr *h, int n)
{
	h->bearer_flags |= SDT_REKEY;
	return n;
}

int bad_long(struct sdt_hdr *h, int n)
{
	int tag_len = h->bearer_flags & SDT_T ? TAG_LONG : TAG_SHORT;
	int whole = (int)sizeof(*h) + SDT_PAYLOAD_MAX + 1 + tag_len;

	static_assert(sizeof(*h) + SDT_PAYLOAD_MAX + 1 + TAG_LONG <= MESSAGE_MAX,
		      "one octet too long still fits");
	memset((uint8_t *)h + n, 0, (size_t)(whole - n));
	return whole;
}

int bad_key_id(struct sdt_hdr *h, int n)
{
	h->key_id = be32_of(world_unknown_key_id());
	return n;
}

int bad_algorithm(struct sdt_hdr *h, int n)
{
	unsigned other = h->algs >> 4 == EEA1 ? EEA3 : EEA1;

	h->algs = (uint8_t)(other << 4 | (h->algs & 15));
	return n;
}

int bad_epoch(struct sdt_hdr *h, int n)
{
	h->epoch++;
	return n;
}

int bad_sent(struct world *w, struct player *p)
{
	uint8_t msg[MESSAGE_MAX];

	return world_send(w, p, 0, msg);
}

int bad_closed(struct world *w, struct player *p)
{
	uint8_t msg[MESSAGE_MAX];
	int n = p->ended_ns ? 0 : world_send(w, p, SDT_END, msg);

	if (n >= 0)
		n = world_seal(w, p, msg);
	if (n >= 0)
		world_message(w, p, msg, (size_t)n, FATE_CLOSED);
	return n;
}

/* DATA with a COUNT of its own choice arrives; the device's next one stays. */
static int arrive_with(struct world *w, struct player *p, uint32_t count, enum fate fate)
{
	uint8_t msg[MESSAGE_MAX];
	uint32_t next = p->d.next_up;
	int n;

	p->d.next_up = count;
	n = world_seal(w, p, msg);
	p->d.next_up = next;
	if (n >= 0)
		world_message(w, p, msg, (size_t)n, fate);
	return n;
}

int bad_old(struct world *w, struct player *p)
{
	uint8_t msg[MESSAGE_MAX];
	uint32_t skipped = p->d.next_up;
	int n;

	/* Leaves one COUNT just outside the window, never used before. */
	p->d.next_up += WINDOW;
	n = world_send(w, p, 0, msg);
	return n < 0 ? n : arrive_with(w, p, skipped, FATE_TOO_OLD);
}

int bad_replayed(struct world *w, struct player *p)
{
	uint8_t msg[MESSAGE_MAX];
	int n = world_send(w, p, 0, msg);

	if (n >= 0)
		world_message(w, p, msg, (size_t)n, FATE_REPLAYED);
	return n;
}

int bad_far(struct world *w, struct player *p)
{
	/* sdt.md 10: above 65,535 while nothing was received. */
	return arrive_with(w, p, p->any ? p->top + FORWARD_MAX + 1 : FORWARD_MAX, FATE_TOO_FAR);
}

int bad_tag(struct world *w, struct player *p)
{
	/* Short tags have a failure budget in each epoch; RESUME has none. */
	bool resume = p->d.row->tag_len == TAG_SHORT && p->failures >= FAILURES_MAX;
	uint8_t msg[MESSAGE_MAX];
	int n = resume ? world_seal_resume(w, p, p->d.n, msg) : world_seal(w, p, msg);

	if (n < 0)
		return n;
	p->failures += resume ? 0 : 1;
	msg[n - 1] ^= 1;
	world_message(w, p, msg, (size_t)n, FATE_BAD_TAG);
	return n;
}
