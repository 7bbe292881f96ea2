#include "config/text.h"

#include "crypto/bytes.h"

#include <errno.h>
#include <string.h>

int text_uint(const char *s, uint64_t min, uint64_t max, uint64_t *v)
{
	bool negative = *s == '-';
	uint64_t x = 0;
	bool beyond = false;
	int base = 10;

	if (*s == '-' || *s == '+')
		s++;
	if (s[0] == '0' && s[1] == 'x') {
		base = 16;
		s += 2;
	}
	if (*s == '\0')
		return -EINVAL;
	for (; *s; s++) {
		int digit = hex_digit(*s);

		if (digit < 0 || digit >= base)
			return -EINVAL;
		beyond |= __builtin_mul_overflow(x, (uint64_t)base, &x);
		beyond |= __builtin_add_overflow(x, (uint64_t)digit, &x);
	}
	if (beyond || x < min || x > max || (negative && x != 0))
		return -ERANGE;
	*v = x;
	return 0;
}

bool text_bool(const char *s, bool *v)
{
	bool yes = strcmp(s, "true") == 0 || strcmp(s, "True") == 0 || strcmp(s, "TRUE") == 0;
	bool no = strcmp(s, "false") == 0 || strcmp(s, "False") == 0 || strcmp(s, "FALSE") == 0;

	if (yes || no)
		*v = yes;
	return yes || no;
}

const char *text_show(const char *s, char out[TEXT_SHOWN])
{
	size_t n = strnlen(s, TEXT_SHOWN);
	size_t shown = n < TEXT_SHOWN ? n : TEXT_SHOWN - 4;

	for (size_t i = 0; i < shown; i++)
		out[i] = s[i];
	for (size_t i = 0; i < shown; i++) {
		if (out[i] < 0x20 || out[i] > 0x7e)
			out[i] = '?';
	}
	memcpy(out + shown, n < TEXT_SHOWN ? "" : "...", n < TEXT_SHOWN ? 1 : 4);
	return out;
}

unsigned text_distance(const char *a, const char *b)
{
	enum { MAX = 64 };
	size_t na = strnlen(a, MAX), nb = strnlen(b, MAX);
	unsigned row[MAX + 1]; /* distances of a's beginning so far to each beginning of b */

	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);
			unsigned gap = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			diagonal = row[j];
			row[j] = change < gap ? change : gap;
		}
	}
	return row[nb];
}
