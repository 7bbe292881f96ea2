/* One frame as a person or a program reads it: what it is, what it says, whether its tag is right.
 */
#pragma once

#include "pcap/capture.h"
#include "pcap/core.h"
#include "pcap/fleet.h"
#include "pcap/packet.h"

#include <stdio.h>

enum shown_what { SHOWN_OTHER, SHOWN_SDT, SHOWN_CORE };
enum shown_tag { TAG_UNCHECKED, TAG_RIGHT, TAG_WRONG, TAG_NO_KEY };

struct shown {
	struct captured frame;
	struct packet packet;
	enum shown_what what;
	enum verdict form; /* VERDICT_OPENED: the fields below are all there */
	unsigned direction;
	struct message m;
	struct core core;
	enum shown_tag tag;
};

/* Takes the frame apart; the UDP ports of the gateway's two sides tell what it is. */
void shown_read(struct shown *s, const struct captured *f, int link, uint16_t port,
		uint16_t core_port);

/*
 * Says whether the message's tag is right, and remembers a right RESUME for the epoch that it
 * begins. Returns 0 or -ENOMEM.
 */
int shown_check(struct shown *s, struct fleet *f);

/* One line each. */
void shown_text(const struct shown *s, FILE *out);
void shown_json(const struct shown *s, FILE *out);
