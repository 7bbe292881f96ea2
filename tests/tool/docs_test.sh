#!/usr/bin/env bash
# The manual pages name every option that --help names and invent none; the fates are those of fate.h,
# and the lists of the key socket those of its headers.
set -euo pipefail
cd "$IWF_SOURCE_ROOT"
failed=0

iwf_dp=$IWF_BUILD_ROOT/dataplane/iwf-dp
iwf_pcap=$IWF_BUILD_ROOT/pcap/iwf-pcap
iwfctl=$IWF_BUILD_ROOT/control/iwfctl

# The long options in a text, sorted.
options() {
	grep -oE -- '(^|[^a-zA-Z0-9-])--[a-z][a-z0-9-]*' | grep -oE -- '--.*' | LC_ALL=C sort -u
}

# What a program and each of its subcommands say about themselves.
help_of() {
	local program=$1

	"$program" --help
	shift
	for subcommand in "$@"; do
		# shellcheck disable=SC2086 # a subcommand may have two words
		"$program" $subcommand --help
	done
}

dp_help=$(help_of "$iwf_dp" run preflight bench replay check)
pcap_help=$(help_of "$iwf_pcap" make protect open show)
ctl_help=$(help_of "$iwfctl" hello "sa list" "sa add" "sa del" "sa load" "sa retire-all" stats events \
	"bench installs")

# nothing_in WHAT <LIST
nothing_in() {
	local list

	list=$(cat)
	[ -z "$list" ] || { echo "$1: ${list//$'\n'/ }" && failed=1; }
}

# check_page PAGE HELP: the page may show the other program's options in examples.
check_page() {
	local page

	page=$(sed 's/\bFl -/--/g; s/\\-/-/g' "$1" | options)
	nothing_in "$1 lacks" < <(LC_ALL=C comm -13 <(echo "$page") <(options <<<"$2"))
	nothing_in "$1 invents" < <(LC_ALL=C comm -23 <(echo "$page") \
		<(options <<<"$dp_help$pcap_help$ctl_help"))
}

check_page docs/man/iwf-dp.1 "$dp_help"
check_page docs/man/iwf-pcap.1 "$pcap_help"
check_page docs/man/iwfctl.1 "$ctl_help"
scripts/fates --check || failed=1
scripts/key-lists --check || failed=1
exit $failed
