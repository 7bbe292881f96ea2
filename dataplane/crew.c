#include "dataplane/crew.h"

#include "dataplane/eal.h"
#include "dataplane/workers.h"

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_malloc.h>
#include <rte_pause.h>

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

enum {
	BATCH_FRAMES = 1024,
	FRAME_MAX = 65536 + 128, /* octets of a frame that any length in it can speak of */
	BATCH_SEGMENTS = 2048,   /* mbufs of one batch: the longest frame takes 35 */
	ANSWERS = BATCH_FRAMES,
	POOL = 2 * (BATCH_SEGMENTS + ANSWERS), /* mbufs: a replay never runs out of them */
	ROOM = RTE_MBUF_DEFAULT_BUF_SIZE,
	FIXED_OCTETS = 64 << 20 /* EAL, the pool, the workers */
};

/* One worker's end of one side: frames by ring, and what comes of them into the batch by index. */
struct crew_port {
	struct port port;
	struct rte_ring *ring;
	struct rte_mbuf **out; /* by frame.index */
};

struct crew {
	struct sa_table *sas;
	struct worker_setup set;
	struct config config;
	unsigned n;
	struct worker *worker[CONFIG_WORKERS_MAX];
	struct crew_port port[CONFIG_WORKERS_MAX][SIDES];
	_Atomic bool stop;
	unsigned started;

	unsigned frames, segments, told; /* of the batch; results given out */
	unsigned turn;                   /* the worker that parses the next batch */
	uint64_t done;                   /* frames of all batches so far */
	struct captured frame[BATCH_FRAMES];
	struct trace trace[BATCH_FRAMES];
	struct rte_mbuf *in[BATCH_FRAMES];
	struct rte_mbuf *out[SIDES][BATCH_FRAMES];
};

static uint16_t ring_rx(struct port *p, struct rte_mbuf **m, uint16_t n)
{
	struct crew_port *c = (struct crew_port *)p;

	return (uint16_t)rte_ring_sc_dequeue_burst(c->ring, (void **)m, n, NULL);
}

static uint16_t batch_tx(struct port *p, struct rte_mbuf **m, uint16_t n)
{
	struct crew_port *c = (struct crew_port *)p;

	for (uint16_t i = 0; i < n; i++)
		c->out[frame_private(m[i])->index] = m[i];
	return n;
}

static int run_worker(void *arg)
{
	struct crew *c = arg;
	struct worker *w = c->worker[rte_lcore_id() - 1];

	while (!atomic_load_explicit(&c->stop, memory_order_relaxed)) {
		if (worker_poll(w) == 0)
			sched_yield(); /* there may be more workers than CPUs */
	}
	return 0;
}

static int install_rows(struct crew *c, struct batch *crypto, const struct sa_rows *sas)
{
	/* sdt.md 8: rows bring key id and salt, and have not expired before the capture's time. */
	static const struct sa_install_limits limits = {.given = true};
	struct key_outcome *outcome = calloc(sas->n + 1, sizeof(*outcome));
	size_t i = 0;

	if (!outcome)
		return -ENOMEM;
	if (sa_table_install(c->sas, crypto, &limits, sas->row, sas->n, outcome) == sas->n) {
		free(outcome);
		return 0;
	}
	while (key_result_good(outcome[i].result))
		i++;
	fprintf(stderr, "key id %u (line %u of the key file): %s\n", sas->row[i].key_id,
		sas->row[i].line, key_result_meaning(outcome[i].result));
	free(outcome);
	return -EINVAL;
}

static int create_ports(struct crew *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		for (unsigned side = 0; side < SIDES; side++) {
			c->port[i][side] = (struct crew_port){
				.port = {.rx = ring_rx, .tx = batch_tx, .stamped = true},
				.ring = spsc_create(2 * BATCH_FRAMES),
				.out = c->out[side],
			};
			if (!c->port[i][side].ring)
				return -ENOMEM;
		}
	}
	return 0;
}

static enum batch_kernels kernels_of(const struct config *c)
{
	return strcmp(c->crypto, "ipsec-mb") == 0 ? BATCH_IPSEC_MB : BATCH_AUTO;
}

static int create_workers(struct crew *c)
{
	int ret = create_ports(c);

	if (ret == 0)
		ret = workers_create(&c->set, kernels_of(&c->config), c->n, c->worker);
	for (unsigned i = 0; i < c->n && c->worker[i]; i++) {
		for (unsigned side = 0; side < SIDES; side++)
			c->worker[i]->set.port[side] = &c->port[i][side].port;
	}
	return ret;
}

/* The table with all rows in it. */
static int create_table(struct crew *c, const struct sa_rows *sas)
{
	struct batch *crypto = batch_create(kernels_of(&c->config));
	int ret = -ENOMEM;

	c->sas = sa_table_create(c->config.sa_slots);
	if (crypto && c->sas)
		ret = install_rows(c, crypto, sas);
	batch_destroy(crypto); /* and with it what the roots left there */
	return ret;
}

static int start_crew(struct crew *c, const struct sa_rows *sas)
{
	int ret;

	c->set = (struct worker_setup){.config = &c->config, .replay = true, .trace = c->trace};
	ret = eal_start_offline(c->n, FIXED_OCTETS + workers_octets(&c->set, c->n));
	if (ret) {
		fprintf(stderr, "DPDK's environment does not start: %s\n", strerrordesc_np(-ret));
		return ret;
	}
	c->set.pool = rte_pktmbuf_pool_create("frames", POOL, 0,
					      RTE_ALIGN(sizeof(struct frame), RTE_MBUF_PRIV_ALIGN),
					      ROOM, SOCKET_ID_ANY);
	if (!c->set.pool)
		return -ENOMEM;
	ret = create_table(c, sas);
	c->set.sas = c->sas;
	if (ret == 0)
		ret = create_workers(c);
	for (unsigned i = 0; ret == 0 && i < c->n; i++) {
		ret = rte_eal_remote_launch(run_worker, c, i + 1);
		c->started += ret == 0;
	}
	return ret;
}

