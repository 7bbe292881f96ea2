/* sdt.md 6: the table outlives the process, wherever that dies. */
#include "dataplane/sa_map.h"
#include "dataplane/sa_slot.h"
#include "tests/unit/path_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TMPFS "/dev/shm"

static const struct sa_install_limits limits = {.given = true, .per_device = 4};

static char folder[64];

/* A table in a file of its own, and what was said when it was opened. */
struct fixture {
	char path[96];
	struct sa_table *t;
	struct sa_takeover found;
	struct batch *crypto;
	char said[512];
};

static bool open_table(struct fixture *f, uint32_t slots, bool renew)
{
	FILE *errors = fmemopen(f->said, sizeof(f->said), "w");

	assert_non_null(errors);
	f->t = sa_table_open(f->path, slots, renew, &f->found, errors);
	fclose(errors);
	return f->t != NULL;
}

static void close_table(struct fixture *f)
{
	sa_table_close(f->t);
	f->t = NULL;
}

static struct fixture *make_file(uint32_t slots)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	snprintf(f->path, sizeof(f->path), "%s/table", folder);
	unlink(f->path);
	f->crypto = batch_create(BATCH_AUTO);
	assert_non_null(f->crypto);
	if (!open_table(f, slots, false))
		fail_msg("%s", f->said);
	assert_true(f->found.fresh);
	return f;
}

static void free_file(struct fixture *f)
{
	close_table(f);
	unlink(f->path);
	batch_destroy(f->crypto);
	free(f);
}

/* An SA that control installs: number i, of IMSI number `imsi`. */
static struct sa_row row_of(uint32_t i, uint32_t imsi)
{
	struct sa_row row = rig_row(imsi, EEA2, EIA2, TAG_LONG);

	row.key_id = 0;
	row.root_key[31] = (uint8_t)i;
	snprintf(row.reference, sizeof(row.reference), "ref-%u", i);
	return row;
}

static struct key_outcome install(struct fixture *f, const struct sa_row *row)
{
	struct key_outcome o;

	sa_table_install(f->t, f->crypto, &limits, row, 1, &o);
	return o;
}

static void remove_one(struct fixture *f, uint32_t i)
{
	char reference[1][SAS_REFERENCE_MAX + 1] = {{0}};
	struct key_outcome o;

	snprintf(reference[0], sizeof(reference[0]), "ref-%u", i);
	assert_int_equal(sa_table_remove(f->t, reference, 1, &o), 1);
}

/* As it goes over the key socket: padding is not compared. */
static void expect_same_row(const struct key_row *a, const struct key_row *b)
{
	uint8_t octets[2][512];
	struct wr w[2] = {wr_of(octets[0], sizeof(octets[0])), wr_of(octets[1], sizeof(octets[1]))};

	key_row_write(&w[0], a);
	key_row_write(&w[1], b);
	assert_false(w[0].bad || w[1].bad);
	assert_int_equal(w[0].len, w[1].len);
	assert_memory_equal(octets[0], octets[1], w[0].len);
}

static void an_sa_lives_on_with_its_counters(void **state)
{
	struct fixture *f = make_file(100);
	struct sa_row row = row_of(1, 7);
	struct key_outcome o = install(f, &row), again;
	struct key_row before, after;
	uint32_t slot = sa_table_find(f->t, o.key_id);

	(void)state;
	assert_int_equal(o.result, KEY_INSTALLED);
	f->t->down[slot].count = 77;
	f->t->up[slot].top = 99;
	f->t->up[slot].seen = 5;
	assert_true(sa_table_describe(f->t, slot, &before));
	close_table(f);

	assert_true(open_table(f, 100, false));
	assert_false(f->found.fresh);
	assert_int_equal(f->found.taken, 1);
	assert_int_equal(f->found.half_written, 0);
	assert_int_equal(f->found.incarnation, 2);
	assert_int_equal(sa_table_find(f->t, o.key_id), slot);
	assert_true(sa_table_describe(f->t, slot, &after));
	expect_same_row(&before, &after);
	again = install(f, &row);
	assert_int_equal(again.result, KEY_KEPT);
	assert_int_equal(again.key_id, o.key_id);
	assert_memory_equal(again.salt, o.salt, SALT_LEN);
	free_file(f);
}

