#include "pcap/capture.h"

#include "pcap/packet.h"
#include "pcap/pcapng.h"
#include "pcap/stop.h"

#include <pcap/pcap.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NS_PER_S = 1000000000, SNAP_MAX = 262144 };

/* Whether classic pcap says nanoseconds, in either byte order. */
static bool magic_is_nano(const uint8_t magic[4])
{
	static const uint8_t nano[2][4] = {{0xa1, 0xb2, 0x3c, 0x4d}, {0x4d, 0x3c, 0xb2, 0xa1}};

	return memcmp(magic, nano[0], 4) == 0 || memcmp(magic, nano[1], 4) == 0;
}

static uint64_t size_of(FILE *f)
{
	struct stat st;

	if (fileno(f) < 0 || fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	return (uint64_t)st.st_size;
}

void capture_close(struct capture_in *c)
{
	if (c->pcap)
		pcap_close(c->pcap);
	c->pcap = NULL;
}

int capture_open_stream(struct capture_in *c, FILE *f, const char *name, FILE *errors)
{
	char why[PCAP_ERRBUF_SIZE];
	uint8_t magic[4];
	size_t got;

	*c = (struct capture_in){.name = name, .errors = errors, .size = size_of(f)};
	got = fread(magic, 1, sizeof(magic), f);
	if (got < sizeof(magic)) {
		fprintf(errors, "%s: %s\n", name,
			got == 0 ? "empty, or not readable as a file" : "too short for a capture");
		goto err;
	}
	/* Of a pipe only the start is known: nanoseconds lose nothing. */
	c->nano = magic_is_nano(magic) || (memcmp(magic, PCAPNG_MAGIC, sizeof(magic)) == 0 &&
					   (!c->size || pcapng_is_nano(f)));
	/* Pushed back, not sought back: the input may be a pipe. */
	for (size_t i = sizeof(magic); i > 0; i--) {
		if (ungetc(magic[i - 1], f) == EOF)
			goto err;
	}
	c->pcap = pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!c->pcap) {
		fprintf(errors, "%s: not a capture (pcap or pcapng): %s\n", name, why);
		goto err;
	}
	c->link = pcap_datalink(c->pcap);
	if (packet_link_known(c->link))
		return 0;
	fprintf(errors,
		"%s: link type %s is not read (Ethernet, Linux cooked, raw IP and loopback are)\n",
		name, pcap_datalink_val_to_description_or_dlt(c->link));
	capture_close(c);
	return -EPROTONOSUPPORT;

err:
	fclose(f);
	return -EBADMSG;
}

int capture_open(struct capture_in *c, const char *name, FILE *errors)
{
	FILE *f = fopen(name, "rb");
	int err = errno;

	*c = (struct capture_in){.name = name, .errors = errors};
	if (!f) {
		fprintf(errors, "%s: %s\n", name, strerrordesc_np(err));
		return -err;
	}
	return capture_open_stream(c, f, name, errors);
}

/* Classic pcap holds 32 bits of seconds; pcapng may say anything. */
static uint64_t time_of(const struct timeval *tv)
{
	/* libpcap extends the sign of the 32 bits, which are unsigned: 2038 is not their end. */
	uint64_t s = tv->tv_sec < 0 ? (uint32_t)tv->tv_sec : (uint64_t)tv->tv_sec;
	uint64_t ns = tv->tv_usec < 0 ? 0 : (uint64_t)tv->tv_usec;

	return (s > UINT32_MAX ? UINT32_MAX : s) * NS_PER_S + ns % NS_PER_S;
}

int capture_next(struct capture_in *c, struct captured *f)
{
	struct pcap_pkthdr *head;
	const u_char *data;
	int rc = pcap_next_ex(c->pcap, &head, &data);

	if (rc == PCAP_ERROR_BREAK || (rc != 1 && stop_asked()))
		return 0;
	if (rc != 1) {
		fprintf(c->errors, "%s: frame %" PRIu64 ": %s\n", c->name, c->read + 1,
			pcap_geterr(c->pcap));
		return -EBADMSG;
	}
	*f = (struct captured){.data = data,
			       .len = head->caplen,
			       .wire_len = head->len,
			       .time_ns = time_of(&head->ts),
			       .number = ++c->read};
	return 1;
}

uint64_t capture_tell(const struct capture_in *c)
{
	off_t at = c->pcap ? ftello(pcap_file(c->pcap)) : 0;

	return at < 0 ? 0 : (uint64_t)at;
}

int capture_create(struct capture_out *c, const char *name, bool nano, FILE *errors)
{
	struct stat st;
	FILE *f;
	int err;

	*c = (struct capture_out){.name = name, .errors = errors, .nano = nano};
	f = fopen(name, "wb");
	if (!f) {
		err = errno;
		fprintf(errors, "%s: %s\n", name, strerrordesc_np(err));
		return -err;
	}
	c->regular = fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode);
	c->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAP_MAX,
						       nano ? PCAP_TSTAMP_PRECISION_NANO
							    : PCAP_TSTAMP_PRECISION_MICRO);
	if (!c->pcap) {
		err = ENOMEM;
		goto err_close;
	}
	c->dump = pcap_dump_fopen(c->pcap, f);
	if (!c->dump) {
		err = EIO;
		goto err_close_pcap;
	}
	return 0;

err_close_pcap:
	pcap_close(c->pcap);
	c->pcap = NULL;
err_close:
	fprintf(errors, "%s: %s\n", name, strerrordesc_np(err));
	fclose(f);
	if (c->regular)
		unlink(name);
	return -err;
}

void capture_write(struct capture_out *c, uint64_t time_ns, const void *data, size_t len)
{
	uint64_t fraction = time_ns % NS_PER_S;
	struct pcap_pkthdr head = {
		.ts = {.tv_sec = (time_t)(time_ns / NS_PER_S),
		       .tv_usec = (suseconds_t)(c->nano ? fraction : fraction / 1000)},
		.caplen = (bpf_u_int32)len,
		.len = (bpf_u_int32)len,
	};

	c->written++;
	if (c->dump)
		pcap_dump((u_char *)c->dump, &head, data);
}

/* Returns whether all that was written has reached the file. */
static bool close_out(struct capture_out *c)
{
	bool good = pcap_dump_flush(c->dump) == 0 && !ferror(pcap_dump_file(c->dump));

	pcap_dump_close(c->dump);
	pcap_close(c->pcap);
	c->dump = NULL;
	c->pcap = NULL;
	return good;
}

int capture_finish(struct capture_out *c)
{
	if (!c->dump || close_out(c))
		return 0;
	fprintf(c->errors, "%s: could not be written to its end\n", c->name);
	if (c->regular)
		unlink(c->name);
	return -EIO;
}

void capture_discard(struct capture_out *c)
{
	if (!c->dump)
		return;
	close_out(c);
	if (c->regular)
		unlink(c->name);
}
