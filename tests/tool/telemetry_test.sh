#!/usr/bin/env bash
# iwf-dp run on DPDK's telemetry socket: every fate and counter has its name there, and nothing else.
# shellcheck source=/dev/null disable=SC2154 # run.sh and pcap.sh set them
. "$IWF_SOURCE_ROOT/tests/tool/pcap.sh"
# shellcheck source=/dev/null
. "$IWF_SOURCE_ROOT/tests/tool/run.sh"

[ "$(id -u)" = 0 ] || export XDG_RUNTIME_DIR=$folder
runtime=${XDG_RUNTIME_DIR:-/var/run}
[ "$(id -u)" != 0 ] || runtime=/var/run

config telemetry net_null0 net_null1 'workers: 2' 'cores: 0,0'
sed -i "s|path: \"\"|path: $folder/keys.sock, group: \"\"|" telemetry.yaml
start telemetry
socket=$runtime/dpdk/${mapping##*/}.telemetry/dpdk_telemetry.v2
[ -S "$socket" ] || fail "there is no $socket"

/usr/bin/python3 - "$socket" "$IWF_SOURCE_ROOT" <<'PYTHON' || fail "telemetry does not say what it should"
import json, re, socket, sys, time

s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
s.recv(16384)

def ask(command):
    s.send(command.encode())
    return json.loads(s.recv(16384))[command.split(",")[0]]

def rows(header, name):
    """The rows of an X list: symbol, name and what follows."""
    text = open(f"{sys.argv[2]}/dataplane/{header}").read()
    body = re.search(rf"#define {name}\(X\)(.*?)\n\n", text, re.S).group(1)
    return re.findall(r'X\(\w+,\s*"(\w+)",\s*(?:([0-9]),)?', body)

sides = {"access": 1, "core": 2}
want = {f"{side}/{n}" for side, bit in sides.items()
        for n, on in rows("api/fate.h", "FATES") + rows("api/fate.h", "TALLIES")
        if int(on) & bit}
worker = want | {"worker/busy_cycles"}
whole = worker | {f"host/{side}/{n}" for side in sides for n, _ in rows("host.h", "HOST_COUNTERS")}
whole |= {f"keys/{n}" for n, _ in rows("key_server.h", "KEY_COUNTERS")}
whole |= {"sas/in_use", "sas/slots", "sas/taken_over", "sas/half_written", "clock/behind_ns",
          "uptime/seconds"}

time.sleep(0.3)
stats = ask("/mtciwf/stats")
assert set(stats) == whole, set(stats) ^ whole
assert stats["sas/slots"] == 65536 and stats["access/rx"] > 0
one, two = ask("/mtciwf/worker,0"), ask("/mtciwf/worker,1")
assert set(one) == worker == set(two), set(one) ^ worker
assert one["access/rx"] > 0 and two["access/rx"] > 0
later = ask("/mtciwf/stats")
assert later["access/rx"] >= one["access/rx"] + two["access/rx"] > stats["access/rx"] / 2
for wrong in "/mtciwf/worker,2", "/mtciwf/worker,-1", "/mtciwf/worker,x", "/mtciwf/worker":
    assert ask(wrong) is None, wrong
config = ask("/mtciwf/config")
assert config["workers"] == 2 and config["access/port"] == "net_null0", config
assert ask("/mtciwf/sas")["incarnation"] == 1
for command in "stats", "worker", "sas", "config":
    assert ask(f"/help,/mtciwf/{command}")[f"/mtciwf/{command}"]
PYTHON
stop "$pid"
[ ! -e "$socket" ] || fail "the socket is left behind"
