#!/usr/bin/env bash
# Payloads go through the running gateway both ways, over IPv4 and IPv6, whole and once, on every
# kind of next hop; its counters say what happened.
#
# usage: live_traffic_test.sh [--seconds N]
#   --seconds N   neighbours on the link alone, for that long; memory and open files must not grow
# shellcheck source=/dev/null disable=SC2154 # net.sh sets them
. "$IWF_SOURCE_ROOT/tests/live/net.sh" || exit 1

# pass_time: what happens while everything is mixed.
pass_time() {
	says ok wait 1000
}

# agree STAT PYTHON: the gateway's counter, and what it must be by the peer's report.
agree() {
	local counted want

	counted=$(stat "$1")
	want=$(reported "$2")
	[ "$counted" = "$want" ] || fail "$1 is $counted, the peer has $want: $(cat report.json)"
}

# traffic SAS: first words, everything mixed, then each SA alone. Nothing is lost but what waited for
# a neighbour's address before anything else had been sent to it.
traffic() {
	peer_start --sas sas.yaml --size 1358
	says came hold 0
	says came hold 1
	says ok wake
	order each
	order forgive
	forgiven=${answer#lost }
	says ok rate 500 5 45 50
	pass_time
	says ok rate 0
	says ok move 2
	says ok move 3
	says "works $1 of $1" each
	says "lost 0" lossless
	peer_end
	agree access.sent "r['up']['delivered']"
	agree access.resumed "r['resume']['delivered']"
	agree access.bad_tag 0
	agree core.held 2
	[ "$(stat core.no_neighbour)" = "$forgiven" ] || fail "$forgiven lost, not all for a neighbour"
	agree core.sent "r['down']['delivered'] + r['group']['delivered'] - 2"
	[ "$(stat access.rx)" -gt 100 ] || fail "hardly any traffic"
}

# weight: what the gateway holds, in KiB of memory and in open files.
weight() {
	awk '/^VmRSS/ {print $2}' "/proc/$gateway_pid/status"
	find "/proc/$gateway_pid/fd" -mindepth 1 | wc -l
}

# pass_long_time SECONDS: it grows no heavier.
pass_long_time() {
	local before after

	says ok wait 5000
	mapfile -t before < <(weight)
	says ok wait $(($1 * 1000))
	mapfile -t after < <(weight)
	[ $((after[0] * 100)) -le $((before[0] * 101)) ] || fail "${before[0]} KiB grew to ${after[0]} KiB"
	[ "${before[1]}" = "${after[1]}" ] || fail "${before[1]} open files grew to ${after[1]}"
	echo "$1 s of traffic, nothing lost; ${after[0]} KiB and ${after[1]} files, as at first"
}

net_up
"$live_peer" keys 12 233.252.0.5:4001 '[ff0e::db8:5]:4001' >sas.yaml
gateway_config
gateway_start
if [ "${1-}" = --seconds ]; then
	seconds=$2
	pass_time() { pass_long_time "$seconds"; }
	traffic 14
	gateway_stop
	exit 0
fi
traffic 14
gateway_stop

# Another number of workers and another burst change nothing.
rm -f "$mapping"
gateway_config workers=2 burst=7
gateway_start
traffic 14
gateway_stop
net_down

# No neighbour is asked.
net_up
gateway_config access.static_next_hop=true core.static_next_hop=true \
	"access.next_hop_mac=$(in_dev cat /sys/class/net/dev0/address)" \
	"core.next_hop_mac=$(in_scef cat /sys/class/net/scef0/address)"
gateway_start
traffic 14
gateway_stop
net_down

net_up_tagged 7
gateway_config access.vlan=7 core.vlan=7
gateway_start
traffic 14
gateway_stop
net_down

# Devices behind a router; groups stay on the link.
net_up_routed
"$live_peer" keys 12 >sas.yaml
gateway_config access.ipv4_router=192.0.2.254 access.ipv6_router=2001:db8:1::fe
gateway_start
# shellcheck disable=SC2034 # peer_start takes it
devices_at=(203.0.113.10 2001:db8:3::10)
traffic 12
gateway_stop
