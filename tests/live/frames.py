#!/usr/bin/env python3
"""Frames by hand for the live tests: pings, a VLAN switch, floods, and a listener that explains
every frame the gateway sends. Runs inside a network namespace, as root."""

import argparse
import json
import os
import random
import re
import select
import signal
import socket
import struct
import sys
import time

ETH_P_ALL = 3
ARP, IPV4, IPV6, VLAN = 0x0806, 0x0800, 0x86DD, 0x8100
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
TAG_VALID = 1 << 4
BROADCAST = b"\xff" * 6


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def address(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def own_mac(interface):
    with open(f"/sys/class/net/{interface}/address", encoding="ascii") as f:
        return mac(f.read().strip())


def packet_socket(interface):
    """A raw socket that sees what arrives at the interface, tags beside the frames."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    s.bind((interface, 0))
    return s


def receive(s):
    """One frame as it was on the wire: the kernel takes its tag out and tells it beside it."""
    frame, extra, _, _ = s.recvmsg(65535, 256)
    for level, kind, data in extra:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", data[:20])
            if status & TAG_VALID:
                frame = frame[:12] + struct.pack("!HH", tpid or VLAN, tci) + frame[12:]
    return frame


def ipv4(src, dst, proto, payload):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, proto, 0, src, dst)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(src, dst, proto, payload, hops=255):
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), proto, hops, src, dst) + payload


def pseudo(src, dst, proto, payload):
    return src + dst + struct.pack("!II", len(payload), proto) + payload


def ethernet(dst, src, kind, payload):
    return dst + src + struct.pack("!H", kind) + payload


def udp(src, dst, sport, dport, payload):
    """An IP packet with a UDP datagram in it."""
    head = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0)
    total = checksum(pseudo(src, dst, 17, head + payload)) or 0xFFFF
    datagram = head[:6] + struct.pack("!H", total) + payload
    return (ipv4 if len(src) == 4 else ipv6)(src, dst, 17, datagram)


def arp(op, sender_mac, sender, target_mac, target):
    return struct.pack("!HHBBH6s4s6s4s", 1, IPV4, 6, 4, op, sender_mac, sender, target_mac, target)


def icmpv6(src, dst, body):
    total = checksum(pseudo(src, dst, 58, body))
    return ipv6(src, dst, 58, body[:2] + struct.pack("!H", total) + body[4:])


def neighbour_advertisement(src, dst, target, target_mac, flags=0x60000000):
    return icmpv6(src, dst, struct.pack("!BBHI16sBB6s", 136, 0, 0, flags, target, 2, 1, target_mac))


def neighbour_solicitation(src, dst, target, source_mac):
    return icmpv6(src, dst, struct.pack("!BBHI16sBB6s", 135, 0, 0, 0, target, 1, 1, source_mac))


def ping(args):
    """Asks through the kernel, which then has to find the gateway by ARP or neighbour discovery."""
    v6 = ":" in args.address
    family, proto = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if v6 else (socket.AF_INET, 1)
    request, reply = (128, 129) if v6 else (8, 0)
    s = socket.socket(family, socket.SOCK_RAW, proto)
    if not v6:  # IP_MTU_DISCOVER = IP_PMTUDISC_DO: no fragments, please
        s.setsockopt(socket.IPPROTO_IP, 10, 2)
    payload = os.urandom(args.size)
    came = 0
    for seq in range(args.count):
        body = struct.pack("!BBHHH", request, 0, 0, os.getpid() & 0xFFFF, seq) + payload
        if not v6:
            body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
        s.sendto(body, (args.address, 0))
        end = time.monotonic() + args.wait
        while (left := end - time.monotonic()) > 0 and select.select([s], [], [], left)[0]:
            answer, who = s.recvfrom(65535)
            answer = answer if v6 else answer[(answer[0] & 15) * 4 :]
            if answer[0] == reply and answer[4:] == body[4:] and who[0] == args.address:
                came += 1
                break
    print(f"{came} of {args.count}")
    return came != args.count


def tag(args):
    """A switch of two ports: `inside` is untagged, `outside` carries the tag."""
    inside, outside = packet_socket(args.inside), packet_socket(args.outside)
    head = struct.pack("!HH", VLAN, args.vlan)
    print("ready", flush=True)
    while True:
        for s in select.select([inside, outside], [], [])[0]:
            frame = receive(s)
            if s is inside:
                outside.send(frame[:12] + head + frame[12:])
            elif frame[12:14] == head[:2] and frame[14] & 15 == head[2] and frame[15] == head[3]:
                inside.send(frame[:12] + frame[16:])


def any_mac():
    return b"\x02" + os.urandom(5)


def near(addr):
    """Another address on the same link."""
    return addr[:-1] + bytes([random.randrange(64, 250)])


def arp_attacks(me, gw, gw4, victims4):
    """Storms of requests, answers nobody asked for, claims on others' and on its address."""
    victim, evil = random.choice(victims4), any_mac()
    yield ethernet(BROADCAST, evil, ARP, arp(1, evil, near(gw4), bytes(6), gw4))
    yield ethernet(gw, evil, ARP, arp(2, evil, victim, gw, gw4))
    yield ethernet(BROADCAST, evil, ARP, arp(2, evil, victim, BROADCAST, victim))
    yield ethernet(BROADCAST, evil, ARP, arp(1, evil, gw4, bytes(6), gw4))
    yield ethernet(gw, evil, ARP, arp(2, evil, gw4, gw, gw4))
    yield ethernet(gw, me, ARP, arp(2, evil, near(gw4), gw, gw4))
    yield ethernet(gw, evil, ARP, os.urandom(random.randrange(46)))


def nd_attacks(me, gw, gw6, victims6):
    victim, evil = random.choice(victims6), any_mac()
    everyone, all_nodes = b"\x33\x33\0\0\0\x01", address("ff02::1")
    yield ethernet(gw, evil, IPV6, neighbour_solicitation(near(gw6), gw6, gw6, evil))
    yield ethernet(gw, evil, IPV6, neighbour_advertisement(victim, gw6, victim, evil))
    yield ethernet(everyone, evil, IPV6, neighbour_advertisement(victim, all_nodes, victim, evil, 1 << 29))
    yield ethernet(everyone, evil, IPV6, neighbour_advertisement(gw6, all_nodes, gw6, evil, 1 << 29))
    yield ethernet(gw, me, IPV6, neighbour_advertisement(near(gw6), gw6, victim, evil))
    yield ethernet(gw, evil, IPV6, icmpv6(near(gw6), gw6, bytes([random.choice([133, 134, 137])]) + os.urandom(31)))
    yield ethernet(gw, evil, IPV6, ipv6(near(gw6), gw6, 58, b"\x88\0" + os.urandom(random.randrange(40))))


def message(key_id, kind, length):
    """SDT with a header like a real one's and nothing true behind it."""
    t_and_algs = random.choice([b"\x04\x22", b"\x00\x11", b"\x00\x33", b"\x00\x22"])
    count = random.choice([0, 1, 2, 5, 70, 4000])
    return bytes([0x10 | kind]) + t_and_algs + struct.pack("!BII", 0, key_id, count) + os.urandom(length)


def stranger_attacks(port, key_ids):
    """What a stranger says to a UDP port: to devices' port as devices do, to the other as an SCEF."""
    key_id = random.choice(key_ids + [random.getrandbits(32)])
    if port == 33868:
        yield message(key_id, 1, random.randrange(4, 600))
        yield message(key_id, 2, random.randrange(25, 600))
        yield message(key_id, random.choice([3, 4]), 24)
        yield os.urandom(random.randrange(40))
    else:
        yield bytes([0x12, 0, 0, 0]) + struct.pack("!I", key_id) + bytes.fromhex("00101000000010f0") + b"x" * 40
        yield bytes([0x13, 0, 0, 0]) + struct.pack("!I", key_id) + bytes(8) + b"x" * 40
        yield os.urandom(random.randrange(60))


def attack(args):
    """Floods and lies, on the link and above, as fast as it may."""
    s, me, gw = packet_socket(args.interface), own_mac(args.interface), mac(args.gateway)
    own4, own6 = address(args.own[0]), address(args.own[1])
    victims = [address(v) for v in args.victims]
    victims4, victims6 = [v for v in victims if len(v) == 4], [v for v in victims if len(v) == 16]
    key_ids = [int(k) for k in re.findall(r"key_id: (\d+)", open(args.sas, encoding="ascii").read())]
    end, sent, began = time.monotonic() + args.seconds, 0, time.monotonic()
    while time.monotonic() < end:
        frames = [*arp_attacks(me, gw, own4, victims4), *nd_attacks(me, gw, own6, victims6)]
        for own in own4, own6:
            kind = IPV4 if len(own) == 4 else IPV6
            for payload in stranger_attacks(args.port, key_ids):
                frames.append(ethernet(gw, me, kind, udp(near(own), own, 5555, args.port, payload)))
        request = struct.pack("!BBHHH", 8, 0, 0, 1, 1) + bytes(64)
        request = request[:2] + struct.pack("!H", checksum(request)) + request[4:]
        frames.append(ethernet(gw, me, IPV4, ipv4(near(own4), own4, 1, request)))
        for frame in frames:
            try:
                s.send(frame)
                sent += 1
            except OSError:  # its queue is full
                pass
        ahead = sent / args.rate - (time.monotonic() - began)
        if ahead > 0:
            time.sleep(ahead)
    print(sent)


def explain_arp(frame, me, peers):
    op, sender, target = frame[21], frame[28:32], frame[38:42]
    if sender == target:
        return "announcement"
    if op == 2:
        return "arp_answer"
    return "arp_request" if target in peers else None


def explain_icmpv6(packet, peers):
    kind = packet[40]
    if kind == 135:
        return "nd_request" if packet[48:64] in peers else None
    return {129: "echo", 136: "nd_answer", 143: "group_report", 133: "router_request"}.get(kind)


def explain_udp(frame, packet, me, peers, port):
    """Small data and core frames: to the devices and SCEFs we play, at their own Ethernet address."""
    head = 20 if packet[0] >> 4 == 4 else 40
    dst = packet[16:20] if head == 20 else packet[24:40]
    if struct.unpack("!H", packet[head : head + 2])[0] != port:
        return None
    if dst[0] in (0xE9, 0xFF):
        return "group"
    if dst not in peers:
        return None
    return "small_data" if frame[:6] == me else "hijacked"


def explanation(frame, me, peers, port):
    kind, packet = struct.unpack("!H", frame[12:14])[0], frame[14:]
    if kind == ARP:
        return explain_arp(frame, me, peers)
    if kind == IPV4 and packet[9] == 1:
        return "echo" if packet[20] == 0 else None
    if kind == IPV6 and packet[6] == 0:  # hop-by-hop: router alert before a group report
        return "group_report" if packet[48] == 143 else None
    if kind == IPV6 and packet[6] == 58:
        return explain_icmpv6(packet, peers)
    if (kind == IPV4 and packet[9] == 17) or (kind == IPV6 and packet[6] == 17):
        return explain_udp(frame, packet, me, peers, port)
    return None


def explain(args):
    """Gives every frame of the gateway a reason, until a signal; a frame without one is a failure."""
    s, me, gw = packet_socket(args.interface), own_mac(args.interface), mac(args.gateway)
    peers, counts, unexplained = {address(p) for p in args.peers}, {}, []
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    print("ready", flush=True)
    while not stop:
        if not select.select([s], [], [], 0.1)[0]:
            continue
        frame = receive(s)
        if frame[6:12] != gw:
            continue
        why = explanation(frame, me, peers, args.port)
        counts[why] = counts.get(why, 0) + 1
        if why in (None, "hijacked"):
            unexplained.append(frame.hex())
    print(json.dumps({str(k): v for k, v in counts.items()}))
    print("\n".join(unexplained[:10]), file=sys.stderr)
    return bool(unexplained)


def add_command(commands, run, *arguments):
    p = commands.add_parser(run.__name__, description=run.__doc__, help=run.__doc__)
    for names, options in arguments:
        p.add_argument(names, **options)
    p.set_defaults(run=run)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    add_command(commands, ping, ("address", {}), ("--size", {"type": int, "default": 56}),
                ("--count", {"type": int, "default": 3}), ("--wait", {"type": float, "default": 1}))
    interface = ("interface", {}), ("--gateway", {"required": True, "help": "its Ethernet address"}), (
        "--port", {"type": int, "required": True, "help": "its UDP port"})
    add_command(commands, attack, *interface, ("--own", {"nargs": 2, "help": "its addresses"}),
                ("--victims", {"nargs": "+", "help": "neighbours"}), ("--sas", {"required": True}),
                ("--seconds", {"type": float, "default": 2}), ("--rate", {"type": float, "default": 2e4}))
    add_command(commands, explain, *interface, ("--peers", {"nargs": "+"}))
    add_command(commands, tag, ("inside", {}), ("outside", {}), ("vlan", {"type": int}))
    args = parser.parse_args()
    return args.run(args)


if __name__ == "__main__":
    sys.exit(main())
