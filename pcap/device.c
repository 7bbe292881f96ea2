#include "pcap/device.h"

#include "crypto/secret.h"

#include <errno.h>

enum { WINDOW = 64 };

void device_init(struct device *d, const struct sa_row *row)
{
	*d = (struct device){.row = row, .n = row->resume_count};
	d->epoch.n = row->has_resume_rand ? row->resume_count - 1 : 0;
	d->next_up = row->has_resume_rand ? 1 : 0;
	if (row->has_count_up)
		d->next_up = row->count_up < UINT32_MAX ? row->count_up + 1 : UINT32_MAX;
}

void device_wipe(struct device *d)
{
	secret_wipe(&d->epoch, sizeof(d->epoch));
}

static const struct epoch *keys(struct device *d)
{
	if (!d->derived)
		epoch_derive(&d->epoch, d->row, d->epoch.n, d->row->resume_rand, d->row->eea,
			     d->row->eia);
	d->derived = true;
	return &d->epoch;
}

bool device_can_send(const struct device *d)
{
	return d->next_up < UINT32_MAX - COUNT_END_GAP + 1;
}

int device_data(struct device *d, uint8_t flags, const uint8_t *payload, size_t len, uint8_t *out)
{
	struct message m = {.bearer = d->row->bearer,
			    .end = flags & SDT_END,
			    .count = d->next_up,
			    .len = (uint16_t)len};
	int n;

	if (len > SDT_PAYLOAD_MAX)
		return -EMSGSIZE;
	if (!device_can_send(d))
		return -EOVERFLOW;
	n = data_seal(keys(d), d->row, UPLINK, &m, payload, out);
	if (n > 0)
		d->next_up++;
	return n;
}

int device_resume(struct device *d, const struct asked *how, uint8_t flags, const uint8_t *payload,
		  size_t len, uint8_t *out)
{
	struct message m = {.bearer = d->row->bearer,
			    .end = flags & SDT_END,
			    .count = how->n,
			    .rand = how->rand,
			    .capabilities = how->capabilities,
			    .len = (uint16_t)len};
	int n;

	if (len > SDT_PAYLOAD_MAX)
		return -EMSGSIZE;
	n = resume_seal(d->row, &m, payload, out);
	if (n > 0)
		d->n = how->n + 1;
	return n;
}

void device_begin(struct device *d, const struct asked *how, unsigned eea, unsigned eia)
{
	epoch_derive(&d->epoch, d->row, how->n, how->rand, eea, eia);
	d->derived = true;
	/* sdt.md 4: after a RESUME COUNT starts at 1, in both directions. */
	d->next_up = 1;
	d->down.any = true;
	d->down.top = 0;
	d->down.seen = 1;
}

uint8_t device_capabilities(const struct sa_row *row)
{
	uint8_t all = 0;

	for (unsigned id = 1; id < EEA_COUNT; id++)
		all |= (uint8_t)(1 << id | 1 << (4 + id));
	return row->eea == EEA0 ? all | 1 << EEA0 : all;
}

/* sdt.md 4 step 3; a device has no forward limit. */
static enum verdict window_ask(const struct device *d, uint32_t count)
{
	uint32_t back = d->down.top - count;

	if (!d->down.any || count > d->down.top)
		return VERDICT_OPENED;
	if (back >= WINDOW)
		return VERDICT_TOO_OLD;
	return d->down.seen >> back & 1 ? VERDICT_REPLAYED : VERDICT_OPENED;
}

static void window_mark(struct device *d, uint32_t count)
{
	if (d->down.any && count <= d->down.top) {
		d->down.seen |= UINT64_C(1) << (d->down.top - count);
		return;
	}
	if (d->down.any && count - d->down.top < WINDOW)
		d->down.seen <<= count - d->down.top;
	else
		d->down.seen = 0;
	d->down.seen |= 1;
	d->down.any = true;
	d->down.top = count;
}

static enum verdict open_data(struct device *d, const struct message *m, uint8_t *msg)
{
	const struct epoch *e = keys(d);
	enum verdict v;

	if (m->eea != e->eea || m->eia != e->eia)
		return VERDICT_WRONG_ALGORITHM;
	if (m->epoch != (uint8_t)e->n)
		return VERDICT_WRONG_EPOCH;
	v = window_ask(d, m->count);
	if (v != VERDICT_OPENED)
		return v;
	if (!data_open(e, DOWNLINK, m, msg))
		return VERDICT_BAD_TAG;
	window_mark(d, m->count);
	return VERDICT_OPENED;
}

/*
 * sdt.md 5: the device checks that the choice lies in its capabilities. What its SA was installed
 * with, which the gateway falls back to, it can do in any case.
 */
static bool offered(const struct sa_row *row, const struct asked *asked, const struct message *m)
{
	bool eea = m->eea == row->eea || asked->capabilities >> m->eea & 1;
	bool eia = m->eia == row->eia || asked->capabilities >> (4 + m->eia) & 1;

	return eea && eia;
}

static enum verdict open_resumed(struct device *d, const struct message *m, uint8_t *msg,
				 const struct asked *asked)
{
	struct epoch e;
	enum verdict v = VERDICT_OPENED;

	if (m->epoch != (uint8_t)m->count)
		return VERDICT_WRONG_EPOCH;
	if (!asked || asked->n != m->count)
		return VERDICT_RESUME_UNSEEN;
	if (m->count < d->epoch.n)
		return VERDICT_TOO_OLD; /* the answer to a RESUME that a newer one has overtaken */
	epoch_derive(&e, d->row, asked->n, asked->rand, m->eea, m->eia);
	if (!resumed_open(&e, m, asked->rand, msg))
		v = VERDICT_BAD_TAG;
	else if (!offered(d->row, asked, m))
		v = VERDICT_BAD_CHOICE;
	else if (m->count != d->epoch.n) /* else: the same answer again */
		device_begin(d, asked, m->eea, m->eia);
	secret_wipe(&e, sizeof(e));
	return v;
}

static enum verdict open_sync(struct device *d, const struct message *m, const uint8_t *msg,
			      const struct asked *asked)
{
	if (m->eea != d->row->eea || m->eia != d->row->eia)
		return VERDICT_WRONG_ALGORITHM;
	if (m->epoch != (uint8_t)m->count)
		return VERDICT_WRONG_EPOCH;
	if (asked && !ct_equal(asked->rand, m->rand, RAND_LEN))
		return VERDICT_RESUME_UNSEEN;
	if (!sync_open(d->row, m, msg))
		return VERDICT_BAD_TAG;
	/* sdt.md 5: n is raised to m, and never lowered. */
	if (m->count > d->n)
		d->n = m->count;
	return VERDICT_OPENED;
}

enum verdict device_open(struct device *d, const struct message *m, uint8_t *msg,
			 const struct asked *asked)
{
	if (d->row->group && m->type != SDT_DATA)
		return VERDICT_BAD_TYPE; /* sdt.md 4: a group's SA is downlink only, nothing resumes
					    it */
	if (m->t != (d->row->tag_len == TAG_LONG))
		return VERDICT_WRONG_ALGORITHM;
	switch (m->type) {
	case SDT_DATA:
		return open_data(d, m, msg);
	case SDT_RESUMED:
		return open_resumed(d, m, msg, asked);
	case SDT_SYNC:
		return open_sync(d, m, msg, asked);
	default:
		return VERDICT_BAD_TYPE;
	}
}
