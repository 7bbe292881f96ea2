#include "config/cpus.h"
#include "config/load.h"

#include <stdarg.h>
#include <string.h>

struct rules {
	const struct config *c;
	const struct config_lines *lines;
	struct doc *d;
};

/* A setting in a rule, or one bearer of scef.bearers. */
struct place {
	const char *path;
	uint32_t line; /* 0: not in the file, its default stands */
	bool wrong;    /* its value was refused: no rule can speak about it */
};

static struct place place_of(const struct rules *r, const char *path)
{
	int i = schema_find(path);

	return (struct place){path, r->lines->field[i], r->lines->wrong[i]};
}

/* "core.ipv6 none (line 4)" */
static const char *describe(const struct rules *r, const struct place *p, char *out, size_t size)
{
	char value[FIELD_TEXT];

	field_write(&config_fields[schema_find(p->path)], r->c, value);
	if (p->line != 0)
		snprintf(out, size, "%s %s (line %u)", p->path, value, p->line);
	else
		snprintf(out, size, "%s %s (default)", p->path, value);
	return out;
}

/* Reports two settings that do not go together at the one that is in the file, a before b. */
__attribute__((format(printf, 4, 5))) static void contradict(const struct rules *r, struct place a,
							     struct place b, const char *fmt, ...)
{
	char other[FIELD_TEXT + 64], what[256];
	va_list args;

	if (a.wrong || b.wrong)
		return;
	if (a.line == 0) {
		struct place swap = a;

		a = b;
		b = swap;
	}
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	doc_error(r->d, a.line, a.path, "with %s, %s", describe(r, &b, other, sizeof(other)), what);
}

/* What an own or a peer's address must not be, or NULL. RFC 1122 3.2.1.3, RFC 4291 2.5.2 and 2.7.
 */
static const char *not_unicast(const struct endpoint *e)
{
	static const uint8_t zero[16], broadcast[4] = {255, 255, 255, 255};
	size_t n = e->family == 4 ? 4 : 16;

	if (e->family == 0)
		return NULL;
	if (memcmp(e->addr, zero, n) == 0)
		return "is the unspecified address";
	if (e->family == 4 && memcmp(e->addr, broadcast, n) == 0)
		return "is the broadcast address";
	if (e->family == 4 ? e->addr[0] >> 4 == 0xe : e->addr[0] == 0xff)
		return "is a multicast address";
	return NULL;
}

static void check_unicast(const struct rules *r, struct place p, const struct endpoint *e)
{
	const char *wrong = not_unicast(e);

	if (wrong) {
		char text[ENDPOINT_TEXT];

		doc_error(r->d, p.line, p.path, "%s %s (allowed: unicast addresses)",
			  endpoint_write(e, text), wrong);
	}
}

static void check_mac(const struct rules *r, const char *path, const uint8_t mac[6])
{
	static const uint8_t zero[6];

	/* IEEE 802 8.2: the low bit of the first octet marks a group. */
	if (mac[0] & 1 || memcmp(mac, zero, sizeof(zero)) == 0)
		doc_error(r->d, place_of(r, path).line, path, "is %s (allowed: a single station's)",
			  mac[0] & 1 ? "a group's address" : "all zero");
}

/* A family of one side: its own address, who is a neighbour, and who leads to all others. */
struct family {
	const char *own_path, *prefix_path, *router_path;
	const struct endpoint *own, *router;
	uint16_t prefix;
};

static bool on_link(const struct family *f)
{
	const uint8_t *a = f->own->addr, *b = f->router->addr;
	unsigned octets = f->prefix / 8, bits = f->prefix % 8;

	/* RFC 4291 2.5.6: link-local addresses are on every link. */
	if (f->own->family == 6 && b[0] == 0xfe && (b[1] & 0xc0) == 0x80)
		return true;
	return memcmp(a, b, octets) == 0 &&
	       (bits == 0 || (a[octets] ^ b[octets]) >> (8 - bits) == 0);
}

static void check_router(const struct rules *r, const struct family *f, const char *static_path,
			 bool static_next_hop)
{
	struct place p = place_of(r, f->router_path);

	if (f->router->family == 0)
		return;
	check_unicast(r, p, f->router);
	if (f->own->family == 0)
		contradict(r, p, place_of(r, f->own_path),
			   "there is no own address to reach it from (allowed: none)");
	else if (endpoint_equal(f->own, f->router))
		contradict(r, p, place_of(r, f->own_path),
			   "the router is the gateway itself (allowed: another host)");
	else if (!on_link(f))
		contradict(r, p, place_of(r, f->prefix_path),
			   "the router is no neighbour of %s (allowed: addresses on the link)",
			   f->own_path);
	if (static_next_hop)
		contradict(r, p, place_of(r, static_path),
			   "the router is never asked (allowed: one of the two)");
}

struct side_paths {
	const char *ipv4, *ipv6, *mac, *next_hop_mac, *ipv4_prefix, *ipv6_prefix, *ipv4_router,
		*ipv6_router, *static_next_hop;
};

