#include "config/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct outcome {
	int err;
	char *errors;
	struct config c;
};

static struct outcome load(const char *text, size_t len)
{
	struct outcome o = {0};
	size_t size;
	FILE *errors = open_memstream(&o.errors, &size);

	assert_non_null(errors);
	o.err = config_load_text(text, len, "f", &o.c, errors);
	fclose(errors);
	return o;
}

struct broken {
	const char *text, *errors;
};

#define ENDPOINTS "(allowed: ip:port, or in quotes [ip]:port)\n"
#define CPUS      "(allowed: CPUs 0 to 1023 as 2-3,5, at most 64)\n"
#define UIDS      "(allowed: a list of at most 16 user ids, 0 to 4294967294)\n"
#define LONG_PATH "0123456789012345678901234567890123456789012345678901234567890123"

static const struct broken settings[] = {
	/* clang-format off */
	/* numbers */
	{"workers: 0", "f:1: workers: \"0\" is out of range (allowed: 1 to 64 workers)\n"},
	{"workers: 65", "f:1: workers: \"65\" is out of range (allowed: 1 to 64 workers)\n"},
	{"workers: many", "f:1: workers: \"many\" is not a whole number (allowed: 1 to 64 workers)\n"},
	{"workers: 1.5", "f:1: workers: \"1.5\" is not a whole number (allowed: 1 to 64 workers)\n"},
	{"workers: -1", "f:1: workers: \"-1\" is out of range (allowed: 1 to 64 workers)\n"},
	{"workers: 0x41", "f:1: workers: \"0x41\" is out of range (allowed: 1 to 64 workers)\n"},
	{"workers:", "f:1: workers: \"\" is not a whole number (allowed: 1 to 64 workers)\n"},
	{"workers: true", "f:1: workers: \"true\" is not a whole number (allowed: 1 to 64 workers)\n"},
	{"workers: 99999999999999999999999", "f:1: workers: \"99999999999999999999999\" is out of range (allowed: 1 to 64 workers)\n"},
	{"burst: 257", "f:1: burst: \"257\" is out of range (allowed: 1 to 256 frames)\n"},
	{"sa: {slots: 0x1000001}", "f:1: sa.slots: \"0x1000001\" is out of range (allowed: 1 to 16777216 SAs)\n"},
	{"access:\n  udp_port: 65536", "f:2: access.udp_port: \"65536\" is out of range (allowed: 1 to 65535)\n"},
	{"core:\n  udp_port: 0", "f:2: core.udp_port: \"0\" is out of range (allowed: 1 to 65535)\n"},
	{"core:\n  vlan: 4095", "f:2: core.vlan: \"4095\" is out of range (allowed: 0 to 4094)\n"},
	{"resume: {limit: 4294967295}", "f:1: resume.limit: \"4294967295\" is out of range (allowed: 1 to 4294967294)\n"},
	{"held: {seconds: 0}", "f:1: held.seconds: \"0\" is out of range (allowed: 1 to 86400 seconds)\n"},
	/* other single values */
	{"lab: yes", "f:1: lab: \"yes\" is neither true nor false (allowed: true, false)\n"},
	{"policy: {eea0: 1}", "f:1: policy.eea0: \"1\" is neither true nor false (allowed: true, false)\n"},
	{"crypto: ours", "f:1: crypto: \"ours\" is no choice (allowed: auto, ipsec-mb)\n"},
	{"crypto: ''", "f:1: crypto: \"\" is no choice (allowed: auto, ipsec-mb)\n"},
	{"crypto: aut", "f:1: crypto: \"aut\" is no choice (allowed: auto, ipsec-mb)\n"},
	{"crypto: \"auto, ipsec-mb\"", "f:1: crypto: \"auto, ipsec-mb\" is no choice (allowed: auto, ipsec-mb)\n"},
	{"static_sas: " LONG_PATH LONG_PATH LONG_PATH LONG_PATH, "f:1: static_sas: \"01234567890123456789012345678901234567890123...\" is too long (allowed: text of at most 255 octets)\n"},
	{"static_sas: \"a\\nb\"", "f:1: static_sas: \"a?b\" holds control characters (allowed: text of at most 255 octets)\n"},
	{"access: {ipv4: 2001:db8::1}", "f:1: access.ipv4: \"2001:db8::1\" is no IPv4 address (allowed: an IPv4 address, none)\n"},
	{"access: {ipv6: 192.0.2.1}", "f:1: access.ipv6: \"192.0.2.1\" is no IPv6 address (allowed: an IPv6 address, none)\n"},
	{"core: {ipv4: 192.0.2.1:5}", "f:1: core.ipv4: \"192.0.2.1:5\" is no IPv4 address (allowed: an IPv4 address, none)\n"},
	{"core: {mac: 02:00:00:00:00}", "f:1: core.mac: \"02:00:00:00:00\" is no Ethernet address (allowed: six octets as 02:00:00:00:00:01)\n"},
	{"core: {mac: 02-00-00-00-00-01}", "f:1: core.mac: \"02-00-00-00-00-01\" is no Ethernet address (allowed: six octets as 02:00:00:00:00:01)\n"},
	{"core: {mac: 02:00:00:00:00:01:02}", "f:1: core.mac: \"02:00:00:00:00:01:02\" is no Ethernet address (allowed: six octets as 02:00:00:00:00:01)\n"},
	{"core: {mac: 02:00:00:00:00:0}", "f:1: core.mac: \"02:00:00:00:00:0\" is no Ethernet address (allowed: six octets as 02:00:00:00:00:01)\n"},
	{"scef: {endpoint: none}", "f:1: scef.endpoint: \"none\" is no address with a port " ENDPOINTS},
	{"scef: {endpoint: 192.0.2.9:0}", "f:1: scef.endpoint: \"192.0.2.9:0\" is no address with a port " ENDPOINTS},
	{"scef: {endpoint: [\"::1\"]}", "f:1: scef.endpoint: is a list " ENDPOINTS},
	{"key_socket: {group: 01234567890123456789012345678901}", "f:1: key_socket.group: \"01234567890123456789012345678901\" is too long (allowed: text of at most 31 octets)\n"},
	{"cores: 1-", "f:1: cores: \"1-\" is no list of CPUs " CPUS},
	{"cores: 3-2", "f:1: cores: \"3-2\" is no list of CPUs " CPUS},
	{"cores: \"1,\"", "f:1: cores: \"1,\" is no list of CPUs " CPUS},
	{"cores: \"1, 2\"", "f:1: cores: \"1, 2\" is no list of CPUs " CPUS},
	{"cores: 1024", "f:1: cores: \"1024\" is no list of CPUs " CPUS},
	{"cores: 0-63,64", "f:1: cores: \"0-63,64\" is no list of CPUs " CPUS},
	{"eal: {hugepages: yes}", "f:1: eal.hugepages: \"yes\" is no choice (allowed: auto, no)\n"},
	/* maps and lists */
	{"workers: [1]", "f:1: workers: is a list (allowed: 1 to 64 workers)\n"},
	{"workers: {a: {b: c}}\nburst: 0", "f:1: workers: is a map (allowed: 1 to 64 workers)\nf:2: burst: \"0\" is out of range (allowed: 1 to 256 frames)\n"},
	{"access: 5", "f:1: access: is a group of settings (allowed: a map)\n"},
	{"access: [5]", "f:1: access: is a group of settings (allowed: a map)\n"},
	{"scef: {bearers: 5}", "f:1: scef.bearers: is text (allowed: a map of bearers 0 to 31 to endpoints)\n"},
	{"scef: {bearers: [5]}", "f:1: scef.bearers: is a list (allowed: a map of bearers 0 to 31 to endpoints)\n"},
	{"scef: {bearers: {32: 192.0.2.9:5}}", "f:1: scef.bearers: \"32\" is no bearer (allowed: a map of bearers 0 to 31 to endpoints)\n"},
	{"scef: {bearers: {x: 192.0.2.9:5}}", "f:1: scef.bearers: \"x\" is no bearer (allowed: a map of bearers 0 to 31 to endpoints)\n"},
	{"scef: {bearers: {5: 192.0.2.9}}", "f:1: scef.bearers: bearer 5: \"192.0.2.9\" is no address with a port " ENDPOINTS},
	{"scef: {bearers: {5: [a]}}", "f:1: scef.bearers: is a list (allowed: a map of bearers 0 to 31 to endpoints)\n"},
	{"scef: {bearers: {[5]: a}}", "f:1: scef.bearers: is a list (allowed: a map of bearers 0 to 31 to endpoints)\n"},
	{"scef:\n  bearers:\n    5: 192.0.2.9:5\n    0x5: 192.0.2.8:5", "f:4: scef.bearers: bearer 5 is given twice, first in line 3\n"},
	{"priority: {eea: EEA2}", "f:1: priority.eea: is text (allowed: a list of EEA0 to EEA3)\n"},
	{"priority: {eea: {EEA2: 1}}", "f:1: priority.eea: is a map (allowed: a list of EEA0 to EEA3)\n"},
	{"priority: {eea: [EEA4]}", "f:1: priority.eea: \"EEA4\" is no algorithm (allowed: a list of EEA0 to EEA3)\n"},
	{"priority: {eea: [EIA2]}", "f:1: priority.eea: \"EIA2\" is no algorithm (allowed: a list of EEA0 to EEA3)\n"},
	{"priority: {eea: [EEA-1]}", "f:1: priority.eea: \"EEA-1\" is no algorithm (allowed: a list of EEA0 to EEA3)\n"},
	{"priority: {eea: [[2]]}", "f:1: priority.eea: is a list (allowed: a list of EEA0 to EEA3)\n"},
	{"priority: {eia: [EIA0]}", "f:1: priority.eia: \"EIA0\" is no algorithm (allowed: a list of EIA1 to EIA3)\n"},
	{"priority: {eia: [1, 0]}", "f:1: priority.eia: \"0\" is no algorithm (allowed: a list of EIA1 to EIA3)\n"},
	{"priority: {eea: [1, 2, 3,\n EEA2, 1]}", "f:2: priority.eea: \"EEA2\" stands here twice (allowed: a list of EEA0 to EEA3)\nf:2: priority.eea: \"1\" stands here twice (allowed: a list of EEA0 to EEA3)\n"},
	{"key_socket: {uids: 0}", "f:1: key_socket.uids: is text " UIDS},
	{"key_socket: {uids: [root]}", "f:1: key_socket.uids: \"root\" is no user id " UIDS},
	{"key_socket: {read_uids: [0xffffffff, [1]]}", "f:1: key_socket.read_uids: \"0xffffffff\" is no user id " UIDS "f:1: key_socket.read_uids: is a list " UIDS},
	{"key_socket: {uids: [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,\n16]}", "f:2: key_socket.uids: \"16\" is one too many " UIDS},
	/* names */
	{"udp_port: 5", "f:1: udp_port: unknown setting (nearest: access.udp_port)\n"},
	{"access:\n  udp_prot: 5", "f:2: access.udp_prot: unknown setting (nearest: access.udp_port)\n"},
	{"worker: 5", "f:1: worker: unknown setting (nearest: workers)\n"},
	{"acess: {vlan: 5}", "f:1: acess: unknown setting (nearest: access.ipv4)\n"},
	{"sa: {slots: {}, slot: 5}", "f:1: sa.slots: is a map (allowed: 1 to 16777216 SAs)\nf:1: sa.slot: unknown setting (nearest: sa.slots)\n"},
	{"access: {access: {udp_port: 5}}", "f:1: access.access: unknown setting (nearest: cores)\n"},
	{"access: {\"\": 5, \".udp_port\": 6}", "f:1: access.: unknown setting (nearest: access.mac)\nf:1: access..udp_port: unknown setting (nearest: access.udp_port)\n"},
	{LONG_PATH ": 5", "f:1: 01234567890123456789012345678901234567890123...: unknown setting (nearest: lab)\n"},
	{"workers: 2\nworkers: 3", "f:2: workers: is set twice, first in line 1\n"},
	{"access: {vlan: 1}\naccess.vlan: 2", "f:2: access.vlan: is set twice, first in line 1\n"},
	{"access: {vlan: 1}\n\naccess: {mac: 5}", "f:3: access: is set twice, first in line 1\n"},
	/* YAML */
	{"[workers]", "f:1: settings: are no map (allowed: names and values)\n"},
	{"workers", "f:1: settings: are no map (allowed: names and values)\n"},
	{"workers: 1\nburst 2\n", "f:3: yaml: could not find expected ':' (while scanning a simple key from line 2)\n"},
	{"workers: \"1\n", "f:2: yaml: found unexpected end of stream (while scanning a quoted scalar from line 1)\n"},
	{"access: {vlan: 5", "f:2: yaml: did not find expected ',' or '}' (while parsing a flow mapping from line 1)\n"},
	{"workers: 0\naccess:\n\tvlan: 5", "f:1: workers: \"0\" is out of range (allowed: 1 to 64 workers)\nf:3: yaml: found character that cannot start any token (while scanning for the next token from line 3)\n"},
	{"scef: {endpoint: [::1]:5}", "f:1: scef.endpoint: is a list " ENDPOINTS "f:1: yaml: did not find expected node content (while parsing a flow node from line 1)\n"},
	{"workers: &n 1\nburst: *n", "f:1: yaml: anchors and aliases are not taken\nf:2: yaml: anchors and aliases are not taken\n"},
	{"access: &a {vlan: 1}\ncore: *a", "f:1: yaml: anchors and aliases are not taken\nf:2: yaml: anchors and aliases are not taken\n"},
	{"access: {<<: {vlan: 1}}", "f:1: access.<<: unknown setting (nearest: access.mac)\n"},
	{"workers: !!int 1", "f:1: yaml: tags are not taken\n"},
	{"*a : 1", "f:1: yaml: anchors and aliases are not taken\n"},
	{"? [a]\n: 1", "f:1: yaml: a key is a map or list (allowed: names)\n"},
	{"? {a: b}\n: {c: d}\nburst: 0", "f:1: yaml: a key is a map or list (allowed: names)\nf:3: burst: \"0\" is out of range (allowed: 1 to 256 frames)\n"},
	{"workers: 1\n---\nworkers: 2", "f:2: yaml: a second document (allowed: one)\n"},
	{"a: {b: {c: {d: {e: {f: {g: {h: {i: j}}}}}}}}", "f:1: a: unknown setting (nearest: sa.slots)\nf:1: yaml: nested too deeply (allowed: 8 levels)\n"},
	{"workers: 1\n# \xc3", "f:2: yaml: incomplete UTF-8 octet sequence\n"},
	{"workers: 1\n# \xed\xa0\x80", "f:2: yaml: invalid Unicode character\n"},
	{"static_sas: \"\\0\"", "f:1: yaml: text holds a zero octet\n"},
	{"\xff\xfe" "a", "f:1: yaml: invalid leading UTF-8 octet\n"},
	/* clang-format on */
};

