"""Random scenarios, each made from its seed alone: rows, an access capture and a core capture.

A model of the gateway runs along while a scenario is made, so that its frames can aim at the edges
of the state they will meet. What is expected of them is worked out again, from the files.
"""

import datetime
import ipaddress
import pathlib
import random
from dataclasses import dataclass

import acts
import capture
import wire
from association import SECOND, Row, format_address, write_rows
from device import Device
from frames import Dresser
from gateway import BUDGET_SPENT, USED_UP, Gateway

EDGES = (1 << 31, USED_UP)


@dataclass
class Scenario:
    rows: list
    access: list
    core: list
    access_kind: capture.Kind
    core_kind: capture.Kind
    unnamed: tuple = ()  # of access-in, core-in, access-out, core-out: what a run leaves out

    def write(self, folder):
        """The three files; returns their paths."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / name for name in ("sas.yaml", "access-in", "core-in")]
        write_rows(paths[0], self.rows)
        capture.write(paths[1], self.access, self.access_kind)
        capture.write(paths[2], self.core, self.core_kind)
        return paths


class Maker:
    """The state of a scenario being made; the acts (acts.py) write frames through it."""

    def __init__(self, seed, frames, rows=None):
        self.rng = random.Random(seed)
        self.frames = frames
        self.dresser = Dresser(self.rng)
        self.now = 1_700_000_000 * SECOND + self.rng.randrange(10 ** 15)
        self.kinds = {side: self.random_kind() for side in ("access", "core")}
        self.packets = {"access": [], "core": []}
        self.rows = rows or self.random_rows()
        self.gateway = Gateway(self.rows)
        self.devices = {row.key_id: Device(row) for row in self.rows}
        self.homes = {row.key_id: self.endpoint() for row in self.rows}
        self.roots = {sa.key_id: [(sa.epoch, sa.epoch_root)] for sa in self.gateway.installs}
        self.resumes = {}
        self.scefs = [self.endpoint() for _ in range(3)]

    # --- small choices ------------------------------------------------------------------------

    def chance(self, probability):
        return self.rng.random() < probability

    def random_kind(self):
        rng = self.rng
        return capture.Kind(rng.choice(("pcap", "pcap", "pcapng")), rng.choice("<<>"),
                            rng.choice((6, 9)))

    def endpoint(self, version=None):
        rng = self.rng
        if version == 4 or version is None and rng.random() < 0.6:
            host = bytes([rng.choice((10, 100, 198)), *rng.randbytes(2), rng.randrange(1, 255)])
        else:
            host = bytes.fromhex("20010db8") + rng.randbytes(12)
        return host, rng.randrange(1024, 65536)

    def payload(self):
        rng = self.rng
        size = rng.choice((0, 1, rng.randrange(17), rng.randrange(64), rng.randrange(64),
                           rng.randrange(300), rng.randrange(300)))
        if self.chance(0.02):
            size = rng.choice((1195, 1357, 1358))
        return rng.randbytes(size)

    def device_associations(self):
        return [sa for sa in self.gateway.installs if not sa.group]

    def group_associations(self):
        return [sa for sa in self.gateway.installs if sa.group]

    # --- rows ---------------------------------------------------------------------------------

    def random_rows(self):
        rng = self.rng
        size = rng.choice((1, 2, 4, 8, 16, 32))
        key_ids = set()
        while len(key_ids) < size:
            low = rng.choice((rng.randrange(1, 1 << 32), rng.randrange(1, 40),
                              rng.getrandbits(12) << 20 | rng.randrange(4)))
            key_ids.add(low or 1)
        imsis = [f"{rng.randrange(10 ** 5, 10 ** digits):0{digits}d}"
                 for digits in (rng.choice((15, 15, 15, 14, 6)) for _ in range((size + 1) // 2))]
        key_ids = rng.sample(sorted(key_ids), size)
        rows = [self.random_row(key_id, rng.choice(imsis)) for key_id in key_ids]
        for i, row in enumerate(rows[1:]):
            if self.chance(0.1):
                rows[i + 1] = self.group_row(row)
        return rows

    def group_row(self, row):
        address = (bytes([239, 1, 1, self.rng.randrange(1, 255)]), wire.ACCESS_PORT)
        if self.chance(0.5):
            address = (bytes.fromhex("ff0e") + self.rng.randbytes(14), 5000)
        return Row(row.key_id, row.root_key, row.salt, f"group{row.key_id}@example.org", row.eea,
                   row.eia, row.tag_length, row.bearer, row.expires, group=True,
                   address=format_address(address) if self.chance(0.9) else None,
                   count_down=row.count_down)

    def random_row(self, key_id, imsi):
        rng = self.rng
        eia = rng.choice((1, 2, 2, 3))
        row = Row(key_id, rng.randbytes(32).hex(), rng.randbytes(8).hex(), imsi,
                  rng.choice((0, 1, 2, 3, eia, eia)), eia,
                  rng.choice((4, 8)) if eia == 2 else 4, rng.randrange(32), self.random_expiry())
        if self.chance(0.5):
            row.address = format_address(self.endpoint())
        row.one_key_per_transmission = self.chance(0.3)
        if self.chance(0.3):
            row.count_up = self.near_an_edge(0)
        if self.chance(0.3):
            row.count_down = self.near_an_edge(1)
        if self.chance(0.4):
            row.resume_count = rng.choice((1, 2, 200, 256, 257, 300, 65530, 65536, 65537))
            if row.resume_count > 1 and self.chance(0.6):
                row.resume_rand = rng.randbytes(16).hex()
        return row

    def near_an_edge(self, above):
        """count_up stays below the counter's end, count_down may stand at it."""
        rng = self.rng
        edges = [edge + rng.randrange(-5, above) for edge in EDGES]
        return rng.choice((0, rng.randrange(200), rng.getrandbits(31), *edges))

    def random_expiry(self):
        rng = self.rng
        if self.chance(0.5):
            return "never"
        seconds = self.now // SECOND + rng.choice((-5, 1, 3, 20, 100, 10 ** 6, 10 ** 6, 10 ** 8))
        zone = datetime.timezone(datetime.timedelta(minutes=rng.choice((0, 0, 0, 90, -480))))
        text = datetime.datetime.fromtimestamp(seconds, zone).isoformat()
        return text.replace("+00:00", "Z")

    # --- frames -------------------------------------------------------------------------------

    def count(self):
        return sum(map(len, self.packets.values()))

    def advance(self, nanoseconds):
        self.now += nanoseconds

    def tick(self):
        """The coarser of the two files' clocks."""
        return max(kind.tick for kind in self.kinds.values())

    def emit(self, side, packet):
        """Puts a frame at the end of its capture and lets the model along decide it."""
        time = self.now
        if self.chance(0.01):  # captures of several queues are not in order
            time -= self.rng.choice((1000, 10 ** 6, 2 * SECOND))
        packet.time = time - time % self.kinds[side].tick
        packet.number = len(self.packets[side]) + 1
        self.packets[side].append(packet)
        record, _ = self.gateway.take(side, packet)
        self.now += self.rng.choice((0, 0, 1000, 1000, 17_000, 10 ** 6, 10 ** 7))
        return record.fate

    def send(self, sa, message, src=None):
        """An SDT message, from the device's home unless it roams."""
        src = src or self.homes[sa.key_id]
        if len(message) + 48 > 65535:
            message = message[:65487]
        # The access side's UDP checksum is of no interest.
        check = self.rng.choice((0, 0xFFFF, 0x1234)) if self.chance(0.05) else None
        frame = self.dresser.frame(src, self.gateway_end("access", src), message, check)
        return self.emit("access", capture.Packet(0, frame))

    def send_core(self, frame, src=None):
        src = src or self.rng.choice(self.scefs)
        check = None
        if self.chance(0.02):
            check = self.rng.choice((0, 0xFFFF, 0x1234))
        elif len(src[0]) == 4 and self.chance(0.1):
            check = 0
        octets = self.dresser.frame(src, self.gateway_end("core", src), frame, check)
        return self.emit("core", capture.Packet(0, octets))

    def gateway_end(self, side, src):
        host = ipaddress.ip_address("2001:db8::1" if len(src[0]) == 16 else "192.0.2.1").packed
        return host, wire.ACCESS_PORT if side == "access" else wire.CORE_PORT

    # --- what devices send --------------------------------------------------------------------

    def data(self, sa, count, payload=None, epoch=None, **odd):
        """A DATA message of the epoch in force, or of an (epoch, root) given."""
        number, root = epoch or (sa.epoch, sa.epoch_root)
        return self.devices[sa.key_id].data(number, root, count % (1 << 32),
                                            self.rng.randrange(32),
                                            self.payload() if payload is None else payload, **odd)

    def resume(self, sa, n, **odd):
        rng = self.rng
        odd.setdefault("capabilities", rng.choice((0xEE, 0xEF, 0x24, 0x00, 0x48)))
        return self.devices[sa.key_id].resume(n % (1 << 32), rng.randbytes(16), rng.randrange(32),
                                              self.payload(), **odd)

    def remember_epoch(self, sa):
        epoch = (sa.epoch, sa.epoch_root)
        if self.roots[sa.key_id][-1] != epoch:
            self.roots[sa.key_id].append(epoch)

    # --- the whole ----------------------------------------------------------------------------

    def make(self):
        running = []
        while self.count() < self.frames:
            if not running or len(running) < 3 and self.chance(0.1):
                running.append(acts.choose(self))
            act = self.rng.choice(running)
            # Mostly several frames of one act in a row, so that a burst meets one SA often.
            for _ in range(self.rng.choice((1, 2, 5, 20, 100))):
                if next(act, "over") == "over":
                    running.remove(act)
                    break
        return self.scenario()

    def scenario(self):
        unnamed = ()
        if self.chance(0.1):
            unnamed = self.rng.choice((("access-out",), ("core-out",), ("access-out", "core-out"),
                                       ("access-in",), ("core-in",)))
        return Scenario(self.rows, self.packets["access"], self.packets["core"],
                        self.kinds["access"], self.kinds["core"], unnamed)


def make(seed, frames=400):
    return Maker(seed, frames).make()


def spent_budget():
    """65,536 failures under one epoch: nothing is checked then, until a RESUME."""
    row = Row(77, "1f" * 32, "2e" * 8, "001010000000077", 1, 1, 4, 3, "never")
    maker = Maker(77, 0, [row])
    sa, home = maker.gateway.installs[0], maker.homes[77]
    forged = maker.dresser.frame(home, maker.gateway_end("access", home),
                                 maker.data(sa, 900, b"", tag=bytes(4)))
    down = wire.core_frame(wire.MT, 1, 0, 0, row.identity, b"down")

    def forge(number):
        for _ in range(number):
            maker.emit("access", capture.Packet(0, forged))

    maker.send(sa, maker.data(sa, 0))
    forge(BUDGET_SPENT - 2)
    for more in (0, 1, 1, 5):
        forge(more)
        maker.send(sa, maker.data(sa, sa.highest + 1))
        maker.send_core(down)
    for _ in range(3):
        maker.send(sa, maker.resume(sa, sa.m))
        maker.send_core(down)
        maker.send(sa, maker.data(sa, sa.highest + 1))
    return maker.scenario()
