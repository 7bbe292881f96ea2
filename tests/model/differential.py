#!/usr/bin/python3
"""Runs `iwf-dp replay` and the model on the same random scenarios and compares all that comes out.

A mismatch is printed with what was expected and what came, its files are kept, and with --shrink
frames are dropped from it for as long as it stays a mismatch.
"""

import argparse
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace

import capture
import scenarios
import wire
from association import format_address
import gateway

TIMEOUT = 60


class Program:
    """One way to run the program: with so many workers and such bursts."""

    def __init__(self, path, workers, burst):
        self.path, self.workers, self.burst = path, workers, burst

    def __str__(self):
        return f"workers {self.workers}, burst {self.burst}"

    def run(self, folder, scenario):
        """Leaves the results in the folder; returns what is wrong already, if anything."""
        sas, access, core = scenario.write(folder)
        (folder / "iwf.yaml").write_text(f"burst: {self.burst}\n", encoding="utf-8")
        command = [self.path, "replay", "--sas", sas, "-c", folder / "iwf.yaml",
                   "--json", folder / "totals.json", "--frames", folder / "frames.tsv",
                   "--workers", str(self.workers)]
        files = {"access-in": access, "core-in": core, "access-out": folder / "access-out",
                 "core-out": folder / "core-out"}
        for name, file in files.items():
            if name not in scenario.unnamed:
                command += [f"--{name}", file]
        (folder / "command").write_text(" ".join(map(str, command)) + "\n", encoding="utf-8")
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            return [f"still running after {TIMEOUT} s"]
        (folder / "log").write_bytes(done.stdout)
        if done.returncode != 0:
            return [f"exit code {done.returncode}", *tail(done.stdout)]
        return []


def tail(octets, lines=15):
    return octets.decode("utf-8", "replace").splitlines()[-lines:]


# --- comparing --------------------------------------------------------------------------------

