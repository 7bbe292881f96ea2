/*
 * What an operator may set for the data plane. One table (schema.c) gives each setting its path,
 * type, unit, range, default and help; loading, checking, printing and the manual walk that table.
 */
#pragma once

#include "config/endpoint.h"
#include "crypto/suite.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
	CONFIG_BURST_MAX = 256,
	CONFIG_WORKERS_MAX = 64,
	CONFIG_PATH_MAX = 256,
	CONFIG_UIDS_MAX = 16
};

/* One of the gateway's two sides: its own addresses and how its next hops are reached. */
struct config_side {
	struct endpoint ipv4, ipv6; /* own addresses; ports unused; family 0: none */
	uint16_t udp_port; /* own port: source of what is sent, destination of what is taken */
	uint8_t mac[6];    /* own Ethernet address in replays */
	uint8_t next_hop_mac[6]; /* destination of what is sent, where no neighbour is asked */
	uint16_t vlan;           /* 0: untagged, else the tag of what is sent, 1 to 4094 */

	/* Live ports alone. */
	char port[CONFIG_PATH_MAX];        /* DPDK device: a PCI address, or driver and arguments */
	uint16_t mtu;                      /* octets of an IP packet */
	uint16_t ipv4_prefix, ipv6_prefix; /* bits: who is a neighbour */
	struct endpoint ipv4_router, ipv6_router; /* next hop of all others; family 0: none */
	bool static_next_hop; /* all goes to next_hop_mac, no neighbour is asked */
};

struct config_scef {
	struct endpoint endpoint[BEARER_COUNT]; /* by bearer; family 0: the default's */
	struct endpoint fallback;               /* the default endpoint */
};

struct config_resume {
	uint32_t ahead;      /* how far n may lie above m */
	uint32_t limit;      /* highest n accepted */
	uint32_t per_second; /* checks a second and worker on live ports; 0: no limit */
};

struct config_held {
	uint32_t frames;  /* pool; 0: HOLD is ignored */
	uint32_t seconds; /* how long a frame is kept */
};

/* Choice for RESUMED: ids in order of preference; n = 0: the installed algorithm stays. */
struct config_priority {
	uint8_t n;
	uint8_t id[4];
};

/* Who may use the key socket, beside root and the data plane's own user. */
struct config_uids {
	uint8_t n;
	uint32_t id[CONFIG_UIDS_MAX];
};

struct config_key_socket {
	char path[108]; /* as much as a socket's address holds; empty: none */
	char group[32]; /* that owns it; empty: the process's own */
	struct config_uids uids, read_uids;
};

struct config_eal {
	char options[CONFIG_PATH_MAX]; /* more options, separated by blanks */
	char hugepages[8];             /* "auto": where there are enough; "no" */
	uint32_t memory;               /* MiB for buffers and rings; 0: computed */
};

struct config {
	bool lab;
	uint32_t workers;
	uint32_t burst;              /* frames a stage handles at a time, 1 to CONFIG_BURST_MAX */
	char cores[CONFIG_PATH_MAX]; /* CPUs of the workers, such as 2-3,5; empty: chosen */
	uint32_t sa_slots;           /* security associations that fit, 1 to 2^24 */
	uint32_t sa_per_device;      /* and of one IMSI; a replay does not ask */
	char sa_mapping[CONFIG_PATH_MAX]; /* file of the table, on hugetlbfs or tmpfs */
	bool allow_eea0;                  /* whether RESUMED may choose EEA0 */
	struct config_side access, core;
	struct config_scef scef;
	struct config_resume resume;
	struct config_held held;
	struct config_key_socket key_socket;
	struct config_eal eal;
	struct config_priority eea, eia;
	char crypto[16];                  /* "auto" or "ipsec-mb" */
	char static_sas[CONFIG_PATH_MAX]; /* empty: none */
};

/* Every setting at its default. */
void config_defaults(struct config *c);

/*
 * Reads `path` over the defaults and checks rules across settings. Every error is written to
 * `errors` as `file:line: key: what is wrong (allowed: ...)`, one a line, all of them. Returns 0,
 * or -EINVAL (at least one line was written), or -errno where the file cannot be read (a line was
 * written). c is unchanged unless 0 is returned. Main thread.
 */
int config_load(const char *path, struct config *c, FILE *errors);

/* The same from memory; `name` stands for the file in messages. */
int config_load_text(const char *text, size_t len, const char *name, struct config *c,
		     FILE *errors);

/* Writes the effective configuration as YAML that config_load takes, each setting with its help. */
void config_print(const struct config *c, FILE *out);
