#!/usr/bin/env bash
# What debian13.sh runs inside the other system, where the source is /busbar: build in /build, the quick tests, then the
# demonstration, whose report is checked to be JSON.
set -euo pipefail
cd /busbar
jobs=$(nproc)
reports=/build/reports

versions() {
    g++ --version | head -1
    cmake --version | head -1
    openssl version
    sed -n 's/^#define BOOST_LIB_VERSION "\(.*\)"/Boost \1/p' /usr/include/boost/version.hpp
    # shellcheck disable=SC2016  # dpkg's own variables
    dpkg-query -W -f '${Package} ${Version}\n' libgtest-dev libspdlog-dev libtomlplusplus-dev libcli11-dev libpugixml-dev \
        libsqlitecpp-dev libsqlite3-dev libcurl4-openssl-dev
}

demonstrate() {  # in a folder of its own, where it puts its certificates and its store
    local folder=/build/demonstration
    rm -rf "$folder" && mkdir "$folder" && cd "$folder" &&
        timeout 60 /build/busbar demo --seconds 15 --json >report.json && python3 -m json.tool report.json
}

versions >&2
mkdir -p /build
# The tests not optimized: what they test is.
cmake --preset release -DBUSBAR_TEST_FLAGS=-O0 -B /build >/build/configure.log 2>&1 || { cat /build/configure.log; echo "0 passed, 1 failed"; exit 1; }
ninja -C /build -k 0 -j "$jobs" >&2 || { echo "portability: it does not build"; echo "0 passed, 1 failed"; exit 1; }

rm -rf "$reports" && mkdir -p "$reports"
# The budgets are counted with one set of libraries; with another they are other numbers.
GTEST_OUTPUT=xml:$reports/ ctest --test-dir /build -L quick -E '^budget$' -j "$jobs" --output-on-failure \
    --test-output-size-passed 100000 --test-output-size-failed 100000 --test-output-truncation head \
    --output-junit "$reports/ctest.junit" || true
python3 tests/summary.py "$reports" | tee "$reports/sum" || true
read -r passed _ failed _ < <(tail -1 "$reports/sum")
if demonstrate; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
