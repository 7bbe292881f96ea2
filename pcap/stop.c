#include "pcap/stop.h"

#include <signal.h>
#include <time.h>

static volatile sig_atomic_t asked;
static struct timespec first; /* when */

static void ask(int sig)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!asked) {
		first = now;
		asked = 1;
	} else if (now.tv_sec - first.tv_sec >= 2) {
		/* Whoever asks again means it; timeout(1) alone sends its signal twice at once. */
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

void stop_heed(void)
{
	struct sigaction a = {.sa_handler = ask}; /* a read that waits comes back */

	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGHUP, &a, NULL);
	/* A reader that went away and a file at its limit are write errors, said as such. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

bool stop_asked(void)
{
	return asked;
}
