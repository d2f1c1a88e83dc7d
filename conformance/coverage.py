"""Which test stands for which requirement: the table docs/protocols/coverage.md, made from the names of the tests.

A test names a requirement in its own name (rule_061_implied_cancel, OA3_14_…, CORE_012_…, S_ALL_05_…, K01_FR_05_…,
TC_K_01_…) or in a comment between its first and last line (rule 61, OA3-14, CORE-012, S-ALL-05, K01.FR.05, TC_K_01). The
requirements themselves come from the tables in the folder that BUSBAR_STANDARDS names.

    python3 conformance/coverage.py            counts for each standard
    python3 conformance/coverage.py --write    and the page
"""
import csv
import os
import pathlib
import re
import sys
from typing import NamedTuple, Tuple

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = "docs/protocols/coverage.md"
WORDS_AT_MOST = 110


class Row(NamedTuple):
    id: str                      # as in the names of tests: rule_061, OA3_14, CORE_012, S_ALL_05, TC_K_01
    words: str                   # what it asks, short
    same_as: Tuple[str, ...]     # a test that names one of these counts too (OCPP: the requirements of a case)


# ---- the standards' tables --------------------------------------------------------------------------------------------

def standards_folder():
    folder = pathlib.Path(os.environ.get("BUSBAR_STANDARDS") or ROOT / ".." / "shared" / "standards")
    return folder if folder.is_dir() else None


def rows_of(path, delimiter=","):
    with open(path, encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter=delimiter))


def ocpp_requirements(text):
    """C01.FR.07 from the forms that the table has: with points or underscores, run together, the letter O as a zero."""
    return tuple(f"{letter.replace('0', 'O')}{use_case}_FR_{number}"
                 for letter, use_case, number in re.findall(r"([A-Z0])(\d\d)[._]FR[._](\d+)", text))


def read_tables(folder):
    """Standard -> its rows, in the standard's order."""
    openadr2b = [Row(f"rule_{int(row['rule']):03d}", row["summary_own_words"], ())
                 for row in rows_of(folder / "openadr2b" / "conformance-rules.csv")]
    openadr3 = [Row(row["our_id"].replace("-", "_"), row["summary_own_words"], ())
                for row in rows_of(folder / "openadr3" / "requirements.csv")]
    csip = [Row(row["id"].replace("-", "_"), row["checks"], ())
            for row in rows_of(folder / "ieee2030_5" / "tests" / "csip_v1.3_tests.csv")]
    csip_aus = [Row(row["id"].replace("-", "_"), row["title"], ())
                for row in rows_of(folder / "ieee2030_5" / "tests" / "cactus_tests.csv") if row["side"] == "server"]
    ocpp = []
    for row in rows_of(folder / "ocpp" / "cases_2.0.1_csms.tsv", "\t"):
        requirements = ocpp_requirements(row["requirements"])
        ocpp.append(Row(row["case"].replace("_CSMS", "").replace("TC_0_", "TC_O_"),
                        ", ".join(one.replace("_", ".") for one in requirements), requirements))
    return {"OpenADR 2.0b, conformance rules": openadr2b, "OpenADR 3.1": openadr3, "IEEE 2030.5, CSIP 1.3 tests": csip,
            "IEEE 2030.5, CSIP-AUS server procedures": csip_aus, "OCPP 2.0.1, CSMS cases": ocpp}


# ---- the tests --------------------------------------------------------------------------------------------------------

NAMED = (
    (re.compile(r"(?<![A-Za-z])rules?[_ ](\d{1,3})(?!\d)"), lambda m: f"rule_{int(m[1]):03d}"),
    (re.compile(r"OA3[_-](\d\d)(?!\d)"), lambda m: f"OA3_{m[1]}"),
    (re.compile(r"(?<![A-Za-z])(COMM|CORE|BASIC|UTIL|AGG|ERR|MAINT)[_-](\d{3})(?!\d)"), lambda m: f"{m[1]}_{m[2]}"),
    (re.compile(r"(?<![A-Za-z])S[_-](ALL|OPT)[_-](\d\d)(?!\d)"), lambda m: f"S_{m[1]}_{m[2]}"),
    (re.compile(r"(?<![A-Za-z0-9])([A-Z]\d\d)[_.]FR[_.](\d{2,3})(?!\d)"), lambda m: f"{m[1]}_FR_{m[2]}"),
    (re.compile(r"(?<![A-Za-z])TC_([A-Z])_(\d{2,3})(?!\d)"), lambda m: f"TC_{m[1]}_{m[2]}"),
)
CPP_TEST = re.compile(r"^\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST)\(\s*(\w+)\s*,\s*(\w+)\s*\)|^\s*RC_GTEST_PROP\(\s*(\w+)\s*,\s*(\w+)",
                      re.MULTILINE)
