/*
 * What can become of a frame, roughly in the order in which it is decided (sdt.md 10 has the exact
 * one). Enum, names, JSON, telemetry, tables and documentation all come from these lists: one more
 * fate is one more row.
 */
#pragma once

#include <stdint.h>

enum side { ACCESS, CORE, SIDES };

/* X(symbol, name, sides it can occur on, meaning) */
#define FATES(X)                                                                                   \
	X(ALIVE, "alive", 0, "still on its way (never counted)")                                   \
	X(SENT, "sent", 3, "delivered to the other side")                                          \
	X(TO_HOST, "to_host", 3, "ARP; on live ports also ND and ICMP to the gateway")             \
	X(NOT_OURS, "not_ours", 3, "not from one host to our Ethernet, VLAN and IP (live ports)")  \
	X(NOT_IP, "not_ip", 3, "another EtherType, or too short for its Ethernet header")          \
	X(BAD_IP, "bad_ip", 3, "cut short, wrong version, header length or header checksum")       \
	X(IP_OPTIONS, "ip_options", 3, "IPv4 options or an IPv6 extension header")                 \
	X(FRAGMENT, "fragment", 3, "an IP fragment")                                               \
	X(NOT_UDP, "not_udp", 3, "another transport protocol")                                     \
	X(BAD_UDP, "bad_udp", 3, "UDP length below 8 or beyond the packet")                        \
	X(WRONG_PORT, "wrong_port", 3, "another UDP destination port")                             \
	X(RUNT, "runt", 1, "shorter than its header and tag")                                      \
	X(BAD_VERSION, "bad_version", 1, "protocol version is not 1")                              \
	X(BAD_TYPE, "bad_type", 1, "neither DATA nor RESUME")                                      \
	X(BAD_RESERVED, "bad_reserved", 1, "REKEY, an unknown algorithm, EIA0, T without EIA2")    \
	X(UNKNOWN_KEY, "unknown_key", 1, "no SA of a device under this key id")                    \
	X(EXPIRED, "expired", 3, "the SA is past its expiry")                                      \
	X(CLOSED, "closed", 3, "the SA's transmission has ended")                                  \
	X(WRONG_ALGORITHM, "wrong_algorithm", 1, "algorithms or tag length are not the SA's")      \
	X(WRONG_EPOCH, "wrong_epoch", 1, "epoch is not the SA's")                                  \
	X(TOO_OLD, "too_old", 1, "COUNT left of the window")                                       \
	X(REPLAYED, "replayed", 1, "COUNT seen before")                                            \
	X(TOO_FAR, "too_far", 1, "COUNT too far ahead, or used up")                                \
	X(THROTTLED, "throttled", 1, "failure budget spent, or a rate limit of RESUME")            \
	X(BAD_TAG, "bad_tag", 1, "integrity check failed")                                         \
	X(RESUMED, "resumed", 1, "RESUME accepted, payload delivered, RESUMED sent")               \
	X(RESUME_REPEATED, "resume_repeated", 1, "the last RESUME again, answered again")          \
	X(RESUME_SYNCED, "resume_synced", 1, "RESUME with another Count, answered by SYNC")        \
	X(RESUME_REFUSED, "resume_refused", 1, "RESUME above the limit, answered by SYNC")         \
	X(BAD_CHECKSUM, "bad_checksum", 2, "wrong UDP checksum")                                   \
	X(UNKNOWN_SOURCE, "unknown_source", 2, "sender is not a configured SCEF")                  \
	X(BAD_FRAME, "bad_frame", 2, "malformed core frame")                                       \
	X(UNKNOWN_DEVICE, "unknown_device", 2, "no SA for this IMSI and key id")                   \
	X(NO_ADDRESS, "no_address", 2, "the device has not been heard yet")                        \
	X(TOO_LONG, "too_long", 3, "payload above 1358 octets, or above the MTU (live ports)")     \
	X(EXHAUSTED, "exhausted", 2, "downlink COUNT is used up")                                  \
	X(HELD, "held", 2, "kept for the next RESUMED")                                            \
	X(OVERLOAD, "overload", 2, "could not be kept")                                            \
	X(NO_NEIGHBOUR, "no_neighbour", 3, "Ethernet address of the next hop not known yet")       \
	X(HANDOVER_FULL, "handover_full", 3, "a ring between workers was full")                    \
	X(NO_MBUF, "no_mbuf", 3, "no buffer for the frame")                                        \
	X(TX_FULL, "tx_full", 3, "the port took no more")

/* Counters beside the fates; X(symbol, name, sides, meaning). */
#define TALLIES(X)                                                                                 \
	X(RX, "rx", 3, "frames received")                                                          \
	X(TX, "tx", 3, "frames sent")                                                              \
	X(ANSWERS_LOST, "answers_lost", 3, "answers to this side that its port did not take")      \
	X(HELD_TIMED_OUT, "held_timed_out", 2, "held frames refused after their time")             \
	X(HELD_RESENT, "held_resent", 1, "held frames sent again behind a repeated RESUMED")

#define X(sym, name, sides, meaning) FATE_##sym,
enum fate { FATES(X) FATE_COUNT };
#undef X

#define X(sym, name, sides, meaning) TALLY_##sym,
enum tally { TALLIES(X) TALLY_COUNT };
#undef X

/* One worker's, or the sum of all workers': frames of each side. */
struct counts {
	uint64_t fate[SIDES][FATE_COUNT];
	uint64_t tally[SIDES][TALLY_COUNT];
};

/* The names of sdt.md 10, and a line for people. Static storage. */
const char *fate_name(enum fate f);
const char *fate_meaning(enum fate f);
const char *tally_name(enum tally t);
const char *tally_meaning(enum tally t);
const char *side_name(enum side s);

/* Whether the fate can occur, or the counter exists, on that side. */
int fate_on(enum fate f, enum side s);
int tally_on(enum tally t, enum side s);

/* Adds b to a. */
void counts_add(struct counts *a, const struct counts *b);

/*
 * Whether the sums of sdt.md 10 hold: rx of a side = its fates; tx of a side = what was delivered
 * to it, answers included. Returns 0, or a line that says which sum does not (static storage).
 */
const char *counts_imbalance(const struct counts *c);
