"""One event walks from a utility to chargers and a battery and comes back as a report, all but the gateway being public
implementations: what each received, and what the gateway answered."""
import datetime
import unittest

import running
from gateway import CLIENT_ID, CLIENT_SECRET, PASSWORD, Folder, Gateway
from running import Program, peer

SECONDS, ORDERED_KW = 20, [22.0, 14.0, 26.0]
SETTLE = 8


def station(name):
    return {"protocol": "ocpp", "id": name, "password": PASSWORD, "rated_import_w": 11040}


def instant_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def frames(program, direction, kind):
    return [frame for frame in program.all(direction) if isinstance(frame, list) and frame[0] == kind]


class OneEvent(unittest.TestCase):
    """openadr3-client above; below it `ocpp` in both versions over TLS, `ocpp-rpc` in both, and a battery over CCM8."""

    @classmethod
    def setUpClass(cls):
        cls.programs = []
        cls.folder = Folder()
        cert, key, lfdi = cls.folder.device("battery")
        battery = {"protocol": "ieee2030_5", "id": lfdi, "resource": "battery", "kind": "storage",
                   "rated_import_w": 5000, "rated_export_w": 5000}
        names = ("P16", "P201", "N16", "N201")
        cls.gateway = cls.run_program(Gateway(cls.folder, [*map(station, names), battery]))
        stay = SECONDS * 3 + 45
        wss = ["--url", cls.gateway.ocpp_url(secure=True), "--ca", cls.folder.ca("ocpp"), "--password", PASSWORD, "--seconds", stay]
        cls.stations = {
            "P16": cls.run_program(Program(peer("ocpp16_charge_point.py", "--id", "P16", *wss))),
            "P201": cls.run_program(Program(peer("ocpp201_charge_point.py", "--id", "P201", *wss))),
            "N16": cls.run_program(Program(peer("ocpp_rpc_client.mjs", "--id", "N16", "--version", "1.6", *wss))),
            "N201": cls.run_program(Program(peer("ocpp_rpc_client.mjs", "--id", "N201", "--version", "2.0.1", *wss))),
        }
        cls.battery = cls.run_program(Program(peer(
            "ieee2030_5_client.py", "--port", cls.gateway.ieee2030_5, "--cert", cert, "--key", key,
            "--ca", cls.folder.ca("ieee2030_5"), "--kind", "battery", "--max-w", 5000, "--seconds", stay)))
        cls.gateway.wait_for_measured(5, 40)
        cls.utility = cls.run_program(Program(peer(
            "openadr3_utility.py", "--url", cls.gateway.openadr3_url(), "--ca", cls.folder.ca("openadr"), "--client-id", CLIENT_ID,
            "--client-secret", CLIENT_SECRET, "--scopes", "read_all write_programs write_events", "--target", "feeder-1",
            "--kw", ",".join(map(str, ORDERED_KW)), "--start-in", 6, "--interval-seconds", SECONDS, "--seconds", stay)))
        cls.utility_code = cls.utility.end(stay + 30)
        for program in (*cls.stations.values(), cls.battery):
            program.end(stay + 30)

    @classmethod
    def run_program(cls, program):
        cls.programs.append(program)
        cls.addClassCleanup(program.stop)
        return program

    @classmethod
    def tearDownClass(cls):
        cls.folder.temporary.cleanup()

    def power_at(self, program, key, instant):
        """The last power that a peer said before an instant, + = consumption."""
        sign = -1 if program is self.battery else 1
        said = [line for line in program.lines if key in line and line["at"] <= instant]
        return sign * said[-1][key] if said else 0.0

    def event_start(self):
        posted = [line["request"] for line in self.utility.lines if "request" in line and line["request"][:1] == ["POST"]
                  and line["request"][1].endswith("/events")]
        text = posted[0][2]["intervalPeriod"]["start"]
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()

    def test_utility_reads_a_report_of_what_was_delivered(self):
        self.assertEqual(0, self.utility_code, self.utility.tail())
        summary = self.utility.summary()
        self.assertTrue(summary["reported_after_end"])
        for number, kilowatt in enumerate(ORDERED_KW):
            ordered_kwh = kilowatt * SECONDS / 3600
            self.assertAlmostEqual(ordered_kwh, summary["delivered_kwh"][str(number)], delta=0.15 * ordered_kwh)

    def test_peers_together_do_what_was_ordered(self):
        start = self.event_start()
        everybody = (*self.stations.values(), self.battery)
        for number, kilowatt in enumerate(ORDERED_KW):
            looks = [start + number * SECONDS + SETTLE + second for second in range(SECONDS - SETTLE - 1)]
            mean = sum(self.power_at(one, "power_w", look) for look in looks for one in everybody) / len(looks)
            self.assertAlmostEqual(kilowatt, mean / 1000, delta=0.05 * kilowatt, msg=f"interval {number}")

    def test_stations_of_the_ocpp_library_were_answered_and_steered(self):
        for name in ("P16", "P201"):
            with self.subTest(name):
                one = self.stations[name]
                self.assertEqual(0, one.process.returncode, one.tail())
                self.assertGreaterEqual(one.summary()["profiles"], 1)
                self.assertEqual([], frames(one, "received", 4), "CALLERRORs from the gateway")
                self.assertEqual([], frames(one, "sent", 4), "calls of the gateway that the library refused")

    def test_stations_of_ocpp_rpc_found_every_message_valid(self):
        for name in ("N16", "N201"):
            with self.subTest(name):
                one = self.stations[name]
                self.assertEqual(0, one.process.returncode, one.tail())
                self.assertEqual([], one.all("violation"))
                self.assertGreaterEqual(one.summary()["profiles"], 1)

    def test_battery_found_every_answer_valid_and_responded(self):
        self.assertEqual([], self.battery.all("violation"))
        self.assertEqual(0, self.battery.process.returncode, self.battery.tail())
        summary = self.battery.summary()
        self.assertEqual((1, 111115), (summary["devices_shown"], summary["pin"]))
        self.assertEqual("ECDHE-ECDSA-AES128-CCM8", summary["cipher"][0])
        self.assertGreaterEqual(summary["controls"], 3)
        self.assertLessEqual({"1", "2"}, set(summary["responses"]))

    def test_after_the_event_cars_take_what_they_like(self):
        for name in ("P16", "P201"):
            self.assertEqual(11040, self.stations[name].all("power_w")[-1])