static void several_sas_of_an_imsi_keep_the_order_of_their_installs(void **state)
{
	struct fixture *f = make_file(8);
	uint32_t id[8], slot;
	be64 imsi;

	(void)state;
	/* Slots go round, so that the order of slots is not that of installs. */
	for (uint32_t i = 0; i < 8; i++) {
		struct sa_row row = row_of(i, i < 5 ? 100 + i : 9);

		id[i] = install(f, &row).key_id;
		imsi = imsi_to_tbcd(row.identity, row.identity_len);
	}
	remove_one(f, 2);
	remove_one(f, 0);
	for (uint32_t i = 0; i < 1; i++) {
		struct sa_row row = row_of(20, 9);

		id[0] = install(f, &row).key_id;
	}
	close_table(f);
	assert_true(open_table(f, 8, false));
	sa_table_find_imsi(f->t, &imsi, 1, &slot);
	assert_int_equal(f->t->up[slot].key_id, id[0]);
	for (uint32_t i = 7; i >= 5; i--) {
		slot = f->t->link[slot].next;
		assert_int_equal(f->t->up[slot].key_id, id[i]);
	}
	assert_int_equal(f->t->link[slot].next, SA_NONE);
	free_file(f);
}

static void free_slots_keep_their_order(void **state)
{
	static const uint32_t removed[] = {5, 1, 7, 3};
	struct fixture *f = make_file(8);
	uint32_t slot[8];

	(void)state;
	for (uint32_t i = 0; i < 8; i++) {
		struct sa_row row = row_of(i, i);

		slot[i] = install(f, &row).key_id & f->t->mask;
	}
	for (uint32_t i = 0; i < 4; i++)
		remove_one(f, removed[i]);
	for (uint32_t i = 0; i < 4; i++) {
		struct sa_row row = row_of(50 + i, 50 + i);

		close_table(f);
		assert_true(open_table(f, 8, false));
		assert_int_equal(install(f, &row).key_id & f->t->mask, slot[removed[i]]);
	}
	free_file(f);
}

static void remove_static(struct fixture *f, uint32_t key_id)
{
	uint32_t slot = sa_table_find(f->t, key_id);

	sa_table_remove_slots(f->t, &slot, 1);
}

static void a_static_row_once_removed_stays_out_of_the_mapping(void **state)
{
	struct fixture *f = make_file(8);
	struct sa_row row = rig_row(5, EEA2, EIA2, TAG_LONG);

	(void)state;
	snprintf(row.reference, sizeof(row.reference), "static:5");
	assert_int_equal(install(f, &row).result, KEY_INSTALLED);
	assert_int_equal(install(f, &row).result, KEY_KEPT);
	remove_static(f, 5);
	assert_int_equal(install(f, &row).result, KEY_RETIRED);
	close_table(f);
	assert_true(open_table(f, 8, false));
	assert_int_equal(install(f, &row).result, KEY_RETIRED);
	close_table(f);
	assert_true(open_table(f, 8, true));
	assert_int_equal(install(f, &row).result, KEY_INSTALLED);
	free_file(f);
}

/* sdt.md 3: traffic keys come of key, identity and salt, whatever key id stands before them. */
static void a_removed_rows_key_and_salt_come_back_under_no_other_name(void **state)
{
	struct fixture *f = make_file(8);
	struct sa_row row = rig_row(5, EEA2, EIA2, TAG_LONG);

	(void)state;
	snprintf(row.reference, sizeof(row.reference), "mine");
	assert_int_equal(install(f, &row).result, KEY_NOT_ALLOWED);
	snprintf(row.reference, sizeof(row.reference), "static:5");
	assert_int_equal(install(f, &row).result, KEY_INSTALLED);
	remove_static(f, 5);
	row.key_id = 6;
	snprintf(row.reference, sizeof(row.reference), "static:6");
	assert_int_equal(install(f, &row).result, KEY_RETIRED);
	row.salt[0] ^= 1;
	assert_int_equal(install(f, &row).result, KEY_INSTALLED);
	free_file(f);
}

