"""Programs under test: started, listened to line by line, ended. Python 3.9, standard library alone.

    with Program([peer_python(), "ocpp16_charge_point.py", …]) as station:
        station.wait_for(lambda line: "power_w" in line, 20)
        assert station.end(60) == 0
        assert station.summary()["profiles"] > 0

Peers say one JSON object a line; what is not JSON is kept as {"text": line}.
"""
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = pathlib.Path(os.environ.get("BUSBAR_PEERS") or ROOT / "build" / "peers")
SKIPPED = 77


def peer_python():
    """Python with `ocpp` and `openleadr`."""
    return str(PEERS / "bin" / "python")


def newer_python():
    """Python with `openadr3-client`, `envoy-schema` and `cactus_client`."""
    return str(PEERS / "bin" / "newer-python")


def peer(name, *arguments):
    """The command of a peer of this folder: which interpreter it needs is told by its name."""
    newer = name.startswith(("openadr3", "ieee2030_5", "peers/ieee2030_5"))
    interpreter = "node" if name.endswith(".mjs") else newer_python() if newer else peer_python()
    return [interpreter, str(HERE / name), *map(str, arguments)]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port, seconds=10):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port} after {seconds} s")


class Program:
    """A child process whose output lines are read as they come."""

    def __init__(self, command, **environment):
        self.command = command
        self.lines = []
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env={**os.environ, "PYTHONUNBUFFERED": "1", "BUSBAR_PEERS": str(PEERS), **environment}, cwd=str(ROOT))
        self.came = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            try:
                value = json.loads(line)
            except ValueError:
                value = line.rstrip("\n")
            with self.came:
                self.lines.append(value if isinstance(value, dict) else {"text": str(value)})
                self.came.notify_all()
        with self.came:
            self.came.notify_all()

    def all(self, key):
        """The values of `key` in every line that has it."""
        with self.came:
            return [line[key] for line in self.lines if key in line]

    def wait_for(self, holds, seconds):
        """The first line for which `holds(line)`; AssertionError if none comes in time or the program ends without."""
        until = time.monotonic() + seconds
        looked = 0
        with self.came:
            while True:
                while looked < len(self.lines):
                    looked += 1
                    if holds(self.lines[looked - 1]):
                        return self.lines[looked - 1]
                left = until - time.monotonic()
                if left <= 0 or not self.reader.is_alive():
                    raise AssertionError(f"{self.command[1:2]} did not say it within {seconds} s; its last lines:\n{self.tail()}")
                self.came.wait(min(left, 0.5))

    def tail(self, count=15):
        return "\n".join(json.dumps(line)[:500] for line in self.lines[-count:])

    def end(self, seconds):
        """Waits for it to end by itself; its exit code."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.command[1:2]} still runs after {seconds} s; its last lines:\n{self.tail()}") from None
        self.reader.join(5)
        return code

    def summary(self):
        found = self.all("summary")
        if not found:
            raise AssertionError(f"{self.command[1:2]} gave no summary; its last lines:\n{self.tail()}")
        return found[-1]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def run_tests(module="__main__"):
    """Runs the unittest classes of a script and closes with 'N passed, N failed[, N skipped]'; the exit code."""
    if not (PEERS / "node.stamp").exists():
        print("the peers are not there: tests/interop/peers/ready makes them")
        if os.environ.get("CI") != "true":
            print("0 passed, 0 failed, 1 skipped")
            sys.exit(SKIPPED)
        print("0 passed, 1 failed")
        sys.exit(1)
    program = unittest.main(module=module, exit=False, verbosity=2)
    result = program.result
    bad, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print(f"{result.testsRun - bad - skipped} passed, {bad} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if bad else 0)
