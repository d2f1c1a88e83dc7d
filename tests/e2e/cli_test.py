"""The commands as an operator uses them: what they print, how they end, and what must never be printed."""
import base64
import hashlib
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import stat
import subprocess
import time
import unittest

import harness
from harness import CLIENTS, PASSWORD, SECRETS, Folder, Gateway, busbar, openadr3_token, until
from station import Station


class Commands(unittest.TestCase):
    def run_busbar(self, *arguments, code=0, stdin="", folder=None):
        """(standard output, standard error); a failure says one line, on standard error."""
        got, out, err = busbar(*arguments, stdin=stdin, folder=folder)
        self.assertEqual(code, got, (arguments, out, err))
        if code == 1:
            self.assertEqual("", out)
            self.assertEqual(1, len(err.splitlines()), err)
            self.assertTrue(err.startswith("busbar: "), err)
        return out, err


class CommandLine(Commands):
    def test_what_is_asked_for_is_no_error(self):
        for arguments in (["--help"], ["--version"], ["serve", "--help"], ["event", "create", "--help"]):
            out, err = self.run_busbar(*arguments)
            self.assertTrue(out)
            self.assertEqual("", err)

    def test_a_line_that_cannot_be_read_ends_with_2(self):
        for arguments in ([], ["coffee"], ["serve", "--port", "1"], ["event"], ["event", "show"], ["event", "create", "--minutes", "x"],
                          ["devices", "add", "x", "--protocol", "modbus"], ["certs", "issue", "coffee", "x"]):
            with self.subTest(arguments):
                self.assertTrue(self.run_busbar(*arguments, code=2)[1])

    def test_nobody_answers(self):
        port = harness.free_ports(1)[0]
        for arguments in (["event", "--url", f"http://127.0.0.1:{port}", "list"], ["devices", "--url", f"http://127.0.0.1:{port}", "list"]):
            _, err = self.run_busbar(*arguments, code=1)
            self.assertIn(f"no gateway answers at http://127.0.0.1:{port}", err)
            self.assertIn("busbar serve", err)


