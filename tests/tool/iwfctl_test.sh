#!/usr/bin/env bash
# iwfctl against a running data plane whose ports lead nowhere.
# shellcheck source=/dev/null
. "$IWF_SOURCE_ROOT/tests/tool/pcap.sh"
iwf_dp=$IWF_BUILD_ROOT/dataplane/iwf-dp
iwf_pcap=$IWF_BUILD_ROOT/pcap/iwf-pcap
iwfctl=$IWF_BUILD_ROOT/control/iwfctl
mapping=$(mktemp -u /dev/shm/iwfctl-test-XXXXXX)
gateway=

stop_gateway() {
	[ -z "$gateway" ] || kill "$gateway" 2>/dev/null || true
	[ -z "$gateway" ] || wait "$gateway" || true
	gateway=
}
# shellcheck disable=SC2154 # the folder is pcap.sh's
trap 'stop_gateway; rm -rf "$folder" "$mapping" /run/dpdk/"${mapping##*/}"' EXIT

# The gateway is ready, or its last words are shown.
start_gateway() {
	: >gateway.log
	"$iwf_dp" run -c gateway.yaml >gateway.log 2>&1 &
	gateway=$!
	for _ in {1..300}; do
		! grep -q '^ready' gateway.log || return 0
		kill -0 "$gateway" 2>/dev/null || fail "no gateway: $(cat gateway.log)"
		sleep 0.1
	done
	fail "the gateway is not ready: $(cat gateway.log)"
}

# configure [LINE OF key_socket...]
configure() {
	cat >gateway.yaml <<-EOF2
		lab: true
		sa:
		  slots: 8192
		  mapping: $mapping
		access:
		  port: net_null0,no-rx=1
		core:
		  port: net_null1,no-rx=1
		eal:
		  hugepages: no
		key_socket:
		  path: $PWD/keys.sock
		  group: ""
	EOF2
	printf '  %s\n' "$@" >>gateway.yaml
}

ctl() {
	"$iwfctl" -c gateway.yaml "$@"
}

# json EXPRESSION: of the object `it`, which stands in `out`.
json() {
	python3 -c 'import json, sys; it = json.load(open("out")); print(eval(sys.argv[1]))' "$1"
}

# is EXPRESSION VALUE
is() {
	local got

	got=$(json "$1")
	[ "$got" = "$2" ] || fail "$1 is '$got', not '$2' in: $(cat out)"
}

configure
says 1 "no socket there: is iwf-dp running" ctl hello
start_gateway

# Who serves.
good ctl hello
grep -qE '^slots +8192$' out || fail "hello: $(cat out)"
good ctl hello --json
is 'it["in_use"], it["workers"], it["incarnation"]' "(0, 1, 1)"
is 'it["pid"]' "$gateway"
good "$iwfctl" --socket keys.sock --json hello
is 'it["slots"]' 8192

# One SA: the key comes from a file, and nothing ever shows it.
key=$(printf '%032x%032x' 81985529216486895 2271560481)
echo "$key" >key
add=(--reference one --imsi 001010000000001 --eea 2 --eia 2 --expires +2h --address 192.0.2.7:4000)
good ctl sa add "${add[@]}" --key-file key --json
is 'it["result"]' installed
key_id=$(json 'it["key_id"]') salt=$(json 'it["salt"]')
good ctl --json sa add "${add[@]}" --key-file - <key
is 'it["result"], it["key_id"], it["salt"]' "('kept', $key_id, '$salt')"
printf '%064d' 1 >other
says 1 "^iwfctl: one: refused: the reference stands for another key" ctl sa add "${add[@]}" --key-file other
says 1 "^iwfctl: late: refused: its expiry has passed" \
	ctl sa add --reference late --imsi 001010000000002 --eea 0 --eia 1 --key-file other \
	--expires 2020-01-01T00:00:00Z
good ctl sa add --reference meters --group "mètres" --eea 1 --eia 3 --key-file other
grep -qE '^result +installed$' out || fail "add: $(cat out)"
good ctl sa list
[ "$(wc -l <out)" = 3 ] || fail "not two SAs: $(cat out)"
grep -qE "^ *$key_id  001010000000001  eea2/eia2 +0  192.0.2.7:4000 .* one\$" out || fail "list: $(cat out)"
grep -qE "  group            eea1/eia3 .* never +meters\$" out || fail "list: $(cat out)"
good ctl sa list --imsi 001010000000001 --wide
[[ $(wc -l <out) = 2 && $(cat out) = *$salt* ]] || fail "list --imsi --wide: $(cat out)"
good ctl sa list --key-id 1
[ "$(wc -l <out)" = 1 ] || fail "a key id that is not there: $(cat out)"
good ctl sa list --json
is 'len(it), it[0]["reference"], it[0]["salt"], it[1]["imsi"]' "(2, 'one', '$salt', None)"
! grep -qi "$key" out || fail "the list shows a key"

# Removed once; a second time there is nothing.
good ctl sa del one
says 1 "^one: no SA has this reference" ctl sa del one
! ctl sa del --json one meters >out || fail "says that all were removed"
is '[x["result"] for x in it]' "['not_found', 'removed']"

