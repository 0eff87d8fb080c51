"""Two rounds of invitations: one that is over, and one that is under way and was paused before its second half.

Nothing is sent for them: the mails stand in the outbox as if a server had taken them, and those of the second half
are held. A mail or two came back, so those addresses are written to no more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from secrets import token_bytes
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers.contact import MAIL
from customers.models import Bounce, Contact, Identity, Person, PersonalLink, Suppression
from customers.segments import verbs
from infra.crypto.ambient import current_keys
from infra.crypto.columns import protect
from infra.db import current_tenant
from infra.mail.models import MailBatch, Outbox
from surveys import known
from surveys.letters import INVITATION, PURPOSE
from surveys.models import Response, Survey, SurveyRound
from web.demo import agreed, customers
from web.demo.groups import BAGS, NEWS
from web.demo.people import EDITOR_ID
from web.demo.plan import SEED
from web.demo.story import Story

HARD, SOFT = 0.015, 0.01
"""How many mails come back for good, and for now."""
SETTLED = timedelta(hours=1)
"""After this long all mails of a round are out."""
REPLIES: Mapping[str, tuple[str, str]] = {
    "hard": ("5.1.1", "550 5.1.1 User unknown"),
    "soft": ("4.2.2", "452 4.2.2 Mailbox full"),
}
Mail = Literal["sent", "hard", "soft", "held"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One customer of a round: why they are not written to, or what became of the mail."""

    person: UUID
    language: str
    email: str | None
    reason: str
    mail: Mail


@dataclass(frozen=True, slots=True)
class Round:
    """A survey and a segment, from when to when answers came of it, and everybody who was asked for."""

    survey: str
    segment: str
    begin: datetime
    end: datetime
    asked: Sequence[Asked]
    paused: bool

    @property
    def id(self) -> UUID:
        """The same at each run."""
        return customers.fixed_id(self.begin, f"round {self.survey}")

    def reached(self, language: str, moment: datetime) -> Sequence[UUID]:
        """Who of a language had got the mail by a moment; nobody while mails are still going out."""
        is_out = moment >= self.begin + SETTLED
        got = [one for one in self.asked if is_out and not one.reason and one.mail == "sent"]
        return [one.person for one in got if one.language == language]


def planned(story: Story, crowd: Sequence[Mapping[str, Any]]) -> tuple[Round, Round]:
    """The round that is over and the one that is under way."""
    first, second = story.at(story.day(40), 10), story.at(story.day(4), 10)
    over = Round("recommend", NEWS, first, first + timedelta(days=21), _asked(story, crowd, NEWS, first), False)
    half = _asked(story, crowd, BAGS, second, part=0.6)
    return over, Round("ordering", BAGS, second, story.end, half, True)


def fill(session: Session, rounds: Sequence[Round]) -> None:
    """Writes down what is not there yet, after the answers."""
    for each in rounds:
        survey = session.scalars(select(Survey).where(Survey.address == each.survey)).one()
        segment = verbs.find_named(session, each.segment)
        if segment is not None and session.get(SurveyRound, each.id) is None:
            session.add(_round(each, survey, segment.id))
            if each.paused:
                held = each.begin + SETTLED
                session.add(MailBatch(id=each.id, state="paused", changed_at=held, settled_at=held))
            session.flush()
            _write(session, each, survey.id)


def _asked(
    story: Story, crowd: Sequence[Mapping[str, Any]], segment: str, begin: datetime, part: float = 1
) -> Sequence[Asked]:
    found: list[Asked] = []
    chosen = [row for row in crowd if row["created_at"] < begin and _is_in(story, row, segment, begin)]
    for place, row in enumerate(chosen):
        away = agreed.stands(agreed.acts(story, row), agreed.SURVEYS, begin) == "withdrawn"
        reason = "no_address" if row["email"] is None else "withdrawn" if away else ""
        luck = Random(f"{SEED} mail {segment} {row['external_id']}").random()
        came_back: Mail = "hard" if luck < HARD else "soft" if luck < HARD + SOFT else "sent"
        mail: Mail = came_back if place < part * len(chosen) else "held"
        found.append(Asked(row["id"], row["language"], row["email"], reason, mail))
    return found


def _is_in(story: Story, row: Mapping[str, Any], segment: str, moment: datetime) -> bool:
    """Whether somebody was in a segment then."""
    if not row["attributes"]["subscriber"]:
        return False
    if segment == BAGS:
        return bool(row["attributes"]["bags"] >= 3)
    return agreed.stands(agreed.acts(story, row), agreed.NEWS, moment) == "given"


def _round(each: Round, survey: Survey, segment_id: UUID) -> SurveyRound:
    return SurveyRound(
        id=each.id,
        survey_id=survey.id,
        segment_id=segment_id,
        segment_name=each.segment,
        reminder=False,
        key=f"{survey.id}:{EDITOR_ID}:demo",
        created_by=EDITOR_ID,
        created_at=each.begin,
        asked_at=each.begin + timedelta(seconds=20),
    )


