#!/usr/bin/env bash
# A replay gives every frame the fate that it was made for, and the payloads come out as they went in.
# shellcheck source=/dev/null
. "$IWF_SOURCE_ROOT/tests/tool/pcap.sh"
iwf_pcap=$IWF_BUILD_ROOT/pcap/iwf-pcap
iwf_dp=$IWF_BUILD_ROOT/dataplane/iwf-dp

# replay FOLDER [OPTION...]: the captures of the folder.
replay() {
	local in=$1 core=()

	shift
	[ ! -e "$in/core.pcap" ] || core=(--core-in "$in/core.pcap")
	"$iwf_dp" replay --sas "$in/sas.yaml" --access-in "$in/access.pcap" "${core[@]}" \
		--core-out core-out.pcap --access-out access-out.pcap --frames fates.tsv "$@" >log 2>&1 ||
		fail "replay of $in: $(cat log)"
	diff "$in/expected.tsv" fates.tsv || fail "$in"
}

for trace in "$IWF_SOURCE_ROOT"/pcap/traces/*/; do
	replay "${trace%/}"
done

# made OPTION...: as much traffic, in both directions.
made() {
	rm -rf made && mkdir made
	good "$iwf_pcap" make --sas-out made/sas.yaml --access-out made/access.pcap \
		--core-out made/core.pcap --clear-out clear-core.pcap \
		--clear-down-out clear-access.pcap --expect made/expected.tsv "$@"
	replay made
	good "$iwf_pcap" open --sas made/sas.yaml --side core --in core-out.pcap --out opened.pcap
	same opened.pcap clear-core.pcap
	good "$iwf_pcap" open --sas made/sas.yaml --side device --resumes made/access.pcap \
		--in access-out.pcap --out opened.pcap
	same opened.pcap clear-access.pcap
}

made --packets 3000 --down 1500 --bad 30 --resume 5 --ipv6 40 --skew zipf --size 0-1358 \
	--algs eea2/eia2,eea1/eia1,eea3/eia3,eea0/eia2,eea2/eia3
made --devices 1 --packets 2000 --down 500 --bad 60 --resume 10 --tag 4 --vlan 9 --rate 20
made --devices 2 --packets 2000 --bad 80:bad_tag,replayed,too_old --tag 4 --seed 3
