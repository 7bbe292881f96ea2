#include "control/iwfctl/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { REDRAW_MS = 200 };

uint64_t progress_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void progress_begin(struct progress *p, const char *what, uint64_t total)
{
	*p = (struct progress){.what = what, .total = total, .shown = isatty(STDERR_FILENO)};
	p->start_ms = p->drawn_ms = progress_now_ms();
}

void progress_step(struct progress *p, uint64_t done)
{
	uint64_t now = progress_now_ms();
	double s = (double)(now - p->start_ms) / 1000;

	if (!p->shown || done == 0 || now < p->drawn_ms + REDRAW_MS)
		return;
	p->drawn_ms = now;
	fprintf(stderr, "\r%s: %" PRIu64 " of %" PRIu64 ", %.0f/s, %.0f s left\033[K", p->what,
		done, p->total, (double)done / s, s * (double)(p->total - done) / (double)done);
}

void progress_end(struct progress *p)
{
	if (p->shown && p->drawn_ms > p->start_ms)
		fputs("\r\033[K", stderr);
}
