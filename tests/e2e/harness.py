"""The program as its tests run it: a folder with a test authority, a configuration, the process, and its operator's interface.

    with Folder() as folder, Gateway(folder) as gateway:
        gateway.post("/events", {"id": "peak", "intervals": [{"duration_s": 60, "setpoint_w": 5000}]})
        gateway.kill()    # -9
        gateway.start()   # on the same store and ports

Python 3.9, standard library alone. BUSBAR_PROGRAM names the program.
"""
import base64
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("BUSBAR_PROGRAM") or str(ROOT / "build" / "busbar")
PASSWORD = "e2e-station-password"
CLIENTS = {  # id -> secret, scopes
    "utility": ("e2e-utility-secret", ["read_all", "write_programs", "write_events", "write_vens"]),
    "reader": ("e2e-reader-secret", ["read_all"]),
    "ven": ("e2e-ven-secret", ["read_targets", "read_ven_objects", "write_reports", "write_vens"]),
}
SECRETS = [PASSWORD, *[secret for secret, _ in CLIENTS.values()]]


def busbar(*arguments, folder=None, stdin="", timeout=60):
    """Runs a command to its end: its exit code, standard output and standard error."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=timeout,
                          cwd=folder and str(folder))
    return done.returncode, done.stdout, done.stderr


def free_ports(count):
    listeners = [socket.socket() for _ in range(count)]
    try:
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()


def until(holds, seconds, what, pause=0.05):
    """The first true value of `holds()`; AssertionError if none comes in time."""
    end = time.monotonic() + seconds
    while True:
        value = holds()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(pause)


class Folder:
    """A temporary folder with a test authority in certs/."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="busbar-e2e-")
        self.path = pathlib.Path(self.temporary.name)
        self.certs = self.path / "certs"
        self.busbar("certs", "init", "--dir", self.certs)

    def busbar(self, *arguments):
        code, out, err = busbar(*arguments, folder=self.path)
        if code != 0:
            raise AssertionError(f"busbar {' '.join(map(str, arguments))}: {err or out}")
        return out

    def device(self, name):
        """A new 2030.5 device's certificate."""
        self.busbar("certs", "issue", "--dir", self.certs, "ieee2030_5_device", name)
        return Certificate(self.certs / "ieee2030_5" / "devices" / name)

    def tls(self, table, protocol, *stems):
        files = [self.certs / protocol / stem for stem in stems]
        return [f"[{table}]", f"chains = {toml([f'{stem}.pem' for stem in files])}",
                f"keys = {toml([f'{stem}.key' for stem in files])}", f"ca = {toml(self.ca(protocol))}"]

    def ca(self, protocol):
        return str(self.certs / protocol / "ca.pem")

    def close(self):
        self.temporary.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Certificate:
    def __init__(self, stem):
        self.chain, self.key = f"{stem}.pem", f"{stem}.key"
        self.lfdi = busbar("certs", "lfdi", self.chain)[1].split()[0]


def toml(value):
    return json.dumps(value)  # strings, numbers, booleans and lists of strings look the same in both


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, {name.lower(): value for name, value in headers}, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Connection:
    """A kept HTTP connection; it is opened again if the other end has closed it."""

    def __init__(self, port, tls=None, base="", headers=None):
        self.connection = (http.client.HTTPSConnection("127.0.0.1", port, context=tls, timeout=15) if tls else
                           http.client.HTTPConnection("127.0.0.1", port, timeout=15))
        self.base, self.headers = base, headers or {}

    def call(self, method, path, body=None, headers=None):
        if isinstance(body, str):
            body = body.encode()
        self.connection.request(method, self.base + path, body, {**self.headers, **(headers or {})})
        response = self.connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read().decode("utf-8", "replace"))

    def socket_name(self):
        """Which TCP connection it is: the same name before and after means that it lived."""
        return self.connection.sock and self.connection.sock.getsockname()

    def close(self):
        self.connection.close()

    def __del__(self):
        self.close()


