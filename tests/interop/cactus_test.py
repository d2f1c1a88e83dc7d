"""The CSIP-AUS test service against the gateway: the procedures that need no more than what is there, by name."""
import unittest

import running
from gateway import Folder, Gateway
from running import Program, peer

PASSING = ("S-ALL-01", "S-ALL-06", "S-ALL-07", "S-ALL-08", "S-ALL-09", "S-ALL-10", "S-ALL-51",
           "S-ALL-52", "S-ALL-55", "S-OPT-01", "S-OPT-03", "S-OPT-04")


class Procedures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = Folder()
        cls.addClassCleanup(folder.temporary.cleanup)
        own, other = folder.device("own"), folder.device("other")
        devices = [{"protocol": "ieee2030_5", "id": lfdi, "resource": name, "kind": "storage", "rated_import_w": 5000,
                    "rated_export_w": 5000} for name, (_, _, lfdi) in (("own", own), ("other", other))]
        gateway = Gateway(folder, devices)
        cls.addClassCleanup(gateway.stop)
        with Program(peer("ieee2030_5_cactus.py", "--dcap", f"https://127.0.0.1:{gateway.ieee2030_5}/dcap", "--cert", own[0],
                          "--key", own[1], "--other-cert", other[0], "--other-key", other[1], "--ca", folder.ca("ieee2030_5"),
                          "--timeout", 30, *PASSING)) as cactus:
            cactus.end(400)
        cls.results = {line["procedure"]: line for line in cactus.lines if "procedure" in line}

    def check(self, procedure):
        self.assertIn(procedure, self.results)
        self.assertTrue(self.results[procedure]["passed"], "\n".join(self.results[procedure]["why"]))

    def test_S_ALL_01_registered_out_of_band(self):
        self.check("S-ALL-01")

    def test_S_ALL_06_mirror_and_single_readings(self):
        self.check("S-ALL-06")

    def test_S_ALL_07_edge_cases_of_telemetry(self):
        self.check("S-ALL-07")

    def test_S_ALL_08_connection_status(self):
        self.check("S-ALL-08")

    def test_S_ALL_09_operational_mode(self):
        self.check("S-ALL-09")

    def test_S_ALL_10_capabilities_and_settings(self):
        self.check("S-ALL-10")

    def test_S_ALL_51_same_device_twice(self):
        self.check("S-ALL-51")

    def test_S_ALL_52_device_of_another_caller(self):
        self.check("S-ALL-52")

    def test_S_ALL_55_incomplete_settings(self):
        self.check("S-ALL-55")

    def test_S_OPT_01_no_in_band_registration(self):
        self.check("S-OPT-01")

    def test_S_OPT_03_connection_point(self):
        self.check("S-OPT-03")

    def test_S_OPT_04_registration_pin(self):
        self.check("S-OPT-04")


if __name__ == "__main__":
    running.run_tests()
