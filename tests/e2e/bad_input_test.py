"""What breaks, lies, repeats itself or asks too much, on every door of the program: it gets the protocol's own error, its
session lives on, a counter and (where it concerns security) a marked log line tell of it, and nothing is lost by it.
"""
import http.server
import json
import pathlib
import re
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

import harness
from harness import BINARY, CLIENTS, PASSWORD, TEXT, Certificate, Closed, Connection, Folder, Gateway, openadr3_token, until
from station import Charger, Station, now

# Each test is a peer of its own, so that none of its lines is held back in the log because of another test.
STATIONS, INVERTERS, UTILITIES = 24, 14, 14


def setUpModule():
    global folder, gateway, inverters, other, stranger, STANDING_EVENT
    folder = Folder()
    inverters = [folder.device(f"inverter{number}") for number in range(INVERTERS)]
    other, stranger = folder.device("other"), folder.device("stranger")
    nodes = [{"id": "street", "kind": "feeder"}, {"id": "shed", "kind": "site"}, {"id": "empty", "kind": "site"}]
    devices = [{"protocol": "ocpp", "id": f"B{number}", "node": "street", "password": PASSWORD} for number in range(STATIONS)]
    devices += [{"protocol": "ocpp", "id": "LIVE", "node": "shed", "password": PASSWORD, "rated_import_w": 11040}]
    devices += [{"protocol": "ieee2030_5", "id": one.lfdi, "resource": name, "node": "street"}
                for name, one in (*((f"inverter{number}", one) for number, one in enumerate(inverters)), ("other", other))]
    gateway = Gateway(folder, nodes, devices, {f"utility{number}": CLIENTS["utility"] for number in range(UTILITIES)})
    gateway.post("/events", {"id": "standing", "start": "2100-01-01T00:00:00Z", "targets": ["street"],
                             "intervals": [{"duration_s": 60, "setpoint_w": 1000}]})
    with_token = gateway.openadr3("utility")
    program = with_token.call("POST", "/programs", '{"programName": "standing"}', JSON).json["id"]
    STANDING_EVENT = with_token.call("POST", "/events", json.dumps(vtn_event(program, "2100-01-01T00:00:00Z")), JSON).json["id"]


def tearDownModule():
    gateway.kill()
    folder.close()


JSON = {"Content-Type": "application/json"}
XML = {"Content-Type": "application/sep+xml"}


