#!/usr/bin/env bash
# proxies.sh: nginx and Caddy for the tests of docs/domains.md, unpacked from Debian's packages into .venv/proxies
# where they are not installed. Nothing is started and nothing is configured; without them those tests fail.
set -u
cd "$(dirname "$0")/../.."
folder=.venv/proxies

have() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || [ -x "$folder/usr/sbin/$1" ] || [ -x "$folder/usr/bin/$1" ]; }

fetch() { # program package
    have "$1" && return 0
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
    work=$(mktemp -d) || return 1
    if ! (cd "$work" && apt-get download -qq "$2") >/dev/null 2>&1 </dev/null; then
        [ "$(id -u)" = 0 ] && apt-get update -qq >/dev/null 2>&1 </dev/null
        (cd "$work" && apt-get download -qq "$2") >/dev/null 2>&1 </dev/null
    fi
    mkdir -p "$folder" && for package in "$work"/*.deb; do [ -f "$package" ] && dpkg -x "$package" "$folder"; done
    rm -rf "$work"
    have "$1"
}

for pair in nginx:nginx-light caddy:caddy; do
    fetch "${pair%%:*}" "${pair##*:}" || echo "${pair%%:*} could not be had from Debian's packages; its tests will fail" >&2
done
exit 0
