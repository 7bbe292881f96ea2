#!/usr/bin/env bash
# pcap/traces is what scripts/make-traces makes.
# shellcheck source=/dev/null
. "$IWF_SOURCE_ROOT/tests/tool/pcap.sh"
iwf_pcap=$IWF_BUILD_ROOT/pcap/iwf-pcap
"$IWF_SOURCE_ROOT/scripts/make-traces" "$iwf_pcap" traces
diff -r --exclude=README.md traces "$IWF_SOURCE_ROOT/pcap/traces" || fail "traces differ"
for trace in traces/*/; do
	same "$trace/README.md" "$IWF_SOURCE_ROOT/pcap/$trace/README.md"
done