def vtn_event(program, start, kilowatts=1, targets=("street",), seconds=60):
    return {"programID": program, "eventName": "e2e", "targets": list(targets),
            "intervalPeriod": {"start": start, "duration": f"PT{seconds}S"},
            "payloadDescriptors": [{"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "DISPATCH_SETPOINT", "units": "KW"}],
            "intervals": [{"id": 0, "payloads": [{"type": "DISPATCH_SETPOINT", "values": [kilowatts]}]}]}


class BadInput(unittest.TestCase):
    """Around each test: what there was before is there after, and the process is the same."""
    keeps_everything = True

    def facts(self):
        utility = gateway.openadr3("utility")
        lists = {path: utility.call("GET", path).json for path in ("/programs", "/events", "/vens")}
        return {"events": [(event["id"], event["revision"], event["status"]) for event in gateway.get("/events")],
                "nodes": [node["id"] for node in gateway.get("/nodes")], "devices": gateway.get("/devices"),
                "resources": [(one["id"], one["node"], one["max_w"]) for one in gateway.get("/resources")], "vtn": lists}

    def setUp(self):
        self.process = gateway.process.pid
        self.before = self.facts()
        self.log_before = len(gateway.log())

    def tearDown(self):
        self.assertIsNone(gateway.process.poll(), "the gateway ended")
        after = self.facts()
        if self.keeps_everything:
            self.assertEqual(self.before, after)
        else:  # something was added on purpose; what was there is still there
            for standing in ("operator:standing", "vtn:" + STANDING_EVENT):
                self.assertIn((standing, 0, "scheduled"), after["events"])
            self.assertEqual(self.before["devices"], after["devices"])

    def counted(self, code, more=1):
        """A context in which the counter of that code rises."""
        return Counted(self, code, more)

    def logged(self, code, peer, security=False):
        """The line of that code and peer, written in this test."""
        mark = r"\[security\] " if security else ""
        pattern = rf"^\S+ \w+ +{mark}{code} {re.escape(peer)}\S*: .*$"

        def line():
            return re.search(pattern, gateway.log()[self.log_before:], re.MULTILINE)
        return until(line, 3, lambda: f"{pattern} in\n{gateway.log()[self.log_before:]}").group()

    def problem(self, answer, status, *words):
        self.assertEqual(status, answer.status, answer)
        self.assertEqual("application/problem+json", answer.headers["content-type"])
        self.assertEqual(status, answer.json["status"])
        for word in words:
            self.assertIn(word, answer.json["detail"])


class Counted:
    def __init__(self, test, code, more):
        self.test, self.name, self.more = test, "log." + code, more

    def __enter__(self):
        self.was = gateway.counter(self.name)

    def __exit__(self, kind, *_):
        if kind is None:
            until(lambda: gateway.counter(self.name) >= self.was + self.more, 3,
                  lambda: f"{self.name} rises from {self.was} by {self.more}; it is {gateway.counter(self.name)}")


# ---- OCPP ------------------------------------------------------------------------------------------------------------

class OcppMessages(BadInput):
    """Frames that are sound and messages that are not: a CALLERROR, and the session goes on."""
    unused = iter(range(0, 12))

    def setUp(self):
        super().setUp()
        self.name = f"B{next(OcppMessages.unused)}"

    def station(self, version):
        return Station(gateway, self.name, version)

    def refused_frame(self, station, frame, code, identity="-1", noted="bad_frame"):
        with self.counted(noted):
            station.socket.send(frame)
            self.assertEqual([4, identity, code], station.answer(identity)[:3])
        self.logged(noted, self.name)
        self.assertTrue(station.alive())

    def test_broken_json(self):
        with self.station("ocpp2.0.1") as station:
            self.refused_frame(station, '[2,"x","Heartbeat",{', "RpcFrameworkError")
            self.refused_frame(station, '[2,"y","Heartbeat",{"a":}]', "FormatViolation", "y", "call_refused")

    def test_broken_json_in_1_6_which_has_other_codes(self):
        with self.station("ocpp1.6") as station:
            self.refused_frame(station, '[2,"x","Heartbeat",{', "GenericError")
            self.refused_frame(station, '[2,"y","Heartbeat",{"a":}]', "FormationViolation", "y", "call_refused")

    def test_a_frame_that_is_no_message(self):
        with self.station("ocpp2.0.1") as station:
            self.refused_frame(station, '{"action":"Heartbeat"}', "RpcFrameworkError")
            self.refused_frame(station, '[2,"x","Heartbeat"]', "RpcFrameworkError", "x")
            self.refused_frame(station, '[2,"y","Heartbeat",7]', "FormatViolation", "y")

    def refused_call(self, station, action, payload, code, path):
        with self.counted("call_refused"):
            got, description, details = station.error(action, payload)
        self.assertEqual(code, got, description)
        self.assertEqual(path, details.get("path"), details)
        self.logged("call_refused", self.name)
        self.assertTrue(station.alive())

    def test_wrong_types(self):
        with self.station("ocpp1.6") as station:
            self.refused_call(station, "MeterValues", {"connectorId": {}, "meterValue": []},
                              "TypeConstraintViolation", "/connectorId")
            value = {"timestamp": now(), "sampledValue": [{"value": ["12"]}]}
            self.refused_call(station, "MeterValues", {"connectorId": 1, "meterValue": [value]},
                              "TypeConstraintViolation", "/meterValue/0/sampledValue/0/value")

    def test_too_long(self):
        with self.station("ocpp1.6") as station:
            self.refused_call(station, "Authorize", {"idTag": "x" * 21}, "PropertyConstraintViolation", "/idTag")

    def test_missing_and_empty(self):
        with self.station("ocpp2.0.1") as station:
            self.refused_call(station, "Authorize", {}, "OccurrenceConstraintViolation", "/idToken")
            self.refused_call(station, "MeterValues", {"evseId": 1, "meterValue": []},
                              "OccurrenceConstraintViolation", "/meterValue")

    def test_out_of_range(self):
        with self.station("ocpp2.0.1") as station:
            self.refused_call(station, "TransactionEvent", {
                "eventType": "Started", "timestamp": now(), "triggerReason": "Authorized", "seqNo": 0,
                "numberOfPhasesUsed": 99, "transactionInfo": {"transactionId": "t" * 37}},
                "PropertyConstraintViolation", "/transactionInfo/transactionId")

    def test_too_many(self):
        with self.station("ocpp2.0.1") as station:
            certificate = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "1",
                           "responderURL": "http://localhost"}
            self.refused_call(station, "Authorize", {"idToken": {"idToken": "a", "type": "Central"},
                                                     "iso15118CertificateHashData": [certificate] * 5},
                              "OccurrenceConstraintViolation", "/iso15118CertificateHashData")
            many = "1," * 70_000 + "1"
            self.refused_frame(station, '[2,"m","Heartbeat",{"a":[' + many + "]}]", "FormatViolation", "m", "call_refused")
            self.refused_frame(station, f"[{many}]", "RpcFrameworkError")

    def test_too_deep(self):
        with self.station("ocpp2.0.1") as station:
            self.refused_frame(station, '[2,"d","Heartbeat",{"customData":' + "[" * 200 + "]" * 200 + "}]", "RpcFrameworkError")

    def test_unknown_action(self):
        for version in ("ocpp1.6", "ocpp2.0.1"):
            with self.station(version) as station, self.counted("call_refused"):
                self.assertEqual("NotImplemented", station.error("MakeCoffee", {})[0])
                self.assertTrue(station.alive())
        self.logged("call_refused", self.name)

    def test_nothing_but_boot_before_boot(self):
        with Station(gateway, self.name, "ocpp2.0.1", boot=False) as station, self.counted("not_booted"):
            self.assertEqual("SecurityError", station.error("Heartbeat", {})[0])
            self.assertEqual("Accepted", station.boot()["status"])
            self.assertTrue(station.alive())

    def test_an_answer_that_nobody_asked_for(self):
        with self.station("ocpp1.6") as station, self.counted("unasked_answer", 2):
            station.socket.send('[3,"nobody",{}]')
            station.socket.send('[4,"nobody","GenericError","",{}]')
            self.assertTrue(station.alive())


class OcppSockets(BadInput):
    """Frames that are not sound end their connection (RFC 6455); the station, its transaction and what it is owed stay."""
    unused = iter(range(12, 20))

    def setUp(self):
        super().setUp()
        self.name = f"B{next(OcppSockets.unused)}"
        self.station = Station(gateway, self.name)
        self.station.plug_in(7000)
        self.resource = gateway.resource(self.name)
        self.assertTrue(self.resource["controllable"])

    def tearDown(self):
        self.station.close()
        super().tearDown()

    def broken(self, code, send):
        with self.counted("broken_frame"):
            send(self.station.socket)
            self.assertEqual(code, self.station.socket.close_code())
        self.assertIn(f"({code})", self.logged("broken_frame", self.name, security=True))
        until(lambda: not gateway.resource(self.name)["connected"], 3, "the station is gone")
        with Station(gateway, self.name, boot=False) as again:  # a mere reconnect needs no boot
            self.assertTrue(again.alive())
            until(lambda: gateway.resource(self.name)["controllable"], 3, "its transaction goes on")
            after = gateway.resource(self.name)
            self.assertEqual(self.resource["measured_w"], after["measured_w"])
            again.transaction = self.station.transaction
            again.meter(6000)
            until(lambda: gateway.resource(self.name)["measured_w"] == 6000, 3, "it is measured")

    def test_text_that_is_not_utf_8(self):
        self.broken(1007, lambda ws: ws.send_frame(TEXT, b'[2,"x","Heartbeat",{"a":"\xc3\x28"}]'))

    def test_reserved_bits(self):
        self.broken(1002, lambda ws: ws.send_frame(TEXT, b"[]", reserved=4))

    def test_reserved_opcode(self):
        self.broken(1002, lambda ws: ws.send_frame(5, b"[]"))

    def test_frames_without_a_mask(self):
        self.broken(1002, lambda ws: ws.send_frame(TEXT, b"[]", masked=False))

    def test_a_control_frame_in_pieces(self):
        self.broken(1002, lambda ws: ws.send_frame(9, b"x", fin=False))

    def test_a_message_that_is_too_long(self):
        self.broken(1009, lambda ws: ws.send_frame(TEXT, b"[" + b" " * 300_000))

    def test_pieces_that_are_too_long_together(self):
        def send(ws):
            for number in range(6):
                ws.send_frame(TEXT if number == 0 else 0, b" " * 60_000, fin=False)
        self.broken(1009, send)

    def test_binary(self):
        self.broken(1003, lambda ws: ws.send_frame(BINARY, b"[]"))


class OcppAdmission(BadInput):
    unused = iter(range(20, 24))

    def refused(self, status, path, user, password, code, peer):
        with self.counted(code):
            with gateway.websocket(path, user, password) as attempt:
                self.assertEqual(status, attempt.status)
                if status == 401:
                    self.assertIn("Basic", attempt.headers["www-authenticate"])
        self.assertNotIn(PASSWORD, self.logged(code, peer, security=True))

    def test_unknown_station(self):
        self.refused(404, "/NOBODY", "NOBODY", PASSWORD, "unknown_station", "NOBODY")

    def test_wrong_and_no_password(self):
        name = f"B{next(OcppAdmission.unused)}"
        with Station(gateway, name) as station:  # which is not disturbed by who fails to take its place
            self.refused(401, "/" + name, name, "wrong-" + PASSWORD, "wrong_password", name)
            self.refused(401, "/" + name, "B0", PASSWORD, "wrong_password", name)
            self.refused(401, "/" + name, None, None, "not_authenticated", name)
            self.assertTrue(station.alive())

    def test_wrong_subprotocol(self):
        name = f"B{next(OcppAdmission.unused)}"
        with self.counted("no_common_subprotocol"):
            with gateway.websocket("/" + name, name, PASSWORD, ("ocpp1.2", "ocpp1.5")) as attempt:
                self.assertEqual(101, attempt.status)
                self.assertNotIn("sec-websocket-protocol", attempt.headers)
                self.assertEqual(1002, attempt.close_code())
        self.assertIn("ocpp1.6", self.logged("no_common_subprotocol", name))
        with Station(gateway, name) as station:
            self.assertTrue(station.alive())

    def test_no_websocket_at_all(self):
        self.assertEqual(426, Connection(gateway.ocpp_port).call("GET", "/B0").status)

    def test_the_newest_socket_wins(self):
        name = f"B{next(OcppAdmission.unused)}"
        with Station(gateway, name) as old, self.counted("socket_replaced"):
            with Station(gateway, name, boot=False) as new:
                self.assertEqual(1000, old.socket.close_code())
                self.assertTrue(new.alive())
                self.assertTrue(gateway.resource(name)["connected"])


class NoHttp(BadInput):
    """What is no HTTP, or too much of it."""

    def refused(self, send, status, code):
        with self.counted(code), socket.create_connection(("127.0.0.1", gateway.ocpp_port), 10) as raw:
            raw.settimeout(10)
            raw.sendall(send)
            head = raw.recv(4096).decode("utf-8", "replace")
            self.assertTrue(head.startswith(f"HTTP/1.1 {status} "), head)
        self.logged(code, "127.0.0.1", security=True)

    def test_noise(self):
        self.refused(b"\x16\x03\x01 what is this\r\n\r\n", 400, "bad_request")

    def test_a_header_that_is_too_large(self):
        self.refused(b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 40_000 + b"\r\n\r\n", 431, "header_too_large")


# ---- IEEE 2030.5 -----------------------------------------------------------------------------------------------------

def mirror(lfdi, mrid="0" * 30 + "E1", inside=""):
    return (f'<MirrorUsagePoint xmlns="urn:ieee:std:2030.5:ns"><mRID>{mrid}</mRID><roleFlags>03</roleFlags>'
            f"<serviceCategoryKind>0</serviceCategoryKind><status>1</status><deviceLFDI>{lfdi}</deviceLFDI>{inside}"
            "</MirrorUsagePoint>")


class Ieee2030Messages(BadInput):
    unused = iter(range(1, INVERTERS))

    def setUp(self):
        super().setUp()
        self.inverter = inverters[next(Ieee2030Messages.unused)]
        self.client = gateway.ieee2030_5(self.inverter)
        self.client.call("GET", "/dcap")
        self.connection = self.client.socket_name()
        edev = self.client.call("GET", "/edev?l=1").body
        self.own = re.search(r'<EndDevice href="(/edev/\d+)"', edev).group(1)
        self.mirrors = self.client.call("GET", "/mup?l=255").body

    def tearDown(self):
        self.assertEqual(200, self.client.call("GET", "/dcap").status)
        self.assertEqual(self.connection, self.client.socket_name(), "the session did not live")
        self.assertEqual(self.mirrors, self.client.call("GET", "/mup?l=255").body)
        self.client.close()
        super().tearDown()

    def refused(self, status, method, path, body=None, headers=None, words="", reason=None, code="request_refused"):
        with self.counted(code):
            answer = self.client.call(method, path, body, headers or (XML if body is not None else {}))
        self.assertEqual(status, answer.status, answer)
        self.assertEqual("application/sep+xml", answer.headers["content-type"])
        self.assertIn("<Error ", answer.body)
        self.assertIn(words, answer.body)
        if reason is not None:
            self.assertIn(f"<reasonCode>{reason}</reasonCode>", answer.body)
        self.logged(code, self.inverter.lfdi, security=code != "request_refused")
        return answer

    def test_broken_xml(self):
        self.refused(400, "POST", "/mup", "<MirrorUsagePoint><mRID>", reason=0)
        self.refused(400, "POST", "/mup", "no xml", reason=0)
        self.refused(400, "POST", "/mup", "", {"Content-Type": "application/sep+xml", "Content-Length": "0"}, reason=0)

    def test_another_document_than_expected(self):
        self.refused(400, "POST", "/mup", '<Time xmlns="urn:ieee:std:2030.5:ns"/>', words="MirrorUsagePoint")

    def test_a_document_type_that_could_be_a_bomb(self):
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
        self.refused(400, "POST", "/mup", bomb + mirror(self.inverter.lfdi, mrid="&b;"))

    def test_wrong_types(self):
        path = f"{self.own}/der/1/ders"
        self.refused(400, "PUT", path, '<DERStatus xmlns="urn:ieee:std:2030.5:ns"><readingTime>noon</readingTime></DERStatus>',
                     words="/readingTime")

    def test_too_long(self):
        self.refused(400, "POST", "/mup", mirror(self.inverter.lfdi, mrid="0" * 40), words="/mRID")

    def test_too_deep(self):
        self.refused(400, "POST", "/mup", mirror(self.inverter.lfdi, inside="<a>" * 200 + "</a>" * 200))

    def test_too_many(self):
        self.refused(400, "POST", "/mup", mirror(self.inverter.lfdi, inside="<a/>" * 40_000))
        readings = "".join(f"<MirrorMeterReading><mRID>{number:032X}</mRID></MirrorMeterReading>" for number in range(40))
        self.refused(400, "POST", "/mup", mirror(self.inverter.lfdi, inside=readings), words="too many", reason=2)

    def test_too_large(self):
        self.refused(413, "POST", "/mup", mirror(self.inverter.lfdi, inside="<!--" + "x" * 300_000 + "-->"), reason=2)

    def test_unknown_paths_methods_and_media(self):
        self.refused(404, "GET", "/coffee")
        self.refused(405, "DELETE", "/dcap")
        self.refused(415, "POST", "/mup", "{}", {"Content-Type": "application/json"})
        self.refused(406, "GET", "/dcap", headers={"Accept": "application/json"})
        self.refused(400, "GET", "/edev?l=all")

    def test_another_devices_resources(self):
        theirs = gateway.ieee2030_5(other)
        page = theirs.call("GET", "/edev?l=1").body
        path = re.search(r'<EndDevice href="(/edev/\d+)"', page).group(1)
        self.assertNotEqual(self.own, path)
        for one in (path, path + "/rg", path + "/derp/1/derc"):
            self.refused(404, "GET", one, code="foreign_resource")
        before = theirs.call("GET", path + "/der/1/ders").body
        self.refused(404, "PUT", path + "/der/1/ders", '<DERStatus xmlns="urn:ieee:std:2030.5:ns"/>', code="foreign_resource")
        self.assertEqual(before, theirs.call("GET", path + "/der/1/ders").body)
        self.assertNotIn(other.lfdi, self.client.call("GET", "/edev?l=255").body)

    def test_readings_in_another_devices_name(self):
        self.refused(403, "POST", "/mup", mirror(other.lfdi), code="foreign_lfdi")


class Ieee2030Certificates(BadInput):
    def test_a_device_that_is_not_enrolled(self):
        client = gateway.ieee2030_5(stranger)
        with self.counted("unknown_device"):
            answer = client.call("GET", "/dcap")
            self.assertEqual(403, answer.status)
            self.assertIn("<Error ", answer.body)
        self.logged("unknown_device", stranger.lfdi, security=True)

    def refused(self, certificate, words):
        """The handshake fails, and the log says why."""
        with self.counted("tls_handshake"):
            with self.assertRaises((ssl.SSLError, ConnectionError, harness.http.client.RemoteDisconnected)):
                gateway.ieee2030_5(certificate).call("GET", "/dcap")
        self.assertRegex(self.logged("tls_handshake", "127.0.0.1", security=True), words)
        self.assertEqual(200, gateway.ieee2030_5(inverters[0]).call("GET", "/dcap").status)

    def test_no_certificate(self):
        self.refused(None, "certificate")

    def test_a_certificate_of_another_authority(self):
        with Folder() as elsewhere:
            self.refused(elsewhere.device("inverter"), "issuer|verif|trust|self.signed")

    def test_an_expired_certificate(self):
        with tempfile.TemporaryDirectory() as made:
            self.refused(expired(inverters[0], folder.certs / "ieee2030_5" / "mica", pathlib.Path(made)), "expired")


def expired(certificate, issuer, made):
    """The certificate with another end of validity, signed anew by its issuer: nothing else about it is wrong."""
    pem = pathlib.Path(certificate.chain).read_text()
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", pem, re.DOTALL)
    whole = ssl.PEM_cert_to_DER_cert(blocks[0])
    outer = 2 + (whole[1] & 0x7F if whole[1] > 0x7F else 0)  # header of the SEQUENCE around it all
    inner = whole[outer:]
    size = 2 + (inner[1] & 0x7F if inner[1] > 0x7F else 0)
    size += int.from_bytes(inner[2:size], "big") if inner[1] > 0x7F else inner[1]
    signed = inner[:size].replace(b"99991231235959Z", b"20200101000000Z")
    assert signed != inner[:size]
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")  # ecdsa-with-SHA256
    assert inner[size:].startswith(algorithm)
    (made / "signed").write_bytes(signed)
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", f"{issuer}.key", str(made / "signed")],
                               check=True, capture_output=True).stdout
    bits = b"\x03" + bytes([len(signature) + 1]) + b"\0" + signature
    body = signed + algorithm + bits
    der = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    chain = ssl.DER_cert_to_PEM_cert(der) + "".join(blocks[1:])
    (made / "old.pem").write_text(chain)
    (made / "old.key").write_text(pathlib.Path(certificate.key).read_text())
    return Certificate(made / "old")


