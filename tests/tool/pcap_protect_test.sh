#!/usr/bin/env bash
# Payloads of a capture are protected one by one, and what is not small data is left out and counted.
# shellcheck source=/dev/null
. "$IWF_SOURCE_ROOT/tests/tool/pcap.sh"
iwf_pcap=$IWF_BUILD_ROOT/pcap/iwf-pcap

# reports COUNT WHAT: the last command's table says so.
reports() {
	grep -qE "^ *$2 .* $1\$" out || fail "not $1 '$2': $(cat out)"
}

good "$iwf_pcap" make --devices 3 --packets 100 --sas-out sas.yaml --access-out access.pcap \
	--clear-out clear.pcap --algs eea2/eia2,eea1/eia1,eea3/eia3
good "$iwf_pcap" protect --sas sas.yaml --in clear.pcap --out protected.pcap
reports 100 "frames read"
reports 100 "protected"
reports 0 "left out"
"$iwf_pcap" show protected.pcap --sas sas.yaml >shown
[ "$(grep -c 'DATA.*tag right$' shown)" = 100 ] || fail "a tag is wrong"
# Round robin: the devices in turn, COUNT from 0.
[ "$(grep -c ' 10.0.0.1:.*count ' shown)" = 34 ] || fail "not in turn"
[ "$(grep ' 10.0.0.2:' shown | grep -oE 'count [0-9]+' | sed -n 1,3p | xargs)" = \
	"count 0 count 1 count 2" ] || fail "COUNTs are not 0, 1, 2"
# The time stamps are those of the source.
diff <("$iwf_pcap" show clear.pcap | awk '{print $2}') <(awk '{print $2}' shown) ||
	fail "times differ"

good "$iwf_pcap" protect --sas sas.yaml --in clear.pcap --out six.pcap --ipv6
"$iwf_pcap" show six.pcap >shown
grep -qF '[2001:db8::1]:50000  >  [2001:db8:1::1]:33868  up  DATA' shown ||
	fail "not over IPv6"

# COUNT and epoch as the row says; rows of groups are passed over.
sed 's/expires: never/&, count_up: 41, resume_count: 8, resume_rand: "000102030405060708090a0b0c0d0e0f"/' \
	sas.yaml >later.yaml
sed -i '1s/count_up: 41.*}/group: true}/' later.yaml
good "$iwf_pcap" protect --sas later.yaml --in clear.pcap --out later.pcap
"$iwf_pcap" show later.pcap --sas later.yaml >shown
[ "$(grep -c 'epoch 7.*tag right$' shown)" = 100 ] || fail "not in the row's epoch"
[ "$(grep -c 'count 42 ' shown)" = 2 ] || fail "COUNT does not start behind count_up"
grep group later.yaml >group.yaml
says 1 "group.yaml: no row of a device" \
	"$iwf_pcap" protect --sas group.yaml --in clear.pcap --out x.pcap

# Hand-made captures: raw IPv4 (link type 101) with a payload of 1360, a fragment, ICMP, a bare TCP ACK.
header='\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0'
udp_1360='\x45\0\x05\x6c\0\0\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\0\x01\0\x02\x05\x58\0\0'
fragment='\x45\0\0\x1c\0\0\x20\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\0\x01\0\x02\0\x08\0\0'
icmp='\x45\0\0\x1c\0\0\0\0\x40\x01\0\0\x0a\0\0\x01\x0a\0\0\x02\x08\0\0\0\0\0\0\0'
ack='\x45\0\0\x28\0\0\0\0\x40\x06\0\0\x0a\0\0\x01\x0a\0\0\x02\0\x01\0\x02\0\0\0\0\0\0\0\0\x50\x10\0\0\0\0\0\0'
{
	printf %b "$header\x65\0\0\0"
	printf %b '\1\0\0\0\2\0\0\0\x6c\x05\0\0\x6c\x05\0\0'"$udp_1360" && head -c 1360 /dev/zero
	printf %b '\1\0\0\0\3\0\0\0\x1c\0\0\0\x1c\0\0\0'"$fragment"
	printf %b '\1\0\0\0\4\0\0\0\x1c\0\0\0\x1c\0\0\0'"$icmp"
	printf %b '\1\0\0\0\5\0\0\0\x28\0\0\0\x28\0\0\0'"$ack"
} >odd.pcap
good "$iwf_pcap" protect --sas sas.yaml --in odd.pcap --out none.pcap
reports 4 "frames read"
reports 0 "protected"
reports 1 "payload above 1358 octets"
reports 1 "IP fragment"
reports 1 "neither UDP nor TCP"
reports 1 "TCP without payload"
good "$iwf_pcap" protect --sas sas.yaml --in odd.pcap --out cut.pcap --cut-long
reports 1 "of these, cut to 1358 octets"
"$iwf_pcap" show cut.pcap --sas sas.yaml >shown
grep -q '1.000002000 .*payload 1358 .*tag right$' shown ||
	fail "not cut"

# Broken inputs: one line that names file and frame, and an output of what came before.
says 1 "^nowhere.pcap: No such file" "$iwf_pcap" protect --sas sas.yaml --in nowhere.pcap --out x.pcap
: >empty.pcap
says 1 "^empty.pcap: empty" "$iwf_pcap" protect --sas sas.yaml --in empty.pcap --out x.pcap
says 1 "^sas.yaml: not a capture" "$iwf_pcap" protect --sas sas.yaml --in sas.yaml --out x.pcap
{ printf %b "$header\x69\0\0\0"; } >wifi.pcap
says 1 "^wifi.pcap: link type .*802.11" "$iwf_pcap" protect --sas sas.yaml --in wifi.pcap --out x.pcap
[ ! -e x.pcap ] || fail "an output without an input"
says 1 "^clear.pcap: --out would overwrite what --in names" "$iwf_pcap" protect --sas sas.yaml --in clear.pcap --out clear.pcap
head -c 5000 clear.pcap >short.pcap
says 1 "^short.pcap: frame [0-9]+: truncated" \
	"$iwf_pcap" protect --sas sas.yaml --in short.pcap --out some.pcap
some=$(grep -oE 'frame [0-9]+' err | cut -d ' ' -f 2)
[ "$(frames some.pcap)" = $((some - 1)) ] || fail "not what came before"
says 1 "/dev/full: could not be written" \
	"$iwf_pcap" protect --sas sas.yaml --in clear.pcap --out /dev/full
echo '- {key_id: 0}' >bad.yaml
! "$iwf_pcap" protect --sas bad.yaml --in clear.pcap --out x.pcap 2>err || fail "took bad keys"
grep -q '^bad.yaml:1: key_id: ' err || fail "does not name the row"
