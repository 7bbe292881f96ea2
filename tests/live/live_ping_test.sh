#!/usr/bin/env bash
# Kernels on both links find the gateway by ARP and neighbour discovery, and it answers their pings.
# shellcheck source=/dev/null disable=SC2154 # net.sh sets them
. "$IWF_SOURCE_ROOT/tests/live/net.sh" || exit 1

# ping NS ADDRESS [OPTION...]
ping() {
	ip netns exec "$1" "${frames[@]}" ping "${@:2}" >pinged || fail "ping from $1: $*: $(cat pinged)"
}

# knows NS ADDRESS INTERFACE: the kernel there has the address of the gateway's interface for it.
knows() {
	local mac

	mac=$(ip netns exec "$gw_ns" cat "/sys/class/net/$3/address")
	ip -n "$1" neighbour show "$2" | grep -q "lladdr $mac" ||
		fail "$1 does not know $2: $(ip -n "$1" neighbour)"
}

# All that the link takes: an MTU of 1,500 octets less IP and ICMP headers.
ping_all() {
	ping "$dev_ns" 192.0.2.1
	ping "$dev_ns" 192.0.2.1 --size 1472
	ping "$dev_ns" 2001:db8:1::1
	ping "$dev_ns" 2001:db8:1::1 --size 1452
	ping "$scef_ns" 198.51.100.1 --size 0
	ping "$scef_ns" 198.51.100.1 --size 1472
	ping "$scef_ns" 2001:db8:2::1
	ping "$scef_ns" 2001:db8:2::1 --size 1452
	knows "$dev_ns" 192.0.2.1 access0
	knows "$dev_ns" 2001:db8:1::1 access0
	knows "$scef_ns" 198.51.100.1 core0
	knows "$scef_ns" 2001:db8:2::1 core0
}

"$live_peer" keys 1 >sas.yaml
net_up
gateway_config
gateway_start
ping_all
! in_dev "${frames[@]}" ping --count 1 --wait 0.3 192.0.2.99 >/dev/null || fail "somebody else answers"
gateway_stop
net_down

net_up_tagged 1234
gateway_config access.vlan=1234 core.vlan=1234
gateway_start
ping_all
gateway_stop
