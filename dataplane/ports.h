/*
 * The Ethernet ports of a running data plane: each side's device, found or made from what the
 * configuration calls it, with a queue of both directions for each worker. Main thread.
 */
#pragma once

#include "config/config.h"
#include "dataplane/worker.h"

struct ports;

/* What the pool needs for them: mbufs that lie in their queues, and octets of each one's data. */
uint32_t ports_mbufs(const struct config *c);
uint16_t ports_room(const struct config *c);

/*
 * Makes and starts both ports, and writes their Ethernet addresses to c. NULL after lines on stderr
 * that name the setting and say what to change. destroy stops and closes them, frames in them
 * included; NULL is allowed. No worker running.
 */
struct ports *ports_create(struct config *c, struct rte_mempool *pool);
void ports_destroy(struct ports *p);

/* What a worker receives from and sends to. A worker without a queue of its own receives nothing.
 */
struct port *ports_of(struct ports *p, enum side side, unsigned worker);

/* Whether the link is up, as far as its driver knows. */
bool ports_link(const struct ports *p, enum side side);

/* "access net_af_packet0 02:00:00:00:00:01", for people; returns out. */
enum { PORTS_TEXT = 160 };
const char *ports_describe(const struct ports *p, enum side side, char out[PORTS_TEXT]);