class Configuration(Commands):
    """A fault is told in one line: file, line, key, what was expected. `serve` says the same."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.file = self.folder.path / "busbar.toml"

    CLIENT = '[[openadr3.clients]]\nid = "u"\nsecret = "12345678"\n'
    FAULTS = [
        ("io_threads = 1\n[api\n", "2", "", "not TOML"),
        ("io_threads = 1\nprt = 1\n", "2", "prt", "unknown key; known here: data"),
        ("[api]\n\nprt = 1\n", "3", "api.prt", "unknown key; known here: address, port"),
        ("data = 3\n", "1", "data", "expected a string in quotes"),
        ("[api]\nport = 99999\n", "2", "api.port", "out of range: 0 to 65535"),
        ("[api]\nport = 8.5\n", "2", "api.port", "expected a whole number"),
        ("[log]\nformat = \"xml\"\n", "2", "log.format", 'expected one of "text", "json"'),
        ("[ocpp]\nport = 1\nstrict = \"no\"\n", "3", "ocpp.strict", "expected true or false"),
        ("[[nodes]]\nid = \"a\"\n[[nodes]]\nkind = \"site\"\n", "3", "nodes[1].id", "missing"),
        ("[[nodes]]\nid = \"a\"\n[[nodes]]\nid = \"a\"\n", "4", "nodes[1].id", "a stands twice"),
        ("[[nodes]]\nid = \"a\"\nparent = \"b\"\n", "3", "nodes[0].parent", "there is no node b before it"),
        ("[[devices]]\nid = \"x\"\nnode = \"b\"\n", "3", "devices[0].node", "there is no node b"),
        ("[[devices]]\nid = \"x\"\n[[devices]]\nid = \"y\"\nrated_import_w = -1\n", "5", "devices[1].rated_import_w", "out of range"),
        ("[[devices]]\nprotocol = \"ieee2030_5\"\nid = \"x\"\n", "3", "devices[0].id", "40 hexadecimal digits"),
        ("[openadr3]\n" + CLIENT + 'scopes = ["read_all", "all"]\n', "5", "openadr3.clients[0].scopes[1]", "expected one of read_all"),
        ("[openadr3]\n" + CLIENT.replace("12345678", "1234567"), "4", "openadr3.clients[0].secret", "expected 8 to 256 characters"),
        ("io_threads = 1\n[ocpp]\n", "2", "ocpp", "expected port, tls_port, mutual_port or several of them"),
        ("io_threads = 1\n[ieee2030_5]\nport = 1\n", "2", "ieee2030_5.tls", "missing"),
        ("[api]\naddress = \"0.0.0.0\"\n", "2", "api.address", "expected a loopback address"),
        ("[ocpp]\naddress = \"0.0.0.0\"\nport = 1\n", "3", "ocpp.port", "shows passwords"),
        ("[ocpp]\ntls_port = 1\n[ocpp.tls]\nchains = [\"none.pem\"]\nkeys = [\"none.key\"]\n", "3", "ocpp.tls", "none.pem"),
        ("[[openadr2b]]\nname = \"u\"\nurl = \"http://vtn.example\"\n", "3", "openadr2b[0].url", "expected https://"),
    ]

    def test_each_fault_is_named(self):
        for text, line, key, words in self.FAULTS:
            with self.subTest(text):
                self.file.write_text(text)
                _, err = self.run_busbar("check-config", self.file, code=1)
                self.assertIn(f"{self.file}:{line}: " + (f"{key}: " if key else ""), err)
                self.assertIn(words, err)
                self.assertEqual(err, self.run_busbar("serve", "--config", self.file, code=1)[1])
                self.assertNotIn("1234567", err)

    def test_no_file_and_a_folder(self):
        for path in (self.folder.path / "none.toml", self.folder.path):
            _, err = self.run_busbar("check-config", path, code=1)
            self.assertIn(f"{path}: cannot be read", err)

    def test_a_good_file(self):
        self.file.write_text('data = "d"\n[[nodes]]\nid = "a"\n[[devices]]\nid = "x"\nnode = "a"\n'
                             "[ocpp]\ntls_port = 1\n" + "\n".join(self.folder.tls("ocpp.tls", "ocpp", "server_ecdsa")) + "\n")
        out, _ = self.run_busbar("check-config", self.file)
        self.assertIn("good: 1 nodes, 1 devices", out)
        self.assertFalse((self.folder.path / "d").exists(), "a check leaves nothing behind")


class Certificates(Commands):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()

    @classmethod
    def tearDownClass(cls):
        cls.folder.close()

    @staticmethod
    def lfdi_and_sfdi(der):
        """IEEE 2030.5-2018, 6.3.3 and 6.3.4: the first 160 and 36 bits of the fingerprint; SFDI with its check digit."""
        fingerprint = hashlib.sha256(der).hexdigest()
        number = str(int(fingerprint[:9], 16))
        return fingerprint[:40].upper(), number + str(-sum(map(int, number)) % 10)

    @staticmethod
    def first_certificate(path):
        pem = pathlib.Path(path).read_text()
        return ssl.PEM_cert_to_DER_cert(re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem, re.DOTALL).group())

    def test_an_authority_is_made_once(self):
        out, _ = self.run_busbar("certs", "init", "--dir", "new", folder=self.folder.path)
        self.assertIn("busbar certs issue --dir new", out)
        before = {path: path.read_bytes() for path in (self.folder.path / "new").rglob("*") if path.is_file()}
        _, err = self.run_busbar("certs", "init", "--dir", "new", code=1, folder=self.folder.path)
        self.assertIn("nothing was changed", err)
        self.assertEqual(before, {path: path.read_bytes() for path in (self.folder.path / "new").rglob("*") if path.is_file()})
        for path in before:
            self.assertEqual(0, stat.S_IMODE(path.stat().st_mode) & (0o077 if path.suffix == ".key" else 0o022), path)

    def test_lfdi_agrees_with_show_and_with_the_standard(self):
        for number in range(10):
            out, _ = self.run_busbar("certs", "issue", "--dir", self.folder.certs, "ieee2030_5_device", f"d{number}")
            path = re.search(r"^certificate (.*)$", out, re.MULTILINE).group(1)
            lfdi, sfdi = self.lfdi_and_sfdi(self.first_certificate(path))
            self.assertEqual(f"{lfdi} {sfdi}\n", self.run_busbar("certs", "lfdi", path)[0])
            shown, _ = self.run_busbar("certs", "show", path)
            self.assertRegex(shown, rf"(?m)^LFDI +{lfdi}$")
            self.assertRegex(shown, rf"(?m)^SFDI +{sfdi}$")
            self.assertIn("the device profile holds", shown)

    def test_every_kind_is_issued_and_verifies(self):
        kinds = re.search(r"kind TEXT:\{(.*?)\}", self.run_busbar("certs", "issue", "--help")[0]).group(1).split(",")
        self.assertGreaterEqual(len(kinds), 10)
        for kind in kinds:
            with self.subTest(kind):
                out, _ = self.run_busbar("certs", "issue", "--dir", self.folder.certs, "--replace", kind, "K1")
                chain, key, authority = (re.search(rf"^{word} +(.*)$", out, re.MULTILINE).group(1)
                                         for word in ("certificate", "key", "authority"))
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key)  # they belong together
                self.assertEqual(0o600, stat.S_IMODE(os.stat(key).st_mode))
                self.assertEqual(0, subprocess.run(["openssl", "verify", "-CAfile", authority, "-untrusted", chain, "-ignore_critical",
                                                    chain], capture_output=True).returncode)

    def test_names_that_exist_or_lead_elsewhere(self):
        issue = ["certs", "issue", "--dir", self.folder.certs, "ocpp_station"]
        self.run_busbar(*issue, "CP1")
        self.run_busbar(*issue, "CP1", code=1)
        self.run_busbar(*issue, "CP1", "--replace")
        for name in ("../CP1", "", ".hidden", "x" * 65):
            self.run_busbar(*issue, name, code=1)

    def test_files_that_are_no_certificate(self):
        noise = self.folder.path / "noise"
        noise.write_text("no certificate")
        for command in ("show", "lfdi"):
            self.run_busbar("certs", command, noise, code=1)
            self.run_busbar("certs", command, self.folder.path / "none", code=1)

    def test_a_public_certificate(self):
        standards = pathlib.Path(os.environ.get("BUSBAR_STANDARDS") or harness.ROOT.parent / "shared" / "standards")
        path = standards / "ieee2030_5" / "certs" / "pti_dev.x509"
        if not path.exists():
            if os.environ.get("CI") == "true":
                self.fail("no standards data: set BUSBAR_STANDARDS")
            self.skipTest("no standards data: set BUSBAR_STANDARDS")
        self.assertEqual("0671C144D27DC9E612AFE7DC6C79EC089ED3DCC5 17298934539\n", self.run_busbar("certs", "lfdi", path)[0])
        self.assertEqual(("0671C144D27DC9E612AFE7DC6C79EC089ED3DCC5", "17298934539"), self.lfdi_and_sfdi(path.read_bytes()))
        shown, _ = self.run_busbar("certs", "show", path)
        self.assertRegex(shown, r"(?m)^LFDI +0671C144D27DC9E612AFE7DC6C79EC089ED3DCC5$")
        self.assertRegex(shown, r"(?m)^SFDI +17298934539$")


class Running(Commands):
    """Commands against a gateway that runs."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.gateway = Gateway(cls.folder, [{"id": "street", "kind": "site"}],
                              [{"protocol": "ocpp", "id": "CP1", "node": "street", "password": PASSWORD}])

    @classmethod
    def tearDownClass(cls):
        cls.gateway.kill()
        cls.folder.close()

    def event(self, *arguments, **options):
        return self.run_busbar("event", "--url", self.gateway.url(), *arguments, **options)

    def devices(self, *arguments, **options):
        return self.run_busbar("devices", "--url", self.gateway.url(), *arguments, **options)

    def test_the_life_of_an_event(self):
        out, _ = self.event("create", "--id", "peak", "--target", "street", "--start", "2100-01-01T00:00:00Z", "--minutes", "10",
                            "--setpoint-kw", "5", "--setpoint-kw", "-2.5", "--priority", "emergency", "--name", "a cold evening")
        made = json.loads(out)
        self.assertEqual(("operator:peak", "scheduled", "emergency", ["street"]),
                         (made["id"], made["status"], made["priority"], made["targets"]))
        self.assertEqual(["2100-01-01T00:00:00Z", "2100-01-01T00:10:00Z"], [interval["start"] for interval in made["intervals"]])
        shown = json.loads(self.event("show", "peak")[0])
        self.assertEqual(("a cold evening", 0), (shown["name"], shown["revision"]))
        self.event("change", "peak", "--start", "2100-01-01T00:00:00Z", "--limit-kw", "3")
        self.assertEqual(1, json.loads(self.event("show", "peak")[0])["revision"])
        self.assertIn("peak", [event["native_id"] for event in json.loads(self.event("list")[0])])
        self.assertEqual(("", ""), self.event("cancel", "peak"))
        self.assertEqual("cancelled", json.loads(self.event("show", "peak")[0])["status"])

    def test_events_that_are_refused(self):
        ask = ["--setpoint-kw", "5"]
        self.assertIn("--setpoint-kw", self.event("create", code=1)[1])
        self.assertIn("--start", self.event("create", "--start", "tomorrow", *ask, code=1)[1])
        self.assertIn("over at 2001", self.event("create", "--start", "2001-01-01T00:00:00Z", *ask, code=1)[1])
        self.assertIn("'atlantis'", self.event("create", "--target", "atlantis", *ask, code=1)[1])
        self.assertIn("/intervals/0/duration_s", self.event("create", "--minutes", "0", *ask, code=1)[1])
        self.event("create", "--id", "once", "--start", "2100-01-01T00:00:00Z", *ask)
        self.assertIn("409", self.event("create", "--id", "once", *ask, code=1)[1])
        for command in (["show", "none"], ["cancel", "none"], ["change", "none", *ask]):
            self.assertIn("404", self.event(*command, code=1)[1])

    def test_the_life_of_a_device(self):
        password = "a-password-from-stdin"
        out, _ = self.devices("add", "CP2", "--node", "street", "--rated-kw", "22", "--password-file", "-", stdin=password + "\n")
        self.assertNotIn(password, out)
        self.assertTrue(json.loads(out)["has_password"])
        with self.gateway.websocket("/CP2", "CP2", password) as socket_:
            self.assertEqual(101, socket_.status)
        with Station(self.gateway, "CP1"):
            until(lambda: self.gateway.resource("CP1")["connected"], 5, "CP1 is there")
            lines = self.devices("list")[0].splitlines()
        self.assertEqual(["resource", "protocol", "kind", "node", "state"], lines[0].split()[:5])
        self.assertRegex("\n".join(lines), r"(?m)^CP1 +ocpp1\.6 +ev +street +connected, idle ")
        self.assertRegex("\n".join(lines), r"(?m)^CP2 +ocpp +ev +street +not connected ")
        self.assertEqual(1, len({line.index("-") for line in lines[2:]}), "the columns stand below one another")
        self.assertEqual({"CP1", "CP2"}, {one["id"] for one in json.loads(self.devices("list", "--json")[0])})
        self.assertEqual(("", ""), self.devices("remove", "CP2"))
        self.assertNotIn("CP2", self.devices("list")[0])
        self.assertIn("404", self.devices("remove", "CP2", code=1)[1])
        with self.gateway.websocket("/CP2", "CP2", password) as socket_:
            self.assertEqual(404, socket_.status)

    def test_devices_that_are_refused(self):
        self.assertIn("atlantis", self.devices("add", "CP3", "--node", "atlantis", code=1)[1])
        self.assertIn("40 hexadecimal digits", self.devices("add", "CP3", "--protocol", "ieee2030_5", code=1)[1])
        self.assertIn("--password-file", self.devices("add", "CP3", "--password-file", "/nowhere", code=1)[1])

    def test_the_table_at_the_start_names_every_listener(self):
        gateway, table = self.gateway, self.gateway.out()
        for line in (rf"operator +http://127\.0\.0\.1:{gateway.api_port}", rf"ocpp +ws://127\.0\.0\.1:{gateway.ocpp_port}/<station>",
                     rf"ocpp +wss://127\.0\.0\.1:{gateway.ocpp_tls_port}/<station>",
                     rf"ieee2030_5 +https://127\.0\.0\.1:{gateway.ieee2030_5_port}/dcap",
                     rf"openadr3 +https://127\.0\.0\.1:{gateway.openadr3_port}/openadr3/3\.1\.0"):
            self.assertRegex(table, rf"(?m)^ +{line}$")


