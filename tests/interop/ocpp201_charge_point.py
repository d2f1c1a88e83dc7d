"""An OCPP 2.0.1 charging station on the public `ocpp` library: boots, charges a car, takes and obeys charging profiles.

Says each frame as a JSON line, each second a line {"power_w", "offered_w", "meter_wh"}, and at the end {"summary": …}. Ends
with 0 if it was accepted and its transaction ended properly. All messages are checked against the schemas that the library
brings, in both directions.
"""
import asyncio
import logging
import time
import uuid

import charging
from ocpp.routing import on
from ocpp.v201 import ChargePoint as LibraryChargePoint
from ocpp.v201 import call, call_result

# (component, variable) -> [value, writable]
VARIABLES = {
    ("SmartChargingCtrlr", "Enabled"): ["true", False], ("SmartChargingCtrlr", "Available"): ["true", False],
    ("SmartChargingCtrlr", "ProfileStackLevel"): ["10", False], ("SmartChargingCtrlr", "RateUnit"): ["A,W", False],
    ("SmartChargingCtrlr", "PeriodsPerSchedule"): ["24", False], ("SmartChargingCtrlr", "Entries"): ["10", False],
    ("OCPPCommCtrlr", "HeartbeatInterval"): ["300", True], ("OCPPCommCtrlr", "MessageTimeout"): ["30", False],
    ("SampledDataCtrlr", "TxUpdatedInterval"): ["1", True],
    ("SampledDataCtrlr", "TxUpdatedMeasurands"): ["Power.Active.Import,Energy.Active.Import.Register", True],
    ("ChargingStation", "Available"): ["true", False], ("ChargingStation", "SupplyPhases"): ["3", False],
    ("EVSE", "Power"): ["11040", False], ("EVSE", "SupplyPhases"): ["3", False],
}
TOKEN = {"id_token": "TAG-1", "type": "ISO14443"}


