#!/usr/bin/env bash
# Links that go down and come back, and neighbours that change their Ethernet address, cost what was
# on its way and nothing else.
# shellcheck source=/dev/null disable=SC2154 # net.sh sets them
. "$IWF_SOURCE_ROOT/tests/live/net.sh" || exit 1

sas=6

# recovers WHAT: once it has been noticed (three questions, a second each), each SA carries payloads both ways again.
recovers() {
	local deadline=$((SECONDS + 8))

	while order each && [ "$answer" != "works $sas of $sas" ]; do
		[ $SECONDS -lt $deadline ] || fail "after $1: $answer"
	done
}

# flap NS INTERFACE: down for a while under traffic, and up again.
flap() {
	ip -n "$1" link set "$2" down
	says ok wait 300
	ip -n "$1" link set "$2" up
	recovers "$2 went down and up"
}

# renumber NS INTERFACE MAC: another card, as it were.
renumber() {
	ip -n "$1" link set "$2" down
	ip -n "$1" link set "$2" address "$3"
	ip -n "$1" link set "$2" up
	recovers "$2 has another address"
}

net_up
"$live_peer" keys $sas >sas.yaml
gateway_config
gateway_start
peer_start --sas sas.yaml
says ok wake
order each # finds all neighbours
says "works $sas of $sas" each
says ok rate 200

flap "$dev_ns" dev0
flap "$scef_ns" scef0
flap "$gw_ns" access0
flap "$gw_ns" core0
renumber "$dev_ns" dev0 02:00:5e:00:53:01
renumber "$scef_ns" scef0 02:00:5e:00:53:02

# What follows is an ordinary day again.
says ok rate 0
order settle
before=$answer
says ok rate 200
says ok wait 1000
says "$before" settle
peer_end
gateway_stop
