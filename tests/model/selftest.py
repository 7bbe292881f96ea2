#!/usr/bin/python3
"""Holds the model against published vectors, worked examples and the rules of sdt.md one by one."""

import json
import pathlib
import tempfile
import unittest

import algorithms as alg
import capture
import snow3g
import wire
from association import SECOND, Row, parse_address, parse_time, read_rows, write_rows
from device import Device
from gateway import USED_UP, Gateway, merge

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
HERE = (bytes([192, 0, 2, 1]), wire.ACCESS_PORT)
CORE = (bytes([192, 0, 2, 2]), wire.CORE_PORT)
THERE = (bytes([198, 51, 100, 7]), 40000)
ROAMED = (bytes.fromhex("20010db8000000000000000000000007"), 40001)
HERE6 = (bytes.fromhex("20010db8000000000000000000000001"), wire.ACCESS_PORT)
SCEF = (bytes([203, 0, 113, 9]), 29000)
RAND = bytes(range(16))
IMSI = "001010000000001"


def load(name):
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def example_row(example, **more):
    names = ("key_id", "root_key", "salt", "identity", "eea", "eia", "tag_length", "bearer")
    return Row(**{name: example[name] for name in names}, expires="never", **more)


def row(key_id=7, **more):
    settings = {"identity": IMSI, "eea": 2, "eia": 2, "tag_length": 4, "expires": "never"}
    return Row(key_id=key_id, root_key=f"{key_id:064x}", salt="0102030405060708", bearer=1,
               **(settings | more))


class Link:
    """One gateway, its devices, and a clock that moves when told to."""

    def __init__(self, *rows):
        self.gateway = Gateway(rows)
        self.devices = [Device(r) for r in rows]
        self.roots = [d.root for d in self.devices]
        self.epochs = [0] * len(rows)
        self.now = 1000 * SECOND

    def frame(self, side, src, payload):
        dst = CORE if side == "core" else HERE6 if len(src[0]) == 16 else HERE
        packet = capture.Packet(self.now, wire.datagram_frame(src, dst, payload))
        record, outputs = self.gateway.take(side, packet)
        return record.fate, outputs

    def data(self, count, src=THERE, device=0, **odd):
        message = self.devices[device].data(self.epochs[device], self.roots[device], count, 1,
                                            b"hello", **odd)
        return self.frame("access", src, message)[0]

    def resume(self, n, src=THERE, device=0, rand=RAND, payload=b"", **odd):
        message = self.devices[device].resume(n, rand, 1, payload, **odd)
        fate, outputs = self.frame("access", src, message)
        if fate == "resumed":
            self.epochs[device] = n & 255
            self.roots[device] = self.devices[device].epoch_root(n, rand)
        return fate, outputs

    def mt(self, imsi=IMSI, key_id=0, payload=b"down", type_=wire.MT, flags=0):
        return self.frame("core", SCEF, wire.core_frame(type_, 3, flags, key_id, imsi, payload))


class Algorithms(unittest.TestCase):
    def test_every_set_of_the_public_vectors_comes_out(self):
        sets = load("eea_eia.json")
        self.assertEqual(len(sets), 41)
        for v in sets:
            with self.subTest(v["name"]):
                number = int(v["alg"][-1])
                arguments = (bytes.fromhex(v["key"]), int(v["count"], 16))
                octets, bits = bytes.fromhex(v["input"]), v["bitlen"]
                if v["alg"] == "UIA2":
                    result = snow3g.uia2(*arguments, int(v["fresh"], 16), v["direction"], octets,
                                         bits)
                elif "EEA" in v["alg"]:
                    result = alg.eea(number, *arguments, v["bearer"], v["direction"], octets, bits)
                else:
                    result = alg.eia(number, *arguments, v["bearer"], v["direction"], octets, 4,
                                     bits)
                self.assertEqual(result.hex(), v.get("mac") or v["output"])

    def test_the_kdf_makes_the_k_asme_of_public_test_data(self):
        # open5gs tests/unit/security-test.c: CK | IK, PLMN, SQN xor AK.
        key = bytes.fromhex("b40ba9a3c58b2a05bbf0d987b21bf8cbf769bcd751044604127672711c6d3441")
        sqn_ak = (0xFD8EEF40DF7D ^ 0xAA689C648370).to_bytes(6, "big")
        self.assertEqual(alg.kdf(key, 0x10, bytes.fromhex("024830"), sqn_ak).hex(),
                         "238e457e0f758badbca8d34bb2612c10428d426757cb5553b2b184fa64bfc549")


