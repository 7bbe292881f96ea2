#!/usr/bin/python3
"""The model with the command line of `iwf-dp replay`: what should the gateway do with a capture?

Batches and workers mean nothing here: frames are decided one after the other.
"""

import argparse
import json

import capture
import wire
from association import read_rows
from gateway import Record, replay

# Where the model's own frames come from and go to; real addresses are the product's configuration.
GATEWAY = {"access": wire.ACCESS_PORT, "core": wire.CORE_PORT}
HOSTS = {4: (bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])),
         16: (bytes.fromhex("20010db8") + bytes(11) + b"\1",
              bytes.fromhex("20010db8") + bytes(11) + b"\2")}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sas", required=True)
    for name in ("access-in", "core-in", "access-out", "core-out", "json", "frames"):
        parser.add_argument(f"--{name}")
    for name in ("-c", "--workers"):
        parser.add_argument(name, help="taken and ignored")
    return parser.parse_args()


def output_packet(output):
    to = output.to or (HOSTS[4][1], wire.CORE_PORT)
    src = (HOSTS[len(to[0])][0], GATEWAY[output.side])
    return capture.Packet(output.time, wire.datagram_frame(src, to, output.payload))


def main():
    arguments = parse_arguments()
    inputs, decimals = {}, 6
    for side in ("access", "core"):
        path = getattr(arguments, f"{side}_in")
        inputs[side], told = capture.read(path) if path else ([], 6)
        decimals = max(decimals, told)
    gateway = replay(read_rows(arguments.sas), inputs["access"], inputs["core"])
    for side in ("access", "core"):
        path = getattr(arguments, f"{side}_out")
        if path:
            packets = [output_packet(o) for o in gateway.outputs if o.side == side]
            capture.write(path, packets, capture.Kind(decimals=decimals))
    if arguments.frames:
        with open(arguments.frames, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in
                            [Record.HEADER, *(record.line() for record in gateway.records)])
    totals = gateway.totals()
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(totals, file)
    for side, counters in totals.items():
        for fate, count in counters["fates"].items():
            print(f"{side:8}{fate:20}{count:10}")


if __name__ == "__main__":
    main()
