"""How often a sign-in mail can be asked for: counted in PostgreSQL by mailbox, network address and workspace.

A mailbox that nobody has is counted like any other, so a refusal tells nothing. Whoever signs in has their mailbox
counted anew.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.selectable import ScalarSelect

from infra import clock
from infra.crypto import current_keys
from infra.crypto.keys import Cipher
from infra.db import current_tenant
from infra.errors import TooMany
from infra.i18n import N_
from infra.limits import network
from tenants.models import SignInAttempt

HOUR = timedelta(hours=1)
MAILBOX, NETWORK, WORKSPACE = 5, 40, 1_000
"""Mails that can be asked for within an hour; a network may be an office or a mobile provider."""
OFTEN = N_("Mails to sign in were asked for very often. Please try again in %(minutes)s minutes.")


def count(session: Session, address_index: bytes, address: str) -> None:
    """Notes one ask. Raises TooMany with the time that is left; then nothing is noted. Commit before going on."""
    cipher = _cipher()
    mailbox, there = _mailbox(cipher, address_index), cipher.blind("portal.network", network(address))
    whole = cipher.blind("portal.workspace", "")
    for number in sorted(int.from_bytes(each[:8], "big", signed=True) for each in (mailbox, there, whole)):
        session.execute(select(func.pg_advisory_xact_lock(number)))
    moment = clock.now()
    row = session.execute(
        select(
            _reached(SignInAttempt.account, mailbox, MAILBOX, moment),
            _reached(SignInAttempt.address, there, NETWORK, moment),
            _reached(SignInAttempt.account, whole, WORKSPACE, moment),
        )
    ).one()
    until = max((each + HOUR for each in row if each is not None), default=None)
    if until is not None:
        wait = max(1, int((until - moment).total_seconds()) + 1)
        raise TooMany(OFTEN, retry_after=wait, minutes=-(-wait // 60))
    session.add_all(
        (
            SignInAttempt(account=mailbox, address=there, at=moment),
            SignInAttempt(account=whole, address=whole, at=moment),
        )
    )
    session.flush()


def forgive(session: Session, address_index: bytes) -> None:
    """After a sign-in."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.account == _mailbox(_cipher(), address_index)))


def _cipher() -> Cipher:
    return current_keys().for_tenant(current_tenant())


def _mailbox(cipher: Cipher, address_index: bytes) -> bytes:
    return cipher.blind("portal.mailbox", address_index.hex())


def _reached(
    column: InstrumentedAttribute[bytes], bucket: bytes, most: int, moment: datetime
) -> ScalarSelect[datetime]:
    """When the attempt was made that has to fall out of the hour before there is room; NULL while there is."""
    return (
        select(SignInAttempt.at)
        .where(column == literal(bucket), SignInAttempt.at > moment - HOUR)
        .order_by(SignInAttempt.at.desc())
        .offset(most - 1)
        .limit(1)
        .scalar_subquery()
    )
