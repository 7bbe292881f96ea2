#!/usr/bin/env bash
# SAs come and go on the key socket while packets flow: the first packet goes through, downlink moves
# to a renewed SA once that was heard, and what is removed or has expired carries nothing.
# shellcheck source=/dev/null disable=SC2154 # net.sh sets them
. "$IWF_SOURCE_ROOT/tests/live/net.sh" || exit 1

# player ORDER...: an order that brings a new SA; its number in $new.
player() {
	order "$@"
	new=${answer#player }
	[ "$new" != "$answer" ] || fail "$*: $answer"
}

net_up
gateway_config lab=false static_sas=
gateway_start
peer_start
says "installed 4 of 4" install 4
says ok wake
order each # finds all neighbours
order forgive
says "works 4 of 4" each
says ok rate 300 2 45 0

# At once: what was acknowledged is there.
says "installed 300 of 300" install 300
says ok wake
says "works 304 of 304" each
says "lost 0" lossless

# Two SAs of one device: the new one serves by IMSI once it was heard, the old one by its key id.
player renew 0
says "at 0" mt 0
says came up "$new"
says "at $new" mt 0
says "at 0" mt-key 0
says came up 0
says "at $new" mt "$new"
says removed remove 0
says "did not come" up 0
says nowhere mt-key 0
says "at $new" mt 0

# A device nobody has heard of: the SA installed last.
player renew 1
removed=$new
player renew 1
says removed remove "$removed"
says removed remove 1
says nowhere mt-key 1
says came up "$new"
says "at $new" mt "$new"

# Expiry is of the moment, not of the sweep that takes it out of the table soon after.
listed() {
	"$iwfctl" --socket keys.sock sa list | wc -l
}
before=$(listed)
player expiring 1500
says came up "$new"
says "at $new" mt "$new"
says ok wait 1700
says "did not come" up "$new"
says nowhere mt "$new"
deadline=$((SECONDS + 10))
while [ "$(listed)" != "$before" ]; do
	[ $SECONDS -lt $deadline ] || fail "an SA that has expired stays in the table"
	says ok wait 200
done
peer_end
gateway_stop