static const struct broken contradictions[] = {
	/* clang-format off */
	{"resume: {ahead: 65537}", "f:1: resume.ahead: with resume.limit 65536 (default), resume.ahead lies above resume.limit (allowed: up to it)\n"},
	{"resume:\n  limit: 1023", "f:2: resume.limit: with resume.ahead 1024 (default), resume.ahead lies above resume.limit (allowed: up to it)\n"},
	{"resume:\n  limit: 5\n  ahead: 6", "f:3: resume.ahead: with resume.limit 5 (line 2), resume.ahead lies above resume.limit (allowed: up to it)\n"},
	{"priority: {eea: [EEA2, EEA0]}", "f:1: priority.eea: with policy.eea0 false (default), EEA0 is listed without being allowed (allowed: policy.eea0: true)\n"},
	{"policy:\n  eea0: false\npriority: {eea: [0]}", "f:3: priority.eea: with policy.eea0 false (line 2), EEA0 is listed without being allowed (allowed: policy.eea0: true)\n"},
	{"core: {ipv4: 192.0.2.1}\naccess: {udp_port: 29128}", "f:2: access.udp_port: with core.udp_port 29128 (default), access.ipv4 and core.ipv4 are the same (allowed: another port or address)\n"},
	{"core: {ipv6: 2001:db8:1::1, udp_port: 33868}", "f:1: core.udp_port: with access.udp_port 33868 (default), access.ipv6 and core.ipv6 are the same (allowed: another port or address)\n"},
	{"core: {ipv4: none}", "f:1: core.ipv4: with scef.endpoint 198.51.100.2:29128 (default), 198.51.100.2:29128 cannot be reached (allowed: endpoints of core's families)\n"},
	{"core: {ipv6: none}\nscef: {endpoint: \"[2001:db8::9]:5\"}", "f:2: scef.endpoint: with core.ipv6 none (line 1), [2001:db8::9]:5 cannot be reached (allowed: endpoints of core's families)\n"},
	{"core: {ipv6: none}\nscef:\n  bearers:\n    7: \"[2001:db8::9]:5\"", "f:4: scef.bearers: with core.ipv6 none (line 1), [2001:db8::9]:5 cannot be reached (allowed: endpoints of core's families)\n"},
	{"scef: {endpoint: 198.51.100.1:29128}", "f:1: scef.endpoint: with core.ipv4 198.51.100.1 (default), 198.51.100.1:29128 is the gateway itself (allowed: other hosts or ports)\n"},
	{"scef: {bearers: {7: \"[2001:db8:2::1]:29128\"}}", "f:1: scef.bearers: with core.ipv6 2001:db8:2::1 (default), [2001:db8:2::1]:29128 is the gateway itself (allowed: other hosts or ports)\n"},
	{"core: {ipv4: 198.51.100.2}", "f:1: core.ipv4: with scef.endpoint 198.51.100.2:29128 (default), 198.51.100.2:29128 is the gateway itself (allowed: other hosts or ports)\n"},
	{"access:\n  ipv4: none\n  ipv6: none", "f:2: access.ipv4: with access.ipv6 none (line 3), this side has no address (allowed: an address of at least one family)\n"},
	{"access: {ipv4: 224.0.0.1}", "f:1: access.ipv4: 224.0.0.1 is a multicast address (allowed: unicast addresses)\n"},
	{"access: {ipv4: 0.0.0.0}", "f:1: access.ipv4: 0.0.0.0 is the unspecified address (allowed: unicast addresses)\n"},
	{"core: {ipv4: 255.255.255.255}", "f:1: core.ipv4: 255.255.255.255 is the broadcast address (allowed: unicast addresses)\n"},
	{"core: {ipv6: \"ff02::1\"}", "f:1: core.ipv6: ff02::1 is a multicast address (allowed: unicast addresses)\n"},
	{"core: {ipv6: \"::\"}", "f:1: core.ipv6: :: is the unspecified address (allowed: unicast addresses)\n"},
	{"scef: {endpoint: 239.255.255.255:5}", "f:1: scef.endpoint: 239.255.255.255:5 is a multicast address (allowed: unicast addresses)\n"},
	{"scef: {bearers: {1: 0.0.0.0:5}}", "f:1: scef.bearers: 0.0.0.0:5 is the unspecified address (allowed: unicast addresses)\n"},
	{"access: {mac: 01:00:5e:00:00:01}", "f:1: access.mac: is a group's address (allowed: a single station's)\n"},
	{"core: {next_hop_mac: 00:00:00:00:00:00}", "f:1: core.next_hop_mac: is all zero (allowed: a single station's)\n"},
	{"access: {ipv4_router: 192.0.3.1}", "f:1: access.ipv4_router: with access.ipv4_prefix 24 (default), the router is no neighbour of access.ipv4 (allowed: addresses on the link)\n"},
	{"core:\n  ipv4_prefix: 31\n  ipv4_router: 198.51.100.2", "f:3: core.ipv4_router: with core.ipv4_prefix 31 (line 2), the router is no neighbour of core.ipv4 (allowed: addresses on the link)\n"},
	{"core: {ipv6_router: 2001:db8:3::1}", "f:1: core.ipv6_router: with core.ipv6_prefix 64 (default), the router is no neighbour of core.ipv6 (allowed: addresses on the link)\n"},
	{"access: {ipv4_router: 192.0.2.1}", "f:1: access.ipv4_router: with access.ipv4 192.0.2.1 (default), the router is the gateway itself (allowed: another host)\n"},
	{"access: {ipv6_router: ff02::2}", "f:1: access.ipv6_router: ff02::2 is a multicast address (allowed: unicast addresses)\nf:1: access.ipv6_router: with access.ipv6_prefix 64 (default), the router is no neighbour of access.ipv6 (allowed: addresses on the link)\n"},
	{"access: {ipv6: none, ipv6_router: fe80::1}", "f:1: access.ipv6_router: with access.ipv6 none (line 1), there is no own address to reach it from (allowed: none)\n"},
	{"access:\n  static_next_hop: true\n  ipv4_router: 192.0.2.2", "f:3: access.ipv4_router: with access.static_next_hop true (line 2), the router is never asked (allowed: one of the two)\n"},
	{"access: {port: \"net_ring0\"}\ncore:\n  port: \"net_ring0,a=b\"", "f:1: access.port: with core.port net_ring0,a=b (line 3), both sides are one device (allowed: a device for each side)\n"},
	{"workers: 3\ncores: 0-1", "f:2: cores: with workers 3 (line 1), there are fewer CPUs than workers (allowed: one for each, or empty)\n"},
	/* A refused value is not held against others. */
	{"resume: {ahead: 70000, limit: x}", "f:1: resume.limit: \"x\" is not a whole number (allowed: 1 to 4294967294)\n"},
	{"policy: {eea0: yes}\npriority: {eea: [0]}", "f:1: policy.eea0: \"yes\" is neither true nor false (allowed: true, false)\n"},
	/* clang-format on */
};

