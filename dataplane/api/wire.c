#include "dataplane/api/wire.h"

enum { FILLER = 0xf };

static unsigned nibble(be64 imsi, unsigned i)
{
	return i & 1 ? imsi.b[i / 2] >> 4 : imsi.b[i / 2] & 15;
}

bool imsi_tbcd_valid(be64 imsi)
{
	unsigned n = 0;

	while (n < 16 && nibble(imsi, n) <= 9)
		n++;
	for (unsigned i = n; i < 16; i++) {
		if (nibble(imsi, i) != FILLER)
			return false;
	}
	return n >= IMSI_MIN && n <= IMSI_MAX;
}

be64 imsi_to_tbcd(const char *digits, size_t n)
{
	be64 imsi = {{0}};

	if (n < IMSI_MIN || n > IMSI_MAX)
		return imsi;
	for (size_t i = 0; i < n; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return (be64){{0}};
	}
	for (size_t i = 0; i < 16; i++) {
		unsigned d = i < n ? (unsigned)(digits[i] - '0') : FILLER;

		imsi.b[i / 2] |= (uint8_t)(i & 1 ? d << 4 : d);
	}
	return imsi;
}

unsigned imsi_from_tbcd(be64 imsi, char digits[IMSI_MAX + 1])
{
	unsigned n = 0;

	while (n < IMSI_MAX && nibble(imsi, n) <= 9) {
		digits[n] = (char)('0' + nibble(imsi, n));
		n++;
	}
	digits[n] = '\0';
	return n;
}
