"""A store that an earlier version wrote is read by this one: each file of stores/ is opened, replayed and served, and holds what
its own program said that it held.
"""
import json
import pathlib
import sqlite3
import sys
import unittest

import harness
from harness import Folder, Gateway, busbar, until
from station import Station

STORES = pathlib.Path(__file__).resolve().parent / "stores"
sys.path.insert(0, str(STORES))
from make import contents  # noqa: E402


def put(name, data):
    data.mkdir(0o700)
    store = sqlite3.connect(data / "busbar.db")
    store.executescript((STORES / f"{name}.sql").read_text())
    store.close()


def schema_of(data):
    store = sqlite3.connect(f"file:{data}/busbar.db?mode=ro", uri=True)
    try:
        return store.execute("PRAGMA user_version").fetchone()[0]
    finally:
        store.close()


class Versions(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.data = self.folder.path / "data"

    def readable(self):
        """Every entry and snapshot can be read. That a later core makes something else of old inputs is no fault of the store."""
        code, out, err = busbar("check-store", self.data)
        findings = [line for line in out.splitlines() if line.startswith("finding: ")]
        self.assertEqual([], [line for line in findings if "the replay gives" not in line], out + err)
        self.assertIn("replayed from", out)

    def check(self, name):
        put(name, self.data)
        self.readable()
        expected = json.loads((STORES / f"{name}.json").read_text())
        with Gateway(self.folder) as gateway:
            self.assertEqual(expected, contents(gateway))
            gateway.kill()
            gateway.start()
            self.assertEqual(expected, contents(gateway))
            if expected["devices"]:  # its transaction goes on
                with Station(gateway, "CP1", boot=False):
                    until(lambda: gateway.resource("CP1")["controllable"], 5, "it charges")
            before = {command["id"] for command in gateway.get("/commands")}
            gateway.post("/events", {"id": "new", "intervals": [{"duration_s": 60, "level": 1}]})
            self.assertLessEqual(before, {command["id"] for command in gateway.get("/commands")})
            self.assertEqual(0, gateway.stop())
        self.readable()
        with Gateway(self.folder) as gateway:
            self.assertEqual("new", gateway.event("new")["native_id"])
            self.assertEqual(expected["devices"], gateway.get("/devices"))

    def test_the_newest_has_a_stored_file(self):
        Gateway(self.folder).kill()
        self.assertEqual(f"schema_{schema_of(self.data)}", max((path.stem for path in STORES.glob("*.sql")), key=lambda name: int(name.split("_")[1])))

    def test_an_enrolment_without_a_member_that_came_later(self):
        put("schema_2", self.data)
        store = sqlite3.connect(self.data / "busbar.db")
        changed = store.execute("UPDATE documents SET body = CAST(json_remove(CAST(body AS TEXT), '$.enrolment.outlets') AS BLOB)"
                                " WHERE folder = 'enrolments'").rowcount
        store.commit()
        store.close()
        self.assertGreater(changed, 0)
        expected = json.loads((STORES / "schema_2.json").read_text())
        with Gateway(self.folder) as gateway:
            self.assertEqual(expected["devices"], gateway.get("/devices"))

    def test_a_backup_of_an_old_one_is_restored(self):
        put("schema_1", self.data)
        copy, place = self.folder.path / "copy", self.folder.path / "place"
        self.folder.busbar("backup", "--data", self.data, copy)
        self.folder.busbar("restore", copy, place)
        self.assertEqual(1, schema_of(place))


for path in sorted(STORES.glob("*.sql")):
    setattr(Versions, "test_" + path.stem, lambda self, name=path.stem: self.check(name))


if __name__ == "__main__":
    harness.run_tests()
