"""How often a sign-in mail can be asked for: counted in PostgreSQL by mailbox, network address and workspace.

Nobody can be locked out by asks of others. What others may use up is one network's share of a mailbox; when a
mailbox as a whole is asked for too often, the newest mail that it got is good for as long as the count lasts
(`HOUR` is no longer than a link lives), and lets its reader in on any device. A browser that has proved the
mailbox before has a count of its own. A workspace that is asked very often serves every network less, and none
not at all.

A mailbox that nobody has is counted like any other, so a refusal tells nothing. Whoever signs in has their mailbox
counted anew.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, literal, select
from sqlalchemy.orm import Session
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
MAILBOX, LANE, KNOWN = 10, 5, 5
"""Mails of a mailbox within an hour: asked for from everywhere, from one network, from browsers that proved it."""
NETWORK, PRESSED = 40, 5
"""Mails that a network can ask for, which may be an office or a mobile provider; and while all ask very often."""
WORKSPACE = 1_000
"""Mails within an hour from which on each network gets fewer."""
WISHES = 5
"""Codes to new addresses that one person can ask for."""
DOWNLOADS = 5
"""Downloads of one's own data, each of which reads everything."""
ENOUGH = N_(
    "This address was asked for several times within the hour. If we know it, our mails are in its mailbox: the"
    " link in the newest one lets you in, on any device. You can ask for another mail in %(minutes)s minutes."
)
OFTEN = N_(
    "Your network asked for very many mails to sign in. A link in a mail that you have works all the same; you can"
    " ask for another mail in %(minutes)s minutes."
)
WISHED = N_("You asked for many codes within the hour. Please try again in %(minutes)s minutes.")

LOADED = N_("You downloaded your data several times within the hour. Please try again in %(minutes)s minutes.")


def count(session: Session, address_index: bytes, address: str, *, known: bool = False) -> None:
    """Notes one ask. Raises TooMany with the time that is left; then nothing is noted. Commit before going on.

    `known` says that the browser proved this very mailbox before.
    """
    cipher = _cipher()
    whole, there = cipher.blind("portal.workspace", ""), cipher.blind("portal.network", network(address))
    if known:
        own = mark(address_index)
        _lock(session, own)
        _require(session, ENOUGH, (SignInAttempt.account == own, KNOWN))
        _note(session, (own, own))
        return
    mailbox = _mailbox(cipher, address_index)
    _lock(session, mailbox, there, whole)
    share = NETWORK if _is_free(session, SignInAttempt.account == whole, WORKSPACE) else PRESSED
    _require(session, OFTEN, (SignInAttempt.address == there, share))
    lane = (SignInAttempt.account == mailbox) & (SignInAttempt.address == there)
    _require(session, ENOUGH, (lane, LANE), (SignInAttempt.account == mailbox, MAILBOX))
    _note(session, (mailbox, there), (whole, whole))


def count_wish(session: Session, person_id: UUID, address: str) -> None:
    """Notes that somebody who is signed in asks for a code to a new address, as `count` does."""
    cipher = _cipher()
    whose, there = cipher.blind("portal.wish", person_id.hex), cipher.blind("portal.network", network(address))
    _lock(session, whose, there)
    _require(session, WISHED, (SignInAttempt.account == whose, WISHES), (SignInAttempt.address == there, NETWORK))
    _note(session, (whose, there))


def count_download(session: Session, person_id: UUID) -> None:
    """Notes that somebody takes their own data along, as `count` does."""
    whose = _cipher().blind("portal.download", person_id.hex)
    _lock(session, whose)
    _require(session, LOADED, (SignInAttempt.account == whose, DOWNLOADS))
    _note(session, (whose, whose))


def mark(address_index: bytes) -> bytes:
    """What a browser keeps that has proved the mailbox; it opens nothing."""
    return _cipher().blind("portal.known", address_index.hex())


def forgive(session: Session, address_index: bytes) -> None:
    """After a sign-in."""
    own = (_mailbox(_cipher(), address_index), mark(address_index))
    session.execute(delete(SignInAttempt).where(SignInAttempt.account.in_(own)))


def _cipher() -> Cipher:
    return current_keys().for_tenant(current_tenant())


def _mailbox(cipher: Cipher, address_index: bytes) -> bytes:
    return cipher.blind("portal.mailbox", address_index.hex())


def _lock(session: Session, *buckets: bytes) -> None:
    """Who counts the same waits, in one order for all."""
    for number in sorted(int.from_bytes(each[:8], "big", signed=True) for each in buckets):
        session.execute(select(func.pg_advisory_xact_lock(number)))


def _note(session: Session, *asked: tuple[bytes, bytes]) -> None:
    moment = clock.now()
    session.add_all(SignInAttempt(account=account, address=address, at=moment) for account, address in asked)
    session.flush()


def _is_free(session: Session, which: ColumnElement[bool], most: int) -> bool:
    return session.scalar(select(_reached(which, most, clock.now()))) is None


def _require(session: Session, message: str, *limits: tuple[ColumnElement[bool], int]) -> None:
    """Raises TooMany until the last of the limits that are reached has room."""
    moment = clock.now()
    row = session.execute(select(*(_reached(which, most, moment) for which, most in limits))).one()
    until = max((each + HOUR for each in row if each is not None), default=None)
    if until is not None:
        wait = max(1, int((until - moment).total_seconds()) + 1)
        raise TooMany(message, retry_after=wait, minutes=-(-wait // 60))


def _reached(which: ColumnElement[bool], most: int, moment: datetime) -> ScalarSelect[datetime]:
    """When the attempt was made that has to fall out of the hour before there is room; NULL while there is."""
    return (
        select(SignInAttempt.at)
        .where(which, SignInAttempt.at > moment - HOUR)
        .order_by(SignInAttempt.at.desc())
        .offset(literal(most - 1))
        .limit(1)
        .scalar_subquery()
    )
