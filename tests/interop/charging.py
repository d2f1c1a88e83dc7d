"""What the charge points of this folder have in common: a car, the arithmetic of charging profiles, a log of frames.

The arithmetic is written against the text of OCPP (1.6: 3.13; 2.0.1: K01, K08), independently of the gateway: per purpose
the valid profile of the highest stackLevel counts, a transaction's own profile goes before the default one, and the least of
that and the station's maximum is what the car is offered.
"""
import argparse
import base64
import datetime
import json
import ssl
import sys
import time
from typing import NamedTuple, Optional

VOLTS = 230.0
STATION_MAXIMUM = ("ChargePointMaxProfile", "ChargingStationMaxProfile", "ChargingStationExternalConstraints")


# ---- output: one JSON object a line -----------------------------------------------------------------------------------

def say(**what):
    print(json.dumps({"at": round(time.time(), 3), **what}, default=str), flush=True)


class LoggedConnection:
    """A WebSocket that says each frame; what the `ocpp` library takes for its connection."""

    def __init__(self, socket):
        self.socket = socket

    async def recv(self):
        frame = await self.socket.recv()
        say(received=readable(frame))
        return frame

    async def send(self, frame):
        say(sent=readable(frame))
        await self.socket.send(frame)


def readable(frame):
    try:
        return json.loads(frame)
    except ValueError:
        return str(frame)


# ---- time -------------------------------------------------------------------------------------------------------------

