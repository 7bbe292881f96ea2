#include "tests/live/record.h"

#include "crypto/bytes.h"
#include "pcap/rng.h"

#include <stdarg.h>
#include <stdlib.h>

enum { SAID_IN_FULL = 20 };

static const struct {
	const char *name, *meaning;
} violations[BROKEN_COUNT] = {
#define X(sym, name, meaning) [BROKEN_##sym] = {name, meaning},
	VIOLATIONS(X)
#undef X
};

static const char *const way_name[WAYS] = {
	[UP_DATA] = "up",
	[UP_RESUME] = "resume",
	[DOWN_DATA] = "down",
	[DOWN_GROUP] = "group",
};

uint64_t record_send(struct record *r, const struct sent *s)
{
	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 4096;
		r->sent = reallocarray(r->sent, r->room, sizeof(*r->sent));
		if (!r->sent) {
			fputs("live-peer: out of memory\n", stderr);
			exit(1);
		}
	}
	r->count[s->way]++;
	r->sent[r->n] = *s;
	return r->n++;
}

void record_payload(const struct record *r, uint64_t number, uint8_t *out, size_t len)
{
	struct rng rng = {r->seed ^ number * UINT64_C(0xd1342543de82ef95)};
	struct wr w = wr_of(out, len);

	wr_uint(&w, number, PAYLOAD_MIN);
	rng_fill(&rng, out + PAYLOAD_MIN, len - PAYLOAD_MIN);
}

struct sent *record_arrive(struct record *r, const uint8_t *payload, size_t len, uint64_t now_ns)
{
	struct rd in = rd_of(payload, len);
	uint64_t number = rd_uint(&in, PAYLOAD_MIN);
	uint8_t want[UINT16_MAX];
	struct sent *s;

	if (in.bad || number >= r->n) {
		record_break(r, BROKEN_NOT_SENT, "%zu octets, number %#llx", len,
			     (unsigned long long)number);
		return NULL;
	}
	s = &r->sent[number];
	record_payload(r, number, want, s->len);
	if (len != s->len || memcmp(want, payload, len) != 0) {
		record_break(r, BROKEN_ALTERED, "message %llu, %zu octets instead of %u",
			     (unsigned long long)number, len, s->len);
		return NULL;
	}
	if (s->delivered) {
		record_break(r, BROKEN_TWICE, "message %llu (%s)", (unsigned long long)number,
			     way_name[s->way]);
		return NULL;
	}
	s->delivered = true;
	r->delivered[s->way]++;
	if (now_ns - s->at_ns > r->slowest_ns)
		r->slowest_ns = now_ns - s->at_ns;
	if (r->back_ns == 0 && s->at_ns > r->mark_ns)
		r->back_ns = now_ns;
	return s;
}

void record_break(struct record *r, enum broken what, const char *detail, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, detail);
	vsnprintf(text, sizeof(text), detail, ap);
	va_end(ap);
	if (r->broken[what]++ < SAID_IN_FULL)
		fprintf(stderr, "live-peer: %s: %s\n", violations[what].meaning, text);
}

static uint64_t sum(const uint64_t *count, unsigned n)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < n; i++)
		all += count[i];
	return all;
}

uint64_t record_lost(const struct record *r)
{
	return sum(r->count, WAYS) - sum(r->delivered, WAYS) - sum(r->refused, REASONS) - r->unsent;
}

uint64_t record_failures(const struct record *r)
{
	return sum(r->broken, BROKEN_COUNT);
}

static void print_u64(FILE *out, const char *name, uint64_t value, const char *behind)
{
	fprintf(out, "\"%s\": %llu%s", name, (unsigned long long)value, behind);
}

void record_print(const struct record *r, FILE *out)
{
	fputc('{', out);
	for (unsigned w = 0; w < WAYS; w++) {
		fprintf(out, "\"%s\": {", way_name[w]);
		print_u64(out, "sent", r->count[w], ", ");
		print_u64(out, "delivered", r->delivered[w], "}, ");
	}
	fputs("\"refused\": [", out);
	for (unsigned i = 1; i < REASONS; i++)
		fprintf(out, "%s%llu", i > 1 ? ", " : "", (unsigned long long)r->refused[i]);
	fputs("], ", out);
	print_u64(out, "unsent", r->unsent, ", ");
	print_u64(out, "replayed", r->replayed, ", ");
	print_u64(out, "lost", record_lost(r), ", ");
	print_u64(out, "slowest_us", r->slowest_ns / 1000, ", \"broken\": {");
	for (unsigned i = 0; i < BROKEN_COUNT; i++)
		print_u64(out, violations[i].name, r->broken[i], i + 1 < BROKEN_COUNT ? ", " : "}");
}
