#!/usr/bin/env bash
# iwf-dp run: what goes through live ports is what a replay says; starts and ends as running.md says.
# shellcheck source=/dev/null disable=SC2154 # run.sh and pcap.sh set them
. "$IWF_SOURCE_ROOT/tests/tool/pcap.sh"
# shellcheck source=/dev/null
. "$IWF_SOURCE_ROOT/tests/tool/run.sh"
iwf_pcap=$IWF_BUILD_ROOT/pcap/iwf-pcap

# A run carries packets, ends on a signal with what it counted, and leaves its SAs behind.
config null net_null0 net_null1
start null
grep -qE "^made $mapping.null for 65536 SAs in [0-9]+ ms$" null.out || fail "$(cat null.out)"
grep -qE '^ready: access net_null0 ([0-9A-F:]{17}), core net_null1 ' null.out || fail "$(cat null.out)"
! grep -qE 'EAL|TELEMETRY' null.out null.err || fail "DPDK speaks: $(cat null.out null.err)"
sleep 0.2
stop "$pid"
grep -q '^balance: every frame is accounted for$' null.out || fail "$(cat null.out)"
grep -qE '^  rx +[1-9][0-9]*  frames received$' null.out || fail "nothing came: $(cat null.out)"
[ -s "$mapping.null" ] || fail "the mapping is gone"
start null -v
first=$pid
grep -q "^took over 0 SAs of $mapping.null in " null.out || fail "$(cat null.out)"
grep -q 'EAL: ' null.err || fail "-v hides DPDK's words"

# A second one beside it: another mapping. The same mapping: refused, and the first goes on.
config second net_null0 net_null1 'cores: 0'
start second
second=$pid
refused null "$mapping.null"
kill -0 "$first" "$second" || fail "a run ended"
stop "$second" INT
stop "$first"

# One key socket for two: the second one is refused before it makes a mapping.
for name in served unserved; do
	config $name net_null0 net_null1
	sed -i 's|path: ""|path: ./keys.sock|' $name.yaml
done
start served
refused unserved "./keys.sock is served by another process"
[ ! -e "$mapping.unserved" ] || fail "a run that was refused left its mapping"
stop "$pid"

# A terminal that closes ends a run cleanly; under nohup it does not.
start null
stop "$pid" HUP
grep -q '^balance: ' null.out || fail "no table after SIGHUP: $(cat null.out)"
trap '' HUP
start null
trap - HUP
kill -HUP "$pid"
sleep 0.3
kill -0 "$pid" || fail "SIGHUP ended a run under nohup"
stop "$pid"

# After a kill the next one takes over; two workers on one CPU do what one does.
config two net_null0 net_null1 'workers: 2' 'cores: 0,0'
start two
kill_now "$pid"
start two
stop "$pid"
grep -q '^took over 0 SAs of ' two.out || fail "$(cat two.out)"
grep -q '^balance: every frame is accounted for$' two.out || fail "$(cat two.out)"

# Captures through ports come out as a replay writes them.
bad=replayed,bad_tag,unknown_key,too_far,runt,access/wrong_port,access/bad_ip,access/not_udp
good "$iwf_pcap" make --sas-out sas.yaml --access-out made.pcap --devices 20 --packets 3000 \
	--bad "20:$bad" --ipv6 40 --algs eea2/eia2,eea1/eia1,eea3/eia3
/usr/bin/python3 - <<'PYTHON'
# Addressed to the port: net_pcap has an Ethernet address of its own.
import struct
data = bytearray(open("made.pcap", "rb").read())
at = 24
while at < len(data):
    data[at + 16:at + 22] = bytes.fromhex("027063617000")
    at += 16 + struct.unpack_from("<I", data, at + 8)[0]
open("access.pcap", "wb").write(data)
PYTHON
config pcap net_pcap0,rx_pcap=access.pcap,tx_pcap=down.pcap net_ring0 'lab: true' \
	'static_sas: sas.yaml'
