#!/usr/bin/env bash
# chromium.sh: makes sure that the browser tests find a Chromium; installs Debian's where that is allowed.
set -u
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing chromium for the browser tests" >&2
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null </dev/null
    [ -x /usr/bin/chromium ] && exit 0
fi
echo "The browser tests need Chromium: sudo apt-get install chromium, or name one with CHROMIUM=/path/to/chromium" >&2
exit 1
