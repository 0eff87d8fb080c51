"""Answers of people we know: by a personal link, by the external id that another system signed, or by their session
on the customer pages.

A survey is `identified`, then such an answer carries its person, or `anonymous`, then none ever does. Of an
anonymous one the link is spent first, in a transaction of its own that shares no id with the answer; the answer has
an id without an order, and of all its times the day only. If storing then fails, the form goes on without the link.
Of the link nothing is noted but that it was used, and nobody is told: not who lists links, and not who opens one.
Once the day is over its spent links are mixed, so that no order of rows says who answered what.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from customers import contact_rules, links, links_mixing, people, scores
from customers.models import PersonalLink
from customers.portal import sessions as portal_sessions
from infra import clock
from infra.crypto import current_keys
from infra.errors import Conflict, NotFound
from infra.events import RecordedEvent
from infra.i18n import N_
from surveys import intake
from surveys.errors import SurveyInvalid
from surveys.intake import Outcome, Submission, Target
from surveys.models import Response, Survey
from surveys.wording import Sentence
from tenants import audit
from tenants.permissions import Actor

ANSWER = links.ANSWER
"""The purpose of personal links to a survey."""
LASTS = timedelta(days=90)
IDENTITIES = {
    "identified": N_("Answers by a personal link carry the customer"),
    "anonymous": N_("No answer ever carries anybody"),
}
LONGEST_EXTERNAL_ID = 200
SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
PORTAL = "portal"
"""What an address says (`?w=portal`) for whoever is signed in on the customer pages."""
_LINK, _SIGNED, _SESSION = "p", "c", "s"


class IsAnonymous(Conflict):
    """The survey takes no names any more: spend the link apart, and store without a trace."""

    code = "survey_is_anonymous"
    message = N_("This survey is anonymous.")


@dataclass(frozen=True, slots=True)
class Claim:
    """Who somebody says they are: `p` with the token of a link, `c` with an external id and its signature, or `s`
    with the id of a session on the customer pages, whose token (the signature) is in the browser's cookie alone.
    """

    kind: str
    value: str
    signature: str = ""

    @classmethod
    def asked(cls, p: str, c: str, sig: str) -> "Claim | None":
        """From what stands behind the question mark; None where nothing does, or nothing like it."""
        if links.TOKEN.fullmatch(p):
            return cls(_LINK, p)
        return cls(_SIGNED, c, sig.lower()) if c and len(c) <= LONGEST_EXTERNAL_ID else None

    @classmethod
    def read(cls, text: str) -> "Claim | None":
        """From a form."""
        kind, _, rest = text.partition(".")
        if kind == _SESSION:
            return cls(_SESSION, rest)
        if kind == _LINK:
            return cls.asked(rest, "", "")
        value, _, signature = rest.partition(".")
        try:
            return cls.asked("", urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode(), signature)
        except ValueError:
            return None

    @classmethod
    def of_session(cls, session_id: UUID) -> "Claim":
        """Of whoever is signed in on the customer pages; `with_cookie` says by which browser it comes."""
        return cls(_SESSION, session_id.hex)

    @property
    def wants_cookie(self) -> bool:
        """Whether it is worth nothing without the browser's cookie."""
        return self.kind == _SESSION

    def with_cookie(self, token: str) -> "Claim":
        """The same, from the browser with that cookie."""
        return replace(self, signature=token)

    def text(self) -> str:
        """For a form."""
        if self.kind in (_LINK, _SESSION):
            return f"{self.kind}.{self.value}"
        value = urlsafe_b64encode(self.value.encode()).rstrip(b"=").decode()
        return f"{_SIGNED}.{value}.{self.signature}"


@dataclass(frozen=True, slots=True)
class Found:
    """Who it is, and the link that brought them, if one did."""

    person_id: UUID
    link: PersonalLink | None = None


def issue_link(
    session: Session, survey: Survey, person_id: UUID, *, lasts: timedelta = LASTS, once: bool = True
) -> str:
    """A personal link's token; it goes behind the survey's address as `?p=`. Spent by a finished answer."""
    return links.issue(session, person_id, purpose=ANSWER, ref=survey.id, lasts=lasts, once=once).token


def find(session: Session, survey_id: UUID, claim: Claim | None, *, telling: bool = True) -> Found | None:
    """Who somebody is; None for a link or signature that is not ours, or of nobody any more. Changes nothing.

    Raises LinkSpent and LinkExpired, which a person can be told. Whoever only looks is not told (`telling`) that a
    link was spent for an anonymous answer: who reads a mailbox would see by it who has answered.
    """
    if claim is None:
        return None
    if claim.kind == _LINK:
        try:
            link = links.get(session, claim.value, purpose=ANSWER, ref=survey_id, telling=telling)
        except links.LinkUnknown:
            return None
        person = _living(session, link.person_id)
        return Found(person, link) if person else None
    if claim.kind == _SESSION:
        return _signed_in(session, survey_id, claim)
    if not SIGNATURE.fullmatch(claim.signature):
        return None
    if not hmac.compare_digest(claim.signature, signature(session, claim.value)):
        return None
    named = people.find_by_external_id(session, claim.value)
    return Found(named.id) if named is not None and named.erased_at is None else None


