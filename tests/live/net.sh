# What the live tests share: a gateway between two network namespaces, and whoever plays devices and
# SCEF in them. Sourced. Names carry the shell's pid; everything is gone at the end, however it comes.
#
#   devices                      gateway                        SCEF
#   [ dev0 192.0.2.10, .11 ]--veth--[ access0  iwf-dp  core0 ]--veth--[ scef0 198.51.100.2, .3 ]
#          2001:db8:1::10, ::11                                        2001:db8:2::2
#
# shellcheck shell=bash
set -euo pipefail

iwf_dp=$IWF_BUILD_ROOT/dataplane/iwf-dp
iwfctl=$IWF_BUILD_ROOT/control/iwfctl
live_peer=$IWF_BUILD_ROOT/tests/live/live-peer
frames=("/usr/bin/python3" "$IWF_SOURCE_ROOT/tests/live/frames.py")
names=iwflive$$
dev_ns=$names-dev mid_ns=$names-mid gw_ns=$names-gw scef_ns=$names-scef
mapping=/dev/shm/$names.sas
folder=$(mktemp -d)
gateway_pid='' peer_pid=''
helpers=()
devices_at=(192.0.2.10 2001:db8:1::10 192.0.2.11 2001:db8:1::11)

skip() {
	echo "skipped: $*"
	exit 77
}

fail() {
	echo "FAILED: $*" >&2
	for log in peer.err gateway.log gateway.out; do
		[ ! -s "$folder/$log" ] || { echo "--- $log" && tail -n 40 "$folder/$log"; } >&2
	done
	exit 1
}

end_process() {
	[ -n "$1" ] || return 0
	kill "-${2:-TERM}" "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

clean_up() {
	local status=$? ns

	trap - EXIT
	end_process "$peer_pid"
	end_process "$gateway_pid" KILL
	for pid in "${helpers[@]}"; do
		end_process "$pid"
	done
	for ns in "$dev_ns" "$mid_ns" "$gw_ns" "$scef_ns"; do
		ip netns del "$ns" 2>/dev/null || true
	done
	rm -rf "$folder" "$mapping" /run/dpdk/"$names.sas"
	exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
trap : PIPE # a peer that has ended shows in a write that fails

[ "$(id -u)" = 0 ] || skip "network namespaces need root"
for tool in ip ethtool /usr/bin/python3; do
	command -v "$tool" >/dev/null || skip "no $tool"
done
ip netns add "$gw_ns" 2>/dev/null || skip "no network namespaces here"
cd "$folder"

in_dev() { ip netns exec "$dev_ns" "$@"; }
in_gw() { ip netns exec "$gw_ns" "$@"; }
in_scef() { ip netns exec "$scef_ns" "$@"; }

# quiet_interface NS INTERFACE: up, and the kernel says nothing on it by itself.
quiet_interface() {
	ip netns exec "$1" sysctl -qw "net.ipv6.conf.$2.disable_ipv6=1"
	ip -n "$1" link set "$2" up
}

# link NS INTERFACE OTHER-INTERFACE [OTHER-NS]: a veth to the gateway, or to OTHER-NS. Its ends
# compute checksums themselves, because nobody behind a veth does, keep their addresses while it is
# down, and announce them when it is up.
link() {
	local other_ns=${4:-$gw_ns}

	ip -n "$other_ns" link add "$3" type veth peer name "$2" netns "$1"
	ip netns exec "$1" sysctl -qw "net.ipv6.conf.$2.accept_dad=0" \
		"net.ipv6.conf.$2.keep_addr_on_down=1" "net.ipv6.conf.$2.ndisc_notify=1" \
		"net.ipv4.conf.$2.arp_notify=1"
	ip netns exec "$1" ethtool -K "$2" tx off >/dev/null
	ip -n "$1" link set lo up
	ip -n "$1" link set "$2" up
	quiet_interface "$other_ns" "$3"
}

addresses() {
	local ns=$1 interface=$2 a

	shift 2
	for a in "$@"; do
		case $a in
		*:*) ip -n "$ns" address add "$a" dev "$interface" nodad ;;
		*) ip -n "$ns" address add "$a" dev "$interface" ;;
		esac
	done
}

