/* iwf-pcap protect: the payloads of any capture, as devices would send them. */
#include "config/config.h"
#include "pcap/args.h"
#include "pcap/build.h"
#include "pcap/capture.h"
#include "pcap/commands.h"
#include "pcap/files.h"
#include "pcap/fleet.h"
#include "pcap/packet.h"
#include "pcap/progress.h"
#include "pcap/stop.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>

static const char help[] =
	"usage: iwf-pcap protect --sas FILE --in ANY.pcap --out ACCESS.pcap [OPTION]...\n\n"
	"Takes the UDP and TCP payloads of any capture as small data and protects them, round robin\n"
	"over the devices of the key file, as these would send them to the gateway. Each frame keeps\n"
	"its time stamp. Frames that carry no payload, or too long a one, are left out and counted.\n\n"
	"  --sas FILE     static key file; rows of groups are passed over\n"
	"  --in FILE      pcap or pcapng: Ethernet (up to two VLAN tags), Linux cooked, raw IP, loopback\n"
	"  --out FILE     capture to write (pcap, nanoseconds where the input may have them)\n"
	"  --cut-long     cut payloads above 1358 octets instead of leaving them out\n"
	"  --ipv6         give devices without an address in the key file IPv6 addresses\n"
	"  --help         print this\n";

struct protect {
	const char *sas, *in, *out;
	bool cut_long, ipv6;

	struct config config; /* where the gateway is: its defaults */
	struct fleet fleet;
	size_t next; /* device in turn */
	struct capture_in from;
	struct capture_out to;

	/* What became of the frames. */
	uint64_t left[PACKET_KIND_COUNT]; /* of these kinds, as they are */
	uint64_t empty, too_long, cut, used_up;
};

static int read_options(struct protect *p, int argc, char **argv)
{
	enum { SAS = 1, IN, OUT, CUT_LONG, IPV6, HELP };
	static const struct option options[] = {{"sas", required_argument, NULL, SAS},
						{"in", required_argument, NULL, IN},
						{"out", required_argument, NULL, OUT},
						{"cut-long", no_argument, NULL, CUT_LONG},
						{"ipv6", no_argument, NULL, IPV6},
						{"help", no_argument, NULL, HELP},
						{0}};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case SAS:
			p->sas = optarg;
			break;
		case IN:
			p->in = optarg;
			break;
		case OUT:
			p->out = optarg;
			break;
		case CUT_LONG:
			p->cut_long = true;
			break;
		case IPV6:
			p->ipv6 = true;
			break;
		case HELP:
			fputs(help, stdout);
			return -1;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind < argc)
		return args_fail("protect", "'%s' is no option", argv[optind]);
	if (!p->sas || !p->in || !p->out)
		return args_fail("protect", "%s is missing",
				 !p->sas  ? "--sas"
				 : !p->in ? "--in"
					  : "--out");
	return 0;
}

/* The device in turn that still has a COUNT, or NULL. */
static struct device *next_device(struct protect *p)
{
	for (size_t i = 0; i < p->fleet.rows.n; i++) {
		struct device *d = &p->fleet.device[p->next];

		p->next = (p->next + 1) % p->fleet.rows.n;
		if (!d->row->group && device_can_send(d))
			return d;
	}
	return NULL;
}

/* Sends one payload; -errno where that failed for a reason that is not the frame's. */
static int send_payload(struct protect *p, const uint8_t *payload, size_t len, uint64_t time_ns)
{
	uint8_t message[MESSAGE_MAX], frame[BUILD_HEAD_MAX + MESSAGE_MAX];
	struct device *d = next_device(p);
	struct endpoint from;
	struct route route;
	int n;

	if (!d) {
		p->used_up++;
		return 0;
	}
	n = device_data(d, 0, payload, len, message);
	if (n < 0)
		return n;
	from = route_device(d->row, (size_t)(d - p->fleet.device), p->ipv6);
	route = route_up(&p->config, &from);
	capture_write(&p->to, time_ns, frame, build_udp(&route, message, (size_t)n, frame));
	return 0;
}

