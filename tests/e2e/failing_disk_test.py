"""The Nth open, write, sync, cut, unlink or rename in the data folder fails, for N = 1, 2, 3 … until a run passes untouched:
the whole program, from its first start on an empty folder over changes that it acknowledges to its end, then a backup and a
restore. Whatever fails: one line that names the place, nothing acknowledged is lost, nothing is acknowledged in vain.
"""
import errno
import http.client
import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import harness
from harness import busbar, free_ports, toml, until
from versions_test import put

HERE = pathlib.Path(__file__).resolve().parent
FAR = "2100-01-01T00:00:00Z"
MOST = 2000  # operations that one run may take


def setUpModule():
    global temporary, library
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        raise unittest.SkipTest("no C compiler to make the failing disk with")
    temporary = tempfile.TemporaryDirectory(prefix="busbar-e2e-")
    unittest.addModuleCleanup(temporary.cleanup)
    library = pathlib.Path(temporary.name) / "failing_disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(HERE / "failing_disk.c"), "-ldl", "-lpthread"], check=True)


class FailingDisk(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=temporary.name))
        self.data, self.note = self.folder / "data", self.folder / "note"
        self.config = self.folder / "busbar.toml"
        self.process = None
        self.kinds = set()

    def tearDown(self):
        self.end()

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def failing(self, nth, error, only=None):
        environment = {**os.environ, "LD_PRELOAD": str(library), "FAILING_FOLDER": str(self.data), "FAILING_NTH": str(nth),
                       "FAILING_ERRNO": str(error), "FAILING_NOTE": str(self.note)}
        if only:
            environment["FAILING_ONLY"] = only
        return environment

    def fresh(self):
        for path in (self.data, self.folder / "again"):
            shutil.rmtree(path, ignore_errors=True)
        self.note.unlink(missing_ok=True)
        self.port = free_ports(1)[0]
        self.config.write_text(f"data = {toml(str(self.data))}\n[api]\nport = {self.port}\n[[nodes]]\nid = \"site-1\"\nkind = \"site\"\n")

    def struck(self):
        if self.note.exists():
            self.kinds.add(self.note.read_text().strip())
            return True
        return False

    def start(self, environment=None):
        """Whether it serves; if not, it has said why in one line."""
        self.log = self.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([harness.PROGRAM, "serve", "--config", str(self.config)], env=environment, stderr=log,
                                            stdout=subprocess.DEVNULL)
        return until(self._known, 20, "it serves or refuses", 0.005) == "serves"

    def _known(self):
        if self.process.poll() is not None:
            self.check_line()
            return "ended"
        try:
            self.api = harness.Connection(self.port, headers={"Content-Type": "application/json"})
            return self.api.call("GET", "/health").status == 200 and "serves"
        except (OSError, http.client.HTTPException):
            return False

    def check_line(self):
        """It has ended with 1 and said why, last of all, in one line that names the place."""
        self.assertEqual(1, self.process.returncode, self.log.read_text())
        last = [line for line in self.log.read_text().splitlines() if line.startswith("busbar: ")]
        self.assertEqual(1, len(last), self.log.read_text())
        self.assertIn(str(self.data), last[0])

    def work(self):
        """Changes, one after the other; event -> status for what was acknowledged. An answer that did not come: it has ended."""
        there, devices = {}, set()
        try:
            for number in range(3):
                if self.api.call("POST", "/events", f'{{"id": "e{number}", "start": "{FAR}", "intervals": [{{"duration_s": 60, "level": 1}}]}}').status == 201:
                    there[f"e{number}"] = "scheduled"
            if self.api.call("POST", "/devices", '{"protocol": "ocpp", "id": "D", "node": "site-1", "password": "failing-disk-pass"}').status == 201:
                devices.add("D")
            there["e0"] = None  # under way: either
            if self.api.call("DELETE", "/events/e0").status == 204:
                there["e0"] = "cancelled"
        except (OSError, http.client.HTTPException):
            self.process.wait(10)
            self.check_line()
            return there, devices
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(10) != 0:
            self.check_line()
        return there, devices

    def check(self, there, devices):
        """Without faults: everything acknowledged is there, once, and the store is good."""
        self.assertTrue(self.start(), self.log.read_text())
        events = self.api.call("GET", "/events").json
        status = {event["native_id"]: event["status"] for event in events}
        self.assertEqual(len(status), len(events))
        for name, expected in there.items():
            self.assertIn(status.get(name), [expected] if expected else ["scheduled", "cancelled"], name)
        self.assertLessEqual(devices, {device["id"] for device in self.api.call("GET", "/devices").json})
        self.end()
        code, out, err = busbar("check-store", self.data)
        self.assertEqual((0, ""), (code, err), out)

    def loop(self, error, only=None):
        for nth in itertools.count(1):
            self.assertLess(nth, MOST)
            self.fresh()
            there, devices = self.work() if self.start(self.failing(nth, error, only)) else ({}, set())
            with self.subTest(nth=nth, kind=self.note.read_text().strip() if self.note.exists() else "none"):
                self.check(there, devices)
            if not self.struck():
                self.assertEqual({"e0": "cancelled", "e1": "scheduled", "e2": "scheduled"}, there)
                print(f"{nth - 1} operations of {sorted(self.kinds)}, each failed once with {errno.errorcode[error]}")
                return

    def test_each_operation_fails(self):
        self.loop(errno.EIO)
        self.assertLessEqual({"open", "write", "sync"}, self.kinds)

    def test_the_disk_is_full_at_each_write(self):
        self.loop(errno.ENOSPC, "write")

    def test_each_operation_of_a_migration_fails(self):
        """A store of schema 1 becomes one of the newest, or stays what it is and becomes one at the next start."""
        for nth in itertools.count(1):
            self.fresh()
            put("schema_1", self.data)
            self.start(self.failing(nth, errno.EIO))
            self.end()
            struck = self.struck()
            self.assertTrue(self.start(), self.log.read_text())
            names = {event["native_id"] for event in self.api.call("GET", "/events").json}
            self.end()
            self.assertLessEqual({"after", "changed", "later"}, names, f"operation {nth}")
            if not struck:
                return print(f"{nth - 1} operations of {sorted(self.kinds)} of a migration")

    def command(self, nth, *arguments):
        done = subprocess.run([harness.PROGRAM, *map(str, arguments)], env=self.failing(nth, errno.EIO), capture_output=True, text=True, timeout=20)
        if done.returncode != 0:
            self.assertEqual((1, 1), (done.returncode, len(done.stderr.splitlines())), done.stderr)
            self.assertIn(str(self.folder), done.stderr)
        return done.returncode == 0

    def store(self):
        self.fresh()
        self.assertTrue(self.start())
        self.work()
        return self.data

    def test_each_operation_of_a_backup_fails(self):
        """In the folder of the copy and in the store's. A name that is there is a good copy; the store is as it was."""
        self.store()
        store, self.data = self.data.rename(self.folder / "store"), self.folder
        for nth in itertools.count(1):
            self.note.unlink(missing_ok=True)
            copy = self.folder / f"copy{nth}"
            made = self.command(nth, "backup", "--data", store, copy)
            self.assertEqual(made, copy.exists())
            self.assertEqual([], list(self.folder.glob("*unfinished*")))
            for path in filter(pathlib.Path.exists, (copy, store)):
                self.assertEqual(0, busbar("check-store", path)[0], f"operation {nth}")
            if not self.struck():
                self.assertTrue(made)
                return print(f"{nth - 1} operations of {sorted(self.kinds)} of a backup")

    def test_each_operation_of_a_restore_fails(self):
        self.store()
        copy = self.folder / "copy"
        self.assertEqual(0, busbar("backup", "--data", self.data, copy)[0])
        for nth in itertools.count(1):
            self.note.unlink(missing_ok=True)
            shutil.rmtree(self.data)
            made = self.command(nth, "restore", copy, self.data)
            self.assertEqual(made, (self.data / "busbar.db").exists(), f"operation {nth}")
            self.assertEqual(not made, busbar("restore", copy, self.data)[0] == 0, "what failed may be tried again")
            self.assertEqual(0, busbar("check-store", self.data)[0])
            if not self.struck():
                self.assertTrue(made)
                return print(f"{nth - 1} operations of {sorted(self.kinds)} of a restore")


if __name__ == "__main__":
    harness.run_tests()
