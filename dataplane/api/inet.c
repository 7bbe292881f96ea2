#include "dataplane/api/inet.h"

uint64_t inet_add(uint64_t sum, const void *p, size_t n)
{
	const uint8_t *b = p;

	/* Sums of little-endian words fold to the same octets as sums of big-endian ones (RFC 1071
	 * 2). */
	for (; n >= 4; n -= 4, b += 4) {
		uint32_t w;

		memcpy(&w, b, sizeof(w));
		sum += w;
	}
	if (n & 2) {
		uint16_t w;

		memcpy(&w, b, sizeof(w));
		sum += w;
		b += 2;
	}
	if (n & 1)
		sum += *b;
	return sum;
}

be16 inet_fold(uint64_t sum)
{
	be16 c;
	uint16_t folded;

	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	folded = (uint16_t)~sum;
	memcpy(c.b, &folded, sizeof(folded));
	return c;
}

uint64_t inet_pseudo(const uint8_t *src, const uint8_t *dst, size_t addr_len, uint8_t proto,
		     uint32_t len)
{
	const uint8_t tail[8] = {(uint8_t)(len >> 24),
				 (uint8_t)(len >> 16),
				 (uint8_t)(len >> 8),
				 (uint8_t)len,
				 0,
				 0,
				 0,
				 proto};
	uint64_t sum = inet_add(0, src, addr_len);

	sum = inet_add(sum, dst, addr_len);
	return inet_add(sum, tail, sizeof(tail));
}
