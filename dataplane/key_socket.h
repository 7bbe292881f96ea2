/* The file of the key socket: who may connect, what it replaces, and when it goes. */
#pragma once

#include "config/config.h"

#include <sys/types.h>

struct key_socket {
	int fd; /* listening, non-blocking */
	char path[sizeof(((struct config_key_socket *)0)->path)];
	dev_t dev; /* of the file, so that only our own is removed */
	ino_t ino;
};

/*
 * Binds and listens at c->path with mode 0660 and c->group. Its folder is made (mode 0755) if it is
 * missing. A socket that nobody serves is replaced; one that is served, and whatever is no socket,
 * stays and is an error. A group that is missing or may not be given is a line on `errors`, and the
 * process's own group has to do. Returns 0, or -errno after a line on `errors`. Main thread, before
 * others are started: the process's umask changes for a moment.
 */
int key_socket_open(struct key_socket *s, const struct config_key_socket *c, FILE *errors);

/* Whether somebody serves the socket: 0, -EADDRINUSE, or why that cannot be said. Any thread. */
int key_socket_served(const char *path);

/* Closes, and removes the file if it is still ours. */
void key_socket_close(struct key_socket *s);
