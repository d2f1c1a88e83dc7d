"""Adds up a test run and closes it with one line, 'N passed, N failed[, N skipped]'.

Reads the folders that ./dev gives it, each of one run: ctest.junit with one entry for each program that ran, and beside it one XML file
from each GoogleTest program. A program of the latter kind counts by its test cases, a script by its own closing line of
the same form, everything else as one. Where the variable CI is `true`, what was skipped counts as failed.
"""
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

CLOSING_LINE = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.MULTILINE)


def googletest_counts(path):
    """(passed, failed, skipped) of one GoogleTest report."""
    passed = failed = skipped = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None:
            failed += 1
        elif case.get("result") in ("skipped", "suppressed") or case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def program_counts(entry, reports):
    """(passed, failed, skipped) of one entry of ctest's report. A program that died after its cases still failed."""
    bad = entry.find("failure") is not None or entry.get("status") in ("fail", "notrun") and entry.find("skipped") is None
    output = entry.findtext("system-out") or ""
    report = reports / (entry.get("name") + "_test.xml")
    lines = CLOSING_LINE.findall(output)
    if report.exists():
        try:
            counts = googletest_counts(report)
        except ElementTree.ParseError:
            counts = (0, 1, 0)
    elif lines:
        counts = tuple(int(number or 0) for number in lines[-1])
    elif entry.find("skipped") is not None:
        counts = (0, 0, 1)
    else:
        counts = (0, 1, 0) if bad else (1, 0, 0)
    if bad and counts[1] == 0:
        counts = (counts[0], 1, counts[2])
    return counts


def run_counts(reports):
    """(passed, failed, skipped) of one run; None if it left no report."""
    if not (reports / "ctest.junit").exists():
        return None
    passed = failed = skipped = 0
    for entry in ElementTree.parse(reports / "ctest.junit").getroot().iter("testcase"):
        counts = program_counts(entry, reports)
        passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
        if counts[2]:
            print(f"{entry.get('name')}: {counts[2]} skipped")
    return passed, failed, skipped


def main(*folders):
    passed = failed = skipped = 0
    empty = False
    for folder in folders:
        counts = run_counts(pathlib.Path(folder))
        if counts is None:
            print("no test ran: ctest left no report")
            counts = (0, 1, 0)
        empty = empty or not counts[0]
        passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
    if skipped and os.environ.get("CI") == "true":
        print("with CI=true a skipped test is a failed one")
        failed, skipped = failed + skipped, 0
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or empty or not folders else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