net_up() {
	ip netns add "$dev_ns"
	ip netns add "$scef_ns"
	ip -n "$gw_ns" link set lo up
	link "$dev_ns" dev0 access0
	link "$scef_ns" scef0 core0
	addresses "$dev_ns" dev0 192.0.2.10/24 192.0.2.11/24 2001:db8:1::10/64 2001:db8:1::11/64
	addresses "$scef_ns" scef0 198.51.100.2/24 198.51.100.3/24 2001:db8:2::2/64
}

# net_up_tagged VLAN: the same with a switch on each link that tags what goes to the gateway.
net_up_tagged() {
	local side

	ip netns add "$mid_ns"
	ip netns add "$dev_ns"
	ip netns add "$scef_ns"
	link "$dev_ns" dev0 inside0 "$mid_ns"
	link "$scef_ns" scef0 inside1 "$mid_ns"
	ip -n "$gw_ns" link add access0 type veth peer name outside0 netns "$mid_ns"
	ip -n "$gw_ns" link add core0 type veth peer name outside1 netns "$mid_ns"
	quiet_interface "$gw_ns" access0
	quiet_interface "$gw_ns" core0
	for side in 0 1; do
		quiet_interface "$mid_ns" outside$side
		ip netns exec "$mid_ns" "${frames[@]}" tag inside$side outside$side "$1" >switch$side &
		helpers+=($!)
	done
	addresses "$dev_ns" dev0 192.0.2.10/24 192.0.2.11/24 2001:db8:1::10/64 2001:db8:1::11/64
	addresses "$scef_ns" scef0 198.51.100.2/24 198.51.100.3/24 2001:db8:2::2/64
	until [ -s switch0 ] && [ -s switch1 ]; do sleep 0.02; done
}

# net_up_routed: the devices are behind a router (the kernel's own).
net_up_routed() {
	ip netns add "$mid_ns"
	ip netns add "$dev_ns"
	ip netns add "$scef_ns"
	ip netns exec "$mid_ns" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	link "$mid_ns" router0 access0
	link "$dev_ns" dev0 router1 "$mid_ns"
	link "$scef_ns" scef0 core0
	ip netns exec "$mid_ns" sysctl -qw net.ipv6.conf.router1.disable_ipv6=0
	ip netns exec "$mid_ns" ethtool -K router1 tx off >/dev/null
	addresses "$mid_ns" router0 192.0.2.254/24 2001:db8:1::fe/64
	addresses "$mid_ns" router1 203.0.113.254/24 2001:db8:3::fe/64
	addresses "$dev_ns" dev0 203.0.113.10/24 2001:db8:3::10/64
	addresses "$scef_ns" scef0 198.51.100.2/24 198.51.100.3/24 2001:db8:2::2/64
	ip -n "$dev_ns" route add default via 203.0.113.254
	ip -n "$dev_ns" -6 route add default via 2001:db8:3::fe
}

net_down() {
	local ns

	for pid in "${helpers[@]}"; do
		end_process "$pid"
	done
	helpers=()
	for ns in "$dev_ns" "$mid_ns" "$scef_ns"; do
		ip netns del "$ns" 2>/dev/null || true
	done
	# The kernel takes a namespace apart in its own time.
	until ! ip -n "$gw_ns" link show access0 2>/dev/null && ! ip -n "$gw_ns" link show core0 2>/dev/null
	do
		sleep 0.05
	done >/dev/null
	rm -f "$mapping"
}

# packet_port NUMBER INTERFACE QUEUES [FRAMES]: a DPDK device on a kernel interface.
packet_port() {
	echo "net_af_packet$1,iface=$2,framesz=2048,blocksz=4096,framecnt=${4-512},qpairs=$3"
}

