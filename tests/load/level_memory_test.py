"""No queue, map or log grows without a bound: all kinds of traffic at full rate, much of it wrong, most of it under names that
never come twice; the resident memory of the program stays level.

    python3 tests/load/level_memory_test.py                  36 seconds
    python3 tests/load/level_memory_test.py --seconds 3600   an hour
"""
import itertools
import json
import statistics
import sys
import threading
import time
import unittest

from peers import FAR, MovedGateway, open_many_files

import harness
from harness import PASSWORD, Folder, openadr3_token
from station import Station, now

SECONDS = 36
LEVEL_PART, LEVEL_KB = 0.05, 4096  # from one third of the time to the next, whichever is more
MOST_PARTS = 6
JSON = {"Content-Type": "application/json"}
KINDS = sys.argv[sys.argv.index("--only") + 1].split(",") if "--only" in sys.argv else None


class Traffic(threading.Thread):
    """Repeats `work(number)` until it is told to stop."""

    def __init__(self, name, work, pause_s=0):
        super().__init__(daemon=True, name=name)
        self.work, self.pause_s = work, pause_s
        self.stopping, self.count, self.fault = threading.Event(), 0, None

    def run(self):
        try:
            for number in itertools.count():
                if self.stopping.is_set():
                    return
                self.work(number)
                self.count += 1
                time.sleep(self.pause_s)
        except BaseException as fault:  # told by the test
            self.fault = fault


def level(parts):
    return parts[-1] - parts[-2] <= max(LEVEL_KB, LEVEL_PART * parts[-2])


def expect(answer, *statuses):
    if answer.status not in statuses:
        raise AssertionError(f"expected {statuses}, got {answer}")
    return answer


def strangers(gateway):
    def work(number):
        with gateway.websocket(f"/stranger-{number}", f"stranger-{number}") as attempt:
            assert attempt.status == 404, attempt.status
        with gateway.websocket("/S0", f"wrong-{number}", f"wrong-password-{number}") as attempt:
            assert attempt.status == 401, attempt.status
    return work


def reconnects(gateway):
    def work(number):
        with Station(gateway, "S1") as station:
            station.alive()
    return work


def charging(gateway):
    station = Station(gateway, "S2")

    def work(number):
        if number % 50 == 0:
            if number:
                station.call("StopTransaction", {"transactionId": station.transaction, "meterStop": number, "timestamp": now()})
            station.plug_in(7000)
        station.meter(5000 + number % 1000, number)
        station.error(f"Unknown{number}", {})
        station.calls.clear()
        station.profiles.clear()
    return work


def newer_station(gateway):
    station = Station(gateway, "S3", "ocpp2.0.1")

    def work(number):
        transaction = {"timestamp": now(), "seqNo": 0, "transactionInfo": {"transactionId": f"transaction-{number}"},
                       "triggerReason": "CablePluggedIn"}
        station.call("TransactionEvent", {**transaction, "eventType": "Started", "evse": {"id": 1, "connectorId": 1}})
        station.call("TransactionEvent", {**transaction, "eventType": "Ended", "seqNo": 1, "triggerReason": "EVDeparted"})
        station.call("DataTransfer", {"vendorId": f"vendor-{number}"})
        station.calls.clear()
        station.profiles.clear()
    return work


def operator(gateway):
    api = harness.Connection(gateway.api_port, headers=JSON)

    def work(number):
        event = {"id": f"event-{number}", "start": FAR, "targets": ["street"], "intervals": [{"duration_s": 60, "setpoint_w": 1000}]}
        expect(api.call("POST", "/events", json.dumps(event)), 201)
        expect(api.call("DELETE", f"/events/operator%3Aevent-{number}"), 204)
        expect(api.call("POST", "/events", json.dumps({**event, "intervals": []})), 400)
        expect(api.call("GET", f"/nothing-{number}"), 404)
    return work


def enrolment(gateway):
    api = harness.Connection(gateway.api_port, headers=JSON)

    def work(number):
        device = {"protocol": "ocpp", "id": f"D{number}", "node": "street", "password": PASSWORD, "rated_import_w": 7000}
        expect(api.call("POST", "/devices", json.dumps(device)), 201)
        expect(api.call("DELETE", f"/devices/D{number}"), 204)
    return work


