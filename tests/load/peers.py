"""Peers of the load tests: a crowd of charging stations on one thread, an innocent one that shares the gateway with whatever
goes wrong, and a gateway whose clocks a test can move.
"""
import asyncio
import base64
import json
import mmap
import os
import pathlib
import random
import resource
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import harness  # noqa: E402
from harness import PASSWORD, PING, PONG, TEXT, Connection, Gateway  # noqa: E402
from station import Station  # noqa: E402

FAR = "2100-01-01T00:00:00Z"
ANSWERS = {"GetConfiguration": {"configurationKey": []}, "SetVariables": {"setVariableResult": []}}
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER


def open_many_files():
    """The program inherits it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class MovedGateway(Gateway):
    """A gateway whose clocks move by what move() says, if there is a C compiler (`movable`)."""

    def __init__(self, folder, *arguments, **named):
        compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        self.movable = bool(compiler)
        self.library, self.clock_path = folder.path / "moved_clock.so", folder.path / "clock"
        self.clock_path.write_bytes(bytes(16))
        if self.movable:
            subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(self.library), str(HERE / "moved_clock.c")], check=True)
        with open(self.clock_path, "r+b") as file:
            self.clock = mmap.mmap(file.fileno(), 16)
        super().__init__(folder, *arguments, **named)

    def start(self):
        if self.movable:
            os.environ.update(LD_PRELOAD=str(self.library), MOVED_CLOCK=str(self.clock_path))
        try:
            super().start()
        finally:
            os.environ.pop("LD_PRELOAD", None)

    def move(self, time_of_day_s=0, running_s=0):
        """From the true time: the clock on the wall, and the one that timers run by."""
        struct.pack_into("qq", self.clock, 0, int(time_of_day_s * 1e9), int(running_s * 1e9))

    def memory_kb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


# ---- the innocent ----------------------------------------------------------------------------------------------------

class Innocent(threading.Thread):
    """A station that charges and beats, and an operator beside it that orders. `kept` holds what was acknowledged to him."""

    def __init__(self, gateway, name, prefix):
        super().__init__(daemon=True)
        self.gateway, self.name_, self.prefix = gateway, name, prefix
        self.stopping, self.ordering = threading.Event(), threading.Lock()
        self.kept, self.waits, self.fault, self.metered_w = [], [0.0], None, 0

    def run(self):
        try:
            with Station(self.gateway, self.name_) as station:
                station.plug_in(7000)
                operator, last_order = Connection(self.gateway.api_port, headers={"Content-Type": "application/json"}), 0
                while not self.stopping.is_set():
                    self.timed(station.alive)
                    if time.monotonic() - last_order > 0.4:
                        last_order = time.monotonic()
                        power_w = 1000 + len(self.kept)
                        self.timed(lambda: station.meter(power_w))
                        self.metered_w = power_w
                        with self.ordering:
                            self.timed(lambda: self.order(operator))
                    station.pump(0.05)
        except BaseException as fault:  # told by stop()
            self.fault = fault

    def order(self, operator):
        name = f"{self.prefix}-{len(self.kept)}"
        answer = operator.call("POST", "/events", json.dumps(
            {"id": name, "start": FAR, "targets": ["shed"], "intervals": [{"duration_s": 60, "setpoint_w": 1000}]}))
        if answer.status != 201:
            raise AssertionError(f"the operator got {answer}")
        self.kept.append(name)

    def timed(self, act):
        begun = time.monotonic()
        act()
        self.waits.append(time.monotonic() - begun)

    def stop(self):
        self.stopping.set()
        self.join(30)
        if self.fault:
            raise AssertionError(f"an innocent peer was not served: {self.fault!r}") from self.fault
        if self.is_alive():
            raise AssertionError("an innocent peer was not served within 30 s")


# ---- the crowd -------------------------------------------------------------------------------------------------------

class Member:
    """A station of the crowd (1.6): it answers what it is asked, and comes back until it is let in."""

    def __init__(self, gateway, name, context):
        self.port = gateway.ocpp_tls_port if context else gateway.ocpp_port
        self.name, self.context = name, context
        self.writer = self.reading = None
        self.attempts = 0
        self.answers = {}

    async def join(self, action, payload, seconds):
        """Connects and has one call answered, whatever it takes in that time."""
        end = time.monotonic() + seconds
        while True:
            self.attempts += 1
            try:
                await self.open()
                return await asyncio.wait_for(self.call(action, payload), 15)
            except (OSError, EOFError, asyncio.TimeoutError) as fault:
                self.cut()
                if time.monotonic() > end:
                    raise AssertionError(f"{self.name} was not served in {seconds} s: {fault!r}") from fault
                await asyncio.sleep(random.uniform(0.2, 1))

    async def open(self):
        reader, self.writer = await asyncio.wait_for(asyncio.open_connection(
            "127.0.0.1", self.port, ssl=self.context, server_hostname="localhost" if self.context else None), 15)
        login = base64.b64encode(f"{self.name}:{PASSWORD}".encode()).decode()
        self.writer.write((f"GET /{self.name} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
                           f"Sec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: Basic {login}\r\n\r\n").encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise AssertionError(f"{self.name} was refused: {head!r}")
        self.reading = asyncio.ensure_future(self.read(reader))

    async def read(self, reader):
        try:
            while True:
                first, second = await reader.readexactly(2)
                size = second & 0x7F
                if size > 125:
                    size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
                payload = await reader.readexactly(size)
                if first & 15 == PING:
                    self.frame(PONG, payload)
                elif first & 15 == TEXT:
                    self.take(json.loads(payload))
        except (OSError, EOFError) as fault:
            for answer in self.answers.values():
                if not answer.done():
                    answer.set_exception(EOFError(str(fault)))

    def take(self, frame):
        if frame[0] == 2:
            self.text([3, frame[1], ANSWERS.get(frame[2], {"status": "Accepted"})])
        elif frame[1] in self.answers and not self.answers[frame[1]].done():
            self.answers[frame[1]].set_result(frame)

    def text(self, value):
        self.frame(TEXT, json.dumps(value).encode())

    def frame(self, opcode, payload):
        self.writer.write(client_frame(payload, opcode))

    async def call(self, action, payload):
        identity = f"{self.name}-{self.attempts}"
        self.answers = {identity: asyncio.get_running_loop().create_future()}
        self.text([2, identity, action, payload])
        frame = await self.answers[identity]
        if frame[0] != 3:
            raise AssertionError(f"{self.name}: {frame}")
        return frame[2]

    def cut(self, reset=False):
        if self.reading:
            self.reading.cancel()
            self.reading = None
        if self.writer:
            if reset:
                self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self.writer.transport.abort()
            self.writer = None


def client_frame(payload, opcode=TEXT):
    """A whole frame with a mask of zeros."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else (
        b"\xfe" + size.to_bytes(2, "big") if size < 65536 else b"\xff" + size.to_bytes(8, "big"))
    return bytes([0x80 | opcode]) + length + b"\0\0\0\0" + payload


class Crowd:
    """Stations that connect, are cut off and come back all at once; each fifth of them speaks TLS."""

    def __init__(self, gateway, names):
        context = ssl.create_default_context(cafile=gateway.folder.ca("ocpp"))
        self.members = [Member(gateway, name, context if number % 5 == 0 else None) for number, name in enumerate(names)]

    async def all(self, action, payload, seconds):
        await asyncio.gather(*(member.join(action, payload, seconds) for member in self.members))

    async def arrive(self, seconds):
        await self.all("BootNotification", {"chargePointVendor": "Busbar", "chargePointModel": "Load"}, seconds)

    async def come_back(self, seconds):
        """Seconds until the last of them is served again, and how many attempts it took more than one each."""
        for number, member in enumerate(self.members):
            member.cut(reset=number % 2 == 0)
            member.attempts = 0
        begun = time.monotonic()
        await self.all("Heartbeat", {}, seconds)
        return time.monotonic() - begun, sum(member.attempts - 1 for member in self.members)

    def cut(self):
        for member in self.members:
            member.cut()
