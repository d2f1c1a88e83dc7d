"""The machine behind the 2030.5 client: a PV inverter or a battery that does what a DERControlBase says, and how it describes
itself in `envoy-schema`'s models. Power here is 2030.5's: positive = out of the device, into the grid.
"""
from envoy_schema.server.schema.sep2 import der, metering, metering_mirror, types
from envoy_schema.server.schema.sep2.der_control_types import ActivePower, WattHour

POINT_MRID = "1A000000000000000000000000012345"
READING_MRID = "1B000000000000000000000000012345"
PV, STORAGE = der.DERType.PHOTOVOLTAIC_SYSTEM, der.DERType.OTHER_STORAGE_SYSTEM


def watts(power):
    return None if power is None else power.value * 10 ** power.multiplier


def comparable(value):
    """Hexadecimal text without leading zeros, powers as numbers."""
    if hasattr(value, "multiplier"):
        return round(value.value * 10 ** value.multiplier, 6)
    if isinstance(value, str):
        return value.lower().lstrip("0")
    if hasattr(value, "model_fields_set"):
        return {name: comparable(getattr(value, name)) for name in value.model_fields_set}
    return value


class Machine:
    def __init__(self, kind, largest_w, sun_w):
        self.kind, self.largest_w, self.sun_w = kind, largest_w, sun_w
        self.capacity_wh, self.charge_wh = 10_000.0, 5_000.0
        self.power_w = 0.0
        self.wanted_w = None
        self.meter_wh = 0.0  # net, + = out
        self.moved = None

    def step(self, now, control):
        """Counts the energy since the last step, then does what the control says (None = as it prefers)."""
        if self.moved is not None:
            energy = self.power_w * (now - self.moved) / 3600
            self.meter_wh += energy
            if self.kind == "battery":
                self.charge_wh = min(self.capacity_wh, max(0.0, self.charge_wh - energy))
        self.moved = now
        self.wanted_w = self.wanted(control) if control else None
        self.power_w = self.possible(self.wanted_w)

    def wanted(self, control):
        if control.opModEnergize is False or control.opModConnect is False:
            return 0.0
        wanted = watts(control.opModTargetW)
        if wanted is None and control.opModFixedW is not None:
            wanted = control.opModFixedW / 10_000 * self.largest_w
        limits = [watts(limit) for limit in (control.opModExpLimW, control.opModGenLimW) if limit is not None]
        if control.opModMaxLimW is not None:
            limits.append(control.opModMaxLimW / 10_000 * self.largest_w)
        if limits:
            wanted = min(limits + [self.sun_w if wanted is None else wanted])
        return wanted

    def possible(self, wanted):
        if self.kind == "pv":
            return max(0.0, self.sun_w if wanted is None else min(wanted, self.sun_w))
        wanted = 0.0 if wanted is None else max(-self.largest_w, min(self.largest_w, wanted))
        if wanted > 0 and self.charge_wh <= 0 or wanted < 0 and self.charge_wh >= self.capacity_wh:
            return 0.0
        return wanted

    # ---- what it says of itself --------------------------------------------------------------------------------------

    def power(self, value):
        return ActivePower(multiplier=0, value=round(value))

    def capability(self):
        modes = der.DERControlType
        supported = modes.OP_MOD_CONNECT | modes.OP_MOD_ENERGIZE | modes.OP_MOD_FIXED_W | modes.OP_MOD_MAX_LIM_W | modes.OP_MOD_TARGET_W
        more = {}
        if self.kind == "battery":
            supported |= modes.CHARGE_MODE | modes.DISCHARGE_MODE
            more = {"rtgMaxChargeRateW": self.power(self.largest_w), "rtgMaxDischargeRateW": self.power(self.largest_w),
                    "rtgMaxWh": WattHour(multiplier=0, value=round(self.capacity_wh))}
        return der.DERCapability(modesSupported=f"{int(supported):08X}", rtgMaxW=self.power(self.largest_w),
                                 type_=STORAGE if self.kind == "battery" else PV, doeModesSupported="0F", **more)

    def settings(self, now):
        more = {}
        if self.kind == "battery":
            more = {"setMaxChargeRateW": self.power(self.largest_w), "setMaxDischargeRateW": self.power(self.largest_w)}
        return der.DERSettings(setGradW=0, setMaxW=self.power(self.largest_w), updatedTime=now, **more)

    def status(self, now):
        connected = der.ConnectStatusTypeValue(dateTime=now, value="07")
        more = {"storConnectStatus": connected} if self.kind == "battery" else {"genConnectStatus": connected}
        if self.kind == "battery":
            more["stateOfChargeStatus"] = der.StateOfChargeStatusValue(dateTime=now, value=round(1e4 * self.charge_wh / self.capacity_wh))
        operating = der.OperationalModeStatusTypeValue(dateTime=now, value=der.OperationalModeStatusType.OPERATIONAL_MODEL)
        return der.DERStatus(readingTime=now, operationalModeStatus=operating, **more)

    def availability(self, now):
        available = self.sun_w if self.kind == "pv" else self.largest_w
        return der.DERAvailability(readingTime=now, statWAvail=self.power(available))


def mirror_usage_point(lfdi):
    """Net power of the device, + = into it (flow forward)."""
    kind = metering.ReadingType(
        commodity=types.CommodityType.ELECTRICITY_SECONDARY_METERED_VALUE, dataQualifier=types.DataQualifierType.AVERAGE,
        flowDirection=types.FlowDirectionType.FORWARD, kind=types.KindType.POWER, powerOfTenMultiplier=0,
        uom=types.UomType.REAL_POWER_WATT, intervalLength=1)
    reading = metering_mirror.MirrorMeterReading(mRID=READING_MRID, description="net power", readingType=kind)
    return metering_mirror.MirrorUsagePointRequest(
        mRID=POINT_MRID, description="device", roleFlags="0049", serviceCategoryKind=types.ServiceKind.ELECTRICITY, status=1,
        deviceLFDI=lfdi, mirrorMeterReadings=[reading])
