#include "tests/unit/stepper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

volatile unsigned *step_said;

static void must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	abort();
}

static void keep_state(struct steps *s, const void *now)
{
	if (s->n == s->room) {
		s->room = 2 * s->room + 64;
		s->state = realloc(s->state, s->room * sizeof(s->state[0]));
		s->said = realloc(s->said, s->room * sizeof(s->said[0]));
		must(s->state && s->said, "realloc");
	}
	s->state[s->n] = malloc(s->octets);
	must(s->state[s->n], "malloc");
	memcpy(s->state[s->n], now, s->octets);
	s->said[s->n++] = *step_said;
}

static void run_child(void (*prepare)(void *arg), void (*act)(void *arg), void *arg)
{
	prepare(arg);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(1);
	kill(getpid(), SIGSTOP);
	act(arg);
	kill(getpid(), SIGSTOP);
	_exit(0);
}

/* The signal that stopped the child; 0: it has ended. */
static int wait_stop(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		must(errno == EINTR, "waitpid");
	return WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
}

static const void *map_watched(const char *path, size_t *octets)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *at;

	must(fd >= 0 && fstat(fd, &st) == 0, path);
	*octets = (size_t)st.st_size;
	at = mmap(NULL, *octets, PROT_READ, MAP_SHARED, fd, 0);
	must(at != MAP_FAILED, "mmap");
	close(fd);
	return at;
}

struct steps steps_watch(const char *path, void (*prepare)(void *arg), void (*act)(void *arg),
			 void *arg)
{
	struct steps s = {0};
	const void *now;
	pid_t child;
	int stop;

	if (!step_said)
		step_said = mmap(NULL, sizeof(*step_said), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*step_said = 0;
	child = fork();
	must(child >= 0, "fork");
	if (child == 0)
		run_child(prepare, act, arg);
	stop = wait_stop(child);
	if (stop != SIGSTOP) {
		s.impossible = true;
		return s;
	}
	now = map_watched(path, &s.octets);
	keep_state(&s, now);
	do {
		must(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0, "ptrace");
		stop = wait_stop(child);
		if (memcmp(s.state[s.n - 1], now, s.octets) != 0 || s.said[s.n - 1] != *step_said)
			keep_state(&s, now);
	} while (stop == SIGTRAP);
	must(stop == SIGSTOP, "the child did not come to its end");
	kill(child, SIGKILL);
	wait_stop(child);
	munmap((void *)(uintptr_t)now, s.octets);
	return s;
}

void steps_free(struct steps *s)
{
	for (unsigned i = 0; i < s->n; i++)
		free(s->state[i]);
	free(s->state);
	free(s->said);
}
