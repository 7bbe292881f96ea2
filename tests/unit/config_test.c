#include "config/config.h"

#include "config/schema.h"

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

/* The configuration of a text that must load. */
static struct config config_of(const char *text)
{
	struct outcome o = load(text, strlen(text));

	if (o.err != 0 || o.errors[0])
		fail_msg("%s%s", text, o.errors);
	free(o.errors);
	return o.c;
}

static char *print(const struct config *c)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	config_print(c, out);
	fclose(out);
	return text;
}

/* Compares as printed: every setting is (see below). */
static void assert_same(const struct config *a, const struct config *b)
{
	char *x = print(a), *y = print(b);

	assert_string_equal(x, y);
	free(x);
	free(y);
}

static void each_row_of_the_schema_is_sound(void **state)
{
	struct config c;
	char text[FIELD_TEXT];

	(void)state;
	config_defaults(&c);
	for (size_t i = 0; i < config_field_count; i++) {
		const struct field *f = &config_fields[i];

		if (schema_find(f->path) != (int)i || schema_find_section(f->path) >= 0)
			fail_msg("%s: not the only one of its name", f->path);
		if (schema_depth(f->path) >= FIELD_PATH_DEPTH || strlen(f->path) >= FIELD_PATH_MAX)
			fail_msg("%s: lies too deep", f->path);
		if (f->offset + f->size > sizeof(c) || !f->help || !f->preset)
			fail_msg("%s: is not complete", f->path);
		if (f->type == FIELD_UINT && f->size != 2 && f->size != 4)
			fail_msg("%s: has a size that is not read", f->path);
		if (f->type == FIELD_UINT && (f->max >> 8 * f->size != 0 || f->min > f->max))
			fail_msg("%s: its range does not fit", f->path);
		if (strcmp(field_write(f, &c, text), f->preset) != 0)
			fail_msg("%s: its default comes back as %s", f->path, text);
		for (size_t j = 0; j < i; j++) {
			const struct field *g = &config_fields[j];

			if (f->offset < g->offset + g->size && g->offset < f->offset + f->size)
				fail_msg("%s and %s: one place", f->path, g->path);
		}
	}
}

static void defaults_are_those_of_the_protocol(void **state)
{
	struct config c;
	char text[ENDPOINT_TEXT];

	(void)state;
	config_defaults(&c);
	assert_false(c.lab || c.allow_eea0);
	assert_int_equal(c.workers, 1);
	assert_int_equal(c.burst, 32);
	assert_int_equal(c.sa_slots, 65536);
	assert_string_equal(c.crypto, "auto");
	assert_string_equal(c.static_sas, "");
	assert_int_equal(c.sa_per_device, 8);
	assert_string_equal(endpoint_write(&c.access.ipv4, text), "192.0.2.1");
	assert_string_equal(endpoint_write(&c.access.ipv6, text), "2001:db8:1::1");
	assert_string_equal(endpoint_write(&c.core.ipv4, text), "198.51.100.1");
	assert_string_equal(endpoint_write(&c.core.ipv6, text), "2001:db8:2::1");
	assert_string_equal(endpoint_write(&c.scef.fallback, text), "198.51.100.2:29128");
	assert_int_equal(c.access.udp_port, 33868); /* sdt.md 1 */
	assert_int_equal(c.core.udp_port, 29128);   /* sdt.md 1 */
	assert_int_equal(c.resume.ahead, 1024);     /* sdt.md 5, as what follows */
	assert_int_equal(c.resume.limit, 65536);
	assert_int_equal(c.resume.per_second, 200000);
	assert_int_equal(c.held.frames, 4096);
	assert_int_equal(c.held.seconds, 30);
	assert_int_equal(c.eea.n + c.eia.n, 0);
	/* Locally administered addresses of single stations. */
	assert_int_equal(c.access.mac[0] & c.access.next_hop_mac[0] & 3, 2);
	assert_int_equal(c.core.mac[0] & c.core.next_hop_mac[0] & 3, 2);
}

static const char full[] = "lab: true\n"
			   "workers: 64\n"
			   "burst: 0x100\n"
			   "crypto: ipsec-mb\n"
			   "static_sas: \"a \\\"b\\\\ #: \\u00f6.yaml\"\n"
			   "cores: 0-62,1023\n"
			   "sa: {slots: 16777216, per_device: 1,\n"
			   "  mapping: /dev/hugepages/x}\n"
			   "policy: {eea0: true}\n"
			   "access:\n"
			   "  ipv4: none\n"
			   "  ipv6: 2001:db8::a\n"
			   "  udp_port: 65535\n"
			   "  mac: 0A:bb:cc:dd:ee:ff\n"
			   "  next_hop_mac: \"02:00:00:00:00:09\"\n"
			   "  vlan: 4094\n"
			   "  port: \"net_af_packet0,iface=eth0\"\n"
			   "  mtu: 9600\n"
			   "  ipv6_prefix: 65\n"
			   "  ipv6_router: 2001:db8::7fff:0:0:1\n"
			   "core: {ipv4: 10.0.0.1, ipv6: none, udp_port: 1, vlan: 1,\n"
			   "  port: \"0000:03:00.0\", mtu: 1280,\n"
			   "  ipv4_prefix: 1, static_next_hop: true,\n"
			   "  mac: 02:00:00:00:00:0a, next_hop_mac: 02:00:00:00:00:0b}\n"
			   "scef:\n"
			   "  endpoint: 10.0.0.2:2\n"
			   "  bearers:\n"
			   "    0: 10.0.0.3:3\n"
			   "    0x1f: \"10.0.0.4:4\"\n"
			   "resume: {ahead: 0, limit: 4294967294, per_second: 0}\n"
			   "held: {frames: 0, seconds: 86400}\n"
			   "priority:\n"
			   "  eea: [EEA3, 0, EEA1, 2]\n"
			   "  eia:\n"
			   "  - EIA2\n"
			   "  - 3\n"
			   "key_socket:\n"
			   "  {path: k, group: g, uids: [1, 0xfffffffe], read_uids: [0]}\n"
			   "eal: {options: --iova-mode=va, hugepages: no, memory: 1048576}\n";

