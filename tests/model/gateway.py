"""The gateway of sdt.md, one frame after the other. Numbers in brackets are its sections."""

from dataclasses import dataclass, field

import algorithms as alg
import wire
from association import SECOND, WINDOW, Association

FORWARD = 65536
REKEY_COUNT = 1 << 31
USED_UP = (1 << 32) - (1 << 16)
BUDGET_SLOW, BUDGET_SPENT = 256, 65536
AHEAD = 1024
RESUME_LIMIT = 65536
REPEATS_A_SECOND = 10
DOWNLINK_AFTER_END = 30 * SECOND
REASONS = {"unknown_device": 1, "expired": 2, "closed": 2, "no_address": 3, "too_long": 4,
           "exhausted": 5}
ANSWERED = ("resumed", "resume_repeated", "resume_synced", "resume_refused")


@dataclass
class Output:
    """A datagram that leaves: `to` is None where the configuration names the SCEF."""
    side: str
    time: int
    payload: bytes
    to: tuple = None


@dataclass
class Facts:
    """What has been learnt of a frame on its way to its fate."""
    header: wire.Header = None
    core: wire.CoreFrame = None
    sa: Association = None
    count: int = None
    outputs: list = field(default_factory=list)


@dataclass
class Record:
    """One line of --frames."""
    side: str
    frame: int
    time: int
    key_id: int
    imsi: str
    count: int
    fate: str

    HEADER = "side\tframe\ttime\tkey_id\timsi\tcount\tfate"

    def line(self):
        shown = ["-" if value is None else str(value)
                 for value in (self.key_id, self.imsi, self.count)]
        time = f"{self.time // SECOND}.{self.time % SECOND:09d}"
        return "\t".join([self.side, str(self.frame), time, *shown, self.fate])


def known_columns(facts):
    """(key id, IMSI, COUNT) as --frames shows them: the one place that says what is known when.

    Nothing of a message too short or of another version. Access: its key id and COUNT, and the IMSI
    once the SA is found. Core: the key id of the SA once found, or else the frame's where it is
    not 0; the frame's IMSI where it is well formed; the COUNT of the message that was sent.
    """
    if facts.header and facts.header.version == 1:
        return facts.header.key_id, facts.sa.identity if facts.sa else None, facts.header.count
    if facts.core and facts.core.version == 1:
        key_id = facts.sa.key_id if facts.sa else facts.core.key_id or None
        return key_id, wire.parse_tbcd(facts.core.imsi_octets), facts.count
    return None, None, None


