"""`settings.env`: the addresses and secrets of the embedded stack, written for `infra.settings.load`."""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.settings import PREFIX

NAME = "settings.env"
HEAD = "# Written by the embedded stack at each start. Environment variables win over it, one by one.\n"
PASSWORDS = ("app_password", "owner_password", "disposal_password", "keys_password")


def read(data_dir: Path) -> dict[str, str]:
    """The values of the last start, by field name; empty on the first."""
    path = data_dir / NAME
    if not path.is_file():
        return {}
    lines = (line.split("=", 1) for line in path.read_text().splitlines() if line.startswith(PREFIX))
    return {name.removeprefix(PREFIX).lower(): value for name, value in lines}


def write(data_dir: Path, values: Mapping[str, object]) -> None:
    """Replaces the file at once, readable by its owner only."""
    text = HEAD + "".join(f"{PREFIX}{name.upper()}={value}\n" for name, value in values.items())
    private_file(data_dir / NAME, text.encode())


def with_secrets(data_dir: Path, known: Mapping[str, str]) -> dict[str, str]:
    """Secrets, passwords and key files: those that are known are kept, missing ones are made."""
    made = {name: known.get(name) or secrets.token_urlsafe(24) for name in PASSWORDS}
    made["secret"] = known.get("secret") or base64.b64encode(secrets.token_bytes(48)).decode()
    made["s3_key"] = known.get("s3_key") or secrets.token_hex(10).upper()
    made["s3_secret"] = known.get("s3_secret") or secrets.token_urlsafe(30)
    made["key_file"] = str(_file(data_dir / "master.key", _master_key))
    made["dkim_key_file"] = str(_file(data_dir / "dkim.pem", _dkim_key))
    made["dkim_selector"] = "rapport"
    return made


def kept_secret(path: Path) -> str:
    """A random password that lives in its own private file."""
    return _file(path, lambda: secrets.token_urlsafe(24).encode()).read_text()


def private_file(path: Path, content: bytes) -> None:
    """Writes a file of mode 0600 and puts it in place in one step."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _file(path: Path, make: Callable[[], bytes]) -> Path:
    if not path.exists():
        private_file(path, make())
    return path


def _master_key() -> bytes:
    return base64.b64encode(secrets.token_bytes(32))


def _dkim_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
