/* Capture files: reads pcap (micro- or nanoseconds) and pcapng, writes classic pcap. By libpcap. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct captured {
	const uint8_t *data; /* until the next frame is read */
	uint32_t len;        /* octets in the capture */
	uint32_t wire_len;   /* octets on the wire; more than len where the snap length cut it */
	uint64_t time_ns;    /* since the epoch */
	uint64_t number;     /* from 1, as Wireshark counts */
};

struct capture_in {
	const char *name; /* for messages */
	struct pcap *pcap;
	FILE *errors;
	int link;      /* DLT_ of libpcap */
	bool nano;     /* time stamps may be finer than a microsecond */
	uint64_t size; /* octets of the file; 0 where it is no regular file */
	uint64_t read; /* frames read so far */
};

/*
 * Opens a capture of a link type that packet.h knows. Every failure here and in capture_next is one
 * line on `errors`, naming the file and, once there is one, the frame. Returns 0 or -errno.
 * capture_open_stream takes the stream over, whatever it returns. `name` must outlive the capture.
 */
int capture_open(struct capture_in *c, const char *name, FILE *errors);
int capture_open_stream(struct capture_in *c, FILE *f, const char *name, FILE *errors);

/* The next frame: 1; 0 at the end of the file; -EBADMSG where it breaks off. */
int capture_next(struct capture_in *c, struct captured *f);

/* Octets of the file consumed so far, for progress; 0 of a capture that was not opened. */
uint64_t capture_tell(const struct capture_in *c);

/* A capture that was not opened (all zero) is allowed. */
void capture_close(struct capture_in *c);

struct capture_out {
	const char *name;
	struct pcap *pcap;
	struct pcap_dumper *dump;
	FILE *errors;
	bool nano;
	bool regular; /* a file of its own, which is removed on error; a device or pipe never is */
	uint64_t written; /* frames */
};

/*
 * Creates an Ethernet capture with time stamps in nanoseconds, or else microseconds. That it is not
 * one of the command's other files is the caller's to ask first (files.h). Returns 0 or -errno,
 * with a line on `errors`.
 */
int capture_create(struct capture_out *c, const char *name, bool nano, FILE *errors);

/*
 * Buffers one frame; a failure shows in capture_finish. A capture that was not created (all zero)
 * only counts.
 */
void capture_write(struct capture_out *c, uint64_t time_ns, const void *data, size_t len);

/*
 * Writes what is buffered and closes. Where anything could not be written the file is removed and
 * -EIO returned, with a line on errors. Captures that were not created (all zero) are allowed.
 */
int capture_finish(struct capture_out *c);

/* Closes and removes. */
void capture_discard(struct capture_out *c);