# ---- OpenADR 3 -------------------------------------------------------------------------------------------------------

class OpenAdr3Messages(BadInput):
    unused = iter(range(UTILITIES))

    def setUp(self):
        super().setUp()
        self.name = f"utility{next(OpenAdr3Messages.unused)}"
        self.utility = gateway.openadr3(self.name)
        self.program = self.utility.call("GET", "/programs").json[0]["id"]
        self.connection = self.utility.socket_name()

    def tearDown(self):
        self.assertEqual(200, self.utility.call("GET", "/events").status)
        self.assertEqual(self.connection, self.utility.socket_name(), "the session did not live")
        self.utility.close()
        super().tearDown()

    def refused(self, status, body, *words, path="/events", noted=True):
        with self.counted("schema_violation", 1 if noted else 0):
            self.problem(self.utility.call("POST", path, body, JSON), status, *words)
        if noted:
            self.logged("schema_violation", self.name)

    def test_broken_json(self):
        self.refused(400, '{"programID": ')
        self.refused(400, "")
        self.refused(400, "[]")

    def test_wrong_types(self):
        event = vtn_event(self.program, "2100-01-01T00:00:00Z")
        event["intervals"][0]["id"] = "first"
        self.refused(400, json.dumps(event), "/intervals/0/id")
        event = vtn_event(self.program, "yesterday")
        self.refused(400, json.dumps(event), "/intervalPeriod/start")

    def test_missing(self):
        self.refused(400, '{"eventName": "x"}', "/programID")

    def test_too_long(self):
        self.refused(400, json.dumps({"programName": "x" * 129}), "/programName", path="/programs")

    def test_too_deep(self):
        self.refused(400, '{"programName":"p","attributes":' + "[" * 500 + "]" * 500 + "}", path="/programs")

    def test_too_many(self):
        event = vtn_event(self.program, "2100-01-01T00:00:00Z", targets=[f"t{number}" for number in range(300)])
        self.refused(400, json.dumps(event), "/targets")

    def test_too_large(self):
        with self.counted("body_too_large"):
            answer = gateway.openadr3("utility").call("POST", "/programs", '{"programName":"' + "x" * 1_100_000 + '"}', JSON)
            self.assertEqual(413, answer.status)
        self.logged("body_too_large", "127.0.0.1", security=True)

    def test_other_than_json(self):
        self.problem(self.utility.call("POST", "/programs", "<a/>", {"Content-Type": "text/xml"}), 415)

    def test_unknown_paths_and_methods(self):
        self.problem(self.utility.call("GET", "/coffee"), 404)
        self.problem(self.utility.call("PATCH", "/events"), 405)
        self.problem(self.utility.call("GET", "/events?limit=1000"), 400, "limit")

    def test_an_event_of_no_program(self):
        self.problem(self.utility.call("POST", "/events", json.dumps(vtn_event("none", now())), JSON), 409, "/programID")

    def test_a_program_twice(self):
        self.problem(self.utility.call("POST", "/programs", '{"programName": "standing"}', JSON), 409)


