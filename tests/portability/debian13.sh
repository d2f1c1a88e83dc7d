#!/usr/bin/env bash
# The program built and tested on a second system: a Debian 13 in a folder, with its own compiler and libraries. The folder,
# what was built in it and the compiler's cache stay in build/portability, so that a later run compiles only what changed.
#
#     tests/portability/debian13.sh          (as root, or where sudo asks nothing)
#
# The network is used for packages alone: what is built and tested sees a loopback interface and nothing else. The last line
# is 'N passed, N failed': the quick tests, and one for the demonstration.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

self=tests/portability/debian13.sh
suite=trixie
folder=$PWD/build/portability
system=$folder/$suite
cache=$folder/ccache
standards=${BUSBAR_STANDARDS:-$PWD/../shared/standards}

packages=(g++ cmake ninja-build ccache pkg-config python3 iproute2 openssl libxml2-utils libboost-dev libssl-dev
    libcurl4-openssl-dev libpugixml-dev libsqlitecpp-dev libsqlite3-dev libspdlog-dev libcli11-dev libtomlplusplus-dev
    coinor-libclp-dev libgtest-dev libgmock-dev librapidcheck-dev)

say() { printf '%s\n' "$*" >&2; }
fail() { say "portability: $*"; echo "0 passed, 1 failed"; exit 1; }

# ---- the system ----------------------------------------------------------------------------------------------------

# The archive that this machine's own packages come from: archive_of debian | debian-security.
archive_of() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -m 1 "/$1/\?$" || true
}

# The machine's way to its mirror: names, certificates and what apt was told about fetching. No passwords.
copy_settings() {
    local mirror=$1 security=$2 file
    for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
        if [ -e "$file" ]; then mkdir -p "$system$(dirname "$file")" && cp -L "$file" "$system$file"; fi
    done
    { grep -lsE '^ *Acquire' /etc/apt/apt.conf.d/* || true; } | xargs -r cp -t "$system/etc/apt/apt.conf.d"
    {
        echo "deb $mirror $suite main"
        echo "deb $mirror $suite-updates main"
        [ -z "$security" ] || echo "deb $security $suite-security main"
    } >"$system/etc/apt/sources.list"
}

make_system() {
    local mirror security
    mirror=$(archive_of debian)
    security=$(archive_of debian-security)
    [ -n "$mirror" ] || fail "this machine's apt names no Debian archive; expected one to take Debian 13 from"
    mkdir -p "$folder" "$cache"
    if [ ! -e "$system/made" ]; then
        command -v debootstrap >/dev/null || fail "please install debootstrap"
        say "portability: making a Debian 13 in $system"
        rm -rf "$system"
        debootstrap --variant=minbase --include=ca-certificates $suite "$system" "$mirror" >"$folder/debootstrap.log" 2>&1 ||
            { tail -5 "$folder/debootstrap.log" >&2; fail "debootstrap gave up; its log is $folder/debootstrap.log"; }
        touch "$system/made"
    fi
    copy_settings "$mirror" "$security"
}

within() { chroot "$system" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

install_packages() {
    local installed
    # shellcheck disable=SC2016  # dpkg's own variables
    installed=$(within dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^ii *//p' | sort -u)
    [ -n "$(comm -23 <(printf '%s\n' "${packages[@]}" | sort) <(echo "$installed"))" ] || return 0
    say "portability: installing the compiler and the libraries"
    { within apt-get -qq update && within apt-get -qq install -y --no-install-recommends "${packages[@]}"; } \
        >"$folder/apt.log" 2>&1 || { tail -5 "$folder/apt.log" >&2; fail "apt gave up; its log is $folder/apt.log"; }
}

# The files that git would commit, as they stand now; with their times, so that only what changed is built again.
copy_source() {
    local file
    rm -rf "$system/busbar"
    rmdir "$system/standards" 2>/dev/null || true
    mkdir -p "$system/busbar" "$system/ccache" "$system/build"
    [ ! -d "$standards" ] || mkdir "$system/standards"
    git ls-files -co --exclude-standard -z | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
        tar --create --null --files-from=- | tar --extract --directory "$system/busbar"
}

# ---- in its own namespaces: mounts and processes end with them, and there is no network ----------------------------

mount_all() {
    mount --bind "$cache" "$system/ccache" && mount -t proc proc "$system/proc" && mount --rbind /dev "$system/dev" || return
    [ ! -d "$standards" ] || mount --bind -o ro "$standards" "$system/standards"
}

enter() {
    mount_all || fail "nothing can be mounted here, not even in a namespace of its own"
    within ip link set lo up
    within CI="${CI:-}" CCACHE_DIR=/ccache BUSBAR_STANDARDS=/standards BUSBAR_SOURCE_DIR=/busbar \
        /busbar/tests/portability/build_and_test.sh
}

if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || fail "only root may make another system and enter it"
    exec sudo -n --preserve-env=BUSBAR_STANDARDS,CI "$self"
elif [ "${1:-}" = enter ]; then
    enter
else
    make_system
    install_packages
    copy_source
    unshare --mount --pid --net --fork --kill-child "$self" enter
fi
