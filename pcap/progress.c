#include "pcap/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { STEPS_PER_LOOK = 256, REDRAW_MS = 200 };

static uint64_t ms_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)((now.tv_sec - start->tv_sec) * 1000 +
			  (now.tv_nsec - start->tv_nsec) / 1000000);
}

void progress_begin(struct progress *p, const char *what, uint64_t total)
{
	*p = (struct progress){.what = what, .total = total, .shown = isatty(STDERR_FILENO)};
	clock_gettime(CLOCK_MONOTONIC, &p->start);
}

bool progress_due(struct progress *p)
{
	uint64_t ms;

	p->frames++;
	if (!p->shown || p->frames % STEPS_PER_LOOK != 0)
		return false;
	ms = ms_since(&p->start);
	if (ms < p->drawn_ms + REDRAW_MS)
		return false;
	p->drawn_ms = ms;
	return true;
}

void progress_draw(const struct progress *p, uint64_t done)
{
	double s = (double)p->drawn_ms / 1000;

	fprintf(stderr, "\r%s: %" PRIu64 " frames, %.0f/s", p->what, p->frames,
		(double)p->frames / s);
	if (p->total && done && done <= p->total) {
		double part = (double)done / (double)p->total;

		fprintf(stderr, ", %.0f %%, %.0f s left", part * 100, s / part - s);
	}
	fputs("\033[K", stderr);
}

void progress_end(struct progress *p)
{
	if (p->shown && p->drawn_ms)
		fputs("\r\033[K", stderr);
}
