/* Any octets as a capture file: every frame lies inside it, in order, and a broken one is one line.
 */
#include "pcap/capture.h"

#include "pcap/packet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	FILE *errors = fopen("/dev/null", "w");
	FILE *f = len > 0 ? fmemopen((void *)(uintptr_t)data, len, "rb") : NULL;
	struct capture_in in;
	struct captured frame;
	uint64_t n = 0;
	int rc;

	if (!errors || !f)
		goto out;
	if (capture_open_stream(&in, f, "fuzz", errors) != 0)
		goto out;
	while ((rc = capture_next(&in, &frame)) > 0) {
		struct packet p;

		if (frame.number != ++n || frame.len > len)
			abort();
		packet_read(&p, in.link, frame.data, frame.len);
	}
	if (rc < 0 && ftell(errors) == 0)
		abort(); /* failed without saying why */
	capture_close(&in);
out:
	if (errors)
		fclose(errors);
	return 0;
}
