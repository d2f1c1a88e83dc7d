"""An OCPP 1.6J charge point on the public `ocpp` library: boots, charges a car, takes and obeys charging profiles.

Says each frame as a JSON line, each second a line {"power_w", "offered_w", "meter_wh"}, and at the end {"summary": …}. Ends
with 0 if it was accepted and its transaction was stopped properly. All messages are checked against the schemas that the
library brings, in both directions.
"""
import asyncio
import logging
import time

import charging
from ocpp.routing import on
from ocpp.v16 import ChargePoint as LibraryChargePoint
from ocpp.v16 import call, call_result

CONFIGURATION = {
    "NumberOfConnectors": ("1", True), "SupportedFeatureProfiles": ("Core,SmartCharging,RemoteTrigger", True),
    "ChargeProfileMaxStackLevel": ("10", True), "ChargingScheduleAllowedChargingRateUnit": ("Current,Power", True),
    "ChargingScheduleMaxPeriods": ("24", True), "MaxChargingProfilesInstalled": ("10", True),
    "HeartbeatInterval": ("300", False), "MeterValueSampleInterval": ("1", False), "ConnectionTimeOut": ("60", False),
    "MeterValuesSampledData": ("Power.Active.Import,Energy.Active.Import.Register,Current.Import", False),
    "AuthorizeRemoteTxRequests": ("false", True), "WebSocketPingInterval": ("0", False),
}


