"""Backups made while the gateway works, restored elsewhere; and stores, backups and disks that cannot be used: one line that
names the place and what to do, code 1, and nothing changed.
"""
import os
import pathlib
import re
import resource
import shutil
import sqlite3
import subprocess
import threading
import time
import unittest

import harness
from harness import PASSWORD, Folder, Gateway, busbar, free_ports, toml, until
from station import Station

NODES = [{"id": "site-1", "kind": "site"}]
FAR = "2100-01-01T00:00:00Z"


class Writer(threading.Thread):
    """An operator who makes events without a pause; `names` are those that were acknowledged."""

    def __init__(self, gateway):
        super().__init__(daemon=True)
        self.api = harness.Connection(gateway.api_port, headers={"Content-Type": "application/json"})
        self.names, self.stopping, self.fault = [], threading.Event(), None

    def run(self):
        try:
            while not self.stopping.is_set():
                name = f"e{len(self.names)}"
                body = f'{{"id": "{name}", "start": "{FAR}", "intervals": [{{"duration_s": 60, "level": 1}}]}}'
                answer = self.api.call("POST", "/events", body)
                if answer.status != 201:
                    raise AssertionError(answer)
                self.names.append(name)
        except Exception as fault:  # told by the test
            self.fault = fault

    def stop(self):
        self.stopping.set()
        self.join(20)
        if self.fault:
            raise self.fault


