"""A row of the static file (sdt.md 8), and the SA that the gateway keeps for it."""

import datetime
import ipaddress
import json
import re
from dataclasses import asdict, dataclass, fields

import algorithms as alg

SECOND = 10 ** 9
WINDOW = 64


def parse_time(text):
    """RFC 3339 in nanoseconds since 1970; None for "never"."""
    if text == "never":
        return None
    match = re.fullmatch(r"(.{19})(?:\.(\d{1,9}))?(Z|z|[+-]\d\d:\d\d)", text)
    zone = "+00:00" if match[3] in "Zz" else match[3]
    whole = datetime.datetime.fromisoformat(match[1].replace("t", "T") + zone)
    return int(whole.timestamp()) * SECOND + int((match[2] or "0").ljust(9, "0"))


def parse_address(text):
    """(octets of the address, port) of `ip:port` or `[ip]:port`."""
    host, _, port = text.rpartition(":")
    return ipaddress.ip_address(host.strip("[]")).packed, int(port)


def format_address(address):
    host = ipaddress.ip_address(address[0])
    return f"{host}:{address[1]}" if host.version == 4 else f"[{host}]:{address[1]}"


@dataclass
class Row:
    key_id: int
    root_key: str
    salt: str
    identity: str
    eea: int
    eia: int
    tag_length: int
    bearer: int
    expires: str
    address: str = None
    one_key_per_transmission: bool = False
    group: bool = False
    count_up: int = None
    count_down: int = None
    resume_count: int = None
    resume_rand: str = None

    def settings(self):
        """What a file says: settings that are absent stay absent."""
        defaults = {field.name: field.default for field in fields(self)}
        return {name: value for name, value in asdict(self).items() if value != defaults[name]}


def write_rows(path, rows):
    """A YAML list whose rows are written in the flow style that is JSON too."""
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(f"- {json.dumps(row.settings())}\n")


def read_rows(path):
    """Reads what write_rows() writes; other YAML needs more than the standard library has."""
    with open(path, encoding="utf-8") as file:
        return [Row(**json.loads(line[2:])) for line in file if line.startswith("- ")]


class Association:
    """Everything that changes is here; what it may change to, the gateway decides."""

    def __init__(self, row):
        self.key_id = row.key_id
        self.identity = row.identity
        self.root = bytes.fromhex(row.root_key)
        self.salt = bytes.fromhex(row.salt)
        self.installed = self.in_force = (row.eea, row.eia)
        self.tag_length = row.tag_length
        self.expires = parse_time(row.expires)
        self.one_key = row.one_key_per_transmission
        self.group = row.group
        self.address = parse_address(row.address) if row.address else None
        self.k_r = alg.resumption_mac_key(self.root, self.identity, self.salt)

        self.m = 1 if row.resume_count is None else row.resume_count
        self.last_tag = None
        self.last_rand = None
        self.repeat_start, self.repeats = None, 0
        self.heard = row.count_up is not None or row.resume_rand is not None
        self.last_foreign_check = None
        if row.resume_rand is None:
            self.open_epoch(0, self.root)
            self.highest, self.seen, self.next_down = -1, set(), 0
        else:
            rand = bytes.fromhex(row.resume_rand)
            self.open_epoch(self.m - 1, alg.resumed_root(self.root, rand, self.m - 1))
        if row.count_up is not None:
            self.highest = row.count_up
            self.seen = set(range(max(0, row.count_up - WINDOW + 1), row.count_up + 1))
        if row.count_down is not None:
            self.next_down = row.count_down

    def open_epoch(self, n, root):
        """Section 5: uplink COUNT 0 is used, downlink COUNT 0 reserved for RESUMED."""
        self.epoch, self.epoch_root = n & 0xFF, root
        self.highest, self.seen, self.next_down = 0, {0}, 1
        self.failures = 0
        self.end_count = self.ended_at = None

    def key(self, kind, direction, root=None, suite=None):
        eea, eia = suite or self.in_force
        return alg.traffic_key(root or self.epoch_root, kind,
                               eea if kind == alg.ENCRYPTION else eia, direction,
                               self.identity, self.salt)

    def mark(self, count):
        """Marks a COUNT as received; true where it raised the highest."""
        self.seen.add(count)
        if count <= self.highest:
            return False
        self.highest = count
        self.seen = {c for c in self.seen if c > count - WINDOW}
        return True

    def expired(self, clock):
        return self.expires is not None and clock > self.expires
