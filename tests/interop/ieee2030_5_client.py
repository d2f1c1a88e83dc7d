"""An IEEE 2030.5 inverter or battery on the standard `ssl` module (TLS 1.2, ECDHE-ECDSA-AES128-CCM8, client certificate).

Walks DeviceCapability, Time, EndDevice, Registration, FunctionSetAssignments, DERPrograms and their controls; puts its
capability, settings, status and availability; posts readings to a MirrorUsagePoint; obeys the DERControls it finds, and
posts the Responses that they ask for. Every answer is parsed by `envoy-schema`'s models: what they refuse is said as
{"violation": …}. Says each exchange and each reading as a JSON line, and at the end {"summary": …}. Ends with 0 if the walk
reached the controls and nothing was violated.
"""
import argparse
import hashlib
import http.client
import json
import re
import ssl
import sys
import time

import ieee2030_5_inverter as inverter
from envoy_schema.server.schema.sep2 import der, device_capability, end_device, function_set_assignments, metering
from envoy_schema.server.schema.sep2 import metering_mirror, response, types
from envoy_schema.server.schema.sep2 import time as time_schema
from pydantic_xml import element

MEDIA = "application/sep+xml"
PIN = 111115
RECEIVED, STARTED, COMPLETED, CANCELLED, SUPERSEDED = 1, 2, 3, 6, 7


class DERCapability(der.DERCapability, tag="DERCapability"):
    """The model insists on an Australian element; a server of plain 2030.5 need not keep it."""
    doeModesSupported: str | None = element(ns="csipaus", default=None)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dcap", default="/dcap", help="path of DeviceCapability")
    parser.add_argument("--cert", required=True, help="PEM file of the device's chain, its own certificate first")
    parser.add_argument("--key", required=True)
    parser.add_argument("--ca", required=True, help="PEM file that the server is verified against")
    parser.add_argument("--kind", choices=("pv", "battery"), default="pv")
    parser.add_argument("--max-w", type=float, default=5000, help="largest power out of it, and of a battery also into it")
    parser.add_argument("--sun-w", type=float, default=4000, help="what the sun gives a PV inverter")
    parser.add_argument("--poll-seconds", type=float, default=1)
    parser.add_argument("--sample-seconds", type=float, default=1)
    parser.add_argument("--seconds", type=float, default=60)
    return parser.parse_args()


def say(**what):
    print(json.dumps({"at": round(time.time(), 3), **what}, default=str), flush=True)


def tls_context(options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    # The eight-byte tag counts as 64 bits from OpenSSL 3.2 on, below what its default security level takes.
    relaxed = ":@SECLEVEL=0" if ssl.OPENSSL_VERSION_INFO >= (3, 2) else ""
    context.set_ciphers("ECDHE-ECDSA-AES128-CCM8" + relaxed)
    context.check_hostname = False  # names are not what these certificates certify
    context.load_verify_locations(options.ca)
    context.load_cert_chain(options.cert, options.key)
    return context


def lfdi_of(path):
    with open(path, encoding="ascii") as pem:
        first = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem.read(), re.DOTALL).group()
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()[:40].upper()


class Server:
    """One kept connection; every answer through a model."""

    def __init__(self, options, summary):
        self.summary = summary
        self.connection = http.client.HTTPSConnection(options.host, options.port, context=tls_context(options), timeout=10)

    def exchange(self, method, path, body=None):
        headers = {"Accept": MEDIA}
        if body is not None:
            headers["Content-Type"] = MEDIA
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (http.client.HTTPException, OSError) as error:
            self.connection.close()  # opened again by the next request
            say(lost=f"{method} {path}: {type(error).__name__}: {error}")
            self.summary["lost"] += 1
            return None, {}, b""
        say(request=[method, path, body and body.decode()], response=[answer.status, text.decode("utf-8", "replace")])
        self.summary["requests"] += 1
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text

    def violation(self, what, detail):
        self.summary["violations"] += 1
        say(violation=what, detail=str(detail))

    def get(self, model, path):
        status, headers, text = self.exchange("GET", path)
        if status is None:
            return None
        if status != 200:
            self.violation(f"GET {path} gives {status}", text.decode("utf-8", "replace"))
            return None
        if not headers.get("content-type", "").startswith(MEDIA):
            self.violation(f"GET {path}: Content-Type", headers.get("content-type"))
        try:
            return model.from_xml(text)
        except Exception as error:  # the model's own errors are of many kinds
            self.violation(f"GET {path} does not parse as {model.__name__}", error)
            return None

    def get_all(self, model, path, member):
        """Every page of a list."""
        found = []
        while True:
            page = self.get(model, f"{path}?s={len(found)}&l=10")
            if page is None:
                return found
            here = getattr(page, member) or []
            if page.results != len(here):
                self.violation(f"{path}: results is {page.results}", f"{len(here)} on the page")
            found += here
            if not here or len(found) >= page.all_:
                return found

    def send(self, method, path, value, expected=(200, 201, 204)):
        body = value.to_xml(skip_empty=False, exclude_none=True, exclude_unset=True)
        status, headers, text = self.exchange(method, path, body)
        if status is not None and status not in expected:
            self.violation(f"{method} {path} gives {status}", text.decode("utf-8", "replace"))
        if status == 201 and "location" not in headers:
            self.violation(f"{method} {path}: 201 without Location", headers)
        return headers.get("location", path)