class Backups(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.data, self.copy = self.folder.path / "data", self.folder.path / "copy.db"
        self.gateway = Gateway(self.folder, NODES, [
            {"protocol": "ocpp", "id": "CP1", "node": "site-1", "password": PASSWORD, "rated_import_w": 11040}])
        self.addCleanup(self.gateway.kill)

    def fails(self, *words, arguments):
        code, out, err = busbar(*arguments, folder=self.folder.path)
        self.assertEqual((1, 1), (code, len(err.splitlines())), out + err)
        self.assertTrue(err.startswith("busbar: "), err)
        for word in words:
            self.assertIn(word, err)

    def test_made_under_load_and_served_elsewhere(self):
        with Station(self.gateway, "CP1") as station:
            station.plug_in(7000)
            writer = Writer(self.gateway)
            writer.start()
            self.addCleanup(writer.stop)
            until(lambda: len(writer.names) > 20, 10, "there is a load")
            for number in range(5):
                before, copy = list(writer.names), self.folder.path / f"copy{number}.db"
                self.folder.busbar("backup", "--config", self.gateway.config_path, copy)
                self.assertEqual(0o600, copy.stat().st_mode & 0o777)
                self.folder.busbar("check-store", copy)
            self.assertGreater(len(writer.names), len(before), "the gateway went on meanwhile")
            writer.stop()
            transaction = station.transaction
        self.gateway.kill()
        shutil.rmtree(self.data)
        self.folder.busbar("restore", copy, self.data)
        self.gateway.start()
        found = {event["native_id"] for event in self.gateway.get("/events")}
        self.assertLessEqual(set(before), found)
        self.assertLessEqual(found, {*writer.names, f"e{len(writer.names)}"})
        with Station(self.gateway, "CP1", boot=False) as station:  # its transaction goes on
            until(lambda: self.gateway.resource("CP1")["controllable"], 5, "it charges")
            station.transaction = transaction
            station.meter(5000)
            until(lambda: self.gateway.resource("CP1").get("measured_w") == 5000, 5, "it is measured")

    def test_of_a_store_at_rest(self):
        self.assertEqual(0, self.gateway.stop())
        self.folder.busbar("backup", "--data", self.data, self.copy)
        self.folder.busbar("restore", self.copy, self.folder.path / "new" / "place")
        code, out, _ = busbar("check-store", self.folder.path / "new" / "place")
        self.assertEqual(0, code, out)
        self.assertIn(busbar("check-store", self.data)[1].split("state ")[1].split()[0], out)

    def test_overwrites_nothing(self):
        self.copy.write_text("mine")
        self.fails(str(self.copy), "is there already", arguments=("backup", "--data", self.data, self.copy))
        self.assertEqual("mine", self.copy.read_text())

    def test_is_no_half_one(self):
        self.fails("no/such", "nothing was changed", arguments=("backup", "--data", self.data, self.folder.path / "no/such/copy"))
        self.fails("nowhere", "is not there", arguments=("backup", "--data", self.folder.path / "nowhere", self.copy))
        self.assertFalse(self.copy.exists() or pathlib.Path(f"{self.copy}.unfinished").exists())

    def test_a_disk_that_is_full(self):
        def small():
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        done = subprocess.run([harness.PROGRAM, "backup", "--data", str(self.data), str(self.copy)], capture_output=True, text=True,
                              preexec_fn=small, timeout=30)
        self.assertEqual((1, 1), (done.returncode, len(done.stderr.splitlines())), done.stderr)
        self.assertIn(str(self.copy), done.stderr)
        self.assertIn("no copy was made", done.stderr)
        self.assertEqual([], [path.name for path in self.folder.path.iterdir() if "copy" in path.name])

    def test_not_over_a_store_and_not_beside_a_gateway(self):
        self.folder.busbar("backup", "--data", self.data, self.copy)
        self.fails("another busbar works on it", str(self.gateway.process.pid), arguments=("restore", self.copy, self.data))
        self.gateway.kill()
        before = (self.data / "busbar.db").read_bytes()
        self.fails("there is a store in this directory already", arguments=("restore", self.copy, self.data))
        self.assertEqual(before, (self.data / "busbar.db").read_bytes())
        (self.data / "busbar.db").unlink()  # what is left is a log that belongs to another database
        self.fails("busbar.db-wal", arguments=("restore", self.copy, self.data))

    def test_a_bad_one_is_not_restored(self):
        place = self.folder.path / "place"
        self.gateway.post("/events", {"id": "e", "start": FAR, "intervals": [{"duration_s": 60, "level": 1}]})
        self.folder.busbar("backup", "--data", self.data, self.copy)
        self.fails("is not there", arguments=("restore", self.folder.path / "none", place))
        self.fails("holds no store", arguments=("restore", self.folder.path / "certs", place))
        (self.folder.path / "text").write_text("no database " * 1000)
        self.fails("damaged", arguments=("restore", self.folder.path / "text", place))
        shutil.copy(self.copy, self.folder.path / "gap")
        change(self.folder.path / "gap", "DELETE FROM entries WHERE sequence = 2")
        self.fails("no entry 2", arguments=("restore", self.folder.path / "gap", place))
        shutil.copy(self.copy, self.folder.path / "odd")
        change(self.folder.path / "odd", "UPDATE entries SET body = CAST('{\"event\": 7}' AS BLOB) WHERE sequence = 1")
        self.fails("journal entry 1 cannot be read", arguments=("restore", self.folder.path / "odd", place))
        self.assertFalse((place / "busbar.db").exists())


def change(path, sql):
    database = sqlite3.connect(path)
    database.execute(sql)
    database.commit()
    database.close()


def damage(path, at, count=4096):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(bytes((index * 37 + 11) % 256 for index in range(count)))


class Stores(unittest.TestCase):
    """What `busbar serve` says of a store that it cannot use."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        with Gateway(cls.folder, NODES) as gateway:
            for number in range(300):
                gateway.post("/events", {"id": f"e{number}", "start": FAR, "intervals": [{"duration_s": 60, "level": 1}]})
            cls.whole = cls.folder.path / "whole"
            assert gateway.stop() == 0
        (cls.folder.path / "data").rename(cls.whole)

    @classmethod
    def tearDownClass(cls):
        cls.folder.close()

    def setUp(self):
        self.data = self.folder.path / self.id().rsplit(".", 1)[1]
        shutil.copytree(self.whole, self.data)
        self.database = self.data / "busbar.db"

    def refused(self, *words, command="serve", **options):
        config = self.folder.path / "busbar.toml"
        config.write_text(f"data = {toml(str(self.data))}\n[api]\nport = {free_ports(1)[0]}\n")
        before = self.database.read_bytes()
        arguments = ["serve", "--config", str(config)] if command == "serve" else [command, str(self.data)]
        done = subprocess.run([harness.PROGRAM, *arguments], capture_output=True, text=True, timeout=20, **options)
        self.assertEqual((1, 1), (done.returncode, len(done.stderr.splitlines())), done.stderr)
        self.assertTrue(done.stderr.startswith(f"busbar: {self.data}"), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual(before, self.database.read_bytes())

    def test_a_damaged_header(self):
        damage(self.database, 0, 64)
        self.refused("damaged", "restore it from a backup")

    def test_a_damaged_page_in_the_middle(self):
        damage(self.database, self.database.stat().st_size // 2 // 4096 * 4096)
        self.refused("damaged", "restore it from a backup")
        self.refused("damaged", "restore it from a backup", command="check-store")

    def test_a_torn_last_page(self):
        os.truncate(self.database, self.database.stat().st_size - 2000)
        self.refused("damaged", "restore it from a backup")

    def test_a_newer_one(self):
        change(self.database, "PRAGMA user_version = 99")
        self.refused("schema 99", "start the newer busbar that wrote it")

    def test_another_programs(self):
        change(self.database, "PRAGMA application_id = 7")
        self.refused("another program")

    def test_a_snapshot_that_cannot_be_read(self):
        change(self.database, "UPDATE snapshots SET body = CAST('{\"version\": 77}' AS BLOB)")
        self.refused("snapshot 3", "cannot be read")

    def test_an_entry_that_is_missing(self):
        change(self.database, "DELETE FROM snapshots")
        change(self.database, "DELETE FROM entries WHERE sequence = 100")
        self.refused("no entry 100", "restore it from a backup")
        self.refused("no entry 100", command="check-store")

    def test_an_enrolment_that_cannot_be_read(self):
        change(self.database, "INSERT INTO documents VALUES ('enrolments', 'x', CAST('{' AS BLOB))")
        self.refused("enrolment x cannot be read")

    def test_a_snapshot_of_another_state_is_found(self):
        state = sqlite3.connect(self.database)
        body = state.execute("SELECT body FROM snapshots").fetchone()[0].decode()
        state.close()
        number = re.search(r'"next_command":(\d+)', body).group(1)
        changed = body.replace(f'"next_command":{number}', f'"next_command":{int(number) + 5}')
        store = sqlite3.connect(self.database)
        store.execute("UPDATE snapshots SET body = ?", (changed.encode(),))
        store.commit()
        store.close()
        self.refused("is not good: snapshot of entry", "the replay gives", command="check-store")

    def test_a_disk_that_is_full_at_the_start(self):
        def small():
            resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))
        self.refused("cannot open it", preexec_fn=small)


class DamagedLog(unittest.TestCase):
    def test_is_refused_before_anything_is_lost(self):
        with Folder() as folder:
            gateway = Gateway(folder, NODES)
            self.addCleanup(gateway.kill)
            for number in range(30):
                gateway.post("/events", {"id": f"e{number}", "start": FAR, "intervals": [{"duration_s": 60, "level": 1}]})
            gateway.kill()
            log = folder.path / "data" / "busbar.db-wal"
            whole = log.read_bytes()
            middle = len(whole) // 2
            log.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:])
            code, out, err = busbar("serve", "--config", gateway.config_path, folder=folder.path)
            self.assertEqual((1, "", 1), (code, out, len(err.splitlines())), err)
            self.assertRegex(err, r"^busbar: .*/data/busbar\.db-wal: frame \d+ of \d+ does not verify: the file is damaged; restore a backup, or ")
            self.assertIn("does not verify", busbar("check-store", folder.path / "data")[2])
            log.write_bytes(whole)  # nothing was changed: with the right byte everything is there
            gateway.start()
            self.assertEqual(30, len(gateway.get("/events")))


class ChangedSettings(unittest.TestCase):
    def test_old_entries_are_replayed_under_the_old_ones(self):
        """After a kill and a change of the configuration: what was decided is not decided anew."""
        with Folder() as folder:
            gateway = Gateway(folder, NODES, [
                {"protocol": "ocpp", "id": "CP1", "node": "site-1", "password": PASSWORD, "rated_import_w": 11040}])
            self.addCleanup(gateway.kill)
            states = []
            for watts, silent_s, control_s in ((5000, 5, 1), (6000, 9, 3), (7000, 4, 1)):
                with Station(gateway, "CP1") as station:
                    station.plug_in(9000)
                    gateway.post("/events", {"id": f"e{watts}", "targets": ["site-1"], "intervals": [{"duration_s": 60, "setpoint_w": watts}]})
                    station.pump(0.6)
                    states.append(gateway.state_hash())
                    gateway.kill()
                text = gateway.config_path.read_text()
                text = re.sub(r"silent_after_s = \d+", f"silent_after_s = {silent_s}", text)
                gateway.config_path.write_text(re.sub(r"control_period_s = \d+", f"control_period_s = {control_s}", text))
                gateway.start()
            gateway.kill()
            code, out, err = busbar("check-store", "--trace", folder.path / "data")
            self.assertEqual((0, ""), (code, err), out[-300:])
            self.assertLessEqual(set(states[1:]), set(re.findall("state ([0-9a-f]{16})", out)))  # the first were trimmed


class DiskFull(unittest.TestCase):
    def test_while_it_serves(self):
        """Nothing is acknowledged in vain, and the line that is left names the file; with room again it goes on where it was."""
        with Folder() as folder:
            gateway = Gateway(folder, NODES)
            self.addCleanup(gateway.kill)
            size = max(path.stat().st_size for path in (folder.path / "data").iterdir())
            resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (size + 300_000, resource.RLIM_INFINITY))
            acknowledged = []
            try:
                for number in range(3000):
                    gateway.post("/events", {"id": f"e{number}", "start": FAR, "name": "x" * 250, "intervals": [{"duration_s": 60, "level": 1}]})
                    acknowledged.append(f"e{number}")
                self.fail("the disk was never full")
            except (OSError, harness.http.client.HTTPException):
                pass
            self.assertEqual(1, gateway.process.wait(10))
            last = gateway.log().splitlines()[-1]
            self.assertRegex(last, r"^busbar: .*/data/busbar\.db: cannot write: ")
            self.assertIn("check the disk and start again: what was acknowledged is kept", last)
            gateway.start()
            self.assertLessEqual(set(acknowledged), {event["native_id"] for event in gateway.get("/events")})
            gateway.kill()
            self.assertEqual(0, busbar("check-store", folder.path / "data")[0])


if __name__ == "__main__":
    harness.run_tests()