/* More than can be remembered: from there on no static row that is not here may come. */
static void when_retired_rows_do_not_fit_all_others_are_refused(void **state)
{
	struct fixture *f = make_file(8);
	struct sa_row here = rig_row(1, EEA2, EIA2, TAG_LONG),
		      stranger = rig_row(2, EEA2, EIA2, TAG_LONG);

	(void)state;
	snprintf(here.reference, sizeof(here.reference), "static:1");
	snprintf(stranger.reference, sizeof(stranger.reference), "static:2");
	assert_int_equal(install(f, &here).result, KEY_INSTALLED);
	for (uint32_t i = 0; i < SA_RETIRED_MAX; i++)
		sa_map_retire(f->t->map, 1000 + i);
	assert_int_equal(install(f, &stranger).result, KEY_INSTALLED);
	remove_static(f, 2);
	stranger.salt[0] ^= 1;
	assert_int_equal(install(f, &stranger).result, KEY_RETIRED);
	assert_int_equal(install(f, &here).result, KEY_KEPT);
	stranger.key_id = 0;
	assert_int_equal(install(f, &stranger).result, KEY_INSTALLED);
	free_file(f);
}

static bool in_memory(const struct fixture *f, const void *octets, size_t n)
{
	return memmem(f->t->map->header, f->t->map->octets, octets, n) != NULL;
}

static void a_slot_that_is_marked_is_wiped_and_reported(void **state)
{
	struct fixture *f = make_file(8);
	struct sa_row row = row_of(1, 7), other = row_of(2, 8);
	uint32_t id = install(f, &row).key_id, slot = sa_table_find(f->t, id);
	uint32_t safe = install(f, &other).key_id;

	(void)state;
	f->t->up[slot].changing = 1; /* as a death inside a RESUME leaves it */
	assert_true(in_memory(f, row.root_key, ROOT_KEY_LEN));
	close_table(f);
	assert_true(open_table(f, 8, false));
	assert_int_equal(f->found.half_written, 1);
	assert_int_equal(f->found.first_wiped[0], slot);
	assert_int_equal(f->found.taken, 1);
	assert_int_equal(sa_table_find(f->t, id), SA_NONE);
	assert_int_not_equal(sa_table_find(f->t, safe), SA_NONE);
	assert_false(in_memory(f, row.root_key, ROOT_KEY_LEN));
	close_table(f);
	assert_true(open_table(f, 8, false));
	assert_int_equal(f->found.half_written, 0);
	free_file(f);
}

static void a_new_start_leaves_nothing_behind(void **state)
{
	struct fixture *f = make_file(8);
	struct sa_row row = row_of(1, 7);

	(void)state;
	assert_int_equal(install(f, &row).result, KEY_INSTALLED);
	close_table(f);
	assert_true(open_table(f, 20, true)); /* another number of slots, too */
	assert_true(f->found.fresh);
	assert_int_equal(f->found.incarnation, 1);
	assert_int_equal(f->t->in_use, 0);
	assert_false(in_memory(f, row.root_key, ROOT_KEY_LEN));
	assert_int_equal(install(f, &row).result, KEY_INSTALLED);
	free_file(f);
}

static void the_file_is_watched(void **state)
{
	struct fixture *f = make_file(8);
	struct stat s;

	(void)state;
	assert_true(sa_table_intact(f->t));
	assert_int_equal(stat(f->path, &s), 0);
	assert_int_equal(s.st_mode & 0777, 0600);
	assert_int_equal(truncate(f->path, s.st_size - 1), 0);
	assert_false(sa_table_intact(f->t));
	assert_int_equal(truncate(f->path, s.st_size), 0);
	assert_true(sa_table_intact(f->t));
	assert_int_equal(unlink(f->path), 0);
	assert_false(sa_table_intact(f->t));
	free_file(f);
}

