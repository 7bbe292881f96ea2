/*
 * Any octets as a message in either direction, and as a core frame: lengths add up, views stay
 * inside, and a core frame that is taken writes back to the same octets.
 */
#include "pcap/message.h"

#include "pcap/core.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_message(const uint8_t *data, size_t len, unsigned direction)
{
	struct message m;

	if (message_read(&m, direction, data, len) != VERDICT_OPENED)
		return;
	if ((size_t)m.head + m.len + m.tag_len != len || m.len > SDT_PAYLOAD_MAX)
		abort();
	if (m.rand && (m.rand < data || m.rand + RAND_LEN > data + m.head))
		abort();
	if (!suite_valid(m.eea, m.eia, m.t ? TAG_LONG : TAG_SHORT))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t again[1 << 16];
	struct core c;

	check_message(data, len, UPLINK);
	check_message(data, len, DOWNLINK);
	if (len <= sizeof(again) && core_read(&c, data, len) == VERDICT_OPENED &&
	    (core_write(&c, again) != len || memcmp(again, data, len) != 0))
		abort();
	return 0;
}
