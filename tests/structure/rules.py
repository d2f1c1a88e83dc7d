"""The rules of the house as tables, and a function for each that reads one file and says what breaks them.

A finding is a plain line 'path:line: what is wrong; what is expected'. The functions take a path and a text and touch no
file, so that structure_test.py can plant a violation for each and see it found.
"""
import re
from typing import NamedTuple, Tuple

LINES_AT_MOST = 900

# ---- who may include what ---------------------------------------------------------------------------------------------

STANDARD = set("""
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfloat charconv chrono cinttypes climits clocale cmath
codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring
ctime cuchar cwchar cwctype deque exception execution expected filesystem format forward_list fstream functional future
initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex new
numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore set shared_mutex
source_location span sstream stack stdexcept stop_token streambuf string string_view strstream syncstream system_error thread
tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
""".split())
# Threads, files, the terminal and signals are the runtime's: nothing below the gateway may even include them.
RUNTIME_ONLY = set("""
barrier condition_variable csignal filesystem fstream future iostream latch mutex semaphore shared_mutex stop_token
syncstream thread
""".split())
POSIX = ("sys/", "netinet/", "arpa/", "linux/", "unistd.h", "fcntl.h", "poll.h", "signal.h", "netdb.h", "termios.h",
         "ifaddrs.h", "spawn.h", "dirent.h", "pthread.h", "endian.h", "errno.h", "malloc.h", "net/if.h")
TEST_ONLY = ("gtest/", "gmock/", "rapidcheck", "coin/", "ClpSimplex.hpp", "ClpModel.hpp", "CoinPackedMatrix.hpp",
             "CoinPackedVector.hpp", "CoinBuild.hpp", "CoinFinite.hpp")
HTTP_VALUES = "protocols/wire/http.hpp"


class Layer(NamedTuple):
    """One row of the include table. Prefixes, longest folder first; `cpp_only` may stand in .cpp files alone."""
    folder: str
    project: Tuple[str, ...]
    outside: Tuple[str, ...] = ()
    cpp_only: Tuple[str, ...] = ()
    runtime: bool = False  # may include the headers of RUNTIME_ONLY


EVERYTHING_OF_OURS = ("dispatch/", "protocols/", "certs/", "gateway/")
LAYERS = (
    Layer("dispatch/model", ("dispatch/model/",)),
    Layer("dispatch", ("dispatch/",)),
    Layer("protocols/wire", ("protocols/wire/",), cpp_only=("boost/json", "pugixml.hpp", "emmintrin.h")),
    Layer("protocols/ocpp", ("protocols/ocpp/", "protocols/wire/", "dispatch/model/")),
    Layer("protocols/openadr", ("protocols/openadr/", "protocols/wire/", "dispatch/model/")),
    Layer("protocols/ieee2030_5", ("protocols/ieee2030_5/", "protocols/wire/", "dispatch/model/")),
    Layer("certs", ("certs/", HTTP_VALUES), ("openssl/",) + POSIX, runtime=True),
    Layer("gateway/net", ("gateway/net/", "certs/", HTTP_VALUES), ("openssl/", "curl/", "boost/") + POSIX, runtime=True),
    Layer("gateway/store", ("gateway/store/", "protocols/wire/"), ("SQLiteCpp/", "sqlite3.h") + POSIX, runtime=True),
    Layer("gateway/observe", ("gateway/observe/", "dispatch/model/", "protocols/wire/"), ("spdlog/",) + POSIX, runtime=True),
    Layer("gateway/cli", EVERYTHING_OF_OURS + ("tests/sim/",), ("CLI/",) + POSIX, runtime=True),  # busbar simulate
    Layer("gateway", EVERYTHING_OF_OURS, ("spdlog/", "CLI/", "toml++/", "boost/system/") + POSIX, runtime=True),
)
FREE = ("tests/", "conformance/")

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def is_test(path):
    """Test programs and what only they include: x_test.cpp, x_test.hpp, testing.hpp, test_data.hpp …"""
    return re.search(r"(_test|(^|[/_])(test_\w+|testing))\.(cpp|hpp)$", path) is not None


def layer_of(path):
    return next((layer for layer in LAYERS if path.startswith(layer.folder + "/")), None)


def outside_allowed(layer, path, header):
    if header in STANDARD:
        return layer.runtime or is_test(path) or header not in RUNTIME_ONLY
    if is_test(path) and header.startswith(TEST_ONLY + POSIX):
        return True
    if path.endswith(".cpp") and layer.cpp_only and header.startswith(layer.cpp_only):
        return True
    return bool(layer.outside) and header.startswith(layer.outside)