class Gateway:
    """A gateway on ports of its own. `nodes`, `devices` and `upstream` are dictionaries as in the configuration file."""

    def __init__(self, folder, nodes=(), devices=(), clients=None, log_format="text", upstream=()):
        self.folder, self.clients = folder, {**CLIENTS, **(clients or {})}
        self.api_port, self.ocpp_port, self.ocpp_tls_port, self.ieee2030_5_port, self.openadr3_port = free_ports(5)
        self.config_path = folder.path / "busbar.toml"
        self.log_path, self.out_path = folder.path / "log", folder.path / "out"
        self.config_path.write_text("\n".join(self._configuration(log_format, {"nodes": nodes, "devices": devices, "openadr2b": upstream})) + "\n")
        self.process = None
        self._api = None
        try:
            self.start()
        except BaseException:
            self.kill()
            raise

    def _configuration(self, log_format, tables):
        lines = ['data = "data"', "[log]", f"format = {toml(log_format)}", "[api]", f"port = {self.api_port}",
                 "[ocpp]", f"port = {self.ocpp_port}", f"tls_port = {self.ocpp_tls_port}", "meter_interval_s = 1",
                 "call_timeout_s = 3", *self.folder.tls("ocpp.tls", "ocpp", "server_ecdsa", "server_rsa"),
                 "[ieee2030_5]", f"port = {self.ieee2030_5_port}", "poll_rate_s = 1",
                 *self.folder.tls("ieee2030_5.tls", "ieee2030_5", "server"),
                 "[openadr3]", f"port = {self.openadr3_port}", *self.folder.tls("openadr3.tls", "openadr", "vtn_ecdsa", "vtn_rsa"),
                 "[dispatch]", "control_period_s = 1", "silent_after_s = 4", "report_period_s = 1"]
        for client, (secret, scopes) in self.clients.items():
            lines += ["[[openadr3.clients]]", f"id = {toml(client)}", f"secret = {toml(secret)}", f"scopes = {toml(scopes)}"]
        for table, rows in tables.items():
            for row in rows:
                lines += [f"[[{table}]]", *[f"{key} = {toml(value)}" for key, value in row.items()]]
        return lines

    # ---- the process

    def start(self):
        out, log = open(self.out_path, "ab"), open(self.log_path, "ab")
        self.process = subprocess.Popen([PROGRAM, "serve", "--config", str(self.config_path)], stdin=subprocess.DEVNULL,
                                        stdout=out, stderr=log)
        out.close()
        log.close()
        until(self._answers, 30, lambda: "the gateway answers; its log:\n" + self.log()[-2000:], 0.02)

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the gateway ended with {self.process.returncode}; its log:\n{self.log()[-2000:]}")
        self._api = Connection(self.api_port)
        try:
            return self._api.call("GET", "/health").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def stop(self, seconds=15):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    # ---- what it says

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def out(self):
        return self.out_path.read_text(errors="replace")

    def url(self):
        return f"http://127.0.0.1:{self.api_port}"

    def call(self, method, path, body=None, headers=None):
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        given = {"Content-Type": "application/json"} if body is not None else {}
        return self._api.call(method, path, body, {**given, **(headers or {})})

    def get(self, path):
        answer = self.call("GET", path)
        if answer.status != 200:
            raise AssertionError(f"GET {path}: {answer}")
        return answer.json

    def post(self, path, body):
        answer = self.call("POST", path, body)
        if answer.status != 201:
            raise AssertionError(f"POST {path}: {answer}")
        return answer.json

    def counter(self, name):
        return self.get("/counters").get(name, 0)

    def state_hash(self):
        return self.get("/health")["state_hash"]

    def resource(self, name):
        return self.get("/resources/" + urllib.parse.quote(name, safe=""))

    def event(self, name):
        return self.get("/events/" + urllib.parse.quote(name, safe=""))

    # ---- peers

    def websocket(self, path, user=None, password=PASSWORD, subprotocols=("ocpp1.6",), tls=False):
        port = self.ocpp_tls_port if tls else self.ocpp_port
        context = None
        if tls:
            context = ssl.create_default_context(cafile=self.folder.ca("ocpp"))
        return WebSocket(port, path, user, password, subprotocols, context)

    def ieee2030_5(self, certificate, ca=None):
        media = {"Accept": "application/sep+xml"}
        return Connection(self.ieee2030_5_port, ieee2030_5_context(certificate, ca or self.folder.ca("ieee2030_5")), "", media)

    def openadr3(self, client=None, token=None):
        """A client of the VTN; with `client`, one that has got itself a token."""
        connection = Connection(self.openadr3_port, ssl.create_default_context(cafile=self.folder.ca("openadr")),
                                "/openadr3/3.1.0")
        if client:
            token = openadr3_token(connection, client, self.clients[client][0]).json["access_token"]
        if token:
            connection.headers = {"Authorization": "Bearer " + token}
        return connection


def openadr3_token(connection, client, secret, scope=None):
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    if scope:
        form["scope"] = scope
    return connection.call("POST", "/auth/token", urllib.parse.urlencode(form),
                           {"Content-Type": "application/x-www-form-urlencoded"})


