#include "pcap/learn.h"

#include "pcap/capture.h"
#include "pcap/packet.h"
#include "pcap/progress.h"

int learn_packet(struct fleet *f, const struct packet *p)
{
	uint8_t copy[MESSAGE_MAX];
	const struct device *d;
	struct message m;

	if (p->kind != PACKET_UDP ||
	    message_read(&m, UPLINK, p->payload, p->len) != VERDICT_OPENED || m.type != SDT_RESUME)
		return 0;
	d = fleet_find(f, m.key_id);
	if (!d || d->row->group)
		return 0;
	memcpy(copy, p->payload, p->len);
	return resume_open(d->row, &m, copy) ? fleet_learn(f, d, &m) : 0;
}

int learn_capture(struct fleet *f, const char *path, FILE *errors)
{
	struct progress progress;
	struct capture_in in;
	struct captured frame;
	int rc = capture_open(&in, path, errors);

	if (rc != 0)
		return rc;
	progress_begin(&progress, "read RESUMEs", in.size);
	while ((rc = capture_next(&in, &frame)) > 0) {
		struct packet p;

		packet_read(&p, in.link, frame.data, frame.len);
		rc = learn_packet(f, &p);
		if (rc < 0) {
			fprintf(errors, "%s: %s\n", path, strerrordesc_np(-rc));
			break;
		}
		if (progress_due(&progress))
			progress_draw(&progress, capture_tell(&in));
	}
	progress_end(&progress);
	capture_close(&in);
	return rc;
}
