/* Capture files: pcap and pcapng in, classic pcap out; what is broken is said once. */
#include "pcap/capture.h"

#include "pcap/files.h"

#include <pcap/dlt.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NANO_LE  0x4d, 0x3c, 0xb2, 0xa1
#define MICRO_LE 0xd4, 0xc3, 0xb2, 0xa1
#define MICRO_BE 0xa1, 0xb2, 0xc3, 0xd4

/* Version 2.4, snap length 65535, Ethernet; then one frame of four octets at 1.5 s. */
#define HEAD_LE  2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0
#define HEAD_BE  0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 1
#define FRAME_LE 1, 0, 0, 0, 0x20, 0xa1, 7, 0, 4, 0, 0, 0, 9, 0, 0, 0, 'a', 'b', 'c', 'd'
#define FRAME_BE 0, 0, 0, 1, 0, 7, 0xa1, 0x20, 0, 0, 0, 4, 0, 0, 0, 9, 'a', 'b', 'c', 'd'

/* pcapng: section, interface (Ethernet, default resolution), one packet at 1.5 s. */
#define NG_SECTION                                                                                 \
	0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, \
		0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0
#define NG_INTERFACE 1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0, 0, 20, 0, 0, 0
#define NG_PACKET                                                                                  \
	6, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x60, 0xe3, 0x16, 0, 4, 0, 0, 0, 9, 0, 0, \
		0, 'a', 'b', 'c', 'd', 36, 0, 0, 0

static FILE *stream_of(const uint8_t *data, size_t n)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	rewind(f);
	return f;
}

/* Opens octets as a capture; *said gets what was written to the errors. Free it. */
static int open_octets(struct capture_in *c, const uint8_t *data, size_t n, FILE **errors,
		       char **said)
{
	static size_t len;

	*errors = open_memstream(said, &len);
	return capture_open_stream(c, stream_of(data, n), "it.pcap", *errors);
}

