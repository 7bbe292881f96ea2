#!/usr/bin/env bash
# Floods, spoofed ARP and neighbour discovery, strangers who speak small data: traffic goes on, no
# neighbour is overwritten, nothing is said to a stranger, and the counters tell.
#
# usage: live_hostile_test.sh [--seconds N] [--rate N]
# shellcheck source=/dev/null disable=SC2154 # net.sh sets them
. "$IWF_SOURCE_ROOT/tests/live/net.sh" || exit 1

seconds=4 rate=10000
while [ $# -gt 1 ]; do
	case $1 in
	--seconds) seconds=$2 ;;
	--rate) rate=$2 ;;
	*) fail "no option $1" ;;
	esac
	shift 2
done

mac_of() {
	ip netns exec "$1" cat "/sys/class/net/$2/address"
}

# explain NS INTERFACE GATEWAY-INTERFACE PORT PEER...: gives each frame of the gateway a reason.
explain() {
	local ns=$1 interface=$2 gateway=$3 port=$4

	shift 4
	ip netns exec "$ns" "${frames[@]}" explain "$interface" --gateway "$(mac_of "$gw_ns" "$gateway")" \
		--port "$port" --peers "$@" >"$interface.why" 2>"$interface.unexplained" &
	helpers+=($!)
	until [ -s "$interface.why" ]; do sleep 0.02; done
}

# attack NS INTERFACE GATEWAY-INTERFACE PORT OWN4 OWN6 VICTIM...
attack() {
	local ns=$1 interface=$2 gateway=$3 port=$4 own4=$5 own6=$6

	shift 6
	ip netns exec "$ns" "${frames[@]}" attack "$interface" --gateway "$(mac_of "$gw_ns" "$gateway")" \
		--port "$port" --own "$own4" "$own6" --victims "$@" --sas "$folder/sas.yaml" \
		--seconds "$seconds" --rate "$rate" >"$interface.sent" &
	attackers+=($!)
}

# grew NAME: a counter that an attack of this kind must move.
grew() {
	[ "$(stat "$1")" -gt 0 ] || fail "$1 is 0"
}

net_up
"$live_peer" keys 12 233.252.0.5:4001 >sas.yaml
# Long queues: what a crowded machine leaves lying is not what this is about.
gateway_config "access.port=$(packet_port 0 access0 1 2048)" "core.port=$(packet_port 1 core0 1 2048)"
gateway_start
peer_start --sas sas.yaml
says ok wake
order each # finds all neighbours
says "works 13 of 13" each
order forgive
forgiven=${answer#lost }
explain "$dev_ns" dev0 access0 33868 192.0.2.10 192.0.2.11 2001:db8:1::10 2001:db8:1::11
explain "$scef_ns" scef0 core0 29128 198.51.100.2 198.51.100.3 2001:db8:2::2

attackers=()
attack "$dev_ns" dev0 access0 33868 192.0.2.1 2001:db8:1::1 192.0.2.10 192.0.2.11 \
	2001:db8:1::10 2001:db8:1::11
attack "$scef_ns" scef0 core0 29128 198.51.100.1 2001:db8:2::1 198.51.100.2 198.51.100.3 \
	2001:db8:2::2
says ok rate 300
says ok wait $((seconds * 1000))
for pid in "${attackers[@]}"; do
	wait "$pid" || fail "the attack failed"
done
says ok rate 0
says "works 13 of 13" each
order settle
lost=$((${answer#lost } - forgiven))
[ $((lost * 20)) -le $((seconds * 300)) ] || fail "$lost payloads were lost under attack"
peer_end

for pid in "${helpers[@]}"; do
	kill "$pid"
	wait "$pid" || fail "frames without a reason: $(cat ./*.why ./*.unexplained)"
done
helpers=()
for name in access.unknown_key access.bad_tag access.runt core.unknown_source; do
	grew "$name"
done
echo "attacks: $(cat dev0.sent) and $(cat scef0.sent) frames; lost: $lost; answers: $(tail -qn 1 ./*.why)"
cat report.json
gateway_stop
