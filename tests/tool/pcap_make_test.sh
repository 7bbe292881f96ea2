#!/usr/bin/env bash
# What is made is the same from the same seed, and every fate asked for is there.
# shellcheck source=/dev/null
. "$IWF_SOURCE_ROOT/tests/tool/pcap.sh"
iwf_pcap=$IWF_BUILD_ROOT/pcap/iwf-pcap

# into FOLDER OPTION...
into() {
	local to=$1

	shift
	mkdir -p "$to"
	good "$iwf_pcap" make --sas-out "$to/sas.yaml" --access-out "$to/access.pcap" \
		--core-out "$to/core.pcap" --clear-out "$to/clear-core.pcap" \
		--clear-down-out "$to/clear-access.pcap" --expect "$to/expected.tsv" "$@"
}

all=(--devices 7 --packets 3000 --down 1500 --bad 30 --resume 5 --ipv6 40 --skew zipf --vlan 12
	--algs "eea2/eia2,eea1/eia1,eea3/eia3,eea0/eia2,eea2/eia3")
into one "${all[@]}"
into two "${all[@]}"
diff -r one two || fail "the same seed gives something else"
into three "${all[@]}" --seed 2
for file in sas.yaml access.pcap core.pcap expected.tsv; do
	! cmp -s one/$file three/$file || fail "another seed gives the same $file"
done

# Each frame has its line, and each fate that can be made is among them.
for side in access core; do
	[ "$(grep -c "^$side" one/expected.tsv)" = "$(frames one/$side.pcap)" ] ||
		fail "expected.tsv and $side.pcap have not the same number of frames"
done
"$iwf_pcap" make --fates | while IFS=/ read -r side fate; do
	grep -q "^$side.*	$fate\$" one/expected.tsv || fail "no $side/$fate was made"
done
[ "$(grep -cE "^access.*	(sent|resumed)\$" one/expected.tsv)" = "$(frames one/clear-core.pcap)" ] ||
	fail "clear-core.pcap has not one payload for each frame that is delivered"
[ "$(grep -c "^core.*	sent\$" one/expected.tsv)" = "$(frames one/clear-access.pcap)" ] ||
	fail "clear-access.pcap has not one payload for each frame that is delivered"
"$iwf_pcap" show one/access.pcap --sas one/sas.yaml >shown

# What must be delivered has a right tag; what must die of its tag has a wrong one.
paste <(grep ^access one/expected.tsv | cut -f 7) shown >both
! grep -E '^(sent|resumed|resume_repeated|resume_synced|resume_refused)	' both |
	grep -v 'tag right$' || fail "a good message has a wrong tag"
! grep '^bad_tag	' both | grep -v 'tag wrong$' || fail "a bad tag is right"
! grep '^unknown_key	' both | grep -v 'no key$' || fail "an unknown key is known"
for form in runt bad_version bad_type bad_reserved too_long; do
	! grep "^$form	" both | grep -v "$form\$" || fail "$form does not show"
done

# A list of fates makes those alone; --bad-one makes one, at the end.
into four --packets 500 --bad 50:runt,core/bad_frame
[ "$(tail -n +2 four/expected.tsv | cut -f 7 | sort -u | xargs)" = "bad_frame runt sent" ] ||
	fail "other fates than asked for"
into five --packets 10 --bad-one core/no_address
[ "$(tail -n 1 five/expected.tsv | cut -f 1,7)" = "core	no_address" ] || fail "--bad-one"
[ "$(wc -l <five/expected.tsv)" = 12 ] || fail "--bad-one makes one frame"

# Keys are for their owner, and an output that cannot be written leaves nothing behind.
[ "$(stat -c %a one/sas.yaml)" = 600 ] || fail "the key file is readable by others"
says 1 "nowhere/core.pcap: No such file" "$iwf_pcap" make --sas-out six.yaml \
	--access-out six.pcap --core-out nowhere/core.pcap
[ ! -e six.pcap ] || fail "half an output was left behind"
says 1 "/dev/full: could not be written" "$iwf_pcap" make --sas-out seven.yaml \
	--access-out /dev/full
[ -c /dev/full ] || fail "a device was removed"

# endless COMMAND...: ends with 1 soon after one SIGTERM (--foreground: timeout would send two).
endless() {
	local got=0

	timeout --foreground --preserve-status -s TERM 1 "$@" >out 2>err || got=$?
	[ "$got" = 1 ] || fail "$*: status $got after SIGTERM"
}

# An interrupt leaves no half-made traffic, and a valid capture of what was protected.
endless "$iwf_pcap" make --sas-out eight.yaml --access-out eight.pcap --packets 4000000000
[ ! -e eight.pcap ] || fail "half-made traffic was left behind"
mkfifo endless.pcap
{
	head -c 24 one/clear-core.pcap
	while tail -c +25 one/clear-core.pcap; do :; done
} >endless.pcap 2>/dev/null &
endless "$iwf_pcap" protect --sas one/sas.yaml --in endless.pcap --out nine.pcap
grep -q '^interrupted: ' err || fail "$(cat err)"
[ "$(frames nine.pcap)" -gt 100 ] || fail "what was protected until then is lost"
