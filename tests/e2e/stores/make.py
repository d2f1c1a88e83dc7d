"""Makes a stored file of the program as it is: `BUSBAR_PROGRAM=build/release/busbar python3 tests/e2e/stores/make.py NAME` writes
NAME.sql, the store as text, and NAME.json, what the program says that it holds. Run once for each version of the format, never
again for an old one: an old file made by a new program tests nothing.
"""
import json
import pathlib
import sqlite3
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import Folder, Gateway, until  # noqa: E402
from restart_test import CleanStop  # noqa: E402
from station import Station  # noqa: E402


def text_of(value):
    """A literal that a reader can read."""
    if isinstance(value, bytes):
        return "CAST(" + text_of(value.decode()) + " AS BLOB)"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def dump(database, out):
    store = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    for pragma in ("application_id", "user_version"):
        out.write(f"PRAGMA {pragma} = {store.execute(f'PRAGMA {pragma}').fetchone()[0]};\n")
    for name, sql in store.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY rowid").fetchall():
        out.write(f"{sql};\n")
        for row in store.execute(f"SELECT * FROM {name}"):
            out.write(f"INSERT INTO {name} VALUES ({', '.join(text_of(value) for value in row)});\n")
    store.close()


def contents(gateway):
    """What must be found again, whatever later versions make of it: nothing that moves with time, or is forgotten in time."""
    utility = gateway.openadr3("utility")
    events = [{key: event.get(key) for key in ("id", "source", "native_id", "revision", "name", "status", "targets")}
              for event in gateway.get("/events") if event["status"] == "scheduled"]
    found = {"devices": gateway.get("/devices"), "nodes": [{key: node[key] for key in ("id", "parent", "kind")} for node in gateway.get("/nodes")],
             "events": sorted(events, key=lambda event: event["id"]),
             "resources": [{key: resource[key] for key in ("id", "node", "kind", "max_w")} for resource in gateway.get("/resources")]}
    for path in ("/programs", "/events", "/reports", "/vens"):
        found["openadr3 " + path] = utility.call("GET", path).json
    return found


def make(name):
    """Everything that has a place in a store, and a part of it in the journal only: the snapshot is older."""
    case = CleanStop()
    case.setUp()
    try:
        gateway = case.gateway
        case.fill()
        gateway.post("/events", {"id": "over", "targets": ["site-1"], "intervals": [{"duration_s": 2, "setpoint_w": 3000}]})
        with Station(gateway, "CP1") as station:
            station.plug_in(7000)
            station.pump(3)
        until(lambda: gateway.event("over")["status"] == "completed", 10, "it is over")
        assert gateway.stop() == 0  # which writes a snapshot
        gateway.start()
        gateway.post("/events", {"id": "after", "start": "2100-01-01T00:00:00Z", "intervals": [{"duration_s": 60, "level": 3}]})
        found = contents(gateway)
        gateway.kill()
        with open(HERE / f"{name}.sql", "w") as out:
            dump(case.folder.path / "data" / "busbar.db", out)
        (HERE / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    finally:
        case.doCleanups()


if __name__ == "__main__":
    make(sys.argv[1])
