#include "pcap/bad.h"

#include <string.h>

enum { GAP_MAX = 1 << 15 };

#define BOTH(sym, packet, how)                                                                     \
	{ACCESS, FATE_##sym, ORDINARY, packet, NULL, NULL, NULL, how},                             \
	{                                                                                          \
		CORE, FATE_##sym, ORDINARY, packet, NULL, NULL, NULL, how                          \
	}

const struct recipe bad_recipes[] = {
	/* clang-format off */
	BOTH(TO_HOST,    bad_arp,         "an ARP request"),
	BOTH(NOT_IP,     bad_ether_type,  "an EtherType that is not IP's"),
	BOTH(BAD_IP,     bad_ip_length,   "one octet less than the IP header says"),
	BOTH(IP_OPTIONS, bad_ip_options,  "IPv4 options, or IPv6 destination options"),
	BOTH(FRAGMENT,   bad_ip_fragment, "the first of several fragments"),
	BOTH(NOT_UDP,    bad_ip_protocol, "the IP header says TCP"),
	BOTH(BAD_UDP,    bad_udp_length,  "UDP length 7, below its header's"),
	BOTH(WRONG_PORT, bad_udp_port,    "the port above the gateway's"),

	{ACCESS, FATE_RUNT,            ORDINARY, NULL, bad_runt,      NULL, NULL, "15 octets of DATA"},
	{ACCESS, FATE_BAD_VERSION,     ORDINARY, NULL, bad_version,   NULL, NULL, "version 2"},
	{ACCESS, FATE_BAD_TYPE,        ORDINARY, NULL, bad_type,      NULL, NULL, "type RESUMED, from a device"},
	{ACCESS, FATE_BAD_RESERVED,    ORDINARY, NULL, bad_reserved,  NULL, NULL, "REKEY, from a device"},
	{ACCESS, FATE_TOO_LONG,        ORDINARY, NULL, bad_long,      NULL, NULL, "a payload of 1359 octets"},
	{ACCESS, FATE_UNKNOWN_KEY,     ORDINARY, NULL, bad_key_id,    NULL, NULL, "a key id that no SA has"},
	{ACCESS, FATE_EXPIRED,         EXPIRED,  NULL, bad_nothing,   NULL, NULL, "good DATA under an SA that expired the day before"},
	{ACCESS, FATE_CLOSED,          ONE_KEY,  NULL, NULL, NULL, bad_closed,    "DATA behind an END, where an SA has one key per transmission"},
	{ACCESS, FATE_WRONG_ALGORITHM, ORDINARY, NULL, bad_algorithm, NULL, NULL, "an EEA that is not in force"},
	{ACCESS, FATE_WRONG_EPOCH,     ORDINARY, NULL, bad_epoch,     NULL, NULL, "the epoch after the one in force"},
	{ACCESS, FATE_TOO_OLD,         ORDINARY, NULL, NULL, NULL, bad_old,       "good DATA, 64 below a COUNT that came before it"},
	{ACCESS, FATE_REPLAYED,        ORDINARY, NULL, NULL, NULL, bad_replayed,  "good DATA a second time"},
	{ACCESS, FATE_TOO_FAR,         ORDINARY, NULL, NULL, NULL, bad_far,       "good DATA with the first COUNT that is too far ahead"},
	{ACCESS, FATE_THROTTLED,       ORDINARY, NULL, NULL, NULL, bad_throttled, "the eleventh repeat of one RESUME within a second"},
	{ACCESS, FATE_BAD_TAG,         ORDINARY, NULL, NULL, NULL, bad_tag,       "the tag's last bit turned"},
	{ACCESS, FATE_RESUMED,         ORDINARY, NULL, NULL, NULL, bad_resumed,   "a good RESUME"},
	{ACCESS, FATE_RESUME_REPEATED, ORDINARY, NULL, NULL, NULL, bad_repeated,  "a good RESUME a second time"},
	{ACCESS, FATE_RESUME_SYNCED,   ORDINARY, NULL, NULL, NULL, bad_synced,    "a RESUME one Count further ahead than is allowed"},
	{ACCESS, FATE_RESUME_REFUSED,  ORDINARY, NULL, NULL, NULL, bad_refused,   "a RESUME with the first Count above the limit"},
	{ACCESS, FATE_SENT,            ORDINARY, NULL, NULL, NULL, bad_sent,      "good DATA"},

	{CORE, FATE_BAD_CHECKSUM,   ORDINARY,    bad_udp_checksum, NULL, NULL, NULL, "a wrong UDP checksum"},
	{CORE, FATE_BAD_FRAME,      ORDINARY,    NULL, NULL, bad_core_frame,   NULL, "EARLY, which only MO data may have"},
	{CORE, FATE_UNKNOWN_DEVICE, ORDINARY,    NULL, NULL, bad_core_device,  NULL, "an IMSI that no SA has"},
	{CORE, FATE_EXPIRED,        EXPIRED,     NULL, NULL, bad_core_nothing, NULL, "MT data for an SA that expired the day before"},
	{CORE, FATE_CLOSED,         ONE_KEY,     NULL, NULL, NULL, bad_core_closed,  "MT data 30 s behind an END, where an SA has one key per transmission"},
	{CORE, FATE_NO_ADDRESS,     SILENT,      NULL, NULL, bad_core_nothing, NULL, "MT data for a device that was never heard"},
	{CORE, FATE_TOO_LONG,       ORDINARY,    NULL, NULL, NULL, bad_core_long,    "MT data of 1359 octets"},
	{CORE, FATE_EXHAUSTED,      COUNTED_OUT, NULL, NULL, bad_core_nothing, NULL, "MT data for an SA whose downlink COUNT is at its end"},
	{CORE, FATE_SENT,           ORDINARY,    NULL, NULL, NULL, bad_core_sent,    "good MT data"},
	/* clang-format on */
};

const size_t bad_recipe_count = sizeof(bad_recipes) / sizeof(bad_recipes[0]);

const struct recipe *bad_find(const char *name, const struct recipe *after)
{
	const char *slash = strchr(name, '/');
	size_t n = slash ? (size_t)(slash - name) : 0;
	const char *fate = slash ? slash + 1 : name;

	for (const struct recipe *r = after ? after + 1 : bad_recipes;
	     r < bad_recipes + bad_recipe_count; r++) {
		const char *side = side_name(r->side);

		if (strcmp(fate, fate_name(r->fate)) == 0 &&
		    (!slash || (strlen(side) == n && strncmp(name, side, n) == 0)))
			return r;
	}
	return NULL;
}

static int spoil_packet(struct world *w, const struct recipe *r, struct player *p)
{
	struct good g;
	int rc = good_make(w, p, r->side, &g);

	if (rc < 0)
		return rc;
	r->packet(&g);
	world_frame(w, r->side, g.frame, g.len, &(struct expected){.fate = r->fate});
	return 0;
}

static int spoil_message(struct world *w, const struct recipe *r, struct player *p)
{
	uint8_t msg[MESSAGE_MAX];
	int n = world_seal(w, p, msg);

	if (n < 0)
		return n;
	n = r->message((struct sdt_hdr *)msg, n);
	world_message(w, p, msg, (size_t)n, r->fate);
	return 0;
}

static int spoil_mt(struct world *w, const struct recipe *r, const struct player *p)
{
	uint8_t payload[SDT_PAYLOAD_MAX];
	struct core mt;

	world_mt(w, p, payload, &mt);
	r->mt(&mt);
	world_core(w, &mt, p, r->fate);
	return 0;
}

/*
 * What dies leaves a gap in the device's COUNTs: before it grows beyond what the gateway takes,
 * something good closes it.
 */
static int make_ready(struct world *w, const struct recipe *r, struct player *p)
{
	uint8_t msg[MESSAGE_MAX];

	if (r->needs == ORDINARY && p->d.next_up > p->top + GAP_MAX)
		return world_send(w, p, 0, msg);
	return 0;
}

int bad_make(struct world *w, const struct recipe *r)
{
	struct player *p = world_player(w, r->needs);
	int rc = make_ready(w, r, p);

	if (rc < 0)
		return rc;
	if (r->packet)
		rc = spoil_packet(w, r, p);
	else if (r->message)
		rc = spoil_message(w, r, p);
	else if (r->mt)
		rc = spoil_mt(w, r, p);
	else
		rc = r->make(w, p);
	return rc < 0 ? rc : 0;
}