PYTHON_TEST = re.compile(r"^( *)def (test_\w+)\(", re.MULTILINE)


def ids_in(text):
    return {say(match) for pattern, say in NAMED for match in pattern.finditer(text)}


def comments_of(text, mark):
    return "\n".join(re.findall(mark + r"(.*)", text))


def tests_of(path, text):
    """(name, ids) of each test in a file."""
    python = path.endswith(".py")
    starts = list((PYTHON_TEST if python else CPP_TEST).finditer(text))
    for start, following in zip(starts, starts[1:] + [None]):
        body = text[start.end():following.start() if following else len(text)]
        name = start[2] if python else f"{start[1] or start[3]}.{start[2] or start[4]}"
        yield name, ids_in(name) | ids_in(comments_of(body, "#" if python else "//"))


def read_tests(paths, text_of):
    """Id -> the tests that name it, as 'file: test'."""
    named = {}
    for path in paths:
        if not path.endswith(("_test.cpp", "_test.py")) or path.startswith("tests/structure/"):
            continue
        for name, ids in tests_of(path, text_of(path)):
            for one in ids:
                named.setdefault(one, []).append(f"{path}: {name}")
    return named


def unknown_ids(tables, named):
    """Tests that name a requirement which no table has. OCPP's own ids pass: the table holds the certified ones alone."""
    known = {row.id for rows in tables.values() for row in rows}
    return [f"{tests[0]}: no standard's table has {one}" for one, tests in sorted(named.items())
            if one not in known and not re.match(r"[A-Z]\d\d_FR_|TC_", one)]


# ---- the page ---------------------------------------------------------------------------------------------------------

def tests_for(row, named):
    return sorted({test for one in (row.id, *row.same_as) for test in named.get(one, ())})


def shortened(words):
    words = " ".join(words.split()).replace("|", "\\|")
    return words if len(words) <= WORDS_AT_MOST else words[:WORDS_AT_MOST].rsplit(" ", 1)[0] + " …"


def page(tables, named):
    lines = ["# Requirements and the tests that name them", "",
             "Made by `./dev coverage` from the names and comments of the tests; do not edit. A requirement with a test is",
             "checked by it as far as the test goes; one without has none that names it.", "",
             "| standard | requirements | named by a test |", "|---|---|---|"]
    for standard, rows in tables.items():
        lines.append(f"| {standard} | {len(rows)} | {sum(bool(tests_for(row, named)) for row in rows)} |")
    for standard, rows in tables.items():
        lines += ["", f"## {standard}", "", "| id | in short | tests |", "|---|---|---|"]
        for row in rows:
            tests = "<br>".join(f"`{test}`" for test in tests_for(row, named))
            lines.append(f"| {row.id} | {shortened(row.words)} | {tests or '–'} |")
    return "\n".join(lines) + "\n"


def main(arguments):
    sys.path.insert(0, str(ROOT))
    from tests.structure import tree
    folder = standards_folder()
    if folder is None:
        print("coverage: no folder of standards: set BUSBAR_STANDARDS", file=sys.stderr)
        return 1
    tables, named = read_tables(folder), read_tests(tree.files(), tree.text)
    for standard, rows in tables.items():
        print(f"{standard}: {sum(bool(tests_for(row, named)) for row in rows)} of {len(rows)} named by a test")
    for finding in unknown_ids(tables, named):
        print(finding)
    if "--write" in arguments:
        target = ROOT / PAGE
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page(tables, named), encoding="utf-8")
        print(f"written: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