/* Whether the kernel may not swap the memory at `at`; smaps names it and tells its flags. */
static bool locked(const void *at)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	bool here = false, is_locked = false;
	uintptr_t from, end;
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &end) == 2)
			here = (uintptr_t)at >= from && (uintptr_t)at < end;
		else if (here && strncmp(line, "VmFlags:", 8) == 0)
			is_locked = strstr(line, " lo") != NULL;
	}
	fclose(f);
	return is_locked;
}

static void keys_are_not_swapped_to_a_disk(void **state)
{
	struct fixture *f = make_file(8);
	struct rlimit limit;
	bool allowed, made, taken;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	allowed = limit.rlim_cur >= f->t->map->octets;
	made = locked(f->t->map->header);
	close_table(f);
	assert_true(open_table(f, 8, false));
	taken = locked(f->t->map->header);
	free_file(f);
	if (!allowed)
		skip(); /* nothing may be locked here */
	assert_true(made && taken);
}

static void expect_refusal(struct fixture *f, uint32_t slots, const char *words)
{
	if (open_table(f, slots, false))
		fail_msg("taken, though: %s", words);
	if (!strstr(f->said, words) || !strstr(f->said, f->path) ||
	    strchr(f->said, '\n') != f->said + strlen(f->said) - 1)
		fail_msg("said: %s(wanted: %s)", f->said, words);
}

/* Writes into a file that no process has open. */
static void poke(const struct fixture *f, size_t at, const void *octets, size_t n)
{
	int fd = open(f->path, O_RDWR | O_CLOEXEC);

	assert_int_equal(pwrite(fd, octets, n, (off_t)at), n);
	close(fd);
}

static void what_does_not_fit_is_refused_with_what_mends_it(void **state)
{
	static const uint32_t other = 0xffff;
	static const struct {
		size_t at;
		const char *words;
	} cases[] = {
		{offsetof(struct sa_map_header, magic), "is no SA table"},
		{offsetof(struct sa_map_header, layout), "has layout 65535"},
		{offsetof(struct sa_map_header, slots), "has 65535 slots, but sa.slots is 8"},
		{offsetof(struct sa_map_header, boot_id), "from before the host was started"},
		{offsetof(struct sa_map_header, never_used), "is no SA table"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture *f = make_file(8);

		close_table(f);
		poke(f, cases[i].at, &other, sizeof(other));
		expect_refusal(f, 8, cases[i].words);
		expect_refusal(f, 8, "iwf-dp run --renew");
		assert_true(open_table(f, 8, true));
		free_file(f);
	}
}

static void a_file_that_is_cut_is_refused(void **state)
{
	struct fixture *f = make_file(1000);
	struct stat s;

	(void)state;
	assert_int_equal(stat(f->path, &s), 0);
	close_table(f);
	for (off_t left = s.st_size - 4096; left >= 0; left -= 28672) {
		assert_int_equal(truncate(f->path, left), 0);
		expect_refusal(f, 1000, "iwf-dp run --renew");
	}
	assert_int_equal(truncate(f->path, 0), 0);
	expect_refusal(f, 1000, "is no SA table, or cut");
	assert_true(open_table(f, 1000, true));
	free_file(f);
}

static void only_a_private_file_in_memory_is_taken(void **state)
{
	struct fixture *f = make_file(8);
	char target[128];

	(void)state;
	close_table(f);
	assert_int_equal(chmod(f->path, 0640), 0);
	expect_refusal(f, 8, "has mode 0640");
	assert_int_equal(chmod(f->path, 0600), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(f->path, 65534, 65534), 0);
		expect_refusal(f, 8, "belongs to user 65534");
		assert_int_equal(chown(f->path, 0, 0), 0);
	}
	snprintf(target, sizeof(target), "%s.target", f->path);
	assert_int_equal(rename(f->path, target), 0);
	assert_int_equal(symlink(target, f->path), 0);
	expect_refusal(f, 8, "is a symbolic link");
	assert_false(open_table(f, 8, true)); /* not even then */
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(unlink(target), 0);
	assert_int_equal(mkdir(f->path, 0700), 0);
	expect_refusal(f, 8, "cannot be opened");
	assert_int_equal(rmdir(f->path), 0);
	free_file(f);
}

