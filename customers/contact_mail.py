"""The moment of sending: may it still go out, what does the letter say, and what the door adds to it.

What is no transactional mail carries the headers of RFC 8058 (one-click unsubscribe) and a `List-Id`; both
unsubscribe headers are in what DKIM signs (`infra.mail.dkim`).
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from customers import contact_facts, contact_letters, contact_rules, links, suppressions
from customers.consent import CONFIRMATION
from customers.consent_events import ContactRefused
from customers.contact import MAIL
from customers.contact_facts import Facts
from customers.contact_letters import Letter
from customers.models import Consent, Contact, Identity
from customers.purposes import PURPOSES, Purpose
from customers.unsubscribe import preferences_path, unsubscribe_path
from infra import clock
from infra import links as addresses
from infra.crypto.columns import or_none
from infra.events import record
from infra.i18n import gettext
from infra.mail import letters
from infra.mail.letters import Brand
from infra.mail.purposes import Message, OutgoingMail
from infra.mail.purposes import Renderer as MailRenderer
from tenants import branding
from tenants.domains import claims
from tenants.sender_domains import senders

CONFIRM_LINK = "consent.confirm"
PREFERENCES_LETTER = "customers.preferences_link"


def render(session: Session, mail: OutgoingMail) -> Message | None:
    """The mail of a contact; None when it is cancelled, with the reason noted in the contact."""
    contact = session.get(Contact, mail.ref)
    if contact is None or contact.state != "requested" or mail.tenant is None:
        return None
    purpose = PURPOSES[contact.purpose]
    facts = _facts(session, contact, purpose)
    letter = contact_letters.write(session, contact, mail) if facts is not None and not facts.who.erased else None
    reason = _against(session, contact, purpose, facts, letter)
    if reason is not None or facts is None or letter is None:
        _cancel(session, contact, reason or "nothing_to_say")
        return None
    identity = session.get_one(Identity, facts.who.id)
    own, known_as = or_none(lambda: identity.email), or_none(lambda: identity.name)
    to = letter.to or own
    if to is None:
        _cancel(session, contact, "no_address")
        return None
    name = "" if letter.to else known_as or ""
    return _message(session, mail, contact, purpose, letter, to, name)


def confirmation(session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
    """The question whether a consent was meant; None when it was answered or withdrawn since."""
    asked = session.get(Consent, contact.ref_id)
    if asked is None or asked.state != "pending" or asked.expires_at is None or asked.expires_at <= clock.now():
        return None
    issued = links.issue(
        session, asked.person_id, purpose=CONFIRM_LINK, ref=asked.id, lasts=asked.expires_at - clock.now()
    )
    guardian = or_none(lambda: asked.guardian_email)
    return Letter(
        "customers/mail/confirm_consent",
        gettext("Please confirm for %(business)s"),
        fields={
            "business": mail.workspace,
            "link": _url(session, mail, f"/u/confirm/{issued.token}"),
            "what": gettext(PURPOSES[asked.purpose].name),
        },
        context={"guardian": guardian is not None},
        to=guardian,
    )


def preferences_link(session: Session, contact: Contact, mail: OutgoingMail) -> Letter | None:
    """A fresh link to the preferences, for somebody who asked for one; it stands in the foot as in every mail."""
    return Letter(
        "customers/mail/preferences_link",
        gettext("Your preferences at %(business)s"),
        fields={"business": mail.workspace},
    )


LETTERS: Mapping[str, contact_letters.Renderer] = {
    CONFIRMATION: confirmation,
    PREFERENCES_LETTER: preferences_link,
}
PURPOSES_OF_MAIL: Mapping[str, MailRenderer] = {MAIL: render}
"""For the worker's table of mail purposes."""


def _facts(session: Session, contact: Contact, purpose: Purpose) -> Facts | None:
    found = contact_facts.load(
        session,
        [contact.person_id],
        purpose,
        topic=contact.topic,
        channel=contact.channel,
        lock=False,
        budget=None,
    )
    return found.get(contact.person_id)


def _against(
    session: Session, contact: Contact, purpose: Purpose, facts: Facts | None, letter: Letter | None
) -> str | None:
    if letter is not None and letter.to is not None:
        suppressed = suppressions.is_suppressed(session, letter.to, transactional=purpose.transactional)
        return "unsubscribe" if suppressed else None
    return contact_facts.against(facts, purpose, contact_rules.get(session), clock.now())


def _cancel(session: Session, contact: Contact, reason: str) -> None:
    contact.state, contact.reason, contact.settled_at = "cancelled", reason, clock.now()
    session.flush()
    record(
        session,
        ContactRefused(subject=contact.id, person=contact.person_id, purpose=contact.purpose, reason=reason),
    )


def _message(
    session: Session, mail: OutgoingMail, contact: Contact, purpose: Purpose, letter: Letter, to: str, name: str
) -> Message:
    who = senders.of(session, mail)
    made = letters.write(
        mail,
        letter.template,
        to=to,
        to_name=name,
        subject=letter.subject,
        brand=_brand(session, mail),
        sender=who.sender,
        reply_to=letter.reply_to or who.reply_to,
        fields={
            **letter.fields,
            "why": gettext(purpose.why, business=mail.workspace),
            "preferences": _url(session, mail, preferences_path(mail, contact.person_id, contact.id)),
        },
        chosen=not purpose.transactional,
        **letter.context,
    )
    headers = letter.headers
    if not purpose.transactional:
        headers += _list_headers(session, mail, contact)
    return Message(
        to=made.to,
        to_name=made.to_name,
        subject=made.subject,
        text=made.text,
        html=made.html,
        sender=made.sender,
        reply_to=made.reply_to,
        headers=headers,
        automatic=not letter.personal,
    )


def _list_headers(session: Session, mail: OutgoingMail, contact: Contact) -> tuple[tuple[str, str], ...]:
    assert mail.tenant is not None
    host = urlsplit(mail.settings.base_url).hostname
    unsubscribe = _url(session, mail, unsubscribe_path(mail, contact.id))
    return (
        ("List-Id", f"<{contact.topic or contact.purpose}.{mail.tenant.slug}.{host}>"),
        ("List-Unsubscribe", f"<{unsubscribe}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def _brand(session: Session, mail: OutgoingMail) -> Brand:
    settings = branding.get_settings(session)
    logo = _url(session, mail, f"/brand/logo?v={settings.version}") if settings.logo_key else ""
    return Brand(name=mail.workspace, accent=settings.accent, logo_url=logo)


def _url(session: Session, mail: OutgoingMail, path: str) -> str:
    return addresses.tenant_url(mail.settings, claims.home(session), path)
