#include "pcap/world.h"

#include "crypto/secret.h"
#include "pcap/build.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define START_S  INT64_C(1767225600) /* 2026-01-01T00:00:00Z */
#define NS_PER_S UINT64_C(1000000000)

enum { DAY_S = 86400 };

/*
 * Key ids that look random and are all different: a bijection of 32 bits (two rounds of odd
 * multiplication and shift) that maps 0, which is no key id, to itself.
 */
static uint32_t key_id_of(uint32_t i)
{
	uint32_t x = i + 1;

	for (unsigned round = 0; round < 2; round++) {
		x = (x ^ x >> 16) * UINT32_C(0x7feb352d);
		x = (x ^ x >> 15) * UINT32_C(0x846ca68b);
	}
	return x;
}

uint32_t world_unknown_key_id(void)
{
	return key_id_of(UINT32_C(1) << 31); /* there are not that many rows */
}

static void make_row(struct world *w, const struct plan *plan, size_t i, enum special which)
{
	struct sa_row *row = &w->rows.row[i];
	struct player *p = &w->player[i];
	struct alg alg = plan->algs[i % plan->n_algs];
	bool ipv6 = rng_below(&w->rng, 100) < plan->ipv6;

	*row = (struct sa_row){
		.key_id = key_id_of((uint32_t)i),
		.eea = alg.eea,
		.eia = alg.eia,
		.tag_len = alg.eia == EIA2 ? plan->tag_len : TAG_SHORT,
		.bearer = (uint8_t)rng_below(&w->rng, BEARER_COUNT),
		.expires_ns = which == EXPIRED ? (START_S - DAY_S) * NS_PER_S : SAS_NEVER,
		.one_key_per_transmission = which == ONE_KEY,
		.resume_count = 1,
	};
	rng_fill(&w->rng, row->root_key, sizeof(row->root_key));
	rng_fill(&w->rng, row->salt, sizeof(row->salt));
	row->identity_len =
		(uint8_t)snprintf(row->identity, sizeof(row->identity), "00101%010zu", i + 1);
	if (which == COUNTED_OUT) {
		row->address = route_device(row, i, ipv6);
		row->has_count_down = true;
		row->count_down = UINT32_MAX - COUNT_END_GAP + 1;
	}
	*p = (struct player){.at = route_device(row, i, ipv6)};
	device_init(&p->d, row);
}

int world_begin(struct world *w, const struct plan *plan)
{
	size_t n = plan->devices;

	*w = (struct world){.rng = {plan->seed},
			    .now_ns = (uint64_t)START_S * NS_PER_S,
			    .step_ns = NS_PER_S / plan->rate,
			    .size_min = plan->size_min,
			    .size_max = plan->size_max,
			    .ordinary = plan->devices};
	config_defaults(&w->config);
	w->config.access.vlan = plan->vlan;
	w->config.core.vlan = plan->vlan;
	w->rows.row = calloc(n + SPECIALS, sizeof(*w->rows.row));
	w->player = calloc(n + SPECIALS, sizeof(*w->player));
	if (!w->rows.row || !w->player) {
		world_end(w);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		make_row(w, plan, i, ORDINARY);
	for (enum special s = ORDINARY + 1; s < SPECIALS; s++) {
		if (!plan->special[s])
			continue;
		w->special[s] = n;
		make_row(w, plan, n++, s);
	}
	w->rows.n = n;
	return 0;
}

void world_end(struct world *w)
{
	for (size_t i = 0; w->player && i < w->rows.n; i++)
		device_wipe(&w->player[i].d);
	free(w->player);
	sas_free(&w->rows);
	*w = (struct world){0};
}

struct player *world_player(struct world *w, enum special which)
{
	if (which == ORDINARY)
		return &w->player[rng_below(&w->rng, (uint32_t)w->ordinary)];
	return &w->player[w->special[which]];
}

void world_wait(struct world *w, uint64_t ns)
{
	if (w->now_ns < ns)
		w->now_ns = ns;
}

size_t world_payload(struct world *w, uint8_t *out)
{
	size_t n = w->size_min + rng_below(&w->rng, w->size_max - w->size_min + 1);

	rng_fill(&w->rng, out, n);
	return n;
}

static void write_expected(struct world *w, enum side side, const struct expected *e)
{
	fprintf(w->expect, "%s\t%" PRIu64 "\t%" PRIu64 ".%09" PRIu64 "\t", side_name(side),
		w->side[side].written, w->now_ns / NS_PER_S, w->now_ns % NS_PER_S);
	if (e->key_id)
		fprintf(w->expect, "%" PRIu32 "\t", e->key_id);
	else
		fputs("-\t", w->expect);
	fprintf(w->expect, "%s\t", e->imsi ? e->imsi : "-");
	if (e->has_count)
		fprintf(w->expect, "%" PRIu32 "\t", e->count);
	else
		fputs("-\t", w->expect);
	fprintf(w->expect, "%s\n", fate_name(e->fate));
}

void world_frame(struct world *w, enum side side, const uint8_t *frame, size_t n,
		 const struct expected *e)
{
	w->now_ns += w->step_ns;
	capture_write(&w->side[side], w->now_ns, frame, n);
	w->made.fate[side][e->fate]++;
	if (w->expect)
		write_expected(w, side, e);
}

/* Whether a message with this fate got as far as its SA. */
static bool found_sa(enum fate fate)
{
	static const enum fate before[] = {FATE_RUNT,         FATE_BAD_VERSION, FATE_BAD_TYPE,
					   FATE_BAD_RESERVED, FATE_TOO_LONG,    FATE_UNKNOWN_KEY};

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		if (fate == before[i])
			return false;
	}
	return true;
}