# gateway_config [SECTION.SETTING=VALUE...]: writes gateway.yaml; what is given here wins.
gateway_config() {
	local workers=1 setting

	for setting in "$@"; do
		[ "${setting%%=*}" != workers ] || workers=${setting#*=}
	done
	/usr/bin/python3 - "$@" >gateway.yaml <<-EOF
		import sys
		tree = {}
		for path, value in (arg.split("=", 1) for arg in """
		lab=true
		static_sas=sas.yaml
		access.port=$(packet_port 0 access0 "$workers")
		core.port=$(packet_port 1 core0 "$workers")
		scef.bearers={5: 198.51.100.3:29128, 6: "[2001:db8:2::2]:29128"}
		sa.slots=4096
		sa.mapping=$mapping
		key_socket.path=$folder/keys.sock
		key_socket.group=""
		eal.hugepages=no
		""".split("\n")[1:-1] + sys.argv[1:]):
		    section, _, name = path.strip().rpartition(".")
		    tree.setdefault(section, {})[name] = value
		for section, settings in tree.items():
		    indent = "  " if section else ""
		    if section:
		        print(section + ":")
		    for name, value in settings.items():
		        print(f"{indent}{name}: {value}")
	EOF
	"$iwf_dp" check -c gateway.yaml >/dev/null || fail "gateway.yaml: $(cat gateway.yaml)"
}

# gateway_launch: starts it and comes back at once.
gateway_launch() {
	ip netns exec "$gw_ns" "$iwf_dp" run -c gateway.yaml >gateway.out 2>>gateway.log &
	gateway_pid=$!
}

gateway_wait() {
	local deadline=$((SECONDS + 20))

	until grep -q ready gateway.out gateway.log; do
		kill -0 "$gateway_pid" 2>/dev/null || fail "the gateway did not start"
		[ $SECONDS -lt $deadline ] || fail "the gateway is not ready"
		sleep 0.02
	done
}

gateway_start() {
	: >gateway.log
	: >gateway.out
	gateway_launch
	gateway_wait
}

# gateway_stop: ends it as an operator would.
gateway_stop() {
	local status=0

	kill -TERM "$gateway_pid"
	wait "$gateway_pid" || status=$?
	gateway_pid=''
	[ $status = 0 ] || fail "the gateway ended with status $status"
}

# peer_start [OPTION...]: devices and SCEF; `order` talks to it.
peer_start() {
	[ -p orders ] || mkfifo orders answers
	"$live_peer" -c gateway.yaml --key-socket keys.sock --access-ns "$dev_ns" --core-ns "$scef_ns" \
		"${devices_at[@]/#/--from=}" "$@" <orders >answers 2>peer.err &
	peer_pid=$!
	exec {to_peer}>orders {from_peer}<answers
}

# order WORD...: one order, and its answer in $answer.
order() {
	echo "$*" >&"$to_peer" || fail "the peer has ended before: $*"
	IFS= read -r answer <&"$from_peer" || fail "the peer does not answer: $*"
}

# says WANT WORD...: an order whose answer must be that.
says() {
	local want=$1

	shift
	order "$@"
	[ "$answer" = "$want" ] || fail "$*: $answer (not: $want)"
}

# peer_end [STATUS]: its last words go to report.json; no rule may have been broken, or, where STATUS
# is 1, one must have been.
peer_end() {
	local want=${1:-0} status=0

	order end
	echo "$answer" >report.json
	exec {to_peer}>&- {from_peer}<&-
	wait "$peer_pid" || status=$?
	peer_pid=''
	[ $status = "$want" ] || fail "the peer ended with $status, not $want: $(cat report.json)"
}

# stat NAME: a counter of the running gateway.
stat() {
	"$iwfctl" --socket "$folder/keys.sock" stats --all --json >stats.json || fail "iwfctl stats"
	/usr/bin/python3 -c "import json, sys; part, _, name = sys.argv[1].partition('.')
print(json.load(open('stats.json'))[part][name])" "$1"
}

# reported FILTER: of report.json.
reported() {
	/usr/bin/python3 -c "import json; r = json.load(open('report.json')); print($1)"
}
