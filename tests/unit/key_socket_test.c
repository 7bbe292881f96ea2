/* The file of the key socket: its mode, its folder, and what it replaces or leaves alone. */
#include "dataplane/key_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char folder[64];
	struct config_key_socket c;
	struct key_socket s;
	char said[1024];
};

static int make_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	snprintf(f->folder, sizeof(f->folder), "/tmp/keys.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->c.path, sizeof(f->c.path), "%s/keys.sock", f->folder);
	*state = f;
	return 0;
}

static int remove_fixture(void **state)
{
	struct fixture *f = *state;

	unlink(f->c.path);
	assert_int_equal(rmdir(f->folder), 0);
	free(f);
	return 0;
}

static int open_socket(struct fixture *f, struct key_socket *s)
{
	FILE *errors = fmemopen(f->said, sizeof(f->said), "w");
	int ret;

	assert_non_null(errors);
	ret = key_socket_open(s, &f->c, errors);
	fclose(errors);
	return ret;
}

/* Binds a socket of this type, as another process would. */
static int bind_other(const struct fixture *f, int type)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	memcpy(a.sun_path, f->c.path, sizeof(a.sun_path) - 1);
	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static bool there(const struct fixture *f)
{
	struct stat st;

	return lstat(f->c.path, &st) == 0;
}

static void the_socket_is_for_its_owner_and_group(void **state)
{
	struct fixture *f = *state;
	mode_t mask = umask(0);
	struct stat st;

	assert_int_equal(open_socket(f, &f->s), 0);
	assert_int_equal(umask(mask), 0);
	assert_string_equal(f->said, "");
	assert_int_equal(lstat(f->c.path, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0660);
	key_socket_close(&f->s);
	assert_false(there(f));
	key_socket_close(&f->s);
}

static void a_missing_folder_is_made(void **state)
{
	struct fixture *f = *state;
	char folder[80];
	mode_t mask = umask(077);
	struct stat st;

	snprintf(folder, sizeof(folder), "%s/run", f->folder);
	snprintf(f->c.path, sizeof(f->c.path), "%s/run/keys.sock", f->folder);
	assert_int_equal(open_socket(f, &f->s), 0);
	umask(mask);
	assert_int_equal(lstat(folder, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	key_socket_close(&f->s);
	assert_int_equal(rmdir(folder), 0);

	snprintf(f->c.path, sizeof(f->c.path), "%s/a/b/keys.sock", f->folder);
	assert_int_equal(open_socket(f, &f->s), -ENOENT);
	assert_non_null(strstr(f->said, "cannot make the folder"));
}

static void a_socket_that_nobody_serves_is_replaced(void **state)
{
	struct fixture *f = *state;

	close(bind_other(f, SOCK_SEQPACKET));
	assert_int_equal(open_socket(f, &f->s), 0);
	key_socket_close(&f->s);

	close(bind_other(f, SOCK_STREAM));
	assert_int_equal(open_socket(f, &f->s), 0);
	key_socket_close(&f->s);
	assert_false(there(f));
}

static void a_socket_that_is_served_stays(void **state)
{
	static const int types[] = {SOCK_SEQPACKET, SOCK_STREAM};
	struct fixture *f = *state;
	struct key_socket second;

	assert_int_equal(open_socket(f, &f->s), 0);
	assert_int_equal(open_socket(f, &second), -EADDRINUSE);
	assert_non_null(strstr(f->said, "another process serves this key socket"));
	key_socket_close(&second);
	assert_true(there(f));
	key_socket_close(&f->s);

	for (unsigned i = 0; i < 2; i++) {
		int fd = bind_other(f, types[i]);

		assert_int_equal(listen(fd, 1), 0);
		assert_int_equal(open_socket(f, &second), -EADDRINUSE);
		assert_true(there(f));
		close(fd);
		unlink(f->c.path);
	}
}

static void what_is_no_socket_stays(void **state)
{
	struct fixture *f = *state;
	int fd = open(f->c.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(open_socket(f, &f->s), -EEXIST);
	assert_non_null(strstr(f->said, "is no socket, and stays"));
	assert_true(there(f));
	unlink(f->c.path);

	/* Nor is what a link leads to. */
	assert_int_equal(symlink("elsewhere", f->c.path), 0);
	assert_int_equal(open_socket(f, &f->s), -EEXIST);
	assert_true(there(f));
}

static void a_socket_that_was_replaced_is_not_removed(void **state)
{
	struct fixture *f = *state;
	int fd;

	assert_int_equal(open_socket(f, &f->s), 0);
	unlink(f->c.path);
	fd = bind_other(f, SOCK_SEQPACKET);
	key_socket_close(&f->s);
	assert_true(there(f));
	close(fd);
}

static void a_missing_group_is_said_and_done_without(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	snprintf(f->c.group, sizeof(f->c.group), "no_such_group_here");
	assert_int_equal(open_socket(f, &f->s), 0);
	assert_non_null(
		strstr(f->said, "key_socket.group: there is no group \"no_such_group_here\""));
	assert_int_equal(lstat(f->c.path, &st), 0);
	assert_int_equal(st.st_gid, getegid());
	assert_int_equal(st.st_mode, S_IFSOCK | 0660);
	key_socket_close(&f->s);
}

static void the_socket_is_given_to_its_group(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	if (geteuid() != 0)
		skip();
	snprintf(f->c.group, sizeof(f->c.group), "daemon");
	assert_int_equal(open_socket(f, &f->s), 0);
	assert_string_equal(f->said, "");
	assert_int_equal(lstat(f->c.path, &st), 0);
	assert_int_equal(st.st_gid, 1);
	assert_int_equal(st.st_mode, S_IFSOCK | 0660);
	key_socket_close(&f->s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_fixture, remove_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_socket_is_for_its_owner_and_group),
		TEST(a_missing_folder_is_made),
		TEST(a_socket_that_nobody_serves_is_replaced),
		TEST(a_socket_that_is_served_stays),
		TEST(what_is_no_socket_stays),
		TEST(a_socket_that_was_replaced_is_not_removed),
		TEST(a_missing_group_is_said_and_done_without),
		TEST(the_socket_is_given_to_its_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
