"""Devices that somebody signed in on before: a signed, long-lived cookie that brings allowance of its own.

Whoever fails at an account on purpose must not keep its owner out (OWASP, "Device cookies"): attempts from a device
that knows the account are counted for that device and no other. The cookie lets nobody in.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from infra import links
from infra.crypto import Keys
from infra.crypto.normal import email as normal_email
from infra.db import current_tenant
from infra.errors import Invalid
from infra.ids import unordered_id
from infra.settings import Settings

LIVES = timedelta(days=400)
"""The most that browsers keep a cookie."""
MOST_ACCOUNTS = 5
"""People who share a device; the one who was away longest is forgotten first."""

_PURPOSE = "staff.device"


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that signed in here before, and the marks of the accounts that did; the newest last."""

    id: UUID
    accounts: tuple[str, ...] = ()

    def knows(self, mark: str) -> bool:
        """Whether this account signed in here."""
        return mark in self.accounts


def mark_of(keys: Keys, email: str) -> str:
    """An account as the cookie names it: keyed, so that it says nothing to who reads the cookie."""
    return keys.for_tenant(current_tenant()).blind("sign_in.device", normal_email(email)).hex()[:32]


def read(settings: Settings, cookie: str | None) -> Device | None:
    """The device of a cookie; None when there is none or it is not ours, of this tenant, and in time."""
    if not cookie:
        return None
    try:
        payload = links.verify(settings, _PURPOSE, current_tenant().id, cookie)
    except Invalid:
        return None
    return Device(UUID(payload["d"]), tuple(payload["a"]))


def cookie_of(settings: Settings, keys: Keys, device: Device | None, email: str) -> str:
    """The cookie after the account has signed in on the device, or on a new one."""
    mark = mark_of(keys, email)
    known = device or Device(unordered_id())
    accounts = (*(other for other in known.accounts if other != mark), mark)[-MOST_ACCOUNTS:]
    payload = {"d": known.id.hex, "a": accounts}
    return links.sign(settings, _PURPOSE, current_tenant().id, payload, expires_in=LIVES)
