"""The unprivileged account that PostgreSQL runs as when we are root, and what that account can reach."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from infra.local.trouble import Trouble

SHARED = Path("/var/lib/rapport")
"""Where things go, as root, that the account cannot reach in the working folder (a home of mode 0700)."""


@dataclass(frozen=True)
class Account:
    """A user without privileges, by number; `Popen` takes `popen_options` as keyword arguments."""

    name: str
    uid: int
    gid: int

    @property
    def popen_options(self) -> dict[str, object]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Whether the account can pass through every parent of the folder and the folder itself."""
        asked = subprocess.run(
            ["/usr/bin/test", "-x", str(folder)],
            cwd="/",
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            check=False,
        )
        return asked.returncode == 0

    def own(self, folder: Path) -> None:
        """Makes the folder when it is missing and gives it, not its parents, to the account."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chown(folder, self.uid, self.gid)


def unprivileged() -> Account | None:
    """The account to drop to, or None when we are not root and need none."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as problem:
        raise Trouble(
            "PostgreSQL does not run as root and there is no user `nobody`: run this as an ordinary user."
        ) from problem
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def data_folder(data_dir: Path, name: str, account: Account | None) -> Path:
    """The folder for a server's data: inside the data folder, or beside it where the account cannot go there."""
    if account is None:
        return data_dir / name
    if account.can_enter(data_dir):
        return data_dir / name
    place = outside(data_dir)
    place.mkdir(mode=0o711, parents=True, exist_ok=True)
    return place / name


def outside(data_dir: Path) -> Path:
    """The place under SHARED that belongs to this data folder; `make clean` removes it with the folder."""
    return SHARED / sha256(str(data_dir).encode()).hexdigest()[:16]


def reachable_copy(package: Path, libraries: Path, version: str, account: Account | None) -> Path:
    """The package's folder, or a copy that the account can reach; the libraries keep their place beside it."""
    if account is None or account.can_enter(package):
        return package
    home = SHARED / f"binaries-{version}"
    if not (home / package.name).is_dir():
        unfinished = SHARED / f"unfinished-{os.getpid()}"
        SHARED.mkdir(mode=0o711, parents=True, exist_ok=True)
        shutil.copytree(package, unfinished / package.name, symlinks=True)
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        unfinished.chmod(0o755)
        unfinished.rename(home)
    return home / package.name
