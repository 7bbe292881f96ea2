"""The device's side: messages as a device with a row's keys sends them, or never would."""

import algorithms as alg
import wire


class Device:
    def __init__(self, row):
        self.key_id = row.key_id
        self.identity = row.identity
        self.root = bytes.fromhex(row.root_key)
        self.salt = bytes.fromhex(row.salt)
        self.suite = (row.eea, row.eia)
        self.tag_length = row.tag_length
        self.t = wire.FLAG_T if row.tag_length == 8 else 0
        self.k_r = alg.resumption_mac_key(self.root, self.identity, self.salt)

    def epoch_root(self, n, rand):
        return alg.resumed_root(self.root, rand, n)

    def data(self, epoch, root, count, bearer, payload, **odd):
        """A DATA message; `odd` may set flags, suite (as written), tag, direction."""
        direction = odd.get("direction", alg.UPLINK)
        header = wire.Header(wire.DATA, bearer, odd.get("flags", 0) | self.t,
                             *odd.get("suite", self.suite), epoch, self.key_id, count)
        encryption = self.traffic_key(root, alg.ENCRYPTION, direction)
        body = header.pack() + alg.eea(self.suite[0], encryption, count, bearer, direction, payload)
        if "tag" in odd:
            return body + odd["tag"]
        integrity = self.traffic_key(root, alg.INTEGRITY, direction)
        return body + alg.eia(self.suite[1], integrity, count, bearer, direction, body,
                              self.tag_length)

    def traffic_key(self, root, kind, direction):
        return alg.traffic_key(root, kind, self.suite[kind - 1], direction, self.identity,
                               self.salt)

    def resume(self, n, rand, bearer, payload, **odd):
        """A RESUME message; `odd` may set flags, suite, epoch, capabilities, tag."""
        header = wire.Header(wire.RESUME, bearer, odd.get("flags", 0) | self.t,
                             *odd.get("suite", self.suite), odd.get("epoch", n), self.key_id, n)
        key = self.traffic_key(self.epoch_root(n, rand), alg.ENCRYPTION, alg.UPLINK)
        body = header.pack() + rand + bytes([odd.get("capabilities", 0xEE)]) \
            + alg.eea(self.suite[0], key, 0, bearer, alg.UPLINK, payload)
        return body + odd.get("tag", alg.resumption_tag(self.k_r, body))

    def open_data(self, message, root, direction=alg.DOWNLINK):
        """The payload of a DATA message, or None where its tag is wrong."""
        header = wire.Header.parse(message)
        body, tag = message[:-self.tag_length], message[-self.tag_length:]
        integrity = self.traffic_key(root, alg.INTEGRITY, direction)
        if tag != alg.eia(self.suite[1], integrity, header.count, header.bearer, direction, body,
                          self.tag_length):
            return None
        return alg.eea(self.suite[0], self.traffic_key(root, alg.ENCRYPTION, direction),
                       header.count, header.bearer, direction, body[12:])