class WorkedExamples(unittest.TestCase):
    def examples(self):
        for example in load("sdt.json")["sas"]:
            with self.subTest(example["key_id"]):
                yield example, Device(example_row(example))

    def test_keys(self):
        for example, device in self.examples():
            for name, kind in (("enc", alg.ENCRYPTION), ("int", alg.INTEGRITY)):
                for way, direction in (("up", alg.UPLINK), ("down", alg.DOWNLINK)):
                    key = device.traffic_key(device.root, kind, direction)
                    self.assertEqual(key.hex(), example["keys"][f"{name}_{way}"])
            resume = example["resume"]
            root = device.epoch_root(resume["count"], bytes.fromhex(resume["rand"]))
            self.assertEqual(root.hex(), resume["k_prime"])
            self.assertEqual(device.k_r.hex(), resume["k_r"])

    def test_data_in_both_directions(self):
        for example, device in self.examples():
            for data in example["data"]:
                payload = bytes.fromhex(data["payload"])
                message = device.data(0, device.root, data["count"], example["bearer"], payload,
                                      direction=data["direction"])
                self.assertEqual(message.hex(), data["message"])
                self.assertEqual(device.open_data(message, device.root, data["direction"]), payload)

    def test_resume_resumed_and_sync(self):
        for example, device in self.examples():
            resume = example["resume"]
            n, rand = resume["count"], bytes.fromhex(resume["rand"])
            message = device.resume(n, rand, example["bearer"], bytes.fromhex(resume["payload"]),
                                    capabilities=resume["capabilities"])
            self.assertEqual(message.hex(), resume["message"])
            if n > 65536:  # the gateway refuses it, and the example's answers lack REKEY
                continue
            link = Link(example_row(example, resume_count=n))
            fate, outputs = link.frame("access", THERE, message)
            self.assertEqual((fate, outputs[0].payload[16:].hex()), ("resumed", resume["payload"]))
            self.assertEqual(outputs[1].payload.hex(), example["resumed"])
            link = Link(example_row(example, resume_count=n + 1))
            fate, outputs = link.frame("access", THERE, message)
            self.assertEqual((fate, outputs[0].payload.hex()), ("resume_synced", example["sync"]))

    def test_core_frame(self):
        for example, _ in self.examples():
            frame = wire.core_frame(wire.MO, example["bearer"], 0, example["key_id"],
                                    example["identity"], b"hello")
            self.assertEqual(frame.hex(), example["mo_frame"])


