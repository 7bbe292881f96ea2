/*
 * Any octets as a frame: the first chooses the link type. Views stay inside the frame, and what was
 * found in it, built anew, reads back the same.
 */
#include "pcap/packet.h"

#include "pcap/build.h"

#include <pcap/dlt.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_again(const struct packet *p)
{
	static uint8_t frame[BUILD_MAX];
	struct route route = route_of(p);
	struct packet again;
	size_t n = build_udp(&route, p->payload, p->len, frame);

	packet_read(&again, DLT_EN10MB, frame, n);
	if (again.kind != PACKET_UDP || again.len != p->len ||
	    memcmp(again.payload, p->payload, p->len) != 0)
		abort();
	if (!endpoint_equal(&again.src, &p->src) || !endpoint_equal(&again.dst, &p->dst))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const int links[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW,
				    DLT_IPV4,   DLT_IPV6,      DLT_NULL,       DLT_LOOP};
	struct packet p;

	if (len == 0)
		return 0;
	packet_read(&p, links[data[0] % (sizeof(links) / sizeof(links[0]))], data + 1, len - 1);
	if (p.kind != PACKET_UDP && p.kind != PACKET_TCP)
		return 0;
	if (p.payload < data + 1 || p.payload + p.len > data + len)
		abort();
	if (p.len <= BUILD_PAYLOAD_MAX)
		check_again(&p);
	return 0;
}