# A key file, in more than one message. Loading it again changes nothing.
"$iwf_pcap" make --devices 1500 --packets 1 --sas-out sas.yaml --access-out access.pcap >made 2>&1 ||
	fail "$(cat made)"
good ctl sa load sas.yaml
grep -q '^sas.yaml: 1500 rows: 1500 installed, 0 kept, 0 refused$' out || fail "load: $(cat out)"
good ctl sa list --json
is 'len(it), len({row["key_id"] for row in it})' "(1500, 1500)"
cp out before
reference=$(json 'it[700]["reference"]')
good ctl sa load sas.yaml --json
is 'it["rows"], it["installed"], it["kept"], it["refused"]' "(1500, 0, 1500, {})"
good ctl sa list --json
same out before
good ctl sa del "$reference"
says 1 "^sas.yaml:[0-9]+: $reference: refused: a static row once removed" ctl sa load sas.yaml
grep -q ' 1499 kept, 1 refused (1 retired)$' out || fail "load: $(cat out)"
printf -- '- key_id: 5\n' >bad.yaml
! ctl sa load bad.yaml 2>err || fail "a bad key file is taken"
grep -q '^bad.yaml:1: root_key: is missing' err || fail "bad.yaml: $(cat err)"

# A reader that goes away is no error to talk about.
{ ctl sa list --wide 2>err || echo $? >status; } | read -r _
[[ $(cat status) = 1 && ! -s err ]] || fail "a reader that went away: $(cat status err)"

# Counters.
good ctl stats --json
is 'it["keys"]["installed"], it["keys"]["removed"], it["sas"]["in_use"]' "(1502, 3, 1499)"
good ctl stats
grep -qE '^  installed +1502$' out || fail "stats: $(cat out)"
! grep -qE ' 0$' out || fail "stats shows what is 0: $(cat out)"
good ctl stats --all --worker 0
grep -qE '^  bad_tag +0  integrity check failed$' out || fail "stats --all: $(cat out)"
says 2 "--worker is 1 \(allowed: 0 to 0\)" ctl stats --worker 1
(ctl stats --watch --json 2>err || true) | sed 2q >lines
[[ $(grep -c '"time":' lines) = 2 && ! -s err ]] || fail "stats --watch: $(cat lines err)"
(ctl stats --watch 1 || true) | sed '/keys/{n;q}' >lines
grep -q '^keys$' lines || fail "stats --watch: $(cat lines)"

# Events: an SA that is about to expire is told of, within ten seconds.
requests() {
	ctl stats --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["keys"]["requests"])'
}
subscribed=$(($(requests) + 2)) # hello and subscribe; two more each time that we ask
ctl events --json --count 1 >out 2>err &
listener=$!
while subscribed=$((subscribed + 2)) && [ "$(requests)" -lt "$subscribed" ]; do
	sleep 0.1
done
ctl sa add --reference brief --imsi 001019999999999 --eea 2 --eia 2 --expires +90s \
	--key-file other >/dev/null
wait "$listener" || fail "events: $(cat err)"
is 'it["event"], it["reference"], it["imsi"]' "('expiry_near', 'brief', '001019999999999')"
is '60 <= it["value"] <= 90' True
good ctl sa del brief

# The bench leaves nothing behind.
good ctl bench installs --count 2000 --batch 300 --json
is 'it["installs"]["rows"], it["installs"]["batches"], it["removals"]["rows"], it["refused"]' \
	"(2000, 7, 2000, 0)"
is 'it["installs"]["per_second"] > 0' True
says 1 "slots are free, --count is 8000" ctl bench installs --count 8000
good ctl hello --json
is 'it["in_use"]' 1499

# Everything goes, but only where that is meant.
says 2 "elsewhere --yes is needed" ctl sa retire-all </dev/null
script -qec "'$iwfctl' -c gateway.yaml sa retire-all; echo status \$?" /dev/null <<<n >out
[[ $(cat out) = *"Remove all 1499 SAs of iwf-dp"*"nothing was removed"*"status 1"* ]] || fail "asked: $(cat out)"
good ctl sa retire-all --yes
grep -q '^1499 removed$' out || fail "retire-all: $(cat out)"
good ctl sa list --json
is 'it' "[]"

# Who may only read, and who may not even that.
stop_gateway
says 1 "no socket there|nobody serves it" ctl hello
if [ "$(id -u)" = 0 ]; then
	configure "read_uids: [65533]"
	start_gateway
	chmod 755 "$folder"
	chmod 666 keys.sock
	as() {
		setpriv --reuid "$1" --regid "$1" --clear-groups "$iwfctl" --socket keys.sock "${@:2}"
	}
	good as 65533 sa list
	says 1 "refused: this user may only read" as 65533 sa retire-all --yes
	says 1 "hung up without a word: user 65532 may not ask" as 65532 sa list
	chmod 600 keys.sock
	says 1 "not permitted: it is for root and its group" as 65533 sa list
fi