class Rules(unittest.TestCase):
    def test_window_and_forward_limit(self):
        link = Link(row())
        for count, fate in ((65536, "too_far"), (65535, "sent"), (65535, "replayed"),
                            (65472, "sent"), (65471, "too_old"), (65472, "replayed"),
                            (131072, "too_far"), (131071, "sent"), (65535, "too_old")):
            self.assertEqual(link.data(count), fate, count)

    def test_counts_end(self):
        link = Link(row(count_up=USED_UP - 3, count_down=USED_UP - 1))
        for count, fate in ((USED_UP - 3, "replayed"), (USED_UP - 2, "sent"), (USED_UP, "too_far"),
                            (USED_UP - 1, "sent"), (USED_UP + 5, "too_far")):
            self.assertEqual(link.data(count), fate, count)
        fate, outputs = link.mt()
        self.assertEqual((fate, outputs[0].payload[1] & wire.FLAG_REKEY), ("sent", 1))
        fate, outputs = link.mt()
        self.assertEqual((fate, outputs[0].payload[:4].hex()), ("exhausted", "14180005"))
        self.assertEqual(outputs[0].to, SCEF)

    def test_rekey_stands_in_downlink_from_half_of_the_counter_on(self):
        for up, down, rekey in (((1 << 31) - 1, 0, 0), (1 << 31, 0, 1), (0, (1 << 31) - 1, 0),
                                (0, 1 << 31, 1)):
            link = Link(row(count_up=up, count_down=down, address="192.0.2.9:9"))
            self.assertEqual(link.mt()[1][0].payload[1] & wire.FLAG_REKEY, rekey, (up, down))

    def test_failure_budget(self):
        link = Link(row(), row(8, eia=2, tag_length=8))
        self.assertEqual(link.data(0), "sent")
        for i in range(256):
            self.assertEqual(link.data(1, ROAMED, tag=bytes(4)), "bad_tag", i)
        self.assertEqual(link.data(1, ROAMED, tag=bytes(4)), "bad_tag")
        self.assertEqual(link.data(1, ROAMED), "throttled")
        self.assertEqual(link.data(1, THERE, tag=bytes(4)), "bad_tag")
        self.assertEqual(link.data(2, THERE), "sent")
        link.now += SECOND - 1
        self.assertEqual(link.data(3, ROAMED), "throttled")
        link.now += 1
        self.assertEqual(link.data(3, ROAMED), "sent")
        self.assertEqual(link.data(4, THERE), "throttled")
        self.assertEqual(link.resume(1)[0], "resumed")
        self.assertEqual(link.data(1, ROAMED), "sent")
        for i in range(300):
            self.assertEqual(link.data(0, device=1, tag=bytes(8)), "bad_tag", i)

    def test_resume_decisions(self):
        cases = (  # m, n, fate, REKEY
            (1, 1, "resumed", 0), (1, 0, "resume_synced", 0), (5, 4, "resume_synced", 0),
            (5, 1029, "resumed", 0), (5, 1030, "resume_synced", 1),
            (65530, 65536, "resumed", 1), (65530, 65537, "resume_refused", 1),
            (65537, 65536, "resume_synced", 1), (1, 4294967295, "resume_refused", 1))
        for m, n, expected, rekey in cases:
            link = Link(row(resume_count=m))
            fate, outputs = link.resume(n)
            answer = outputs[-1].payload
            self.assertEqual((fate, answer[1] & 1), (expected, rekey), (m, n))
            self.assertEqual(int.from_bytes(answer[8:12], "big"), n if fate == "resumed" else m)

    def test_a_repeat_is_answered_ten_times_a_second(self):
        link = Link(row())
        _, outputs = link.resume(1, payload=b"once")
        self.assertEqual(outputs[0].payload[1] & wire.FLAG_EARLY, 1)
        for _ in range(10):
            fate, again = link.resume(1, ROAMED, payload=b"once")
            self.assertEqual((fate, again[0].payload), ("resume_repeated", outputs[1].payload))
            self.assertEqual((len(again), again[0].to), (1, ROAMED))
            link.now += SECOND // 20
        self.assertEqual(link.resume(1, payload=b"once")[0], "throttled")
        self.assertEqual(link.resume(1, payload=b"other")[0], "resume_synced")
        link.now += SECOND // 2
        self.assertEqual(link.resume(1, payload=b"once")[0], "resume_repeated")
        self.assertEqual(link.mt()[1][0].to, THERE)

    def test_an_epoch_ends_with_the_next_resume(self):
        link = Link(row())
        link.data(0)
        old = link.roots[0]
        self.assertEqual(link.resume(2)[0], "resumed")
        self.assertEqual([link.data(0), link.data(1), link.data(65536)],
                         ["replayed", "sent", "sent"])
        self.assertEqual(link.mt()[1][0].payload[8:12].hex(), "00000001")
        message = link.devices[0].data(0, old, 5, 1, b"")
        self.assertEqual(link.frame("access", THERE, message)[0], "wrong_epoch")

    def test_end_of_a_transmission(self):
        link = Link(row(one_key_per_transmission=True), row(8))
        self.assertEqual(link.data(10, flags=wire.FLAG_END), "sent")
        self.assertEqual([link.data(11), link.data(9), link.data(8, flags=wire.FLAG_END)],
                         ["closed", "sent", "sent"])
        link.now += 30 * SECOND - 1
        self.assertEqual(link.mt(key_id=7)[0], "sent")
        link.now += 1
        fate, outputs = link.mt(key_id=7)
        self.assertEqual((fate, outputs[0].payload[:4].hex()), ("closed", "14180002"))
        self.assertEqual(link.resume(1, flags=wire.FLAG_END)[0], "resumed")
        self.assertEqual([link.data(1), link.mt(key_id=7)[0]], ["closed", "sent"])
        self.assertEqual(link.data(0, device=1, flags=wire.FLAG_END), "sent")
        self.assertEqual(link.data(1, device=1), "sent")

    def test_the_address_follows_the_highest_count(self):
        link = Link(row())
        self.assertEqual(link.mt()[0], "no_address")
        link.data(5)
        link.data(4, ROAMED)
        self.assertEqual(link.mt()[1][0].to, THERE)
        link.data(6, ROAMED)
        self.assertEqual(link.mt()[1][0].to, ROAMED)

    def test_choice_among_several_associations_of_one_imsi(self):
        link = Link(row(1, address="192.0.2.7:1"), row(2, address="192.0.2.7:2"),
                    row(3, address="192.0.2.7:3", expires="1970-01-01T00:20:00Z"))
        chosen = lambda: link.mt()[1][0].to[1]
        self.assertEqual(chosen(), 3)
        link.data(0, (THERE[0], 11), device=0)
        self.assertEqual(chosen(), 11)
        link.data(0, (THERE[0], 13), device=2)
        self.assertEqual(chosen(), 13)
        link.now = 1200 * SECOND + 1
        self.assertEqual(chosen(), 11)
        self.assertEqual(link.mt(key_id=3)[0], "expired")

    def test_core_refusals_and_bad_frames(self):
        link = Link(row(address="192.0.2.9:9"), row(9, identity="g@x", group=True,
                                                     address="239.1.1.1:5"))
        zero = bytes(8)
        for fate, arguments in (
                ("unknown_device", {"imsi": "001010000000002"}),
                ("unknown_device", {"key_id": 8}), ("sent", {"key_id": 7}),
                ("too_long", {"payload": bytes(1359)}), ("sent", {"payload": bytes(1358)}),
                ("bad_frame", {"key_id": 9}), ("bad_frame", {"flags": wire.FLAG_EARLY}),
                ("sent", {"flags": wire.FLAG_HOLD}), ("bad_frame", {"imsi": zero}),
                ("bad_frame", {"imsi": bytes.fromhex("10f0ffffffffffff")}),
                ("bad_frame", {"type_": wire.MO}), ("bad_frame", {"type_": wire.MT_REFUSED}),
                ("sent", {"type_": wire.MT_GROUP, "imsi": zero, "key_id": 9}),
                ("bad_frame", {"type_": wire.MT_GROUP, "imsi": zero, "key_id": 7}),
                ("bad_frame", {"type_": wire.MT_GROUP, "imsi": IMSI, "key_id": 9})):
            self.assertEqual(link.mt(**arguments)[0], fate, arguments)

    def test_an_open_message_is_what_the_scef_sent(self):
        for eea, eia, tag in ((0, 1, 4), (1, 1, 4), (2, 2, 8), (3, 3, 4)):
            link = Link(row(eea=eea, eia=eia, tag_length=tag, address="192.0.2.9:9"))
            message = link.mt(payload=b"good day")[1][0].payload
            self.assertEqual(link.devices[0].open_data(message, link.roots[0]), b"good day")


