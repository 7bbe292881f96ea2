#include "dataplane/ports.h"

#include "dataplane/device.h"
#include "dataplane/eal_log.h"

#include <rte_dev.h>
#include <rte_ethdev.h>

#include <errno.h>
#include <stdlib.h>

enum {
	DESCRIPTORS = 1024,     /* of a queue; a driver may round them */
	QUEUE_MBUFS = 4 * 1024, /* of a pair of queues: what drivers keep beside descriptors, too */
	LINK_OVERHEAD = 14 + 4 + 4, /* Ethernet header, VLAN tag, checksum */
	ROOM_STEP = 1024            /* some devices take whole KiB of a buffer */
};

/* One worker's queues of one port. */
struct queue {
	struct port port;
	uint16_t device, rx, tx;
};

struct device {
	uint16_t id;
	bool made, configured;
	uint16_t rx_queues;
	char name[DEVICE_NAME_MAX];
	struct rte_ether_addr mac;
};

struct ports {
	const struct config *config;
	struct rte_mempool *pool;
	struct device device[SIDES];
	struct queue queue[SIDES][CONFIG_WORKERS_MAX];
};

static uint16_t receive(struct port *p, struct rte_mbuf **m, uint16_t n)
{
	const struct queue *q = (const struct queue *)p;

	return rte_eth_rx_burst(q->device, q->rx, m, n);
}

static uint16_t receive_nothing(struct port *p, struct rte_mbuf **m, uint16_t n)
{
	(void)p, (void)m, (void)n;
	return 0;
}

static uint16_t transmit(struct port *p, struct rte_mbuf **m, uint16_t n)
{
	const struct queue *q = (const struct queue *)p;

	return rte_eth_tx_burst(q->device, q->tx, m, n);
}

static const struct config_side *side_of(const struct config *c, unsigned side)
{
	return side == ACCESS ? &c->access : &c->core;
}

uint32_t ports_mbufs(const struct config *c)
{
	return SIDES * c->workers * QUEUE_MBUFS;
}

uint16_t ports_room(const struct config *c)
{
	uint32_t octets = RTE_MBUF_DEFAULT_DATAROOM;

	for (unsigned side = 0; side < SIDES; side++) {
		const struct config_side *s = side_of(c, side);

		octets = RTE_MAX(octets, (uint32_t)s->mtu + LINK_OVERHEAD);
		/* af_packet wants room for a whole slot of its ring. */
		octets = RTE_MAX(octets, RTE_MIN(device_number(s->port, "framesz"), 32768u));
	}
	return (uint16_t)(RTE_PKTMBUF_HEADROOM + RTE_ALIGN(octets, ROOM_STEP));
}

/* Reports what went wrong with a side's port, and why: what DPDK said, whose error codes mislead.
 */
static int fail(const struct ports *p, unsigned side, const char *what, int err)
{
	fprintf(stderr, "%s.port: %s: %s\n", side_name((enum side)side),
		side_of(p->config, side)->port, what);
	eal_log_show(stderr);
	return err;
}

static int find_device(const char *device, const char *name, uint16_t *id)
{
	struct rte_dev_iterator at;

	if (rte_eth_dev_get_port_by_name(name, id) == 0)
		return 0;
	RTE_ETH_FOREACH_MATCHING_DEV(*id, device, &at)
	{
		rte_eth_iterator_cleanup(&at);
		return 0;
	}
	return -ENODEV;
}

static int make_device(struct ports *p, unsigned side)
{
	const char *device = side_of(p->config, side)->port;
	struct device *d = &p->device[side];
	int ret;

	if (!device[0]) {
		fprintf(stderr,
			"%s.port: is not set (allowed: a PCI address, or a DPDK device such as "
			"net_af_packet0,iface=eth1)\n",
			side_name((enum side)side));
		return -EINVAL;
	}
	device_name(device, d->name);
	eal_log_forget();
	ret = find_device(device, d->name, &d->id);
	if (ret != 0) {
		ret = rte_dev_probe(device);
		if (ret == 0)
			ret = find_device(device, d->name, &d->id);
	}
	if (ret != 0)
		return fail(p, side, "cannot be made", ret);
	d->made = true;
	return 0;
}

/* The argument by which a device gets more queues, or NULL. */
static const char *queues_argument(const char *device)
{
	static const char *const arguments[][2] = {
		{"net_af_packet", "qpairs"},
		{"net_af_xdp", "queue_count"},
		{"net_virtio_user", "queues"},
		{"net_vhost", "queues"},
	};
	char driver[DEVICE_NAME_MAX];

	device_driver(device, driver);
	for (size_t i = 0; i < RTE_DIM(arguments); i++) {
		if (strcmp(arguments[i][0], driver) == 0)
			return arguments[i][1];
	}
	return NULL;
}

static int check_queues(const struct ports *p, unsigned side, const struct rte_eth_dev_info *info)
{
	const char *device = side_of(p->config, side)->port, *argument = queues_argument(device);
	uint32_t workers = p->config->workers;

	if (info->max_tx_queues >= workers && info->max_rx_queues > 0)
		return 0;
	fprintf(stderr, "%s.port: %s: has %u TX queue%s for %u workers (allowed: ",
		side_name((enum side)side), device, info->max_tx_queues,
		info->max_tx_queues == 1 ? "" : "s", workers);
	if (argument)
		fprintf(stderr, "%s=%u in its arguments, or ", argument, workers);
	fprintf(stderr, "workers: %u)\n", info->max_tx_queues);
	return -EINVAL;
}

