/* iwf-pcap open: the clear payloads of what a gateway sent. */
#include "pcap/args.h"
#include "pcap/build.h"
#include "pcap/capture.h"
#include "pcap/commands.h"
#include "pcap/core.h"
#include "pcap/files.h"
#include "pcap/fleet.h"
#include "pcap/learn.h"
#include "pcap/packet.h"
#include "pcap/progress.h"
#include "pcap/stop.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>

static const char help[] =
	"usage: iwf-pcap open --sas FILE --in FILE --out FILE --side device|core [OPTION]...\n\n"
	"Opens what a gateway sent and writes the clear payloads in Ethernet/IP/UDP frames with the\n"
	"same addresses, ports and times. Tags, COUNTs and epochs are checked as a device checks them.\n"
	"Frames that are no small data are passed over. What does not open is reported by name, and\n"
	"the exit status then is 1.\n\n"
	"  --sas FILE       static key file\n"
	"  --in FILE        capture (pcap, pcapng)\n"
	"  --out FILE       capture to write (pcap)\n"
	"  --side device    messages from the gateway to devices: DATA, RESUMED, SYNC\n"
	"  --side core      frames between gateway and SCEF; a key id that a frame names must be the\n"
	"                   key file's for the IMSI that it names\n"
	"  --resumes FILE   what the devices sent: their RESUMEs open RESUMED and later epochs\n"
	"  --port N         the gateway's UDP port (33868 on the device side, 29128 on the core side)\n"
	"  --help           print this\n";

struct open {
	const char *sas, *in, *out, *resumes;
	bool device_side;
	uint16_t port;

	struct fleet fleet;
	struct capture_in from;
	struct capture_out to;

	uint64_t passed_over, empty; /* no small data; opened, but nothing to write */
	uint64_t group;              /* opened under a group's SA */
	uint64_t verdict[VERDICT_COUNT];
	uint64_t first[VERDICT_COUNT]; /* frame number */
};

static int set_side(struct open *o, const char *side)
{
	o->device_side = strcmp(side, "device") == 0;
	if (!o->device_side && strcmp(side, "core") != 0)
		return args_fail("open", "--side is '%s' (allowed: device, core)", side);
	if (o->port == 0)
		o->port = o->device_side ? SDT_PORT : CORE_PORT;
	return 0;
}

static int check_options(struct open *o, const char *side)
{
	const struct {
		const char *name, *value;
	} needed[] = {{"--sas", o->sas}, {"--in", o->in}, {"--out", o->out}, {"--side", side}};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!needed[i].value)
			return args_fail("open", "%s is missing", needed[i].name);
	}
	return set_side(o, side);
}

static int read_options(struct open *o, int argc, char **argv)
{
	enum { SAS = 1, IN, OUT, SIDE, RESUMES, PORT, HELP };
	static const struct option options[] = {{"sas", required_argument, NULL, SAS},
						{"in", required_argument, NULL, IN},
						{"out", required_argument, NULL, OUT},
						{"side", required_argument, NULL, SIDE},
						{"port", required_argument, NULL, PORT},
						{"resumes", required_argument, NULL, RESUMES},
						{"help", no_argument, NULL, HELP},
						{0}};
	const char *side = NULL;
	uint64_t port;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case SAS:
			o->sas = optarg;
			break;
		case IN:
			o->in = optarg;
			break;
		case OUT:
			o->out = optarg;
			break;
		case SIDE:
			side = optarg;
			break;
		case RESUMES:
			o->resumes = optarg;
			break;
		case PORT:
			if (!args_uint(optarg, 1, UINT16_MAX, &port))
				return args_fail("open", "--port is '%s' (allowed: 1 to 65535)",
						 optarg);
			o->port = (uint16_t)port;
			break;
		case HELP:
			fputs(help, stdout);
			return -1;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind < argc)
		return args_fail("open", "'%s' is no option", argv[optind]);
	return check_options(o, side);
}

/*
 * Opens an answer with the RESUME that it answers. A device uses a Count once (sdt.md 5), but a
 * capture may hold others' attempts: those with the same Count are tried in turn.
 */
static enum verdict open_answer(struct open *o, struct device *d, const struct message *m,
				uint8_t *message)
{
	enum verdict v = VERDICT_RESUME_UNSEEN;
	const struct asked *asked;
	uint32_t at = 0;

	if (m->type == SDT_SYNC && !o->resumes)
		return device_open(d, m, message, NULL);
	while ((asked = fleet_asked(&o->fleet, d, &at))) {
		if (m->type == SDT_RESUMED ? asked->n != m->count
					   : memcmp(asked->rand, m->rand, RAND_LEN) != 0)
			continue;
		v = device_open(d, m, message, asked);
		if (v != VERDICT_BAD_TAG)
			break;
	}
	return v;
}

/* Opens a message from the gateway; on success m and message hold the clear payload. */
static enum verdict open_message(struct open *o, const struct packet *p, struct message *m,
				 uint8_t *message)
{
	enum verdict v = message_read(m, DOWNLINK, p->payload, p->len);
	struct device *d;

	if (v != VERDICT_OPENED)
		return v;
	memcpy(message, p->payload, p->len);
	d = fleet_find(&o->fleet, m->key_id);
	if (!d)
		return VERDICT_UNKNOWN_KEY;
	v = m->type == SDT_DATA ? device_open(d, m, message, NULL) : open_answer(o, d, m, message);
	if (v == VERDICT_OPENED && d->row->group)
		o->group++;
	return v;
}

