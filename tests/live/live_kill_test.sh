#!/usr/bin/env bash
# kill -9 at any moment under load, and started again at once: no downlink COUNT is used twice, no
# payload comes out twice, old messages stay dead, no SA is lost; and how long it takes until the
# first payload is through again.
#
# usage: live_kill_test.sh [--kills N] [--rate N] [--install N]
#   --install N   N SAs by the key socket, 64 of them in use (otherwise 48 from a file)
# shellcheck source=/dev/null disable=SC2154 # net.sh sets them
. "$IWF_SOURCE_ROOT/tests/live/net.sh" || exit 1

kills=10 rate=1500 install=0 sas=48
while [ $# -gt 1 ]; do
	case $1 in
	--kills) kills=$2 ;;
	--rate) rate=$2 ;;
	--install) install=$2 sas=64 ;;
	*) fail "no option $1" ;;
	esac
	shift 2
done

# restart COMMAND...: kills it, runs the command, starts it again; milliseconds go to `times`: until a
# payload was through, until it was dead, and what the new one took to be ready.
restart() {
	says killed kill "$gateway_pid"
	wait "$gateway_pid" 2>/dev/null || true
	: >gateway.out
	"$@"
	gateway_launch
	order back 20000
	[ "$answer" != "not back" ] || fail "nothing comes through after kill $i"
	gateway_wait
	echo "$(echo "$answer" | awk '{print $2, $4}') $(sed -nE 's/^ready: .* after ([0-9]+) ms$/\1/p' gateway.out)" \
		>>"$folder/times"
}

# median COLUMN, longest COLUMN: of `times`.
median() {
	awk -v n="$1" '{print $n}' "$folder/times" | sort -n | sed -n "$(((kills + 1) / 2))p"
}

longest() {
	awk -v n="$1" '{print $n}' "$folder/times" | sort -n | tail -1
}

listed() {
	"$iwfctl" --socket keys.sock sa list >listed || fail "iwfctl sa list"
	wc -l <listed
}

net_up
if [ "$install" = 0 ]; then
	"$live_peer" keys $((sas - 2)) 233.252.0.5:4001 '[ff0e::db8:5]:4001' >sas.yaml
	gateway_config
	gateway_start
	peer_start --sas sas.yaml --keep 3
else
	gateway_config static_sas= sa.slots=$((install + install / 16 + 64))
	gateway_start
	peer_start --devices $sas --keep 3
	says "installed $install of $install" install "$install"
fi
before=$(listed)
says ok wake
order each # finds all neighbours
says "works $sas of $sas" each
says ok rate "$rate" 5 45 50

for i in $(seq "$kills"); do
	says ok wait $((RANDOM % 300 + 50))
	restart :
	says ok replay
	[ ! -t 1 ] || printf '\rkill %d of %d: %s ms ' "$i" "$kills" "$(tail -1 "$folder/times")"
done
says ok wait 300
order each
says "works $sas of $sas" each
after=$(listed)
[ "$before" = "$after" ] || fail "$before SAs were there, and $after are: $(grep -i half gateway.log)"
peer_end
gateway_stop

printf 'kill to first payload: median %s ms, longest %s ms (to be dead %s, to be ready %s), %d kills, %d SAs\n' \
	"$(median 1)" "$(longest 1)" "$(median 2)" "$(median 3)" "$kills" "$((before - 1))"
cat report.json

# A gateway that forgets must be caught, or none of this means anything.
[ "$install" = 0 ] || exit 0
rm -f "$mapping"
gateway_start
peer_start --sas sas.yaml --keep 3
says ok wake
says ok rate "$rate" 0 45 50
says ok wait 300
i=forgetful
restart rm -f "$mapping"
says ok replay
says ok wait 300
peer_end 1
for rule in repeated twice; do
	[ "$(reported "r['broken']['$rule'] > 0")" = True ] || fail "nobody saw: $rule"
done
