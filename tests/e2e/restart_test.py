"""A process that ends, however it ends, loses nothing that it has acknowledged, and does nothing twice."""
import json
import os
import re
import socket
import time
import unittest

import harness
from harness import PASSWORD, Folder, Gateway, busbar, free_ports, toml, until
from station import Charger, Station

JSON = {"Content-Type": "application/json"}
ROUNDS = 20
NODES = [{"id": "feeder-1", "kind": "feeder", "import_limit_w": 50000}, {"id": "site-1", "parent": "feeder-1", "kind": "site"}]


def settled_hash(gateway):
    """The hash of the core's state, once nothing moves any more."""
    seen = [gateway.state_hash()]

    def same_twice():
        seen.append(gateway.state_hash())
        return seen[-1] == seen[-2] and seen[-1]
    return until(same_twice, 5, "the state comes to rest", 0.3)


class CleanStop(unittest.TestCase):
    """Everything there is, before and after."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.device = self.folder.device("inverter")
        self.gateway = Gateway(self.folder, NODES, [
            {"protocol": "ocpp", "id": "CP1", "node": "site-1", "password": PASSWORD, "rated_import_w": 11040},
            {"protocol": "ieee2030_5", "id": self.device.lfdi, "resource": "inverter", "node": "site-1", "poll_s": 3600}])
        self.addCleanup(self.gateway.kill)

    def fill(self):
        """One of everything, by every door."""
        gateway = self.gateway
        self.assertEqual(201, gateway.call("PUT", "/nodes/site-2", {"parent": "feeder-1", "kind": "site"}).status)
        gateway.post("/devices", {"protocol": "ocpp", "id": "CP2", "node": "site-2", "password": PASSWORD})
        gateway.post("/events", {"id": "later", "start": "2100-01-01T00:00:00Z", "targets": ["site-1"],
                                 "intervals": [{"duration_s": 60, "setpoint_w": 1000}, {"duration_s": 60, "level": 2}]})
        gateway.post("/events", {"id": "changed", "start": "2100-01-01T00:00:00Z", "intervals": [{"duration_s": 60, "level": 1}]})
        self.assertEqual(200, gateway.call("PUT", "/events/changed", {"start": "2100-01-02T00:00:00Z", "intervals": [
            {"duration_s": 90, "level": 3}]}).status)
        gateway.post("/events", {"id": "cancelled", "start": "2100-01-01T00:00:00Z", "intervals": [{"duration_s": 60, "level": 1}]})
        self.assertEqual(204, gateway.call("DELETE", "/events/cancelled").status)
        inverter = gateway.ieee2030_5(self.device)
        page = inverter.call("GET", "/edev?l=1").body
        path = page.split('<EndDevice href="')[1].split('"')[0]
        self.settings = path + "/der/1/derg"
        self.assertIn(inverter.call("PUT", self.settings, SETTINGS, {"Content-Type": "application/sep+xml"}).status, (201, 204))
        utility = gateway.openadr3("utility")
        program = utility.call("POST", "/programs", '{"programName": "kept"}', JSON).json["id"]
        event = {"programID": program, "targets": ["site-1"], "intervalPeriod": {"start": "2100-01-01T00:00:00Z", "duration": "PT1M"},
                 "intervals": [{"id": 0, "payloads": [{"type": "SIMPLE", "values": [2]}]}]}
        self.event = utility.call("POST", "/events", json.dumps(event), JSON).json["id"]
        ven = gateway.openadr3("ven")
        report = {"eventID": self.event, "clientName": "ven", "resources": [{"resourceName": "meter", "intervals": [
            {"id": 0, "payloads": [{"type": "USAGE", "values": [1.5]}]}]}]}
        self.assertEqual(201, ven.call("POST", "/reports", json.dumps(report), JSON).status)
        self.assertEqual(201, ven.call("POST", "/vens", '{"objectType": "VEN_VEN_REQUEST", "venName": "kept"}', JSON).status)
        self.token = utility.headers["Authorization"]

    def facts(self):
        gateway = self.gateway
        utility = gateway.openadr3("utility")
        facts = {path: utility.call("GET", path).json for path in ("/programs", "/events", "/reports", "/vens")}
        facts.update({path: gateway.get(path) for path in ("/devices", "/nodes", "/commands")})
        facts["operator's events"] = gateway.get("/events")
        facts["resources"] = gateway.get("/resources")
        inverter = gateway.ieee2030_5(self.device)
        facts["settings"] = inverter.call("GET", self.settings).body
        facts["controls"] = inverter.call("GET", self.settings.rsplit("/der/", 1)[0] + "/derp/1/derc?l=99").body
        return facts

    def again(self, end):
        """The gateway ends and starts: the same facts, the same state."""
        self.fill()
        charging = Station(self.gateway, "CP1")
        charging.plug_in(7000)
        charging.close()
        until(lambda: not self.gateway.resource("CP1")["connected"], 5, "the station is gone")
        until(lambda: self.gateway.resource("inverter")["connected"], 5, "the inverter is there")
        before, state = self.facts(), settled_hash(self.gateway)
        end()
        self.gateway.start()
        # Before anything else has happened: the first thing that does is the clock's, and moves the core's own time.
        restored = re.findall(r"restored: .* state ([0-9a-f]{16})$", self.gateway.log(), re.MULTILINE)
        self.assertEqual([state], restored)
        self.assertEqual(before, self.facts())
        known = self.gateway.openadr3(token=self.token.split()[1])
        self.assertEqual(200, known.call("GET", "/programs").status, "a token outlives a restart")
        with Station(self.gateway, "CP1", boot=False) as back:
            self.assertTrue(back.alive())
            until(lambda: self.gateway.resource("CP1")["controllable"], 5, "its transaction goes on")

    def test_sigterm(self):
        def end():
            started = time.monotonic()
            self.assertEqual(0, self.gateway.stop())
            self.assertLess(time.monotonic() - started, 5)
        self.again(end)

    def test_kill_9(self):
        self.again(self.gateway.kill)

    def test_three_times_over(self):
        self.fill()
        self.facts()
        for _ in range(3):
            self.assertEqual(0, self.gateway.stop())
            self.gateway.start()
            self.assertEqual(["cancelled", "changed", "later"],
                             sorted(event["native_id"] for event in self.gateway.get("/events") if event["source"] == "operator"))


SETTINGS = ('<DERSettings xmlns="urn:ieee:std:2030.5:ns"><setGradW>100</setGradW><setMaxW><multiplier>0</multiplier>'
            "<value>5000</value></setMaxW><updatedTime>1700000000</updatedTime></DERSettings>")


class KillAfterAcknowledgement(unittest.TestCase):
    """Killed (-9) as soon as an answer has come: what was acknowledged is there afterwards, once."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.gateway = Gateway(cls.folder, NODES, [
            {"protocol": "ocpp", "id": "CP1", "node": "site-1", "password": PASSWORD, "rated_import_w": 11040}])
        cls.utility = cls.gateway.openadr3("utility")
        cls.program = cls.utility.call("POST", "/programs", '{"programName": "e2e"}', JSON).json["id"]

    @classmethod
    def tearDownClass(cls):
        cls.gateway.kill()
        cls.folder.close()

    def post_event(self, number):
        self.gateway.post("/events", {"id": f"e{number}", "start": "2100-01-01T00:00:00Z", "targets": ["site-1"],
                                      "intervals": [{"duration_s": 60, "setpoint_w": 1000 + number}]})

    def post_device(self, number):
        self.gateway.post("/devices", {"protocol": "ocpp", "id": f"D{number}", "node": "site-1", "password": PASSWORD})

    def put_node(self, number):
        self.assertEqual(201, self.gateway.call("PUT", f"/nodes/n{number}", {"parent": "feeder-1", "kind": "site"}).status)

    def post_openadr_event(self, number):
        event = {"programID": self.program, "eventName": f"o{number}", "targets": ["site-1"],
                 "intervalPeriod": {"start": "2100-01-01T00:00:00Z", "duration": "PT1M"},
                 "intervals": [{"id": 0, "payloads": [{"type": "SIMPLE", "values": [1]}]}]}
        answer = self.openadr3().call("POST", "/events", json.dumps(event), JSON)
        self.assertEqual(201, answer.status, answer)

    def openadr3(self):
        return self.gateway.openadr3(token=self.utility.headers["Authorization"].split()[1])

    def check(self, number):
        """Everything of every round up to this one, each once."""
        numbers = [str(one) for one in range(number + 1)]
        gateway = self.gateway
        self.assertEqual(sorted("e" + one for one in numbers),
                         sorted(event["native_id"] for event in gateway.get("/events") if event["source"] == "operator"))
        self.assertEqual({0}, {event["revision"] for event in gateway.get("/events")})
        self.assertEqual(sorted("D" + one for one in numbers),
                         sorted(device["id"] for device in gateway.get("/devices") if device["id"][0] == "D"))
        self.assertEqual(sorted("n" + one for one in numbers),
                         sorted(node["id"] for node in gateway.get("/nodes") if node["id"][0] == "n"))
        names = sorted(event["eventName"] for event in self.openadr3().call("GET", "/events").json)
        self.assertEqual(sorted("o" + one for one in numbers), names)
        self.assertEqual(len(names), sum(event["source"] == "vtn" for event in gateway.get("/events")))

    def test_twenty_rounds(self):
        kinds = [self.post_event, self.post_device, self.put_node, self.post_openadr_event]
        for number in range(ROUNDS):
            for turn in range(len(kinds)):
                kinds[(number + turn) % len(kinds)](number)  # another one is the last before the end in each round
            self.gateway.kill()
            self.gateway.start()
            with self.subTest(round=number):
                self.check(number)