class Above(unittest.TestCase):
    """openleadr as the VTN above the gateway, one charge point below."""

    def main_event(self, gateway):
        return next((one for one in gateway.get("/events") or [] if one["native_id"] == "main"), None)

    def test_openleadr_event_is_obeyed_and_reported(self):
        folder = Folder()
        self.addCleanup(folder.temporary.cleanup)
        port = running.free_port()
        gateway = Gateway(folder, [station("P16")], upstream=f"https://127.0.0.1:{port}")
        self.addCleanup(gateway.stop)
        charger = Program(peer("ocpp16_charge_point.py", "--url", gateway.ocpp_url(), "--id", "P16", "--password", PASSWORD,
                               "--seconds", 120))
        self.addCleanup(charger.stop)
        gateway.wait_for_measured(1, 30)
        vtn = Program(peer("openleadr_vtn.py", "--port", port, "--ven-name", "interop-ven", "--kw", "8,5,9", "--start-in", 12,
                           "--interval-seconds", 12, "--startafter", 3, "--seconds", 100,
                           *folder.files("openadr", "vtn_ecdsa")))
        self.addCleanup(vtn.stop)
        gateway.wait_until(lambda: self.main_event(gateway), 40, "the event of the VTN is known here")
        started = self.main_event(gateway)["intervals"][0]["start"]
        code = vtn.end(130)
        summary = vtn.summary()
        late = (instant_of(started) - instant_of(summary["start"])).total_seconds()
        self.assertTrue(any("startafter>PT3S<" in (text or "") for text in vtn.all("sent")), "the VTN asked for a randomised start")
        self.assertTrue(0 <= late <= 3, f"started {late} s after dtstart; rule 30 allows 0 to 3")
        self.assertNotEqual(0, late, "a start drawn in microseconds is never dtstart itself")
        self.assertEqual(0, code, vtn.tail())
        self.assertEqual([0, 1, 2], sorted({number for number, _ in summary["answers"]["changing"]}))
        self.assertEqual([[0, "optIn"]], summary["answers"]["main"][:1])
        self.assertIn("METADATA_TELEMETRY_USAGE", summary["reports_registered"])
        self.assertEqual(0, summary["errors"])
        powers = charger.all("power_w")
        for watts in (8000, 5000, 9000):
            self.assertTrue(any(abs(power - watts) < 0.05 * watts for power in powers), f"never near {watts} W: {sorted(set(powers))}")
        values = [value for series in summary["telemetry"].values() for value in series]
        self.assertTrue(any(abs(value - 5) < 0.5 or abs(value - 5000) < 500 for value in values), values[-40:])


if __name__ == "__main__":
    running.run_tests()
