#include "dataplane/eal_log.h"

#include <rte_log.h>

#include <string.h>

enum { KEPT = 4096 };

static struct {
	FILE *stream;
	char text[KEPT]; /* the last octets */
	size_t len;
} kept;

static ssize_t keep_text(void *cookie, const char *s, size_t n)
{
	ssize_t taken = (ssize_t)n;
	size_t over;

	(void)cookie;
	if (n > KEPT) {
		s += n - KEPT;
		n = KEPT;
	}
	over = kept.len + n > KEPT ? kept.len + n - KEPT : 0;
	memmove(kept.text, kept.text + over, kept.len - over);
	kept.len -= over;
	memcpy(kept.text + kept.len, s, n);
	kept.len += n;
	return taken;
}

void eal_log_keep(bool verbose)
{
	if (!verbose && !kept.stream)
		kept.stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = keep_text});
	if (kept.stream)
		setlinebuf(kept.stream);
	rte_openlog_stream(verbose || !kept.stream ? stderr : kept.stream);
}

void eal_log_forget(void)
{
	if (!kept.stream)
		return;
	flockfile(kept.stream);
	fflush(kept.stream);
	kept.len = 0;
	funlockfile(kept.stream);
}

void eal_log_show(FILE *out)
{
	const char *at = kept.text, *end;

	if (!kept.stream)
		return;
	flockfile(kept.stream);
	fflush(kept.stream);
	end = kept.text + kept.len;
	while (at < end) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((line ? line : end) - at);

		if (n > 0)
			fprintf(out, "  DPDK: %.*s\n", (int)n, at);
		at += n + 1;
	}
	kept.len = 0;
	funlockfile(kept.stream);
}

void eal_log_open(bool verbose)
{
	rte_openlog_stream(stderr);
	if (!verbose)
		rte_log_set_global_level(RTE_LOG_ERR);
}
