#!/usr/bin/env bash
# clean.sh: removes everything that `make run` and `make test` made here: data, environment, caches.
set -euo pipefail
cd "$(dirname "$0")/../.."

data=$(realpath -m "${RAPPORT_DATA_DIR:-.data}")
if [ -e "$data/lock" ] && ! flock --nonblock "$data/lock" true; then
    echo "Rapport is running from $data (process $(cat "$data/lock")): stop it first." >&2
    exit 1
fi
outside="/var/lib/rapport/$(printf '%s' "$data" | sha256sum | cut -c1-16)"
if [ -d "$outside" ]; then rm -rf "$outside"; fi
if [ -e "$data/settings.env" ]; then rm -rf "$data"; fi
rm -rf .venv .bench .mypy_cache .ruff_cache .hypothesis .import_linter_cache ./*.egg-info
find . -name __pycache__ -type d -prune -exec rm -rf {} +