static void a_file_on_a_disk_is_refused_and_not_left_behind(void **state)
{
	struct fixture *f = make_file(8);

	(void)state;
	close_table(f);
	unlink(f->path);
	snprintf(f->path, sizeof(f->path), "%s", "takeover_test.table");
	unlink("takeover_test.table.new");
	if (open_table(f, 8, false)) {
		free_file(f); /* the build folder lies in memory here */
		skip();
		return;
	}
	assert_non_null(strstr(f->said, "lies on a disk"));
	assert_int_equal(access(f->path, F_OK), -1);
	assert_int_equal(access("takeover_test.table.new", F_OK), -1);
	free_file(f);
}

static void a_second_process_is_refused(void **state)
{
	struct fixture *f = make_file(8);
	struct fixture second = *f;

	(void)state;
	expect_refusal(&second, 8, "in use by another process");
	assert_false(open_table(&second, 8, true)); /* nor may it wipe */
	assert_true(sa_table_intact(f->t));
	free_file(f);
}

static void what_a_death_left_half_made_is_made_again(void **state)
{
	struct fixture *f = make_file(8);
	char temporary[128];

	(void)state;
	close_table(f);
	snprintf(temporary, sizeof(temporary), "%s.new", f->path);
	assert_int_equal(rename(f->path, temporary), 0);
	assert_true(open_table(f, 16, false));
	assert_true(f->found.fresh);
	assert_int_equal(access(temporary, F_OK), -1);
	free_file(f);
}

static void a_file_system_without_room_is_said_at_start(void **state)
{
	struct fixture *f = make_file(8);
	char small[96], file[160];

	(void)state;
	close_table(f);
	unlink(f->path);
	snprintf(small, sizeof(small), "%s/small", folder);
	assert_int_equal(mkdir(small, 0700), 0);
	if (mount("none", small, "tmpfs", 0, "size=1m") != 0) {
		rmdir(small);
		free_file(f);
		skip();
		return;
	}
	snprintf(file, sizeof(file), "%s/t", small);
	assert_true((size_t)snprintf(f->path, sizeof(f->path), "%s", file) < sizeof(f->path));
	expect_refusal(f, 100000, "no room for 100000 slots (27 MiB)");
	assert_int_equal(access(f->path, F_OK), -1);
	snprintf(file, sizeof(file), "%s/t.new", small);
	assert_int_equal(access(file, F_OK), -1);
	assert_true(open_table(f, 1000, false));
	close_table(f);
	unlink(f->path);
	assert_int_equal(umount(small), 0);
	assert_int_equal(rmdir(small), 0);
	free_file(f);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), TMPFS "/takeover_test.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_sa_lives_on_with_its_counters),
		cmocka_unit_test(several_sas_of_an_imsi_keep_the_order_of_their_installs),
		cmocka_unit_test(free_slots_keep_their_order),
		cmocka_unit_test(a_static_row_once_removed_stays_out_of_the_mapping),
		cmocka_unit_test(a_removed_rows_key_and_salt_come_back_under_no_other_name),
		cmocka_unit_test(when_retired_rows_do_not_fit_all_others_are_refused),
		cmocka_unit_test(a_slot_that_is_marked_is_wiped_and_reported),
		cmocka_unit_test(a_new_start_leaves_nothing_behind),
		cmocka_unit_test(the_file_is_watched),
		cmocka_unit_test(keys_are_not_swapped_to_a_disk),
		cmocka_unit_test(what_does_not_fit_is_refused_with_what_mends_it),
		cmocka_unit_test(a_file_that_is_cut_is_refused),
		cmocka_unit_test(only_a_private_file_in_memory_is_taken),
		cmocka_unit_test(a_file_on_a_disk_is_refused_and_not_left_behind),
		cmocka_unit_test(a_second_process_is_refused),
		cmocka_unit_test(what_a_death_left_half_made_is_made_again),
		cmocka_unit_test(a_file_system_without_room_is_said_at_start),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
