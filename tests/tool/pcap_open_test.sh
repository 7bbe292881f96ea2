#!/usr/bin/env bash
# What does not open is reported by name, with the first frame, and the rest is opened all the same.
# shellcheck source=/dev/null
. "$IWF_SOURCE_ROOT/tests/tool/pcap.sh"
iwf_pcap=$IWF_BUILD_ROOT/pcap/iwf-pcap
iwf_dp=$IWF_BUILD_ROOT/dataplane/iwf-dp

good "$iwf_pcap" make --devices 3 --packets 300 --down 300 --resume 10 --sas-out sas.yaml \
	--access-out access.pcap --core-out core.pcap --clear-down-out clear.pcap
"$iwf_dp" replay --sas sas.yaml --access-in access.pcap --core-in core.pcap \
	--core-out core-out.pcap --access-out access-out.pcap >log 2>&1
device=("$iwf_pcap" open --sas sas.yaml --side device --out opened.pcap)

good "${device[@]}" --in access-out.pcap --resumes access.pcap
same opened.pcap clear.pcap

# Without the RESUMEs their answers do not open, nor does what comes after them.
! "${device[@]}" --in access-out.pcap >out 2>err || fail "opened without keys"
grep -qE '^access-out.pcap: resume_unseen: [0-9]+ frames, the first is [0-9]+: ' err || fail "$(cat err)"
grep -qE '^access-out.pcap: wrong_epoch: ' err || fail "$(cat err)"

# The same capture twice over: every DATA is a replay the second time.
good "$iwf_pcap" make --devices 2 --packets 1 --down 5 --sas-out sas2.yaml --access-out a2.pcap \
	--core-out c2.pcap
"$iwf_dp" replay --sas sas2.yaml --access-in a2.pcap --core-in c2.pcap --core-out x.pcap \
	--access-out down.pcap >log 2>&1
{ cat down.pcap && tail -c +25 down.pcap; } >twice.pcap
says 1 "^twice.pcap: replayed: 5 frames, the first is 6: " \
	"$iwf_pcap" open --sas sas2.yaml --side device --in twice.pcap --out opened.pcap
[ "$(frames opened.pcap)" = 5 ] || fail "the first five were not opened"

# One octet of the last tag turned.
{ head -c -1 down.pcap && printf '\377'; } >turned.pcap
says 1 "^turned.pcap: bad_tag: 1 frames, the first is 5: " \
	"$iwf_pcap" open --sas sas2.yaml --side device --in turned.pcap --out opened.pcap

# Keys of others.
good "$iwf_pcap" make --seed 2 --devices 1 --packets 1 --sas-out other.yaml
sed -i 's/key_id: [0-9]*/key_id: 1/' other.yaml
says 1 "^down.pcap: unknown_key: 5 frames" \
	"$iwf_pcap" open --sas other.yaml --side device --in down.pcap --out opened.pcap
says 1 "^core-out.pcap: unknown_key: 300 frames" \
	"$iwf_pcap" open --sas other.yaml --side core --in core-out.pcap --out opened.pcap
sed '1s/identity: "[0-9]*"/identity: "262010000000001"/' sas.yaml >renamed.yaml
says 1 "^core-out.pcap: unknown_device: [0-9]+ frames" \
	"$iwf_pcap" open --sas renamed.yaml --side core --in core-out.pcap --out opened.pcap

# What is not of the side is passed over; another port makes it of the side.
good "$iwf_pcap" open --sas sas.yaml --side device --in access.pcap --out opened.pcap
grep -qE '^no small data of this side +300$' out || fail "$(cat out)"
says 1 "^clear.pcap: bad_frame: 300 frames, the first is 1: " \
	"$iwf_pcap" open --sas sas.yaml --side core --port 33868 --in clear.pcap --out opened.pcap

head -c 3000 access-out.pcap >short.pcap
"$iwf_pcap" open --sas sas.yaml --side device --resumes access.pcap --in short.pcap \
	--out opened.pcap >out 2>err && fail "a broken capture is fine"
grep -qE '^short.pcap: frame [0-9]+: truncated' err || fail "$(cat err)"
[ "$(frames opened.pcap)" -gt 5 ] || fail "what came before was not opened"