#define SIDE_PATHS(side)                                                                           \
	{                                                                                          \
		side ".ipv4", side ".ipv6", side ".mac", side ".next_hop_mac",                     \
			side ".ipv4_prefix", side ".ipv6_prefix", side ".ipv4_router",             \
			side ".ipv6_router", side ".static_next_hop"                               \
	}

static void check_side(const struct rules *r, const struct config_side *s,
		       const struct side_paths *path)
{
	const struct family ipv4 = {path->ipv4, path->ipv4_prefix, path->ipv4_router,
				    &s->ipv4,   &s->ipv4_router,   s->ipv4_prefix};
	const struct family ipv6 = {path->ipv6, path->ipv6_prefix, path->ipv6_router,
				    &s->ipv6,   &s->ipv6_router,   s->ipv6_prefix};

	check_unicast(r, place_of(r, path->ipv4), &s->ipv4);
	check_unicast(r, place_of(r, path->ipv6), &s->ipv6);
	check_mac(r, path->mac, s->mac);
	check_mac(r, path->next_hop_mac, s->next_hop_mac);
	if (s->ipv4.family == 0 && s->ipv6.family == 0)
		contradict(r, place_of(r, path->ipv4), place_of(r, path->ipv6),
			   "this side has no address (allowed: an address of at least one family)");
	check_router(r, &ipv4, path->static_next_hop, s->static_next_hop);
	check_router(r, &ipv6, path->static_next_hop, s->static_next_hop);
}

/* Two DPDK devices have two names, whatever their arguments. */
static void check_ports(const struct rules *r)
{
	const char *access = r->c->access.port, *core = r->c->core.port;
	size_t n = strcspn(access, ",");

	if (n > 0 && n == strcspn(core, ",") && memcmp(access, core, n) == 0)
		contradict(r, place_of(r, "access.port"), place_of(r, "core.port"),
			   "both sides are one device (allowed: a device for each side)");
}

static void check_cores(const struct rules *r)
{
	uint16_t cpu[CONFIG_WORKERS_MAX];
	int n = cpus_read(r->c->cores, cpu);

	if (n > 0 && (uint32_t)n < r->c->workers)
		contradict(r, place_of(r, "cores"), place_of(r, "workers"),
			   "there are fewer CPUs than workers (allowed: one for each, or empty)");
}

/* One socket cannot be both sides: a frame to it could not be told apart. */
static void check_sockets(const struct rules *r, const struct endpoint *access,
			  const struct endpoint *core, const char *family)
{
	if (access->family != 0 && endpoint_equal(access, core) &&
	    r->c->access.udp_port == r->c->core.udp_port)
		contradict(r, place_of(r, "access.udp_port"), place_of(r, "core.udp_port"),
			   "access.%s and core.%s are the same (allowed: another port or address)",
			   family, family);
}

static void check_scef(const struct rules *r, struct place p, const struct endpoint *e)
{
	const struct config_side *core = &r->c->core;
	const char *path = e->family == 4 ? "core.ipv4" : "core.ipv6";
	struct endpoint own = e->family == 4 ? core->ipv4 : core->ipv6;
	char text[ENDPOINT_TEXT];

	if (e->family == 0)
		return;
	check_unicast(r, p, e);
	endpoint_write(e, text);
	if (own.family == 0)
		contradict(r, p, place_of(r, path),
			   "%s cannot be reached (allowed: endpoints of core's families)", text);
	own.port = core->udp_port;
	if (endpoint_equal(e, &own))
		contradict(r, p, place_of(r, path),
			   "%s is the gateway itself (allowed: other hosts or ports)", text);
}

static void check_scefs(const struct rules *r)
{
	check_scef(r, place_of(r, "scef.endpoint"), &r->c->scef.fallback);
	for (unsigned i = 0; i < BEARER_COUNT; i++) {
		struct place p = {"scef.bearers", r->lines->bearer[i], false};

		check_scef(r, p, &r->c->scef.endpoint[i]);
	}
}

void config_check(const struct config *c, const struct config_lines *lines, struct doc *d)
{
	static const struct side_paths access = SIDE_PATHS("access"), core = SIDE_PATHS("core");
	const struct rules r = {c, lines, d};

	check_side(&r, &c->access, &access);
	check_side(&r, &c->core, &core);
	check_ports(&r);
	check_cores(&r);
	check_sockets(&r, &c->access.ipv4, &c->core.ipv4, "ipv4");
	check_sockets(&r, &c->access.ipv6, &c->core.ipv6, "ipv6");
	check_scefs(&r);
	if (c->resume.ahead > c->resume.limit)
		contradict(&r, place_of(&r, "resume.ahead"), place_of(&r, "resume.limit"),
			   "resume.ahead lies above resume.limit (allowed: up to it)");
	if (memchr(c->eea.id, EEA0, c->eea.n) && !c->allow_eea0)
		contradict(&r, place_of(&r, "priority.eea"), place_of(&r, "policy.eea0"),
			   "EEA0 is listed without being allowed (allowed: policy.eea0: true)");
}