class Station(LibraryChargePoint):
    def __init__(self, options, connection):
        super().__init__(options.id, connection, response_timeout=10)
        self.options = options
        self.car = charging.Car(options.max_w)
        self.profiles = charging.Profiles()
        self.configuration = dict(CONFIGURATION)
        self.transaction = None
        self.started = None
        self.seen = {"profiles": 0, "cleared": 0, "composites": 0}
        self.triggered = asyncio.Event()

    # ---- what the central system asks --------------------------------------------------------------------------------

    @on("SetChargingProfile")
    def on_set_charging_profile(self, connector_id, cs_charging_profiles, **_):
        self.seen["profiles"] += 1
        profile = charging.profile_of(cs_charging_profiles)
        own = profile.purpose == "TxProfile"
        wrong = (profile.purpose == "ChargePointMaxProfile" and connector_id != 0) or (
            own and (connector_id == 0 or self.transaction is None or profile.transaction not in (None, self.transaction)))
        if self.options.refuse or wrong:
            return call_result.SetChargingProfile(status="Rejected")
        self.profiles.put(connector_id, profile)
        return call_result.SetChargingProfile(status="Accepted")

    @on("ClearChargingProfile")
    def on_clear_charging_profile(self, id=None, connector_id=None, charging_profile_purpose=None, stack_level=None, **_):
        def matches(outlet, profile):
            if id is not None:
                return profile.id == id
            return ((connector_id is None or outlet == connector_id) and (stack_level is None or profile.level == stack_level)
                    and (charging_profile_purpose is None or profile.purpose == charging_profile_purpose))
        gone = self.profiles.clear(matches)
        self.seen["cleared"] += gone
        return call_result.ClearChargingProfile(status="Accepted" if gone else "Unknown")

    @on("GetCompositeSchedule")
    def on_get_composite_schedule(self, connector_id, duration, charging_rate_unit=None, **_):
        self.seen["composites"] += 1
        now = int(time.time())
        divisor = charging.VOLTS * 3 if charging_rate_unit == "A" else 1
        periods = [{"start_period": second, "limit": round(watts / divisor, 1)}
                   for second, watts in self.profiles.composite(now, duration, self.started, self.car.largest_w)]
        return call_result.GetCompositeSchedule(
            status="Accepted", connector_id=connector_id, schedule_start=charging.text_of(now),
            charging_schedule={"duration": duration, "charging_rate_unit": charging_rate_unit or "W",
                               "charging_schedule_period": periods})

    @on("GetConfiguration")
    def on_get_configuration(self, key=None, **_):
        wanted = key or list(self.configuration)
        known = [{"key": one, "readonly": self.configuration[one][1], "value": self.configuration[one][0]}
                 for one in wanted if one in self.configuration]
        return call_result.GetConfiguration(configuration_key=known or None,
                                            unknown_key=[one for one in wanted if one not in self.configuration] or None)

    @on("ChangeConfiguration")
    def on_change_configuration(self, key, value, **_):
        if key not in self.configuration:
            return call_result.ChangeConfiguration(status="NotSupported")
        if self.configuration[key][1]:
            return call_result.ChangeConfiguration(status="Rejected")
        self.configuration[key] = (value, False)
        return call_result.ChangeConfiguration(status="Accepted")

    @on("TriggerMessage")
    def on_trigger_message(self, requested_message, **_):
        self.triggered.set()
        known = ("MeterValues", "StatusNotification", "Heartbeat", "BootNotification")
        return call_result.TriggerMessage(status="Accepted" if requested_message in known else "NotImplemented")

    @on("RemoteStartTransaction")
    def on_remote_start_transaction(self, **_):
        return call_result.RemoteStartTransaction(status="Rejected")

    @on("RemoteStopTransaction")
    def on_remote_stop_transaction(self, **_):
        return call_result.RemoteStopTransaction(status="Rejected")

    @on("ChangeAvailability")
    def on_change_availability(self, **_):
        return call_result.ChangeAvailability(status="Accepted")

    @on("DataTransfer")
    def on_data_transfer(self, **_):
        return call_result.DataTransfer(status="UnknownVendorId")

    # ---- what the station does ---------------------------------------------------------------------------------------

    async def boot(self):
        while True:
            answer = await self.call(call.BootNotification("Model-16", "interop", charge_point_serial_number=self.options.serial,
                                                           firmware_version="1.0"), suppress=False)
            if answer.status == "Accepted":
                return answer.interval or 300
            await asyncio.sleep(min(answer.interval or 5, 5))

    async def status(self, connector, status):
        await self.call(call.StatusNotification(connector, "NoError", status, timestamp=charging.text_of(time.time())),
                        suppress=False)

    async def start_charging(self):
        await self.status(0, "Available")
        await self.status(1, "Preparing")
        answer = await self.call(call.Authorize("TAG-1"), suppress=False)
        if answer.id_tag_info["status"] != "Accepted":
            raise RuntimeError(f"TAG-1 is {answer.id_tag_info['status']}")
        answer = await self.call(call.StartTransaction(1, "TAG-1", int(self.car.meter_wh), charging.text_of(time.time())),
                                 suppress=False)
        self.transaction, self.started = answer.transaction_id, time.time()
        self.car.connected = True
        await self.status(1, "Charging")

    async def charge(self, seconds, heartbeat):
        until, next_heartbeat = time.time() + seconds, time.time() + heartbeat
        while time.time() < until:
            now = time.time()
            offered = self.profiles.watts(now, self.started)
            power = self.car.step(now, offered)
            charging.say(power_w=power, offered_w=offered, meter_wh=round(self.car.meter_wh, 3))
            values = [{"value": value, "measurand": measurand, "unit": unit, "context": "Sample.Periodic"}
                      for measurand, unit, value in charging.sampled_values(self.car)]
            await self.call(call.MeterValues(1, [{"timestamp": charging.text_of(now), "sampledValue": values}],
                                             transaction_id=self.transaction), suppress=False)
            if now >= next_heartbeat:
                next_heartbeat = now + heartbeat
                await self.call(call.Heartbeat(), suppress=False)
            await asyncio.sleep(max(0.0, now + self.options.sample_seconds - time.time()))

    async def stop_charging(self):
        self.car.step(time.time(), 0)
        self.car.connected = False
        await self.call(call.StopTransaction(int(self.car.meter_wh), charging.text_of(time.time()), self.transaction,
                                             reason="EVDisconnected", id_tag="TAG-1"), suppress=False)
        await self.status(1, "Available")


async def run(options):
    logging.getLogger("ocpp").setLevel(logging.CRITICAL)
    async with charging.connect(options, "ocpp1.6") as socket:
        station = Station(options, charging.LoggedConnection(socket))
        summary = {"accepted": False, "subprotocol": socket.subprotocol, **station.seen}
        reader = asyncio.ensure_future(station.start())
        try:
            heartbeat = await station.boot()
            await station.start_charging()
            await station.charge(options.seconds, heartbeat)
            await station.stop_charging()
            summary.update(accepted=True, transaction=station.transaction)
        except Exception as error:  # whatever it was ends this station, in words
            summary["error"] = f"{type(error).__name__}: {error}"
        reader.cancel()
        summary.update(station.seen, meter_wh=round(station.car.meter_wh, 3), profiles_held=sorted(station.profiles.held))
    return summary


if __name__ == "__main__":
    charging.end_with(asyncio.run(run(charging.arguments(__doc__, "16"))))
