#!/usr/bin/env bash
# One line a frame, whatever is in it, as text and as JSON.
# shellcheck source=/dev/null
. "$IWF_SOURCE_ROOT/tests/tool/pcap.sh"
iwf_pcap=$IWF_BUILD_ROOT/pcap/iwf-pcap

# shows FOLDER/FILE PATTERN [OPTION...]: the last line of that trace.
shows() {
	local file=$IWF_SOURCE_ROOT/pcap/traces/$1 pattern=$2

	shift 2
	"$iwf_pcap" show "$file" "$@" | tail -n 1 >shown
	grep -qE -- "$pattern" shown || fail "$file: $(cat shown)"
}

keys=(--sas "$IWF_SOURCE_ROOT/pcap/traces/access-bad_tag/sas.yaml")
shows access-sent/access.pcap '^ +2  1767225600\.002000000  10\.0\.0\.1:50000  >  192\.0\.2\.1:33868  up  DATA  key 4118469508  count 1  bearer 23  eea2/eia2  epoch 0  payload [0-9]+  tag 8$'
shows access-sent/access.pcap 'tag right$' "${keys[@]}"
shows access-bad_tag/access.pcap 'tag wrong$' "${keys[@]}"
shows access-unknown_key/access.pcap 'no key$' "${keys[@]}"
shows access-resumed/access.pcap 'RESUME  key .* epoch 1  .*tag right$' "${keys[@]}"
shows access-runt/access.pcap 'up  runt$'
shows access-bad_version/access.pcap 'up  bad_version$'
shows access-fragment/access.pcap '  IP fragment$'
shows access-not_ip/access.pcap '  not IP$'
shows access-not_udp/access.pcap '  (TCP|malformed)'
shows access-wrong_port/access.pcap '  UDP  payload [0-9]+$'
shows access-wrong_port/access.pcap '  up  DATA' --port 33869
shows access-closed/access.pcap 'DATA.* count 1 '
"$iwf_pcap" show "$IWF_SOURCE_ROOT/pcap/traces/access-closed/access.pcap" >shown
grep -q 'END$' shown ||
	fail "END does not show"
shows core-sent/core.pcap '198\.51\.100\.2:29128  >  198\.51\.100\.1:29128  MT  key [0-9]+  001010000000001  bearer 23  payload [0-9]+$'
shows core-bad_frame/core.pcap '  bad_frame$'
shows core-sent/core.pcap '"type":"MT","key":[0-9]+,"imsi":"001010000000001"' --json

# JSON is JSON, and has a line for each frame of everything that can be made.
good "$iwf_pcap" make --packets 500 --down 200 --bad 50 --resume 10 --ipv6 50 --sas-out sas.yaml \
	--access-out access.pcap --core-out core.pcap
for file in access.pcap core.pcap; do
	"$iwf_pcap" show "$file" --sas sas.yaml --json >json
	[ "$(wc -l <json)" = "$(frames $file)" ] || fail "not a line for each frame"
	/usr/bin/python3 -c 'import json, sys; [json.loads(line)["frame"] for line in sys.stdin]' <json ||
		fail "not JSON"
done
head -c 1000 access.pcap >short.pcap
"$iwf_pcap" show short.pcap >out 2>err && fail "a broken capture is fine"
grep -qE '^short.pcap: frame [0-9]+: truncated' err || fail "$(cat err)"
[ -s out ] || fail "nothing of what came before"
