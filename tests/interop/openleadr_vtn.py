"""An OpenADR 2.0b VTN on the public `openleadr` library, above whoever registers: pull over HTTP, or HTTPS with certificates.

Every message that comes in is validated against the library's copy of the schema before it is read. Once a VEN has
registered it gets

  * event `main`: LOAD_DISPATCH setpoint, one interval for each value of --kw, its start randomised by --startafter;
  * event `changing`: an hour away; modified after its first answer, cancelled after its second.

Of each usage report that the VEN registers the first quantity is requested. Says each message as a JSON line, {"telemetry": …} for each value, and at
the end {"summary": …}. Ends with 0 if the VEN registered, opted into `main`, sent telemetry, and answered the modification
and the cancellation.
"""
import argparse
import asyncio
import datetime
import json
import logging
import sys
import time

from openleadr import OpenADRServer, enums, hooks, objects, utils

VTN_ID = "interop-vtn"
VEN_ID = "ven-interop-1"
REGISTRATION_ID = "registration-1"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--cert", help="PEM file of the server's chain; with --key and --ca the VTN speaks HTTPS only")
    parser.add_argument("--key")
    parser.add_argument("--ca", help="PEM file that VENs' certificates are verified against")
    parser.add_argument("--ven-name", help="the only VEN that may register")
    parser.add_argument("--fingerprint", help="of the VEN's certificate; whatever it registers with if not given")
    parser.add_argument("--target-resource", help="resourceID in the event's target, instead of the whole VEN")
    parser.add_argument("--kw", default="20,10,15", help="one interval for each")
    parser.add_argument("--start-in", type=float, default=10, help="seconds from registration to the start")
    parser.add_argument("--interval-seconds", type=float, default=20)
    parser.add_argument("--startafter", type=float, default=3, help="seconds; 0 = the start is not randomised")
    parser.add_argument("--poll-seconds", type=float, default=1)
    parser.add_argument("--sample-seconds", type=float, default=2, help="of the reports that are asked for")
    parser.add_argument("--seconds", type=float, default=120, help="how long at most")
    return parser.parse_args()


def say(**what):
    print(json.dumps({"at": round(time.time(), 3), **what}, default=str), flush=True)


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc)


