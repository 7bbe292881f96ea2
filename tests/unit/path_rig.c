#include "tests/unit/path_rig.h"

#include "dataplane/eal.h"
#include "dataplane/workers.h"
#include "pcap/build.h"

#include <rte_debug.h>
#include <rte_malloc.h>

#include <limits.h>
#include <stdlib.h>

enum { EAL_OCTETS = 192 << 20, ETHERNET = 1 /* DLT_EN10MB */ };

static uint16_t take_in(struct port *p, struct rte_mbuf **m, uint16_t n)
{
	struct rig_port *port = (struct rig_port *)p;
	uint16_t i = 0;

	while (i < n && port->at < port->n)
		m[i++] = port->in[port->at++];
	return i;
}

static void keep_sent(struct rig *r, enum side side, struct rte_mbuf *m)
{
	struct rig_sent *s = &r->sent[side][r->sent_n[side]++];

	RTE_VERIFY(r->sent_n[side] <= RIG_SENT);
	RTE_VERIFY(m->nb_segs == 1 && m->data_len == m->pkt_len && m->data_len <= RIG_FRAME_MAX);
	s->index = frame_private(m)->index;
	s->len = m->data_len;
	memcpy(s->octets, rte_pktmbuf_mtod(m, const void *), m->data_len);
	if (r->watch)
		r->watch(r, side, s);
}

static uint16_t send_out(struct port *p, struct rte_mbuf **m, uint16_t n)
{
	struct rig_port *port = (struct rig_port *)p;
	unsigned *room = &port->rig->room[port->side];
	uint16_t now = n < *room ? n : (uint16_t)*room;

	if (*room != UINT_MAX)
		*room -= now;
	for (uint16_t i = 0; i < now; i++) {
		keep_sent(port->rig, port->side, m[i]);
		rte_pktmbuf_free(m[i]);
	}
	return now;
}

static void start_eal(void)
{
	static bool started;

	if (!started)
		RTE_VERIFY(eal_start_offline(0, EAL_OCTETS) == 0);
	started = true;
}

static void create_pool(struct rig *r)
{
	static unsigned made; /* names in EAL's memory are global */
	char name[32];

	snprintf(name, sizeof(name), "rig%u", made++);
	r->pool = rte_pktmbuf_pool_create(name, RIG_MBUFS, 0,
					  RTE_ALIGN(sizeof(struct frame), RTE_MBUF_PRIV_ALIGN),
					  RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	RTE_VERIFY(r->pool);
}

struct rig *rig_create(const struct config *c, uint32_t slots, bool live)
{
	struct sa_table *t = sa_table_create(slots);

	RTE_VERIFY(t);
	return rig_create_over(c, t, live);
}

struct rig *rig_create_over(const struct config *c, struct sa_table *t, bool live)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct worker_setup set = {.replay = !live};

	start_eal();
	RTE_VERIFY(r && c->workers <= RIG_WORKERS);
	r->config = *c;
	r->workers = c->workers;
	r->now_ns = RIG_EPOCH_NS;
	r->sas = t;
	r->crypto = batch_create(BATCH_AUTO);
	create_pool(r);
	for (unsigned side = 0; side < SIDES; side++) {
		r->room[side] = UINT_MAX;
		r->sent[side] = malloc(RIG_SENT * sizeof(struct rig_sent));
		RTE_VERIFY(r->sent[side]);
	}
	RTE_VERIFY(r->crypto);

	set.config = &r->config;
	set.sas = r->sas;
	set.pool = r->pool;
	set.trace = r->trace;
	RTE_VERIFY(workers_create(&set, BATCH_AUTO, r->workers, r->worker) == 0);
	for (unsigned i = 0; i < r->workers; i++) {
		for (unsigned side = 0; side < SIDES; side++) {
			struct rig_port *p = &r->port[i][side];

			p->port = (struct port){.rx = take_in, .tx = send_out, .stamped = true};
			p->rig = r;
			p->side = (enum side)side;
			r->worker[i]->set.port[side] = &p->port;
		}
	}
	return r;
}

void rig_destroy(struct rig *r)
{
	rig_release(r);
	workers_destroy(r->worker, r->workers);
	RTE_VERIFY(rig_in_use(r) == 0);
	rte_mempool_free(r->pool);
	batch_destroy(r->crypto);
	sa_table_destroy(r->sas);
	for (unsigned side = 0; side < SIDES; side++)
		free(r->sent[side]);
	free(r);
}

struct sa_row rig_row(uint32_t key_id, unsigned eea, unsigned eia, unsigned tag_len)
{
	struct sa_row row = {
		.key_id = key_id,
		.eea = (uint8_t)eea,
		.eia = (uint8_t)eia,
		.tag_len = (uint8_t)tag_len,
		.expires_ns = SAS_NEVER,
		.resume_count = 1,
	};

	row.identity_len =
		(uint8_t)snprintf(row.identity, sizeof(row.identity), "00101%010u", key_id);
	for (uint8_t i = 0; i < ROOT_KEY_LEN; i++)
		row.root_key[i] = (uint8_t)(key_id + 7U * i);
	memcpy(row.salt, &key_id, sizeof(key_id));
	return row;
}

void rig_install(struct rig *r, const struct sa_row *row, size_t n)
{
	static const struct sa_install_limits limits = {.given = true};
	struct key_outcome *outcome = calloc(n, sizeof(*outcome));

	RTE_VERIFY(outcome);
	RTE_VERIFY(sa_table_install(r->sas, r->crypto, &limits, row, n, outcome) == n);
	free(outcome);
}

