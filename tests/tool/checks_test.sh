#!/usr/bin/env bash
# Every rule of the checks refuses what it is there to refuse.
set -euo pipefail
shopt -s lastpipe # so that a function at the end of a pipe can set `failed`

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cd "$IWF_SOURCE_ROOT"
tar -c --exclude='./build*' --exclude=./.git . | tar -x -C "$copy"
cd "$copy"
failed=0

# rejects CHECK FILE MESSAGE <TEXT: with TEXT added to FILE, the check fails and says MESSAGE.
rejects() {
	local check=$1 file=$2 message=$3 said

	[ ! -e "$file" ] || cp "$file" saved
	cat >>"$file"
	if said=$(scripts/check-"$check" 2>&1); then
		echo "check-$check accepts $file that must give: $message"
		failed=1
	elif ! grep -qF "$message" <<<"$said"; then
		echo "check-$check on $file does not say: $message, but: $said"
		failed=1
	fi
	rm "$file"
	[ ! -e saved ] || mv saved "$file"
}

# accepts CHECK FILE <TEXT: the check finds nothing wrong in FILE.
accepts() {
	cat >"$2"
	if ! scripts/check-"$1"; then
		echo "check-$1 refuses a good $2"
		failed=1
	fi
	rm "$2"
}

for check in includes simple-mistakes tree; do
	scripts/check-$check || { echo "check-$check fails on the tree itself" && exit 1; }
done

# check-includes: each row of its table of layers, where it says no.
echo '#pragma once' >tests/planted.h
while read -r from to; do
	printf '#pragma once\n#include "%s"\n' "$to" |
		rejects includes "$from/planted.h" "may not include from"
done <<'EOF'
crypto config/config.h
crypto dataplane/api/wire.h
config dataplane/api/wire.h
dataplane/api pcap/capture.h
control tests/planted.h
dataplane/api tests/planted.h
dataplane tests/planted.h
pcap tests/planted.h
EOF
rm tests/planted.h
for folder in crypto config dataplane/api dataplane pcap; do
	echo '#pragma once' >control/planted.h
	printf '#pragma once\n#include "control/planted.h"\n' |
		rejects includes "$folder/planted2.h" "may not include from control"
done
for folder in crypto config dataplane/api control pcap; do
	echo '#pragma once' >dataplane/planted.h
	printf '#pragma once\n#include "dataplane/planted.h"\n' |
		rejects includes "$folder/planted2.h" "may not include from dataplane"
	printf '#pragma once\n#include <rte_mbuf.h>\n' |
		rejects includes "$folder/planted2.h" "may not use <rte_mbuf.h>"
done
rm control/planted.h dataplane/planted.h

printf '#pragma once\n#include <intel-ipsec-mb.h>\n' |
	rejects includes pcap/planted.h "pcap may not use <intel-ipsec-mb.h>"
printf '#pragma once\n#include "kdf.h"\n' |
	rejects includes crypto/planted.h "not written from the root"
printf '#pragma once\n#include "../crypto/kdf.h"\n' |
	rejects includes crypto/planted.h "no header of ours"
printf '#include "dataplane/api/fate.c"\n' |
	rejects includes tests/unit/planted_test.c "includes a .c file"
printf 'int x;\n' | rejects includes crypto/planted.h "no #pragma once"
echo '#pragma once' >crypto/planted.h
printf '#include <stdio.h>\n#include "crypto/planted.h"\n' |
	rejects includes crypto/planted.c "is not its own header"
printf '#include "crypto/planted.h"\n\n#include <stdio.h>\n' | accepts includes crypto/planted.c
rm crypto/planted.h

# check-simple-mistakes
while IFS='|' read -r file message line; do
	echo "$line" | rejects simple-mistakes "$file" "$message"
	echo "$line /* lint-ok: the test says so */" | accepts simple-mistakes "$file"
done <<'EOF'
crypto/kernel_planted.c|use ct_equal()|return memcmp(a, b, n);
pcap/planted.c|use ct_equal()|if (memcmp(tag, want, 8) == 0)
pcap/planted.c|use secret_wipe()|memset(root_key, 0, 32);
config/planted.c|unbounded|strcpy(a, b);
pcap/planted.c|unbounded|n = atoi(argv[1]);
crypto/kernel_planted.c|no heap|p = malloc(3);
crypto/kernel_planted.c|no I/O|printf("x");
crypto/kernel_planted.c|no lock|	now = time(NULL);
pcap/planted.c|use be16|port = ntohs(p);
pcap/planted.c|not for threads|puts(strerror(errno));
tests/planted.c|seed of your own|x = rand();
pcap/planted.c|bad input|assert(n > 0);
tests/tool/planted_test.sh|leaves early|cat x | grep -q y
docs/planted.md|leave it out|TODO: write this
docs/planted.md|a path of one machine|see /home/me/notes
scripts/planted.sh|a path of one machine|cp x /tmp/y
docs/planted.md|a host of one network|get it from mirror.example.org
pcap/planted.c|not its number|/* issue 12 */
EOF

# check-tree
echo 'x' | rejects tree notes.txt "does not belong at the top"
echo 'int main(void);' | rejects tree tests/unit/planted_test.c "not in its meson.build"
echo '#!/bin/sh' | rejects tree tests/tool/planted_test.sh "not in its meson.build"
echo 'int x;' | rejects tree tests/fuzz/planted_fuzz.c "has no corpus"
echo 'int x;' | rejects tree tests/fuzz/planted_fuzz.c "not in its meson.build"
mkdir -p tests/fuzz/corpus/planted
echo x | rejects tree tests/fuzz/corpus/planted/x "has no fuzz target"
rmdir tests/fuzz/corpus/planted
echo '/* lost.md 3 */' | rejects tree crypto/planted.h "there is no lost.md"
echo 'see crypto/lost.c' | rejects tree docs/planted.md "there is no crypto/lost.c"
head -c 110000 /dev/zero | rejects tree docs/planted.bin "above 100 KB"

exit $failed
