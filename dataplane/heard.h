/* What a message of ARP or of neighbour discovery tells: who has which address on the link. */
#pragma once

#include "config/endpoint.h"

enum heard_kind {
	HEARD_BAD,      /* malformed, or what its protocol forbids */
	HEARD_NOTHING,  /* right, and without news for us */
	HEARD_QUESTION, /* somebody asks for `ours` */
	HEARD_ANSWER,   /* somebody says who he is, asked or not */
	HEARD_CLAIM     /* somebody else says that an address of ours is his */
};

struct heard {
	enum heard_kind kind;
	struct endpoint who;  /* the other one, port 0; family 0: he has no address yet */
	struct endpoint ours; /* with HEARD_QUESTION */
	uint8_t mac[6];       /* of the other one */
	bool told;            /* the message itself names mac: it may be learnt */
	bool solicited;       /* says that we asked for it */
};