def _write(session: Session, each: Round, survey_id: UUID) -> None:
    people = [one.person for one in each.asked]
    indexes = dict(session.execute(select(Identity.id, Identity.email_index).where(Identity.id.in_(people))).all())
    spent = dict(session.execute(_answered(each, survey_id)).all())
    contacts, mails, links, returned = [], [], [], []
    for place, one in enumerate(each.asked):
        contact = _contact(each, one, place, survey_id, indexes[one.person])
        contacts.append(contact)
        if not one.reason:
            mail = _mail(each, one, place, contact)
            mails.append(mail)
            if one.mail != "held":
                links.append(_link(one, mail, survey_id, spent.get(one.person)))
            if one.mail in REPLIES:
                returned.append((one, mail))
    bounces = [_bounce(one, mail) for one, mail in returned]
    stopped = [_stopped(one, mail) for one, mail in returned if one.mail == "hard"]
    tables = (
        (Contact, contacts),
        (Outbox, mails),
        (PersonalLink, links),
        (Bounce, bounces),
        (Suppression, stopped),
    )
    for model, rows in tables:
        if rows:
            session.execute(insert(model).on_conflict_do_nothing(), rows)
    written = [one.person for one in each.asked if not one.reason]
    later = func.greatest(Person.last_contact_at, each.begin)
    session.execute(
        update(Person)
        .where(Person.id.in_(written))
        .values(last_contact_at=later)
        .execution_options(synchronize_session=False)
    )


def _answered(each: Round, survey_id: UUID) -> Any:
    """When those who were written to have answered since."""
    theirs = (Response.survey_id == survey_id, Response.person_id.in_([one.person for one in each.asked]))
    since = Response.started_at >= each.begin + SETTLED
    query = select(Response.person_id, func.max(Response.finished_at)).where(*theirs, since)
    return query.group_by(Response.person_id)


def _contact(each: Round, one: Asked, place: int, survey_id: UUID, address: bytes | None) -> dict[str, Any]:
    return {
        "id": customers.fixed_id(each.begin, f"invited {each.survey} {place}"),
        "person_id": one.person,
        "purpose": PURPOSE,
        "letter": INVITATION,
        "channel": "email",
        "topic": "",
        "ref_id": survey_id,
        "key": f"round:{each.id.hex}:{one.person.hex}",
        "batch_id": each.id,
        "reminder": False,
        "state": "refused" if one.reason else "requested",
        "reason": one.reason or None,
        "email_index": address,
        "due_at": each.begin,
        "created_at": each.begin,
    }


def _mail(each: Round, one: Asked, place: int, contact: Mapping[str, Any]) -> dict[str, Any]:
    """A mail that a server took, or one that is held."""
    mail_id = customers.fixed_id(each.begin, f"mail {each.survey} {place}")
    is_out = one.mail != "held"
    return {
        "id": mail_id,
        "purpose": MAIL,
        "ref_id": contact["id"],
        "key": f"contact:{contact['id']}",
        "locale": one.language,
        "state": "accepted" if is_out else "held",
        "attempts": 1 if is_out else 0,
        "created_at": each.begin,
        "next_attempt_at": each.begin,
        "finished_at": each.begin + timedelta(seconds=30 + place * 0.4) if is_out else None,
        "message_id": f"<{mail_id}@acme.example>" if is_out else None,
        "smtp_reply": "250 2.0.0 Ok: queued" if is_out else None,
        "batch_id": each.id,
    }


def _link(one: Asked, mail: Mapping[str, Any], survey_id: UUID, spent: datetime | None) -> dict[str, Any]:
    """The link in the mail; nobody has its token."""
    return {
        "id": customers.fixed_id(mail["finished_at"], f"link {mail['id']}"),
        "token_hash": token_bytes(32),
        "person_id": one.person,
        "purpose": known.ANSWER,
        "ref_id": survey_id,
        "once": True,
        "expires_at": mail["finished_at"] + known.LASTS,
        "spent_at": spent,
        "created_at": mail["finished_at"],
    }


def _bounce(one: Asked, mail: Mapping[str, Any]) -> dict[str, Any]:
    status, said = REPLIES[one.mail]
    at = mail["finished_at"] + timedelta(minutes=2)
    return {
        "id": customers.fixed_id(at, f"bounce {mail['id']}"),
        "key": f"demo:{mail['id']}",
        "source": "mail",
        "proof": "message_id",
        "outbox_id": mail["id"],
        "person_id": one.person,
        "kind": one.mail,
        "status": status,
        "diagnostic": said,
        "at": at,
        "suppressed": one.mail == "hard",
    }


def _stopped(one: Asked, mail: Mapping[str, Any]) -> dict[str, Any]:
    """The address that does not exist."""
    at = mail["finished_at"] + timedelta(minutes=2)
    row_id = customers.fixed_id(at, f"stopped {mail['id']}")
    current_keys().create_people(current_tenant(), [row_id])
    cipher = current_keys().for_tenant(current_tenant())
    told = {"kind": "hard_bounce", "source": "dsn", "evidence": str(_bounce(one, mail)["id"]), "at": at}
    return {**protect(Suppression, cipher, {"id": row_id, "email": one.email}), **told}
