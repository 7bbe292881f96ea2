/*
 * The slow path: what the gateway answers as a host on its two links (ARP, IPv6 neighbour
 * discovery, ICMP and ICMPv6 echo), and how it learns its neighbours. Main thread, woken about once
 * a millisecond while there is work; workers pass frames to it and send its answers, by rings.
 */
#pragma once

#include "dataplane/neighbours.h"
#include "dataplane/worker.h"

struct host;

/* X(symbol, name, meaning): counted on each side. */
#define HOST_COUNTERS(X)                                                                           \
	X(ARP, "arp", "ARP packets taken")                                                         \
	X(ND, "nd", "neighbour discovery messages taken")                                          \
	X(ECHO, "echo", "ICMP and ICMPv6 echo requests answered")                                  \
	X(ICMP, "icmp", "other ICMP and ICMPv6, looked at no further")                             \
	X(BAD, "bad", "malformed, or not for us")                                                  \
	X(SPOOFED, "spoofed", "an answer nobody asked for, or a claim on our own address")         \
	X(LIMITED, "limited", "above the rate of its kind")                                        \
	X(DROPPED, "dropped", "frames for the slow path that no ring had room for")                \
	X(LEARNT, "learnt", "neighbours found, or found to have moved")                            \
	X(ASKED, "asked", "requests sent for a neighbour")                                         \
	X(LOST, "lost", "neighbours that stopped answering")                                       \
	X(SENT, "sent", "frames sent")                                                             \
	X(NOT_SENT, "not_sent", "frames that no buffer, ring or port had room for")                \
	X(LINK_DOWN, "link_down", "times the link went down")

#define X(sym, name, meaning) HOST_##sym,
enum host_counter { HOST_COUNTERS(X) HOST_COUNTER_COUNT };
#undef X

const char *host_counter_name(enum host_counter c); /* static storage */

/*
 * Makes the slow path between the workers' rings and the neighbours' tables. `c` with the ports'
 * Ethernet addresses filled in. Says who we are and asks for routers and SCEFs at once. NULL and
 * ENOMEM; destroy takes NULL and frees what waits. Main thread, no worker running; before workers
 * and neighbours go.
 */
struct host *host_create(const struct config *c, struct neighbours *const n[SIDES],
			 struct worker *const *workers, unsigned worker_count,
			 struct rte_mempool *pool, uint64_t now_ns);
void host_destroy(struct host *h);

/*
 * One round: takes what workers passed (a bounded number, fairly), answers, asks for neighbours
 * that workers miss, asks again for those that grow old. Returns how many frames it took. Main
 * thread.
 */
unsigned host_run(struct host *h, uint64_t now_ns);

/* Tells it that a side's link came up (it announces itself and asks anew) or went down. */
void host_link(struct host *h, enum side side, bool up, uint64_t now_ns);

/* What it counted on that side. Main thread. */
uint64_t host_count(const struct host *h, enum side side, enum host_counter c);
