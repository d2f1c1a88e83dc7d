"""Killed (-9) two hundred times under load, on the same data folder: nothing acknowledged is lost, nothing takes effect twice.

Peers of every kind talk to the gateway without a pause, each with a ledger of what the gateway has acknowledged and of the one
thing that was under way. After each kill the gateway is started again and held against the ledgers while the peers wait. In
the end the journal, which was never trimmed, is replayed from its first entry: every state that the gateway ever showed must
be one of the replay's.
"""
import http.client
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import threading
import time
import unittest

import harness
from harness import PASSWORD, Closed, Folder, Gateway, busbar
from station import Station, now

KILLS = int(os.environ.get("BUSBAR_KILLS", "200"))
SEED = int(os.environ.get("BUSBAR_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
LIFE_S = (0.02, 0.35)  # between a start and its kill
PAUSE_S = 0.015        # between two messages of one peer
FAR = "2100-01-01T00:00:00Z"
JSON = {"Content-Type": "application/json"}
LOST = (OSError, Closed, http.client.HTTPException)  # what a peer sees when the gateway dies
NODES = [{"id": "feeder-1", "kind": "feeder", "import_limit_w": 50000}, {"id": "site-1", "parent": "feeder-1", "kind": "site"}]


def unless_stopping(answer):
    """A gateway that stops takes nothing more."""
    if answer.status == 503:
        raise ConnectionError(answer.body)
    return answer


class Ledger:
    """What must be there: key -> value, and the one change whose answer has not come."""

    def __init__(self, name):
        self.name, self.known, self.pending = name, {}, None
        self.acknowledged = self.undecided = 0

    def begin(self, key, value):
        """`value` None: it is to be gone."""
        self.pending = (key, value)

    def done(self):
        key, value = self.pending
        self.pending = None
        self.acknowledged += 1
        self._set(key, value)

    def _set(self, key, value):
        if value is None:
            self.known.pop(key, None)
        else:
            self.known[key] = value

    def settle(self, found):
        """Held against what is there; what was under way may have happened or not, and is known from then on."""
        for key in sorted({*self.known, *found, *([self.pending[0]] if self.pending else [])}):
            allowed = [self.known.get(key)] + ([self.pending[1]] if self.pending and self.pending[0] == key else [])
            if found.get(key) not in allowed:
                raise AssertionError(f"{self.name} {key}: {found.get(key)} is there, acknowledged was {allowed}")
        if self.pending:
            self.undecided += 1
            self._set(self.pending[0], found.get(self.pending[0]))
            self.pending = None


class Load:
    """The peers, all at work or all at rest."""

    def __init__(self, seed):
        self.seed, self.peers = seed, []
        self.change = threading.Condition()
        self.round, self.working, self.over = 0, False, False

    def resume(self):
        with self.change:
            self.round, self.working = self.round + 1, True
            self.change.notify_all()

    def rest(self):
        with self.change:
            self.working = False
            self.change.notify_all()
            if not self.change.wait_for(lambda: all(peer.rested == self.round or peer.fault for peer in self.peers), 60):
                raise AssertionError(f"these do not come to rest: {[peer.name for peer in self.peers if peer.rested != self.round]}")
        for peer in self.peers:
            if peer.fault:
                raise peer.fault

    def end(self):
        with self.change:
            self.over, self.working = True, False
            self.change.notify_all()
        for peer in self.peers:
            peer.join(30)


class Peer(threading.Thread):
    def __init__(self, load, gateway, name):
        super().__init__(daemon=True, name=name)
        self.load, self.gateway = load, gateway
        self.random = random.Random(f"{load.seed} {name}")
        self.rested, self.fault, self.messages, self.number = 0, None, 0, 0
        self.ledgers = []
        load.peers.append(self)

    def ledger(self, name):
        self.ledgers.append(Ledger(name))
        return self.ledgers[-1]

    def run(self):
        while True:
            with self.load.change:
                self.load.change.wait_for(lambda: self.load.over or self.load.round != self.rested)
                number = self.load.round
            if self.load.over:
                return
            try:
                self.connect()
                while self.load.working:
                    self.step()
                    self.messages += 1
                    time.sleep(PAUSE_S)
            except LOST:
                pass
            except BaseException as fault:  # told by the test
                self.fault = fault
            self.disconnect()
            with self.load.change:
                self.rested = number
                self.load.change.notify_all()
            if self.fault:
                return

    def new(self, start):
        self.number += 1
        return f"{start}{self.number}"


class Operator(Peer):
    """Enrols and removes devices, puts and deletes nodes, makes, changes and cancels events."""

    def __init__(self, load, gateway):
        super().__init__(load, gateway, "operator")
        self.devices, self.nodes, self.events = self.ledger("device"), self.ledger("node"), self.ledger("operator's event")
        self.hashes = set()

    def connect(self):
        self.api = harness.Connection(self.gateway.api_port, headers=JSON)

    def disconnect(self):
        self.api.close()

    def step(self):
        self.random.choice([self.device, self.node, self.event, self.event, self.order, self.look])()

    def call(self, expected, method, path, body=None):
        answer = unless_stopping(self.api.call(method, path, body and json.dumps(body)))
        if answer.status != expected:
            raise AssertionError(f"{method} {path}: {answer}")
        return answer

    def look(self):
        self.hashes.add(self.call(200, "GET", "/health").json["state_hash"])

    def one_of(self, ledger, most):
        """A key to remove or change, or None: make a new one."""
        keys = sorted(ledger.known)
        return self.random.choice(keys) if len(keys) >= most or (keys and self.random.random() < 0.5) else None

    def device(self):
        name = self.one_of(self.devices, 6)
        if name:
            self.devices.begin(name, None)
            self.call(204, "DELETE", "/devices/" + name)
        else:
            name = self.new("D")
            node = self.random.choice(["site-1", "feeder-1"])
            self.devices.begin(name, node)
            self.call(201, "POST", "/devices", {"protocol": "ocpp", "id": name, "node": node, "password": PASSWORD})
        self.devices.done()

    def node(self):
        name = self.one_of(self.nodes, 4)
        if name:
            self.nodes.begin(name, None)
            self.call(204, "DELETE", "/nodes/" + name)
        else:
            name = self.new("n")
            self.nodes.begin(name, "feeder-1")
            self.call(201, "PUT", "/nodes/" + name, {"parent": "feeder-1", "kind": "site"})
        self.nodes.done()

    def event(self):
        name = next((key for key, value in self.events.known.items() if key != "now" and not value[2]), None)
        if name is None or self.random.random() < 0.1:
            name = self.new("e")
            self.post(name, {"start": FAR, "intervals": [{"duration_s": 60, "level": 1}]})
        elif self.random.random() < 0.2:
            revision, text, _ = self.events.known[name]
            self.events.begin(name, (revision + 1, text, True))
            self.call(204, "DELETE", "/events/" + name)
            self.events.done()
        else:
            self.put(name, {"start": FAR, "intervals": [{"duration_s": 60, "level": 2}]})

    def order(self):
        """What is in force changes: every station and the inverter are told."""
        order = {"targets": ["site-1"], "intervals": [{"duration_s": 600, "setpoint_w": self.random.randrange(4000, 15000)}]}
        self.put("now", order) if "now" in self.events.known else self.post("now", order)

    def post(self, name, event):
        text = self.new("text ")
        self.events.begin(name, (0, text, False))
        self.call(201, "POST", "/events", {"id": name, "name": text, **event})
        self.events.done()
        self.call(409, "POST", "/events", {"id": name, "name": "twice", **event})

    def put(self, name, event):
        text, revision = self.new("text "), self.events.known[name][0] + 1
        self.events.begin(name, (revision, text, False))
        self.call(200, "PUT", "/events/" + name, {"name": text, **event})
        self.events.done()

    def check(self, facts):
        self.devices.settle({device["id"]: device["node"] for device in facts["/devices"] if re.fullmatch(r"D\d+", device["id"])})
        self.nodes.settle({node["id"]: node["parent"] for node in facts["/nodes"] if node["id"][0] == "n"})
        mine = [event for event in facts["/events"] if event["source"] == "operator"]
        found = {event["native_id"]: (event["revision"], event["name"], event["status"] == "cancelled") for event in mine}
        if len(found) != len(mine):
            raise AssertionError(f"an event is there twice: {mine}")
        self.events.settle(found)


class Utility(Peer):
    """A business logic of OpenADR 3: makes, changes and deletes events."""

    def __init__(self, load, gateway):
        super().__init__(load, gateway, "utility")
        first = gateway.openadr3("utility")
        self.token = first.headers["Authorization"].split()[1]
        self.program = first.call("POST", "/programs", '{"programName": "kill"}', JSON).json["id"]
        self.events, self.ids = self.ledger("OpenADR event"), {}

    def connect(self):
        self.vtn = self.gateway.openadr3(token=self.token)

    def disconnect(self):
        self.vtn.close()

    def call(self, expected, method, path, body=None):
        answer = unless_stopping(self.vtn.call(method, path, body and json.dumps(body), JSON))
        if answer.status != expected:
            raise AssertionError(f"{method} {path}: {answer}")
        return answer

    def step(self):
        name, chance = next(iter(sorted(self.events.known)), None), self.random.random()
        value = self.random.randrange(1, 4)
        if name is None or (chance < 0.1 and len(self.events.known) < 4):
            name = self.new("o")
            self.events.begin(name, (0, value))
            answer = self.call(201, "POST", "/events", self.body(name, value))
            self.ids[name] = answer.json["id"]
        elif chance < 0.25:
            self.events.begin(name, None)
            self.call(200, "DELETE", "/events/" + self.ids[name])
        else:
            self.events.begin(name, (self.events.known[name][0] + 1, value))
            self.call(200, "PUT", "/events/" + self.ids[name], self.body(name, value))
        self.events.done()

    def body(self, name, value):
        return {"programID": self.program, "eventName": name, "targets": ["site-1"],
                "intervalPeriod": {"start": FAR, "duration": "PT1M"},
                "intervals": [{"id": 0, "payloads": [{"type": "SIMPLE", "values": [value]}]}]}

    def check(self, facts):
        """An event and what the core knows of it are one: both or neither, of the same revision."""
        self.connect()
        listed = self.call(200, "GET", "/events?limit=50").json
        self.disconnect()
        known = {event["native_id"]: event for event in facts["/events"] if event["source"] == "vtn" and event["status"] != "cancelled"}
        found = {}
        for event in listed:
            if event["eventName"] in found or event["id"] not in known:
                raise AssertionError(f"{event} is there twice, or the core does not know it: {sorted(known)}")
            found[event["eventName"]] = (known[event["id"]]["revision"], event["intervals"][0]["payloads"][0]["values"][0])
            self.ids[event["eventName"]] = event["id"]
        if len(known) != len(listed):
            raise AssertionError(f"the core knows {sorted(known)}, the VTN has {[event['id'] for event in listed]}")
        self.events.settle(found)


class Charging(Peer):
    """A station with one vehicle after the other. What is not acknowledged is said again when it is back, as stations do."""

    def __init__(self, load, gateway, name, version):
        super().__init__(load, gateway, name)
        self.version, self.booted, self.station = version, False, None
        self.running = None      # of the transaction that the gateway has acknowledged: its id
        self.unsaid = None       # (action, payload) without an answer
        self.ids = set()
        self.ended = self.sequence = self.energy = 0

    def connect(self):
        self.station = Station(self.gateway, self.name, self.version, boot=not self.booted)
        self.booted = True

    def disconnect(self):
        if self.station:
            self.station.close()
            self.station = None

    def step(self):
        if self.unsaid:
            self.say(*self.unsaid)
        elif not self.running:
            self.say(*self.first())
        elif self.random.random() < 0.08:
            self.say(*self.last())
        else:
            self.meter()
        self.station.pump(0.001)  # orders are answered

    def first(self):
        self.sequence = 0
        if self.version == "ocpp1.6":
            self.energy += 1
            return "StartTransaction", {"connectorId": 1, "idTag": "kill", "meterStart": self.energy, "timestamp": now()}
        return "TransactionEvent", self.event("Started", self.new(self.name + "-t"))

    def last(self):
        if self.version == "ocpp1.6":
            return "StopTransaction", {"transactionId": self.running, "meterStop": self.energy, "timestamp": now()}
        return "TransactionEvent", self.event("Ended", self.running)

    def event(self, kind, transaction):
        payload = {"eventType": kind, "timestamp": now(), "triggerReason": "Authorized", "seqNo": self.sequence,
                   "transactionInfo": {"transactionId": transaction, "chargingState": "Charging"}, "evse": {"id": 1, "connectorId": 1}}
        self.sequence += 1
        return payload

    def say(self, action, payload):
        self.unsaid = (action, payload)
        answer = self.station.call(action, payload)
        self.unsaid = None
        if action == "StopTransaction" or payload.get("eventType") == "Ended":
            self.running, self.ended = None, self.ended + 1
            return
        self.running = answer["transactionId"] if action == "StartTransaction" else payload["transactionInfo"]["transactionId"]
        if self.running in self.ids:
            raise AssertionError(f"{self.name}: {self.running} was the id of an earlier transaction")
        self.ids.add(self.running)
        if self.random.random() < 0.3:  # the same once more: the same transaction
            again = self.station.call(action, payload)
            if again.get("transactionId", self.running) != self.running:
                raise AssertionError(f"{self.name}: {action} sent again: {again}, it was {self.running}")
        if self.version == "ocpp1.6":
            self.station.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Charging"})

    def meter(self):
        self.energy += 1
        if self.version == "ocpp1.6":
            self.station.transaction = self.running
            self.station.meter(self.random.randrange(3000, 7000), self.energy)
            return
        payload = self.event("Updated", self.running)
        payload["triggerReason"] = "MeterValuePeriodic"
        payload["meterValue"] = [{"timestamp": now(), "sampledValue": [{"value": 5000, "measurand": "Power.Active.Import"}]}]
        self.station.call("TransactionEvent", payload)

    def check(self, kept):
        """`kept`: the id of the running transaction as the store has it."""
        kept = int(kept) if kept and self.version == "ocpp1.6" else kept
        if not self.unsaid:
            if kept != self.running:
                raise AssertionError(f"{self.name}: {self.running} was acknowledged, {kept} is kept")
            return
        action, payload = self.unsaid
        if action == "StartTransaction":
            if kept in self.ids:
                raise AssertionError(f"{self.name}: {kept} has ended")
        elif kept not in (None, payload.get("transactionId"), payload.get("transactionInfo", {}).get("transactionId")):
            raise AssertionError(f"{self.name}: {kept} is kept, under way was {payload}")


class Inverter(Peer):
    """A 2030.5 device: says its settings, reads its controls, acknowledges them."""

    def __init__(self, load, gateway, certificate):
        super().__init__(load, gateway, "inverter")
        self.certificate, self.own, self.controls, self.unsaid = certificate, None, {}, None
        self.settings, self.responses = self.ledger("DERSettings"), self.ledger("Response")

    def connect(self):
        self.server = self.gateway.ieee2030_5(self.certificate)
        if not self.own:
            self.own = re.search(r'<EndDevice href="(/edev/\d+)"', self.get("/edev?l=1")).group(1)

    def disconnect(self):
        self.server.close()

    def get(self, path):
        answer = unless_stopping(self.server.call("GET", path))
        if answer.status != 200:
            raise AssertionError(f"GET {path}: {answer}")
        return answer.body

    def write(self, method, path, body):
        answer = unless_stopping(self.server.call(method, path, body, {"Content-Type": "application/sep+xml"}))
        if answer.status not in (201, 204):
            raise AssertionError(f"{method} {path}: {answer}")

    def step(self):
        if self.unsaid:
            self.say()
        elif self.random.random() < 0.3:
            watts = 4000 + self.number
            self.number += 1
            self.settings.begin("setMaxW", watts)
            self.write("PUT", self.own + "/der/1/derg", f'<DERSettings xmlns="urn:ieee:std:2030.5:ns"><setGradW>100</setGradW><setMaxW>'
                       f"<multiplier>0</multiplier><value>{watts}</value></setMaxW><updatedTime>{1700000000 + self.number}</updatedTime></DERSettings>")
            self.settings.done()
        else:
            self.acknowledge()

    def acknowledge(self):
        for mrid, reply, required in self.read_controls():
            if required and (mrid, 1) not in self.responses.known:
                body = (f'<DERControlResponse xmlns="urn:ieee:std:2030.5:ns"><createdDateTime>{int(time.time())}</createdDateTime>'
                        f"<endDeviceLFDI>{self.certificate.lfdi}</endDeviceLFDI><status>1</status><subject>{mrid}</subject></DERControlResponse>")
                self.unsaid = (mrid, reply, body)
                return self.say()

    def say(self):
        """What was not answered is said again, in the same words."""
        mrid, reply, body = self.unsaid
        self.responses.begin((mrid, 1), True)
        self.write("POST", reply, body)
        self.unsaid = None
        self.responses.done()

    def read_controls(self):
        """(mRID, replyTo, whether it wants an answer) of each; what an mRID once named never changes."""
        found = []
        for control in re.findall(r"<DERControl .*?</DERControl>", self.get(self.own + "/derp/1/derc?l=255"), re.DOTALL):
            mrid = re.search("<mRID>(.*?)</mRID>", control).group(1)
            fixed = re.findall("<(creationTime|start|duration|value)>(.*?)</", control)
            if self.controls.setdefault(mrid, fixed) != fixed:
                raise AssertionError(f"control {mrid} was {self.controls[mrid]}, is {fixed}")
            found.append((mrid, re.search('replyTo="(.*?)"', control).group(1), "responseRequired" in control))
        if len({mrid for mrid, _, _ in found}) != len(found):
            raise AssertionError(f"a control is there twice: {found}")
        return found

    def check(self, _):
        self.connect()
        value = re.search(r"<setMaxW>.*?<value>(\d+)</value>", self.get(self.own + "/der/1/derg"), re.DOTALL) if self.settings.known else None
        self.settings.settle({"setMaxW": int(value.group(1))} if value else {})
        listed = self.read_controls()
        if listed:
            replies = re.findall(r"<status>(\d+)</status><subject>(.*?)</subject>", self.get(listed[0][1] + "?l=255"))
            said = {(mrid, int(status)): True for status, mrid in replies}
            if len(said) != len(replies):
                raise AssertionError(f"a Response is there twice: {replies}")
            if len(replies) < 120:  # beyond that the oldest are forgotten
                self.responses.settle(said)
        self.disconnect()


def kept_transactions(data):
    """Station -> id of its transaction in the store of a gateway that does not run; read without touching it."""
    store = sqlite3.connect(f"file:{data}/busbar.db?mode=ro", uri=True)
    try:
        rows = store.execute("SELECT key, body FROM documents WHERE folder = 'ocpp/stations'").fetchall()
    finally:
        store.close()
    outlets = {key: json.loads(body)["outlets"][0] for key, body in rows}
    return {key: outlet.get("transaction", {}).get("id") for key, outlet in outlets.items()}


class KilledUnderLoad(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        certificate = self.folder.device("inverter")
        stations = {"K16-1": "ocpp1.6", "K16-2": "ocpp1.6", "K201": "ocpp2.0.1"}
        self.gateway = Gateway(self.folder, NODES, [
            *[{"protocol": "ocpp", "id": name, "node": "site-1", "password": PASSWORD, "rated_import_w": 11040} for name in stations],
            {"protocol": "ieee2030_5", "id": certificate.lfdi, "resource": "inverter", "node": "site-1", "rated_export_w": 5000, "rated_import_w": 5000}])
        self.addCleanup(self.gateway.kill)
        self.load = Load(SEED)
        self.operator, self.utility = Operator(self.load, self.gateway), Utility(self.load, self.gateway)
        self.stations = [Charging(self.load, self.gateway, name, version) for name, version in stations.items()]
        self.inverter = Inverter(self.load, self.gateway, certificate)
        self.commands = {}
        self.addCleanup(self.load.end)

    def check(self):
        transactions = kept_transactions(self.folder.path / "data")
        for station in self.stations:
            station.check(transactions.get(station.name))
        self.gateway.start()
        facts = {path: self.gateway.get(path) for path in ("/events", "/devices", "/nodes", "/commands")}
        self.operator.check(facts)
        self.utility.check(facts)
        self.inverter.check(facts)
        for command in facts["/commands"]:  # what an id once named never changes
            fixed = {key: command.get(key) for key in ("resource", "event", "kind", "start", "end", "steps")}
            self.assertEqual(self.commands.setdefault(command["id"], fixed), fixed)

    def rounds(self, count, end):
        print(f"BUSBAR_SEED={SEED} BUSBAR_KILLS={KILLS}", flush=True)
        moments = random.Random(SEED)
        for peer in self.load.peers:
            peer.start()
        for _ in range(count):
            self.load.resume()
            time.sleep(moments.uniform(*LIFE_S))
            end(moments)
            self.load.rest()
            self.check()

    def test_two_hundred_times(self):
        self.rounds(KILLS, lambda _: self.gateway.kill())
        self.replay()
        self.tell(KILLS)

    def test_while_it_stops(self):
        """SIGTERM, and a kill while it says goodbye, writes its snapshot and trims the journal; every third may finish."""
        count, left = max(KILLS // 8, 3), []

        def end(moments):
            self.gateway.process.send_signal(signal.SIGTERM)
            try:
                self.gateway.process.wait(4 if moments.random() < 0.3 else moments.uniform(0, 0.1))
                left.append(self.gateway.process.returncode)
            except subprocess.TimeoutExpired:
                self.gateway.kill()
        self.rounds(count, end)
        self.assertEqual({0}, set(left))
        self.gateway.kill()
        code, out, err = busbar("check-store", self.folder.path / "data", timeout=120)
        self.assertEqual((0, ""), (code, err), out[-500:])
        self.summary = out.splitlines()[0].split(": ", 1)[1]
        self.assertRegex(self.summary, r"entries \d\d+ to|2 snapshots")  # it has been trimmed
        self.tell(count)

    def replay(self):
        """The state is that of a replay from the journal's first entry, at every moment at which it was seen."""
        seen = self.operator.hashes | {self.gateway.state_hash()}
        self.gateway.kill()
        data = self.folder.path / "data"
        code, out, err = busbar("check-store", "--trace", data, timeout=120)
        self.assertEqual((0, ""), (code, err), out[-500:])
        self.assertIn("replayed from the start", out)
        self.assertLessEqual(seen, set(re.findall(r"^entry \d+ state ([0-9a-f]{16})$", out, re.MULTILINE)))
        self.gateway.start()
        self.assertEqual(0, self.gateway.stop())  # which writes a snapshot of the state that the last process had
        code, out, err = busbar("check-store", data, timeout=120)
        self.assertEqual((0, ""), (code, err), out[-500:])
        self.assertRegex(out, r"journal entries 1 to \d+, 1 snapshot")
        self.summary = out.splitlines()[0].split(": ", 1)[1]

    def tell(self, kills):
        """That there was a load: what was acknowledged, what was under way when the end came."""
        print(f"{kills} ends; {sum(peer.messages for peer in self.load.peers)} messages; {self.summary}")
        for ledger in (ledger for peer in self.load.peers for ledger in peer.ledgers):
            print(f"  {ledger.name}: {ledger.acknowledged} acknowledged, {ledger.undecided} under way when it was killed")
            self.assertGreater(ledger.acknowledged, kills // 20, ledger.name)
        for station in self.stations:
            print(f"  {station.name}: {len(station.ids)} transactions, {station.ended} ended")
        print(f"  {len(self.commands)} commands, {len(self.inverter.controls)} controls, {len(self.operator.hashes)} states seen")
        self.assertGreater(sum(station.ended for station in self.stations), kills // 20)
        self.assertGreater(len(self.commands), kills // 20)


if __name__ == "__main__":
    harness.run_tests()
