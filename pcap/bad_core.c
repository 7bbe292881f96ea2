/* MT data that is refused or malformed (sdt.md 7). */
#include "pcap/bad.h"

#include <string.h>

#define OPEN_AFTER_END_NS UINT64_C(30000000000) /* sdt.md 6: downlink, for the server's answer */

void bad_core_nothing(struct core *mt)
{
	(void)mt;
}

void bad_core_frame(struct core *mt)
{
	mt->early = true;
}

void bad_core_device(struct core *mt)
{
	static const char nobody[] = "001019999999999"; /* above any that is given */

	mt->imsi = imsi_to_tbcd(nobody, strlen(nobody));
}

/* The device is heard before anything is sent to it. */
static int hear(struct world *w, struct player *p)
{
	uint8_t msg[MESSAGE_MAX];

	return p->heard ? 0 : world_send(w, p, 0, msg);
}

int bad_core_sent(struct world *w, struct player *p)
{
	int rc = hear(w, p);

	if (rc >= 0)
		world_push(w, p);
	return rc;
}

int bad_core_closed(struct world *w, struct player *p)
{
	uint8_t payload[SDT_PAYLOAD_MAX], msg[MESSAGE_MAX];
	int rc = p->ended_ns ? 0 : world_send(w, p, SDT_END, msg);
	struct core mt;

	if (rc < 0)
		return rc;
	world_wait(w, p->ended_ns + OPEN_AFTER_END_NS);
	world_mt(w, p, payload, &mt);
	world_core(w, &mt, p, FATE_CLOSED);
	return rc;
}

int bad_core_long(struct world *w, struct player *p)
{
	uint8_t payload[SDT_PAYLOAD_MAX + 1];
	int rc = hear(w, p);
	struct core mt;

	if (rc < 0)
		return rc;
	world_mt(w, p, payload, &mt);
	mt.len = sizeof(payload);
	rng_fill(&w->rng, payload, sizeof(payload));
	world_core(w, &mt, p, FATE_TOO_LONG);
	return rc;
}
