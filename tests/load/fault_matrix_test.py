"""The fault matrix: what goes wrong on real sockets, what a peer and the operator see of it, how long until it is healed, and
what was lost (nothing). In each row an innocent station and an innocent operator are served throughout; at its end the program
is killed (-9) and started again, and everything that was acknowledged must be there.

    python3 tests/load/fault_matrix_test.py  the rows as tests
    ./dev faults [PEERS]                     the same with 10,000 peers, written into docs/operating/faults.md
"""
import asyncio
import contextlib
import json
import os
import pathlib
import re
import resource
import socket
import sys
import threading
import time
import unittest

from peers import Crowd, Innocent, MovedGateway, client_frame, open_many_files

import harness
from harness import PASSWORD, PING, Folder, until
from station import Charger, Station, now

PEERS = 1500  # of the reconnect storm
PATIENCE_S = 5  # an innocent peer's longest wait, on a machine that does other things as well
SLOW_READERS_KB = 300_000  # of more memory: what the loop has before it, twice, and what waits for them
ROWS = []


def start_gateway(peers):
    global folder, gateway
    folder = Folder()
    nodes = [{"id": name, "kind": "site"} for name in ("street", "shed", "yard")]
    named = [("LIVE", "shed"), *((f"Y{number}", "yard") for number in range(3)), *((f"F{number}", "street") for number in range(20)),
             *((f"S{number}", "street") for number in range(peers))]
    devices = [{"protocol": "ocpp", "id": name, "node": node, "password": PASSWORD, "rated_import_w": 11040} for name, node in named]
    gateway = MovedGateway(folder, nodes, devices)


def end_gateway():
    gateway.kill()
    folder.close()


def event(name, seconds, watts):
    return {"id": name, "targets": ["yard"], "priority": "contract", "intervals": [{"duration_s": seconds, "setpoint_w": watts}]}


class Row(unittest.TestCase):
    row = None

    def setUp(self):
        self.before, self.log_before = gateway.get("/counters"), len(gateway.log())
        self.innocent = Innocent(gateway, "LIVE", self._testMethodName)
        self.innocent.start()
        until(lambda: len(self.innocent.kept) > 0 or self.innocent.fault, 15, "the innocent is served")
        self.closing = []
        self.process = gateway.process.pid

    def tearDown(self):
        try:
            self.innocent.stop()
        finally:
            for peer in self.closing:
                peer.close()
        self.assertIsNone(gateway.process.poll(), "the gateway ended; its log:\n" + gateway.log()[-2000:])
        self.assertLess(max(self.innocent.waits), PATIENCE_S, "an innocent peer waited")
        gateway.kill()
        gateway.start()
        there = {one["native_id"]: one["status"] for one in gateway.get("/events")}
        lost = [name for name in self.innocent.kept if there.get(name) != "scheduled"]
        self.assertEqual([], lost, "acknowledged, and lost")
        if self.row:
            self.row[1:1] = [f"served throughout, {len(self.innocent.waits)} calls, longest wait {max(self.innocent.waits) * 1000:.0f} ms"]
            ROWS.append([*self.row, f"nothing of {len(self.innocent.kept)} orders acknowledged meanwhile"])

    def tell(self, fault, peer, operator, healed):
        self.row = [fault, peer, operator, healed]

    def rises(self, name, more=1, seconds=5):
        """That counter has risen by so many since the row began; by how many."""
        def risen():
            return gateway.counter(name) - self.before.get(name, 0)
        until(lambda: risen() >= more, seconds, lambda: f"{name} rises by {more}; it rose by {risen()}; log:\n{gateway.log()[self.log_before:][-2000:]}")
        return risen()

    def logged(self, pattern):
        until(lambda: re.search(pattern, gateway.log()[self.log_before:]), 3,
              lambda: f"{pattern} in\n{gateway.log()[self.log_before:][-3000:]}")

    def raw(self, count, port):
        opened = []
        for _ in range(count):
            opened.append(socket.create_connection(("127.0.0.1", port), 15))
            self.closing.append(opened[-1])
        return opened

    def station(self, name, kind=Station):
        station = kind(gateway, name)
        self.closing.append(station)
        return station

    def measures(self, name):
        """It has said that its vehicle charges at full power."""
        return gateway.resource(name).get("measured_w", 0) > 10000

    def connected(self, name):
        return gateway.resource(name)["connected"]