class Files(unittest.TestCase):
    def test_captures_come_back_as_written(self):
        packets = [capture.Packet(SECOND * 1700000000 + i * 1000, bytes([i]) * (i + 1),
                                  i + 1 + i % 3) for i in range(60)]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "capture"
            for format_ in ("pcap", "pcapng"):
                for order in "<>":
                    for decimals in (6, 9):
                        capture.write(path, packets, capture.Kind(format_, order, decimals))
                        back, told = capture.read(path)
                        self.assertEqual(told, decimals)
                        self.assertEqual([(p.time, p.data, p.original) for p in back],
                                         [(p.time, p.data, p.original) for p in packets])
                        self.assertEqual([p.number for p in back], list(range(1, 61)))

    def test_rows_come_back_as_written(self):
        rows = [row(), row(8, count_up=0, resume_count=2, resume_rand=RAND.hex(),
                           address="[2001:db8::1]:9", group=False)]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "rows"
            write_rows(path, rows)
            self.assertEqual(read_rows(path), rows)
        self.assertEqual(parse_address(rows[1].address)[1], 9)

    def test_times_of_rfc_3339(self):
        for text, expected in (("1970-01-01T00:00:01Z", SECOND), ("never", None),
                               ("1970-01-01T01:00:00.25+01:00", SECOND // 4)):
            self.assertEqual(parse_time(text), expected)

    def test_merge_takes_the_access_side_first_where_times_are_equal(self):
        def packets(*times):
            return [capture.Packet(time, b"") for time in times]
        order = [(side, p.time) for side, p in merge(packets(5, 3, 9), packets(4, 5, 5, 9))]
        self.assertEqual(order, [("core", 4), ("access", 5), ("access", 3), ("core", 5),
                                 ("core", 5), ("access", 9), ("core", 9)])


if __name__ == "__main__":
    unittest.main()
