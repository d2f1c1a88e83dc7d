"""A utility on the public `openadr3-client` library (OpenADR 3.1 business client): posts an event, reads what was delivered.

Finds the token end point through /auth/server unless told, makes a programme, posts one event with an interval for each
value of --kw (DISPATCH_SETPOINT), asks for reports with it, and polls them until the event is over and a report came after
its end, or --seconds have passed. Says every HTTP exchange as a JSON line, and at the end {"summary": …}. Ends with 0 if the
event was taken and at least one report came back. What the library's models cannot parse is said as {"violation": …}.
"""
import argparse
import datetime
import json
import logging
import os
import pathlib
import sys
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="base URL of the VTN, such as https://HOST:PORT/openadr3/3.1.0")
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret", required=True)
    parser.add_argument("--token-url", help="where tokens are had; asked of the VTN if not given")
    parser.add_argument("--scopes", default="read_all write_programs write_events write_vens")
    parser.add_argument("--ca", help="PEM file that the VTN is verified against")
    parser.add_argument("--insecure-http", action="store_true", help="plain http is allowed")
    parser.add_argument("--program", default="interop")
    parser.add_argument("--name", default="interop event")
    parser.add_argument("--target", action="append", help="may be given several times")
    parser.add_argument("--kw", default="20,10,15", help="one interval for each")
    parser.add_argument("--start-in", type=float, default=5, help="seconds from now to the start")
    parser.add_argument("--interval-seconds", type=float, default=20)
    parser.add_argument("--priority", type=int)
    parser.add_argument("--change-kw", help="new values, put while the first interval runs")
    parser.add_argument("--delete-after", type=float, help="seconds after the start when the event is deleted")
    parser.add_argument("--seconds", type=float, default=120, help="how long at most")
    return parser.parse_args()


def say(**what):
    print(json.dumps({"at": round(time.time(), 3), **what}, default=str), flush=True)


def say_exchanges():
    """Every request of every session of `requests`, as the library sends it; secrets left out."""
    import requests
    plain_send = requests.Session.send

    def send(session, request, **more):
        response = plain_send(session, request, **more)
        body = request.body.decode() if isinstance(request.body, bytes) else request.body
        if request.url.endswith("/token"):
            say(request=[request.method, request.url, "(credentials)"], response=[response.status_code, sorted(response.json())])
        else:
            say(request=[request.method, request.url, readable(body)], response=[response.status_code, readable(response.text)])
        return response
    requests.Session.send = send


def readable(text):
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