sed -i 's/net_ring0/net_pcap1,rx_pcap=none.pcap,tx_pcap=core.pcap/' pcap.yaml
head -c 24 access.pcap >none.pcap
start pcap
grep -q '^sas.yaml: 20 rows: 20 installed, 0 kept, 0 refused$' pcap.out || fail "$(cat pcap.out)"
sleep 1
stop "$pid"
printf 'core: {mac: 02:70:63:61:70:01}\n' >replay.yaml
good "$iwf_dp" replay -q -c replay.yaml --sas sas.yaml --access-in access.pcap --core-out want.pcap
/usr/bin/python3 - <<'PYTHON' || fail "what came out is not what a replay gives"
import struct
def frames(path):
    data = open(path, "rb").read()
    at, out = 24, []
    while at < len(data):
        n = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + n]
        at += 16 + n
        # A live gateway speaks for itself, too: ARP, neighbour discovery.
        if frame[12:14] == b"\x08\x00" or frame[12:14] == b"\x86\xdd" and frame[20] == 17:
            out.append(frame)
    return out
got, want = frames("core.pcap"), frames("want.pcap")
assert len(want) > 2000, len(want)
assert got == want, (len(got), len(want))
PYTHON

start pcap
stop "$pid"
grep -q '^sas.yaml: 20 rows: 0 installed, 20 kept, 0 refused$' pcap.out || fail "$(cat pcap.out)"

# What a static key file needs, and what becomes of rows that cannot be.
config closed net_null0 net_null1 'static_sas: sas.yaml'
refused closed '^fails  static_sas +is for testbeds'
config absent net_null0 net_null1 'lab: true' 'static_sas: nowhere.yaml'
refused absent '^fails  static_sas +nowhere.yaml: No such file'
sed 's/expires: never/expires: 2001-01-01T00:00:00Z/' sas.yaml >expired.sas
config old net_null0 net_null1 'lab: true' 'static_sas: expired.sas'
start old
stop "$pid"
grep -q '^expired.sas: 20 rows: 0 installed, 0 kept, 20 refused$' old.out || fail "$(cat old.out)"
[ "$(grep -c '^expired.sas:[0-9]*: key id [0-9]*: refused: its expiry has passed$' old.err)" = 10 ] ||
	fail "$(cat old.err)"

# Configurations that cannot run say what to change.
config none '' net_null1
refused none '^fails  access.port +is not set'
config driver net_foo0 net_null1
refused driver 'access.port .*DPDK has no driver net_foo here'
config interface net_af_packet0,iface=iwf-nowhere net_null1
refused interface 'access.port .*iwf-nowhere: there is no such interface|packet sockets'
config arguments net_null0,no_such=1 net_null1
refused arguments 'access.port: net_null0,no_such=1: cannot be made'
config queues net_af_packet0,iface=lo net_null1 'workers: 2' 'cores: 0,0'
refused queues '1 queue for 2 workers|packet sockets'
config ring net_null0 net_pcap0,rx_pcap=none.pcap,tx_pcap=x.pcap 'workers: 2' 'cores: 0,0'
refused ring 'core.port: .*has 1 TX queue for 2 workers \(allowed: workers: 1\)'
config workers net_null0 net_null1 'workers: 64'
[ "$(nproc)" -ge 64 ] || refused workers 'workers: 64, but this process may use [0-9]+ CPUs?'
config options net_null0 net_null1 'eal: {options: --no-such-option}'
refused options "DPDK's environment does not start"
config folder net_null0 net_null1
sed -i 's|mapping: .*}|mapping: /nowhere/x}|' folder.yaml
refused folder 'sa.mapping .*/nowhere'
config socket net_null0 net_null1
sed -i 's|path: .*}|path: /nowhere/at/all/x}|' socket.yaml
refused socket '^ +> mkdir -p /nowhere/at; or another'
: >file
sed -i "s|path: .*}|path: $folder/file/x/y}|" socket.yaml
refused socket '^ +> another key_socket.path$'
config disk net_null0 net_null1
sed -i "s|mapping: .*}|mapping: $folder/x}|" disk.yaml
[ "$(stat -f -c %T "$folder")" = tmpfs ] || refused disk 'neither tmpfs nor hugetlbfs'

# A mapping of another make is refused, and --renew begins anew.
config slots net_null0 net_null1
sed -i "s|mapping: .*}|mapping: $mapping.null, slots: 1000}|" slots.yaml
refused slots "$mapping.null"
head -c 5000 "$mapping.null" >short && cat short >"$mapping.null"
refused null "$mapping.null"
start null --renew
stop "$pid"
grep -q '^made ' null.out || fail "$(cat null.out)"
