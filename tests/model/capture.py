"""Capture files: classic pcap (micro- and nanoseconds, both byte orders) and pcapng."""

import struct
from dataclasses import dataclass

ETHERNET = 1
SNAPLEN = 262144


@dataclass
class Packet:
    """time in nanoseconds; `original`: length on the wire; number as Wireshark counts."""
    time: int
    data: bytes
    original: int = 0
    number: int = 0

    def __post_init__(self):
        self.original = max(self.original, len(self.data))

    @property
    def cut_short(self):
        return len(self.data) < self.original


@dataclass
class Kind:
    """How a file is written: format "pcap" or "pcapng", byte order, decimals of a second."""
    format: str = "pcap"
    order: str = "<"
    decimals: int = 6

    @property
    def tick(self):
        """Nanoseconds of one unit of its time stamps."""
        return 10 ** (9 - self.decimals)


def write(path, packets, kind=None):
    kind = kind or Kind()
    make = pcap_octets if kind.format == "pcap" else pcapng_octets
    with open(path, "wb") as file:
        file.write(b"".join(make(packets, kind)))


def pcap_octets(packets, kind):
    magic = 0xA1B2C3D4 if kind.decimals == 6 else 0xA1B23C4D
    yield struct.pack(kind.order + "IHHiIII", magic, 2, 4, 0, 0, SNAPLEN, ETHERNET)
    for packet in packets:
        seconds, rest = divmod(packet.time, 10 ** 9)
        yield struct.pack(kind.order + "IIII", seconds, rest // kind.tick, len(packet.data),
                          packet.original)
        yield packet.data


def block(order, type_, body):
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", type_) + size + body + size


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def pcapng_octets(packets, kind):
    order = kind.order
    yield block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    options = b""
    if kind.decimals != 6:
        options = option(order, 9, bytes([kind.decimals])) + option(order, 0, b"")
    yield block(order, 1, struct.pack(order + "HHI", ETHERNET, 0, SNAPLEN) + options)
    for i, packet in enumerate(packets):
        ticks = packet.time // kind.tick
        head = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF,
                           len(packet.data), packet.original)
        body = head + packet.data + b"\0" * (-len(packet.data) % 4)
        if i % 7 == 3:  # a comment behind the packet
            body += option(order, 1, b"as captured") + option(order, 0, b"")
        yield block(order, 6, body)
        if i % 50 == 25:  # interface statistics: no packet, and no number
            yield block(order, 5, struct.pack(order + "III", 0, ticks >> 32, ticks & 0xFFFFFFFF))


def read(path):
    """(packets, decimals of a second that the file can tell)."""
    with open(path, "rb") as file:
        octets = file.read()
    magic = octets[:4]
    if magic == b"\x0a\x0d\x0d\x0a":
        return read_pcapng(octets)
    for order in "<>":
        for value, decimals in ((0xA1B2C3D4, 6), (0xA1B23C4D, 9)):
            if magic == struct.pack(order + "I", value):
                return read_pcap(octets, order, decimals), decimals
    raise ValueError(f"{path}: no capture file")


def read_pcap(octets, order, decimals):
    link = struct.unpack_from(order + "I", octets, 20)[0] & 0xFFFF
    if link != ETHERNET:
        raise ValueError(f"link type {link} is not Ethernet")
    packets, at = [], 24
    while at < len(octets):
        seconds, rest, size, original = struct.unpack_from(order + "IIII", octets, at)
        data = octets[at + 16:at + 16 + size]
        if len(data) < size:
            raise ValueError("the file ends within a packet")
        time = seconds * 10 ** 9 + rest * 10 ** (9 - decimals)
        packets.append(Packet(time, data, original, len(packets) + 1))
        at += 16 + size
    return packets


def interface_description(body, order):
    """(link type, units in a second, offset in seconds) of an interface."""
    link, _, _ = struct.unpack_from(order + "HHI", body)
    units, offset, at = 10 ** 6, 0, 8
    while at + 4 <= len(body):
        code, size = struct.unpack_from(order + "HH", body, at)
        value = body[at + 4:at + 4 + size]
        if code == 0:
            break
        if code == 9:
            units = 2 ** (value[0] & 127) if value[0] & 128 else 10 ** value[0]
        if code == 14:
            offset = struct.unpack(order + "q", value)[0]
        at += 4 + size + -size % 4
    return link, units, offset


def read_pcapng(octets):
    packets, interfaces, at, order = [], [], 0, "<"
    decimals = 6
    while at < len(octets):
        if octets[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if octets[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        type_, size = struct.unpack_from(order + "II", octets, at)
        body = octets[at + 8:at + size - 4]
        at += size
        if type_ == 1:
            interfaces.append(interface_description(body, order))
            if interfaces[-1][0] != ETHERNET:
                raise ValueError(f"link type {interfaces[-1][0]} is not Ethernet")
            if interfaces[-1][1] > 10 ** 6:
                decimals = 9
        elif type_ == 6:
            index, high, low, length, original = struct.unpack_from(order + "IIIII", body)
            _, units, offset = interfaces[index]
            time = (high << 32 | low) * 10 ** 9 // units + offset * 10 ** 9
            packets.append(Packet(time, body[20:20 + length], original, len(packets) + 1))
        elif type_ == 3:
            original = struct.unpack_from(order + "I", body)[0]
            packets.append(Packet(0, body[4:4 + original], original, len(packets) + 1))
    return packets, decimals