static void every_setting_is_read(void **state)
{
	static const uint8_t mac[6] = {0x0a, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
	struct config c = config_of(full);
	char text[ENDPOINT_TEXT];

	(void)state;
	assert_true(c.lab && c.allow_eea0);
	assert_int_equal(c.workers, 64);
	assert_int_equal(c.burst, 256);
	assert_int_equal(c.sa_slots, 1 << 24);
	assert_string_equal(c.crypto, "ipsec-mb");
	assert_string_equal(c.static_sas, "a \"b\\ #: \xc3\xb6.yaml");
	assert_int_equal(c.access.ipv4.family, 0);
	assert_string_equal(endpoint_write(&c.access.ipv6, text), "2001:db8::a");
	assert_int_equal(c.access.udp_port, 65535);
	assert_memory_equal(c.access.mac, mac, 6);
	assert_int_equal(c.access.next_hop_mac[5], 9);
	assert_int_equal(c.access.vlan, 4094);
	assert_string_equal(endpoint_write(&c.core.ipv4, text), "10.0.0.1");
	assert_int_equal(c.core.ipv6.family, 0);
	assert_int_equal(c.core.udp_port, 1);
	assert_int_equal(c.core.vlan, 1);
	assert_int_equal(c.core.mac[5], 10);
	assert_int_equal(c.core.next_hop_mac[5], 11);
	assert_string_equal(endpoint_write(&c.scef.fallback, text), "10.0.0.2:2");
	assert_string_equal(endpoint_write(&c.scef.endpoint[0], text), "10.0.0.3:3");
	assert_int_equal(c.scef.endpoint[1].family, 0);
	assert_string_equal(endpoint_write(&c.scef.endpoint[31], text), "10.0.0.4:4");
	assert_int_equal(c.resume.ahead, 0);
	assert_int_equal(c.resume.limit, UINT32_MAX - 1);
	assert_int_equal(c.resume.per_second, 0);
	assert_int_equal(c.held.frames, 0);
	assert_int_equal(c.held.seconds, 86400);
	assert_int_equal(c.eea.n, 4);
	assert_memory_equal(c.eea.id, ((const uint8_t[]){EEA3, EEA0, EEA1, EEA2}), 4);
	assert_int_equal(c.eia.n, 2);
	assert_memory_equal(c.eia.id, ((const uint8_t[]){EIA2, EIA3}), 2);
}

static void every_setting_of_live_runs_is_read(void **state)
{
	struct config c = config_of(full);
	char text[ENDPOINT_TEXT];

	(void)state;
	assert_string_equal(c.cores, "0-62,1023");
	assert_int_equal(c.sa_per_device, 1);
	assert_string_equal(c.sa_mapping, "/dev/hugepages/x");
	assert_string_equal(c.access.port, "net_af_packet0,iface=eth0");
	assert_string_equal(c.core.port, "0000:03:00.0");
	assert_int_equal(c.access.mtu, 9600);
	assert_int_equal(c.core.mtu, 1280);
	assert_int_equal(c.access.ipv4_prefix, 24);
	assert_int_equal(c.access.ipv6_prefix, 65);
	assert_int_equal(c.core.ipv4_prefix, 1);
	assert_int_equal(c.core.ipv6_prefix, 64);
	assert_int_equal(c.access.ipv4_router.family, 0);
	assert_string_equal(endpoint_write(&c.access.ipv6_router, text), "2001:db8::7fff:0:0:1");
	assert_true(c.core.static_next_hop && !c.access.static_next_hop);
	assert_string_equal(c.key_socket.path, "k");
	assert_string_equal(c.key_socket.group, "g");
	assert_int_equal(c.key_socket.uids.n, 2);
	assert_int_equal(c.key_socket.uids.id[1], UINT32_MAX - 1);
	assert_int_equal(c.key_socket.read_uids.n, 1);
	assert_string_equal(c.eal.options, "--iova-mode=va");
	assert_string_equal(c.eal.hugepages, "no");
	assert_int_equal(c.eal.memory, 1 << 20);
}

/* That printing leaves no setting out is what makes assert_same a comparison. */
static void what_is_printed_loads_back_equal(void **state)
{
	struct config c = config_of(full), again;
	char *text = print(&c);

	(void)state;
	for (size_t i = 0; i < config_field_count; i++)
		assert_non_null(strstr(text, config_fields[i].help));
	again = config_of(text);
	assert_memory_equal(&c, &again, sizeof(c));
	free(text);
	config_defaults(&c);
	text = print(&c);
	again = config_of(text);
	assert_memory_equal(&c, &again, sizeof(c));
	free(text);
}

static void what_is_left_out_keeps_its_default(void **state)
{
	static const char *const texts[] = {"",
					    "# nothing\n",
					    "---\n",
					    "{}",
					    "~\n",
					    "access:\ncore: {}\nscef: {bearers: {}}\n",
					    "priority: {eea: [], eia: []}",
					    "workers: 1\r\n",
					    "access.udp_port: 33868\n"};
	struct config defaults;

	(void)state;
	config_defaults(&defaults);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct config c = config_of(texts[i]);

		assert_same(&c, &defaults);
	}
}