class Gateway:
    def __init__(self, rows):
        self.installs = [Association(row) for row in rows]
        self.by_key_id = {sa.key_id: sa for sa in self.installs}
        self.clock = 0
        self.records = []
        self.outputs = []

    # --- one frame ----------------------------------------------------------------------------

    def take(self, side, packet):
        """Decides one frame; its record and what it sent are kept, and returned."""
        self.clock = max(self.clock, packet.time)
        facts = Facts()
        port = wire.ACCESS_PORT if side == "access" else wire.CORE_PORT
        fate, datagram = wire.parse_frame(packet.data, packet.cut_short, port)
        if fate is None:
            decide = self.decide_access if side == "access" else self.decide_core
            fate = decide(datagram, facts)
        for output in facts.outputs:
            output.time = packet.time
        self.outputs += facts.outputs
        record = Record(side, packet.number, packet.time, *known_columns(facts), fate)
        self.records.append(record)
        return record, facts.outputs

    # --- access side --------------------------------------------------------------------------

    def decide_access(self, datagram, facts):
        message = datagram.payload
        if len(message) < 12 + 4:
            return "runt"
        header = facts.header = wire.Header.parse(message)
        fate = self.check_form(header, message)
        if fate:
            return fate
        sa = self.by_key_id.get(header.key_id)
        if sa is None or sa.group:
            return "unknown_key"
        facts.sa = sa
        if sa.expired(self.clock):
            return "expired"
        if header.type == wire.DATA:
            return self.decide_data(sa, header, message, datagram.src, facts)
        return self.decide_resume(sa, header, message, datagram.src, facts)

    @staticmethod
    def check_form(header, message):
        """From `bad_version` to `too_long` (10)."""
        if header.version != 1:
            return "bad_version"
        if header.type not in (wire.DATA, wire.RESUME):
            return "bad_type"
        if header.flags & wire.FLAG_REKEY or header.eea > 3 or not 1 <= header.eia <= 3 \
                or header.flags & wire.FLAG_T and header.eia != 2:
            return "bad_reserved"
        if header.type == wire.DATA:
            least = 12 + (8 if header.flags & wire.FLAG_T else 4)
        else:
            least = 12 + 16 + 1 + 8
        if len(message) < least:
            return "runt"
        if header.type == wire.RESUME and message[28] & 0x10:
            return "bad_reserved"
        if len(message) - least > wire.PAYLOAD_MAX:
            return "too_long"
        return None

    def decide_data(self, sa, header, message, source, facts):
        """Section 4, steps 2 to 8."""
        if sa.end_count is not None and header.count > sa.end_count:
            return "closed"
        if (header.eea, header.eia) != sa.in_force \
                or bool(header.flags & wire.FLAG_T) != (sa.tag_length == 8):
            return "wrong_algorithm"
        if header.epoch != sa.epoch:
            return "wrong_epoch"
        fate = self.check_count(sa, header.count) or self.check_budget(sa, source)
        if fate:
            return fate
        body, tag = message[:-sa.tag_length], message[-sa.tag_length:]
        expected = alg.eia(sa.in_force[1], sa.key(alg.INTEGRITY, alg.UPLINK), header.count,
                           header.bearer, alg.UPLINK, body, sa.tag_length)
        if tag != expected:
            if sa.tag_length == 4:
                sa.failures += 1
            return "bad_tag"
        if sa.mark(header.count):
            sa.address = source
        sa.heard = True
        if header.flags & wire.FLAG_END and sa.one_key and sa.end_count is None:
            sa.end_count, sa.ended_at = header.count, self.clock
        payload = alg.eea(sa.in_force[0], sa.key(alg.ENCRYPTION, alg.UPLINK), header.count,
                          header.bearer, alg.UPLINK, body[12:])
        self.deliver(sa, header.bearer, 0, payload, facts)
        return "sent"

    @staticmethod
    def check_count(sa, count):
        """Step 4. While nothing was received the highest is -1, and every rule still holds."""
        if count <= sa.highest - WINDOW:
            return "too_old"
        if count in sa.seen:
            return "replayed"
        if count > sa.highest + FORWARD or count >= USED_UP:
            return "too_far"
        return None

    def check_budget(self, sa, source):
        """Step 5; SAs with 8-octet tags never count a failure."""
        if sa.failures >= BUDGET_SPENT:
            return "throttled"
        if sa.failures >= BUDGET_SLOW and source != sa.address:
            last = sa.last_foreign_check
            if last is not None and self.clock - last < SECOND:
                return "throttled"
            sa.last_foreign_check = self.clock
        return None

    @staticmethod
    def deliver(sa, bearer, flags, payload, facts):
        frame = wire.core_frame(wire.MO, bearer, flags, sa.key_id, sa.identity, payload)
        facts.outputs.append(Output("core", 0, frame))

    # --- RESUME (5) ---------------------------------------------------------------------------

    def decide_resume(self, sa, header, message, source, facts):
        if (header.eea, header.eia) != sa.installed \
                or bool(header.flags & wire.FLAG_T) != (sa.tag_length == 8):
            return "wrong_algorithm"
        if header.epoch != header.count & 0xFF:
            return "wrong_epoch"
        body, tag = message[:-8], message[-8:]
        if tag != alg.resumption_tag(sa.k_r, body):
            return "bad_tag"
        n, rand = header.count, message[12:28]
        if n == sa.m - 1 and tag == sa.last_tag:
            if not self.may_repeat(sa):
                return "throttled"
            facts.outputs.append(self.resumed(sa, header, rand, source))
            return "resume_repeated"
        if sa.m <= n <= sa.m + AHEAD and n <= RESUME_LIMIT:
            self.accept(sa, header, rand, tag, source)
            payload = alg.eea(sa.installed[0],
                              sa.key(alg.ENCRYPTION, alg.UPLINK, suite=sa.installed),
                              0, header.bearer, alg.UPLINK, body[29:])
            self.deliver(sa, header.bearer, wire.FLAG_EARLY, payload, facts)
            facts.outputs.append(self.resumed(sa, header, rand, source))
            return "resumed"
        facts.outputs.append(self.sync(sa, header, rand, source))
        return "resume_refused" if n > RESUME_LIMIT else "resume_synced"

    def may_repeat(self, sa):
        """At most ten in a window of a second that starts with the first answer counted in it."""
        if sa.repeat_start is None or self.clock - sa.repeat_start >= SECOND:
            sa.repeat_start, sa.repeats = self.clock, 0
        if sa.repeats == REPEATS_A_SECOND:
            return False
        sa.repeats += 1
        return True

    def accept(self, sa, header, rand, tag, source):
        n = header.count
        sa.m, sa.last_tag = n + 1, tag
        sa.open_epoch(n, alg.resumed_root(sa.root, rand, n))
        sa.in_force = sa.installed  # no priority list is configured
        sa.address = source
        sa.heard = True
        if header.flags & wire.FLAG_END and sa.one_key:
            sa.end_count, sa.ended_at = 0, self.clock

    @staticmethod
    def resumed(sa, header, rand, to):
        """RESUMED without held data, which a replay never has."""
        flags = (wire.FLAG_T if sa.tag_length == 8 else 0) \
            | (wire.FLAG_REKEY if sa.m > RESUME_LIMIT else 0)
        message = wire.Header(wire.RESUMED, header.bearer, flags, *sa.in_force, header.count,
                              sa.key_id, header.count).pack()
        return Output("access", 0, message + alg.resumed_res(sa.epoch_root, rand, message), to)

    @staticmethod
    def sync(sa, header, rand, to):
        n = header.count
        rekey = sa.m > RESUME_LIMIT or n > RESUME_LIMIT or n > sa.m + AHEAD
        flags = (wire.FLAG_T if sa.tag_length == 8 else 0) | (wire.FLAG_REKEY if rekey else 0)
        message = wire.Header(wire.SYNC, header.bearer, flags, *sa.installed, sa.m, sa.key_id,
                              sa.m).pack() + rand
        return Output("access", 0, message + alg.resumption_tag(sa.k_r, message), to)

    # --- core side ----------------------------------------------------------------------------

    def decide_core(self, datagram, facts):
        if not datagram.checksum_right:
            return "bad_checksum"
        if len(datagram.payload) < 16:
            return "bad_frame"
        frame = facts.core = wire.CoreFrame.parse(datagram.payload)
        if not self.well_formed(frame):
            return "bad_frame"
        facts.sa = self.find(frame)
        fate = self.refusal(facts.sa, frame)
        if fate:
            refused = wire.core_frame(wire.MT_REFUSED, frame.bearer, 0, frame.key_id,
                                      frame.imsi_octets, reason=REASONS[fate])
            facts.outputs.append(Output("core", 0, refused, datagram.src))
            return fate
        self.send_down(facts.sa, frame, facts)
        return "sent"

    def well_formed(self, frame):
        if frame.version != 1 or frame.type not in (wire.MT, wire.MT_GROUP) or frame.reason:
            return False
        sa = self.by_key_id.get(frame.key_id)
        to_group = sa is not None and sa.group
        if frame.type == wire.MT:
            return not frame.flags & ~wire.FLAG_HOLD and not to_group \
                and wire.parse_tbcd(frame.imsi_octets) is not None
        return not frame.flags and to_group and not any(frame.imsi_octets)

    def find(self, frame):
        if frame.type == wire.MT_GROUP:
            return self.by_key_id[frame.key_id]
        imsi = wire.parse_tbcd(frame.imsi_octets)
        if frame.key_id:
            sa = self.by_key_id.get(frame.key_id)
            return sa if sa and sa.identity == imsi else None
        candidates = [sa for sa in self.installs if sa.identity == imsi and not sa.group]
        candidates = [sa for sa in candidates if not sa.expired(self.clock)] or candidates
        candidates = [sa for sa in candidates if sa.heard] or candidates
        return candidates[-1] if candidates else None

    def refusal(self, sa, frame):
        """Section 7's reasons, in order; HOLD is ignored in a replay."""
        if sa is None:
            return "unknown_device"
        if sa.expired(self.clock):
            return "expired"
        if sa.ended_at is not None and self.clock - sa.ended_at >= DOWNLINK_AFTER_END:
            return "closed"
        if sa.address is None:
            return "no_address"
        if len(frame.payload) > wire.PAYLOAD_MAX:
            return "too_long"
        if sa.next_down >= USED_UP:
            return "exhausted"
        return None

    @staticmethod
    def send_down(sa, frame, facts):
        count = facts.count = sa.next_down
        sa.next_down += 1
        rekey = count >= REKEY_COUNT or sa.highest >= REKEY_COUNT or sa.failures >= BUDGET_SPENT
        flags = (wire.FLAG_T if sa.tag_length == 8 else 0) | (wire.FLAG_REKEY if rekey else 0)
        header = wire.Header(wire.DATA, frame.bearer, flags, *sa.in_force, sa.epoch, sa.key_id,
                             count)
        body = header.pack() + alg.eea(sa.in_force[0], sa.key(alg.ENCRYPTION, alg.DOWNLINK), count,
                                       frame.bearer, alg.DOWNLINK, frame.payload)
        tag = alg.eia(sa.in_force[1], sa.key(alg.INTEGRITY, alg.DOWNLINK), count, frame.bearer,
                      alg.DOWNLINK, body, sa.tag_length)
        facts.outputs.append(Output("access", 0, body + tag, sa.address))

    # --- totals -------------------------------------------------------------------------------

    def totals(self):
        """As --json has them; fates that no frame had are left out."""
        result = {}
        for side in ("access", "core"):
            fates = {}
            for record in self.records:
                if record.side == side:
                    fates[record.fate] = fates.get(record.fate, 0) + 1
            result[side] = {"rx": sum(fates.values()),
                            "tx": sum(output.side == side for output in self.outputs),
                            "answers_lost": 0, "fates": fates}
        return result


def merge(access, core):
    """File order within each, the lower time stamp first between them, access where equal."""
    a = c = 0
    while a < len(access) or c < len(core):
        if c == len(core) or a < len(access) and access[a].time <= core[c].time:
            yield "access", access[a]
            a += 1
        else:
            yield "core", core[c]
            c += 1


def replay(rows, access, core):
    gateway = Gateway(rows)
    for side, packet in merge(access, core):
        gateway.take(side, packet)
    return gateway
