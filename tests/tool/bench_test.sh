#!/usr/bin/env bash
# iwf-dp bench: every mode, direction and pair runs to its end with all frames through, and says so
# in JSON; wrong options are told. No timing is held to anything: it depends on the machine.
# shellcheck source=/dev/null
. "$IWF_SOURCE_ROOT/tests/tool/pcap.sh"
iwf_dp=$IWF_BUILD_ROOT/dataplane/iwf-dp

# bench FATE OPTION...: a short run; what is in its JSON holds together.
bench() {
	local fate=$1

	shift
	good "$iwf_dp" bench --quiet --sas 1000 --seconds 0.01 --json json "$@"
	/usr/bin/python3 - "$fate" <<'EOF' || fail "bench $*: $(cat json)"
import json, sys
j = json.load(open("json"))
for key in ("mpps tsc_cycles_per_packet ceiling_cycles crypto_cycles crypto hugepages sas size alg "
            "workers bytes_per_sa direction mode burst laps fates").split():
    assert key in j, key
fates = j["fates"]
assert list(fates) == [sys.argv[1]] and fates[sys.argv[1]] > 0, "fates"
assert j["laps"] >= 3 and j["mpps"] > 0 and j["bytes_per_sa"] >= 256
assert 0 < j["crypto_cycles"], "crypto"
assert 0 < j["ceiling"]["least"] <= j["path"]["most"], "the copy costs more than all"
for row in "path", "ceiling", "crypto_alone":
    assert j[row]["least"] <= j[row]["median"] <= j[row]["most"], row
EOF
}

# value NAME WANT: what the last run said of itself.
value() {
	local got

	got=$(/usr/bin/python3 -c 'import json, sys; print(json.load(open("json"))[sys.argv[1]])' "$1")
	[ "$got" = "$2" ] || fail "$1 is $got, not $2"
}

for alg in eea0/eia3 eea1/eia1 eea2/eia2 eea3/eia3 eea2/eia1 mix; do
	bench sent --alg $alg
	value alg $alg
done
for direction in up down down-imsi; do
	bench sent --direction $direction --size 20-200
	value direction $direction
	value size 20-200
done
bench resumed --mode resume --alg mix --size 0-300 --burst 256
value mode resume
while read -r size burst; do
	bench sent --size "$size" --burst "$burst" --direction down
	value size "$size"
	value burst "$burst"
done <<<$'0 1\n1 7\n1358 256'
bench sent --order sequential --crypto ipsec-mb
bench sent --sas 1
value sas 1
bench sent --sas 3 --direction down-imsi
bench resumed --sas 2 --mode resume
if [ "$(nproc)" -ge 2 ]; then
	bench sent --workers 2
	value workers 2
	bench sent --workers 2 --cross 50
	bench sent --workers 2 --cross 100 --direction down
	bench resumed --workers 2 --cross 50 --mode resume
fi

# More frames than its memory holds at a time: they are made part by part.
bench sent --sas 200000 --size 1358
value sas 200000

# One CPU is enough, and the table says what was measured.
good taskset -c "$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')" \
	"$iwf_dp" bench --sas 1000 --seconds 0.01
grep -qE '^  packet path, copied in +[0-9]' out || fail "no path in the table: $(cat out)"
grep -qE 'frames in [0-9]+ laps, all sent$' out || fail "no fates in the table: $(cat out)"

# On a terminal it shows how far it is, and takes that away.
script -qec "'$iwf_dp' bench --sas 100000 --seconds 0.3" /dev/null >typed
grep -q 'bench: measured' typed || fail "no progress on a terminal"

# What is too much is told before memory is taken. AddressSanitizer's shadow is itself too much.
if ! grep -q __asan_init "$iwf_dp"; then
	says 1 'needs [0-9.]+ GiB of memory, [0-9.]+ GiB are available' \
		bash -c "ulimit -v 2000000; exec '$iwf_dp' bench --sas 16777216"
fi

# scripts/bench: a matrix of one SA count in a tiny time; every row is there, wherever it is read.
"$IWF_SOURCE_ROOT/scripts/bench" --quick --mode data --sas 1000,100000 --size 64 --seconds 0.01 \
	--runs 1 --out results >out || fail "scripts/bench"
[ "$(grep -c '^# ' results/bench.csv)" -ge 10 ] || fail "no origin: $(cat results/bench.csv)"
[ "$(grep -cE '^(data|resume),' results/bench.csv)" = 10 ] || fail "rows: $(cat results/bench.csv)"
for alg in eea1/eia1 eea2/eia2 eea3/eia3 eea0/eia2; do
	grep -qE "^\| data \| up \| $alg \| 64 \| [0-9.]+ \| [0-9.]+ \|$" results/bench.md ||
		fail "no $alg: $(cat results/bench.md)"
done
if command -v gnuplot >/dev/null; then
	grep -q '<svg' results/sas.svg || fail "no plot"
fi
if "$IWF_SOURCE_ROOT/scripts/bench" --quick --alg rot13 >out 2>&1; then
	fail "a matrix of nothing: $(cat out)"
fi

says 2 'no option --nonsense' "$iwf_dp" bench --nonsense
says 2 'no value for --sas' "$iwf_dp" bench --sas
says 2 'unexpected argument: stray' "$iwf_dp" bench stray
says 2 'mode takes data or resume, not fast' "$iwf_dp" bench --mode fast
says 2 'direction takes up, down or down-imsi, not left' "$iwf_dp" bench --direction left
for alg in eea4/eia2 eea2/eia0 eea2 eea2/eia2x aes 'eea2/eia:'; do
	says 2 "alg takes .*, not $alg " "$iwf_dp" bench --alg "$alg"
done
for size in 1359 -1 20-10 20- -20 a 99999999999999999999-3; do
	says 2 "size takes .*, not $size " "$iwf_dp" bench --size "$size"
done
for sas in 0 16777217 1e3 -5 ''; do
	says 2 'sas takes 1 to 16777216, not ' "$iwf_dp" bench --sas "$sas"
done
says 2 'workers takes 1 to 64, not 65' "$iwf_dp" bench --workers 65
says 2 'burst takes 1 to 256, not 257' "$iwf_dp" bench --burst 257
says 2 'cross takes 0 to 100 percent, not 101' "$iwf_dp" bench --cross 101
says 2 'cross needs --workers of at least 2' "$iwf_dp" bench --cross 5
for seconds in 0 0.001 nan inf 3x 3601; do
	says 2 'seconds takes 0.01 to 3600, not ' "$iwf_dp" bench --seconds $seconds
done
says 2 'crypto takes auto or ipsec-mb' "$iwf_dp" bench --crypto rot13
says 2 'order takes random or sequential' "$iwf_dp" bench --order best
says 2 'mode resume goes up alone' "$iwf_dp" bench --mode resume --direction down
says 1 '^nowhere/x: ' timeout 5 "$iwf_dp" bench -q --sas 10 --seconds 3600 --json nowhere/x
[ "$(nproc)" -ge 64 ] || says 1 'may use [0-9]+ CPU' "$iwf_dp" bench --workers 64
good "$iwf_dp" bench --help
