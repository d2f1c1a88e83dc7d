"""Bugs planted into the program one at a time, to see that the checkers of the simulated world catch them.

    python3 tests/sim/planted.py BUILD_DIR [NAME…]

Each is a few characters changed in one file of a copy; the copy is compiled as the build compiles the file, linked before the
libraries, and days are simulated with it. Ends with 0 if each was caught by the checker that is there for it. The last line
is 'N passed, N failed'.
"""
import json
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple, Tuple

ROOT = Path(__file__).resolve().parents[2]


class Bug(NamedTuple):
    name: str
    what: str        # one line, for people
    caught_by: str   # a checker of tests/sim/checkers.hpp
    changes: Tuple[Tuple[str, str, str], ...]  # file, text that stands there once, text instead
    worlds: Tuple[str, ...] = ("--seeds", "4")


BUGS = (
    Bug("limit_too_high", "the allocator is given import limits a third too high", "hard_limits", (
        ("dispatch/core_plan.cpp", "-limits.export_limit_mw, limits.import_limit_mw);",
         "-limits.export_limit_mw, limits.import_limit_mw / 3 * 4);"),), ("--seeds", "8")),
    Bug("stamps_believed", "the clocks of charging stations are believed, whatever they say", "meters_believed", (
        ("protocols/ocpp/stations.cpp", "turn.peer.clock.gateway_time(stated_us, turn.now) : turn.now;",
         "stated_us : turn.now;"),), ("--seeds", "4", "--meter", "60", "--poll", "60")),
    Bug("door_left_open", "a station that is removed keeps its connection", "enrolments_hold", (
        ("protocols/ocpp/csms.cpp", 'if (peer.connected) output.closings.push_back({peer.enrolment.id, 1008, "no longer enrolled"});',
         ""),), ("--seeds", "2")),
    Bug("old_link_counts", "what comes of a connection that was replaced counts for the new one", "converges", (
        ("gateway/app/gateway.cpp", "        station_of_socket_.erase(socket->second);\n", ""),), ("--seeds", "12")),
    Bug("no_patience", "a command that nobody answers is waited for without end", "commands_end", (
        ("dispatch/core_commands.cpp", "            if (record.state == CommandState::sent || record.state == CommandState::received) {",
         "            if (s.now_us < 0) {"),), ("--seeds", "16")),
    Bug("always_due", "the core is always due", "stays_up", (
        ("gateway/app/gateway.cpp", "    core_due_ = outputs.next_due_us;", "    core_due_ = turn.now;"),), ("--seeds", "1", "--hours", "2")),
    Bug("no_end", "charging profiles have no end, and nothing is released after an event", "nothing_outlives", (
        ("protocols/ocpp/profiles.cpp", "if (command.end_us != model::never) {",
         "if (command.end_us != model::never && now < 0) {"),
        ("dispatch/core_commands.cpp", "if (holds || lost) issue(", "if (lost) issue("))),
    Bug("counted_twice", "a fifth of the energy is counted twice", "energy_balances", (
        ("dispatch/measure/meter.cpp", "static_cast<Wide>(span.energy_mwh) * model::hour_us",
         "static_cast<Wide>(span.energy_mwh * 12 / 10) * model::hour_us"),),
        ("--seeds", "2", "--calm", "--meter", "60", "--poll", "60")),
    Bug("tells_too_much", "the utility above is told a third more than is measured", "reports_true", (
        ("gateway/app/gateway.cpp", "telemetry.power_mw = core_.measured_mw();", "telemetry.power_mw = core_.measured_mw() * 4 / 3;"),)),
    Bug("forgets_documents", "what the OpenADR server keeps is not stored", "nothing_lost", (
        ("gateway/app/gateway.cpp", "turn.documents.push_back({std::move(document.folder)",
         'if (!document.folder.starts_with("openadr3/")) turn.documents.push_back({std::move(document.folder)'),),
        ("--seeds", "8")),
    Bug("ticks_not_journalled", "what the core does by itself is not in the journal", "replay_is_exact", (
        ("gateway/app/gateway.cpp", "turn.entries.push_back({turn.now, wire::to_json(input)});",
         "if (!is_telemetry(input) || input.sample) turn.entries.push_back({turn.now, wire::to_json(input)});"),)),
    Bug("once_silent_always_silent", "a device that answers again is not believed", "converges", (
        ("dispatch/core_commands.cpp", "        resource.silent = resource.balks = false;\n        resource.retry_us = model::never;",
         "        resource.retry_us = model::never;"),), ("--seeds", "8")),
    Bug("does_not_come_back", "a gateway with a journal does not start", "stays_up", (
        ("gateway/app/gateway_start.cpp", "        last = entry.sequence;",
         '        last = entry.sequence;\n        throw std::runtime_error("planted");'),),
        ("--seeds", "8")),
)


def compile_commands(build):
    return {Path(entry["file"]): entry for entry in json.loads((build / "compile_commands.json").read_text())}


def link_command(build):
    shown = subprocess.run(["ninja", "-C", build, "-t", "commands", "-s", "busbar"], check=True, capture_output=True, text=True)
    line = shown.stdout.strip().splitlines()[-1]
    found = re.search(r"&& (\S*(?:g\+\+|clang\+\+|c\+\+)\S* .* -o busbar .*?) && ", line)
    if not found:
        raise SystemExit("planted: cannot read how the program is linked: " + line[:200])
    return found.group(1)


def compiled(entry, source, target):
    words = shlex.split(entry["command"])
    words[words.index("-o") + 1] = str(target)
    words[words.index("-c") + 1] = str(source)
    subprocess.run(words, cwd=entry["directory"], check=True)


def plant(bug, build, folder):
    objects = []
    texts = {}
    for path, old, new in bug.changes:
        text = texts.get(path) or (ROOT / path).read_text()
        if text.count(old) != 1:
            raise SystemExit(f"planted: {bug.name}: {path} has {text.count(old)} times, expected once: {old!r}")
        texts[path] = text.replace(old, new)
    commands = compile_commands(build)
    for path, text in texts.items():
        source = folder / path.replace("/", "_")
        source.write_text(text)
        objects.append(folder / (source.name + ".o"))
        compiled(commands[ROOT / path], source, objects[-1])
    program = folder / "busbar"
    link = link_command(build).replace(" -o busbar ", f" {' '.join(map(str, objects))} -o {program} ", 1)
    subprocess.run(link, shell=True, cwd=build, check=True)
    return program


def findings(program, worlds):
    done = subprocess.run([program, "simulate", "--quiet", "--jobs", "2", *worlds], capture_output=True, text=True, timeout=600)
    return re.findall(r"^  (\w+) at (.*)$", done.stdout, re.MULTILINE)


def main():
    build = Path(sys.argv[1]).resolve()
    names = [bug.name for bug in BUGS]
    wanted = sys.argv[2:] or names
    for name in set(wanted) - set(names):
        raise SystemExit(f"planted: no bug {name!r}; there are: {', '.join(names)}")
    failed = 0
    for bug in (bug for bug in BUGS if bug.name in wanted):
        with tempfile.TemporaryDirectory() as folder:
            found = findings(plant(bug, build, Path(folder)), bug.worlds)
        caught = [text for checker, text in found if checker == bug.caught_by]
        others = sorted({checker for checker, _ in found} - {bug.caught_by})
        failed += not caught
        print(f"{bug.name}: {bug.what}")
        print(f"  {'caught' if caught else 'NOT CAUGHT'} by {bug.caught_by}" + (f": {caught[0]}" if caught else "") +
              (f" (also by {', '.join(others)})" if others else ""), flush=True)
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
