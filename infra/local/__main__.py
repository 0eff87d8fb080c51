"""`python -m infra.local run`, what `make run` calls; `up`: the servers; `bootstrap`: roles on a real server."""

import argparse
import errno
import os
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

from infra.local import supervisor
from infra.local.bootstrap import bootstrap
from infra.local.stack import Stack
from infra.local.trouble import Trouble
from infra.settings import PREFIX, Settings, SettingsError, load
from infra.told import Told


def main() -> int:
    """Runs one command; what a person can mend is one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="everything: servers, web, workers, scheduler")
    commands.add_parser("up", help="the servers alone, until Ctrl-C")
    real = commands.add_parser("bootstrap", help="roles and databases on your own PostgreSQL")
    real.add_argument("superuser", help="libpq address of a role that may create roles and databases")
    options = parser.parse_args()
    data_dir = Path(os.environ.get(PREFIX + "DATA_DIR", Settings.data_dir)).resolve()
    try:
        if options.command == "run":
            supervisor.run(data_dir, os.environ)
        elif options.command == "up":
            up(data_dir)
        else:
            bootstrap_server(options.superuser)
    except (Trouble, SettingsError) as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        print(f"The disk of {data_dir} is full: make room and start again; nothing was lost.", file=sys.stderr)
        return 1
    return 0


def up(data_dir: Path) -> None:
    """Runs the servers until SIGINT or SIGTERM; others start web and workers themselves."""
    ended = Told()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    stack = Stack(data_dir)
    stack.start()
    print(f"The stack is up. Settings: {data_dir}/settings.env. Inbox: {stack.inbox_url}", flush=True)
    ended.wait()
    stack.stop()


def bootstrap_server(superuser: str) -> None:
    """Makes roles and the databases of every cell that lies on the superuser's server."""
    settings = load()
    server = urlsplit(superuser)
    addresses = {settings.control_database, *settings.cell_addresses.values()}
    here = [urlsplit(each) for each in addresses]
    names = [
        each.path[1:]
        for each in here
        if (each.hostname, each.port or 5432) == (server.hostname, server.port or 5432)
    ]
    if not names:
        raise Trouble(
            "No database of the settings lies on that server: set RAPPORT_CONTROL_DATABASE or RAPPORT_CELLS."
        )
    bootstrap(superuser, settings, sorted(names))


if __name__ == "__main__":
    sys.exit(main())