class TakesEffectOnce(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.gateway = Gateway(self.folder, NODES, [
            {"protocol": "ocpp", "id": "CP1", "node": "site-1", "password": PASSWORD, "rated_import_w": 11040}])
        self.addCleanup(self.gateway.kill)
        self.charger = Charger(self.gateway, "CP1")
        self.charger.start()
        self.addCleanup(self.charger.stop)
        self.reaches(11040)

    def reaches(self, watts):
        until(lambda: self.gateway.resource("CP1").get("measured_w") == watts, 15,
              lambda: f"{watts} W; it is {self.gateway.resource('CP1')}")

    def test_an_event_that_begins_as_the_gateway_dies(self):
        self.gateway.post("/events", {"id": "now", "targets": ["site-1"], "intervals": [{"duration_s": 60, "setpoint_w": 5000}]})
        self.gateway.kill()
        self.gateway.start()
        self.reaches(5000)
        time.sleep(3)  # time for a second command, if there were one
        self.assertEqual(5000, self.gateway.resource("CP1")["measured_w"])
        # The station came back and was told again: the same order in the same place, the former one superseded.
        orders = self.gateway.get("/commands?event=operator:now")
        self.assertEqual(1, sum(order["state"] != "superseded" for order in orders), orders)
        profiles = [profile["csChargingProfiles"] for profile in self.charger.profiles]
        self.assertEqual({5000}, {profile["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] for profile in profiles})
        self.assertEqual(1, len({profile["chargingProfileId"] for profile in profiles}))
        self.assertEqual(409, self.gateway.call("POST", "/events", {"id": "now", "intervals": [{"duration_s": 60, "level": 1}]}).status)

    def test_an_event_goes_on_and_ends_though_the_gateway_died_twice(self):
        self.gateway.post("/events", {"id": "on", "targets": ["site-1"], "intervals": [{"duration_s": 12, "setpoint_w": 6000}]})
        for _ in range(2):
            self.reaches(6000)
            self.gateway.kill()
            self.gateway.start()
        self.reaches(6000)
        self.reaches(11040)
        until(lambda: self.gateway.event("on")["status"] == "completed", 5, "the event is over")
        interval = self.gateway.event("on")["intervals"][0]
        self.assertEqual(20, interval["ordered_wh"])
        self.assertAlmostEqual(20, interval["delivered_wh"], delta=5)  # with its ramp

    def test_an_event_that_ended_while_nobody_was_there(self):
        self.gateway.post("/events", {"id": "brief", "targets": ["site-1"], "intervals": [{"duration_s": 4, "setpoint_w": 5000}]})
        self.reaches(5000)
        self.gateway.kill()
        time.sleep(4)
        self.gateway.start()
        self.reaches(11040)
        self.assertEqual("completed", self.gateway.event("brief")["status"])


class Stores(unittest.TestCase):
    """What cannot be stored cannot be served: one line, and code 1."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)

    def refused(self, data, *words):
        config = self.folder.path / "busbar.toml"
        config.write_text(f"data = {toml(str(data))}\n[api]\nport = {free_ports(1)[0]}\n")
        code, out, err = busbar("serve", "--config", config, folder=self.folder.path, timeout=20)
        self.assertEqual((1, ""), (code, out), err)
        self.assertEqual(1, len(err.splitlines()), err)
        self.assertTrue(err.startswith("busbar: "), err)
        for word in words:
            self.assertIn(word, err)

    def test_a_file_where_the_folder_should_be(self):
        file = self.folder.path / "file"
        file.write_text("x")
        self.refused(file, "file")

    def test_a_folder_that_cannot_be_made(self):
        self.refused("/proc/busbar", "/proc/busbar")

    if os.geteuid() != 0:  # to root every folder is open
        def test_a_folder_that_cannot_be_written(self):
            closed = self.folder.path / "closed"
            closed.mkdir(0o500)
            self.refused(closed, "closed")

    def test_a_database_that_is_none(self):
        data = self.folder.path / "data"
        data.mkdir(0o700)
        (data / "busbar.db").write_bytes(b"this is no database " * 500)
        self.refused(data, "busbar.db")
        self.assertEqual(b"this is no database " * 500, (data / "busbar.db").read_bytes())

    def test_a_store_that_another_process_has(self):
        with Gateway(self.folder) as gateway:
            self.refused(self.folder.path / "data", "another busbar", str(gateway.process.pid))
            self.assertEqual(200, gateway.call("GET", "/health").status)

    def test_a_port_that_another_process_has(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            config = self.folder.path / "busbar.toml"
            config.write_text(f"data = \"data\"\n[api]\nport = {port}\n")
            code, out, err = busbar("serve", "--config", config, folder=self.folder.path)
            self.assertEqual((1, ""), (code, out))
            self.assertRegex(err, rf"^busbar: .*127\.0\.0\.1:{port}.*in use\n$")


if __name__ == "__main__":
    harness.run_tests()
