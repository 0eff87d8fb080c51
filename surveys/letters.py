"""Letters that invite to a survey: the invitation, and a message that somebody wrote with a survey enclosed.

Each holds a link that is that person's alone and is good for one finished answer. Of an anonymous survey it names
nobody in the answer; the letter says so. What is not open any more when the mail is made is not sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import consent_people, contact_letters, links, links_mixing, writing, writing_mail, writing_text
from customers.contact_letters import Asked, Letter, LettersForMany
from customers.models import Contact, Person
from customers.writing import Written
from customers.writing_errors import MessageInvalid
from infra import links as addresses
from infra.i18n import N_, current_locale, gettext, use
from infra.ids import new_id
from infra.mail.purposes import Message, OutgoingMail
from surveys import answered, invitation_words, known
from surveys.definition import parse
from surveys.definition.model import words
from surveys.invitation_words import OURS, Own
from surveys.models import Survey, SurveyVersion
from tenants.domains import claims
from tenants.permissions import Actor

INVITATION = "survey"
"""The letter of `contact.request(session, person, "survey", ref=survey.id, …)`."""
ENCLOSED = "message.survey"
PURPOSE = "survey"
BUTTON = N_("Answer the survey")
NOT_OPEN = N_("Choose a survey that is open.")


@dataclass(frozen=True, slots=True)
class Open:
    """A survey that takes answers, as a letter in one language names it."""

    id: UUID
    address: str
    title: str
    anonymous: bool


def list_open(session: Session) -> Sequence[Survey]:
    """Those that can be enclosed, by name."""
    query = select(Survey).where(Survey.live_version_id.is_not(None), Survey.archived_at.is_(None))
    return session.scalars(query.order_by(Survey.name)).all()


def find_open(session: Session, survey_id: UUID, locale: str) -> Open | None:
    """The survey in a language, or its own first one; None when it takes no answers."""
    row = session.execute(
        select(Survey, SurveyVersion.document)
        .join(SurveyVersion, SurveyVersion.id == Survey.live_version_id)
        .where(Survey.id == survey_id, Survey.archived_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    definition = parse(row.document)
    title = words(definition.title, locale, definition.default_language) or row.Survey.name
    return Open(row.Survey.id, row.Survey.address, title, row.Survey.identity == "anonymous")


def write(
    session: Session,
    person: Person,
    survey_id: UUID,
    *,
    subject: str,
    text: str,
    key: str,
    by: Actor,
    topic: str = "",
) -> Written:
    """As `writing.write`, with a personal link to a survey below the words.

    Whatever the words say, it asks for an opinion: the rules for surveys hold. Raises MessageInvalid as well.
    """
    if find_open(session, survey_id, current_locale()) is None:
        raise MessageInvalid(problems={"survey": [NOT_OPEN]})
    return writing.write(
        session,
        person,
        subject=subject,
        text=text,
        key=key,
        by=by,
        purpose=PURPOSE,
        topic=topic,
        letter=ENCLOSED,
        about=survey_id,
    )


def enclosed(session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
    """A message with its survey; None when either is gone."""
    said, survey = writing.find_interaction(session, contact), find_open(session, contact.ref_id, mail.locale)
    if said is None or said.body is None or survey is None:
        return None
    tokens = _tokens(session, survey, [contact])
    link = _link(session, mail, survey, tokens[contact.person_id])
    return writing_mail.worded(mail, said.subject or "", said.body, link, gettext(BUTTON))


def invitations(session: Session, asked: Sequence[Asked]) -> dict[UUID, Letter]:
    """The invitations of a batch, which are in one language: one question and one insert for each survey."""
    by_survey: dict[UUID, list[Asked]] = {}
    for each in asked:
        by_survey.setdefault(each[0].ref_id, []).append(each)
    written: dict[UUID, Letter] = {}
    for survey_id, group in by_survey.items():
        survey = find_open(session, survey_id, group[0][1].locale)
        if survey is None:
            continue
        wanted = _without_answered(session, survey, group)
        tokens = _tokens(session, survey, [contact for contact, _ in wanted])
        rounds = {contact.batch_id for contact, _ in wanted if contact.batch_id is not None}
        said = invitation_words.of_rounds(session, rounds, group[0][1].locale)
        for contact, mail in wanted:
            link = _link(session, mail, survey, tokens[contact.person_id])
            own = said.get(contact.batch_id, OURS) if contact.batch_id is not None else OURS
            written[contact.id] = _invitation(contact, mail, survey, link, own)
    return written


def preview(session: Session, survey_id: UUID, mail: OutgoingMail, own: Own, *, reminder: bool) -> Message | None:
    """An invitation as it would look in the language of `mail`; None when the survey takes no answers.

    Its links lead nowhere, because it names nobody.
    """
    survey = find_open(session, survey_id, mail.locale)
    if survey is None:
        return None
    asked = Contact(id=new_id(), person_id=new_id(), purpose=PURPOSE, topic="", reminder=reminder)
    with use(mail.locale):
        letter = _invitation(asked, mail, survey, _link(session, mail, survey, "…"), own)
        return writing_mail.look(session, mail, asked, letter)


def _without_answered(session: Session, survey: Open, group: Sequence[Asked]) -> list[Asked]:
    """All, but of reminders only those whose person has not answered since they were asked for."""
    reminded = {contact.person_id: contact.person_id for contact, _ in group if contact.reminder}
    done = answered.latest(session, survey.id, reminded) if reminded else {}
    return [
        (contact, mail)
        for contact, mail in group
        if not contact.reminder or contact.person_id not in done or done[contact.person_id] < contact.created_at
    ]


def _invitation(contact: Contact, mail: OutgoingMail, survey: Open, link: str, own: Own) -> Letter:
    subject = N_("A reminder: %(title)s") if contact.reminder else N_("%(business)s asks: %(title)s")
    said = {"said": own.subject, "text": own.text, "paragraphs": writing_text.html(own.text)}
    return Letter(
        "surveys/mail/invitation",
        "%(said)s" if own.subject else gettext(subject),
        fields={"business": mail.workspace, "title": survey.title, "link": link, **said},
        context={"anonymous": survey.anonymous, "reminder": contact.reminder, "worded": bool(own.text)},
    )


def _tokens(session: Session, survey: Open, contacts: Sequence[Contact]) -> dict[UUID, str]:
    people = {contact.person_id for contact in contacts}
    done = _done_unseen(session, survey, contacts) if survey.anonymous else set[UUID]()
    if done:
        links_mixing.note(session, survey.id)
    return links.issue_many(session, people, purpose=known.ANSWER, ref=survey.id, lasts=known.LASTS, used_up=done)


def _done_unseen(session: Session, survey: Open, contacts: Sequence[Contact]) -> set[UUID]:
    """Who is reminded of an anonymous survey though they have answered: their link is good for nothing more."""
    reminded = {contact.person_id for contact in contacts if contact.reminder}
    if not reminded:
        return set()
    owner = {each: asked for asked, who in consent_people.known(session, reminded).items() for each in who.ids}
    return links.of_used_up(session, owner, purpose=known.ANSWER, ref=survey.id)


def _link(session: Session, mail: OutgoingMail, survey: Open, token: str) -> str:
    return addresses.tenant_url(mail.settings, claims.home(session), f"/s/{survey.address}?p={token}")


LETTERS: Mapping[str, contact_letters.Renderer] = {INVITATION: LettersForMany(invitations), ENCLOSED: enclosed}
