#include "tests/unit/path_device.h"

#include "pcap/route.h"

#include <rte_debug.h>

const uint8_t path_device_says[21] = "21.5 degrees outside";

static uint8_t opened[RIG_FRAME_MAX];

void path_device_init(struct path_device *p, struct rig *r, const struct sa_row *row)
{
	*p = (struct path_device){.row = *row};
	device_init(&p->d, &p->row);
	p->at = route_device(&p->row, p->row.key_id & 0xffffff, false);
	rig_install(r, row, 1);
}

static unsigned say(struct path_device *p, struct rig *r, unsigned worker, int len)
{
	RTE_VERIFY(len > 0);
	p->len = (size_t)len;
	return path_device_again(p, r, worker);
}

unsigned path_device_again(struct path_device *p, struct rig *r, unsigned worker)
{
	return rig_up(r, worker, &p->at, p->msg, p->len);
}

unsigned path_device_data(struct path_device *p, struct rig *r, unsigned worker, uint8_t flags)
{
	return say(p, r, worker,
		   device_data(&p->d, flags, path_device_says, sizeof(path_device_says), p->msg));
}

unsigned path_device_data_at(struct path_device *p, struct rig *r, unsigned worker, uint32_t count,
			     bool forged)
{
	uint32_t next = p->d.next_up;
	int len;

	p->d.next_up = count;
	len = device_data(&p->d, 0, path_device_says, sizeof(path_device_says), p->msg);
	p->d.next_up = next;
	RTE_VERIFY(len > 0);
	p->msg[len - 1] ^= forged;
	return say(p, r, worker, len);
}

unsigned path_device_resume(struct path_device *p, struct rig *r, unsigned worker, uint8_t flags)
{
	p->asked = (struct asked){.n = p->d.n, .capabilities = device_capabilities(&p->row)};
	memcpy(p->asked.rand, &p->d.n, sizeof(p->d.n));
	memcpy(p->asked.rand + sizeof(p->d.n), &p->row.key_id, sizeof(p->row.key_id));
	return say(p, r, worker,
		   device_resume(&p->d, &p->asked, flags, path_device_says,
				 sizeof(path_device_says), p->msg));
}

enum verdict path_device_take(struct path_device *p, const struct rig_sent *s, struct message *m)
{
	struct message fields;
	struct packet packet;
	enum verdict v;

	rig_read(s, &packet);
	RTE_VERIFY(packet.len <= sizeof(opened));
	memcpy(opened, packet.payload, packet.len);
	m = m ? m : &fields;
	v = message_read(m, DOWNLINK, opened, packet.len);
	return v == VERDICT_OPENED ? device_open(&p->d, m, opened, &p->asked) : v;
}

const uint8_t *path_device_payload(const struct message *m)
{
	return opened + m->head;
}