def include_findings(path, text):
    if not path.endswith((".hpp", ".cpp")) or path.startswith(FREE):
        return []
    layer = layer_of(path)
    if layer is None:
        return [f"{path}:1: source outside the folders of the include table"]
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        ours, outside = match.groups()
        if ours is not None and not ours.startswith(layer.project):
            findings.append(f'{path}:{number}: {layer.folder} may not include "{ours}"; '
                            f"of ours it may include {', '.join(layer.project)}")
        if outside is not None and not outside_allowed(layer, path, outside):
            findings.append(f"{path}:{number}: {layer.folder} may not include <{outside}> here")
    return findings


SLOW_TEMPLATES = ("boost/asio", "boost/beast")


def closure(path, text_of, exists):
    """The file and everything of ours that it includes, directly or not, sorted."""
    seen, left = set(), [path]
    while left:
        one = left.pop()
        if one in seen or not exists(one):
            continue
        seen.add(one)
        left.extend(match.group(1) for match in map(INCLUDE.match, text_of(one).splitlines()) if match and match.group(1))
    return sorted(seen)


def leak_findings(path, text_of, exists):
    """Outside gateway/net nothing may reach Asio or Beast, not even through a header of gateway/net."""
    if not path.endswith((".hpp", ".cpp")) or path.startswith(FREE + ("gateway/net/",)):
        return []
    findings = []
    for reached in closure(path, text_of, exists):
        for line in text_of(reached).splitlines():
            match = INCLUDE.match(line)
            if match and (match.group(2) or "").startswith(SLOW_TEMPLATES):
                findings.append(f"{path}:1: reaches <{match.group(2)}> through {reached}")
                break
    return findings


# ---- what may not be called -------------------------------------------------------------------------------------------

PURE = ("dispatch/", "protocols/")
EVERYWHERE = ("",)
ENVIRONMENT = ("gateway/app/", "gateway/demo/", "gateway/main.cpp")


class Ban(NamedTuple):
    what: str
    pattern: str
    where: Tuple[str, ...]
    unless: Tuple[str, ...] = ()
    in_tests: bool = False    # whether test programs are bound too
    in_strings: bool = False  # whether the inside of string literals is searched


BANS = (
    Ban("a clock", r"\b(?:system|steady|high_resolution|utc|tai|gps|file)_clock\b|\b(?:gettimeofday|clock_gettime|timespec_get"
                   r"|localtime|localtime_r|mktime|ftime)\s*\(|(?<![\w.>])time\s*\(\s*(?:nullptr|NULL|0|&)", PURE),
    Ban("now()", r"\bnow\s*\(\s*\)", PURE),
    Ban("a thread or a lock", r"\bstd::(?:j?thread|async|(?:\w+_)?mutex|condition_variable\w*|this_thread|promise|future"
                              r"|lock_guard|unique_lock|scoped_lock)\b|\bpthread_\w+", PURE),
    Ban("sleep", r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w.>])sleep\s*\(", PURE),
    Ban("random_device", r"\brandom_device\b", PURE),
    Ban("a socket", r"(?<!\w)::(?:socket|connect|bind|listen|accept|recv|send|poll|select)\s*\(|\bgetaddrinfo\b", PURE),
    Ban("the terminal", r"\bstd::c(?:out|err|log|in)\b|(?<![\w.>])f?printf\s*\(|(?<![\w.>])f?puts\s*\(", PURE),
    Ban("a file", r"\bstd::[io]?fstream\b|(?<!\w)(?:std::)?fopen\s*\(|\bstd::filesystem\b", PURE),
    Ban("SQL", r'"[^"\n]*\b(?:SELECT\s[^"\n]*\sFROM|INSERT\s+(?:OR\s+\w+\s+)?INTO|DELETE\s+FROM|UPDATE\s+\w+\s+SET'
               r"|CREATE\s+(?:TABLE|INDEX|UNIQUE)|PRAGMA\s)", EVERYWHERE, ("gateway/store/", "tests/", "conformance/"),
        in_strings=True),
    Ban("rand()", r"(?<![\w.>])s?rand\s*\(|\b[dl]rand48\b", EVERYWHERE, in_tests=True),
    Ban("system()", r"(?<![\w.>:])(?:std::|::)?(?:system|popen)\s*\(", EVERYWHERE),
    Ban("getenv", r"\b(?:secure_)?getenv\b", EVERYWHERE, ENVIRONMENT + FREE),
)