class Utility:
    def __init__(self, options):
        # The library is imported late: its session must already be the one that says what it does.
        from openadr3_client.bl.http_factory import BusinessLogicHttpClientFactory
        from openadr3_client.version import OADRVersion
        self.options = options
        self.summary = {"event": None, "reports": 0, "violations": 0}
        self.client = BusinessLogicHttpClientFactory.create_http_bl_client(
            vtn_base_url=options.url, client_id=options.client_id, client_secret=options.client_secret,
            token_url=options.token_url, scopes=options.scopes.split() or None,
            verify_vtn_tls_certificate=pathlib.Path(options.ca) if options.ca else True,
            allow_insecure_http=options.insecure_http, version=OADRVersion.OADR_310)

    def make_program(self):
        from openadr3_client.oadr310.models.event.event_payload import EventPayloadDescriptor, EventPayloadType
        from openadr3_client.oadr310.models.program.program import NewProgram
        from openadr3_client.oadr310.models.unit import Unit
        for program in self.client.programs.get_programs(target=None, pagination=None):
            if program.program_name == self.options.program:
                return program.id
        program = self.client.programs.create_program(NewProgram(
            program_name=self.options.program,
            payload_descriptors=(EventPayloadDescriptor(payload_type=EventPayloadType.DISPATCH_SETPOINT, units=Unit.KW),)))
        return program.id

    def content(self, program, start, values):
        """What NewEvent and EventUpdate have in common."""
        from openadr3_client._models.common.interval import Interval
        from openadr3_client._models.common.interval_period import IntervalPeriod
        from openadr3_client.oadr310.models.event.event_payload import EventPayload, EventPayloadDescriptor, EventPayloadType
        from openadr3_client.oadr310.models.report.report_payload import ReportDescriptor, ReportPayloadType, ReportReadingType
        from openadr3_client.oadr310.models.unit import Unit
        length = datetime.timedelta(seconds=self.options.interval_seconds)
        setpoint = EventPayloadType.DISPATCH_SETPOINT
        return {
            "program_id": program, "event_name": self.options.name, "priority": self.options.priority,
            "targets": tuple(self.options.target) if self.options.target else None,
            "payload_descriptors": (EventPayloadDescriptor(payload_type=setpoint, units=Unit.KW),),
            "report_descriptors": (ReportDescriptor(payload_type=ReportPayloadType.USAGE, reading_type=ReportReadingType.SUMMED,
                                                    units=Unit.KWH, aggregate=True),),
            "interval_period": IntervalPeriod(start=start, duration=length),
            "intervals": tuple(
                Interval(id=number, interval_period=IntervalPeriod(start=start + number * length, duration=length),
                         payloads=(EventPayload(type=setpoint, values=(value,)),))
                for number, value in enumerate(values)),
        }

    def post_event(self):
        from openadr3_client.oadr310.models.event.event import NewEvent
        program = self.make_program()
        start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.options.start_in)
        values = numbers(self.options.kw)
        event = self.client.events.create_event(NewEvent(**self.content(program, start, values)))
        again = self.client.events.get_event_by_id(event.id)
        if again != event:
            self.violation("the event read back differs from the answer to its creation", again)
        self.summary.update(event=event.id, program=program)
        return program, event.id, start, start.timestamp() + len(values) * self.options.interval_seconds

    def violation(self, what, detail):
        self.summary["violations"] += 1
        say(violation=what, detail=str(detail))

    def read_reports(self, event):
        from pydantic import ValidationError
        try:
            return self.client.reports.get_reports(pagination=None, program_id=None, event_id=event, client_name=None)
        except ValidationError as error:
            self.violation("a report that the library cannot parse", error)
            return ()

    def run(self):
        program, event, start, end = self.post_event()
        until = min(time.time() + self.options.seconds, end + 60)
        changed = deleted = False
        while time.time() < until:
            now = time.time()
            if self.options.change_kw and not changed and now > start.timestamp() + self.options.interval_seconds / 2:
                from openadr3_client.oadr310.models.event.event import EventUpdate
                self.client.events.update_event_by_id(
                    event, EventUpdate(**self.content(program, start, numbers(self.options.change_kw))))
                changed = True
            if self.options.delete_after is not None and not deleted and now > start.timestamp() + self.options.delete_after:
                self.client.events.delete_event_by_id(event)
                deleted = True
            reports = self.read_reports(event)
            self.summary["reports"] = len(reports)
            self.summary["delivered_kwh"] = delivered(reports)
            if deleted and now > start.timestamp() + self.options.delete_after + 5:
                break
            if any(report.modification_date_time.timestamp() >= end for report in reports):
                self.summary["reported_after_end"] = True
                break
            time.sleep(1)
        self.summary.update(changed=changed, deleted=deleted)


def delivered(reports):
    """kWh of each interval, by its id, from USAGE payloads, summed over the resources of the newest report of each client."""
    newest = {}
    for report in reports:
        kept = newest.get(report.client_id)
        if kept is None or report.modification_date_time > kept.modification_date_time:
            newest[report.client_id] = report
    total = {}
    for report in newest.values():
        for resource in report.resources:
            for interval in resource.intervals:
                for payload in interval.payloads:
                    if payload.type == "USAGE":
                        total[interval.id] = total.get(interval.id, 0) + sum(float(value) for value in payload.values)
    return total


def numbers(text):
    return [float(value) for value in text.split(",")]


def main():
    options = arguments()
    logging.disable(logging.WARNING)
    if options.insecure_http:
        os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    if options.ca:
        os.environ["REQUESTS_CA_BUNDLE"] = options.ca  # the token request has no setting of its own
    say_exchanges()
    utility = None
    try:
        utility = Utility(options)
        utility.run()
    except Exception as error:  # whatever it was ends this utility, in words
        say(error=f"{type(error).__name__}: {error}")
    summary = utility.summary if utility else {"event": None, "reports": 0, "violations": 0}
    say(summary=summary)
    sys.exit(0 if summary["event"] and summary["reports"] and not summary["violations"] else 1)


if __name__ == "__main__":
    main()