class OpenAdr3Access(BadInput):
    def test_no_and_wrong_token(self):
        token = openadr3_token(gateway.openadr3(), "utility", CLIENTS["utility"][0]).json["access_token"]
        forged = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
        for headers, code in (({}, "missing_token"), ({"Authorization": "Bearer nonsense"}, "wrong_token"),
                              ({"Authorization": "Bearer " + forged}, "wrong_token"),
                              ({"Authorization": "Basic dXRpbGl0eTp4"}, "wrong_token")):
            with self.subTest(headers), self.counted(code):
                connection = gateway.openadr3()
                answer = connection.call("GET", "/events", headers=headers)
                self.problem(answer, 401)
                self.assertIn("Bearer", answer.headers["www-authenticate"])
                line = self.logged(code, "127.0.0.1", security=True)
                self.assertNotIn(forged, line)
                self.assertEqual(200, connection.call("GET", "/events", headers={"Authorization": "Bearer " + token}).status)

    def test_wrong_secret_and_unknown_client(self):
        for client, code in (("utility", "wrong_secret"), ("nobody", "unknown_client")):
            with self.counted(code):
                answer = openadr3_token(gateway.openadr3(), client, "not the secret")
            self.assertEqual((401, "invalid_client"), (answer.status, answer.json["error"]))
            self.assertNotIn("not the secret", self.logged(code, "127.0.0.1", security=True))

    def test_wrong_scope(self):
        reader = gateway.openadr3("reader")
        with self.counted("wrong_scope"):
            answer = reader.call("POST", "/programs", '{"programName": "mine"}', JSON)
        self.problem(answer, 403, "write_programs")
        self.logged("wrong_scope", "reader", security=True)
        self.assertEqual(200, reader.call("GET", "/programs").status)

    def test_a_scope_that_the_client_has_not(self):
        answer = openadr3_token(gateway.openadr3(), "reader", CLIENTS["reader"][0], "write_events")
        self.assertEqual((400, "invalid_scope"), (answer.status, answer.json["error"]))

    def test_another_clients_objects(self):
        utility, ven = gateway.openadr3("utility"), gateway.openadr3("ven")
        theirs = utility.call("POST", "/vens", '{"objectType": "BL_VEN_REQUEST", "clientID": "other", "venName": "theirs"}', JSON)
        self.assertEqual(201, theirs.status, theirs)
        path = "/vens/" + theirs.json["id"]
        self.problem(ven.call("GET", path), 404)
        self.problem(ven.call("DELETE", path), 404)
        self.assertEqual(200, utility.call("DELETE", path).status)