def ieee2030_5_context(certificate, ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    # The eight-byte tag counts as 64 bits from OpenSSL 3.2 on, below what its default security level takes.
    relaxed = ":@SECLEVEL=0" if ssl.OPENSSL_VERSION_INFO >= (3, 2) else ""
    context.set_ciphers("ECDHE-ECDSA-AES128-CCM8" + relaxed)
    context.check_hostname = False  # names are not what these certificates certify
    context.load_verify_locations(ca)
    if certificate:
        context.load_cert_chain(certificate.chain, certificate.key)
    return context


TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Closed(Exception):
    """The other end closed the WebSocket: `code` 1006 without a close frame."""

    def __init__(self, code, reason=""):
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


class WebSocket:
    """A WebSocket client down to the bytes, so that it can also send what no client would. status != 101: refused."""

    def __init__(self, port, path, user, password, subprotocols, tls=None):
        self.socket = socket.create_connection(("127.0.0.1", port), 15)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        if subprotocols:
            lines.append("Sec-WebSocket-Protocol: " + ", ".join(subprotocols))
        if user is not None:
            lines.append("Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.buffer = b""
        head = self._until(b"\r\n\r\n").decode()
        self.status = int(head.split()[1])
        self.headers = {name.lower(): value for name, value in re.findall(r"\r\n([^:\r]+): ([^\r]*)", head)}
        self.body = self._exactly(int(self.headers.get("content-length", 0))).decode() if self.status != 101 else ""

    def _fill(self):
        try:
            more = self.socket.recv(65536)
        except ConnectionError:
            more = b""
        if not more:
            raise Closed(1006, "end of stream")
        self.buffer += more

    def _until(self, mark):
        while mark not in self.buffer:
            self._fill()
        taken, self.buffer = self.buffer.split(mark, 1)
        return taken

    def _exactly(self, count):
        while len(self.buffer) < count:
            self._fill()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def send(self, text):
        self.send_frame(TEXT, text.encode())

    def send_frame(self, opcode, payload=b"", fin=True, reserved=0, masked=True):
        head = bytes([(fin << 7) | (reserved << 4) | opcode])
        mask_bit = 0x80 if masked else 0
        if len(payload) < 126:
            head += bytes([mask_bit | len(payload)])
        elif len(payload) < 65536:
            head += bytes([mask_bit | 126]) + len(payload).to_bytes(2, "big")
        else:
            head += bytes([mask_bit | 127]) + len(payload).to_bytes(8, "big")
        # A mask of zeros is a mask: the payload goes out as it is.
        self.socket.sendall(head + (b"\0\0\0\0" if masked else b"") + payload)

    def receive(self, seconds=10):
        """The next text; raises Closed at the end, TimeoutError if nothing comes."""
        self.socket.settimeout(seconds)
        while True:
            try:
                first, second = self._exactly(2)
                size = second & 0x7F
                if size > 125:
                    size = int.from_bytes(self._exactly(2 if size == 126 else 8), "big")
                payload = self._exactly(size)
            except socket.timeout:
                raise TimeoutError("nothing came") from None
            opcode = first & 15
            if opcode == CLOSE:
                self.send_last(payload[:2])
                raise Closed(int.from_bytes(payload[:2], "big") if payload else 1005, payload[2:].decode("utf-8", "replace"))
            if opcode == PING:
                self.send_frame(PONG, payload)
            elif opcode == TEXT:
                return payload.decode()

    def send_last(self, payload):
        try:
            self.send_frame(CLOSE, payload)
        except OSError:
            pass  # it has hung up already

    def close_code(self):
        """Reads to the end: how the other end closed."""
        while True:
            try:
                self.receive()
            except Closed as closed:
                return closed.code

    def close(self):
        self.socket.close()

    def __del__(self):
        if hasattr(self, "socket"):
            self.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def run_tests(module="__main__"):
    """Runs the unittest classes of a script and closes with 'N passed, N failed[, N skipped]'; the exit code."""
    if not os.access(PROGRAM, os.X_OK):
        print(f"there is no program {PROGRAM}: build it, or name it by BUSBAR_PROGRAM")
        print("0 passed, 1 failed")
        sys.exit(1)
    program = unittest.main(module=module, exit=False, verbosity=2)
    result = program.result
    wrong = [test for test, _ in result.failures + result.errors]
    bad, skipped = len({getattr(test, "test_case", test).id() for test in wrong}), len(result.skipped)  # a test, not its subtests
    print(f"{result.testsRun - bad - skipped} passed, {bad} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if bad else 0)
