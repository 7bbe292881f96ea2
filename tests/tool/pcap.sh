# What the tests of iwf-pcap share. Sourced: a folder of their own as working directory, gone at the end.
# shellcheck shell=bash
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# says EXIT PATTERN COMMAND...: ends with that status and writes one line that matches on stderr.
says() {
	local want=$1 pattern=$2 got=0

	shift 2
	"$@" >out 2>err || got=$?
	[ "$got" = "$want" ] || fail "$*: exit status $got, not $want: $(cat err)"
	[ "$(wc -l <err)" = 1 ] || fail "$*: not one line: $(cat err)"
	grep -qE -- "$pattern" err || fail "$*: says '$(cat err)', not '$pattern'"
}

# good COMMAND...: ends with 0 and has nothing to complain about.
good() {
	"$@" >out 2>err || fail "$*: $(cat err)"
	[ ! -s err ] || fail "$*: $(cat err)"
}

same() {
	cmp "$1" "$2" || fail "$1 and $2 differ"
}

frames() {
	"$IWF_BUILD_ROOT/pcap/iwf-pcap" show "$1" | wc -l
}