def compare_frames(expected, path):
    """Line by line; where only the order differs, that is said."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0] != gateway.Record.HEADER:
        return [f"frames: header is {lines[:1]}, not {gateway.Record.HEADER!r}"]
    wanted = [record.line() for record in expected]
    if lines[1:] == wanted:
        return []
    if sorted(lines[1:]) == sorted(wanted):
        return ["frames: the lines are right, but not in the order of the decisions"]
    came = {tuple(line.split("\t")[:2]): line for line in lines[1:]}
    found = []
    for line in wanted:
        line_came = came.pop(tuple(line.split("\t")[:2]), None)
        if line_came != line:
            found.append(f"frame expected {line!r}\n          came {line_came!r}")
    return found + [f"frame nobody sent: {line!r}" for line in came.values()]


def compare_totals(expected, path):
    totals = json.loads(path.read_text(encoding="utf-8"))
    found = []
    for side, counters in expected.items():
        came = totals.get(side, {})
        fates = {name: count for name, count in came.get("fates", {}).items() if count}
        if fates != counters["fates"]:
            found.append(f"totals of {side}: expected {counters['fates']}, came {fates}")
        for name in ("rx", "tx", "answers_lost"):
            if came.get(name) != counters[name]:
                found.append(f"{name} of {side}: expected {counters[name]}, came {came.get(name)}")
    return found


def describe(output):
    to = format_address(output[2]) if output[2] else "the SCEF"
    return f"{output[0]} to {to}: {output[1].hex()}"


def read_output(side, packet):
    """(time, payload, destination) of a frame the gateway wrote, or what is wrong with it."""
    fate, datagram = wire.parse_frame(packet.data, packet.cut_short, None)
    port = wire.ACCESS_PORT if side == "access" else wire.CORE_PORT
    if fate:
        return None, f"is {fate}"
    if not datagram.checksum_right or datagram.checksum == 0:
        return None, f"has the UDP checksum {datagram.checksum:04x}"
    if datagram.src[1] != port:
        return None, f"comes from port {datagram.src[1]}"
    return (packet.time, datagram.payload, datagram.dst), None


def compare_outputs(side, expected, path, allowed):
    packets, told = capture.read(path)
    if told not in allowed:
        return [f"{side}-out: {told} decimals of a second, expected {allowed}"]
    tick = 10 ** (9 - told)
    wanted = [(o.time - o.time % tick, o.payload, o.to) for o in expected if o.side == side]
    for i, pair in enumerate(itertools.zip_longest(wanted, packets)):
        want, packet = pair
        if packet is None:
            return [f"{side}-out: {len(packets)} frames, the next expected is {describe(want)}"]
        came, wrong = read_output(side, packet)
        if wrong:
            return [f"{side}-out: frame {i + 1} {wrong}: {packet.data.hex()}"]
        if want is None:
            return [f"{side}-out: frame {i + 1} is one too many: {describe(came)}"]
        # MO frames go where the configuration says: the model has no opinion on that.
        same_place = want[2] in (None, came[2]) and (want[2] or came[2][1] == wire.CORE_PORT)
        if want[:2] != came[:2] or not same_place:
            return [f"{side}-out: frame {i + 1} expected {describe(want)}\n"
                    f"              came {describe(came)}"]
    return []


def decimals_allowed(scenario):
    """Outputs tell nanoseconds if an input does; libpcap does not say how fine a pcapng is."""
    kinds = [kind for name, kind in (("access-in", scenario.access_kind),
                                     ("core-in", scenario.core_kind))
             if name not in scenario.unnamed]
    if any(kind.decimals == 9 for kind in kinds):
        return [9]
    return [6, 9] if any(kind.format == "pcapng" for kind in kinds) else [6]


def mismatches(program, scenario, folder):
    """Writes the files, runs the program, and says all that differs from the model."""
    found = program.run(folder, scenario)
    if found:
        return found
    # What is expected comes from the files, as they were for the program.
    inputs = [capture.read(folder / name)[0] if name not in scenario.unnamed else []
              for name in ("access-in", "core-in")]
    expected = gateway.replay(scenario.rows, *inputs)
    try:
        found = compare_frames(expected.records, folder / "frames.tsv")
        found += compare_totals(expected.totals(), folder / "totals.json")
        for side in ("access", "core"):
            if f"{side}-out" not in scenario.unnamed:
                found += compare_outputs(side, expected.outputs, folder / f"{side}-out",
                                         decimals_allowed(scenario))
    except (OSError, ValueError, KeyError, IndexError) as error:
        found.append(f"results cannot be read: {error!r}")
    return found


# --- shrinking --------------------------------------------------------------------------------

def with_frames(scenario, frames):
    return replace(scenario, access=[packet for side, packet in frames if side == "access"],
                   core=[packet for side, packet in frames if side == "core"])


def shrink(program, scenario, folder, attempts=400):
    """Drops ever smaller runs of frames, then rows, for as long as a mismatch stays."""
    frames = [("access", p) for p in scenario.access] + [("core", p) for p in scenario.core]
    frames.sort(key=lambda frame: frame[1].time)
    size = max(1, len(frames) // 2)
    while attempts > 0:
        at, dropped = 0, False
        while at < len(frames) and attempts > 0:
            attempts -= 1
            fewer = frames[:at] + frames[at + size:]
            if mismatches(program, with_frames(scenario, fewer), folder):
                frames, dropped = fewer, True
            else:
                at += size
        if size == 1 and not dropped:
            break
        size = max(1, size // 2)
    scenario = with_frames(scenario, frames)
    for row in list(scenario.rows):
        rows = [other for other in scenario.rows if other is not row]
        fewer = replace(scenario, rows=rows)
        if rows and mismatches(program, fewer, folder):
            scenario = fewer
    return scenario


# --- the run ----------------------------------------------------------------------------------

def numbers(text):
    return [int(number) for number in text.split(",")]


def seeds(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def all_scenarios(arguments):
    for seed in arguments.seeds:
        yield seed, scenarios.make(seed, arguments.frames_per_scenario)
    if arguments.spent_budget:
        yield 0, scenarios.spent_budget()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--iwf-dp", required=True, metavar="PATH")
    parser.add_argument("--seeds", type=seeds, default="1-20", metavar="A-B")
    parser.add_argument("--frames-per-scenario", type=int, default=400, metavar="N")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR",
                        default=pathlib.Path(tempfile.gettempdir()) / "iwf-mismatches",
                        help="where the files of mismatches go (default %(default)s)")
    parser.add_argument("--workers", type=numbers, default="1")
    parser.add_argument("--burst", type=numbers, default="32")
    parser.add_argument("--rotate", action="store_true",
                        help="one pair of workers and burst a seed, in turn, instead of all")
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--spent-budget", action="store_true",
                        help="also the one long scenario, of 65,536 failures, as seed 0")
    parser.add_argument("--stop-after", type=int, default=5, metavar="N",
                        help="scenarios with a mismatch (default 5)")
    return parser.parse_args()


def report(seed, program, scenario, found, arguments):
    kept = arguments.keep / f"{seed}-{program.workers}-{program.burst}"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    mismatches(program, scenario, kept)
    print(f"seed {seed}, {program}: {len(found)} mismatches, files in {kept}")
    for line in found[:8]:
        print(f"  {line}")
    if arguments.shrink:
        small = shrink(program, scenario, kept / "smaller")
        found = mismatches(program, small, kept / "smaller")
        print(f"  shrunk to {len(small.access)} access frames, {len(small.core)} core frames and "
              f"{len(small.rows)} rows in {kept / 'smaller'}:")
        for line in found[:8]:
            print(f"  {line}")


def main():
    arguments = parse_arguments()
    programs = [Program(os.path.abspath(arguments.iwf_dp), workers, burst)
                for workers in arguments.workers for burst in arguments.burst]
    bad = runs = frames = 0
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="iwf-differential-") as temporary:
        folder = pathlib.Path(temporary)
        for seed, scenario in all_scenarios(arguments):
            chosen = [programs[seed % len(programs)]] if arguments.rotate else programs
            for program in chosen:
                runs += 1
                frames += len(scenario.access) + len(scenario.core)
                found = mismatches(program, scenario, folder)
                if found:
                    bad += 1
                    report(seed, program, scenario, found, arguments)
            if bad >= arguments.stop_after:
                break
            if sys.stderr.isatty():
                print(f"\rseed {seed}, {runs} runs, {bad} bad", end="", file=sys.stderr)
    print(f"{runs} runs, {frames} frames, {bad} with mismatches, "
          f"{time.monotonic() - start:.1f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
