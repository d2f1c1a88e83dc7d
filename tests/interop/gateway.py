"""The gateway as the interop tests run it: a folder with certificates, a configuration, the process, its operator interface."""
import json
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.request

from running import ROOT, Program, free_port

PROGRAM = os.environ.get("BUSBAR_PROGRAM") or str(ROOT / "build" / "busbar")
PASSWORD = "interop-password-1"  # one will do for all stations here
CLIENT_ID, CLIENT_SECRET = "utility", "interop-utility-secret"


class Folder:
    """Certificates and configuration; gone with the `with` block."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.temporary.name)
        self.certs = self.path / "certs"
        self.busbar("certs", "init", "--dir", str(self.certs))

    def busbar(self, *arguments):
        result = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, cwd=str(self.path))
        if result.returncode != 0:
            raise AssertionError(f"busbar {' '.join(arguments)}: {result.stderr or result.stdout}")
        return result.stdout

    def device(self, name):
        """(certificate, key, LFDI) of a new 2030.5 device."""
        self.busbar("certs", "issue", "--dir", str(self.certs), "ieee2030_5_device", name)
        stem = self.certs / "ieee2030_5" / "devices" / name
        lfdi = self.busbar("certs", "lfdi", f"{stem}.pem")
        return f"{stem}.pem", f"{stem}.key", next(word for word in lfdi.split() if len(word) == 40)

    def files(self, protocol, stem):
        """What the peers' --cert, --key and --ca want."""
        folder = self.certs / protocol
        return ["--cert", folder / f"{stem}.pem", "--key", folder / f"{stem}.key", "--ca", folder / "ca.pem"]

    def ca(self, protocol):
        return str(self.certs / protocol / "ca.pem")


def toml(value):
    return json.dumps(value)  # strings, numbers, booleans and lists of strings look the same in both


def tls(section, folder, protocol, *stems):
    chains = [str(folder.certs / protocol / f"{stem}.pem") for stem in stems]
    keys = [str(folder.certs / protocol / f"{stem}.key") for stem in stems]
    return [f"[{section}.tls]", f"chains = {toml(chains)}", f"keys = {toml(keys)}", f"ca = {toml(folder.ca(protocol))}"]


class Gateway(Program):
    """A running gateway; `devices` are dictionaries as in [[devices]], `upstream` the URL of a 2.0b VTN."""

    def __init__(self, folder, devices, upstream=None):
        self.api, self.ocpp, self.ocpp_tls, self.ieee2030_5, self.openadr3 = (free_port() for _ in range(5))
        lines = [f"data = {toml(str(folder.path / 'data'))}", "[api]", f"port = {self.api}",
                 "[ocpp]", f"port = {self.ocpp}", f"tls_port = {self.ocpp_tls}", "meter_interval_s = 1", "call_timeout_s = 5",
                 *tls("ocpp", folder, "ocpp", "server_ecdsa", "server_rsa"),
                 "[ieee2030_5]", f"port = {self.ieee2030_5}", "poll_rate_s = 1", *tls("ieee2030_5", folder, "ieee2030_5", "server"),
                 "[openadr3]", f"port = {self.openadr3}", *tls("openadr3", folder, "openadr", "vtn_ecdsa", "vtn_rsa"),
                 "[[openadr3.clients]]", f"id = {toml(CLIENT_ID)}", f"secret = {toml(CLIENT_SECRET)}",
                 f"scopes = {toml(['read_all', 'write_programs', 'write_events'])}"]
        if upstream:
            ven = folder.certs / "openadr" / "vens" / "example_ecdsa"
            lines += ["[[openadr2b]]", 'name = "above"', f"url = {toml(upstream)}", 'ven_name = "interop-ven"', "poll_s = 1",
                      "[openadr2b.tls]", f"chains = {toml([f'{ven}.pem'])}", f"keys = {toml([f'{ven}.key'])}",
                      f"ca = {toml(folder.ca('openadr'))}"]
        lines += ["[dispatch]", "control_period_s = 1", "silent_after_s = 4", "report_period_s = 2",
                  "[[nodes]]", 'id = "feeder-1"', 'kind = "feeder"']
        for device in devices:
            lines += ["[[devices]]", 'node = "feeder-1"', *[f"{name} = {toml(value)}" for name, value in device.items()]]
        config = folder.path / "busbar.toml"
        config.write_text("\n".join(lines) + "\n", encoding="utf8")
        super().__init__([PROGRAM, "serve", "--config", str(config)])
        self.wait_until(lambda: self.get("/health"), 20, "the gateway answers")

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.api}{path}", timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return None

    def wait_until(self, holds, seconds, what):
        until = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > until or self.process.poll() is not None:
                raise AssertionError(f"not within {seconds} s: {what}\n{self.tail()}")
            time.sleep(0.1)

    def wait_for_measured(self, count, seconds):
        """Until so many resources are connected, may be controlled, and have been measured."""
        def ready(resources):
            return sum(1 for one in resources or []
                       if one.get("connected") and one.get("controllable") and one.get("measured_w") is not None)
        self.wait_until(lambda: ready(self.get("/resources")) >= count, seconds, f"{count} resources are measured")

    def ocpp_url(self, secure=False):
        return f"wss://127.0.0.1:{self.ocpp_tls}" if secure else f"ws://127.0.0.1:{self.ocpp}"

    def openadr3_url(self):
        return f"https://127.0.0.1:{self.openadr3}/openadr3/3.1.0"
