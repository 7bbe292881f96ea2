#!/usr/bin/env bash
# scripts/demo finds everything equal, takes any capture, and does not overlook a wrong octet.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
demo=$IWF_SOURCE_ROOT/scripts/demo

"$demo" --dir "$work/made" | tee "$work/said"
[ "$(grep -c 'all [1-9][0-9]* equal$' "$work/said")" -eq 3 ]

# README.md shows what it prints.
diff -u <(sed -n '/^iwf-pcap make/,/^$/p' "$IWF_SOURCE_ROOT/README.md") <(sed '/^$/q' "$work/said")

# A capture with everything in it that is no small data, too.
"$demo" --dir "$work/own" --pcap "$work/made/access-in.pcap" | tee "$work/said"
[ "$(grep -c 'all [1-9][0-9]* equal$' "$work/said")" -eq 1 ]

# A gateway that turns one octet of one payload.
mkdir -p "$work/build/dataplane"
ln -s "$IWF_BUILD_ROOT/pcap" "$work/build/pcap"
cat >"$work/build/dataplane/iwf-dp" <<'EOF'
#!/usr/bin/env bash
set -e
"$REAL_IWF_DP" "$@"
printf '\252' | dd of=core-out.pcap bs=1 seek="$(($(stat -c %s core-out.pcap) - 1))" conv=notrunc
EOF
chmod +x "$work/build/dataplane/iwf-dp"
export REAL_IWF_DP=$IWF_BUILD_ROOT/dataplane/iwf-dp
if IWF_BUILD_ROOT=$work/build "$demo" --dir "$work/wrong" >"$work/said"; then
	echo "a wrong octet was overlooked"
	exit 1
fi
grep -q 'payloads from devices to the SCEF *DIFFERENT' "$work/said"
