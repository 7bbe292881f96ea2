#include "dataplane/key_socket.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAITING_MAX = 64 /* connections not taken yet */, GROUP_TEXT = 4096 };

/* A line that says what is wrong with the socket's file; returns -err. */
static int complain(FILE *errors, const char *path, const char *what, int err)
{
	char why[128];

	fprintf(errors, "%s: %s: %s\n", path, what, strerror_r(err, why, sizeof(why)));
	return -err;
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	static_assert(sizeof(a.sun_path) == sizeof(((struct key_socket *)0)->path),
		      "a path that the configuration holds fits an address");
	memcpy(a.sun_path, path, strlen(path));
	return a;
}

/* The folder alone: one that lacks its own folder is more likely a slip. */
static int make_folder(const char *path, FILE *errors)
{
	char folder[sizeof(((struct key_socket *)0)->path)];
	char *slash;
	mode_t mask;
	int err;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return 0;
	*slash = '\0';
	mask = umask(022);
	err = mkdir(folder, 0755) == 0 || errno == EEXIST ? 0 : errno;
	umask(mask);
	return err ? complain(errors, folder, "cannot make the folder of the key socket", err) : 0;
}

int key_socket_served(const char *path)
{
	struct sockaddr_un a = address_of(path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0 ? 0 : errno;
	close(fd);
	if (err == ECONNREFUSED || err == ENOENT)
		return 0;
	/* A full queue and another kind of socket have a server too. */
	return err == 0 || err == EAGAIN || err == EPROTOTYPE ? -EADDRINUSE : -err;
}

/* Makes way for the new socket. */
static int remove_stale(const char *path, FILE *errors)
{
	struct stat st;
	int err;

	if (lstat(path, &st) != 0)
		return errno == ENOENT
			       ? 0
			       : complain(errors, path, "cannot look at the key socket", errno);
	if (!S_ISSOCK(st.st_mode)) {
		fprintf(errors,
			"%s: is no socket, and stays: name another key_socket.path or remove it\n",
			path);
		return -EEXIST;
	}
	err = key_socket_served(path);
	if (err == -EADDRINUSE) {
		fprintf(errors,
			"%s: another process serves this key socket: stop it or name another "
			"key_socket.path\n",
			path);
		return -EADDRINUSE;
	}
	if (err != 0)
		return complain(errors, path, "cannot ask who serves the key socket", -err);
	if (unlink(path) != 0 && errno != ENOENT)
		return complain(errors, path, "cannot replace the key socket", errno);
	return 0;
}

/* Nobody can connect before listen(), so the order of the steps leaves no gap. */
static void give_to_group(const char *path, const char *name, FILE *errors)
{
	char text[GROUP_TEXT], why[128];
	struct group group, *found = NULL;
	int err;

	if (name[0] == '\0')
		return;
	err = getgrnam_r(name, &group, text, sizeof(text), &found);
	if (!found)
		fprintf(errors,
			"key_socket.group: there is no group \"%s\"%s%s: the key socket is the "
			"process's own group's\n",
			name, err ? ": " : "", err ? strerror_r(err, why, sizeof(why)) : "");
	else if (lchown(path, (uid_t)-1, group.gr_gid) != 0)
		fprintf(errors,
			"key_socket.group: the key socket cannot be given to \"%s\" (%s): it is "
			"the process's own group's\n",
			name, strerror_r(errno, why, sizeof(why)));
}

static int bind_socket(struct key_socket *s, FILE *errors)
{
	struct sockaddr_un a = address_of(s->path);
	mode_t mask = umask(0117); /* mode 0660 from the first moment on */
	int err = bind(s->fd, (const struct sockaddr *)&a, sizeof(a)) == 0 ? 0 : errno;
	struct stat st;

	umask(mask);
	if (err != 0)
		return complain(errors, s->path, "cannot bind the key socket", err);
	if (lstat(s->path, &st) != 0)
		return complain(errors, s->path, "cannot look at the key socket", errno);
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return 0;
}

int key_socket_open(struct key_socket *s, const struct config_key_socket *c, FILE *errors)
{
	int err;

	*s = (struct key_socket){.fd = -1};
	snprintf(s->path, sizeof(s->path), "%s", c->path);
	err = make_folder(s->path, errors);
	if (err == 0)
		err = remove_stale(s->path, errors);
	if (err != 0)
		return err;
	s->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return complain(errors, s->path, "cannot make the key socket", errno);
	err = bind_socket(s, errors);
	if (err == 0) {
		give_to_group(s->path, c->group, errors);
		if (listen(s->fd, WAITING_MAX) != 0)
			err = complain(errors, s->path, "cannot listen on the key socket", errno);
	}
	if (err != 0)
		key_socket_close(s);
	return err;
}

void key_socket_close(struct key_socket *s)
{
	struct stat st;

	if (s->fd < 0)
		return;
	/* Closed first: nobody who connects from here on waits for an answer. */
	close(s->fd);
	s->fd = -1;
	if (s->ino != 0 && lstat(s->path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino)
		unlink(s->path);
}
