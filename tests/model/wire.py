"""The octets: SDT messages, core frames, and Ethernet, IPv4, IPv6 and UDP around them."""

import struct
from dataclasses import dataclass

ACCESS_PORT, CORE_PORT = 33868, 29128
PAYLOAD_MAX = 1358

DATA, RESUME, RESUMED, SYNC = 1, 2, 3, 4
FLAG_T, FLAG_END, FLAG_REKEY = 4, 2, 1

MO, MT, MT_GROUP, MT_REFUSED = 1, 2, 3, 4
FLAG_HOLD, FLAG_EARLY = 2, 1

ETHERTYPE_IPV4, ETHERTYPE_ARP, ETHERTYPE_VLAN, ETHERTYPE_IPV6 = 0x0800, 0x0806, 0x8100, 0x86DD
UDP = 17


# --- SDT (sdt.md 2) ---------------------------------------------------------------------------

@dataclass
class Header:
    type: int
    bearer: int
    flags: int
    eea: int
    eia: int
    epoch: int
    key_id: int
    count: int
    version: int = 1

    def pack(self):
        return struct.pack(">BBBBII", self.version << 4 | self.type, self.bearer << 3 | self.flags,
                           self.eea << 4 | self.eia, self.epoch & 0xFF, self.key_id, self.count)

    @classmethod
    def parse(cls, octets):
        first, second, suite, epoch, key_id, count = struct.unpack(">BBBBII", octets[:12])
        return cls(first & 15, second >> 3, second & 7, suite >> 4, suite & 15, epoch, key_id,
                   count, first >> 4)


# --- core frames (sdt.md 7) -------------------------------------------------------------------

def tbcd(imsi):
    """Eight octets, low nibble first, filler 0xF after the last digit."""
    digits = [int(digit) for digit in imsi] + [15] * (16 - len(imsi))
    return bytes(digits[i] | digits[i + 1] << 4 for i in range(0, 16, 2))


def parse_tbcd(octets):
    """The IMSI, or None where it is malformed."""
    text = "".join(f"{octet & 15:x}{octet >> 4:x}" for octet in octets)
    digits = text.rstrip("f")
    return digits if 6 <= len(digits) <= 15 and digits.isdigit() else None


def core_frame(type_, bearer, flags, key_id, imsi, payload=b"", reason=0, version=1):
    """imsi: a string of digits, or the eight octets themselves."""
    octets = imsi if isinstance(imsi, bytes) else tbcd(imsi)
    return struct.pack(">BBHI", version << 4 | type_, bearer << 3 | flags, reason, key_id) \
        + octets + payload


@dataclass
class CoreFrame:
    version: int
    type: int
    bearer: int
    flags: int
    reason: int
    key_id: int
    imsi_octets: bytes
    payload: bytes

    @classmethod
    def parse(cls, octets):
        first, second, reason, key_id = struct.unpack(">BBHI", octets[:8])
        return cls(first >> 4, first & 15, second >> 3, second & 7, reason, key_id,
                   octets[8:16], octets[16:])


# --- Ethernet, IP, UDP: building --------------------------------------------------------------

def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(src, dst, length):
    if len(src) == 4:
        return src + dst + struct.pack(">BBH", 0, UDP, length)
    return src + dst + struct.pack(">IBBBB", length, 0, 0, 0, UDP)


def udp(src, dst, payload, length=None, check=None):
    """src and dst: (address, port). `length` and `check` put wrong values in."""
    length = 8 + len(payload) if length is None else length
    octets = struct.pack(">HHHH", src[1], dst[1], length, 0) + payload
    if check is None:
        check = checksum(pseudo_header(src[0], dst[0], length) + octets) or 0xFFFF
    return octets[:6] + struct.pack(">H", check) + octets[8:]


