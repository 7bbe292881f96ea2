# What the tests of `iwf-dp run` share; sourced behind pcap.sh. Programs started here end with it.
# shellcheck shell=bash
iwf_dp=$IWF_BUILD_ROOT/dataplane/iwf-dp
mapping=/dev/shm/iwf-run-test.$$
declare -A running=()

end_all() {
	local pid

	for pid in "${!running[@]}"; do
		kill -9 "$pid" 2>/dev/null || true
	done
	rm -rf "$folder" "$mapping"* /run/dpdk/"${mapping##*/}"*
}
trap end_all EXIT

# config NAME ACCESS CORE [LINE...]: a configuration with a mapping of its own.
config() {
	local name=$1

	printf '%s\n' "access: {port: \"$2\", static_next_hop: true}" \
		"core: {port: \"$3\", static_next_hop: true}" "sa: {mapping: $mapping.$name}" \
		'key_socket: {path: ""}' 'held: {frames: 64}' "${@:4}" >"$name.yaml"
}

# wait_for FILE PATTERN PID: until a line of it matches; fails where the process is gone.
wait_for() {
	local i

	for ((i = 0; i < 600; i++)); do
		! grep -qE -- "$2" "$1" || return 0
		grep -qs '^State:.[^Z]' "/proc/$3/status" ||
			fail "$1 says no '$2', and ended: $(cat "$1" "${1%.out}.err")"
		sleep 0.05
	done
	fail "$1 says no '$2' in 30 s: $(cat "$1")"
}

# start NAME [OPTION...]: runs NAME.yaml until it is ready; its pid is in $pid.
start() {
	local name=$1

	shift
	: >"$name.out" 2>"$name.err" # what an earlier run said is not what this one says
	"$iwf_dp" run -c "$name.yaml" "$@" >>"$name.out" 2>>"$name.err" &
	pid=$!
	running[$pid]=$name
	wait_for "$name.out" '^ready: ' "$pid"
}

# stop PID [SIGNAL]: ends it, which must be clean.
stop() {
	local got=0

	kill -"${2:-TERM}" "$1"
	wait "$1" || got=$?
	[ "$got" = 0 ] || fail "${running[$1]} ended with $got"
	unset "running[$1]"
}

# kill_now PID: as a crash would end it.
kill_now() {
	kill -9 "$1"
	wait "$1" 2>/dev/null || true
	unset "running[$1]"
}

# refused NAME PATTERN: a run of NAME.yaml does not start, says so in a line that matches, and says
# nothing in DPDK's words but the reason.
refused() {
	local got=0

	timeout 60 "$iwf_dp" run -c "$1.yaml" >out 2>err || got=$?
	[ "$got" = 1 ] || fail "$1: exit status $got, not 1: $(cat out err)"
	grep -qE -- "$2" err || fail "$1: says '$(cat err)', not '$2'"
	! grep -q '^ready' out || fail "$1 was ready all the same"
}