static int setup_queues(const struct ports *p, const struct device *d, uint16_t tx_queues)
{
	uint16_t rx_slots = DESCRIPTORS, tx_slots = DESCRIPTORS;
	int socket = rte_eth_dev_socket_id(d->id);
	int ret = rte_eth_dev_adjust_nb_rx_tx_desc(d->id, &rx_slots, &tx_slots);

	for (uint16_t i = 0; i < d->rx_queues && ret == 0; i++)
		ret = rte_eth_rx_queue_setup(d->id, i, rx_slots, (unsigned)socket, NULL, p->pool);
	for (uint16_t i = 0; i < tx_queues && ret == 0; i++)
		ret = rte_eth_tx_queue_setup(d->id, i, tx_slots, (unsigned)socket, NULL);
	return ret;
}

/* Queues for the workers; spread by RSS where there are several. */
static int configure_device(struct ports *p, unsigned side)
{
	struct device *d = &p->device[side];
	uint16_t workers = (uint16_t)p->config->workers;
	struct rte_eth_conf conf = {.rxmode.mtu = side_of(p->config, side)->mtu};
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(d->id, &info);

	if (ret != 0)
		return fail(p, side, "cannot be asked what it can do", ret);
	ret = check_queues(p, side, &info);
	if (ret != 0)
		return ret;
	d->rx_queues = RTE_MIN(workers, info.max_rx_queues);
	if (d->rx_queues > 1) {
		conf.rx_adv_conf.rss_conf.rss_hf =
			info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP);
		if (conf.rx_adv_conf.rss_conf.rss_hf)
			conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	}
	/* All that is sent comes from the one pool, and nobody holds on to it. */
	conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	ret = rte_eth_dev_configure(d->id, d->rx_queues, workers, &conf);
	if (ret != 0)
		return fail(p, side, "cannot be configured", ret);
	d->configured = true;
	ret = setup_queues(p, d, workers);
	return ret ? fail(p, side, "its queues cannot be set up", ret) : 0;
}

/* Frames to us, to all, and to the groups that IPv6 neighbours ask in (RFC 4861 7.2.1). */
static void set_filters(struct device *d, const struct config_side *s)
{
	struct rte_ether_addr group[] = {
		{{0x33, 0x33, 0, 0, 0, 1}},
		{{0x33, 0x33, 0xff, s->ipv6.addr[13], s->ipv6.addr[14], s->ipv6.addr[15]}},
	};

	rte_eth_promiscuous_disable(d->id);
	if (rte_eth_allmulticast_enable(d->id) != 0)
		rte_eth_dev_set_mc_addr_list(d->id, group, RTE_DIM(group));
}

static int start_device(struct ports *p, unsigned side, struct config_side *s)
{
	struct device *d = &p->device[side];
	int ret;

	set_filters(d, s);
	ret = rte_eth_dev_start(d->id);
	if (ret != 0)
		return fail(p, side, "does not start", ret);
	ret = rte_eth_macaddr_get(d->id, &d->mac);
	if (ret == 0 && !rte_is_zero_ether_addr(&d->mac))
		memcpy(s->mac, d->mac.addr_bytes, sizeof(s->mac));
	else
		memcpy(d->mac.addr_bytes, s->mac, sizeof(s->mac));
	return 0;
}

static void make_queues(struct ports *p, unsigned side)
{
	const struct device *d = &p->device[side];

	for (uint16_t i = 0; i < p->config->workers; i++)
		p->queue[side][i] = (struct queue){
			.port = {.rx = i < d->rx_queues ? receive : receive_nothing,
				 .tx = transmit},
			.device = d->id,
			.rx = i,
			.tx = i,
		};
}

struct ports *ports_create(struct config *c, struct rte_mempool *pool)
{
	struct ports *p = calloc(1, sizeof(*p));
	int ret = 0;

	if (!p) {
		fprintf(stderr, "no memory for the ports\n");
		return NULL;
	}
	p->config = c;
	p->pool = pool;
	for (unsigned side = 0; side < SIDES && ret == 0; side++)
		ret = make_device(p, side);
	for (unsigned side = 0; side < SIDES && ret == 0; side++)
		ret = configure_device(p, side);
	for (unsigned side = 0; side < SIDES && ret == 0; side++)
		ret = start_device(p, side, side == ACCESS ? &c->access : &c->core);
	if (ret != 0) {
		ports_destroy(p);
		return NULL;
	}
	for (unsigned side = 0; side < SIDES; side++)
		make_queues(p, side);
	return p;
}

void ports_destroy(struct ports *p)
{
	if (!p)
		return;
	for (unsigned side = 0; side < SIDES; side++) {
		if (p->device[side].configured)
			rte_eth_dev_stop(p->device[side].id);
		if (p->device[side].made)
			rte_eth_dev_close(p->device[side].id);
	}
	free(p);
}

struct port *ports_of(struct ports *p, enum side side, unsigned worker)
{
	return &p->queue[side][worker].port;
}

bool ports_link(const struct ports *p, enum side side)
{
	struct rte_eth_link link = {0};

	return rte_eth_link_get_nowait(p->device[side].id, &link) != 0 ||
	       link.link_status == RTE_ETH_LINK_UP;
}

const char *ports_describe(const struct ports *p, enum side side, char out[PORTS_TEXT])
{
	const struct device *d = &p->device[side];
	char mac[RTE_ETHER_ADDR_FMT_SIZE];

	rte_ether_format_addr(mac, sizeof(mac), &d->mac);
	snprintf(out, PORTS_TEXT, "%s %s %s", side_name(side), d->name, mac);
	return out;
}