int crew_create(const struct config *config, const struct sa_rows *sas, struct crew **crew)
{
	struct crew *c = calloc(1, sizeof(*c));
	int ret;

	*crew = c;
	if (!c)
		return -ENOMEM;
	c->config = *config;
	c->n = config->workers;
	if (sas->n > c->config.sa_slots)
		c->config.sa_slots = (uint32_t)sas->n;
	ret = start_crew(c, sas);
	if (ret == -ENOMEM)
		fprintf(stderr, "out of memory for %u slots and %u workers\n", c->config.sa_slots,
			c->n);
	return ret;
}

static void stop_workers(struct crew *c)
{
	atomic_store_explicit(&c->stop, true, memory_order_relaxed);
	for (unsigned i = 0; i < c->started; i++)
		rte_eal_wait_lcore(i + 1);
	c->started = 0;
}

void crew_destroy(struct crew *c)
{
	if (!c)
		return;
	stop_workers(c);
	workers_destroy(c->worker, c->worker[0] ? c->n : 0);
	for (unsigned i = 0; i < c->n; i++) {
		for (unsigned side = 0; side < SIDES; side++)
			rte_free(c->port[i][side].ring);
	}
	rte_mempool_free(c->set.pool);
	sa_table_destroy(c->sas);
	free(c);
}

/* One mbuf, or a chain where the frame is longer than any that can go through. */
static struct rte_mbuf *copy_frame(struct rte_mempool *pool, const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *m = head;

	while (m) {
		uint16_t room = rte_pktmbuf_tailroom(m);
		uint16_t now = len < room ? (uint16_t)len : room;

		memcpy(rte_pktmbuf_mtod(m, void *), data, now);
		m->data_len = now;
		head->pkt_len += now;
		data += now;
		len -= now;
		if (len == 0)
			return head;
		m->next = rte_pktmbuf_alloc(pool);
		head->nb_segs++;
		m = m->next;
	}
	rte_pktmbuf_free(head);
	return NULL;
}

bool crew_add(struct crew *c, const struct captured *f, uint64_t now_ns)
{
	uint32_t len = f->len < FRAME_MAX ? f->len : FRAME_MAX;
	unsigned segments = len / (ROOM - RTE_PKTMBUF_HEADROOM) + 1;
	struct rte_mbuf *m;

	if (c->frames == BATCH_FRAMES || c->segments + segments > BATCH_SEGMENTS)
		return false;
	m = copy_frame(c->set.pool, f->data, len);
	RTE_VERIFY(m); /* the pool holds two batches */
	frame_private(m)->now_ns = now_ns;
	frame_private(m)->index = c->frames;
	frame_private(m)->cut = f->wire_len > f->len;
	c->frame[c->frames] = *f;
	c->in[c->frames++] = m;
	c->segments += segments;
	return true;
}

static uint64_t settled(const struct crew *c)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < c->n; i++)
		sum += atomic_load_explicit(&c->worker[i]->settled, memory_order_acquire);
	return sum;
}

void crew_run(struct crew *c, enum side side)
{
	struct crew_port *p = &c->port[c->turn][side];

	memset(c->out[ACCESS], 0, c->frames * sizeof(c->out[ACCESS][0]));
	memset(c->out[CORE], 0, c->frames * sizeof(c->out[CORE][0]));
	c->turn = (c->turn + 1) % c->n;
	c->done += c->frames;
	c->told = 0;
	/* One worker parses the whole batch, so that frames of one SA stay in order on their way.
	 */
	rte_ring_sp_enqueue_bulk(p->ring, (void *const *)c->in, c->frames, NULL);
	while (settled(c) < c->done)
		sched_yield();
}

bool crew_result(struct crew *c, struct crew_result *res)
{
	unsigned i = c->told;

	if (i > 0) {
		for (unsigned side = 0; side < SIDES; side++)
			rte_pktmbuf_free(c->out[side][i - 1]);
	}
	if (i == c->frames) {
		c->frames = c->segments = 0;
		return false;
	}
	*res = (struct crew_result){.frame = c->frame[i], .trace = c->trace[i]};
	for (unsigned side = 0; side < SIDES; side++) {
		const struct rte_mbuf *m = c->out[side][i];

		res->data[side] = m ? rte_pktmbuf_mtod(m, const uint8_t *) : NULL;
		res->len[side] = m ? m->data_len : 0;
	}
	c->told++;
	return true;
}

void crew_report(struct crew *c, struct report *report)
{
	uint64_t cycles = 0;

	stop_workers(c);
	*report = (struct report){.ran = true};
	for (unsigned i = 0; i < c->n; i++) {
		counts_add(&report->counts, &c->worker[i]->counts);
		cycles += c->worker[i]->busy_cycles;
	}
	if (c->done == 0 || cycles == 0)
		return;
	report->tsc_cycles_per_packet = (double)cycles / (double)c->done;
	report->mpps = (double)rte_get_tsc_hz() / report->tsc_cycles_per_packet / 1e6;
}