void rig_remove(struct rig *r, uint32_t key_id)
{
	uint32_t slot = sa_table_find(r->sas, key_id);

	RTE_VERIFY(slot != SA_NONE);
	sa_table_remove_slots(r->sas, &slot, 1);
}

static void begin_batch(struct rig *r)
{
	r->decided = false;
	r->frames = r->sent_n[ACCESS] = r->sent_n[CORE] = 0;
	for (unsigned i = 0; i < r->workers; i++) {
		for (unsigned side = 0; side < SIDES; side++) {
			struct rig_port *p = &r->port[i][side];

			RTE_VERIFY(p->at == p->n); /* the last batch was not run to its end */
			p->at = p->n = 0;
		}
	}
}

/* One mbuf where the frame fits, else a chain. */
static struct rte_mbuf *make_mbuf(struct rig *r, const uint8_t *data, size_t len)
{
	struct rte_mbuf *head = NULL, *last = NULL;
	size_t first = r->segment;

	do {
		struct rte_mbuf *m = rte_pktmbuf_alloc(r->pool);
		size_t now, room;

		RTE_VERIFY(m);
		room = !head && first ? first : rte_pktmbuf_tailroom(m);
		now = len < room ? len : room;
		if (now > 0)
			memcpy(rte_pktmbuf_mtod(m, void *), data, now);
		m->data_len = (uint16_t)now;
		if (head) {
			last->next = m;
			head->nb_segs++;
		} else {
			head = m;
		}
		last = m;
		head->pkt_len += (uint32_t)now;
		data += now;
		len -= now;
	} while (len > 0);
	return head;
}

unsigned rig_put(struct rig *r, unsigned worker, enum side side, const void *frame, size_t len)
{
	struct rig_port *p = &r->port[worker][side];
	struct rte_mbuf *m;

	if (r->decided)
		begin_batch(r);
	RTE_VERIFY(r->frames < RIG_FRAMES);
	m = make_mbuf(r, frame, len);
	memset(frame_private(m), 0, sizeof(struct frame));
	frame_private(m)->now_ns = r->now_ns;
	frame_private(m)->index = r->frames;
	p->in[p->n++] = m;
	r->trace[r->frames].fate = FATE_ALIVE;
	return r->frames++;
}

static unsigned put_datagram(struct rig *r, unsigned worker, enum side side,
			     const struct route *route, const void *msg, size_t len)
{
	uint8_t *frame = malloc(BUILD_MAX);
	unsigned index;

	RTE_VERIFY(frame && len <= BUILD_PAYLOAD_MAX);
	index = rig_put(r, worker, side, frame, build_udp(route, msg, len, frame));
	free(frame);
	return index;
}

unsigned rig_up(struct rig *r, unsigned worker, const struct endpoint *device, const void *msg,
		size_t len)
{
	struct route route = route_up(&r->config, device);

	return put_datagram(r, worker, ACCESS, &route, msg, len);
}

unsigned rig_down(struct rig *r, unsigned worker, unsigned bearer, const void *msg, size_t len)
{
	struct route route = route_mt(&r->config, bearer);

	return put_datagram(r, worker, CORE, &route, msg, len);
}

unsigned rig_poll(struct rig *r, unsigned worker)
{
	r->decided = true;
	r->worker[worker]->now_ns = r->now_ns;
	return worker_poll(r->worker[worker]);
}

const char *rig_run(struct rig *r)
{
	struct counts c;
	unsigned seen;

	do {
		seen = 0;
		for (unsigned i = 0; i < r->workers; i++)
			seen += rig_poll(r, i);
	} while (seen > 0);

	c = rig_counts(r);
	for (unsigned i = 0; i < r->frames; i++) {
		if (r->trace[i].fate == FATE_ALIVE)
			return "a frame has no fate";
	}
	if (rig_in_use(r) > c.fate[CORE][FATE_HELD])
		return "mbufs did not come back";
	return counts_imbalance(&c);
}

struct counts rig_counts(const struct rig *r)
{
	struct counts c = {0};

	for (unsigned i = 0; i < r->workers; i++)
		counts_add(&c, &r->worker[i]->counts);
	return c;
}

uint64_t rig_fate(const struct rig *r, enum side side, enum fate f)
{
	return rig_counts(r).fate[side][f];
}

uint64_t rig_tally(const struct rig *r, enum side side, enum tally t)
{
	return rig_counts(r).tally[side][t];
}

void rig_hoard(struct rig *r, unsigned left)
{
	while (rte_mempool_avail_count(r->pool) > left) {
		r->hoard[r->hoarded] = rte_pktmbuf_alloc(r->pool);
		RTE_VERIFY(r->hoard[r->hoarded]);
		r->hoarded++;
	}
}

void rig_release(struct rig *r)
{
	rte_pktmbuf_free_bulk(r->hoard, r->hoarded);
	r->hoarded = 0;
}

unsigned rig_in_use(const struct rig *r)
{
	return RIG_MBUFS - rte_mempool_avail_count(r->pool) - r->hoarded;
}

void rig_read(const struct rig_sent *s, struct packet *p)
{
	packet_read(p, ETHERNET, s->octets, s->len);
	RTE_VERIFY(p->kind == PACKET_UDP);
}

struct core_hdr rig_mt(unsigned bearer, uint8_t flags, uint32_t key_id, const char *imsi)
{
	return (struct core_hdr){
		.version_type = SDT_VERSION << 4 | CORE_MT,
		.bearer_flags = (uint8_t)(bearer << CORE_BEARER_SHIFT | flags),
		.key_id = be32_of(key_id),
		.imsi = imsi_to_tbcd(imsi, strlen(imsi)),
	};
}