class Faults(Row):
    @classmethod
    def setUpClass(cls):
        start_gateway(PEERS)
        cls.addClassCleanup(end_gateway)

    # ---- many

    def test_reconnect_storm(self):
        async def storm():
            crowd = Crowd(gateway, [f"S{number}" for number in range(PEERS)])
            try:
                await crowd.arrive(120)
                return await crowd.come_back(120)
            finally:
                crowd.cut()
        seconds, again = asyncio.run(storm())
        self.rises("net.accepted", 2 * PEERS)
        self.rises("log.station_disconnected", PEERS)
        self.tell(f"{PEERS} stations, each fifth by TLS, are cut off and come back at once",
                  f"its connection is gone; the next one is taken ({again} attempts more than one each), its session goes on without a boot",
                  "`station_disconnected`", f"{seconds:.1f} s until the last is served")

    def test_full(self):
        """No descriptor is left: who comes then waits in the backlog, or is turned away, until others go."""
        limits = resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)
        held = len(os.listdir(f"/proc/{gateway.process.pid}/fd"))
        resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, (held + 20, limits[1]))
        crowd = self.raw(40, gateway.ocpp_port)
        self.rises("log.too_many_connections")
        self.logged(r"too_many_connections.*Too many open files")
        refused = self.rises("net.refused")
        arrived = []
        late = threading.Thread(target=lambda: arrived.append(Station(gateway, "F0")))
        late.start()
        time.sleep(1)
        self.assertEqual([], arrived, "there was room for it")
        orders = len(self.innocent.kept)
        until(lambda: len(self.innocent.kept) > orders, 5, "the operator is served all the while")
        begun = time.monotonic()
        for one in crowd:
            one.close()
        late.join(12)
        healed = time.monotonic() - begun
        self.assertEqual(1, len(arrived), "who waited was not let in when there was room")
        self.closing += arrived
        self.assertTrue(arrived[0].alive())
        self.tell("no descriptor is left for more connections", "waits in the backlog, and is let in when others go",
                  f"`too_many_connections`, `net.refused` ({refused})", f"{healed:.1f} s after others went")

    # ---- those that say nothing

    def test_newest_socket_wins(self):
        """A half-open socket does not stand in the way of its own station."""
        old = self.station("F0")
        begun = time.monotonic()
        new = Station(gateway, "F0", boot=False)
        self.closing.append(new)
        self.assertTrue(new.alive())
        healed = time.monotonic() - begun
        self.assertEqual(1000, old.socket.close_code())
        self.tell("a half-open socket, and its station comes back", "the new connection is taken, the old one closed (1000)",
                  "`connected` stays true", f"{healed * 1000:.0f} ms")

    def test_never_answers(self):
        """One of three cars is in a station that answers no order; the others make up for it."""
        class Mute(Station):
            orders = 0

            def take(self, identity, action, payload):
                if action == "SetChargingProfile":
                    self.orders += 1
                else:
                    super().take(identity, action, payload)

        obedient = [Charger(gateway, f"Y{number}") for number in range(2)]
        for charger in obedient:
            charger.start()
        mute = self.station("Y2", Mute)
        mute.plug_in(11040)
        try:
            until(lambda: all(self.measures(f"Y{number}") for number in range(3)), 10, "they charge")
            begun = time.monotonic()
            gateway.post("/events", event("mute", 60, 22000))

            def made_up():
                mute.meter(11040)
                mute.pump(0.1)
                total = 11040 + sum(charger.power() for charger in obedient)
                return abs(total - 22000) < 1100 and gateway.resource("Y2")["silent"] and mute.orders > 0
            until(made_up, 30, lambda: f"the others make up: {[charger.power() for charger in obedient]}, {gateway.resource('Y2')}")
            healed = time.monotonic() - begun
            self.rises("log.call_timeout")
            self.logged("call_timeout Y2.*SetChargingProfile|call_timeout Y2")
            self.assertTrue(mute.alive(), "its session goes on")
            mute.close()
            back = self.station("Y2")  # answers again
            back.transaction = mute.transaction
            back.meter(11040)
            until(lambda: (back.pump(0.1), back.meter(11040)) and not gateway.resource("Y2")["silent"], 10, "it is asked again")
            self.assertEqual(204, gateway.call("DELETE", "/events/operator%3Amute").status)
        finally:
            for charger in obedient:
                charger.stop()
        self.tell("one of three stations answers no order", "its session goes on; asked again once it is back", "`call_timeout`, `silent` at the resource",
                  f"{healed:.1f} s until the others make up for it")

    # ---- those that are slow

    def test_slow_readers(self):
        """Two stations ask without end and read nothing of the answers."""
        flood = b"".join(client_frame(json.dumps([2, f"{number:036}", "Heartbeat", {}]).encode()) for number in range(1000))
        peak = before = gateway.memory_kb()
        begun = time.monotonic()

        def never_reads(name):
            station = Station(gateway, name)
            station.socket.socket.settimeout(20)
            try:
                for _ in range(1000):
                    station.socket.socket.sendall(flood)
            except OSError:
                ends.append(time.monotonic() - begun)
            station.close()

        ends = []
        threads = [threading.Thread(target=never_reads, args=(f"F{number}",), daemon=True) for number in range(2)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and time.monotonic() - begun < 60:
            peak = max(peak, gateway.memory_kb())
            time.sleep(0.05)
        self.assertEqual(2, len(ends), "they were not cut off")
        self.rises("net.cut_off", 2)
        self.logged("station_disconnected F0.*cut off: the peer does not read")
        again = self.station("F0")
        self.assertTrue(again.alive())
        self.assertLess(peak - before, SLOW_READERS_KB, "kB that waited for two slow readers")
        self.tell("2 slow readers: they ask and never read", "cut off when 4 MB wait for it; let in again at once",
                  f"`station_disconnected` (cut off: the peer does not read), `net.cut_off`; at most {(peak - before) // 1024} MB more memory",
                  f"{max(ends):.1f} s of asking until cut off")

    def test_slow_senders(self):
        """Headers byte by byte, a TLS handshake that stops, a frame that never ends."""
        slow = self.raw(30, gateway.ocpp_port) + self.raw(10, gateway.openadr3_port)
        station = self.station("F0")
        station.socket.socket.sendall(b"\x81\xff" + (200_000).to_bytes(8, "big") + b"\0\0\0\0")
        begun, open_, number = time.monotonic(), set(slow), 0
        text = b"GET /F1 HTTP/1.1\r\nX-Slow: " + b"x" * 1000
        tls = b"\x16\x03\x01\x02\x00" + b"\x01\x00\x01\xfc\x03\x03" + bytes(1000)
        ended = []
        while open_ and time.monotonic() - begun < 25:
            for one in list(open_):
                try:
                    one.send((tls if slow.index(one) >= 30 else text)[number:number + 1])
                    one.setblocking(False)
                    if one.recv(1000) == b"":
                        raise ConnectionError
                except BlockingIOError:
                    pass
                except OSError:
                    open_.discard(one)
                    ended.append(time.monotonic() - begun)
            station.socket.socket.sendall(b" ")
            number += 1
            time.sleep(0.2)
        self.assertFalse(open_, "slow senders may stay")
        self.assertGreater(min(ended), 5)
        refused = self.rises("log.timeout", 40)
        self.logged(r"\[security\] timeout 127.0.0.1")
        back = Station(gateway, "F0", boot=False)
        self.closing.append(back)
        self.assertTrue(back.alive())
        self.assertEqual(1000, station.socket.close_code())
        self.tell("40 slow senders: a header or a handshake byte by byte; a frame that never ends",
                  "closed 10 s after its connection began; the endless frame holds up nobody but its sender",
                  f"`timeout` ({refused}), `net.timeouts`", f"{max(ended):.1f} s")

    def test_flood(self):
        """Two stations send as fast as they can, and read what comes."""
        calls = [[2, f"f{number}", "Heartbeat", {}] if number % 2 else
                 [2, f"f{number}", "MeterValues", {"connectorId": 0, "meterValue": [{"timestamp": now(), "sampledValue": [
                     {"value": str(number), "measurand": "Power.Active.Import", "unit": "W"}]}]}] for number in range(1000)]
        blob = b"".join(client_frame(json.dumps(call).encode()) for call in calls)
        stop = time.monotonic() + 3
        sent = []

        def flood(station):
            raw = station.socket.socket
            raw.settimeout(20)
            reader = threading.Thread(target=drain, args=(raw,), daemon=True)
            reader.start()
            count = 0
            while time.monotonic() < stop:
                raw.sendall(blob)
                count += len(calls)
            sent.append(count)

        def drain(raw):
            try:
                while raw.recv(1 << 18):
                    pass
            except OSError:
                pass

        threads = [threading.Thread(target=flood, args=(self.station(f"F{number}"),)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(40)
        self.assertEqual(2, len(sent), "a flooding peer was not read")
        begun = time.monotonic()
        self.rises("net.frames_in", sum(sent), 30)
        healed = time.monotonic() - begun
        self.tell("2 stations send as fast as they can, for 3 s", f"every frame answered ({sum(sent)}); it is read no faster than it is served",
                  "`net.frames_in`", f"{healed:.1f} s after its end")


class Clocks(Row):
    """With clocks that are moved: each on a gateway of its own, whose store remembers what time it was."""

    def setUp(self):
        start_gateway(0)
        self.addCleanup(end_gateway)
        if not gateway.movable:
            self.skipTest("no C compiler to make the movable clock with")
        super().setUp()

    def test_half_open(self):
        """Twenty stations vanish without a word: their sockets neither read nor answer. The program's clocks are put
        forward twice by a minute, so that the test need not wait for it.
        """
        names = [f"F{number}" for number in range(20)]
        vanished = [self.station(name) for name in names]
        for station in vanished:
            station.plug_in(5000)
        until(lambda: all(self.connected(name) for name in names), 5, "they are there")
        ping = bytes([0x80 | PING, 0])
        self.minute_passes(1)
        until(lambda: all(ping in station.socket.buffer + unread(station.socket.socket) for station in vanished), 10, "they are pinged")
        self.minute_passes(2)
        self.rises("net.timeouts", 20)
        self.rises("log.station_disconnected", 20)
        self.logged("station_disconnected F.*the peer has been silent for 120 s")
        until(lambda: not any(self.connected(name) for name in names), 5, "they are known to be gone")
        begun = time.monotonic()
        for name in names:
            back = Station(gateway, name, boot=False)
            self.closing.append(back)
            self.assertTrue(back.alive())
        until(lambda: all(self.connected(name) for name in names), 5, "they are back")
        healed = time.monotonic() - begun
        self.tell("20 half-open sockets: the peer has vanished", "a ping after 60 s of silence, the end after 120 s; a new connection takes the old one's place at once",
                  "`station_disconnected` (silent for 120 s), `net.timeouts`, `connected` false", f"120 s; {healed:.1f} s for all 20 to be back")

    def minute_passes(self, number):
        """A little more than a minute, on all clocks; between two requests of the operator, whose connection is not idle so long."""
        orders = len(self.innocent.kept)
        until(lambda: len(self.innocent.kept) > orders, 10, "the operator orders")
        with self.innocent.ordering:
            gateway.move(number * 61, number * 61)
            gateway.get("/health")

    def test_clock_set_back(self):
        """Ten minutes, and it stays there: time goes on at half its pace, so that orders still begin and end."""
        with charging() as charger:
            begun = time.monotonic()
            gateway.post("/events", event("short", 4, 5000))
            until(lambda: charger.limit_w is not None, 5, "it is ordered")
            gateway.move(time_of_day_s=-600)
            until(lambda: gateway.event("operator:short")["status"] == "completed", 30, lambda: str(gateway.event("operator:short")))
            late = time.monotonic() - begun - 4
            until(lambda: charger.limit_w is None, 10, "it is released")
            gateway.post("/events", event("new", 3, 5000))
            until(lambda: charger.limit_w is not None, 5, "what is ordered now is carried out now")
            until(lambda: gateway.event("operator:new")["status"] == "completed", 30, lambda: str(gateway.event("operator:new")))
            until(lambda: charger.limit_w is None, 10, "it is released")
        self.logged("clock_set_back: the clock of this machine is (599|600) s behind")
        self.network_untouched()
        self.tell("the clock is set back by 10 min, with an event under way", "nothing: orders begin and end as before",
                  "`clock_set_back`", f"the event ended {late:.1f} s late; 20 min until the time is right")

    def test_clock_set_forth_and_back(self):
        with charging() as charger:
            gateway.post("/events", event("long", 300, 5000))
            until(lambda: charger.limit_w is not None, 5, "it is ordered")
            begun = time.monotonic()
            gateway.move(time_of_day_s=600)
            until(lambda: gateway.event("operator:long")["status"] == "completed", 10, "it is over by the clock")
            until(lambda: charger.limit_w is None, 10, "it is released")
            healed = time.monotonic() - begun
            gateway.move()
            gateway.post("/events", event("new", 3, 5000))
            until(lambda: charger.limit_w is not None, 5, "what is ordered now is carried out now")
            until(lambda: gateway.event("operator:new")["status"] == "completed", 30, lambda: str(gateway.event("operator:new")))
            self.assertEqual("completed", gateway.event("operator:long")["status"])
        self.logged("clock_set_back")
        self.network_untouched()
        self.tell("the clock is set forth by 10 min, with an event of 5 min under way, then back",
                  "released when the event is over by the clock; it does not come again", "the event `completed`; `clock_set_back`",
                  f"{healed:.1f} s; 20 min until the time is right")

    def network_untouched(self):
        self.assertEqual(0, self.rises("net.timeouts", 0), "a deadline of the network went by the time of day")


def unread(connection):
    """What has come and nobody has read yet; it stays there."""
    try:
        return connection.recv(65536, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return b""


@contextlib.contextmanager
def charging():
    charger = Charger(gateway, "Y0")
    charger.start()
    try:
        until(lambda: gateway.resource("Y0").get("measured_w", 0) > 10000, 10, "it charges")
        yield charger
    finally:
        charger.stop()


def table():
    lines = ["| fault | the innocent | what the peer sees | what the operator sees | until healed | lost |", "|---|---|---|---|---|---|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in ROWS])


def write_table(path):
    """In the place of the one that the page has."""
    lines = path.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|"))
    others = [line for line in lines[first:] if not line.startswith("|")]
    path.write_text("\n".join([*lines[:first], table(), *others]) + "\n")


def taken(option):
    """The value of a command line option that unittest shall not see."""
    if option not in sys.argv:
        return None
    place = sys.argv.index(option)
    value = sys.argv[place + 1]
    del sys.argv[place:place + 2]
    return value


if __name__ == "__main__":
    PEERS = int(taken("--peers") or PEERS)
    page = taken("--write")
    open_many_files()
    try:
        harness.run_tests()
    except SystemExit as end:
        if page and not end.code:
            write_table(pathlib.Path(page))
        raise