/* A frame that names a key id must name the IMSI of its SA too; a group's SA has none. */
static enum verdict check_identity(struct open *o, const struct core *c)
{
	const struct device *d = c->key_id ? fleet_find(&o->fleet, c->key_id) : NULL;
	be64 imsi;

	if (c->type == CORE_REFUSED || c->key_id == 0)
		return VERDICT_OPENED; /* echoes what the SCEF said; an IMSI alone */
	if (!d)
		return VERDICT_UNKNOWN_KEY;
	if (d->row->group != (c->type == CORE_MT_GROUP))
		return VERDICT_UNKNOWN_DEVICE;
	imsi = imsi_to_tbcd(d->row->identity, d->row->identity_len);
	if (c->type != CORE_MT_GROUP && be64_get(imsi) != be64_get(c->imsi))
		return VERDICT_UNKNOWN_DEVICE;
	return VERDICT_OPENED;
}

static void write_clear(struct open *o, const struct captured *f, const struct packet *p,
			const uint8_t *payload, size_t len)
{
	uint8_t out[BUILD_MAX];
	struct route route = route_of(p);

	capture_write(&o->to, f->time_ns, out, build_udp(&route, payload, len, out));
}

static enum verdict open_device_frame(struct open *o, const struct captured *f,
				      const struct packet *p)
{
	uint8_t message[MESSAGE_MAX];
	struct message m;
	enum verdict v = open_message(o, p, &m, message);

	if (v != VERDICT_OPENED)
		return v;
	/* An answer without data opens, but there is nothing to hand up. */
	if (m.type != SDT_DATA && m.len == 0)
		o->empty++;
	else
		write_clear(o, f, p, message + m.head, m.len);
	return v;
}

static enum verdict open_core_frame(struct open *o, const struct captured *f,
				    const struct packet *p)
{
	struct core c;
	enum verdict v = core_read(&c, p->payload, p->len);

	if (v == VERDICT_OPENED)
		v = check_identity(o, &c);
	if (v != VERDICT_OPENED)
		return v;
	if (c.type == CORE_REFUSED)
		o->empty++;
	else
		write_clear(o, f, p, c.payload, c.len);
	return v;
}

static void open_frame(struct open *o, const struct captured *f)
{
	struct packet p;
	enum verdict v;

	packet_read(&p, o->from.link, f->data, f->len);
	if (p.kind != PACKET_UDP ||
	    (p.src.port != o->port && (o->device_side || p.dst.port != o->port))) {
		o->passed_over++;
		return;
	}
	v = o->device_side ? open_device_frame(o, f, &p) : open_core_frame(o, f, &p);
	if (o->verdict[v]++ == 0)
		o->first[v] = f->number;
}

static int open_all(struct open *o)
{
	struct progress progress;
	struct captured f;
	int rc = 0;

	stop_heed();
	progress_begin(&progress, "open", o->from.size);
	while (!stop_asked() && (rc = capture_next(&o->from, &f)) > 0) {
		open_frame(o, &f);
		if (progress_due(&progress))
			progress_draw(&progress, capture_tell(&o->from));
	}
	progress_end(&progress);
	if (stop_asked()) {
		fprintf(stderr, "interrupted: what was opened until then is written\n");
		return -EINTR;
	}
	return rc;
}

/* Prints the table, and a line on stderr for each reason why something did not open. */
static int report(const struct open *o)
{
	int rc = 0;

	printf("%-40s %10" PRIu64 "\n", "frames read", o->from.read);
	printf("%-40s %10" PRIu64 "\n", "opened", o->verdict[VERDICT_OPENED]);
	printf("%-40s %10" PRIu64 "\n", "  of these, without a payload to write", o->empty);
	/* sdt.md 4: the tag proves a holder of the group's key, not the gateway. */
	if (o->group > 0)
		printf("%-40s %10" PRIu64 "\n", "  of these, data to a group", o->group);
	printf("%-40s %10" PRIu64 "\n", "no small data of this side", o->passed_over);
	for (unsigned v = VERDICT_OPENED + 1; v < VERDICT_COUNT; v++) {
		if (o->verdict[v] == 0)
			continue;
		fprintf(stderr, "%s: %s: %" PRIu64 " frames, the first is %" PRIu64 ": %s\n", o->in,
			verdict_name(v), o->verdict[v], o->first[v], verdict_text(v));
		rc = -EBADMSG;
	}
	return rc;
}

static int open_files(struct open *o)
{
	const struct file_use use[] = {{"--sas", o->sas, false},
				       {"--in", o->in, false},
				       {"--resumes", o->resumes, false},
				       {"--out", o->out, true}};
	int err = files_check(use, sizeof(use) / sizeof(use[0]));

	if (err == 0)
		err = fleet_load(&o->fleet, o->sas, stderr);
	if (err == 0 && o->resumes)
		err = learn_capture(&o->fleet, o->resumes, stderr);
	if (err == 0)
		err = capture_open(&o->from, o->in, stderr);
	if (err == 0)
		err = capture_create(&o->to, o->out, o->from.nano, stderr);
	return err;
}

int open_cmd(int argc, char **argv)
{
	struct open o = {0};
	int err = read_options(&o, argc, argv);

	if (err != 0)
		return err < 0 ? 0 : err;
	err = open_files(&o);
	if (err == 0) {
		err = open_all(&o);
		if (report(&o) != 0)
			err = -EBADMSG;
		/* An input that broke off leaves a capture of what came before. */
		if (capture_finish(&o.to) != 0)
			err = -EIO;
	}
	capture_close(&o.from);
	fleet_free(&o.fleet);
	return err == 0 ? 0 : 1;
}