def text_of(instant):
    return datetime.datetime.fromtimestamp(instant, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def instant_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


# ---- profiles ---------------------------------------------------------------------------------------------------------

class Profile(NamedTuple):
    id: int
    level: int
    purpose: str
    kind: str
    recurrence: Optional[str]
    valid_from: Optional[float]
    valid_to: Optional[float]
    transaction: Optional[str]
    start: Optional[float]
    duration: Optional[float]
    unit: str
    periods: tuple  # (start in s, limit, phases)


def profile_of(native):
    """From the keys of either version, as the `ocpp` library hands them over (snake case)."""
    schedule = native["charging_schedule"]
    if isinstance(schedule, list):
        schedule = schedule[0]
    when = {name: native.get(name) and instant_of(native[name]) for name in ("valid_from", "valid_to")}
    start = schedule.get("start_schedule")
    return Profile(
        id=native.get("charging_profile_id", native.get("id")), level=native["stack_level"],
        purpose=native["charging_profile_purpose"], kind=native["charging_profile_kind"],
        recurrence=native.get("recurrency_kind"), valid_from=when["valid_from"], valid_to=when["valid_to"],
        transaction=native.get("transaction_id"), start=start and instant_of(start), duration=schedule.get("duration"),
        unit=schedule["charging_rate_unit"],
        periods=tuple((period["start_period"], float(period["limit"]), period.get("number_phases") or 3)
                      for period in schedule["charging_schedule_period"]))


class Profiles:
    """The profiles that a station of one outlet holds."""

    def __init__(self):
        self.held = {}

    def put(self, outlet, profile):
        """Same id, or same purpose, level and outlet: the new one takes the place of the old."""
        for key, (other_outlet, other) in list(self.held.items()):
            if key == profile.id or (other_outlet, other.purpose, other.level) == (outlet, profile.purpose, profile.level):
                del self.held[key]
        self.held[profile.id] = (outlet, profile)

    def clear(self, matches):
        gone = [key for key, (outlet, profile) in self.held.items() if matches(outlet, profile)]
        for key in gone:
            del self.held[key]
        return bool(gone)

    def watts(self, now, transaction_start):
        """What the car is offered now; None = no limit."""
        strongest = {}
        for _, profile in self.held.values():
            limit = limit_of(profile, now, transaction_start)
            if limit is not None and (profile.purpose not in strongest or profile.level > strongest[profile.purpose][0]):
                strongest[profile.purpose] = (profile.level, limit)
        limits = [strongest[purpose][1] for purpose in STATION_MAXIMUM if purpose in strongest]
        own = strongest.get("TxProfile") or strongest.get("TxDefaultProfile")
        if own:
            limits.append(own[1])
        return min(limits) if limits else None

    def composite(self, now, duration, transaction_start, largest):
        """(second, watts) whenever the offer changes within `duration` s from now."""
        steps = []
        for second in range(int(duration) + 1):
            watts = self.watts(now + second, transaction_start)
            watts = largest if watts is None else min(watts, largest)
            if not steps or steps[-1][1] != watts:
                steps.append((second, watts))
        return steps


def limit_of(profile, now, transaction_start):
    """In W, at one instant; None if the profile says nothing then."""
    if profile.valid_from and now < profile.valid_from or profile.valid_to and now >= profile.valid_to:
        return None
    if profile.purpose == "TxProfile" and transaction_start is None:
        return None
    start = profile.start
    if profile.kind == "Relative" or start is None:
        start = transaction_start if transaction_start is not None else now
    elapsed = now - start
    if profile.kind == "Recurring":
        elapsed %= 7 * 86400 if profile.recurrence == "Weekly" else 86400
    if elapsed < 0 or (profile.duration is not None and elapsed >= profile.duration):
        return None
    current = [period for period in profile.periods if period[0] <= elapsed]
    if not current:
        return None
    _, limit, phases = current[-1]
    return limit if profile.unit == "W" else limit * VOLTS * phases


# ---- the car ----------------------------------------------------------------------------------------------------------

class Car:
    """Takes what it is offered up to its own maximum, nothing below 6 A on each phase, and stops when it is full."""

    def __init__(self, largest_w, capacity_wh=60_000.0, charge_wh=20_000.0, phases=3):
        self.largest_w, self.capacity_wh, self.charge_wh, self.phases = largest_w, capacity_wh, charge_wh, phases
        self.power_w = 0.0
        self.meter_wh = 1_000.0
        self.connected = False
        self.moved = time.time()

    def step(self, now, offered_w):
        """Counts the energy since the last step, then sets the power from now on."""
        energy = self.power_w * max(0.0, now - self.moved) / 3600
        self.meter_wh += energy
        self.charge_wh += energy
        self.moved = now
        wanted = self.largest_w if offered_w is None else min(offered_w, self.largest_w)
        least = 6 * VOLTS * self.phases
        full = self.charge_wh >= self.capacity_wh
        self.power_w = wanted if self.connected and wanted >= least - 1e-6 and not full else 0.0
        return self.power_w


def sampled_values(car):
    """(measurand, unit, value as text) of one reading of the meter, as both versions name them."""
    amperes = car.power_w / VOLTS / car.phases
    return (("Power.Active.Import", "W", f"{car.power_w:.1f}"),
            ("Energy.Active.Import.Register", "Wh", f"{car.meter_wh:.3f}"),
            ("Current.Import", "A", f"{amperes:.2f}"))


# ---- command line -----------------------------------------------------------------------------------------------------

def arguments(what, version):
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--url", required=True, help="ws://HOST:PORT/PATH or wss://…, without the identity")
    parser.add_argument("--id", required=True, help="the station's identity, last part of the path")
    parser.add_argument("--password", help="of Basic authentication")
    parser.add_argument("--ca", help="PEM file that the server is verified against")
    parser.add_argument("--cert", help="PEM file of the client's certificate chain")
    parser.add_argument("--key", help="PEM file of its key")
    parser.add_argument("--serial", default="SN-" + version)
    parser.add_argument("--seconds", type=float, default=60, help="how long the car stays")
    parser.add_argument("--sample-seconds", type=float, default=1, help="between meter values")
    parser.add_argument("--max-w", type=float, default=11_040, help="what the car takes at most")
    parser.add_argument("--refuse", action="store_true", help="answer every charging profile with Rejected")
    return parser.parse_args()


def tls_of(options):
    if not options.url.startswith("wss:"):
        return None
    context = ssl.create_default_context(cafile=options.ca)
    context.check_hostname = options.ca is not None
    if options.ca is None:
        context.verify_mode = ssl.CERT_NONE
    if options.cert:
        context.load_cert_chain(options.cert, options.key)
    return context


def basic_header(options):
    if options.password is None:
        return {}
    token = base64.b64encode(f"{options.id}:{options.password}".encode()).decode()
    return {"Authorization": "Basic " + token}


def connect(options, subprotocol):
    import websockets
    secure = {"ssl": tls_of(options)} if options.url.startswith("wss:") else {}
    return websockets.connect(options.url.rstrip("/") + "/" + options.id, subprotocols=[subprotocol],
                              additional_headers=basic_header(options), proxy=None, open_timeout=10, **secure)


def end_with(summary):
    say(summary=summary)
    sys.exit(0 if summary.get("accepted") else 1)
