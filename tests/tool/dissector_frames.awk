# From "seconds way octets" to "seconds Ethernet-frame" in hex, as text2pcap reads it with -r. IPv4
# frames carry no UDP checksum; IP header checksums are left to those who test them.

function ipv4(protocol, from, to, payload)
{
	return sprintf("02000000000102000000000208004500%04x0000000040%02x0000%s%s%s",
		20 + length(payload) / 2, protocol, from, to, payload)
}

function ipv6(from, to, payload)
{
	return sprintf("02000000000102000000000286dd60000000%04x1140%s%s%s",
		length(payload) / 2, from, to, payload)
}

function udp(from, to, payload)
{
	return sprintf("%04x%04x%04x0000%s", from, to, 8 + length(payload) / 2, payload)
}

# What the router 10.0.0.254 answers when it cannot deliver.
function unreachable(frame)
{
	return ipv4(1, "0a0000fe", "0a000001", "0303000000000000" substr(frame, 29))
}

function frame(way, octets)
{
	if (way == "up")
		return ipv4(17, device, gateway, udp(40000, 33868, octets))
	if (way == "down")
		return ipv4(17, gateway, device, udp(33868, 40000, octets))
	if (way == "up2")
		return ipv4(17, device2, gateway, udp(40001, 33868, octets))
	if (way == "down2")
		return ipv4(17, gateway, device2, udp(33868, 40001, octets))
	if (way == "upx")
		return ipv4(17, device, gateway2, udp(40000, 33868, octets))
	if (way == "up6")
		return ipv6(device6, gateway6, udp(40000, 33868, octets))
	if (way == "down6")
		return ipv6(gateway6, device6, udp(33868, 40000, octets))
	if (way == "peer")
		return ipv4(17, device, gateway, udp(33868, 33868, octets))
	if (way == "icmp")
		return unreachable(frame("up", octets))
	if (way == "core")
		return ipv4(17, gateway, scef, udp(29128, 29128, octets))
	if (way == "other")
		return ipv4(17, device, gateway, udp(40000, 4000, octets))
	if (way == "othercore")
		return ipv4(17, gateway, scef, udp(4001, 4001, octets))
	print "no such way: " way > "/dev/stderr"
	exit 1
}

BEGIN {
	device = "0a000001"
	gateway = "0a000002"
	device2 = "0a000003"
	gateway2 = "0a000004"
	scef = "0a000005"
	device6 = "20010db8000000000000000000000001"
	gateway6 = "20010db8000000000000000000000002"
}

{
	print $1, frame($2, $3)
}
