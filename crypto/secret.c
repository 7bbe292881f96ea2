#include "crypto/secret.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

void secret_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}

bool ct_equal(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= x[i] ^ y[i];

	/* Hides the value, so that the loop cannot be turned into an early exit. */
	__asm__("" : "+r"(diff));
	return diff == 0;
}

int secret_random(void *p, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = getrandom((uint8_t *)p + have, n - have, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			int err = got < 0 ? errno : EIO;

			secret_wipe(p, n);
			return -err;
		}
		have += (size_t)got;
	}
	return 0;
}