class Vtn:
    def __init__(self, options):
        self.options = options
        self.fingerprint = None
        self.registered = False
        self.answers = {}  # event id -> list of (modification number, opt)
        self.values = {}   # (report name, rID) -> values
        self.summary = {"registered": False, "reports_registered": [], "telemetry_values": 0, "errors": 0}
        self.server = OpenADRServer(
            vtn_id=VTN_ID, http_host=options.host, http_port=options.port, http_cert=options.cert, http_key=options.key,
            http_ca_file=options.ca, ven_lookup=self.ven_lookup, verify_message_signatures=False, show_fingerprint=False,
            requested_poll_freq=datetime.timedelta(seconds=options.poll_seconds))
        self.server.add_handler("on_create_party_registration", self.on_registration)
        self.server.add_handler("on_register_report", self.on_register_report)
        self.server.add_handler("on_cancel_party_registration", lambda ven_id: None)
        hooks.register("before_parse", self.say_received)
        hooks.register("before_respond", self.say_sent)
        hooks.register("before_handle", self.note_answers)

    # ---- what the library asks of us ---------------------------------------------------------------------------------

    def ven_lookup(self, ven_id):
        if ven_id != VEN_ID or not self.registered:
            return None
        return {"ven_id": VEN_ID, "ven_name": self.options.ven_name, "registration_id": REGISTRATION_ID,
                "fingerprint": self.fingerprint}

    def on_registration(self, payload):
        presented = payload.get("fingerprint")
        say(registration={name: payload.get(name) for name in
                          ("ven_name", "profile_name", "transport_name", "report_only", "http_pull_model", "fingerprint")})
        wrong_name = self.options.ven_name and payload.get("ven_name") != self.options.ven_name
        if wrong_name or self.options.fingerprint and presented != self.options.fingerprint:
            return False
        self.fingerprint, self.registered = presented, True
        if not self.summary["registered"]:
            self.summary["registered"] = True
            self.add_events()
        return VEN_ID, REGISTRATION_ID

    async def on_register_report(self, report):
        name = report["report_name"]
        self.summary["reports_registered"].append(name)
        every = datetime.timedelta(seconds=self.options.sample_seconds)
        for offered in (description.get("sampling_rate") for description in report["report_descriptions"]):
            if offered:  # one rate for the whole report, within what each of its parts offers
                every = min(max(every, offered["min_period"]), offered["max_period"])
        for description in report["report_descriptions"]:
            say(offered=name, r_id=description["r_id"], measurement=description.get("measurement"),
                reading=description.get("reading_type"), sampling=description.get("sampling_rate"))
        # The library reads one value in an interval, and no status: the first quantity of each usage report is asked for.
        first = report["report_descriptions"][0]["r_id"]
        return [(first, self.taker(name, first), every, every)] if "USAGE" in name else None

    def taker(self, name, r_id):
        def take(values):
            for instant, value in values:
                say(telemetry=name, r_id=r_id, start=instant, value=value)
                self.values.setdefault((name, r_id), []).append(value)
                self.summary["telemetry_values"] += 1
        return take

    # ---- what passes by ----------------------------------------------------------------------------------------------

    async def say_received(self, content):
        say(received=content.decode("utf-8", "replace"))

    async def say_sent(self, text):
        if text and "responseCode>" in text and "responseCode>200<" not in text:
            self.summary["errors"] += 1
        say(sent=text)

    async def note_answers(self, message_type, payload):
        if message_type != "oadrCreatedEvent":
            return
        for answer in payload.get("event_responses") or []:
            event_id, number = answer["event_id"], int(answer["modification_number"])
            say(opt=answer["opt_type"], event=event_id, modification=number, code=answer.get("response_code"))
            self.answers.setdefault(event_id, []).append((number, answer["opt_type"]))
            if event_id == "changing":
                asyncio.ensure_future(self.change(number))

    # ---- events ------------------------------------------------------------------------------------------------------

    def event(self, event_id, start, values):
        length = datetime.timedelta(seconds=self.options.interval_seconds)
        intervals = [objects.Interval(dtstart=start + number * length, duration=length, signal_payload=value, uid=number)
                     for number, value in enumerate(values)]
        measurement = objects.Measurement(name="powerReal", description="RealPower", unit="W", scale="k",
                                          power_attributes=objects.PowerAttributes(hertz=50, voltage=230, ac=True))
        signal = objects.EventSignal(intervals=intervals, signal_name="LOAD_DISPATCH", signal_type="setpoint",
                                     signal_id="signal-" + event_id, measurement=measurement)
        target = {"resource_id": self.options.target_resource} if self.options.target_resource else {"ven_id": VEN_ID}
        return objects.Event(
            active_period=objects.ActivePeriod(dtstart=start, duration=len(values) * length),
            event_descriptor=objects.EventDescriptor(event_id=event_id, modification_number=0, event_status="far", priority=1,
                                                     market_context="http://interop.example/program",
                                                     created_date_time=utc_now()),
            event_signals=[signal], targets=[target], response_required="always")

    def add_events(self):
        def told(ven_id, event_id, opt_type):
            del ven_id, event_id, opt_type  # note_answers() has all of them, not only the first
        values = [float(value) for value in self.options.kw.split(",")]
        start = (utc_now() + datetime.timedelta(seconds=self.options.start_in)).replace(microsecond=0)
        self.summary["start"] = start.isoformat()
        main_event = self.event("main", start, values)
        self.server.add_raw_event(VEN_ID, main_event, callback=told)
        if self.options.startafter:  # afterwards: adding an event makes its active period anew
            late = {"startafter": datetime.timedelta(seconds=self.options.startafter)}
            utils.setmember(main_event, "active_period.tolerance", late)
        self.server.add_raw_event(VEN_ID, self.event("changing", start + datetime.timedelta(hours=1), values[:1]), callback=told)

    async def change(self, answered):
        """After the first answer the event is modified, after that one's answer it is cancelled."""
        await asyncio.sleep(0.5)
        event = utils.find_by(self.server.events[VEN_ID], "event_descriptor.event_id", "changing")
        if event is None or event.event_descriptor.modification_number != answered:
            return
        if answered == 0:
            event.event_signals[0].intervals[0].signal_payload = 1.0
            utils.increment_event_modification_number(event)
            event.event_descriptor.modification_date_time = utc_now()
            self.server.events_updated[VEN_ID] = True
            say(modified="changing")
        elif event.event_descriptor.event_status != enums.EVENT_STATUS.CANCELLED:
            self.server.cancel_event(VEN_ID, "changing")
            say(cancelled="changing")

    def complete(self):
        changing = {number for number, _ in self.answers.get("changing", [])}
        opted = any(opt == "optIn" for _, opt in self.answers.get("main", []))
        return self.registered and opted and changing >= {0, 1, 2} and self.summary["telemetry_values"] > 0

    async def run(self):
        await self.server.run()
        say(listening=[self.options.host, self.options.port], tls=self.server.ssl_context is not None)
        end = time.time() + self.options.seconds
        length = self.options.start_in + self.options.startafter
        length += len(self.options.kw.split(",")) * self.options.interval_seconds
        over = None
        while time.time() < min(end, over or end):
            if self.registered and over is None:
                over = time.time() + length + 10  # what is left to come after the event: its last report
            await asyncio.sleep(0.2)
        await self.server.stop()
        self.summary.update(answers=self.answers, complete=self.complete(),
                            telemetry={"/".join(key): values[-200:] for key, values in self.values.items()})
        return self.summary


async def main():
    logging.disable(logging.WARNING)
    return await Vtn(arguments()).run()


if __name__ == "__main__":
    result = asyncio.run(main())
    say(summary=result)
    sys.exit(0 if result["complete"] else 1)