def ipv4(src, dst, payload, protocol=UDP, options=b"", fragment=0, ttl=64, ident=0, **wrong):
    """wrong: version, header_words, total_length, check."""
    words = wrong.get("header_words", 5 + len(options) // 4)
    octets = struct.pack(">BBHHHBBH", wrong.get("version", 4) << 4 | words, 0,
                         wrong.get("total_length", 20 + len(options) + len(payload)),
                         ident, fragment, ttl, protocol, 0) + src + dst + options
    check = checksum(octets) ^ wrong.get("check", 0)
    return octets[:10] + struct.pack(">H", check) + octets[12:] + payload


def ipv6(src, dst, payload, next_header=UDP, **wrong):
    """wrong: version, payload_length."""
    return struct.pack(">IHBB", wrong.get("version", 6) << 28,
                       wrong.get("payload_length", len(payload)), next_header, 64) \
        + src + dst + payload


def ethernet(packet, ethertype=None, vlan=None, pad=0, macs=bytes(range(2, 14))):
    """vlan: a tag, or a list of them."""
    if ethertype is None:
        ethertype = ETHERTYPE_IPV6 if packet[0] >> 4 == 6 else ETHERTYPE_IPV4
    tags = vlan if isinstance(vlan, list) else [] if vlan is None else [vlan]
    tagged = b"".join(struct.pack(">HH", ETHERTYPE_VLAN, tag) for tag in tags)
    return macs + tagged + struct.pack(">H", ethertype) + packet + bytes(pad)


def datagram_frame(src, dst, payload, **how):
    """A whole good frame; src and dst: (address, port)."""
    make = ipv6 if len(src[0]) == 16 else ipv4
    return ethernet(make(src[0], dst[0], udp(src, dst, payload)), **how)


# --- Ethernet, IP, UDP: parsing, with the fates both sides share (sdt.md 10) -------------------

@dataclass
class Datagram:
    src: tuple
    dst: tuple
    payload: bytes
    checksum: int
    checksum_right: bool


def parse_frame(frame, cut_short, port):
    """(fate, None) of a frame that dies here, or (None, Datagram)."""
    if len(frame) < 14:
        return "not_ip", None
    ethertype = int.from_bytes(frame[12:14], "big")
    packet = frame[14:]
    if ethertype == ETHERTYPE_VLAN:
        if len(frame) < 18:
            return "not_ip", None
        ethertype = int.from_bytes(frame[16:18], "big")
        packet = frame[18:]
    if ethertype == ETHERTYPE_ARP:
        return "to_host", None
    if ethertype not in (ETHERTYPE_IPV4, ETHERTYPE_IPV6):
        return "not_ip", None
    if cut_short:
        return "bad_ip", None
    parse = parse_ipv4 if ethertype == ETHERTYPE_IPV4 else parse_ipv6
    fate, protocol, src, dst, content = parse(packet)
    if fate:
        return fate, None
    if protocol != UDP:
        return "not_udp", None
    if len(content) < 8:
        return "bad_udp", None
    src_port, dst_port, length, check = struct.unpack(">HHHH", content[:8])
    if length < 8 or length > len(content):
        return "bad_udp", None
    if port is not None and dst_port != port:
        return "wrong_port", None
    octets = content[:length]
    # RFC 768: zero is "no checksum"; RFC 8200 8.1 forbids that with IPv6.
    right = len(src) == 4 if check == 0 \
        else checksum(pseudo_header(src, dst, length) + octets) == 0
    return None, Datagram((src, src_port), (dst, dst_port), octets[8:], check, right)


def parse_ipv4(packet):
    """(fate or None, protocol, source, destination, what the packet carries)."""
    bad = ("bad_ip", None, None, None, None)
    if len(packet) < 20:
        return bad
    first, _, total, _, fragment, _, protocol, _ = struct.unpack(">BBHHHBBH", packet[:12])
    size = (first & 15) * 4
    if first >> 4 != 4 or size < 20 or total < size or total > len(packet):
        return bad
    if checksum(packet[:size]) != 0:
        return bad
    fate = None
    if size > 20:
        fate = "ip_options"
    elif fragment & 0x3FFF:
        fate = "fragment"
    return fate, protocol, packet[12:16], packet[16:20], packet[size:total]


def parse_ipv6(packet):
    bad = ("bad_ip", None, None, None, None)
    if len(packet) < 40:
        return bad
    first, length, next_header = struct.unpack(">IHB", packet[:7])
    if first >> 28 != 6 or length > len(packet) - 40:
        return bad
    fate = None
    if next_header in (0, 43, 51, 60, 135):
        fate = "ip_options"
    elif next_header == 44:
        fate = "fragment"
    return fate, next_header, packet[8:24], packet[24:40], packet[40:40 + length]
