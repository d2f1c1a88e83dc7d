"""The house keeps its own rules: run over the whole repository, and each rule shown to notice a planted violation.

    python3 -m tests.structure.structure_test
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from conformance import coverage
from tests.structure import headers, rules, tree


def over_all(check):
    return [finding for path in tree.files() for finding in check(path, tree.text(path))]


class TheRepository(unittest.TestCase):
    """The real files."""

    def holds(self, findings):
        if findings:
            self.fail("\n" + "\n".join(findings))

    def test_includes_follow_the_table(self):
        self.holds(over_all(rules.include_findings))

    def test_asio_and_beast_reach_nothing_outside_net(self):
        self.holds([finding for path in tree.files() for finding in rules.leak_findings(path, tree.text, tree.exists)])

    def test_nothing_banned_is_called(self):
        self.holds(over_all(rules.ban_findings))

    def test_files_are_short_enough_to_read(self):
        self.holds(over_all(rules.length_findings))

    def test_headers_are_included_once(self):
        self.holds(over_all(rules.pragma_findings))

    def test_no_file_knows_the_machine_it_was_written_on(self):
        self.holds(over_all(rules.machine_findings))

    def test_links_lead_somewhere(self):
        self.holds(over_all(lambda path, text: rules.link_findings(path, text, tree.exists)))

    def test_folders_explain_themselves(self):
        self.holds(rules.folder_findings(tree.files(), tree.text))

    def test_requirements_named_in_tests_exist(self):
        standards = coverage.standards_folder()
        if standards is None:
            if os.environ.get("CI") == "true":
                self.fail("no standards data: set BUSBAR_STANDARDS")
            self.skipTest("no standards data: set BUSBAR_STANDARDS")
        self.holds(coverage.unknown_ids(coverage.read_tables(standards), coverage.read_tests(tree.files(), tree.text)))


class PlantedIncludes(unittest.TestCase):
    def finds(self, path, line):
        return len(rules.include_findings(path, "#pragma once\n" + line + "\n")) == 1

    def test_core_may_not_know_a_protocol(self):
        self.assertTrue(self.finds("dispatch/core.cpp", '#include "protocols/wire/json.hpp"'))

    def test_model_may_not_know_the_core(self):
        self.assertTrue(self.finds("dispatch/model/units.hpp", '#include "dispatch/core.hpp"'))

    def test_core_is_standard_library_alone(self):
        self.assertTrue(self.finds("dispatch/core.cpp", "#include <boost/json.hpp>"))
        self.assertFalse(self.finds("dispatch/core.cpp", "#include <map>"))

    def test_core_may_not_include_threads_or_files(self):
        self.assertTrue(self.finds("dispatch/core.cpp", "#include <thread>"))
        self.assertTrue(self.finds("protocols/ocpp/session.cpp", "#include <fstream>"))
        self.assertFalse(self.finds("gateway/app/app.cpp", "#include <thread>"))

    def test_protocols_may_not_know_each_other(self):
        self.assertTrue(self.finds("protocols/ocpp/session.cpp", '#include "protocols/openadr/ven.hpp"'))

    def test_protocols_see_the_model_but_not_the_core(self):
        self.assertTrue(self.finds("protocols/ocpp/session.cpp", '#include "dispatch/core.hpp"'))
        self.assertFalse(self.finds("protocols/ocpp/session.cpp", '#include "dispatch/model/event.hpp"'))

    def test_parsers_stay_in_source_files_of_wire(self):
        self.assertTrue(self.finds("protocols/wire/json.hpp", "#include <boost/json/basic_parser.hpp>"))
        self.assertFalse(self.finds("protocols/wire/json_read.cpp", "#include <boost/json/basic_parser.hpp>"))
        self.assertTrue(self.finds("protocols/ocpp/session.cpp", "#include <pugixml.hpp>"))

    def test_asio_and_beast_stay_in_net(self):
        self.assertTrue(self.finds("gateway/app/app.cpp", "#include <boost/beast/http.hpp>"))
        self.assertTrue(self.finds("gateway/demo/demo.cpp", "#include <boost/asio.hpp>"))
        self.assertFalse(self.finds("gateway/net/net.cpp", "#include <boost/asio/ip/tcp.hpp>"))

    def test_asio_behind_a_header_of_net_is_noticed(self):
        files = {"gateway/net/net.hpp": "", "gateway/net/stream.hpp": "#include <boost/asio/ip/tcp.hpp>",
                 "gateway/app/app.hpp": '#include "gateway/net/stream.hpp"', "gateway/app/app.cpp": '#include "gateway/app/app.hpp"',
                 "gateway/api/api.cpp": '#include "gateway/net/net.hpp"'}
        leaks = [path for path in files if rules.leak_findings(path, files.get, files.__contains__)]
        self.assertEqual(["gateway/app/app.hpp", "gateway/app/app.cpp"], leaks)

    def test_net_shares_plain_http_values_with_the_protocols_and_nothing_else(self):
        self.assertFalse(self.finds("gateway/net/net.hpp", '#include "protocols/wire/http.hpp"'))
        self.assertTrue(self.finds("gateway/net/net.hpp", '#include "protocols/wire/json.hpp"'))
        self.assertTrue(self.finds("gateway/net/net.hpp", '#include "dispatch/model/event.hpp"'))

    def test_only_the_store_knows_its_database(self):
        self.assertTrue(self.finds("gateway/app/app.cpp", "#include <SQLiteCpp/SQLiteCpp.h>"))
        self.assertFalse(self.finds("gateway/store/store.cpp", "#include <SQLiteCpp/SQLiteCpp.h>"))

    def test_test_frameworks_stay_in_tests(self):
        self.assertTrue(self.finds("dispatch/core.cpp", "#include <gtest/gtest.h>"))
        self.assertFalse(self.finds("dispatch/core_test.cpp", "#include <gtest/gtest.h>"))

    def test_sources_outside_the_table_are_noticed(self):
        self.assertEqual(1, len(rules.include_findings("helpers/thing.cpp", "")))


class PlantedCalls(unittest.TestCase):
    def finds(self, path, code):
        return len(rules.ban_findings(path, code + "\n")) >= 1

    def test_each_ban_notices_its_call(self):
        planted = {
            "a clock": "auto t = std::chrono::steady_clock::time_point{};",
            "now()": "auto t = Clock::now();",
            "a thread or a lock": "std::mutex lock;",
            "sleep": "std::this_thread::sleep_for(1s);",
            "random_device": "std::random_device seed;",
            "a socket": "int s = ::socket(AF_INET, SOCK_STREAM, 0);",
            "the terminal": 'std::cerr << "x";',
            "a file": "std::ifstream in(path);",
            "SQL": 'run("SELECT body FROM journal");',
            "rand()": "int dice = rand();",
            "system()": 'std::system("ls");',
            "getenv": 'std::getenv("HOME");',
        }
        self.assertEqual({ban.what for ban in rules.BANS}, set(planted))
        for what, code in planted.items():
            with self.subTest(what):
                found = rules.ban_findings("dispatch/core.cpp", code)
                self.assertTrue(any(f": {what} has no place here" in finding for finding in found), found)

    def test_c_time_calls_are_clocks(self):
        for code in ("time(nullptr);", "std::time(0);", "gettimeofday(&tv, 0);", "localtime(&t);"):
            with self.subTest(code):
                self.assertTrue(self.finds("protocols/wire/types.cpp", code))

    def test_words_in_comments_and_strings_are_not_calls(self):
        self.assertFalse(self.finds("dispatch/core.cpp", "// never calls now() or rand()"))
        self.assertFalse(self.finds("dispatch/core.cpp", 'fail("no system() here, no getenv");'))
        self.assertFalse(self.finds("dispatch/core.cpp", 'auto text = R"(std::mutex now() )";'))

    def test_members_of_that_name_are_not_the_banned_function(self):
        self.assertFalse(self.finds("protocols/ocpp/session.cpp", "generator.rand(); error.system(); event.time(0);"))

    def test_digit_separators_do_not_open_a_literal(self):
        self.assertTrue(self.finds("dispatch/core.cpp", "x = 1'000; std::mutex lock; y = 2'000;"))

    def test_the_environment_is_read_by_the_program_and_by_tests_alone(self):
        code = 'std::getenv("BUSBAR_STANDARDS");'
        self.assertTrue(self.finds("gateway/net/net.cpp", code))
        self.assertFalse(self.finds("gateway/app/configuration.cpp", code))
        self.assertFalse(self.finds("protocols/wire/xml_test.cpp", code))

    def test_methods_of_http_are_not_sql(self):
        self.assertFalse(self.finds("protocols/openadr/vtn.cpp", 'if (request.method == "DELETE") return;'))
        self.assertFalse(self.finds("gateway/store/store.cpp", 'run("SELECT body FROM journal");'))


class PlantedForm(unittest.TestCase):
    def test_long_file(self):
        self.assertEqual(1, len(rules.length_findings("dispatch/core.cpp", "\n" * (rules.LINES_AT_MOST + 1))))
        self.assertEqual([], rules.length_findings("dispatch/core.cpp", "\n" * rules.LINES_AT_MOST))

    def test_header_without_pragma_once(self):
        self.assertEqual(1, len(rules.pragma_findings("dispatch/core.hpp", "int x;\n")))

    def test_path_of_a_machine(self):
        for path in ("/" + "work/main", "/" + "root/.config", "/" + "home/anna/busbar", "/" + "tmp/build-x/busbar"):
            with self.subTest(path):
                self.assertEqual(1, len(rules.machine_findings("README.md", f"see {path} there")))
        self.assertEqual([], rules.machine_findings("README.md", "the frame/work/flow, ~/busbar and ../root/x"))

    def test_host_of_a_registry(self):
        self.assertEqual(1, len(rules.machine_findings("package-lock.json", '"resolved": "https://registry.' + "npmjs" + '.org/x"')))

    def test_link_to_nothing(self):
        def exists(path):
            return path == "docs/architecture.md"
        self.assertEqual(1, len(rules.link_findings("README.md", "[a](docs/absent.md)", exists)))
        self.assertEqual([], rules.link_findings("docs/decisions/README.md", "[a](../architecture.md#layers)", exists))

    def test_folder_without_a_readme(self):
        self.assertEqual(1, len(rules.folder_findings(["dispatch/core.cpp"], lambda path: "")))

    def test_readme_that_leaves_a_file_out(self):
        files = ["dispatch/README.md", "dispatch/core.hpp", "dispatch/core.cpp", "dispatch/core_test.cpp", "dispatch/more.cpp"]
        self.assertEqual(["dispatch/README.md: does not name more"], rules.folder_findings(files, lambda path: "core.hpp: it"))


class PlantedHeader(unittest.TestCase):
    compiler = shutil.which(os.environ.get("CXX", "c++")) or shutil.which("g++") or shutil.which("clang++")

    def test_header_that_lacks_an_include(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "lacking.hpp"), "w") as out:
                out.write("#pragma once\nstd::string name;\n")
            self.assertIn("string", headers.compile_alone(self.compiler, folder, "lacking.hpp"))
            with open(os.path.join(folder, "whole.hpp"), "w") as out:
                out.write("#pragma once\n#include <string>\nextern std::string name;\n")
            self.assertIsNone(headers.compile_alone(self.compiler, folder, "whole.hpp"))

    def test_only_a_first_include_proves_a_header(self):
        files = {"a/x.hpp": "", "a/x.cpp": '#include "a/x.hpp"\n', "a/y.hpp": "", "a/y.cpp": '#include <map>\n#include "a/y.hpp"\n',
                 "a/z.hpp": ""}
        proven = [path for path in files if path.endswith(".hpp") and headers.proven_by_build(path, files.get, files.__contains__)]
        self.assertEqual(["a/x.hpp"], proven)

    def test_a_change_below_is_a_change(self):
        before = {"a.hpp": '#include "b.hpp"', "b.hpp": "int b;"}
        after = dict(before, **{"b.hpp": "long b;"})
        prints = {headers.fingerprint("gcc", "a.hpp", files.get, files.__contains__) for files in (before, after)}
        self.assertEqual(2, len(prints))


class PlantedRuns(unittest.TestCase):
    """What a test run adds up to."""
    ENTRY = '<testcase name="{}" status="{}">{}<system-out>{}</system-out></testcase>'

    def run_of(self, *entries, **reports):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in reports.items():
                with open(os.path.join(folder, name + "_test.xml"), "w") as out:
                    out.write(text)
            with open(os.path.join(folder, "ctest.junit"), "w") as out:
                out.write("<testsuite>" + "".join(self.ENTRY.format(*entry) for entry in entries) + "</testsuite>")
            result = subprocess.run([sys.executable, str(tree.root() / "tests" / "summary.py"), folder], capture_output=True, text=True,
                                    env={**os.environ, "CI": self.ci})
            return result.returncode, result.stdout.splitlines()[-1]

    def setUp(self):
        self.ci = "false"

    def test_cases_of_programs_and_closing_lines_of_scripts_add_up(self):
        cases = '<testsuites><testsuite><testcase result="completed"/><testcase result="skipped"/></testsuite></testsuites>'
        entries = [("store", "run", "", ""), ("structure", "run", "", "x\n40 passed, 0 failed\n"), ("plain", "run", "", "fine")]
        self.assertEqual((0, "42 passed, 0 failed, 1 skipped"), self.run_of(*entries, store=cases))

    def test_skipped_is_failed_in_continuous_integration(self):
        self.ci = "true"
        self.assertEqual((1, "0 passed, 1 failed"), self.run_of(("e2e.walk", "notrun", "<skipped/>", "")))

    def test_program_that_dies_after_its_cases_failed(self):
        cases = '<testsuites><testsuite><testcase result="completed"/></testsuite></testsuites>'
        self.assertEqual((1, "1 passed, 1 failed"), self.run_of(("store", "fail", "<failure/>", ""), store=cases))

    def test_no_test_is_a_failure(self):
        self.assertEqual((1, "0 passed, 0 failed"), self.run_of())


class PlantedRequirement(unittest.TestCase):
    def test_id_that_no_standard_has(self):
        tables = {"OpenADR 2.0b": [coverage.Row("rule_061", "implied cancel", ())]}
        named = {"rule_061": ["a_test.cpp: A.rule_061_x"], "rule_999": ["a_test.cpp: A.rule_999_y"]}
        self.assertEqual(1, len(coverage.unknown_ids(tables, named)))


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=1)
    result = program.result
    bad, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print(f"{result.testsRun - bad - skipped} passed, {bad} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if bad else 0)
