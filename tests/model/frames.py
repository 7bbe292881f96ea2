"""Frames as they come off a wire, good or bad in the ways that section 10 of sdt.md knows."""

import struct

import wire
from capture import Packet


class Dresser:
    """Puts a UDP payload into a frame; whatever may differ between good frames differs."""

    def __init__(self, rng):
        self.rng = rng

    def chance(self, probability):
        return self.rng.random() < probability

    def frame(self, src, dst, payload, check=None):
        rng = self.rng
        segment = wire.udp(src, dst, payload, check=check)
        if len(src[0]) == 16:
            packet = wire.ipv6(src[0], dst[0], segment)
        else:
            packet = wire.ipv4(src[0], dst[0], segment, ttl=rng.randrange(1, 256),
                               ident=rng.randrange(65536),
                               fragment=0x4000 if self.chance(0.5) else 0)
        pad = 0
        if self.chance(0.7):
            pad = max(0, 46 - len(packet))
        elif self.chance(0.1):
            pad = rng.randrange(1, 40)
        return wire.ethernet(packet, vlan=rng.randrange(65536) if self.chance(0.15) else None,
                             pad=pad)

    def bad(self, src, dst, payload):
        """A Packet (without time) with one or two things wrong below UDP's payload."""
        plan = {"segment": {}, "ip": {}, "ethernet": {}, "cut": None}
        six = len(src[0]) == 16
        choices = ETHERNET_FAULTS + UDP_FAULTS + (IPV6_FAULTS if six else IPV4_FAULTS)
        for fault in self.rng.sample(choices, 1 if self.chance(0.6) else 2):
            fault(self.rng, plan)
        if "port" in plan:
            dst = (dst[0], plan["port"])
        segment = wire.udp(src, dst, payload, **plan["segment"])
        segment = segment[:plan.get("segment_size", len(segment))]
        packet = (wire.ipv6 if six else wire.ipv4)(src[0], dst[0], segment, **plan["ip"])
        packet = packet[:plan.get("packet_size", len(packet))]
        frame = wire.ethernet(packet, **{"ethertype": 0x86DD if six else 0x0800}
                              | plan["ethernet"])
        return self.cut(frame, plan["cut"])

    def cut(self, frame, where):
        """where None: whole; "frame": shorter on the wire; "capture": by the snap length."""
        if where is None:
            return Packet(0, frame)
        size = self.rng.choice((self.rng.randrange(len(frame)), self.rng.randrange(20),
                                len(frame) - 1))
        return Packet(0, frame[:size], len(frame) if where == "capture" else size)


def set_to(part, name, *values):
    def fault(rng, plan):
        value = rng.choice(values)
        plan[part][name] = value(rng) if callable(value) else value
    return fault


def set_plan(name, *values):
    def fault(rng, plan):
        value = rng.choice(values)
        plan[name] = value(rng) if callable(value) else value
    return fault


def any_of(low, high):
    return lambda rng: rng.randrange(low, high)


def arp(rng, plan):
    plan["ethernet"] |= {"ethertype": wire.ETHERTYPE_ARP}
    plan["packet_size"] = rng.choice((0, 20, 28))


def vlan_tags(rng, plan):
    tags = rng.choice((1, 2, 3))
    plan["ethernet"]["vlan"] = [rng.randrange(65536) for _ in range(tags)]


def options(rng, plan):
    plan["ip"]["options"] = bytes([1]) * 4 * rng.randrange(1, 11)


def flip_check(rng, plan):
    plan["ip"]["check"] = rng.randrange(1, 0xFFFF)


ETHERNET_FAULTS = [
    arp, vlan_tags,
    set_to("ethernet", "ethertype", 0x88A8, 0x88CC, 0x0806, 0x05DC, 0x0000, 0x86DD, 0x0800,
           any_of(0, 65536)),
    set_plan("cut", "frame"), set_plan("cut", "capture"),
]
UDP_FAULTS = [
    set_to("segment", "length", 0, 7, 8, 9, 65535, any_of(0, 1500), any_of(8, 40)),
    set_to("segment", "check", 0, 0xFFFF, 1, any_of(0, 65536)),
    set_plan("segment_size", 0, 4, 7, 8, any_of(0, 40)),
    set_plan("port", wire.ACCESS_PORT, wire.CORE_PORT, 0, 53, 33867, any_of(0, 65536)),
]
IPV4_FAULTS = [
    set_to("ip", "version", 0, 5, 6, 15),
    set_to("ip", "header_words", 0, 4, 6, 15),
    set_to("ip", "total_length", 0, 19, 20, 27, 28, 65535, any_of(0, 100)),
    set_to("ip", "fragment", 0x2000, 0x0001, 0x1FFF, 0x3FFF, 0x8000, 0x4000, 0x6000),
    set_to("ip", "protocol", 1, 6, 0, 50, 58, 136, any_of(0, 256)),
    options, flip_check, set_plan("packet_size", 0, 1, 19, 20, any_of(0, 40)),
]
IPV6_FAULTS = [
    set_to("ip", "version", 0, 4, 5, 7),
    set_to("ip", "payload_length", 0, 7, 8, 65535, any_of(0, 100)),
    set_to("ip", "next_header", 0, 43, 44, 50, 51, 58, 59, 60, 135, 6, any_of(0, 256)),
    set_plan("packet_size", 0, 1, 39, 40, any_of(0, 60)),
]


