"""Charging stations for the tests, on the raw WebSocket of the harness."""
import json
import threading
import time

from harness import PASSWORD, Closed

SAMPLE_SECONDS = 0.5


def now(seconds=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


class Station:
    """One session that the test drives step by step. Calls from the gateway are answered while it waits."""

    def __init__(self, gateway, name, version="ocpp1.6", tls=False, boot=True):
        self.name, self.version = name, version
        self.socket = gateway.websocket("/" + name, name, PASSWORD, (version,), tls)
        if self.socket.status != 101:
            raise AssertionError(f"{name} was refused: {self.socket.status} {self.socket.body}")
        self.calls = []  # (action, payload) from the gateway
        self.profiles = []
        self.unread = []  # answers that nobody has asked for yet
        self.last_id = 0
        self.boot_answer = self.boot() if boot else None

    def boot(self):
        if self.version == "ocpp1.6":
            return self.call("BootNotification", {"chargePointVendor": "Busbar", "chargePointModel": "E2E"})
        return self.call("BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "Busbar", "model": "E2E"}})

    def send_call(self, action, payload):
        self.last_id += 1
        identity = f"{self.name}-{self.last_id}"
        self.socket.send(json.dumps([2, identity, action, payload]))
        return identity

    def call(self, action, payload, seconds=10):
        """The payload of the answer; AssertionError if it is a CALLERROR."""
        frame = self.answer(self.send_call(action, payload), seconds)
        if frame[0] != 3:
            raise AssertionError(f"{action}: {frame}")
        return frame[2]

    def error(self, action, payload):
        """(code, description, details) of the CALLERROR that answers; AssertionError if it is a result."""
        frame = self.answer(self.send_call(action, payload))
        if frame[0] != 4:
            raise AssertionError(f"{action} was taken: {frame}")
        return frame[2], frame[3], frame[4]

    def answer(self, identity, seconds=10):
        """The CALLRESULT or CALLERROR of that id."""
        end = time.monotonic() + seconds
        while True:
            for frame in self.unread:
                if frame[1] == identity:
                    self.unread.remove(frame)
                    return frame
            self.pump_once(max(end - time.monotonic(), 0.01))

    def pump_once(self, seconds):
        frame = json.loads(self.socket.receive(seconds))
        if frame[0] == 2:
            self.take(frame[1], frame[2], frame[3])
        else:
            self.unread.append(frame)

    def pump(self, seconds):
        """Answers whatever comes for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.pump_once(max(end - time.monotonic(), 0.01))
            except TimeoutError:
                return

    def take(self, identity, action, payload):
        self.calls.append((action, payload))
        if action == "SetChargingProfile":
            self.profiles.append(payload)
        answers = {"GetConfiguration": {"configurationKey": []}, "ChangeConfiguration": {"status": "Accepted"},
                   "SetChargingProfile": {"status": "Accepted"}, "ClearChargingProfile": {"status": "Accepted"},
                   "TriggerMessage": {"status": "Accepted"}, "SetVariables": {"setVariableResult": []}}
        if action in answers:
            self.socket.send(json.dumps([3, identity, answers[action]]))
        else:
            self.socket.send(json.dumps([4, identity, "NotImplemented", "", {}]))

    def alive(self):
        """The session goes on: a heartbeat is answered."""
        return "currentTime" in self.call("Heartbeat", {})

    def plug_in(self, power_w=0):
        """A vehicle begins to charge (1.6)."""
        self.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Charging"})
        self.transaction = self.call("StartTransaction", {"connectorId": 1, "idTag": "e2e", "meterStart": 0,
                                                          "timestamp": now()})["transactionId"]
        self.meter(power_w)

    def meter(self, power_w, energy_wh=0):
        self.call("MeterValues", {"connectorId": 1, "transactionId": self.transaction, "meterValue": [
            {"timestamp": now(), "sampledValue": [{"value": str(power_w), "measurand": "Power.Active.Import", "unit": "W"},
                                                  {"value": str(energy_wh), "unit": "Wh"}]}]})

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Charger(threading.Thread):
    """A station (1.6) with a vehicle that takes what its profile leaves of `power_w`, and meters it. Comes back when cut off."""

    def __init__(self, gateway, name, power_w=11040):
        super().__init__(daemon=True)
        self.gateway, self.name_, self.power_w = gateway, name, power_w
        self.profiles, self.transaction = [], None
        self.limit_w = None  # of the profile in force
        self.stopping = threading.Event()
        self.fault = None

    def run(self):
        while not self.stopping.is_set():
            try:
                self.session()
            except (Closed, OSError, TimeoutError):
                time.sleep(0.1)
            except Exception as fault:  # told by the test that looks
                self.fault = fault
                return

    def session(self):
        with Station(self.gateway, self.name_) as station:
            if self.transaction is None:
                station.plug_in(self.power_w)
                self.transaction = station.transaction
            station.transaction = self.transaction
            known = 0
            while not self.stopping.is_set():
                for profile in station.profiles[known:]:
                    self.profiles.append(profile)
                    self.obey(profile["csChargingProfiles"])
                if any(action == "ClearChargingProfile" for action, _ in station.calls):
                    if not station.profiles[known:]:
                        self.limit_w = None
                    station.calls.clear()
                known = len(station.profiles)
                station.meter(round(self.power()))
                station.pump(SAMPLE_SECONDS)

    def obey(self, profile):
        if profile["chargingProfilePurpose"] != "TxProfile":
            return
        schedule = profile["chargingSchedule"]
        period = schedule["chargingSchedulePeriod"][0]
        watts = 1 if schedule["chargingRateUnit"] == "W" else 230 * period.get("numberPhases", 3)
        self.limit_w = period["limit"] * watts

    def power(self):
        return self.power_w if self.limit_w is None else min(self.power_w, self.limit_w)

    def stop(self):
        self.stopping.set()
        self.join(15)
        if self.fault:
            raise self.fault