static int protect_frame(struct protect *p, const struct captured *f)
{
	struct packet packet;

	packet_read(&packet, p->from.link, f->data, f->len);
	if (packet.kind != PACKET_UDP && packet.kind != PACKET_TCP) {
		p->left[packet.kind]++;
		return 0;
	}
	if (packet.kind == PACKET_TCP && packet.len == 0) {
		p->empty++;
		return 0;
	}
	if (packet.len > SDT_PAYLOAD_MAX) {
		if (!p->cut_long) {
			p->too_long++;
			return 0;
		}
		p->cut++;
		packet.len = SDT_PAYLOAD_MAX;
	}
	return send_payload(p, packet.payload, packet.len, f->time_ns);
}

/* Returns 0, or -errno after a line on stderr. */
static int protect_all(struct protect *p)
{
	struct progress progress;
	struct captured f;
	int rc = 0;

	stop_heed();
	progress_begin(&progress, "protect", p->from.size);
	while (!stop_asked() && (rc = capture_next(&p->from, &f)) > 0) {
		rc = protect_frame(p, &f);
		if (rc < 0) {
			fprintf(stderr, "%s: frame %" PRIu64 ": %s\n", p->in, f.number,
				strerrordesc_np(-rc));
			break;
		}
		if (progress_due(&progress))
			progress_draw(&progress, capture_tell(&p->from));
	}
	progress_end(&progress);
	if (stop_asked()) {
		fprintf(stderr, "interrupted: what was protected until then is written\n");
		return -EINTR;
	}
	return rc;
}

static void row(const char *what, uint64_t n)
{
	if (n > 0)
		printf("  %-62s %10" PRIu64 "\n", what, n);
}

static void report(const struct protect *p)
{
	printf("%-64s %10" PRIu64 "\n", "frames read", p->from.read);
	printf("%-64s %10" PRIu64 "\n", "protected", p->to.written);
	row("of these, cut to 1358 octets", p->cut);
	printf("%-64s %10" PRIu64 "\n", "left out", p->from.read - p->to.written);
	for (unsigned k = 0; k < PACKET_KIND_COUNT; k++)
		row(packet_kind_text(k), p->left[k]);
	row("TCP without payload", p->empty);
	row("payload above 1358 octets (--cut-long cuts them)", p->too_long);
	row("every device has used up its COUNTs", p->used_up);
}

static bool has_device(const struct fleet *f)
{
	for (size_t i = 0; i < f->rows.n; i++) {
		if (!f->rows.row[i].group)
			return true;
	}
	return false;
}

static int open_files(struct protect *p)
{
	const struct file_use use[] = {
		{"--sas", p->sas, false}, {"--in", p->in, false}, {"--out", p->out, true}};
	int err = files_check(use, sizeof(use) / sizeof(use[0]));

	if (err == 0)
		err = fleet_load(&p->fleet, p->sas, stderr);
	if (err != 0)
		return err;
	if (!has_device(&p->fleet)) {
		fprintf(stderr, "%s: no row of a device\n", p->sas);
		return -ENOENT;
	}
	err = capture_open(&p->from, p->in, stderr);
	if (err != 0)
		return err;
	return capture_create(&p->to, p->out, p->from.nano, stderr);
}

int protect_cmd(int argc, char **argv)
{
	struct protect p = {0};
	int err = read_options(&p, argc, argv);

	if (err != 0)
		return err < 0 ? 0 : err;
	config_defaults(&p.config);
	err = open_files(&p);
	if (err == 0) {
		err = protect_all(&p);
		report(&p);
		/* An input that broke off leaves a capture of what came before. */
		if (capture_finish(&p.to) != 0)
			err = -EIO;
	}
	capture_close(&p.from);
	fleet_free(&p.fleet);
	return err == 0 ? 0 : 1;
}
