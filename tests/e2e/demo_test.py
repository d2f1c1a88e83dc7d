"""The main job, seen: `busbar demo` as anybody would start it, once undisturbed and once with the gateway killed (-9) in
the middle of the event. Both run at the same time.
"""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import harness

SECONDS = 30
TOP = {"ordered_wh", "delivered_wh", "delivered_ratio", "settle_s", "commands", "acks", "silent", "refused", "report_received",
       "by_protocol"}


class Demo:
    def __init__(self, folder, *options):
        self.folder = pathlib.Path(folder)
        self.process = subprocess.Popen([harness.PROGRAM, "demo", "--seconds", str(SECONDS), "--json", "--dir", folder, *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self):
        self.out, self.told = self.process.communicate(timeout=SECONDS + 120)
        self.code = self.process.returncode
        self.outcome = json.loads(self.out.splitlines()[-1]) if self.out.strip() else {}


def setUpModule():
    global temporary, smooth, crashed
    temporary = tempfile.TemporaryDirectory(prefix="busbar-e2e-")
    smooth, crashed = (Demo(f"{temporary.name}/{name}", *options) for name, options in (("smooth", ()), ("crashed", ("--crash",))))
    for demo in (smooth, crashed):
        demo.finish()


def tearDownModule():
    temporary.cleanup()


class Outcome(unittest.TestCase):
    def of_both(self, check):
        for name, demo in (("smooth", smooth), ("crashed", crashed)):
            with self.subTest(name):
                check(demo)

    def test_it_succeeds(self):
        def check(demo):
            self.assertEqual(0, demo.code, demo.told[-3000:])
        self.of_both(check)

    def test_the_object_is_the_only_line_and_has_the_promised_members(self):
        def check(demo):
            self.assertEqual(1, len(demo.out.splitlines()), demo.out)
            self.assertEqual(TOP, set(demo.outcome))
            self.assertEqual({"ocpp1.6", "ocpp2.0.1", "ieee2030_5"}, set(demo.outcome["by_protocol"]))
            for protocol in demo.outcome["by_protocol"].values():
                self.assertEqual({"devices", "commands", "delivered_wh"}, set(protocol))
        self.of_both(check)

    def test_what_was_ordered_was_delivered(self):
        def check(demo):
            outcome = demo.outcome
            self.assertTrue(0.98 <= outcome["delivered_ratio"] <= 1.02, outcome)
            self.assertAlmostEqual(outcome["delivered_wh"] / outcome["ordered_wh"], outcome["delivered_ratio"], 3)
            self.assertTrue(0 < outcome["settle_s"] <= 10, outcome)
            # 105, 92 and 108 kW, each for its interval less the time to settle.
            self.assertAlmostEqual(305_000 * (SECONDS / 3 - outcome["settle_s"]) / 3600, outcome["ordered_wh"], delta=3)
            self.assertTrue(outcome["report_received"])
        self.of_both(check)

    def test_every_protocol_took_part(self):
        def check(demo):
            outcome = demo.outcome
            for name, protocol in outcome["by_protocol"].items():
                self.assertEqual(5, protocol["devices"], name)
                self.assertGreater(protocol["commands"], 0, name)
                self.assertGreater(protocol["delivered_wh"], 0, name)
            parts = outcome["by_protocol"].values()
            self.assertEqual(outcome["commands"], sum(part["commands"] for part in parts))
            self.assertAlmostEqual(outcome["delivered_wh"], sum(part["delivered_wh"] for part in parts), 2)
            self.assertTrue(0 < outcome["acks"] <= outcome["commands"], outcome)
        self.of_both(check)

    def test_one_device_was_silent_and_one_refused(self):
        def check(demo):
            self.assertEqual((1, 1), (demo.outcome["silent"], demo.outcome["refused"]))
        self.of_both(check)

    def test_numbers_are_written_for_people(self):
        def check(demo):
            self.assertEqual([], re.findall(r"\d\.\d{5,}", demo.out))
        self.of_both(check)

    def test_the_table_shows_groups_and_protocols(self):
        def check(demo):
            for name in ("feeder-1", "depot", "street", "homes", "ocpp1.6", "ocpp2.0.1", "ieee2030_5"):
                self.assertRegex(demo.told, rf"(?m)^ +{re.escape(name)} +\d+/\d+ ")
            self.assertRegex(demo.told, r"1 silent")
            self.assertRegex(demo.told, r"1 refuses")
            self.assertRegex(demo.told, r"the report as the utility reads it")
        self.of_both(check)


class Crash(unittest.TestCase):
    def test_the_gateway_was_killed_and_started_again(self):
        self.assertIn("SIGKILL", crashed.told)
        self.assertNotIn("SIGKILL", smooth.told)
        log = (crashed.folder / "gateway.log").read_text()
        self.assertEqual(2, log.count("busbar listens:"), log[-2000:])
        self.assertRegex(log, r"restored: ")

    def test_all_three_intervals_are_reported(self):
        reported = re.findall(r"interval (\d): ordered +([\d.]+) Wh, reported +([\d.]+) Wh", crashed.told)
        self.assertEqual(["0", "1", "2"], [number for number, _, _ in reported])
        for _, ordered, delivered in reported:  # with the ramp, and with the time that the gateway was away
            self.assertAlmostEqual(1, float(delivered) / float(ordered), delta=0.1)


if __name__ == "__main__":
    harness.run_tests()
