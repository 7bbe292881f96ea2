/*
 * Another process that is run one instruction at a time, to see every state in which a death could
 * leave a file that it shares.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct steps {
	unsigned n;      /* states seen, the one before the first step included */
	unsigned room;   /* of them */
	size_t octets;   /* of one */
	void **state;    /* copies of what is watched, each unlike the one before it */
	unsigned *said;  /* what the process had said when it was in this state */
	bool impossible; /* no process may be traced here */
};

/* What the process says about itself: in memory that both share. */
extern volatile unsigned *step_said;

/*
 * Runs prepare(arg) in a child, and then act(arg) step by step, watching the file at `path`, which
 * prepare may make. The child is killed at the end. Aborts where something goes wrong. Free with
 * steps_free.
 */
struct steps steps_watch(const char *path, void (*prepare)(void *arg), void (*act)(void *arg),
			 void *arg);
void steps_free(struct steps *s);
