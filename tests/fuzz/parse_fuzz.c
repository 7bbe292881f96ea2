/* Frames and messages from anywhere: what parses keeps every promise of parse.h, to the octet. */
#include "dataplane/parse.h"

#include "crypto/suite.h"

#include <stdlib.h>

enum { PORT = 33868 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* RFC 1071 word by word: a right checksum sums up to all ones. */
static bool sums_up(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += get16(p + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

static void check_ipv4(const uint8_t *ip, size_t left, const struct datagram *d)
{
	must(d->family == 4 && d->udp == d->ip + 20 && left >= 28);
	must(ip[0] == 0x45 && ip[9] == 17 && (get16(ip + 6) & 0x3fff) == 0);
	must(sums_up(ip, 20));
	must(get16(ip + 2) <= left && 20U + 8 + d->len <= get16(ip + 2));
}

static void check_ipv6(const uint8_t *ip, size_t left, const struct datagram *d)
{
	must(d->family == 6 && d->udp == d->ip + 40 && left >= 48);
	must(ip[0] >> 4 == 6 && ip[6] == 17);
	must(40U + get16(ip + 4) <= left && 8U + d->len <= get16(ip + 4));
}

static void try_datagram(const uint8_t *frame, size_t here, size_t total)
{
	struct datagram d;
	enum fate f = parse_datagram(frame, here, total, PORT, &d);
	unsigned type;

	if (f != FATE_ALIVE) {
		must(f >= FATE_TO_HOST && f <= FATE_WRONG_PORT);
		return;
	}
	must(d.ip == 14 || (d.ip == 18 && get16(frame + 12) == 0x8100));
	must((size_t)d.udp + 8 <= here && (size_t)d.udp + 8 + d.len <= total);
	must(get16(frame + d.udp + 2) == PORT && get16(frame + d.udp + 4) == 8U + d.len);
	type = get16(frame + d.ip - 2);
	must(type == 0x0800 || type == 0x86dd);
	if (type == 0x0800)
		check_ipv4(frame + d.ip, total - d.ip, &d);
	else
		check_ipv6(frame + d.ip, total - d.ip, &d);
}

static void try_sdt(const uint8_t *msg, size_t len)
{
	struct sdt_view v;
	enum fate f = parse_sdt(msg, len, &v);
	size_t head;

	if (f != FATE_ALIVE) {
		must(f == FATE_RUNT || f == FATE_BAD_VERSION || f == FATE_BAD_TYPE ||
		     f == FATE_BAD_RESERVED || f == FATE_TOO_LONG);
		return;
	}
	head = v.type == SDT_RESUME ? 29 : 12;
	must(msg[0] == (0x10 | v.type) && (v.type == SDT_DATA || v.type == SDT_RESUME));
	must(head + v.payload + v.tag_len == len && v.payload <= 1358);
	must(!(msg[1] & SDT_REKEY));
	must(suite_valid(msg[2] >> 4, msg[2] & 15, msg[1] & SDT_T ? TAG_LONG : TAG_SHORT));
	must(v.tag_len == (v.type == SDT_RESUME || msg[1] & SDT_T ? TAG_LONG : TAG_SHORT));
	must(v.type == SDT_DATA || !(msg[28] & CAP_RESERVED));
}

static void try_core(const uint8_t *msg, size_t len)
{
	const struct core_hdr *h = (const struct core_hdr *)msg;
	enum fate f = parse_core(msg, len);
	char digits[IMSI_MAX + 1];
	unsigned n;

	if (f != FATE_ALIVE) {
		must(f == FATE_BAD_FRAME);
		return;
	}
	must(len >= 16 && (msg[0] == 0x12 || msg[0] == 0x13));
	must(!(msg[1] & (CORE_ZERO | CORE_EARLY)) && get16(msg + 2) == 0);
	if (msg[0] == 0x13) {
		must(!(msg[1] & CORE_HOLD) && be32_get(h->key_id) != 0 && be64_get(h->imsi) == 0);
		return;
	}
	n = imsi_from_tbcd(h->imsi, digits);
	must(n >= IMSI_MIN && be64_get(imsi_to_tbcd(digits, n)) == be64_get(h->imsi));
}

/* The first octet says what the others are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	data++;
	len--;
	switch (data[-1] % 4) {
	case 0:
		try_datagram(data, len, len);
		break;
	case 1: /* the frame goes on in other segments */
		if (len >= PARSE_HERE + 2)
			try_datagram(data, len - 2, len - 2 + get16(data + len - 2));
		break;
	case 2:
		try_sdt(data, len);
		break;
	default:
		try_core(data, len);
		break;
	}
	return 0;
}
