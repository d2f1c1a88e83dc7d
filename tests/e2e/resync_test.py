"""After a restart devices are asked before they are told: what a device holds already is not sent again, what is over is not
sent at all, and every order keeps its name.
"""
import json
import re
import time
import unittest

import harness
from harness import PASSWORD, Folder, Gateway, until
from station import Station, now

NODES = [{"id": "site-1", "kind": "site"}]


class Remembering(Station):
    """Keeps its profile, as stations do, and says so when it is asked; `memory` outlives its sockets. What it says of itself
    may be a lie: `says_w`."""

    def __init__(self, gateway, name, memory, version="ocpp1.6", boot=False, says_w=None):
        self.memory, self.says_w = memory, says_w
        super().__init__(gateway, name, version, boot=boot)

    def take(self, identity, action, payload):
        self.calls.append((action, payload))
        if action == "SetChargingProfile":
            self.memory["profile"] = payload
            answer = {"status": "Accepted"}
        elif action == "ClearChargingProfile":
            self.memory.pop("profile", None)
            answer = {"status": "Accepted"}
        elif action == "GetCompositeSchedule":
            answer = self.composite(payload["duration"])
        else:
            self.calls.pop()
            return super().take(identity, action, payload)
        self.socket.send(json.dumps([3, identity, answer]))

    def composite(self, duration):
        limit = self.says_w
        if limit is None:
            profile = self.memory["profile"].get("csChargingProfiles") or self.memory["profile"]["chargingProfile"]
            schedule = profile["chargingSchedule"]
            schedule = schedule[0] if isinstance(schedule, list) else schedule
            limit = schedule["chargingSchedulePeriod"][0]["limit"]
        periods = {"duration": duration, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
        if self.version == "ocpp1.6":
            return {"status": "Accepted", "connectorId": 1, "scheduleStart": now(), "chargingSchedule": periods}
        return {"status": "Accepted", "schedule": {**periods, "evseId": 1, "scheduleStart": now()}}

    def begin(self):
        if self.version == "ocpp1.6":
            self.plug_in(7000)
        else:
            self.call("TransactionEvent", {"eventType": "Started", "timestamp": now(), "triggerReason": "Authorized", "seqNo": 0,
                                           "transactionInfo": {"transactionId": "t1", "chargingState": "Charging"},
                                           "evse": {"id": 1, "connectorId": 1}})

    def asked(self, action):
        return [payload for named, payload in self.calls if named == action]


class Stations(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.gateway = Gateway(self.folder, NODES, [
            {"protocol": "ocpp", "id": "CP1", "node": "site-1", "password": PASSWORD, "rated_import_w": 11040}])
        self.addCleanup(self.gateway.kill)
        self.memory = {}

    def command(self):
        """The newest; and its state must come to be `accepted` or `started`."""
        commands = self.gateway.get("/commands?resource=CP1")
        return commands[0] if commands else {"id": "", "state": ""}

    def told(self, version, seconds=60):
        """A station with a vehicle takes an order of 5 kW; the command."""
        with Remembering(self.gateway, "CP1", self.memory, version, boot=True) as station:
            station.begin()
            self.gateway.post("/events", {"id": "now", "targets": ["site-1"], "intervals": [{"duration_s": seconds, "setpoint_w": 5000}]})
            end = time.monotonic() + 10
            while self.command()["state"] not in ("accepted", "started") and time.monotonic() < end:
                station.pump(0.2)
            self.assertEqual(1, len(station.asked("SetChargingProfile")))
        return self.command()

    def back(self, version, seconds=1.5, **more):
        with Remembering(self.gateway, "CP1", self.memory, version, **more) as station:
            station.pump(seconds)
        return station

    def check_is_not_told_again(self, version):
        before = self.told(version)
        self.gateway.kill()
        self.gateway.start()
        station = self.back(version)
        self.assertEqual(1, len(station.asked("GetCompositeSchedule")))
        self.assertEqual([], station.asked("SetChargingProfile"))
        after = self.command()
        self.assertEqual((before["id"], before["start"], before["end"], before["steps"]),
                         (after["id"], after["start"], after["end"], after["steps"]))
        self.assertIn(after["state"], ("accepted", "started"))
        self.assertEqual(1, len(self.gateway.get("/commands?resource=CP1")), "nothing is superseded")

    def test_what_a_station_holds_is_not_sent_again_16(self):
        self.check_is_not_told_again("ocpp1.6")

    def test_what_a_station_holds_is_not_sent_again_201(self):
        self.check_is_not_told_again("ocpp2.0.1")

    def test_a_station_that_was_only_cut_off_is_asked_too(self):
        before = self.told("ocpp1.6")
        until(lambda: not self.gateway.resource("CP1")["connected"], 5, "the station is gone")
        station = self.back("ocpp1.6")
        self.assertEqual([], station.asked("SetChargingProfile"))
        self.assertEqual(before["id"], self.command()["id"])

    def test_a_station_that_lost_it_is_told_again(self):
        before = self.told("ocpp1.6")
        self.gateway.kill()
        self.gateway.start()
        station = self.back("ocpp1.6", says_w=11040)
        self.assertEqual("GetCompositeSchedule", next(action for action, _ in station.calls if action.endswith(("Schedule", "Profile"))))
        self.assertEqual(1, len(station.asked("SetChargingProfile")))
        self.assertEqual(before["id"], self.command()["id"])
        self.assertIn(self.command()["state"], ("accepted", "started"))

    def test_what_is_over_is_not_sent(self):
        self.told("ocpp1.6", seconds=3)
        self.gateway.kill()
        time.sleep(3)
        self.gateway.start()
        station = self.back("ocpp1.6")
        self.assertEqual([], station.asked("SetChargingProfile"))
        self.assertEqual("completed", self.gateway.event("now")["status"])


class Inverters(unittest.TestCase):
    """Controls are published, not sent: after a restart the same ones stand there, by the same names, as far answered."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.device = self.folder.device("inverter")
        self.gateway = Gateway(self.folder, NODES, [
            {"protocol": "ieee2030_5", "id": self.device.lfdi, "resource": "inverter", "node": "site-1", "rated_export_w": 5000,
             "rated_import_w": 5000}])
        self.addCleanup(self.gateway.kill)
        self.connect()
        self.own = re.search(r'<EndDevice href="(/edev/\d+)"', self.get("/edev?l=1")).group(1)

    def connect(self):
        self.server = self.gateway.ieee2030_5(self.device)

    def get(self, path):
        answer = self.server.call("GET", path)
        self.assertEqual(200, answer.status, path)
        return answer.body

    def controls(self):
        return self.get(self.own + "/derp/1/derc?l=255")

    def order(self, seconds, watts=2000):
        self.gateway.post("/events", {"id": f"e{watts}", "targets": ["inverter"], "intervals": [{"duration_s": seconds, "setpoint_w": watts}]})
        return until(lambda: "<DERControl " in self.controls() and self.controls(), 10, "a control stands there")

    def respond(self, status):
        mrid, reply = re.search("<mRID>(.*?)</mRID>", self.controls()).group(1), re.search('replyTo="(.*?)"', self.controls()).group(1)
        body = (f'<DERControlResponse xmlns="urn:ieee:std:2030.5:ns"><createdDateTime>{int(time.time())}</createdDateTime>'
                f"<endDeviceLFDI>{self.device.lfdi}</endDeviceLFDI><status>{status}</status><subject>{mrid}</subject></DERControlResponse>")
        self.assertEqual(201, self.server.call("POST", reply, body, {"Content-Type": "application/sep+xml"}).status)
        return reply

    def restart(self, seconds=0):
        self.server.close()
        self.gateway.kill()
        time.sleep(seconds)
        self.gateway.start()
        self.connect()

    def test_controls_and_responses_are_the_same(self):
        self.order(60)
        replies = self.respond(1)
        self.respond(2)
        before = self.controls(), self.get(replies + "?l=255"), self.gateway.get("/commands")
        self.assertEqual("started", before[2][0]["state"])
        for _ in range(2):
            self.restart()
            self.assertEqual(before, (self.controls(), self.get(replies + "?l=255"), self.gateway.get("/commands")))
        time.sleep(2.5)  # time for a second publication, if there were one
        self.assertEqual(re.findall("<mRID>.*?</mRID>", before[0]), re.findall("<mRID>.*?</mRID>", self.controls()))
        self.assertEqual([command["id"] for command in before[2]], [command["id"] for command in self.gateway.get("/commands")])

    def test_what_is_over_is_not_published(self):
        self.order(3)
        self.restart(3.5)
        self.assertNotIn("<DERControl ", self.controls())
        time.sleep(1.5)
        self.assertNotIn("<DERControl ", self.controls())
        self.assertEqual("completed", self.gateway.event("e2000")["status"])


if __name__ == "__main__":
    harness.run_tests()