# ---- OpenADR 2.0b ----------------------------------------------------------------------------------------------------

REGISTRATION = """<oadrCreatedPartyRegistration xmlns="http://openadr.org/oadr-2.0b/2012/07" ei:schemaVersion="2.0b"
  xmlns:ei="http://docs.oasis-open.org/ns/energyinterop/201110"
  xmlns:pyld="http://docs.oasis-open.org/ns/energyinterop/201110/payloads">
  <ei:eiResponse><ei:responseCode>200</ei:responseCode><pyld:requestID>r</pyld:requestID></ei:eiResponse>
  <ei:registrationID>reg</ei:registrationID><ei:venID>ven</ei:venID><ei:vtnID>vtn</ei:vtnID>
  <oadrProfiles><oadrProfile><oadrProfileName>2.0b</oadrProfileName><oadrTransports><oadrTransport>
  <oadrTransportName>simpleHttp</oadrTransportName></oadrTransport></oadrTransports></oadrProfile></oadrProfiles>
</oadrCreatedPartyRegistration>"""
REPORTS = """<oadrRegisteredReport xmlns="http://openadr.org/oadr-2.0b/2012/07" ei:schemaVersion="2.0b"
  xmlns:ei="http://docs.oasis-open.org/ns/energyinterop/201110"
  xmlns:pyld="http://docs.oasis-open.org/ns/energyinterop/201110/payloads">
  <ei:eiResponse><ei:responseCode>200</ei:responseCode><pyld:requestID>r</pyld:requestID></ei:eiResponse>
  <ei:venID>ven</ei:venID></oadrRegisteredReport>"""


