"""System calls of the program for one message, counted by strace on a gateway with real sockets.

Counted are two runs of different length over one connection, one message at a time; their difference is what a message costs:
it arrives, becomes durable, is answered. What the gateway does by the clock is the same in both and stays below the margin.

    BUSBAR_PROGRAM=build/busbar python3 tests/budget/system_calls_test.py
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
from harness import PASSWORD, Folder, Gateway  # noqa: E402
from station import Station, now  # noqa: E402

MARGIN = 0.10

def station_device():
    return {"protocol": "ocpp", "id": "cs-1", "kind": "ev", "password": PASSWORD, "rated_import_w": 22000}


def meter_values(power_w):
    sampled = [("Power.Active.Import", "W", power_w), ("Energy.Active.Import.Register", "Wh", 1234567), ("Voltage", "V", 231.4)]
    return {"evseId": 1, "meterValue": [{"timestamp": now(), "sampledValue": [
        {"value": value, "context": "Sample.Periodic", "measurand": measurand, "location": "Outlet", "unitOfMeasure": {"unit": unit}}
        for measurand, unit, value in sampled]}]}


def counts(table):
    """Calls by name, of strace's summary."""
    found = {}
    for line in table.splitlines():
        fields = line.split()
        if len(fields) >= 5 and re.fullmatch(r"[\d.]+", fields[0]) and fields[-1] != "total":
            found[fields[-1]] = int(fields[3])
    return found


class SystemCalls(unittest.TestCase):
    def setUp(self):
        if shutil.which("strace"):
            return
        if os.environ.get("CI") == "true":
            self.fail("strace is not installed")
        self.skipTest("strace is not installed")

    def traced(self, gateway, path, work):
        tracer = subprocess.Popen(["strace", "-f", "-c", "-o", str(path), "-p", str(gateway.process.pid)],
                                  stderr=subprocess.PIPE, text=True)
        first = tracer.stderr.readline()
        self.assertIn("attached", first)
        work()
        tracer.send_signal(signal.SIGINT)
        tracer.stderr.close()
        tracer.wait(20)
        return counts(path.read_text())

    def cost(self, gateway, folder, send, few, many):
        """Calls by name for one message of `send(count)`."""
        send(few)
        first = self.traced(gateway, folder.path / "few", lambda: send(few))
        second = self.traced(gateway, folder.path / "many", lambda: send(many))
        each = {name: (second[name] - first.get(name, 0)) / (many - few) for name in second}
        return {**each, "all": sum(each.values())}

    def check(self, each, recorded):
        for name, value in recorded.items():
            measured = each.get(name, 0)
            with self.subTest(name):
                self.assertTrue(value * (1 - MARGIN) - 0.05 <= measured <= value * (1 + MARGIN) + 0.05,
                                f"{name}: recorded {value}, measured {measured:.2f}. If the change is meant, put {measured:.2f} "
                                f"where this test has {value} and say in the commit what it bought. For one message: "
                                + ", ".join(f"{key} {count:.2f}" for key, count in sorted(each.items()) if count >= 0.01))

    def test_meter_values_arrive_are_written_and_answered(self):
        """Telemetry is written before its answer, but not synced: a power failure may take the last moments of it."""
        with Folder() as folder, Gateway(folder, devices=[station_device()]) as gateway:
            station = Station(gateway, "cs-1", "ocpp2.0.1")
            station.pump(2)

            def send(count):
                for number in range(count):
                    station.call("MeterValues", meter_values(7000 + number % 7))

            self.check(self.cost(gateway, folder, send, 100, 600), {"all": 20.2, "pwrite64": 2.2, "fdatasync": 0})

    def test_an_event_of_the_operator_is_synced_once(self):
        with Folder() as folder, Gateway(folder) as gateway:
            names = iter(range(1_000_000))

            def send(count):
                for _ in range(count):
                    gateway.post("/events", {"id": f"e-{next(names)}", "intervals": [
                        {"start": "2100-01-01T00:00:00Z", "duration_s": 60, "setpoint_w": 5000}]})

            self.check(self.cost(gateway, folder, send, 20, 120), {"fdatasync": 1})


if __name__ == "__main__":
    harness.run_tests()
