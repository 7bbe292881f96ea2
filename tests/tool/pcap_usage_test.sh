#!/usr/bin/env bash
# Every command has help and a version, and wrong usage is one line and status 2.
# shellcheck source=/dev/null
. "$IWF_SOURCE_ROOT/tests/tool/pcap.sh"
iwf_pcap=$IWF_BUILD_ROOT/pcap/iwf-pcap

good "$iwf_pcap" --version
grep -qE '^iwf-pcap [0-9]' out || fail "version: $(cat out)"
good "$iwf_pcap" --help
for command in make protect open show; do
	grep -q "^  $command " out || fail "--help does not name $command"
done
for command in make protect open show; do
	good "$iwf_pcap" "$command" --help
	grep -q "^usage: iwf-pcap $command " out || fail "$command --help"
	says 2 "^iwf-pcap $command: .*--nonsense" "$iwf_pcap" "$command" --nonsense
	says 2 "" "$iwf_pcap" "$command"
done

says 2 "no command" "$iwf_pcap"
says 2 "unknown command 'fly'" "$iwf_pcap" fly
says 2 "--in is missing" "$iwf_pcap" protect --sas a --out b
says 2 "'stray' is no option" "$iwf_pcap" protect --sas a --in b --out c stray
says 2 "--side is 'left' \(allowed: device, core\)" \
	"$iwf_pcap" open --sas a --in b --out c --side left
says 2 "--port is '0' \(allowed: 1 to 65535\)" \
	"$iwf_pcap" open --sas a --in b --out c --side core --port 0
says 2 "--resumes needs --sas" "$iwf_pcap" show a --resumes b
says 2 "more than one file" "$iwf_pcap" show a b

make=("$iwf_pcap" make --sas-out s --access-out a)
says 2 "--sas-out is missing" "$iwf_pcap" make --access-out a
says 2 "--core-out is missing" "${make[@]}" --down 1
says 2 "--core-out is missing" "${make[@]}" --bad 1:core/closed
says 2 "--core-out is missing" "${make[@]}" --bad-one core/closed
says 2 "--down needs --packets" "${make[@]}" --down 1 --packets 0 --core-out c
says 2 "--trace and --out-dir belong together" "$iwf_pcap" make --trace runt
says 2 "--trace is 'nope'" "$iwf_pcap" make --trace nope --out-dir d
says 2 "--devices is '0' \(allowed: 1 to " "${make[@]}" --devices 0
says 2 "--devices is '1x'" "${make[@]}" --devices 1x
says 2 "--seed is '-1'" "${make[@]}" --seed -1
says 2 "--ipv6 is '101' \(allowed: 0 to 100\)" "${make[@]}" --ipv6 101
says 2 "--vlan is '4095'" "${make[@]}" --vlan 4095
says 2 "--tag is '6' \(allowed: 4, 8\)" "${make[@]}" --tag 6
says 2 "--skew is 'left'" "${make[@]}" --skew left
for size in "" 1359 20-10 20- -20 1-2-3; do
	says 2 "--size is '$size'" "${make[@]}" --size "$size"
done
for algs in "" eea4/eia2 eea2/eia0 eea2 "eea2/eia2," eea2/eia22 EEA2/EIA2; do
	says 2 "--algs is '$algs'" "${make[@]}" --algs "$algs"
done
for bad in "" 101 5: 5:nope 5:runt,nope "5:runt," x:runt side/runt; do
	says 2 "--bad is '" "${make[@]}" --bad "$bad"
done
[[ ! -e s && ! -e a ]] || fail "wrong usage left files behind"