def utility(gateway):
    vtn = gateway.openadr3("utility")
    program = expect(vtn.call("POST", "/programs", '{"programName": "level"}', JSON), 201).json["id"]

    def renew():  # a token lives for an hour; 429: others from this address failed, later then
        answer = expect(openadr3_token(vtn, "utility", gateway.clients["utility"][0]), 200, 429)
        if answer.status == 200:
            vtn.headers = {"Authorization": "Bearer " + answer.json["access_token"]}

    def work(number):
        if number % 500 == 499:
            renew()
        event = {"programID": program, "eventName": f"level-{number}", "targets": ["street"],
                 "intervalPeriod": {"start": FAR, "duration": "PT60S"},
                 "payloadDescriptors": [{"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "DISPATCH_SETPOINT", "units": "KW"}],
                 "intervals": [{"id": 0, "payloads": [{"type": "DISPATCH_SETPOINT", "values": [5]}]}]}
        made = expect(vtn.call("POST", "/events", json.dumps(event), JSON), 201).json["id"]
        expect(vtn.call("DELETE", f"/events/{made}"), 200)
        expect(vtn.call("POST", "/events", '{"programID": 7}', JSON), 400)
    return work


def tokens(gateway):
    vtn = gateway.openadr3()
    secret = gateway.clients["utility"][0]

    def work(number):
        if number < 2000 and not number % 20:  # 429: so many failed from this address that all from there wait a minute
            expect(openadr3_token(vtn, f"unknown-{number}", "secret"), 401, 429)
        expect(openadr3_token(vtn, "utility", secret), 200, 429)
        expect(vtn.call("GET", "/events", headers={"Authorization": f"Bearer wrong-{number}"}), 401, 403)
    return work


def inverter(gateway, certificate):
    device = gateway.ieee2030_5(certificate)

    def work(number):
        expect(device.call("GET", "/dcap"), 200, 429)  # so many in a minute are served
        expect(device.call("GET", f"/nothing-{number}"), 404, 429)
        expect(device.call("POST", "/mup", "<broken", {"Content-Type": "application/sep+xml"}), 400, 429)
    return work


def noise(gateway):
    def work(number):
        with harness.socket.create_connection(("127.0.0.1", gateway.ocpp_port), 15) as raw:
            raw.sendall(f"NOISE-{number} \x01\r\n\r\n".encode())
            while raw.recv(4096):
                pass
    return work


class LevelMemory(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        certificate = self.folder.device("inverter")
        devices = [{"protocol": "ocpp", "id": f"S{number}", "node": "street", "password": PASSWORD, "rated_import_w": 11040} for number in range(5)]
        devices.append({"protocol": "ieee2030_5", "id": certificate.lfdi, "resource": "inverter", "node": "street"})
        self.gateway = MovedGateway(self.folder, [{"id": "street", "kind": "site"}], devices)
        self.addCleanup(self.gateway.kill)
        kinds = {"strangers": (strangers, 0), "reconnects": (reconnects, 0), "charging": (charging, 0), "newer": (newer_station, 0),
                 "operator": (operator, 0), "enrolment": (enrolment, 0.02), "utility": (utility, 0), "tokens": (tokens, 0),
                 "inverter": (lambda gateway: inverter(gateway, certificate), 0), "noise": (noise, 0)}
        self.traffic = [Traffic(name, make(self.gateway), pause_s) for name, (make, pause_s) in kinds.items() if not KINDS or name in KINDS]

    def memory_at(self, end):
        """The median of some measurements until then."""
        samples = []
        while time.monotonic() < end:
            time.sleep(min(0.25, max(0.01, end - time.monotonic())))
            samples.append(self.gateway.memory_kb())
            for one in self.traffic:
                self.assertIsNone(one.fault, f"{one.name}: {one.fault!r}")
        memory = statistics.median(samples[-8:])
        print(f"{memory / 1024:.1f} MB", end=" ", flush=True)
        return memory

    def test_the_resident_memory_stays_level(self):
        begun = time.monotonic()
        for one in self.traffic:
            one.start()
        parts = [self.memory_at(begun + SECONDS / 3), self.memory_at(begun + SECONDS * 2 / 3)]
        while len(parts) < MOST_PARTS and not (len(parts) > 2 and level(parts)):  # a slow machine fills what is bounded later
            parts.append(self.memory_at(begun + SECONDS / 3 * (len(parts) + 1)))
        for one in self.traffic:
            one.stopping.set()
        for one in self.traffic:
            one.join(30)
        counts = ", ".join(f"{one.name} {one.count}" for one in self.traffic)
        print(f"each {SECONDS / 3:.0f} s: {', '.join(f'{kb / 1024:.1f}' for kb in parts)} MB; {counts}; log {len(self.gateway.log())} bytes", flush=True)
        self.assertTrue(all(one.count > 0 for one in self.traffic), counts)
        self.assertTrue(level(parts), f"it grows: {parts} kB")


if __name__ == "__main__":
    for option in ("--seconds", "--only"):
        if option in sys.argv:
            place = sys.argv.index(option)
            if option == "--seconds":
                SECONDS = float(sys.argv[place + 1])
            del sys.argv[place:place + 2]
    open_many_files()
    harness.run_tests()
