"""Every header compiles by itself.

Most are proven by the build: a header that its own .cpp includes first has been compiled with nothing before it. What is
left (header-only code, contracts) is compiled here, syntax only, two at a time; a header that passed is not compiled again
until it, something of ours that it includes, or the compiler changes.

    python3 -m tests.structure.headers COMPILER
"""
import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from tests.structure import rules, tree


def proven_by_build(header, text_of, exists):
    source = header[:-len(".hpp")] + ".cpp"
    if not exists(source):
        return False
    first = re.search(r'^\s*#\s*include\s*["<]([^">]+)[">]', text_of(source), re.MULTILINE)
    return first is not None and first.group(1) == header


def compile_alone(compiler, root, header, extra_folders=()):
    """None if it compiles, else the compiler's first lines."""
    folders = [str(root), *extra_folders]
    command = [compiler, "-std=c++20", "-fsyntax-only", "-x", "c++",
               *[f"-I{folder}" for folder in folders], "-"]
    result = subprocess.run(command, input=f'#include "{header}"\n', capture_output=True, text=True)
    if result.returncode == 0:
        return None
    return "\n".join(result.stderr.splitlines()[:6])


def fingerprint(compiler_version, header, text_of, exists):
    digest = hashlib.sha256(compiler_version.encode())
    for path in rules.closure(header, text_of, exists):
        digest.update(path.encode() + b"\0" + text_of(path).encode() + b"\0")
    return digest.hexdigest()


def main(compiler):
    root = tree.root()
    build = pathlib.Path(os.environ.get("BUSBAR_BUILD_DIR") or tempfile.gettempdir())
    cache = build / "headers"
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout
    headers = [path for path in tree.files() if path.endswith(".hpp")]
    left = []
    for header in headers:
        if proven_by_build(header, tree.text, tree.exists):
            continue
        stamp = cache / fingerprint(version, header, tree.text, tree.exists)
        if not stamp.exists():
            left.append((header, stamp))

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        jobs = [pool.submit(compile_alone, compiler, root, header, (str(build / "generated"),)) for header, _ in left]
        for (header, stamp), job in zip(left, jobs):
            said = job.result()
            if said is None:
                stamp.touch()
            else:
                failed += 1
                print(f"{header}: does not compile by itself\n{said}\n")
    print(f"{len(headers)} headers, {len(left)} of them compiled now")
    print(f"{len(headers) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