def spoil_sdt(rng, message):
    """An SDT message with a field of its header, its length or a bit changed."""
    octets = bytearray(message)
    kind = rng.randrange(9)
    if kind == 0:
        octets[0] = rng.choice((0, 2, 15)) << 4 | octets[0] & 15
    elif kind == 1:
        octets[0] = octets[0] & 0xF0 | rng.choice((0, 1, 2, 3, 4, 5, 15))
    elif kind == 2:
        octets[1] ^= rng.randrange(1, 8)
    elif kind == 3:
        octets[2] = rng.randrange(256)
    elif kind == 4:
        octets[2] = rng.randrange(4) << 4 | rng.randrange(4)
    elif kind == 5:
        octets[3] = rng.choice((octets[3] + 1, octets[3] - 1, 0)) & 0xFF
    elif kind == 6:
        del octets[rng.randrange(len(octets) + 1):]
    elif kind == 7:
        octets += rng.randbytes(rng.choice((1, 4, 8)))
    else:
        octets[rng.randrange(len(octets))] ^= 1 << rng.randrange(8)
    return bytes(octets)


def runt(rng):
    """Around the least lengths: 16, 20 with T, 37 for RESUME; sometimes with bits reserved."""
    size = rng.choice((0, 1, 11, 12, 15, 16, 17, 19, 20, 21, 28, 29, 35, 36, 37, 38))
    suite = rng.choice((0x11, 0x22, 0x33, 0x02, 0x20, 0x14, 0x42))
    head = struct.pack(">BBBBII", rng.choice((0x11, 0x12, 0x13, 0x21)),
                       rng.randrange(32) << 3 | rng.choice((0, 0, 4, 4, 1)), suite,
                       rng.randrange(3), rng.getrandbits(32), rng.randrange(3))
    return (head + rng.randbytes(30))[:size]


def too_long_sdt(rng, key_id, suite, t):
    """DATA or RESUME around the longest payload, and far above; its tag never matters there."""
    type_ = rng.choice((wire.DATA, wire.RESUME))
    around = wire.PAYLOAD_MAX + (12 + (8 if t else 4) if type_ == wire.DATA else 37)
    size = rng.choice((around, around + 1, 9000, 20000, 65487))
    header = wire.Header(type_, 1, t, *suite, 1, key_id, 1).pack()
    return header + bytes(16) + b"\xee" + bytes([rng.randrange(256)]) * (size - 29)


def spoil_core(rng, frame):
    octets = bytearray(frame)
    kind = rng.randrange(8)
    if kind == 0:
        octets[0] = rng.choice((0, 2, 15)) << 4 | octets[0] & 15
    elif kind == 1:
        octets[0] = octets[0] & 0xF0 | rng.randrange(16)
    elif kind == 2:
        octets[1] ^= rng.randrange(1, 8)
    elif kind == 3:
        octets[2 + rng.randrange(2)] = rng.randrange(256)
    elif kind == 4:
        octets[8:16] = spoil_imsi(rng, bytes(octets[8:16]))
    elif kind == 5:
        del octets[rng.randrange(17):]
    elif kind == 6:
        octets[4:8] = rng.choice((bytes(4), rng.randbytes(4)))
    else:
        octets[rng.randrange(len(octets))] ^= 1 << rng.randrange(8)
    return bytes(octets)


def spoil_imsi(rng, octets):
    return rng.choice((
        bytes(8), b"\xff" * 8, wire.tbcd("12345"), wire.tbcd("123456"),
        wire.tbcd("1234567890123456"),
        octets[:4] + b"\xff" + octets[5:], octets[:7] + b"\x0f", octets[:2] + b"\xa1" + octets[3:],
        b"\xf1" + octets[1:]))
