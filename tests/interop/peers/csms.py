"""A small CSMS on the public `ocpp` library, for one thing only: to try the charge points of the folder above without us.

Accepts everybody, and once a transaction runs sets a profile of --watts, asks for the composite schedule, reads a
configuration key or variable, and clears the profile. Says its port first, then one JSON line for each answer.
"""
import argparse
import asyncio
import json
import logging
import time

import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call as call16
from ocpp.v16 import call_result as result16
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call as call201
from ocpp.v201 import call_result as result201


def say(**what):
    print(json.dumps(what, default=str), flush=True)


def now_text():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Csms16(ChargePoint16):
    watts = 6000

    @on("BootNotification")
    def on_boot(self, **_):
        return result16.BootNotification(now_text(), 60, "Accepted")

    @on("Heartbeat")
    def on_heartbeat(self):
        return result16.Heartbeat(now_text())

    @on("StatusNotification")
    def on_status(self, status, **_):
        if status == "Charging":
            asyncio.ensure_future(self.steer())
        return result16.StatusNotification()

    @on("Authorize")
    def on_authorize(self, **_):
        return result16.Authorize({"status": "Accepted"})

    @on("StartTransaction")
    def on_start(self, **_):
        return result16.StartTransaction(42, {"status": "Accepted"})

    @on("MeterValues")
    def on_meter_values(self, **_):
        return result16.MeterValues()

    @on("StopTransaction")
    def on_stop(self, **_):
        return result16.StopTransaction()

    async def steer(self):
        profile = {"chargingProfileId": 7, "transactionId": 42, "stackLevel": 1, "chargingProfilePurpose": "TxProfile",
                   "chargingProfileKind": "Absolute", "chargingSchedule": {
                       "chargingRateUnit": "W", "startSchedule": now_text(), "duration": 600,
                       "chargingSchedulePeriod": [{"startPeriod": 0, "limit": self.watts}]}}
        say(set=(await self.call(call16.SetChargingProfile(1, profile))).status)
        await asyncio.sleep(2)
        answer = await self.call(call16.GetCompositeSchedule(1, 60, "W"))
        say(composite=answer and answer.charging_schedule)
        answer = await self.call(call16.GetConfiguration(["NumberOfConnectors", "Nonsense"]))
        say(configuration=answer.configuration_key, unknown=answer.unknown_key)
        say(cleared=(await self.call(call16.ClearChargingProfile(id=7))).status)


class Csms201(ChargePoint201):
    watts = 6000

    @on("BootNotification")
    def on_boot(self, **_):
        return result201.BootNotification(now_text(), 60, "Accepted")

    @on("Heartbeat")
    def on_heartbeat(self):
        return result201.Heartbeat(now_text())

    @on("StatusNotification")
    def on_status(self, **_):
        return result201.StatusNotification()

    @on("Authorize")
    def on_authorize(self, **_):
        return result201.Authorize({"status": "Accepted"})

    @on("TransactionEvent")
    def on_transaction_event(self, transaction_info, trigger_reason, **_):
        if transaction_info.get("charging_state") == "Charging" and trigger_reason in ("ChargingStateChanged", "Authorized"):
            asyncio.ensure_future(self.steer(transaction_info["transaction_id"]))
        return result201.TransactionEvent()

    @on("NotifyReport")
    def on_notify_report(self, report_data, **_):
        say(reported=len(report_data))
        return result201.NotifyReport()

    async def steer(self, transaction):
        profile = {"id": 7, "transactionId": transaction, "stackLevel": 1, "chargingProfilePurpose": "TxProfile",
                   "chargingProfileKind": "Absolute", "chargingSchedule": [{
                       "id": 1, "chargingRateUnit": "W", "startSchedule": now_text(), "duration": 600,
                       "chargingSchedulePeriod": [{"startPeriod": 0, "limit": self.watts}]}]}
        say(set=(await self.call(call201.SetChargingProfile(1, profile))).status)
        await asyncio.sleep(2)
        answer = await self.call(call201.GetCompositeSchedule(60, 1, charging_rate_unit="W"))
        say(composite=answer and answer.schedule)
        wanted = {"component": {"name": "SmartChargingCtrlr"}, "variable": {"name": "RateUnit"}}
        answer = await self.call(call201.GetVariables([wanted]))
        say(variables=answer.get_variable_result)
        await self.call(call201.GetBaseReport(5, "FullInventory"))
        say(cleared=(await self.call(call201.ClearChargingProfile(charging_profile_id=7))).status)


async def serve(options):
    async def met(socket):
        kind = Csms16 if socket.subprotocol == "ocpp1.6" else Csms201
        kind.watts = options.watts
        try:
            await kind(socket.request.path.rsplit("/", 1)[-1], socket, response_timeout=5).start()
        except websockets.ConnectionClosed:
            say(gone=socket.request.path, authorization=socket.request.headers.get("Authorization"))
    async with websockets.serve(met, "127.0.0.1", options.port, subprotocols=["ocpp1.6", "ocpp2.0.1"]) as server:
        say(port=server.sockets[0].getsockname()[1])
        await asyncio.sleep(options.seconds)


if __name__ == "__main__":
    logging.getLogger("ocpp").setLevel(logging.CRITICAL)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--watts", type=int, default=6000)
    parser.add_argument("--seconds", type=float, default=30)
    asyncio.run(serve(parser.parse_args()))
