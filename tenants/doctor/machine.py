"""Checks of the machine this runs on: its clock, its disk, and the names that lead to it."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from infra import dns
from infra.services import Services
from tenants.doctor.findings import Finding

ROOM = 2 * 1024**3
"""Bytes that should be free where this machine writes."""


def clock(services: Services) -> Iterator[Finding]:
    """The clock is kept by a time server: codes of one use and signatures live by it."""
    program = shutil.which("timedatectl")
    if program is None:
        yield Finding("clock", "ok", "not asked: timedatectl is missing here, so the host keeps the time")
        return
    command = [program, "show", "--property=NTPSynchronized", "--value"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout.strip()
    if said == "no":
        advice = "Run: timedatectl set-ntp true. Codes from authenticator apps fail on a clock that is wrong."
        yield Finding("clock", "warning", "no time server keeps this machine's clock", advice)
    else:
        yield Finding("clock", "ok", "kept by a time server" if said == "yes" else "not asked: nobody answers here")


def disk(services: Services) -> Iterator[Finding]:
    """There is room where this machine writes."""
    folder = Path(services.settings.data_dir)
    place = folder if folder.is_dir() else Path.cwd()
    free = shutil.disk_usage(place).free
    if not os.access(place, os.W_OK):
        yield Finding("disk", "problem", f"{place} cannot be written", f"Run: chown {os.getuid()} {place}")
    text = f"{free / 1024**3:.1f} GB free at {place}"
    if free > ROOM:
        yield Finding("disk", "ok", text)
    else:
        yield Finding("disk", "problem", text, "Make room, or move RAPPORT_DATA_DIR.")


def names(services: Services) -> Iterator[Finding]:
    """The platform's host and any tenant's below it lead somewhere."""
    host = urlsplit(services.settings.base_url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        yield Finding("names", "ok", f"{host}: browsers resolve it and everything below it by themselves")
        return
    asker = dns.resolver(services.settings)
    own = asker.addresses(host)
    below = asker.addresses(f"doctor-{secrets.token_hex(4)}.{host}")
    if not own:
        yield Finding("names", "problem", f"{host} has no address", f"Add an A or AAAA record for {host}.")
    if not below:
        advice = f"Add the record *.{host} with the same addresses: each tenant lives below it."
        yield Finding("names", "problem", f"nothing is found below {host}", advice)
    elif own != below:
        advice = f"{host} leads to {', '.join(own)}, *.{host} to {', '.join(below)}; both should reach the web."
        yield Finding("names", "warning", "platform and tenants lead to different places", advice)
    if own and below:
        yield Finding("names", "ok", f"{host} and *.{host} are found")