LEXER = re.compile(r"""
    (?P<raw>(?:u8|[uUL])?R"(?P<mark>[^()\s\\]{0,16})\((?:.|\n)*?\)(?P=mark)")
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<char>(?<![0-9a-zA-Z])'(?:\\.|[^'\\\n])+')
  | (?P<comment>//[^\n]*|/\*(?:.|\n)*?\*/)
""", re.VERBOSE)


def without_comments(text, keep_strings):
    """The text with comments, and unless kept the insides of literals, blanked out; lines stay where they are."""
    def blank(match):
        kind = match.lastgroup if match.lastgroup != "mark" else "raw"
        if kind != "comment" and keep_strings:
            return match.group()
        return re.sub(r"[^\n]", " ", match.group())
    return LEXER.sub(blank, text)


def ban_findings(path, text):
    if not path.endswith((".hpp", ".cpp")):
        return []
    plain, with_strings = without_comments(text, False), without_comments(text, True)
    findings = []
    for ban in BANS:
        if not path.startswith(ban.where) or (ban.unless and path.startswith(ban.unless)):
            continue
        if is_test(path) and not ban.in_tests:
            continue
        searched = with_strings if ban.in_strings else plain
        for match in re.finditer(ban.pattern, searched):
            number = searched.count("\n", 0, match.start()) + 1
            findings.append(f"{path}:{number}: {ban.what} has no place here: {match.group().strip()}")
    return findings


# ---- form -------------------------------------------------------------------------------------------------------------

SOURCE = (".hpp", ".cpp", ".py", ".mjs", ".ts", ".sql", ".cmake", ".sh", "CMakeLists.txt", ".md")
GENERATED = ("docs/protocols/coverage.md",)


def length_findings(path, text):
    lines = text.count("\n")
    if path.endswith(SOURCE) and path not in GENERATED and lines > LINES_AT_MOST:
        return [f"{path}:{lines}: {lines} lines; {LINES_AT_MOST} at most: split it by subject"]
    return []


def pragma_findings(path, text):
    if path.endswith(".hpp") and not re.search(r"^#pragma once$", text, re.MULTILINE):
        return [f"{path}:1: no #pragma once"]
    return []


# Written in pieces so that this file does not break its own rule.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "home" + r"/\w+", "tmp" + "/b")) + r")[/\w]")
REGISTRY_HOST = re.compile("|".join(re.escape(".".join(parts)) for parts in (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("debian", "org"), ("ubuntu", "com"),
    ("golang", "org"), ("crates", "io"), ("maven", "org"), ("apache", "org/maven"))))


def machine_findings(path, text):
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in ((MACHINE_PATH, "a path of one machine"), (REGISTRY_HOST, "the host of a package registry")):
            match = pattern.search(line)
            if match:
                findings.append(f"{path}:{number}: {what}: {match.group()}")
    return findings


def link_findings(path, text, exists):
    """Relative links of a Markdown file must lead to a file; `exists(path)` says whether there is one."""
    if not path.endswith(".md"):
        return []
    folder = path.rpartition("/")[0]
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"`[^`]*`", "", line)):
            if "://" in target or target.startswith("mailto:"):
                continue
            parts = []
            for part in (folder + "/" + target).split("/"):
                if part == ".." and parts:
                    parts.pop()
                elif part not in ("", ".", ".."):
                    parts.append(part)
            if not exists("/".join(parts)):
                findings.append(f"{path}:{number}: link to {target}, which does not exist")
    return findings


# ---- folders ----------------------------------------------------------------------------------------------------------

TOLD = (".hpp", ".cpp", ".py", ".mjs", ".ts")


def folder_findings(paths, text_of):
    """Each folder with sources or documents has a README.md, and that README names each source in it.

    A header and its source share a name without ending; unit tests go with what they test.
    """
    folders = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if folder and not any(part.startswith(".") for part in folder.split("/")):
            folders.setdefault(folder, []).append(name)
            while "/" in folder:
                folder = folder.rpartition("/")[0]
                folders.setdefault(folder, [])
    findings = []
    for folder, names in sorted(folders.items()):
        told = [name for name in names if name.endswith(TOLD)]
        holds_folders = any(other.startswith(folder + "/") for other in folders)
        if not told and not any(name.endswith(".md") for name in names) and not holds_folders:
            continue  # data alone: explained by the folder above
        if "README.md" not in names:
            findings.append(f"{folder}: no README.md: one paragraph on what it is for, and a list of its files")
            continue
        readme = text_of(folder + "/README.md")
        for stem in sorted({name.rpartition(".")[0] for name in told if not is_test(name)}):
            if stem not in readme:
                findings.append(f"{folder}/README.md: does not name {stem}")
    return findings