class Vtn(http.server.ThreadingHTTPServer):
    """A VTN above us that registers whoever comes and then has nothing to say, but what a test puts into `bad`, once."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), VtnHandler)
        self.bad, self.polls = [], 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, path, body):
        if "RegisterParty" in path:
            return 200, REGISTRATION.encode()
        if b"oadrRegisterReport" in body:
            return 200, REPORTS.encode()
        self.polls += 1
        return self.bad.pop() if self.bad else (200, b"")  # nothing new

    def close(self):
        self.shutdown()
        self.server_close()


class VtnHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        status, body = self.server.answer(self.path, self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class OpenAdr2b(unittest.TestCase):
    """What a VTN above us answers is input too: it is refused and told, and we go on asking."""

    @classmethod
    def setUpClass(cls):
        cls.vtn, cls.folder = Vtn(), Folder()
        url = f"http://127.0.0.1:{cls.vtn.server_port}"
        cls.gateway = Gateway(cls.folder, [{"id": "street", "kind": "site"}], upstream=[
            {"name": "above", "url": url, "plain_loopback": True, "poll_s": 1}])
        cls.gateway.post("/events", {"id": "standing", "start": "2100-01-01T00:00:00Z", "intervals": [{"duration_s": 60, "level": 1}]})
        until(lambda: cls.vtn.polls > 1, 10, lambda: "we are registered and poll:\n" + cls.gateway.log())

    @classmethod
    def tearDownClass(cls):
        cls.gateway.kill()
        cls.vtn.close()
        cls.folder.close()

    def refused(self, status, body, code, security=False):
        was, log = self.gateway.counter("log." + code), len(self.gateway.log())
        events, polls = self.gateway.get("/events"), self.vtn.polls
        self.vtn.bad.append((status, body.encode()))
        until(lambda: self.gateway.counter("log." + code) > was, 20, code)
        mark = r"\[security\] " if security else ""
        until(lambda: re.search(rf"{mark}{code} ven:above: ", self.gateway.log()[log:]), 5, f"a line of {code}")
        until(lambda: self.vtn.polls > polls + 1, 20, "we go on asking")
        self.assertEqual(events, self.gateway.get("/events"))

    def test_broken_xml(self):
        self.refused(200, "<oadrPayload><oadrSignedObject>", "schema_violation")

    def test_no_xml_at_all(self):
        self.refused(200, "{}", "schema_violation")

    def test_xml_of_another_kind(self):
        self.refused(200, "<html><body>Please log in</body></html>", "schema_violation")

    def test_too_deep(self):
        self.refused(200, "<a>" * 500 + "</a>" * 500, "schema_violation")

    def test_a_server_that_is_ill(self):
        self.refused(503, "try later", "vtn_unreachable")

    def test_a_server_that_refuses_us(self):
        self.refused(403, "", "vtn_refused_us", security=True)


# ---- the operator's interface ----------------------------------------------------------------------------------------

class Operator(BadInput):
    def refused(self, status, method, path, body=None, *words, headers=None):
        with self.counted("operator_foreign" if status == 403 else "operator_refused"):
            self.problem(gateway.call(method, path, body, headers), status, *words)

    def test_broken_json(self):
        self.refused(400, "POST", "/events", '{"intervals": [')

    def test_wrong_types_lengths_depths_and_counts(self):
        interval = {"duration_s": 60, "setpoint_w": 1000}
        self.refused(400, "POST", "/events", {"intervals": [{"duration_s": "long"}]}, "/intervals/0/duration_s")
        self.refused(400, "POST", "/events", {"intervals": []}, "/intervals")
        self.refused(400, "POST", "/events", {"id": "x" * 129, "intervals": [interval]}, "/id")
        self.refused(400, "POST", "/events", {"intervals": [interval] * 1001}, "/intervals")
        self.refused(400, "POST", "/events", '{"intervals": ' + "[" * 500 + "]" * 500 + "}")
        self.refused(400, "POST", "/events", {"priority": "utmost", "intervals": [interval]}, "/priority")

    def test_a_body_that_is_too_large(self):
        with self.counted("body_too_large"):
            answer = Connection(gateway.api_port).call("POST", "/events", '{"name": "' + "x" * 1_100_000 + '"}', JSON)
            self.assertEqual(413, answer.status)

    def test_a_duplicate(self):
        self.refused(409, "POST", "/events", {"id": "standing", "intervals": [{"duration_s": 60, "setpoint_w": 9}]}, "PUT /events")

    def test_an_event_in_the_past(self):
        self.refused(400, "POST", "/events", {"start": "2001-01-01T00:00:00Z", "intervals": [{"duration_s": 60, "setpoint_w": 9}]},
                     "/intervals")

    def test_an_event_for_nobody(self):
        self.refused(409, "POST", "/events", {"targets": ["street", "atlantis"], "intervals": [{"duration_s": 9, "level": 1}]},
                     "/targets/1", "atlantis")

    def test_devices_that_cannot_be(self):
        self.refused(400, "POST", "/devices", {"protocol": "modbus", "id": "x"}, "protocol")
        self.refused(400, "POST", "/devices", {"protocol": "ieee2030_5", "id": "x"}, "40 hexadecimal digits")
        self.refused(400, "POST", "/devices", {"protocol": "ocpp", "id": "a:b"}, "colon")
        self.refused(409, "POST", "/devices", {"protocol": "ocpp", "id": "x", "node": "atlantis"}, "atlantis")
        self.refused(400, "POST", "/devices", {"protocol": "ocpp", "id": "x", "resource": "B1"}, "B1")

    def test_nodes_that_cannot_be(self):
        self.refused(409, "PUT", "/nodes/x", {"parent": "atlantis"}, "atlantis")
        self.refused(409, "DELETE", "/nodes/street", None, "device")

    def test_who_may_not_ask(self):
        self.refused(403, "GET", "/devices", headers={"Host": "evil.example"})
        self.refused(403, "GET", "/devices", headers={"Origin": "http://evil.example"})
        self.refused(415, "POST", "/events", "{}", headers={"Content-Type": "text/plain"})
        self.assertIn("[security] operator_foreign", gateway.log()[self.log_before:])

    def test_unknown_paths_and_methods(self):
        self.refused(404, "GET", "/coffee")
        self.refused(404, "GET", "/events/none")
        self.refused(405, "PATCH", "/events", {})


# ---- orders that make no sense ---------------------------------------------------------------------------------------

class Orders(BadInput):
    """Events that are sound in their form. Whose power they move is seen at the one charger of the site `shed`."""
    keeps_everything = False

    @classmethod
    def setUpClass(cls):
        cls.charger = Charger(gateway, "LIVE")
        cls.charger.start()
        until(lambda: gateway.resource("LIVE").get("measured_w") == 11040, 15, "the charger charges")

    @classmethod
    def tearDownClass(cls):
        cls.charger.stop()

    def order(self, name, seconds=60, priority="contract", **ask):
        gateway.post("/events", {"id": name, "targets": ["shed"], "priority": priority,
                                 "intervals": [{"duration_s": seconds, **ask}]})
        self.addCleanup(gateway.call, "DELETE", "/events/" + name)

    def reaches(self, watts, what):
        until(lambda: gateway.resource("LIVE").get("measured_w") == watts, 10,
              lambda: f"{what}: {watts} W; it is {gateway.resource('LIVE')}")

    def test_overlapping_events_by_priority(self):
        self.order("contract", setpoint_w=8000)
        self.reaches(8000, "the only event")
        self.order("emergency", priority="emergency", import_limit_w=5000)
        self.reaches(5000, "the stronger event")
        self.order("economic", priority="economic", setpoint_w=10000)
        self.assertEqual(204, gateway.call("DELETE", "/events/emergency").status)
        self.reaches(8000, "the stronger of the two that are left")
        self.assertEqual(204, gateway.call("DELETE", "/events/contract").status)
        self.reaches(10000, "the last that is left")
        self.assertEqual(204, gateway.call("DELETE", "/events/economic").status)
        self.reaches(11040, "no event")

    def test_more_than_the_group_can_do(self):
        with self.counted("event_problem"):
            self.order("too-much", setpoint_w=1_000_000)
            self.reaches(11040, "all that there is")
            self.assertIn("less than ordered cannot be avoided", self.problems("too-much"))
        self.logged("event_problem", "operator:too-much")

    def test_less_than_the_group_can_do(self):
        with self.counted("event_problem"):
            self.order("too-little", setpoint_w=-1_000_000)
            self.reaches(0, "as little as can be")
            self.assertIn("more than ordered cannot be avoided", self.problems("too-little"))
        self.logged("event_problem", "operator:too-little")
        self.assertEqual(204, gateway.call("DELETE", "/events/too-little").status)
        self.reaches(11040, "no event")

    def problems(self, name):
        return " ".join(until(lambda: gateway.event(name).get("problems"), 5, lambda: f"problems in {gateway.event(name)}"))

    def vtn_answer(self, **what):
        utility = gateway.openadr3("utility")
        program = utility.call("GET", "/programs").json[0]["id"]
        answer = utility.call("POST", "/events", json.dumps(vtn_event(program, **what)), JSON)
        self.assertEqual(201, answer.status, answer)
        identity = answer.json["id"]
        self.addCleanup(utility.call, "DELETE", "/events/" + identity)
        return utility, identity

    def operating_states(self, utility, identity):
        """What our report on the event says of how it is carried out."""
        states = []
        for report in utility.call("GET", "/reports").json:
            if report["eventID"] != identity:
                continue
            for resource in report["resources"]:
                for interval in resource["intervals"]:
                    states += [value for payload in interval["payloads"] if payload["type"] == "OPERATING_STATE"
                               for value in payload["values"]]
        return states

    def test_a_utilitys_event_in_the_past(self):
        utility, identity = self.vtn_answer(start="2001-01-01T00:00:00Z", kilowatts=2, targets=["shed"])
        self.assertEqual("completed", gateway.event("vtn:" + identity)["status"])
        self.assertEqual([], gateway.get("/commands?event=vtn:" + identity))
        self.assertEqual(11040, gateway.resource("LIVE")["measured_w"])

    def test_a_utilitys_event_for_nobody(self):
        with self.counted("event_problem"):
            utility, identity = self.vtn_answer(start=now(), targets=["atlantis"])
            self.assertIn("atlantis", " ".join(gateway.event("vtn:" + identity)["problems"]))
        self.logged("event_problem", "vtn:" + identity)
        self.assertEqual([], gateway.get("/commands?event=vtn:" + identity))

    def test_a_utilitys_event_sent_twice_counts_once(self):
        utility, first = self.vtn_answer(start=now(), kilowatts=6, targets=["shed"])
        second_utility, second = self.vtn_answer(start=now(), kilowatts=6, targets=["shed"])
        self.assertNotEqual(first, second)  # OpenADR 3 knows no duplicate: each POST is an event
        self.reaches(6000, "two events that ask for the same")
        self.assertEqual(200, utility.call("DELETE", "/events/" + first).status)
        self.reaches(6000, "one of them is left")
        self.assertEqual(200, second_utility.call("DELETE", "/events/" + second).status)
        self.reaches(11040, "no event")


if __name__ == "__main__":
    harness.run_tests()
