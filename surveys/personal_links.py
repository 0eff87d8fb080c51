"""Personal links to a survey: made for programs and staff who send them on ways of their own, listed, taken back.

Whoever holds a link can use it up in its person's place. So none is handed out for an anonymous survey, whose links
go by mail alone, and of those the list never says that they were used.
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from hmac import digest
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customers import links, people
from customers.models import PersonalLink
from infra import clock
from infra.crypto import current_keys
from infra.errors import Conflict
from infra.events import record
from infra.i18n import N_
from infra.ids import new_id
from infra.pages import Page, bounded, decode, page
from surveys.errors import SurveyArchived, SurveyNotLive
from surveys.events import LinkIssued, LinkRevoked
from surveys.known import ANSWER
from surveys.models import Survey
from tenants import audit
from tenants.permissions import Actor

LONGEST_DAYS = 365
DAYS = 90
STATES = ("open", "spent", "expired", "revoked")
DERIVED = "survey links of programs"
DRAWN = (1 << 62) - 1
"""The last bits of a UUIDv7, which are drawn by lot (RFC 9562, 5.7)."""


class LinkTells(Conflict):
    """Whoever holds a link is taken for its person, and could try whether it was used."""

    code = "survey_is_anonymous"
    message = N_(
        "This survey is anonymous. Its personal links go by mail alone, so that nobody sees who answered when."
    )


def issue(
    session: Session,
    survey: Survey,
    person_id: UUID,
    *,
    days: int,
    once: bool,
    by: Actor,
    link_id: UUID | None = None,
) -> PersonalLink:
    """A link for a person. Raises PersonNotFound, SurveyArchived, SurveyNotLive, LinkTells."""
    person = people.get(session, person_id)
    if survey.archived_at is not None:
        raise SurveyArchived()
    if survey.live_version_id is None:
        raise SurveyNotLive()
    if survey.identity == "anonymous":
        raise LinkTells()
    link_id, lasts = link_id or new_id(), timedelta(days=days)
    token = token_of(session, link_id)
    made = links.issue(
        session, person.id, purpose=ANSWER, ref=survey.id, lasts=lasts, once=once, link_id=link_id, token=token
    ).link
    record(session, LinkIssued(subject=made.id, survey=survey.id, person=person.id))
    audit.record(session, "survey.link_issued", by=by, subject=survey.id, person=person.id)
    return made


def issue_by_form(
    session: Session, survey: Survey, person_id: UUID, *, days: int, by: Actor, form: UUID
) -> PersonalLink:
    """A link that is good for one answer. The same form with the same words, sent by the same person, gives the
    same link: its id is the form's, of which what is drawn by lot follows from them. Raises as `issue`."""
    said = sha256(f"{form} {by.id} {survey.id} {person_id} {days}".encode())
    link_id = UUID(int=form.int & ~DRAWN | int.from_bytes(said.digest()) & DRAWN)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(link_id.hex))))
    made = session.get(PersonalLink, link_id)
    return made or issue(session, survey, person_id, days=days, once=True, by=by, link_id=link_id)


def list_offered(session: Session) -> Sequence[Survey]:
    """Surveys to which links are made: open ones whose answers carry the customer, by name."""
    query = select(Survey).where(Survey.live_version_id.is_not(None), Survey.archived_at.is_(None))
    return session.scalars(query.where(Survey.identity != "anonymous").order_by(Survey.name)).all()


def token_of(session: Session, link_id: UUID) -> str:
    """The token of such a link. It follows from its id under the tenant's key, so that a repeated request is
    answered alike though the token is stored nowhere."""
    key = current_keys().for_tenant(session.info["tenant"]).derive(DERIVED)
    return urlsafe_b64encode(digest(key, link_id.bytes, "sha256")[:16]).rstrip(b"=").decode()


def list_links(
    session: Session, survey: Survey, *, person_id: UUID | None = None, after: str | None = None, limit: int = 50
) -> Page[PersonalLink]:
    """Links to the survey, of everybody or of one person and those who were merged into them, newest first."""
    query = select(PersonalLink).where(PersonalLink.purpose == ANSWER, PersonalLink.ref_id == survey.id)
    if person_id is not None:
        person = people.get(session, person_id)
        query = query.where(PersonalLink.person_id.in_(people.ids_of(session, person.id)))
    last, limit = decode(after), bounded(limit)
    if last is not None:
        query = query.where(PersonalLink.id < last)
    rows: Sequence[PersonalLink] = session.scalars(query.order_by(PersonalLink.id.desc()).limit(limit + 1)).all()
    return page(rows, limit, [row.id for row in rows])


def get(session: Session, survey: Survey, link_id: UUID) -> PersonalLink:
    """Raises LinkUnknown."""
    link = session.get(PersonalLink, link_id)
    if link is None or link.purpose != ANSWER or link.ref_id != survey.id:
        raise links.LinkUnknown()
    return link


def revoke(session: Session, survey: Survey, link: PersonalLink, *, by: Actor) -> None:
    """Takes it back, in whatever state. Doing it again does nothing."""
    if link.revoked_at is None:
        links.revoke(session, link)
        record(session, LinkRevoked(subject=link.id, survey=survey.id, person=link.person_id))
        audit.record(session, "survey.link_revoked", by=by, subject=survey.id, person=link.person_id)


def state_of(survey: Survey, link: PersonalLink) -> str:
    """One of STATES. Never `spent` of an anonymous survey, nor of a link that was spent while it was one."""
    if link.revoked_at is not None:
        return "revoked"
    if link.spent_at not in (None, links.UNTOLD) and survey.identity != "anonymous":
        return "spent"
    return "expired" if link.expires_at <= clock.now() else "open"
