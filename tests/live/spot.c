#include "tests/live/spot.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECEIVE_BUFFER = 8 << 20 }; /* octets: nothing may be lost here, or it looks lost there */

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t to_address(const struct endpoint *e, union address *a)
{
	memset(a, 0, sizeof(*a));
	if (e->family == 4) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(e->port); /* lint-ok: kernel structs */
		memcpy(&a->in.sin_addr, e->addr, 4);
		return sizeof(a->in);
	}
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons(e->port); /* lint-ok: kernel structs */
	memcpy(&a->in6.sin6_addr, e->addr, 16);
	return sizeof(a->in6);
}

static void from_address(const union address *a, struct endpoint *e)
{
	*e = (struct endpoint){0};
	if (a->any.sa_family == AF_INET) {
		e->family = 4;
		e->port = ntohs(a->in.sin_port); /* lint-ok: kernel structs */
		memcpy(e->addr, &a->in.sin_addr, 4);
	} else {
		e->family = 6;
		e->port = ntohs(a->in6.sin6_port); /* lint-ok: kernel structs */
		memcpy(e->addr, &a->in6.sin6_addr, 16);
	}
}

int spot_enter(const char *name)
{
	char path[128];
	int fd, err;

	if (*name == '\0')
		return 0;
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = setns(fd, CLONE_NEWNET) == 0 ? 0 : -errno;
	close(fd);
	return err;
}

static bool is_multicast(const struct endpoint *e)
{
	return e->family == 4 ? e->addr[0] >> 4 == 0xe : e->addr[0] == 0xff;
}

static unsigned interface_of(const struct endpoint *via)
{
	struct ifaddrs *all;
	unsigned index = 0;

	if (getifaddrs(&all) != 0)
		return 0;
	for (const struct ifaddrs *i = all; i && index == 0; i = i->ifa_next) {
		struct endpoint have = {0};

		if (!i->ifa_addr ||
		    (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
			continue;
		from_address((const union address *)(const void *)i->ifa_addr, &have);
		if (have.family == via->family && memcmp(have.addr, via->addr, 16) == 0)
			index = if_nametoindex(i->ifa_name);
	}
	freeifaddrs(all);
	return index;
}

static int join(int fd, const struct endpoint *group, const struct endpoint *via)
{
	struct group_req req = {.gr_interface = interface_of(via)};
	union address a;
	socklen_t n = to_address(group, &a);

	memcpy(&req.gr_group, &a, n);
	return setsockopt(fd, group->family == 4 ? IPPROTO_IP : IPPROTO_IPV6, MCAST_JOIN_GROUP,
			  &req, sizeof(req)) == 0
		       ? 0
		       : -errno;
}

int spot_open(struct spot *s, const struct endpoint *at, const struct endpoint *via)
{
	const int one = 1, room = RECEIVE_BUFFER;
	union address a;
	socklen_t n = to_address(at, &a);
	int err;

	s->fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return -errno;
	/* The forced size needs the right to it; without it, what the system allows must do. */
	if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0)
		setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(s->fd, &a.any, n) != 0 || getsockname(s->fd, &a.any, &n) != 0)
		goto err_close;
	from_address(&a, &s->at);
	if (is_multicast(at)) {
		err = join(s->fd, at, via);
		if (err != 0) {
			close(s->fd);
			return err;
		}
	}
	return 0;

err_close:
	err = -errno;
	close(s->fd);
	return err;
}

int spot_send(const struct spot *s, const struct endpoint *to, const void *p, size_t n)
{
	union address a;
	socklen_t len = to_address(to, &a);

	return sendto(s->fd, p, n, 0, &a.any, len) == (ssize_t)n ? 0 : -errno;
}

int spot_receive(const struct spot *s, struct endpoint *from, void *p, size_t room)
{
	union address a;
	socklen_t len = sizeof(a);
	ssize_t n = recvfrom(s->fd, p, room, 0, &a.any, &len);

	if (n < 0)
		return -errno;
	from_address(&a, from);
	return (int)n;
}
