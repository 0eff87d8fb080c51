"""An authenticator app for tests."""

import time
from typing import TYPE_CHECKING

import pyotp

from infra.clock import now
from tenants import second_factor, sessions, totp

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tenants.models import StaffMember


SOON = 8
"""Seconds at the end of a step in which a code of the step before may be too old when it is typed."""


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or so many steps of 30 seconds from now."""
    left = totp.STEP - time.time() % totp.STEP
    if steps < 0 and left < SOON:
        time.sleep(left)
    return pyotp.TOTP(secret).generate_otp(int(now().timestamp()) // totp.STEP + steps)


def wrong_code(secret: str) -> str:
    """Six digits that are no code of this app around now."""
    near = {code_of(secret, steps=steps) for steps in range(-3, 4)}
    return next(text for text in map("{:06d}".format, range(10)) if text not in near)


def give(session: "Session", member: "StaffMember") -> tuple[str, list[str]]:
    """Sets an app up for the member with the code of a moment ago; answers its secret and the recovery codes."""
    token = sessions.start(session, member)
    session.flush()
    found = sessions.find(session, token)
    assert found is not None
    secret = second_factor.offer(session, member)
    codes = second_factor.confirm(session, member, code_of(secret, steps=-1), living=found[1])
    sessions.end(session, token)
    session.flush()
    return secret, codes
