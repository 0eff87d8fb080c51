"""The mail of a message that somebody wrote by hand, and how it will look."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from customers import contact_letters, writing, writing_text
from customers.contact_letters import Letter
from customers.contact_mail import Desk
from customers.models import Contact, Person
from infra.crypto.columns import or_none
from infra.db import TenantRef
from infra.i18n import use
from infra.ids import new_id
from infra.mail.purposes import Message, OutgoingMail
from infra.settings import Settings
from tenants import branding
from tenants.sender_domains.senders import INBOX

TEMPLATE = "customers/mail/message"
NOBODY = "nobody@example.org"


def letter(session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
    """The words of the message; None when they were deleted before it went out."""
    said = writing.find_interaction(session, contact)
    if said is None or said.body is None:
        return None
    return worded(mail, said.subject or "", said.body)


def worded(mail: OutgoingMail, subject: str, text: str, link: str = "", words: str = "") -> Letter:
    """A letter with these words, and below them a button of these `words` where a link is enclosed.

    Answers come to the workspace's own inbox where mail is received here, so that they join the conversation.
    """
    enclosed = {"link": link, "words": words} if link else {}
    return Letter(
        TEMPLATE,
        "%(said)s",
        fields={"said": subject, "text": text, "paragraphs": writing_text.html(text), **enclosed},
        context={"encloses": bool(link)},
        reply_to=answers_to(mail.settings, mail.tenant),
        personal=True,
    )


def answers_to(settings: Settings, tenant: TenantRef | None) -> str:
    """The address to which answers come back as contacts; empty where no mail is received here."""
    if not settings.inbound_domain or tenant is None:
        return ""
    return f"{INBOX}@{tenant.slug}.{settings.inbound_domain}"


def preview(
    session: Session,
    person: Person,
    mail: OutgoingMail,
    *,
    subject: str,
    text: str,
    purpose: str,
    link: str = "",
    words: str = "",
) -> Message:
    """The mail as it would look, in the person's language. Its links lead nowhere, because it names no contact.

    Raises MessageInvalid.
    """
    subject, text = writing_text.check(subject, text)
    asked = Contact(id=new_id(), person_id=person.id, purpose=purpose, topic="")
    address = or_none(lambda: person.identity.email) or NOBODY
    with use(mail.locale):
        return look(session, mail, asked, worded(mail, subject, text, link, words), address)


def look(session: Session, mail: OutgoingMail, asked: Contact, letter: Letter, to: str = NOBODY) -> Message:
    """A letter as it would look, with the logo where our own pages may load it from."""
    settings = branding.get_settings(session)
    logo = f"/brand/logo?v={settings.version}" if settings.logo_key else ""
    desk = Desk.of(session, mail)
    desk = replace(desk, brand=replace(desk.brand, logo_url=logo))
    return desk.message(mail, asked, letter, to, "")


def draft(settings: Settings, tenant: TenantRef, business: str, locale: str) -> OutgoingMail:
    """Stands for the row of the outbox that there is not yet."""
    nothing = UUID(int=0)
    return OutgoingMail(nothing, "", nothing, "", locale, tenant, settings, business)


def locale_of(session: Session, person: Person) -> str:
    """The language that a mail to the person is in."""
    settings = branding.get_settings(session)
    language = person.language
    return language if language and language in settings.languages else settings.default_locale


LETTERS: Mapping[str, contact_letters.Renderer] = {writing.LETTER: letter}
