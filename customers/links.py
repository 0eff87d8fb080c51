"""Links that are one person's: a random token of which only the hash is kept, good for one purpose and thing.

Opening a link changes nothing, so that a scanner that opens it spends nothing. `spend` belongs into the transaction
of the act that the link was for; of two at once one wins.
"""

import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, insert, or_, select, update
from sqlalchemy.orm import Session

from customers.models import Contact, PersonalLink
from infra import clock
from infra.errors import Conflict, NotFound
from infra.i18n import N_
from infra.ids import new_id, token_hash

TOKEN = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
"""128 bits in base64url."""
ANSWER = "survey.answer"
"""The purpose of links to a survey. Whoever holds one acts in its person's place."""
UNTOLD = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the time at which a link was spent where not even the day is kept: for anonymous acts."""


class LinkUnknown(NotFound):
    """No such link here: cut off, of another workspace, for another purpose, or taken back."""

    code = "link_unknown"
    message = N_("This link is not valid. It may have been cut off; please open it again from the mail you got.")


class LinkExpired(Conflict):
    """Its time is over."""

    code = "link_expired"
    message = N_("This link has expired. Please ask whoever sent it for a new one.")


class LinkSpent(Conflict):
    """It was good for one time, and that has been."""

    code = "link_spent"
    message = N_("This link was used before and is good for one time only.")


@dataclass(frozen=True, slots=True)
class Issued:
    """A new link with its token, which is nowhere else."""

    link: PersonalLink
    token: str


def issue(
    session: Session,
    person_id: UUID,
    *,
    purpose: str,
    ref: UUID,
    lasts: timedelta,
    once: bool = True,
    link_id: UUID | None = None,
    token: str = "",
) -> Issued:
    """A link for a person, a purpose such as `survey.answer` and a thing. Keep the token nowhere.

    Its id and a token that nobody can guess may be given, where the token follows from the id.
    """
    token = token or secrets.token_urlsafe(16)
    link = PersonalLink(
        id=link_id or new_id(),
        token_hash=token_hash(token),
        person_id=person_id,
        purpose=purpose,
        ref_id=ref,
        once=once,
        expires_at=clock.now() + lasts,
    )
    session.add(link)
    session.flush()
    return Issued(link, token)


def issue_many(
    session: Session,
    people: Iterable[UUID],
    *,
    purpose: str,
    ref: UUID,
    lasts: timedelta,
    used_up: Collection[UUID] = (),
) -> dict[UUID, str]:
    """A link that is good once for each person, with one statement; each person's id to their token.

    Those of whom it must not show that they are done get one as well, which is `used_up` from the beginning.
    """
    expires_at = clock.now() + lasts
    tokens = {person: secrets.token_urlsafe(16) for person in people}
    rows = [
        {
            "id": new_id(),
            "token_hash": token_hash(token),
            "person_id": person,
            "purpose": purpose,
            "ref_id": ref,
            "once": True,
            "expires_at": expires_at,
            "spent_at": UNTOLD if person in used_up else None,
            "created_at": clock.now(),
        }
        for person, token in tokens.items()
    ]
    if rows:
        session.execute(insert(PersonalLink), rows)
    return tokens


def find(session: Session, token: str, *, purpose: str, ref: UUID | None = None) -> PersonalLink | None:
    """The link of that token for that purpose, in whatever state but taken back. Changes nothing."""
    if not TOKEN.fullmatch(token):
        return None
    link = session.scalars(select(PersonalLink).where(PersonalLink.token_hash == token_hash(token))).one_or_none()
    if link is None or link.purpose != purpose or link.revoked_at is not None:
        return None
    return link if ref is None or link.ref_id == ref else None


def get(
    session: Session, token: str, *, purpose: str, ref: UUID | None = None, telling: bool = True
) -> PersonalLink:
    """The link when it can still be used. Raises LinkUnknown, LinkExpired, LinkSpent. Changes nothing.

    Without `telling` a link that was spent unseen is one that can still be used, for whoever only looks.
    """
    link = find(session, token, purpose=purpose, ref=ref)
    if link is None:
        raise LinkUnknown()
    if link.once and link.spent_at is not None and (telling or link.spent_at != UNTOLD):
        raise LinkSpent()
    if link.expires_at <= clock.now():
        raise LinkExpired()
    return link


def spend(session: Session, link: PersonalLink, *, unseen: bool = False) -> None:
    """Notes that the act is done, in the act's transaction. Raises LinkSpent, LinkExpired or LinkUnknown when
    somebody was faster; then the act must not stand.

    `unseen` keeps no time at all, where it could tell which answer is whose.
    """
    moment = clock.now()
    noted = UNTOLD if unseen else moment
    usable = (PersonalLink.id == link.id, PersonalLink.revoked_at.is_(None), PersonalLink.expires_at > moment)
    fresh = (PersonalLink.spent_at.is_(None),) if link.once else ()
    spending = update(PersonalLink).where(*usable, *fresh).values(spent_at=noted).returning(PersonalLink.id)
    if session.scalar(spending) is None:
        raise _why_not(session, link, moment)
    session.expire(link)


def hold(session: Session, people: Collection[UUID], *, purpose: str, ref: UUID) -> None:
    """Nobody else spends links of these people for a purpose and thing until the transaction ends.

    All of them in one order, so that of two who each want all one waits, and neither holds what the other wants.
    """
    theirs = (PersonalLink.person_id.in_(people), PersonalLink.purpose == purpose, PersonalLink.ref_id == ref)
    good = (PersonalLink.revoked_at.is_(None), or_(PersonalLink.spent_at.is_(None), ~PersonalLink.once))
    query = select(PersonalLink.id).where(*theirs, *good).order_by(PersonalLink.id)
    session.execute(query.with_for_update())


def use_up(session: Session, people: Collection[UUID], *, purpose: str, ref: UUID) -> None:
    """Spends, unseen, every link of these people that is good once more for a purpose and thing. `hold` them."""
    theirs = (PersonalLink.person_id.in_(people), PersonalLink.purpose == purpose, PersonalLink.ref_id == ref)
    left = (PersonalLink.once, PersonalLink.spent_at.is_(None), PersonalLink.revoked_at.is_(None))
    session.execute(update(PersonalLink).where(*theirs, *left).values(spent_at=UNTOLD))


def of_used_up(session: Session, owner: Mapping[UUID, UUID], *, purpose: str, ref: UUID) -> set[UUID]:
    """Of whom the newest link for a purpose and thing was spent unseen; `owner` names them for any id of theirs."""
    theirs = (PersonalLink.person_id.in_(owner), PersonalLink.purpose == purpose, PersonalLink.ref_id == ref)
    links = select(PersonalLink.person_id, PersonalLink.spent_at).where(*theirs).order_by(PersonalLink.id)
    newest = {owner[person]: spent_at for person, spent_at in session.execute(links)}
    return {person for person, spent_at in newest.items() if spent_at == UNTOLD}


def revoke(session: Session, link: PersonalLink) -> None:
    """Takes the link back; it reads as unknown from then on. Doing it again does nothing."""
    if link.revoked_at is None:
        link.revoked_at = clock.now()
        session.flush()


def revoke_all(session: Session, *, purpose: str, ref: UUID) -> int:
    """Takes back every unspent link of a purpose to a thing; answers how many."""
    taken = update(PersonalLink).where(
        PersonalLink.purpose == purpose,
        PersonalLink.ref_id == ref,
        PersonalLink.revoked_at.is_(None),
        PersonalLink.spent_at.is_(None),
    )
    return len(session.scalars(taken.values(revoked_at=clock.now()).returning(PersonalLink.id)).all())


def revoke_mailed(session: Session, people: Collection[UUID]) -> None:
    """Takes back the links to surveys that went to these people by mail and can still be used.

    Those that were spent unseen as well, or what is left would tell which they were.
    """
    mailed = exists().where(Contact.person_id == PersonalLink.person_id, Contact.ref_id == PersonalLink.ref_id)
    good = or_(PersonalLink.spent_at.is_(None), PersonalLink.spent_at == UNTOLD, ~PersonalLink.once)
    theirs = (PersonalLink.person_id.in_(people), PersonalLink.purpose == ANSWER, good, mailed)
    living = (PersonalLink.revoked_at.is_(None), PersonalLink.expires_at > clock.now())
    query = select(PersonalLink.id).where(*theirs, *living).order_by(PersonalLink.id)
    held = session.scalars(query.with_for_update(of=PersonalLink)).all()
    session.execute(update(PersonalLink).where(PersonalLink.id.in_(held)).values(revoked_at=clock.now()))


def _why_not(session: Session, link: PersonalLink, moment: datetime) -> Conflict | NotFound:
    session.refresh(link)
    if link.revoked_at is not None:
        return LinkUnknown()
    return LinkExpired() if link.expires_at <= moment else LinkSpent()
