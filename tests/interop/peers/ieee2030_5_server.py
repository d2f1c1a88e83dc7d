"""A small IEEE 2030.5 server rendered by `envoy-schema`, for one thing only: to try the client of the folder above without us.

One device, one programme, two controls (two seconds away, three seconds each), responses asked for, CCM8 with a client
certificate. Says its port, then each Response and reading that it gets as a JSON line.
"""
import argparse
import hashlib
import http.server
import json
import ssl
import threading
import time
import urllib.parse

from envoy_schema.server.schema.sep2 import der, device_capability, end_device, event, function_set_assignments, identification
from envoy_schema.server.schema.sep2 import metering_mirror, response, types
from envoy_schema.server.schema.sep2 import time as time_schema
from envoy_schema.server.schema.sep2.der_control_types import ActivePower

STORED = {}
BORN = int(time.time())


def say(**what):
    print(json.dumps(what, default=str), flush=True)


def link(path):
    return identification.ListLink(href=path, all_=1)


def control(number, watts):
    now, start = int(time.time()), BORN + 4 + 3 * number
    status = 1 if start <= now else 0
    return der.DERControlResponse(
        href=f"/derp/1/derc/{number}", replyTo="/rsps/1/rsp", responseRequired="03", mRID=f"{0xC0 + number:032X}", creationTime=BORN,
        EventStatus_=event.EventStatus(currentStatus=status, dateTime=now, potentiallySuperseded=False),
        interval=types.DateTimeIntervalType(duration=3, start=start),
        DERControlBase_=der.DERControlBase(opModTargetW=ActivePower(multiplier=0, value=watts)))


def resources(lfdi):
    """Path -> what is there now."""
    now = int(time.time())
    device = end_device.EndDeviceResponse(
        href="/edev/1", lFDI=lfdi, sFDI=12345, changedTime=BORN, DERListLink=link("/edev/1/der"),
        RegistrationLink=identification.Link(href="/edev/1/rg"), FunctionSetAssignmentsListLink=link("/edev/1/fsa"))
    program = der.DERProgramResponse(href="/derp/1", mRID="0A", primacy=1, DERControlListLink=link("/derp/1/derc"),
                                     DefaultDERControlLink=identification.Link(href="/derp/1/dderc"))
    links = {name: identification.Link(href="/edev/1/der/1/" + short) for name, short in
             (("DERCapabilityLink", "dercap"), ("DERSettingsLink", "derg"), ("DERStatusLink", "ders"), ("DERAvailabilityLink", "dera"))}
    running = [one for one in (control(0, 2000), control(1, 1000)) if one.interval.start + one.interval.duration > now - 2]
    assignment = function_set_assignments.FunctionSetAssignmentsResponse(href="/edev/1/fsa/1", mRID="0F",
                                                                         DERProgramListLink=link("/derp"))
    return {
        "/dcap": device_capability.DeviceCapabilityResponse(
            href="/dcap", TimeLink=identification.Link(href="/tm"), EndDeviceListLink=link("/edev"), MirrorUsagePointListLink=link("/mup")),
        "/tm": time_schema.TimeResponse(href="/tm", currentTime=now, dstEndTime=0, dstOffset=0, dstStartTime=0, quality=4, tzOffset=0),
        "/edev": end_device.EndDeviceListResponse(href="/edev", all_=1, results=1, EndDevice=[device]),
        "/edev/1/rg": end_device.RegistrationResponse(href="/edev/1/rg", dateTimeRegistered=BORN, pIN=111115),
        "/edev/1/fsa": function_set_assignments.FunctionSetAssignmentsListResponse(
            href="/edev/1/fsa", all_=1, results=1, FunctionSetAssignments=[assignment]),
        "/edev/1/der": der.DERListResponse(href="/edev/1/der", all_=1, results=1, DER_=[der.DER(href="/edev/1/der/1", **links)]),
        "/derp": der.DERProgramListResponse(href="/derp", all_=1, results=1, DERProgram=[program]),
        "/derp/1/dderc": der.DefaultDERControl(href="/derp/1/dderc", mRID="0D", DERControlBase_=der.DERControlBase()),
        "/derp/1/derc": der.DERControlListResponse(href="/derp/1/derc", all_=len(running), results=len(running), DERControl=running),
        "/mup": metering_mirror.MirrorUsagePointListResponse(href="/mup", all_=0, results=0),
    }


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content-Type": "application/sep+xml", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        lfdi = hashlib.sha256(self.connection.getpeercert(binary_form=True)).hexdigest()[:40].upper()
        if path in STORED:
            return self.answer(200, STORED[path])
        value = resources(lfdi).get(path)
        if value is None:
            return self.answer(404)
        asked = urllib.parse.parse_qs(query)
        if hasattr(value, "results"):
            self.cut(value, int(asked.get("s", ["0"])[0]), int(asked.get("l", ["1"])[0]))
        return self.answer(200, value.to_xml(skip_empty=False, exclude_none=True))

    @staticmethod
    def cut(value, start, length):
        """The page of a list that was asked for."""
        for name in value.model_fields_set:
            if isinstance(getattr(value, name), list):
                page = getattr(value, name)[start:start + length]
                setattr(value, name, page)
                value.results = len(page)

    def do_PUT(self):
        STORED[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(204)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/mup":
            say(mirror=metering_mirror.MirrorUsagePointRequest.from_xml(body).deviceLFDI)
            return self.answer(201, Location="/mup/1")
        if self.path == "/mup/1":
            say(reading=metering_mirror.MirrorMeterReadingRequest.from_xml(body).reading.value)
        else:
            got = response.DERControlResponse.from_xml(body)
            say(response=int(got.status), subject=got.subject)
        return self.answer(201, Location=self.path + "/1")

    def log_message(self, *_):
        pass


def main(options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-CCM8" + (":@SECLEVEL=0" if ssl.OPENSSL_VERSION_INFO >= (3, 2) else ""))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(options.ca)
    context.load_cert_chain(options.cert, options.key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    say(port=server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    time.sleep(options.seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--seconds", type=float, default=20)
    main(parser.parse_args())