class Station(LibraryChargePoint):
    def __init__(self, options, connection):
        super().__init__(options.id, connection, response_timeout=10)
        self.options = options
        self.car = charging.Car(options.max_w)
        self.profiles = charging.Profiles()
        self.native = {}
        self.variables = {name: list(value) for name, value in VARIABLES.items()}
        self.transaction = None
        self.started = None
        self.sequence = 0
        self.seen = {"profiles": 0, "cleared": 0, "composites": 0, "variables": 0}
        self.owed = []  # messages promised by an answer, sent between two readings

    # ---- what the CSMS asks ------------------------------------------------------------------------------------------

    @on("SetChargingProfile")
    def on_set_charging_profile(self, evse_id, charging_profile, **_):
        self.seen["profiles"] += 1
        profile = charging.profile_of(charging_profile)
        own = profile.purpose == "TxProfile"
        if self.options.refuse:
            return rejected("Unspecified")
        if profile.purpose == "ChargingStationExternalConstraints":
            return rejected("InvalidProfile")
        if own and (evse_id == 0 or self.transaction is None or profile.transaction != self.transaction):
            return rejected("TxNotFound")
        if profile.purpose == "ChargingStationMaxProfile" and evse_id != 0 or evse_id not in (0, 1):
            return rejected("UnknownEvse" if evse_id not in (0, 1) else "InvalidProfile")
        self.profiles.put(evse_id, profile)
        self.native[profile.id] = charging_profile
        return call_result.SetChargingProfile(status="Accepted")

    @on("ClearChargingProfile")
    def on_clear_charging_profile(self, charging_profile_id=None, charging_profile_criteria=None, **_):
        wanted = charging_profile_criteria or {}

        def matches(outlet, profile):
            if charging_profile_id is not None:
                return profile.id == charging_profile_id
            return (wanted.get("evse_id", outlet) == outlet and wanted.get("stack_level", profile.level) == profile.level
                    and wanted.get("charging_profile_purpose", profile.purpose) == profile.purpose)
        gone = self.profiles.clear(matches)
        self.seen["cleared"] += gone
        return call_result.ClearChargingProfile(status="Accepted" if gone else "Unknown")

    @on("GetChargingProfiles")
    def on_get_charging_profiles(self, request_id, **_):
        by_outlet = {}
        for outlet, profile in self.profiles.held.values():
            by_outlet.setdefault(outlet, []).append(self.native[profile.id])
        for number, (outlet, profiles) in enumerate(sorted(by_outlet.items()), 1):
            more = True if number < len(by_outlet) else None
            self.owed.append(call.ReportChargingProfiles(request_id, "CSO", profiles, outlet, tbc=more))
        return call_result.GetChargingProfiles(status="Accepted" if by_outlet else "NoProfiles")

    @on("GetCompositeSchedule")
    def on_get_composite_schedule(self, duration, evse_id, charging_rate_unit=None, **_):
        self.seen["composites"] += 1
        now = int(time.time())
        divisor = charging.VOLTS * 3 if charging_rate_unit == "A" else 1
        periods = [{"start_period": second, "limit": round(watts / divisor, 1)}
                   for second, watts in self.profiles.composite(now, duration, self.started, self.car.largest_w)]
        return call_result.GetCompositeSchedule(status="Accepted", schedule={
            "evse_id": evse_id, "duration": duration, "schedule_start": charging.text_of(now),
            "charging_rate_unit": charging_rate_unit or "W", "charging_schedule_period": periods})

    @on("GetVariables")
    def on_get_variables(self, get_variable_data, **_):
        self.seen["variables"] += len(get_variable_data)
        results = []
        for wanted in get_variable_data:
            name = (wanted["component"]["name"], wanted["variable"]["name"])
            result = {"component": wanted["component"], "variable": wanted["variable"]}
            if name in self.variables:
                result.update(attribute_status="Accepted", attribute_value=self.variables[name][0])
            else:
                known = {component for component, _ in self.variables}
                result["attribute_status"] = "UnknownVariable" if name[0] in known else "UnknownComponent"
            results.append(result)
        return call_result.GetVariables(get_variable_result=results)

    @on("SetVariables")
    def on_set_variables(self, set_variable_data, **_):
        results = []
        for wanted in set_variable_data:
            entry = self.variables.get((wanted["component"]["name"], wanted["variable"]["name"]))
            status = "UnknownVariable" if entry is None else "Accepted" if entry[1] else "Rejected"
            if status == "Accepted":
                entry[0] = wanted["attribute_value"]
            results.append({"component": wanted["component"], "variable": wanted["variable"], "attribute_status": status})
        return call_result.SetVariables(set_variable_result=results)

    @on("GetBaseReport")
    def on_get_base_report(self, request_id, **_):
        data = [{"component": {"name": component}, "variable": {"name": variable},
                 "variable_attribute": [{"value": value, "mutability": "ReadWrite" if writable else "ReadOnly"}]}
                for (component, variable), (value, writable) in self.variables.items()]
        self.owed.append(call.NotifyReport(request_id, charging.text_of(time.time()), 0, report_data=data, tbc=False))
        return call_result.GetBaseReport(status="Accepted")

    @on("GetTransactionStatus")
    def on_get_transaction_status(self, transaction_id=None, **_):
        ongoing = None if transaction_id is None else transaction_id == self.transaction
        return call_result.GetTransactionStatus(messages_in_queue=False, ongoing_indicator=ongoing)

    @on("TriggerMessage")
    def on_trigger_message(self, requested_message, **_):
        if requested_message == "StatusNotification":
            self.owed.append(self.status_message())
        elif requested_message == "Heartbeat":
            self.owed.append(call.Heartbeat())
        else:
            return call_result.TriggerMessage(status="NotImplemented")
        return call_result.TriggerMessage(status="Accepted")

    @on("RequestStartTransaction")
    def on_request_start_transaction(self, **_):
        return call_result.RequestStartTransaction(status="Rejected")

    @on("RequestStopTransaction")
    def on_request_stop_transaction(self, **_):
        return call_result.RequestStopTransaction(status="Rejected")

    @on("ChangeAvailability")
    def on_change_availability(self, **_):
        return call_result.ChangeAvailability(status="Accepted")

    @on("DataTransfer")
    def on_data_transfer(self, **_):
        return call_result.DataTransfer(status="UnknownVendorId")

    # ---- what the station does ---------------------------------------------------------------------------------------

    async def boot(self):
        station = {"model": "Model-201", "vendor_name": "interop", "serial_number": self.options.serial, "firmware_version": "1.0"}
        while True:
            answer = await self.call(call.BootNotification(station, "PowerUp"), suppress=False)
            if answer.status == "Accepted":
                return answer.interval or 300
            await asyncio.sleep(min(answer.interval or 5, 5))

    def status_message(self):
        status = "Occupied" if self.car.connected else "Available"
        return call.StatusNotification(charging.text_of(time.time()), status, 1, 1)

    async def transaction_event(self, kind, trigger, state, readings=False, **more):
        now = charging.text_of(time.time())
        info = {"transaction_id": self.transaction, "charging_state": state}
        if "stopped_reason" in more:
            info["stopped_reason"] = more.pop("stopped_reason")
        values = None
        if readings:
            values = [{"timestamp": now, "sampled_value": [
                {"value": float(value), "measurand": measurand, "context": "Sample.Periodic", "unit_of_measure": {"unit": unit}}
                for measurand, unit, value in charging.sampled_values(self.car)]}]
        message = call.TransactionEvent(kind, now, trigger, self.sequence, info, meter_value=values,
                                        evse={"id": 1, "connector_id": 1}, **more)
        self.sequence += 1
        return await self.call(message, suppress=False)

    async def start_charging(self):
        await self.call(self.status_message(), suppress=False)
        self.car.connected = True
        await self.call(self.status_message(), suppress=False)
        answer = await self.call(call.Authorize(TOKEN), suppress=False)
        if answer.id_token_info["status"] != "Accepted":
            raise RuntimeError(f"TAG-1 is {answer.id_token_info['status']}")
        self.transaction = str(uuid.uuid4())
        await self.transaction_event("Started", "CablePluggedIn", "EVConnected")
        await self.transaction_event("Updated", "Authorized", "EVConnected", id_token=TOKEN)
        self.started = time.time()
        await self.transaction_event("Updated", "ChargingStateChanged", "Charging", readings=True)

    async def charge(self, seconds, heartbeat):
        until, next_heartbeat = time.time() + seconds, time.time() + heartbeat
        while time.time() < until:
            now = time.time()
            offered = self.profiles.watts(now, self.started)
            power = self.car.step(now, offered)
            charging.say(power_w=power, offered_w=offered, meter_wh=round(self.car.meter_wh, 3))
            state = "Charging" if power > 0 else "SuspendedEVSE"
            await self.transaction_event("Updated", "MeterValuePeriodic", state, readings=True)
            while self.owed:
                await self.call(self.owed.pop(0), suppress=False)
            if now >= next_heartbeat:
                next_heartbeat = now + heartbeat
                await self.call(call.Heartbeat(), suppress=False)
            await asyncio.sleep(max(0.0, now + self.options.sample_seconds - time.time()))

    async def stop_charging(self):
        self.car.step(time.time(), 0)
        self.car.connected = False
        await self.transaction_event("Ended", "EVCommunicationLost", "Idle", readings=True, stopped_reason="EVDisconnected")
        await self.call(self.status_message(), suppress=False)


def rejected(reason):
    return call_result.SetChargingProfile(status="Rejected", status_info={"reason_code": reason})


async def run(options):
    logging.getLogger("ocpp").setLevel(logging.CRITICAL)
    async with charging.connect(options, "ocpp2.0.1") as socket:
        station = Station(options, charging.LoggedConnection(socket))
        summary = {"accepted": False, "subprotocol": socket.subprotocol}
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
    charging.end_with(asyncio.run(run(charging.arguments(__doc__, "201"))))
