#!/usr/bin/env bash
# Every command of iwfctl has help, wrong usage is one line and status 2 before anybody is asked, and
# a key socket that is not there is told as such.
# shellcheck source=/dev/null
. "$IWF_SOURCE_ROOT/tests/tool/pcap.sh"
iwfctl=$IWF_BUILD_ROOT/control/iwfctl
commands=(hello "sa list" "sa add" "sa del" "sa load" "sa retire-all" stats events "bench installs")

good "$iwfctl" --version
grep -qE '^iwfctl [0-9]' out || fail "version: $(cat out)"
good "$iwfctl" --help
cp out help
for command in "${commands[@]}"; do
	grep -q "^  $command " help || fail "--help does not name $command"
	read -ra words <<<"$command"
	good "$iwfctl" "${words[@]}" --help
	grep -q "^usage: iwfctl $command " out || fail "$command --help"
	says 2 "^iwfctl $command: no option --nonsense " "$iwfctl" "${words[@]}" --nonsense
	says 2 "^iwfctl $command: no value for --socket " "$iwfctl" "${words[@]}" --socket
	says 2 "^iwfctl $command: --socket and -c " "$iwfctl" --socket s "${words[@]}" -c f
done

says 2 "^iwfctl: no command" "$iwfctl"
says 2 "^iwfctl: no command" "$iwfctl" --json
says 2 "^iwfctl: no option --nonsense " "$iwfctl" --nonsense hello
says 2 "unknown command 'fly'" "$iwfctl" fly
says 2 "unknown command 'sa fly'" "$iwfctl" sa fly
for command in hello "sa list" stats events "bench installs"; do
	read -ra words <<<"$command"
	says 2 "^iwfctl $command: 'stray' is no option" "$iwfctl" "${words[@]}" stray
done

says 2 "no reference" "$iwfctl" sa del
says 2 "'two words' is no reference" "$iwfctl" sa del fine "two words"
says 2 "no file" "$iwfctl" sa load
says 2 "more than one file" "$iwfctl" sa load a b
says 2 "cannot be read" "$iwfctl" sa load none.yaml
says 2 "asks on a terminal; elsewhere --yes" "$iwfctl" sa retire-all </dev/null
says 2 "--imsi is '12345' \(allowed: 6 to 15 digits\)" "$iwfctl" sa list --imsi 12345
says 2 "--key-id is '0' \(allowed: 1 to 4294967295\)" "$iwfctl" sa list --key-id 0
says 2 "--worker is '64' \(allowed: 0 to 63\)" "$iwfctl" stats --worker 64
says 2 "--watch is '0' \(allowed: 1 to 86400\)" "$iwfctl" stats --watch 0
says 2 "--watch is 'x'" "$iwfctl" stats --watch=x
says 2 "'5' is no option" "$iwfctl" stats 5
says 2 "--count is '0'" "$iwfctl" events --count 0
says 2 "--batch is '513' \(allowed: 1 to 512\)" "$iwfctl" bench installs --batch 513

printf '%064d\n' 7 >key
add=("$iwfctl" sa add --reference r --key-file key --eea 2 --eia 2)
says 2 "--imsi or --group is missing" "${add[@]}"
says 2 "one --imsi or one --group" "${add[@]}" --imsi 001010000000001 --group g
says 2 "--imsi is '0010100000000011'" "${add[@]}" --imsi 0010100000000011
says 2 "--group has 0 octets \(allowed: 1 to 255\)" "${add[@]}" --group ""
add+=(--imsi 001010000000001)
says 2 "--reference is missing" "$iwfctl" sa add --imsi 001010000000001
says 2 "--key-file is missing" "$iwfctl" sa add --imsi 001010000000001 --reference r
says 2 "--eea is missing" "$iwfctl" sa add --imsi 001010000000001 --reference r --key-file key
says 2 "--eia is missing" "$iwfctl" sa add --imsi 001010000000001 --reference r --key-file key --eea 0
says 2 "--reference is 'a b'" "${add[@]}" --reference "a b"
says 2 "--reference is 'more-than-24-characters--'" "${add[@]}" --reference more-than-24-characters--
says 2 "--eea is '4' \(allowed: 0 to 3\)" "${add[@]}" --eea 4
says 2 "--eia is '0' \(allowed: 1 to 3\)" "${add[@]}" --eia 0
says 2 "--tag-length is '3' \(allowed: 4 to 8\)" "${add[@]}" --tag-length 3
says 2 "--tag-length is 6 \(allowed: 4, or 8 with --eia 2\)" "${add[@]}" --tag-length 6
says 2 "--tag-length is 8 \(allowed: 4, or 8 with --eia 2\)" "${add[@]}" --tag-length 8 --eia 1
for when in "" +5 +0s +5w -5s +99999999999s tomorrow 2026-13-01T00:00:00Z; do
	says 2 "--expires is '" "${add[@]}" --expires "$when"
done
for address in 192.0.2.1 192.0.2.1:0 2001:db8::1 name:5; do
	says 2 "--address is '$address'" "${add[@]}" --address "$address"
done

# A root key is shown to nobody, right or wrong.
for key in "" 00 "$(printf '%064d0' 7)" "$(printf '%063dg' 7)"; do
	printf '%s\n' "$key" >bad
	says 2 "^bad: holds no root key \(allowed: 64 hexadecimal digits\)" "${add[@]}" --key-file bad
	! grep -q 0000 err || fail "shows a key: $(cat err)"
done
says 2 "none: cannot be read" "${add[@]}" --key-file none

# Nobody there.
says 1 "^iwfctl: $PWD/none.sock: no socket there: is iwf-dp running" \
	"$iwfctl" --socket "$PWD/none.sock" hello
says 1 "^iwfctl: key: nobody serves it" "$iwfctl" --socket key sa list
says 1 "^iwfctl: key: nobody serves it" "$iwfctl" hello --socket key
says 1 "longer than the path of a socket" "$iwfctl" hello --socket "$(printf '%0110d' 0)"
says 1 "no socket there" "${add[@]}" --socket none.sock
says 1 "no socket there" "${add[@]}" --socket none.sock --key-file - <key
says 2 "none.yaml: cannot be read" "$iwfctl" -c none.yaml hello
echo "nonsense: 1" >bad.yaml
says 2 "^bad.yaml:1: nonsense: " "$iwfctl" -c bad.yaml hello

! "$iwfctl" --help >/dev/full 2>err || fail "a full disk is not told"
grep -q "^iwfctl: standard output: No space left" err || fail "a full disk: $(cat err)"

# A word that begins several commands names them.
"$iwfctl" sa --help >out || fail "iwfctl sa --help: $?"
[ "$(grep -c '^iwfctl sa ' out)" = 5 ] || fail "iwfctl sa --help: $(cat out)"
says 2 "^iwfctl: sa: which command" "$iwfctl" sa