void world_message(struct world *w, const struct player *p, const uint8_t *msg, size_t n,
		   enum fate fate)
{
	uint8_t frame[BUILD_HEAD_MAX + MESSAGE_MAX + 1];
	const struct sdt_hdr *h = (const struct sdt_hdr *)msg;
	struct route route = route_up(&w->config, &p->at);
	struct expected e = {.fate = fate};

	if (n >= SDT_MIN && sdt_version(h) == SDT_VERSION) {
		e.key_id = be32_get(h->key_id);
		e.has_count = true;
		e.count = be32_get(h->count);
	}
	if (found_sa(fate))
		e.imsi = p->d.row->identity;
	world_frame(w, ACCESS, frame, build_udp(&route, msg, n, frame), &e);
}

/* The payload of the frame just sent must leave the gateway on the other side. */
static void write_clear(struct world *w, enum side to, const struct route *route,
			const uint8_t *payload, size_t n)
{
	uint8_t frame[BUILD_HEAD_MAX + SDT_PAYLOAD_MAX];
	struct route plain = *route;

	plain.vlan = 0; /* the gateway's default, whatever arrives */
	capture_write(&w->clear[to], w->now_ns, frame, build_udp(&plain, payload, n, frame));
}

static void write_clear_up(struct world *w, const struct player *p, const uint8_t *payload,
			   size_t n)
{
	struct route route = route_mo(&w->config, p->d.row->bearer);

	write_clear(w, CORE, &route, payload, n);
}

int world_send(struct world *w, struct player *p, uint8_t flags, uint8_t *out)
{
	uint8_t payload[SDT_PAYLOAD_MAX];
	size_t len = world_payload(w, payload);
	uint32_t count = p->d.next_up;
	int n = device_data(&p->d, flags, payload, len, out);

	if (n < 0)
		return n;
	world_message(w, p, out, (size_t)n, FATE_SENT);
	write_clear_up(w, p, payload, len);
	p->heard = true;
	p->any = true;
	p->top = count;
	if (flags & SDT_END)
		p->ended_ns = w->now_ns;
	return n;
}

static struct asked draw_asked(struct world *w, const struct player *p, uint32_t n)
{
	struct asked how = {.n = n, .capabilities = device_capabilities(p->d.row)};

	rng_fill(&w->rng, how.rand, sizeof(how.rand));
	return how;
}

int world_seal(struct world *w, struct player *p, uint8_t *out)
{
	uint8_t payload[SDT_PAYLOAD_MAX];
	size_t len = world_payload(w, payload);

	return device_data(&p->d, 0, payload, len, out);
}

int world_seal_resume(struct world *w, const struct player *p, uint32_t n, uint8_t *out)
{
	uint8_t payload[SDT_PAYLOAD_MAX];
	size_t len = world_payload(w, payload);
	struct device as_if = p->d; /* what is not sent uses nothing up */
	struct asked how = draw_asked(w, p, n);
	int rc = device_resume(&as_if, &how, 0, payload, len, out);

	device_wipe(&as_if);
	return rc;
}

int world_resume(struct world *w, struct player *p, uint8_t *out)
{
	uint8_t payload[SDT_PAYLOAD_MAX];
	size_t len = world_payload(w, payload);
	struct asked how = draw_asked(w, p, p->d.n);
	int n = device_resume(&p->d, &how, 0, payload, len, out);

	if (n < 0)
		return n;
	world_message(w, p, out, (size_t)n, FATE_RESUMED);
	write_clear_up(w, p, payload, len);
	/* sdt.md 5: no priority list is configured, so the installed algorithms stay. */
	device_begin(&p->d, &how, p->d.row->eea, p->d.row->eia);
	p->heard = true;
	p->any = true;
	p->top = 0;
	p->down = 1;
	p->failures = 0;
	return n;
}

void world_mt(struct world *w, const struct player *p, uint8_t *payload, struct core *mt)
{
	const struct sa_row *row = p->d.row;
	/* Drawn one after the other: an initializer's order is the compiler's choice. */
	bool by_key_id = rng_below(&w->rng, 2);
	size_t len = world_payload(w, payload);

	*mt = (struct core){.type = CORE_MT,
			    .bearer = row->bearer,
			    .key_id = by_key_id ? row->key_id : 0,
			    .imsi = imsi_to_tbcd(row->identity, row->identity_len),
			    .payload = payload,
			    .len = len};
}

void world_core(struct world *w, const struct core *mt, const struct player *p, enum fate fate)
{
	uint8_t octets[sizeof(struct core_hdr) + SDT_PAYLOAD_MAX + 1];
	uint8_t frame[BUILD_HEAD_MAX + sizeof(octets)];
	struct route route = route_mt(&w->config, mt->bearer);
	struct expected e = {.fate = fate};
	char imsi[IMSI_MAX + 1];

	imsi_from_tbcd(mt->imsi, imsi);
	e.imsi = imsi;
	e.key_id = fate == FATE_BAD_FRAME || fate == FATE_UNKNOWN_DEVICE ? mt->key_id
									 : p->d.row->key_id;
	e.has_count = fate == FATE_SENT;
	e.count = p->down;
	world_frame(w, CORE, frame, build_udp(&route, octets, core_write(mt, octets), frame), &e);
}

bool world_can_resume(const struct world *w, const struct player *p)
{
	return p->d.n + w->config.resume.ahead < w->config.resume.limit;
}

void world_push(struct world *w, struct player *p)
{
	uint8_t payload[SDT_PAYLOAD_MAX];
	struct route route = route_down(&w->config, &p->at);
	struct core mt;

	world_mt(w, p, payload, &mt);
	world_core(w, &mt, p, FATE_SENT);
	write_clear(w, ACCESS, &route, payload, mt.len);
	p->down++;
}
