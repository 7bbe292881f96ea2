#!/usr/bin/python3
"""Shows that the random scenarios reach the edges: a gateway with one rule bent is found out.

Each rule is bent by the least that makes it another rule, and must give another result in one of
the first SEEDS scenarios.
"""

import unittest
from unittest import mock

import association
import gateway
import scenarios
import wire
from association import Association
from gateway import Gateway

SEEDS = range(1, 121)
FRAMES = 500

CONSTANTS = (
    ("WINDOW", 63), ("WINDOW", 65), ("FORWARD", 65535), ("FORWARD", 65537),
    ("REKEY_COUNT", (1 << 31) - 1), ("REKEY_COUNT", (1 << 31) + 1),
    ("USED_UP", gateway.USED_UP - 1), ("USED_UP", gateway.USED_UP + 1),
    ("BUDGET_SLOW", 255), ("BUDGET_SLOW", 257), ("AHEAD", 1023), ("AHEAD", 1025),
    ("RESUME_LIMIT", 65535), ("RESUME_LIMIT", 65537), ("REPEATS_A_SECOND", 9),
    ("REPEATS_A_SECOND", 11), ("DOWNLINK_AFTER_END", 30 * association.SECOND + 1),
    ("DOWNLINK_AFTER_END", 30 * association.SECOND - 1), ("SECOND", association.SECOND + 1),
    ("SECOND", association.SECOND - 1))


class AnyDataMovesTheAddress(Gateway):
    def decide_data(self, sa, header, message, source, facts):
        fate = super().decide_data(sa, header, message, source, facts)
        if fate == "sent":
            sa.address = source
        return fate


class RepeatsMoveTheAddress(Gateway):
    def decide_resume(self, sa, header, message, source, facts):
        fate = super().decide_resume(sa, header, message, source, facts)
        if fate == "resume_repeated":
            sa.address = source
        return fate


class FailuresOutliveResume(Gateway):
    def accept(self, sa, header, rand, tag, source):
        failures = sa.failures
        super().accept(sa, header, rand, tag, source)
        sa.failures = failures


class EightOctetTagsHaveABudget(Gateway):
    def decide_data(self, sa, header, message, source, facts):
        fate = super().decide_data(sa, header, message, source, facts)
        sa.failures += fate == "bad_tag" and sa.tag_length == 8
        return fate


class TheLastEndStands(Gateway):
    def decide_data(self, sa, header, message, source, facts):
        fate = super().decide_data(sa, header, message, source, facts)
        if fate == "sent" and header.flags & wire.FLAG_END and sa.one_key:
            sa.end_count, sa.ended_at = header.count, self.clock
        return fate


class EndClosesAlways(Gateway):
    def decide_data(self, sa, header, message, source, facts):
        fate = super().decide_data(sa, header, message, source, facts)
        if fate == "sent" and header.flags & wire.FLAG_END and sa.end_count is None:
            sa.end_count, sa.ended_at = header.count, self.clock
        return fate


class EndInResumeIsIgnored(Gateway):
    def accept(self, sa, header, rand, tag, source):
        super().accept(sa, header, rand, tag, source)
        sa.end_count = sa.ended_at = None


class TheEpochIsLookedAtBeforeTheEnd(Gateway):
    def decide_data(self, sa, header, message, source, facts):
        end, sa.end_count = sa.end_count, None
        fate = super().decide_data(sa, header, message, source, facts) \
            if end is None or header.epoch != sa.epoch else None
        if end is not None:
            sa.end_count = end
        return fate or super().decide_data(sa, header, message, source, facts)


class NobodyIsHeard(Gateway):
    def find(self, frame):
        for sa in self.installs:
            sa.heard = False
        return super().find(frame)


class ResumeIsNotHeard(Gateway):
    def accept(self, sa, header, rand, tag, source):
        heard = sa.heard
        super().accept(sa, header, rand, tag, source)
        sa.heard = heard


class HintsFallBackToTheImsi(Gateway):
    def find(self, frame):
        found = super().find(frame)
        if found is None:
            frame.key_id, hint = 0, frame.key_id
            found = super().find(frame)
            frame.key_id = hint
        return found


class ExpiresAtItsTime(Gateway):
    def take(self, side, packet):
        with mock.patch.object(Association, "expired", lambda sa, clock:
                               sa.expires is not None and clock >= sa.expires):
            return super().take(side, packet)


class TheClockGoesBack(Gateway):
    def take(self, side, packet):
        self.clock = packet.time
        return super().take(side, packet)


class RefusalsChangeTheBearer(Gateway):
    def refusal(self, sa, frame):
        frame.bearer |= 0 if sa else 1
        return super().refusal(sa, frame)


class AnyMessageOfTheLastCountIsARepeat(Gateway):
    def decide_resume(self, sa, header, message, source, facts):
        if sa.last_tag and header.count == sa.m - 1:
            sa.last_tag = message[-8:]
        return super().decide_resume(sa, header, message, source, facts)


BENT = (AnyDataMovesTheAddress, RepeatsMoveTheAddress, FailuresOutliveResume,
        EightOctetTagsHaveABudget, TheLastEndStands, EndClosesAlways, EndInResumeIsIgnored,
        TheEpochIsLookedAtBeforeTheEnd, NobodyIsHeard, ResumeIsNotHeard, HintsFallBackToTheImsi,
        ExpiresAtItsTime, TheClockGoesBack, RefusalsChangeTheBearer,
        AnyMessageOfTheLastCountIsARepeat)


class Reach(unittest.TestCase):
    made = {}

    def scenario(self, seed):
        """The scenario and what the right gateway makes of it."""
        if seed not in self.made:
            scenario = scenarios.make(seed, FRAMES)
            self.made[seed] = scenario, self.result(Gateway(scenario.rows), scenario)
        return self.made[seed]

    @staticmethod
    def result(taker, scenario):
        for side, packet in gateway.merge(scenario.access, scenario.core):
            taker.take(side, packet)
        return taker.records, taker.outputs

    def found_at(self, make):
        for seed in SEEDS:
            scenario, right = self.scenario(seed)
            if self.result(make(scenario.rows), scenario) != right:
                return seed
        return None

    def test_a_bent_constant_is_found(self):
        for seed in SEEDS:  # made with the right constants
            self.scenario(seed)
        for name, value in CONSTANTS:
            with self.subTest(name, value=value), mock.patch.object(gateway, name, value):
                self.assertIsNotNone(self.found_at(Gateway))

    def test_a_bent_end_of_the_budget_is_found(self):
        scenario = scenarios.spent_budget()
        right = self.result(Gateway(scenario.rows), scenario)
        for value in (gateway.BUDGET_SPENT - 1, gateway.BUDGET_SPENT + 1):
            with self.subTest(value), mock.patch.object(gateway, "BUDGET_SPENT", value):
                self.assertNotEqual(self.result(Gateway(scenario.rows), scenario), right)

    def test_a_bent_rule_is_found(self):
        for bent in BENT:
            with self.subTest(bent.__name__):
                self.assertIsNotNone(self.found_at(bent))


if __name__ == "__main__":
    unittest.main()