class WithoutConfiguration(Commands):
    def test_a_newcomers_gateway_makes_its_own_authority(self):
        """Its ports are fixed; where somebody has them already, that is what it says."""
        with Folder() as folder:
            process = subprocess.Popen([harness.PROGRAM, "serve", "--data", "mine"], cwd=folder.path, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
            try:
                first = process.stdout.readline()
                if first:
                    lines = [first] + [process.stdout.readline() for _ in range(6)]
                    self.assertIn("a test authority's", lines[-1])
                    self.assertRegex("".join(lines), r"openadr3 +https://127\.0\.0\.1:8081/")
                    process.send_signal(signal.SIGTERM)
                    self.assertEqual(0, process.wait(10))
                else:
                    self.assertRegex(process.communicate(timeout=10)[1], r"^busbar: .*cannot listen on .*in use\n$")
                self.assertTrue((folder.path / "mine" / "certs" / "ieee2030_5" / "ca.pem").exists())
            finally:
                process.kill()
                process.communicate()


class Stopping(unittest.TestCase):
    def test_within_five_seconds_with_every_kind_of_peer(self):
        for sign in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(sign), Folder() as folder:
                device = folder.device("d")
                with Gateway(folder, [], [{"protocol": "ocpp", "id": "CP1", "password": PASSWORD},
                                          {"protocol": "ieee2030_5", "id": device.lfdi}]) as gateway:
                    station = Station(gateway, "CP1")
                    kept = gateway.ieee2030_5(device)
                    self.assertEqual(200, kept.call("GET", "/dcap").status)
                    half = socket.create_connection(("127.0.0.1", gateway.openadr3_port))  # says nothing
                    slow = socket.create_connection(("127.0.0.1", gateway.api_port))
                    slow.sendall(b"POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
                    started = time.monotonic()
                    gateway.process.send_signal(sign)
                    self.assertEqual(1001, station.socket.close_code())  # going away
                    self.assertEqual(0, gateway.process.wait(10))
                    self.assertLess(time.monotonic() - started, 5)
                    self.assertIn("stopped: ", gateway.log().splitlines()[-1])
                    for one in (half, slow):
                        one.close()


class Secrets(unittest.TestCase):
    """Passwords, client secrets, tokens and keys: neither in the log, at its most talkative, nor in any answer."""

    def use_everything(self, gateway, device):
        """Every secret is used, rightly and wrongly; gives back those that were made on the way."""
        with Station(gateway, "CP1") as station:
            station.plug_in(5000)
            station.error("DataTransfer", {"vendorId": PASSWORD * 20})
        with gateway.websocket("/CP1", "CP1", PASSWORD + "x") as refused:
            self.assertEqual(401, refused.status)
        with gateway.websocket("/" + PASSWORD[:10], "CP1") as refused:
            self.assertEqual(404, refused.status)
        utility = gateway.openadr3("utility")
        token = utility.headers["Authorization"].split()[1]
        openadr3_token(gateway.openadr3(), "utility", CLIENTS["utility"][0] + "x")
        gateway.openadr3(token=token + "x").call("GET", "/events")
        gateway.openadr3().call("GET", "/events?access_token=" + token)
        gateway.openadr3("ven").call("POST", "/programs", '{"programName": "x"}', {"Content-Type": "application/json"})
        gateway.ieee2030_5(device).call("GET", "/dcap")
        later = "e2e-password-given-later"
        gateway.post("/devices", {"protocol": "ocpp", "id": "CP2", "password": later})
        gateway.call("POST", "/devices", {"protocol": "ocpp", "id": "CP3", "password": "e2e-too-long-a-password" * 5})
        gateway.call("POST", "/devices", '{"protocol": "ocpp", "id": "CP3", "password": ["e2e-in-a-list"]}')
        basic = base64.b64encode(f"CP1:{PASSWORD}".encode()).decode()
        return [*SECRETS, later, "e2e-too-long-a-password", "e2e-in-a-list", token, basic]

    def test_they_stand_nowhere(self):
        for log_format in ("text", "json"):
            with self.subTest(log_format), Folder() as folder:
                device = folder.device("d")
                with Gateway(folder, [], [{"protocol": "ocpp", "id": "CP1", "password": PASSWORD},
                                          {"protocol": "ieee2030_5", "id": device.lfdi, "pin": 987654}], log_format=log_format) as gateway:
                    secrets = self.use_everything(gateway, device)
                    answers = [gateway.call("GET", path).body for path in ("/devices", "/resources", "/counters", "/health")]
                    gateway.stop()
                    said = gateway.log() + gateway.out() + "".join(answers)
                    for secret in secrets:
                        self.assertNotIn(secret, said)
                    self.assertNotIn("987654", said)
                    self.assertIn("wrong_password", said)
                    self.assertIn("wrong_secret", said)
                    if log_format == "json":
                        for line in gateway.log().splitlines():
                            self.assertLessEqual({"time", "level", "code", "text"}, set(json.loads(line)))

    def test_the_store_is_its_owners_alone(self):
        with Folder() as folder, Gateway(folder) as gateway:
            data = folder.path / "data"
            self.assertEqual(0o700, stat.S_IMODE(data.stat().st_mode))
            for path in data.iterdir():
                self.assertEqual(0, stat.S_IMODE(path.stat().st_mode) & 0o077, path)
            self.assertEqual(0, gateway.stop())


if __name__ == "__main__":
    harness.run_tests()