def submit(session: Session, target: Target, submission: Submission, claim: Claim | None) -> Outcome:
    """Stores an answer of an identified survey with its person, and spends the link, in one transaction.

    A retry or a correction of what is stored spends nothing. Raises what `intake.submit` raises, LinkSpent,
    LinkExpired or LinkUnknown, and IsAnonymous where the survey became so since; nothing is stored then.
    """
    stored = session.scalar(select(Response.state).where(Response.submission_key == submission.key))
    if stored in ("finished", "screened"):
        return intake.submit(session, target, submission)
    identity = session.scalar(select(Survey.identity).where(Survey.id == target.survey_id))
    if identity == "anonymous":
        raise IsAnonymous()
    found = find(session, target.survey_id, claim)
    outcome = intake.submit(session, target, submission)
    if found is None or not outcome.changed:
        return outcome
    if found.link is not None:
        links.spend(session, found.link)
    session.execute(update(Response).where(Response.id == outcome.response_id).values(person_id=found.person_id))
    return outcome


def spend_unseen(session: Session, target: Target, submission: Submission, claim: Claim) -> None:
    """Spends the link to an anonymous survey, and whatever others its person has to it. The session is to be
    committed before the answer is stored, and apart from it.

    Who sends the same form again has spent it before and goes on. Raises LinkSpent, LinkExpired, AnswersInvalid.
    """
    intake.check(target, submission)
    if claim.kind != _LINK:
        return
    try:
        found = find(session, target.survey_id, claim)
    except links.LinkSpent:
        known = select(Response.id).where(Response.submission_key == submission.key)
        if session.scalar(known) is None:
            raise
        return
    if found is not None and found.link is not None:
        links_mixing.note(session, target.survey_id)  # first: who mixes then has no link that is wanted here
        theirs = people.ids_of(session, found.person_id)
        links.hold(session, theirs, purpose=ANSWER, ref=target.survey_id)
        links.spend(session, found.link, unseen=True)
        links.use_up(session, theirs, purpose=ANSWER, ref=target.survey_id)


def without_trace(submission: Submission, zone: str) -> Submission:
    """The submission as an anonymous survey stores it: noon of the survey's day in the place of every time."""
    noon = day_alone(clock.now(), zone)
    return replace(submission, at=noon, started_at=noon, anonymous=True)


def day_alone(moment: datetime, zone: str) -> datetime:
    """What is kept of a moment of an anonymous answer: noon of its day in the survey's zone."""
    return moment.astimezone(ZoneInfo(zone)).replace(hour=12, minute=0, second=0, microsecond=0)


def signature(session: Session, external_id: str) -> str:
    """HMAC-SHA256 of the external id in UTF-8 under the tenant's key, in hexadecimal."""
    return hmac.new(signing_key(session).encode(), external_id.encode(), sha256).hexdigest()


def signing_key(session: Session) -> str:
    """The key that other systems sign with, as text. It follows from the tenant's key and is stored nowhere."""
    number = contact_rules.get(session).link_key
    return current_keys().for_tenant(session.info["tenant"]).derive(f"survey external ids {number}").hex()


def renew_signing_key(session: Session, *, by: Actor) -> str:
    """A new key; what was signed with the one before is worth nothing at once."""
    contact_rules.changed(session).link_key += 1
    session.flush()
    audit.record(session, "contact_rules.link_key_renewed", by=by)
    return signing_key(session)


def set_identity(session: Session, survey: Survey, identity: str, *, by: Actor) -> Survey:
    """Whether further answers may carry their person; those that are stored stay. Raises SurveyInvalid."""
    if identity not in IDENTITIES:
        raise SurveyInvalid(problems={"identity": [Sentence(N_("Choose one of the answers in the list."))]})
    if survey.identity != identity:
        survey.identity = identity
        session.flush()
        audit.record(session, "survey.identity_changed", by=by, subject=survey.id, identity=identity)
    return survey


def note_scores(session: Session, events: Sequence[RecordedEvent]) -> None:
    """The reaction to finished and corrected answers: the scores of known people stand beside them."""
    ids = [event.subject for event in events]
    known = select(Response).where(Response.id.in_(ids), Response.person_id.is_not(None))
    for response in session.scalars(known.order_by(Response.person_id, Response.finished_at)):
        if response.person_id is not None and response.finished_at is not None:
            scores.note(
                session,
                response.person_id,
                response.finished_at,
                nps=response.nps,
                csat=response.csat,
                ces=response.ces,
            )


def _signed_in(session: Session, survey_id: UUID, claim: Claim) -> Found | None:
    """Whose session it is, with the link by which they were invited, if that is open: the answer spends it too."""
    living = portal_sessions.find(session, claim.signature) if claim.signature else None
    if living is None or living[0].id.hex != claim.value:
        return None
    ids = people.ids_of(session, living[1].id)
    invited = select(PersonalLink).where(
        PersonalLink.person_id.in_(ids),
        PersonalLink.purpose == ANSWER,
        PersonalLink.ref_id == survey_id,
        PersonalLink.once,
        PersonalLink.spent_at.is_(None),
        PersonalLink.revoked_at.is_(None),
        PersonalLink.expires_at > clock.now(),
    )
    return Found(living[1].id, session.scalars(invited.order_by(PersonalLink.id.desc()).limit(1)).first())


def _living(session: Session, person_id: UUID) -> UUID | None:
    try:
        person = people.get(session, person_id)
    except NotFound:
        return None
    return None if person.erased_at is not None else person.id
