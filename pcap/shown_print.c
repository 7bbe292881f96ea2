#include "pcap/shown.h"

#include <inttypes.h>

#define NS_PER_S UINT64_C(1000000000)

/*
 * One line in the making, as text or as JSON: each thing to say is said once below, and comes out
 * in either form. No value holds a character that JSON would escape.
 */
struct line {
	FILE *out;
	bool json;
	bool begun;
};

static void separate(struct line *l)
{
	fputs(l->begun ? (l->json ? "," : "  ") : "", l->out);
	l->begun = true;
}

/* In text, the value alone. */
static void say(struct line *l, const char *name, const char *value)
{
	separate(l);
	if (l->json)
		fprintf(l->out, "\"%s\":\"%s\"", name, value);
	else
		fputs(value, l->out);
}

static void say_number(struct line *l, const char *name, uint64_t value)
{
	separate(l);
	fprintf(l->out, l->json ? "\"%s\":%" PRIu64 : "%s %" PRIu64, name, value);
}

/* In text, only where it is true. */
static void say_flag(struct line *l, const char *name, bool value)
{
	if (!l->json && !value)
		return;
	separate(l);
	if (l->json)
		fprintf(l->out, "\"%s\":%s", name, value ? "true" : "false");
	else
		fputs(name, l->out);
}

static void say_frame(struct line *l, const struct captured *f)
{
	char time[32];

	if (l->json)
		say_number(l, "frame", f->number);
	else
		fprintf(l->out, "%6" PRIu64, f->number);
	l->begun = true;
	snprintf(time, sizeof(time), "%" PRIu64 ".%09" PRIu64, f->time_ns / NS_PER_S,
		 f->time_ns % NS_PER_S);
	say(l, "time", time);
}

static void say_addresses(struct line *l, const struct packet *p)
{
	char src[ENDPOINT_TEXT], dst[ENDPOINT_TEXT];

	endpoint_write(&p->src, src);
	endpoint_write(&p->dst, dst);
	say(l, "src", src);
	if (!l->json)
		fputs("  >", l->out);
	say(l, "dst", dst);
}

static void say_message(struct line *l, const struct shown *s)
{
	static const char *const type[] = {"", "DATA", "RESUME", "RESUMED", "SYNC"};
	static const char *const tag[] = {"", "tag right", "tag wrong", "no key"};
	const struct message *m = &s->m;
	char algs[16];

	say(l, "direction", s->direction == UPLINK ? "up" : "down");
	if (s->form != VERDICT_OPENED) {
		say(l, "malformed", verdict_name(s->form));
		return;
	}
	say(l, "type", type[m->type]);
	say_number(l, "key", m->key_id);
	say_number(l, "count", m->count);
	say_number(l, "bearer", m->bearer);
	snprintf(algs, sizeof(algs), "eea%u/eia%u", m->eea, m->eia);
	say(l, "algorithms", algs);
	say_number(l, "epoch", m->epoch);
	say_number(l, "payload", m->len);
	say_number(l, "tag", m->tag_len);
	say_flag(l, "END", m->end);
	say_flag(l, "REKEY", m->rekey);
	if (s->tag != TAG_UNCHECKED)
		say(l, "check", tag[s->tag]);
}

static void say_core(struct line *l, const struct shown *s)
{
	static const char *const reason[] = {
		"",
		"unknown device",
		"no valid key or transmission closed",
		"no device address",
		"too long",
		"counter exhausted",
		"overload",
	};
	const struct core *c = &s->core;
	char imsi[IMSI_MAX + 1];

	if (s->form != VERDICT_OPENED) {
		say(l, "malformed", verdict_name(s->form));
		return;
	}
	say(l, "type", core_type_name(c->type));
	say_number(l, "key", c->key_id);
	if (imsi_tbcd_valid(c->imsi)) {
		imsi_from_tbcd(c->imsi, imsi);
		say(l, "imsi", imsi);
	}
	say_number(l, "bearer", c->bearer);
	say_number(l, "payload", c->len);
	say_flag(l, "EARLY", c->early);
	say_flag(l, "HOLD", c->hold);
	if (c->type == CORE_REFUSED)
		say(l, "reason", reason[c->reason]);
}

static void say_all(struct line *l, const struct shown *s)
{
	enum packet_kind kind = s->packet.kind;

	say_frame(l, &s->frame);
	if (kind == PACKET_UDP || kind == PACKET_TCP)
		say_addresses(l, &s->packet);
	switch (s->what) {
	case SHOWN_SDT:
		say_message(l, s);
		break;
	case SHOWN_CORE:
		say_core(l, s);
		break;
	case SHOWN_OTHER:
		say(l, "other", packet_kind_text(kind));
		if (kind == PACKET_UDP || kind == PACKET_TCP)
			say_number(l, "payload", s->packet.len);
	}
}

void shown_text(const struct shown *s, FILE *out)
{
	struct line l = {.out = out};

	say_all(&l, s);
	fputc('\n', out);
}

void shown_json(const struct shown *s, FILE *out)
{
	struct line l = {.out = out, .json = true};

	fputc('{', out);
	say_all(&l, s);
	fputs("}\n", out);
}