class Client:
    def __init__(self, options):
        self.options = options
        self.summary = {"requests": 0, "lost": 0, "violations": 0, "controls": 0, "responses": {}, "readings": 0}
        self.server = Server(options, self.summary)
        self.lfdi = lfdi_of(options.cert)
        self.machine = inverter.Machine(options.kind, options.max_w, options.sun_w)
        self.offset = 0.0       # server's clock minus ours
        self.programs = []      # (primacy, path of its controls, default control)
        self.mirror = None
        self.said = {}          # mRID -> responses sent
        self.controls = {}      # mRID -> (primacy, newest form of it)

    def server_time(self):
        return time.time() + self.offset

    # ---- the walk ----------------------------------------------------------------------------------------------------

    def walk(self):
        capability = self.server.get(device_capability.DeviceCapabilityResponse, self.options.dcap)
        if capability is None:
            return False
        if capability.TimeLink:
            clock = self.server.get(time_schema.TimeResponse, capability.TimeLink.href)
            if clock:
                self.offset = clock.currentTime - int(time.time())
                self.summary["clock_offset"] = self.offset
        device = self.own_device(capability)
        if device is None:
            return False
        self.check_registration(device)
        self.find_programs(device)
        self.put_der(device)
        if capability.MirrorUsagePointListLink:
            self.make_mirror(capability.MirrorUsagePointListLink.href)
        return bool(self.programs)

    def own_device(self, capability):
        if capability.EndDeviceListLink is None:
            self.server.violation("DeviceCapability without EndDeviceListLink", "")
            return None
        devices = self.server.get_all(end_device.EndDeviceListResponse, capability.EndDeviceListLink.href, "EndDevice")
        self.summary["devices_shown"] = len(devices)
        for device in devices:
            if (device.lFDI or "").upper() == self.lfdi:
                return device
            self.server.violation("another's EndDevice is shown", device.lFDI)
        self.server.violation("our EndDevice is not listed", self.lfdi)
        return None

    def check_registration(self, device):
        if device.RegistrationLink:
            registration = self.server.get(end_device.RegistrationResponse, device.RegistrationLink.href)
            if registration and registration.pIN != PIN:
                self.server.violation("registration PIN", registration.pIN)
            self.summary["pin"] = registration and registration.pIN

    def find_programs(self, device):
        if device.FunctionSetAssignmentsListLink is None:
            self.server.violation("EndDevice without FunctionSetAssignmentsListLink", device.href)
            return
        assignments = self.server.get_all(function_set_assignments.FunctionSetAssignmentsListResponse,
                                          device.FunctionSetAssignmentsListLink.href, "FunctionSetAssignments")
        for assignment in assignments:
            if assignment.DERProgramListLink is None:
                continue
            for program in self.server.get_all(der.DERProgramListResponse, assignment.DERProgramListLink.href, "DERProgram"):
                default = program.DefaultDERControlLink and self.server.get(
                    der.DefaultDERControl, program.DefaultDERControlLink.href)
                if program.DERControlListLink:
                    self.programs.append((program.primacy, program.DERControlListLink.href, default))
        self.programs.sort(key=lambda program: program[0])
        self.summary["programs"] = len(self.programs)

    def put_der(self, device):
        if device.DERListLink is None:
            self.server.violation("EndDevice without DERListLink", device.href)
            return
        for one in self.server.get_all(der.DERListResponse, device.DERListLink.href, "DER_"):
            for link, model, value in (
                    (one.DERCapabilityLink, DERCapability, self.machine.capability()),
                    (one.DERSettingsLink, der.DERSettings, self.machine.settings(int(self.server_time()))),
                    (one.DERStatusLink, der.DERStatus, self.machine.status(int(self.server_time()))),
                    (one.DERAvailabilityLink, der.DERAvailability, self.machine.availability(int(self.server_time())))):
                if link is None:
                    self.server.violation(f"DER without a link to {model.__name__}", one.href)
                    continue
                self.server.send("PUT", link.href, value, (200, 201, 204))
                kept = self.server.get(model, link.href)
                self.check_kept(link.href, value, kept)

    def check_kept(self, path, sent, kept):
        """What we put and what we then get must agree in every element of the standard that we sent."""
        if kept is None:
            return
        for name in sent.model_fields_set:
            if name in ("href", "doeModesSupported", "doeModesEnabled"):
                continue
            if inverter.comparable(getattr(sent, name)) != inverter.comparable(getattr(kept, name)):
                self.server.violation(f"{path}: {name} was put", f"{getattr(sent, name)}, got {getattr(kept, name)}")

    def make_mirror(self, path):
        point = inverter.mirror_usage_point(self.lfdi)
        self.mirror = self.server.send("POST", path, point)
        self.server.get(metering_mirror.MirrorUsagePointListResponse, path + "?s=0&l=10")

    # ---- each second -------------------------------------------------------------------------------------------------

    def poll_controls(self):
        seen = {}
        for primacy, path, _ in self.programs:
            for control in self.server.get_all(der.DERControlListResponse, path, "DERControl"):
                seen[control.mRID] = (primacy, control)
        for mrid, (primacy, control) in seen.items():
            if mrid not in self.controls:
                self.summary["controls"] += 1
            self.controls[mrid] = (primacy, control)
            self.respond(control, RECEIVED)
            status = control.EventStatus_.currentStatus
            if status in (2, 3):
                self.respond(control, CANCELLED)
            elif status == 4:
                self.respond(control, SUPERSEDED)
        for mrid, (primacy, control) in list(self.controls.items()):
            if mrid not in seen and self.server_time() < control.interval.start + control.interval.duration - 1:
                self.server.violation("a control left its list before its end", mrid)
                del self.controls[mrid]

    def in_force(self):
        """The strongest control whose time has come: lowest primacy, then the newest."""
        now = self.server_time()
        for mrid, (_, control) in self.controls.items():
            done = self.said.get(mrid, set())
            over = now >= control.interval.start + control.interval.duration
            if over and STARTED in done and not done & {COMPLETED, CANCELLED, SUPERSEDED}:
                self.respond(control, COMPLETED)
        running = [(primacy, -control.creationTime, mrid) for mrid, (primacy, control) in self.controls.items()
                   if control.EventStatus_.currentStatus in (0, 1)
                   and control.interval.start <= now < control.interval.start + control.interval.duration]
        if not running:
            default = next((one for _, _, one in self.programs if one), None)
            return default.DERControlBase_ if default else None
        control = self.controls[min(running)[2]][1]
        self.respond(control, STARTED)
        return control.DERControlBase_

    def respond(self, control, status):
        said = self.said.setdefault(control.mRID, set())
        required = int(str(control.responseRequired or "0"), 16)
        wanted = required & 1 if status == RECEIVED else required & 2
        if status in said or not wanted or not control.replyTo:
            said.add(status)
            return
        said.add(status)
        answer = response.DERControlResponse(createdDateTime=int(self.server_time()), endDeviceLFDI=self.lfdi,
                                             status=response.ResponseType(status), subject=control.mRID)
        self.server.send("POST", control.replyTo, answer, (200, 201, 204))
        self.summary["responses"][status] = self.summary["responses"].get(status, 0) + 1

    def post_reading(self):
        if self.mirror is None:
            return
        now = int(self.server_time())
        span = types.DateTimeIntervalType(duration=max(1, int(self.options.sample_seconds)), start=now)
        value = metering_mirror.MirrorMeterReadingRequest(
            mRID=inverter.READING_MRID, reading=metering.Reading(value=round(-self.machine.power_w), timePeriod=span))
        self.server.send("POST", self.mirror, value)
        self.summary["readings"] += 1

    def run(self):
        self.summary["lfdi"] = self.lfdi
        self.summary["reached_controls"] = self.walk()
        self.summary["cipher"] = self.server.connection.sock and self.server.connection.sock.cipher()
        until, next_poll, next_sample = time.time() + self.options.seconds, 0.0, 0.0
        while self.summary["reached_controls"] and time.time() < until:
            now = time.time()
            if now >= next_poll:
                next_poll = now + self.options.poll_seconds
                self.poll_controls()
            self.machine.step(time.time(), self.in_force())
            if now >= next_sample:
                next_sample = now + self.options.sample_seconds
                say(power_w=self.machine.power_w, wanted_w=self.machine.wanted_w, meter_wh=round(self.machine.meter_wh, 3))
                self.post_reading()
            time.sleep(max(0.05, min(next_poll, next_sample) - time.time()))
        self.summary["meter_wh"] = round(self.machine.meter_wh, 3)
        return self.summary


def main():
    client = Client(arguments())
    try:
        client.run()
    except Exception as error:  # whatever it was ends this device, in words
        client.summary["error"] = f"{type(error).__name__}: {error}"
    say(summary=client.summary)
    good = client.summary.get("reached_controls") and not client.summary["violations"] and "error" not in client.summary
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