static void every_format_gives_the_same_frame(void **state)
{
	static const struct {
		const char *what;
		uint8_t octets[128];
		size_t n;
		bool nano;
		uint64_t time_ns;
	} cases[] = {
		{"microseconds", {MICRO_LE, HEAD_LE, FRAME_LE}, 44, false, 1500000000},
		{"microseconds, big endian", {MICRO_BE, HEAD_BE, FRAME_BE}, 44, false, 1500000000},
		{"nanoseconds", {NANO_LE, HEAD_LE, FRAME_LE}, 44, true, 1000500000},
		{"pcapng", {NG_SECTION, NG_INTERFACE, NG_PACKET}, 84, false, 1500000000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct capture_in c;
		struct captured f;
		FILE *errors;
		char *said;
		int rc = open_octets(&c, cases[i].octets, cases[i].n, &errors, &said);

		if (rc != 0 || c.nano != cases[i].nano || c.link != DLT_EN10MB)
			fail_msg("%s", cases[i].what);
		assert_int_equal(capture_next(&c, &f), 1);
		if (f.time_ns != cases[i].time_ns)
			fail_msg("%s: %lu ns", cases[i].what, f.time_ns);
		assert_int_equal(f.number, 1);
		assert_int_equal(f.len, 4);
		assert_int_equal(f.wire_len, 9);
		assert_memory_equal(f.data, "abcd", 4);
		assert_int_equal(capture_next(&c, &f), 0);
		assert_int_equal(capture_tell(&c), c.size);
		capture_close(&c);
		fclose(errors);
		assert_string_equal(said, "");
		free(said);
	}
}

static void what_is_no_capture_is_refused_by_name(void **state)
{
	static const struct {
		const char *what;
		uint8_t octets[64];
		size_t n;
		const char *says;
	} cases[] = {
		{"empty", {0}, 0, "it.pcap: empty"},
		{"two octets", {MICRO_LE}, 2, "it.pcap: too short for a capture\n"},
		{"text", "hello, I am a text file, not a capture", 38, "it.pcap: not a capture"},
		{"header cut short", {MICRO_LE, HEAD_LE}, 23, "it.pcap: not a capture"},
		{"another link type", {MICRO_LE, HEAD_LE}, 24, "it.pcap: link type"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t octets[64];
		struct capture_in c;
		FILE *errors;
		char *said;

		memcpy(octets, cases[i].octets, sizeof(octets));
		octets[20] = 105; /* IEEE 802.11 */
		assert_true(open_octets(&c, octets, cases[i].n, &errors, &said) < 0);
		capture_close(&c);
		fclose(errors);
		if (strncmp(said, cases[i].says, strlen(cases[i].says)) != 0)
			fail_msg("%s: %s", cases[i].what, said);
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
		free(said);
	}
}

static void a_capture_that_breaks_off_names_the_frame(void **state)
{
	static const uint8_t two[] = {MICRO_LE, HEAD_LE, FRAME_LE, FRAME_LE};

	(void)state;
	for (size_t n = 45; n < sizeof(two); n++) {
		struct capture_in c;
		struct captured f;
		FILE *errors;
		char *said;

		assert_int_equal(open_octets(&c, two, n, &errors, &said), 0);
		assert_int_equal(capture_next(&c, &f), 1);
		assert_int_equal(capture_next(&c, &f), -EBADMSG);
		capture_close(&c);
		fclose(errors);
		assert_memory_equal(said, "it.pcap: frame 2: ", 18);
		free(said);
	}
}

static void write_three(const char *path, bool nano)
{
	struct capture_out out;

	assert_int_equal(capture_create(&out, path, nano, stderr), 0);
	for (uint8_t i = 0; i < 3; i++) {
		uint8_t octets[3] = {i, i, i};

		capture_write(&out, UINT64_C(1700000000123456789) + i, octets, (size_t)i + 1);
	}
	assert_int_equal(out.written, 3);
	assert_int_equal(capture_finish(&out), 0);
}

static char path[] = "/tmp/capture_test.XXXXXX";

static int make_path(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	unlink(path);
	memset(path + sizeof(path) - 7, 'X', 6);
	return 0;
}

static void what_is_written_is_read_back(void **state)
{
	struct capture_in in;
	struct captured f;

	(void)state;
	for (unsigned nano = 0; nano < 2; nano++) {
		struct capture_in from;
		uint8_t octets[] = {NANO_LE, HEAD_LE};

		if (!nano)
			memcpy(octets, (uint8_t[]){MICRO_LE}, 4);
		assert_int_equal(capture_open_stream(&from, stream_of(octets, sizeof(octets)),
						     "from", stderr),
				 0);
		assert_int_equal(from.nano, nano);
		write_three(path, from.nano);
		capture_close(&from);
		assert_int_equal(capture_open(&in, path, stderr), 0);
		assert_int_equal(in.nano, nano);
		for (uint8_t i = 0; i < 3; i++) {
			uint64_t want = nano ? UINT64_C(1700000000123456789) + i
					     : UINT64_C(1700000000123456000);

			assert_int_equal(capture_next(&in, &f), 1);
			assert_int_equal(f.time_ns, want);
			assert_int_equal(f.len, i + 1);
			assert_int_equal(f.wire_len, i + 1);
			assert_int_equal(f.data[i], i);
		}
		assert_int_equal(capture_next(&in, &f), 0);
		capture_close(&in);
	}
}

static void no_file_is_written_that_is_read_or_written_twice(void **state)
{
	const struct {
		const char *what;
		struct file_use use[3];
		int want;
	} cases[] = {
		{"apart", {{"-a", path, false}, {"-b", "b", true}, {"-c", "c", true}}, 0},
		{"read twice", {{"-a", path, false}, {"-b", path, false}, {"-c", "c", true}}, 0},
		{"not given", {{"-a", NULL, false}, {"-b", NULL, true}, {"-c", NULL, true}}, 0},
		{"an input", {{"-a", path, false}, {"-b", path, true}, {"-c", "c", true}}, -EEXIST},
		{"twice", {{"-a", path, false}, {"-b", "c", true}, {"-c", "c", true}}, -EEXIST},
		{"devices",
		 {{"-a", "/dev/null", false}, {"-b", "/dev/null", true}, {"-c", "/dev/null", true}},
		 0},
	};

	(void)state;
	write_three(path, true);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (files_check(cases[i].use, 3) != cases[i].want)
			fail_msg("%s", cases[i].what);
	}
}

static void times_go_on_after_2038(void **state)
{
	static const uint64_t t = UINT64_C(4294967295999999999);
	struct capture_out out;
	struct capture_in in;
	struct captured f;

	(void)state;
	assert_int_equal(capture_create(&out, path, true, stderr), 0);
	capture_write(&out, t, "a", 1);
	assert_int_equal(capture_finish(&out), 0);
	assert_int_equal(capture_open(&in, path, stderr), 0);
	assert_int_equal(capture_next(&in, &f), 1);
	assert_true(f.time_ns == t);
	capture_close(&in);
	assert_true(capture_tell(&in) == 0);
}

static void an_output_that_cannot_be_written_is_an_error(void **state)
{
	struct capture_out out;
	FILE *errors = fopen("/dev/null", "w");
	uint8_t octets[1000] = {0};

	(void)state;
	assert_int_equal(capture_create(&out, "/dev/full", true, errors), 0);
	for (unsigned i = 0; i < 100; i++)
		capture_write(&out, 0, octets, sizeof(octets));
	assert_int_equal(capture_finish(&out), -EIO);
	/* A device is not a file of ours to remove. */
	assert_int_equal(access("/dev/full", F_OK), 0);
	assert_true(capture_create(&out, "/nowhere/at/all", true, errors) < 0);
	fclose(errors);
}

static void a_discarded_output_is_gone(void **state)
{
	struct capture_out out;

	(void)state;
	assert_int_equal(capture_create(&out, path, true, stderr), 0);
	capture_write(&out, 0, "a", 1);
	capture_discard(&out);
	assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_gives_the_same_frame),
		cmocka_unit_test(what_is_no_capture_is_refused_by_name),
		cmocka_unit_test(a_capture_that_breaks_off_names_the_frame),
		cmocka_unit_test_setup_teardown(what_is_written_is_read_back, make_path,
						remove_path),
		cmocka_unit_test_setup_teardown(no_file_is_written_that_is_read_or_written_twice,
						make_path, remove_path),
		cmocka_unit_test_setup_teardown(times_go_on_after_2038, make_path, remove_path),
		cmocka_unit_test(an_output_that_cannot_be_written_is_an_error),
		cmocka_unit_test_setup_teardown(a_discarded_output_is_gone, make_path, remove_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
