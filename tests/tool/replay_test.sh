#!/usr/bin/env bash
# iwf-dp replay: the same output to the octet however the work is divided; files as design.md says.
# shellcheck source=/dev/null
. "$IWF_SOURCE_ROOT/tests/tool/pcap.sh"
iwf_dp=$IWF_BUILD_ROOT/dataplane/iwf-dp
iwf_pcap=$IWF_BUILD_ROOT/pcap/iwf-pcap

good "$iwf_pcap" make --sas-out sas.yaml --access-out access-in --core-out core-in \
	--expect expected --devices 20 --packets 1500 --down 500 --bad 20 --resume 10 --ipv6 40 \
	--skew zipf --algs eea2/eia2,eea1/eia1,eea3/eia3,eea0/eia2,eea2/eia3

# replay NAME OPTION...: both directions, into files called NAME.*
replay() {
	local name=$1

	shift
	good "$iwf_dp" replay --quiet --sas sas.yaml --access-in access-in --core-in core-in \
		--core-out "$name.core" --access-out "$name.access" --frames "$name.frames" \
		--json "$name.json" "$@"
	# What time it took differs from run to run.
	grep -vE '"(tsc_cycles_per_packet|mpps)"' "$name.json" >"$name.counts"
}

replay one
same expected one.frames
[ "$(head -1 one.frames)" = "side	frame	time	key_id	imsi	count	fate" ] || fail "header of --frames"
for workers in 1 2 3 7; do
	for burst in 1 7 32 256; do
		replay other --workers $workers --burst $burst
		for what in core access frames counts; do
			same one.$what other.$what
		done
	done
done
replay other --crypto ipsec-mb
same one.core other.core
same one.access other.access

# Settings come from the configuration, and the command line overrides them.
printf 'workers: 2\nburst: 5\nstatic_sas: sas.yaml\nscef:\n  endpoint: "[2001:db8::9]:777"\n' >conf
good "$iwf_dp" replay -q -c conf --access-in access-in --core-out moved.core
"$iwf_pcap" show moved.core >shown
grep -q '\[2001:db8::9\]:777' shown || fail "scef.endpoint is not where frames go: $(head -1 shown)"

# The counters: every fate of a side is there, and the sums hold.
/usr/bin/python3 - one.json <<'EOF' || fail "the JSON does not balance"
import json, sys
r = json.load(open(sys.argv[1]))
for side in "access", "core":
    assert r[side]["rx"] == sum(r[side]["fates"].values()), side
a, c = r["access"]["fates"], r["core"]["fates"]
refused = sum(c[f] for f in ("unknown_device", "expired", "closed", "no_address", "too_long",
                             "exhausted"))
assert r["core"]["tx"] == a["sent"] + a["resumed"] + refused
assert r["access"]["tx"] == c["sent"] + sum(a[f] for f in a if f.startswith("resume"))
assert r["mpps"] > 0 and r["tsc_cycles_per_packet"] > 0
EOF

# Nanoseconds stay nanoseconds, microseconds microseconds.
magic() {
	od -An -tx4 -N4 "$1" | tr -d ' '
}
[ "$(magic one.core)" = "$(magic access-in)" ] || fail "another precision came out"

# A side without an output is dropped; a table tells what came of it.
good "$iwf_dp" replay --sas sas.yaml --access-in access-in
grep -q '^balance: every frame is accounted for$' out || fail "no table: $(cat out)"

# Captures that break: one line that names the file; what came before is there.
: >empty
says 1 '^empty: ' "$iwf_dp" replay --sas sas.yaml --access-in empty --core-out gone
[ ! -e gone ] || fail "an output without an input"
head -c 24 access-in >header
good "$iwf_dp" replay -q --sas sas.yaml --access-in header --core-out none.core
[ "$(frames none.core)" = 0 ] || fail "frames from nothing"
head -c 20000 access-in >cutoff
says 1 '^cutoff: frame [0-9]+: ' "$iwf_dp" replay -q --sas sas.yaml --access-in cutoff --core-out cutoff.core
[ "$(frames cutoff.core)" -gt 10 ] || fail "nothing of a truncated capture came through"
says 1 '^sas.yaml: ' "$iwf_dp" replay --sas sas.yaml --access-in sas.yaml
cp access-in access-before
says 2 '--core-out would overwrite what --access-in names' "$iwf_dp" replay --sas sas.yaml --access-in access-in --core-out access-in
same access-in access-before
says 2 '--json would overwrite what --sas names' "$iwf_dp" replay --sas sas.yaml --access-in access-in \
	--json sas.yaml
says 2 '--frames would overwrite what --core-out names' "$iwf_dp" replay --sas sas.yaml \
	--access-in access-in --core-out new --frames new
[ ! -e new ] || fail "wrong usage left a file behind"
says 1 '^nowhere/x: ' "$iwf_dp" replay --sas sas.yaml --access-in access-in --core-out nowhere/x
printf '\324\303\262\241\2\0\4\0\0\0\0\0\0\0\0\0\377\377\0\0\161\0\0\0' >cooked
says 1 'cooked: not Ethernet' "$iwf_dp" replay --sas sas.yaml --access-in cooked

# On a terminal it shows progress, whichever inputs there are.
script -qec "'$iwf_dp' replay -q --sas sas.yaml --core-in core-in --core-out tty.core" /dev/null >/dev/null ||
	fail "one input on a terminal"

# Usage and configuration: status 2.
says 2 'try --help' "$iwf_dp" replay
says 2 'no option --nonsense' "$iwf_dp" replay --nonsense
says 2 'no value for --sas' "$iwf_dp" replay --sas
says 2 'no option -x' "$iwf_dp" check -x
says 2 'takes -c FILE' "$iwf_dp" --print-config conf
says 2 'no keys' "$iwf_dp" replay --access-in access-in
says 2 'nothing to replay' "$iwf_dp" replay --sas sas.yaml
says 2 "workers takes 1 to 64, not 0" "$iwf_dp" replay --sas sas.yaml --access-in a --workers 0
says 2 "burst takes 1 to 256, not 257" "$iwf_dp" replay --sas sas.yaml --access-in a --burst 257
says 2 'crypto takes auto or ipsec-mb' "$iwf_dp" replay --sas sas.yaml --access-in a --crypto rot13
says 2 'unexpected argument: stray' "$iwf_dp" replay --sas sas.yaml --access-in a stray
says 2 '^nosuch: ' "$iwf_dp" replay --sas nosuch --access-in access-in
printf 'burts: 3\n' >bad
says 2 '^bad:1: burts: unknown setting \(nearest: burst\)$' \
	"$iwf_dp" replay -c bad --sas sas.yaml --access-in access-in
says 2 '^bad:1: burts: ' "$iwf_dp" check -c bad
says 2 'no command fly' "$iwf_dp" fly

# The program's own words.
good "$iwf_dp" --version
good "$iwf_dp" --help
good "$iwf_dp" replay --help
good "$iwf_dp" check -c conf
good "$iwf_dp" --print-config -c conf
cp out printed
good "$iwf_dp" --print-config -c printed
same printed out
