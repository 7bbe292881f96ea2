#!/bin/sh
# The Wireshark dissector names every field of the worked messages of sdt.md 9 with the value they
# were made from, finds no fault with them, and reports each rule on exactly the frames that break
# it (dissector_cases.txt), in one pass and in two.

# shellcheck disable=SC2016,SC2046,SC2086 # lists are split on purpose; backticks are Markdown
set -eu

source=${IWF_SOURCE_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
here=$source/tests/tool

for tool in tshark text2pcap editcap; do
	command -v $tool >/dev/null || { echo "skipped: no $tool (Debian: tshark)"; exit 77; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$work"
cp "$source/pcap/sdt.lua" "$work"
script="-X lua_script:$work/sdt.lua"

# Some installations load no scripts for root. Nobody's settings are read but the defaults.
as_user=
nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
if [ "$(id -u)" = 0 ] && $nobody test -r "$work/sdt.lua" 2>/dev/null; then
	as_user=$nobody
fi

shark()
{
	$as_user env -u XDG_CONFIG_HOME -u WIRESHARK_CONFIG_DIR HOME="$work" tshark "$@" \
		2>"$work/stderr" || { cat "$work/stderr" >&2; return 1; }
	# A mistake in the script is reported in the frame or on stderr, and is not an exit code.
	if grep 'Lua' "$work/stderr" >&2; then
		return 1
	fi
}

# How later releases print flags, as 4.0 does.
digits()
{
	sed 's/True/1/g; s/False/0/g'
}

failures=0

# same WHAT EXPECTED GOT
same()
{
	if diff "$2" "$3" >"$work/diff"; then
		echo "ok: $1"
	else
		echo "FAILED: $1 (< expected, > got)"
		cat "$work/diff"
		failures=$((failures + 1))
	fi
}

# Lines of "seconds way octets" on stdin become the capture $1.
capture()
{
	awk -f "$here/dissector_frames.awk" >"$work/hex"
	text2pcap -q -t '%s.%f' -r '^(?<time>[\d.]+) (?<data>[0-9a-f]+)$' "$work/hex" "$1" \
		2>"$work/stderr" || cat "$work/stderr" >&2
	chmod 644 "$1"
}

# What the dissector registers: names, and those of the rules.
shark -G fields $script | awk -F '\t' '$1 == "F" && ($5 == "sdt" || $5 == "mtccore")' |
	sort -t "$(printf '\t')" -k 3,3 >"$work/registered"
cut -f 3 "$work/registered" >"$work/names"
grep '\.expert\.' "$work/names" >"$work/rules"
columns=$(sed 's/^/-e /' "$work/rules")

# rules_of CAPTURE [OPTION...]: one line a frame, the rules that it breaks or "-".
rules_of()
{
	input=$1
	shift
	shark $script "$@" -r "$input" -T fields -E header=y -e frame.number $columns |
		awk -F '\t' '
		NR == 1 {
			for (i = 2; i <= NF; i++) {
				name[i] = $i
				sub(/^mtccore\.expert\./, "core.", name[i])
				sub(/^sdt\.expert\./, "", name[i])
			}
			next
		}
		{
			broken = ""
			for (i = 2; i <= NF; i++)
				if ($i != "")
					broken = broken " " name[i]
			print broken == "" ? "-" : substr(broken, 2)
		}'
}

# Frame by frame: "seconds way octets" in cases.frames, "what: rules" in cases.expected.
awk -F '|' -v frames="$work/cases.frames" -v expected="$work/cases.expected" '
	function trim(s)
	{
		gsub(/^ +| +$/, "", s)
		return s
	}
	function octets(text,    piece, n, i, out, times)
	{
		n = split(text, piece, " ")
		for (i = 1; i <= n; i++) {
			times = 1
			if (split(piece[i], part, "*") == 2)
				times = part[2]
			while (times-- > 0)
				out = out part[1]
		}
		return out
	}
	BEGIN { clock = 1700000000 }
	/^(#|$)/ { next }
	{
		clock += NF > 4 ? $5 : 0.001
		printf "%.6f %s %s\n", clock, trim($2), octets(trim($4)) >frames
		print trim($1) ": " trim($3) >expected
	}' "$here/dissector_cases.txt"
sed 's/: [^:]*$//' "$work/cases.expected" >"$work/cases.what"

capture "$work/cases.pcapng" <"$work/cases.frames"
for passes in '' -2; do
	rules_of "$work/cases.pcapng" $passes >"$work/broken"
	paste -d '|' "$work/cases.what" "$work/broken" | sed 's/|/: /' >"$work/got"
	same "each rule is reported where it is broken${passes:+, in two passes}" \
		"$work/cases.expected" "$work/got"
done

sed 's/.*: //' "$work/cases.expected" | tr ' ' '\n' | sed '/^-$/d; s/^core\./mtccore./; t core
	s/^/sdt./
	:core
	s/\./.expert./' | sort -u >"$work/broken"
same "each rule is broken by some frame" "$work/rules" "$work/broken"

# The device may send 4096 messages after it has heard the gateway.
awk 'BEGIN {
	print "1.000 down 116822000000000100000000a0a0a0a0"
	print "1.000 up 116822000000000100000000a0a0a0a0"
	for (i = 0; i <= 4096; i++)
		printf "2.000 up 1168220000000001%08xa0a0a0a0\n", i
}' | capture "$work/silence.pcapng"
rules_of "$work/silence.pcapng" | uniq -c | awk '{ print $1, $2 }' >"$work/got"
printf '%s\n' '2 -' '1 retransmission' '4095 -' '1 silence' >"$work/expected"
same "4096 messages may follow one from the gateway, copies not counted" \
	"$work/expected" "$work/got"

# The worked messages: "seconds way octets" and the value of each field, both made from what the
# file says of the message and not from its octets.
fields="direction version type bearer t end rekey eea eia epoch key_id count payload_length rand
	capabilities capabilities.eea0 capabilities.eea1 capabilities.eea2 capabilities.eea3
	capabilities.zero capabilities.eia1 capabilities.eia2 capabilities.eia3 ciphertext tag res"
awk -v frames="$work/vectors.frames" -v expected="$work/vectors.expected" '
	function head(direction, type, epoch, count, payload_length)
	{
		printf "%d\t1\t%d\t%d\t%d\t0\t0\t", direction, type, v["bearer"],
			v["tag_length"] == 8 >expected
		printf "%d\t%d\t%d\t%s\t%d\t%d\t", v["eea"], v["eia"], epoch, v["key_id"], count,
			payload_length >expected
	}
	function capability_bits(mask,    i)
	{
		printf "0x%02x", mask >expected
		for (i = 0; i < 8; i++)
			printf "\t%d", int(mask / 2 ^ i) % 2 >expected
		printf "\t" >expected
	}
	# Hexadecimal digits of the message from octet "first", without the last "behind" octets.
	function middle(message, first, behind)
	{
		return substr(message, first * 2 + 1, length(message) - 2 * (first + behind))
	}
	function last(message, octets)
	{
		return substr(message, length(message) - 2 * octets + 1)
	}
	function send(way, message)
	{
		printf "1.0 %s %s\n", way, message >frames
	}
	function data(message, direction)
	{
		head(direction, 1, 0, v["count"], length(v["payload"]) / 2)
		printf "\t\t\t\t\t\t\t\t\t\t%s\t%s\t\n", middle(message, 12, v["tag_length"]),
			last(message, v["tag_length"]) >expected
		send(direction ? "down" : "up", message)
	}
	function resume(message)
	{
		head(0, 2, v["count"] % 256, v["count"], length(v["payload"]) / 2)
		printf "%s\t", v["rand"] >expected
		capability_bits(v["capabilities"])
		printf "%s\t%s\t\n", middle(message, 12 + 16 + 1, 8), last(message, 8) >expected
		send("up", message)
	}
	function resumed(message)
	{
		head(1, 3, v["count"] % 256, v["count"], 0)
		printf "\t\t\t\t\t\t\t\t\t\t\t\t%s\n", last(message, 8) >expected
		send("down", message)
	}
	function sync(message)
	{
		head(1, 4, (v["count"] + 1) % 256, v["count"] + 1, 0)
		printf "%s\t\t\t\t\t\t\t\t\t\t\t%s\t\n", v["rand"], last(message, 8) >expected
		send("down", message)
	}
	{
		gsub(/[ ",]/, "")
		split($0, pair, ":")
		v[pair[1]] = pair[2]
	}
	pair[1] == "data" { in_data = 1 }
	pair[1] == "resume" { in_data = 0 }
	pair[1] == "message" && in_data { data(pair[2], v["direction"]) }
	pair[1] == "message" && !in_data { resume(pair[2]) }
	pair[1] == "resumed" { resumed(pair[2]) }
	pair[1] == "sync" { sync(pair[2]) }' "$source/tests/vectors/sdt.json"

capture "$work/vectors.pcapng" <"$work/vectors.frames"
shark $script -r "$work/vectors.pcapng" -T fields $(printf ' -e sdt.%s' $fields) |
	digits >"$work/got"
same "SDT fields of $(wc -l <"$work/vectors.expected") worked messages" \
	"$work/vectors.expected" "$work/got"
rules_of "$work/vectors.pcapng" | sort -u >"$work/got"
echo - >"$work/expected"
same "worked messages break no rule" "$work/expected" "$work/got"

# The core frames of the worked examples: MO data with the five octets of "hello".
awk -v frames="$work/core.frames" -v expected="$work/core.expected" '
	{
		gsub(/[ ",]/, "")
		split($0, pair, ":")
		v[pair[1]] = pair[2]
	}
	pair[1] == "mo_frame" {
		print "1.0 core", pair[2] >frames
		printf "1\t1\t%d\t0\t0\t0\t0\t%s\t%s\t5\t68656c6c6f\n", v["bearer"], v["key_id"],
			v["identity"] >expected
	}' "$source/tests/vectors/sdt.json"
capture "$work/core.pcapng" <"$work/core.frames"
fields="version type bearer zero hold early reason key_id imsi payload_length payload"
shark $script -r "$work/core.pcapng" -T fields $(printf ' -e mtccore.%s' $fields) |
	digits >"$work/got"
same "core fields of $(wc -l <"$work/core.expected") worked frames" \
	"$work/core.expected" "$work/got"
rules_of "$work/core.pcapng" | sort -u >"$work/got"
same "worked core frames break no rule" "$work/expected" "$work/got"

# What belongs together, as the second pass knows it.
eight=0101010101010101
resume=126822010000000100000001$eight${eight}ee$eight
addressed=0000000000010141000000f0
capture "$work/links.pcapng" <<END
1.0 up $resume
1.5 up $resume
2.25 down 13682201000000010000000103030303030303030303
2.5 core 12680000$addressed
2.75 core 14680003$addressed
END
printf '%s\n' '1||3|||' '2||3||1|' '3|1||1.250000000||' '4|||||' '5|||||4' >"$work/expected"
shark $script -2 -r "$work/links.pcapng" -T fields -E separator='|' -e frame.number -e sdt.request \
	-e sdt.response -e sdt.response_time -e sdt.repeats -e mtccore.request >"$work/got"
same "requests, answers and repeats are linked" "$work/expected" "$work/got"

shark $script -r "$work/links.pcapng" -T fields -e _ws.col.Protocol -e _ws.col.Info >"$work/got"
cat >"$work/expected" <<'END'
SDT	uplink RESUME, key id 1, Count 1, bearer 13, EEA2/EIA2, 0 octets
SDT	uplink RESUME, key id 1, Count 1, bearer 13, EEA2/EIA2, 0 octets
SDT	downlink RESUMED, key id 1, Count 1, bearer 13, EEA2/EIA2, 2 octets
MTC core	MT data, IMSI 001010140000000, key id 0, bearer 13, 0 octets
MTC core	MT refused (no device address), IMSI 001010140000000, key id 0, bearer 13, 0 octets
END
same "a line tells what a message is" "$work/expected" "$work/got"

# Every length on the wire, and every length the capture may have kept of it.
echo "$resume" | awk '{
	for (n = 2; n <= length($0); n += 2)
		printf "1 up %s\n1 down 13%s\n1 core %s\n", substr($0, 1, n), substr($0, 3, n),
			substr($0, 1, n)
}' | capture "$work/lengths.pcapng"
for kept in 43 50 54 60 70 80; do
	editcap -s $kept "$work/lengths.pcapng" "$work/cut$kept.pcapng"
	chmod 644 "$work/cut$kept.pcapng"
done
for input in "$work/lengths.pcapng" "$work"/cut*.pcapng; do
	shark $script -r "$input" -V | grep -i 'lua error\|malformed packet' || true
done >"$work/got"
: >"$work/expected"
same "no length is too short to dissect" "$work/expected" "$work/got"

# Ports follow the preferences, and the personal plugin folder does without -X.
capture "$work/ports.pcapng" <<'END'
1.0 up 116822000000000100000000a0a0a0a0
1.0 other 116822000000000100000001a0a0a0a0
1.0 core 116800000000000100010141000000f0
1.0 othercore 116800000000000100010141000000f0
END
printf 'sdt\nudp\nmtccore\nudp\n' >"$work/expected"
protocols()
{
	shark "$@" -r "$work/ports.pcapng" -T fields -e frame.protocols |
		sed 's/.*://; s/^data$/udp/'
}
mkdir -p "$work/.local/lib/wireshark/plugins"
cp "$source/pcap/sdt.lua" "$work/.local/lib/wireshark/plugins"
protocols >"$work/got"
same "the personal plugin folder is enough" "$work/expected" "$work/got"
printf 'udp\nsdt\nudp\nmtccore\n' >"$work/expected"
protocols -o sdt.port:4000 -o mtccore.port:4001 >"$work/got"
same "ports follow the preferences" "$work/expected" "$work/got"
rm -r "$work/.local"

# The manual has each field by its name, each rule with its clause and text, and no others.
manual=$source/docs/dissector.md
grep -o '^| `[a-z0-9_.]*`' "$manual" | tr -d '`| ' | sort >"$work/got"
same "docs/dissector.md lists every field and rule" "$work/names" "$work/got"
awk -F '\t' '$3 ~ /\.expert\./ { print $3 ": " $2 }' "$work/registered" >"$work/expected"
awk -F ' [|] ' '/^[|] `[a-z]*\.expert\./ {
	sub(/ [|]$/, "", $4)
	print substr($1, 4, length($1) - 4) ": " $4 " (sdt.md " $3 ")"
}' "$manual" | sort >"$work/got"
same "docs/dissector.md gives every rule its clause and text" "$work/expected" "$work/got"

[ "$failures" = 0 ]
