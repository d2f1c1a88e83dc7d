"""The peers alone, against the other ends that their own libraries have: what fails here is not the gateway's fault."""
import pathlib
import subprocess
import tempfile
import unittest

import running
from running import Program, peer


class ChargePoints(unittest.TestCase):
    """Against a CSMS on the `ocpp` library that sets one profile of 6 kW and takes it back. All at the same time."""
    STATIONS = {
        "ocpp16": ["ocpp16_charge_point.py"],
        "ocpp201": ["ocpp201_charge_point.py"],
        "refusing": ["ocpp16_charge_point.py", "--refuse"],
        "strict16": ["ocpp_rpc_client.mjs", "--version", "1.6"],
        "strict201": ["ocpp_rpc_client.mjs", "--version", "2.0.1"],
    }

    @classmethod
    def setUpClass(cls):
        cls.csms = Program(peer("peers/csms.py", "--watts", 6000, "--seconds", 60))
        url = f"ws://127.0.0.1:{cls.csms.wait_for(lambda line: 'port' in line, 10)['port']}/ocpp"
        cls.stations = {name: Program(peer(*command, "--url", url, "--id", name, "--password", "secret", "--seconds", 6))
                        for name, command in cls.STATIONS.items()}

    @classmethod
    def tearDownClass(cls):
        for program in (cls.csms, *cls.stations.values()):
            program.stop()

    def finished(self, name):
        station = self.stations[name]
        self.assertEqual(0, station.end(40), station.tail())
        return station, station.summary()

    def check_python_station(self, name):
        station, summary = self.finished(name)
        powers = station.all("power_w")
        self.assertEqual((1, 1, 1), (summary["profiles"], summary["composites"], summary["cleared"]))
        self.assertIn(6000, powers, "the car never took what the profile offered")
        self.assertEqual(11040, powers[-1], "the profile was cleared, the car may take all again")

    def test_ocpp16(self):
        self.check_python_station("ocpp16")

    def test_ocpp201(self):
        self.check_python_station("ocpp201")

    def test_refusing_station_keeps_its_power(self):
        station, summary = self.finished("refusing")
        self.assertEqual({11040}, set(station.all("power_w")))
        self.assertEqual(1, summary["profiles"])

    def test_strict_client_of_ocpp16(self):
        _, summary = self.finished("strict16")
        self.assertEqual((1, 0), (summary["profiles"], summary["violations"]))

    def test_strict_client_of_ocpp201(self):
        _, summary = self.finished("strict201")
        self.assertEqual((1, 0), (summary["profiles"], summary["violations"]))


class WithCertificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([running.peer_python(), str(running.HERE / "peers" / "certificates.py"), cls.folder.name], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def files(self, who):
        folder = pathlib.Path(self.folder.name)
        return ["--cert", folder / f"{who}.pem", "--key", folder / f"{who}.key", "--ca", folder / "ca.pem"]

    def test_openleadr_vtn_over_tls(self):
        port = running.free_port()
        times = ["--start-in", 1, "--interval-seconds", 2, "--startafter", 1, "--sample-seconds", 1, "--seconds", 40]
        with Program(peer("openleadr_vtn.py", "--port", port, *times, *self.files("server"))) as vtn:
            vtn.wait_for(lambda line: "listening" in line, 15)
            url = f"https://127.0.0.1:{port}/OpenADR2/Simple/2.0b"
            with Program(peer("peers/ven.py", "--url", url, "--seconds", 30, *self.files("client"))):
                self.assertEqual(0, vtn.end(60), vtn.tail())
        summary = vtn.summary()
        self.assertTrue(summary["complete"])
        self.assertEqual([0, 1, 2], sorted({number for number, _ in summary["answers"]["changing"]}))
        self.assertRegex(vtn.all("registration")[0]["fingerprint"], r"^([0-9A-F]{2}:){9}[0-9A-F]{2}$")

    def test_ieee2030_5_client(self):
        with Program(peer("peers/ieee2030_5_server.py", "--seconds", 40, *self.files("server"))) as server:
            port = server.wait_for(lambda line: "port" in line, 15)["port"]
            with Program(peer("ieee2030_5_client.py", "--port", port, "--seconds", 11, *self.files("client"))) as client:
                self.assertEqual(0, client.end(40), client.tail())
        summary = client.summary()
        self.assertEqual({"1": 2, "2": 2, "3": 2}, summary["responses"])
        self.assertEqual("ECDHE-ECDSA-AES128-CCM8", summary["cipher"][0])
        self.assertLessEqual({2000, 1000}, set(client.all("power_w")))
        self.assertIn(-2000, server.all("reading"))


if __name__ == "__main__":
    running.run_tests()
