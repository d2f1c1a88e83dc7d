"""Runs built libFuzzer targets for some seconds each, as many at a time as there are processors.

    python3 tests/fuzz/run.py BUILD_FOLDER SECONDS TARGET…

Each begins with what it learnt before (BUILD_FOLDER/corpus/TARGET), with corpus/TARGET and regressions/TARGET of this
folder, and with the seeds that seeds.py makes. One target's output is shown as it comes; of several, a line each and the
whole output of those that failed. Ends in the line 'N passed, N failed'. What made one fail is left in BUILD_FOLDER/found.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LARGEST_INPUT = 16384  # bytes
ONE_INPUT_S = 25
MEMORY_MB = 2048


def command(build, target, seconds):
    corpus, seeds, found = build / "corpus" / target, build / "seeds" / target, build / "found"
    for folder in (corpus, seeds, found):
        folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, str(HERE / "seeds.py"), target, str(seeds)], check=True, stdout=subprocess.DEVNULL)
    given = [HERE / "corpus" / target, HERE / "regressions" / target, seeds]
    return [str(build / ("fuzz_" + target)), f"-max_total_time={seconds}", f"-timeout={ONE_INPUT_S}",
            f"-rss_limit_mb={MEMORY_MB}", f"-max_len={LARGEST_INPUT}", f"-artifact_prefix={found}/{target}-", str(corpus),
            *(str(folder) for folder in given if folder.is_dir())]


def run(build, target, seconds):
    """(whether it passed, what to say of it)"""
    try:
        done = subprocess.run(command(build, target, seconds), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds + 120)
    except subprocess.TimeoutExpired:
        return False, f"{target}: did not end {120} s after its time"
    output = done.stdout.decode(errors="replace")
    if done.returncode:
        return False, f"{output}\n{target}: FAILED; what did it is in {build / 'found'}, to see again: ./dev fuzz {target}"
    runs = re.findall(r"^#(\d+)\s+DONE.*?cov: (\d+)", output, re.MULTILINE)
    return True, f"{target}: {runs[-1][0]} inputs, {runs[-1][1]} edges" if runs else f"{target}: ended"


def main(build, seconds, targets):
    build, seconds = pathlib.Path(build), int(seconds)
    if len(targets) == 1:
        passed = subprocess.run(command(build, targets[0], seconds)).returncode == 0
        print(f"{int(passed)} passed, {int(not passed)} failed")
        return 0 if passed else 1
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for passed, words in pool.map(lambda target: run(build, target, seconds), targets):
            print(words, flush=True)
            failed += not passed
    print(f"{len(targets) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
