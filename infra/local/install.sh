#!/usr/bin/env bash
# install.sh product|dev: makes .venv and installs what is locked, by hash. Says in one sentence what is missing.
set -uo pipefail
cd "$(dirname "$0")/../.."

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

lock="requirements/$1.txt"
[ -w . ] || fail "The folder $PWD cannot be written: run this as its owner, or clone Rapport where you may write."
[ "$(df --output=avail -k . | tail -1)" -gt 1500000 ] || [ -d .venv ] ||
    fail "The disk of $PWD has less than 1.5 GB left, which the packages need: make room and run this again."

find_python() {
    for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Rapport needs Python 3.11 or newer, found $(python3 --version 2>&1 || true): sudo apt-get install python3 python3-venv, or name one with PYTHON=/path/to/python make run"
}

make_environment() {
    local python
    python=$(find_python) || exit 1
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "Python's venv module is missing: sudo apt-get install python3-venv"
    say "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv || fail "The virtual environment could not be made in $PWD/.venv; the lines above say why."
}

# uv does not read pip's configuration: a machine with its own index or wheel folder says so there.
tell_uv_what_pip_knows() {
    local index extra links
    index=${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null)}
    extra=${PIP_EXTRA_INDEX_URL:-$(.venv/bin/python -m pip config get global.extra-index-url 2>/dev/null)}
    links=${PIP_FIND_LINKS:-$(.venv/bin/python -m pip config get global.find-links 2>/dev/null)}
    [ -n "$index" ] && export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
    [ -n "$extra" ] && export UV_INDEX="${UV_INDEX:-$(echo $extra)}"
    [ -n "$links" ] && export UV_FIND_LINKS="${UV_FIND_LINKS:-$(echo $links | tr ' ' ',')}"
    export UV_INDEX_STRATEGY=unsafe-best-match UV_LINK_MODE=hardlink
    return 0
}

install_locked() {
    local pip=(.venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes)
    "${pip[@]}" -r requirements/tools.txt || return 1
    tell_uv_what_pip_knows
    .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock" && return 0
    say "uv could not install everything; trying pip."
    "${pip[@]}" -r "$lock"
}

.venv/bin/python -m pip --version >/dev/null 2>&1 || make_environment
say "Installing what $lock names (the first time takes a minute or two)"
install_locked ||
    fail "The packages could not be installed; the lines above say why. With a proxy set HTTPS_PROXY, then run this again."
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e . ||
    fail "Rapport itself could not be installed into .venv; the lines above say why."
touch ".venv/.installed-$1"
[ "$1" = dev ] && touch .venv/.installed-product
exit 0