static void the_example_has_every_setting_at_its_default(void **state)
{
	const char *root = getenv("IWF_SOURCE_ROOT");
	char path[4096], line[256];
	struct config c, defaults;
	bool found[FIELD_COUNT_MAX] = {false};
	char section[64] = "";
	FILE *f;

	(void)state;
	assert_non_null(root);
	snprintf(path, sizeof(path), "%s/config/gateway.yaml", root);
	config_defaults(&defaults);
	assert_int_equal(config_load(path, &c, stderr), 0);
	assert_same(&c, &defaults);

	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		size_t indent = strspn(line, " ");
		const char *name = line + indent;
		int len = (int)strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

		if (len == 0 || name[len] != ':')
			continue;
		snprintf(path, sizeof(path), "%s%.*s", indent ? section : "", len, name);
		if (schema_find(path) >= 0)
			found[schema_find(path)] = true;
		else
			snprintf(section, sizeof(section), "%.*s.", len, name);
	}
	fclose(f);
	for (size_t i = 0; i < config_field_count; i++) {
		if (!found[i])
			fail_msg("%s is not in the example", config_fields[i].path);
	}
}

static void what_goes_together_is_taken(void **state)
{
	static const char *const texts[] = {
		"core: {ipv4: 192.0.2.1}\n",
		"access: {udp_port: 29128}\n",
		"access: {ipv4: none}\ncore: {ipv4: 192.0.2.1, udp_port: 33868}\n",
		"scef: {endpoint: 198.51.100.1:29129}\n",
		"scef: {endpoint: 198.51.100.3:29128}\n",
		"resume: {ahead: 7, limit: 7}\n",
		"policy: {eea0: true}\npriority: {eea: [EEA0]}\n",
		"priority: {eia: [EIA3, EIA2, EIA1], eea: [3, 1, 2]}\n",
		"access: {ipv6: none, mac: fe:ff:ff:ff:ff:ff}\n",
		"core: {ipv4: none}\nscef: {endpoint: \"[2001:db8::9]:5\"}\n",
		"access: {ipv4_router: 192.0.2.254}\n",
		"access: {ipv4_prefix: 31, ipv4: 192.0.2.6, ipv4_router: 192.0.2.7}\n",
		"core: {ipv6_router: 2001:db8:2::ffff}\n",
		"core: {ipv6_router: fe80::1, ipv6_prefix: 128}\n",
		"access: {port: net_null0}\ncore: {port: net_null1}\n",
		"access: {port: net_null1}\ncore: {port: net_null11}\n",
		"workers: 3\ncores: 0,0,0,7\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		config_of(texts[i]);
}

static void an_error_leaves_the_configuration_as_it_was(void **state)
{
	static const char text[] = "workers: 5\nburst: 0\n";
	struct config c, before;

	(void)state;
	memset(&c, 0x5a, sizeof(c));
	memcpy(&before, &c, sizeof(c));
	for (size_t cut = 0; cut < 2; cut++) {
		FILE *null = fopen("/dev/null", "w");

		assert_non_null(null);
		if (cut == 0)
			assert_int_equal(config_load_text(text, sizeof(text) - 1, "f", &c, null),
					 -EINVAL);
		else
			assert_int_equal(config_load("/nonexistent", &c, null), -ENOENT);
		fclose(null);
		assert_memory_equal(&c, &before, sizeof(c));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_of_the_schema_is_sound),
		cmocka_unit_test(defaults_are_those_of_the_protocol),
		cmocka_unit_test(every_setting_is_read),
		cmocka_unit_test(every_setting_of_live_runs_is_read),
		cmocka_unit_test(what_is_printed_loads_back_equal),
		cmocka_unit_test(what_is_left_out_keeps_its_default),
		cmocka_unit_test(the_example_has_every_setting_at_its_default),
		cmocka_unit_test(what_goes_together_is_taken),
		cmocka_unit_test(an_error_leaves_the_configuration_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