static void assert_broken(const struct broken *b, size_t n)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < n; i++) {
		struct outcome o = load(b[i].text, strlen(b[i].text));

		if (o.err != -EINVAL || strcmp(o.errors, b[i].errors) != 0) {
			print_error("%s: %d:\n%s", b[i].text, o.err, o.errors);
			wrong++;
		}
		free(o.errors);
	}
	assert_int_equal(wrong, 0);
}

static void wrong_settings_are_named_with_their_lines(void **state)
{
	(void)state;
	assert_broken(settings, sizeof(settings) / sizeof(settings[0]));
}

static void contradictions_name_both_settings(void **state)
{
	(void)state;
	assert_broken(contradictions, sizeof(contradictions) / sizeof(contradictions[0]));
}

static void huge_and_endless_files_are_refused(void **state)
{
	char *errors;
	size_t size;
	FILE *f = open_memstream(&errors, &size);
	struct config c;
	size_t len = 1 << 20;
	char *text = malloc(len);
	struct outcome o;

	(void)state;
	assert_non_null(f);
	assert_int_equal(config_load("/dev/zero", &c, f), -EFBIG);
	fclose(f);
	assert_string_equal(errors, "/dev/zero: cannot be read: File too large\n");
	free(errors);

	assert_non_null(text);
	memset(text, 'a', len);
	memcpy(text, "static_sas: ", 12);
	o = load(text, len);
	assert_int_equal(o.err, -EINVAL);
	assert_true(strlen(o.errors) < 200);
	free(o.errors);
	memset(text, '[', len);
	o = load(text, len);
	assert_int_equal(o.err, -EINVAL);
	free(o.errors);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_settings_are_named_with_their_lines),
		cmocka_unit_test(contradictions_name_both_settings),
		cmocka_unit_test(huge_and_endless_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
