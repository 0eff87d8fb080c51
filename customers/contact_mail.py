"""The moment of sending: may it still go out, what does the letter say, and what the door adds to it.

What is no transactional mail carries the headers of RFC 8058 (one-click unsubscribe) and a `List-Id`; both
unsubscribe headers are in what DKIM signs (`infra.mail.dkim`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import contact_letters, contact_sending, links, suppressions
from customers.consent import CONFIRMATION
from customers.contact import MAIL
from customers.contact_letters import Letter
from customers.contact_sending import Verdict
from customers.models import Consent, Contact, Identity
from customers.purposes import PURPOSES
from customers.unsubscribe import preferences_path, unsubscribe_path
from infra import clock
from infra import links as addresses
from infra.crypto import current_keys
from infra.crypto.columns import blind_of, or_none, reveal
from infra.i18n import gettext
from infra.mail import letters
from infra.mail.letters import Brand
from infra.mail.purposes import ForMany, Later, Message, OutgoingMail
from infra.mail.purposes import Renderer as MailRenderer
from tenants import branding
from tenants.domains import claims
from tenants.sender_domains import senders
from tenants.sender_domains.senders import Sender

CONFIRM_LINK = "consent.confirm"
PREFERENCES_LETTER = "customers.preferences_link"


def make(session: Session, mails: Sequence[OutgoingMail]) -> dict[UUID, Message | Later]:
    """The mails of contacts; without those that are cancelled, whose reasons are noted in their contacts."""
    contacts = _contacts(session, mails)
    by_mail = {mail.id: contacts[mail.ref] for mail in mails if mail.ref in contacts and mail.tenant is not None}
    if not by_mail:
        return {}
    judged = contact_sending.judge(session, list(contacts.values()))
    pairs = [(by_mail[mail.id], mail) for mail in mails if mail.id in by_mail]
    written = contact_letters.write(session, [pair for pair in pairs if _is_written(pair[0], judged[pair[0].id])])
    made: dict[UUID, Message | Later] = {
        mail.id: Later(later) for contact, mail in pairs if (later := judged[contact.id].later) is not None
    }
    going, cancelled = [], {}
    for contact, mail in pairs:
        letter, verdict = written.get(contact.id), judged[contact.id]
        reason = _against(session, contact, verdict, letter)
        if reason is not None:
            cancelled[contact.id] = reason
        elif letter is not None and verdict.facts is not None:
            going.append((contact, mail, letter, verdict.facts.who.id))
    reached = _reached(session, mails[0], {person for _, _, _, person in going})
    desk = Desk.of(session, mails[0]) if going else None
    for contact, mail, letter, person in going:
        name, own = reached.get(person, (None, None))
        to = letter.to or own
        if to is None or desk is None:
            cancelled[contact.id] = "no_address"
        else:
            made[mail.id] = desk.message(mail, contact, letter, to, "" if letter.to else name or "")
            _note_address(session, contact, judged[contact.id], letter.to)
    contact_sending.cancel(session, cancelled, contacts)
    return made


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
            "link": addresses.tenant_url(mail.settings, claims.home(session), f"/u/confirm/{issued.token}"),
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
PURPOSES_OF_MAIL: Mapping[str, MailRenderer] = {MAIL: ForMany(make)}
"""For the worker's table of mail purposes."""


def _contacts(session: Session, mails: Sequence[OutgoingMail]) -> dict[UUID, Contact]:
    """Those that are still to be sent, by their ids."""
    wanted = {mail.ref for mail in mails}
    rows = session.scalars(select(Contact).where(Contact.id.in_(wanted), Contact.state == "requested"))
    return {contact.id: contact for contact in rows}


def _is_written(contact: Contact, verdict: Verdict) -> bool:
    """Transactional mail may go to another mailbox than the person's own: its letter is asked for in any case."""
    if verdict.erased or verdict.later is not None:
        return False
    return verdict.reason is None or PURPOSES[contact.purpose].transactional


def _against(session: Session, contact: Contact, verdict: Verdict, letter: Letter | None) -> str | None:
    """Why it is not sent; None for what goes out, and for what waits."""
    if letter is not None and letter.to is not None:
        return suppressions.stopped_by(session, letter.to, transactional=PURPOSES[contact.purpose].transactional)
    if verdict.reason is not None or verdict.later is not None:
        return verdict.reason
    return "nothing_to_say" if letter is None else None


def _note_address(session: Session, contact: Contact, verdict: Verdict, elsewhere: str | None) -> None:
    """Where it goes in the end: the address may be another one than when it was asked for."""
    index = verdict.facts.address if verdict.facts is not None else None
    if elsewhere:
        found = blind_of(current_keys().for_tenant(session.info["tenant"]), "email", elsewhere)
        index = found if isinstance(found, bytes) else None
    if contact.email_index != index:
        contact.email_index = index


def _reached(
    session: Session, mail: OutgoingMail, people: Collection[UUID]
) -> dict[UUID, tuple[str | None, str | None]]:
    """Names and addresses, with two questions for however many there are."""
    if not people or mail.tenant is None:
        return {}
    query = select(Identity.id, Identity.name, Identity.email).where(Identity.id.in_(people))
    rows = session.execute(query).all()
    cipher = current_keys().for_tenant(mail.tenant)
    names, emails = reveal(cipher, [row[1] for row in rows]), reveal(cipher, [row[2] for row in rows])
    return {row[0]: (name, email) for row, name, email in zip(rows, names, emails, strict=True)}


@dataclass(frozen=True, slots=True)
class Desk:
    """What all mails of a batch have in common: sender, brand, and where links lead."""

    sender: Sender
    brand: Brand
    host: str

    @classmethod
    def of(cls, session: Session, mail: OutgoingMail) -> "Desk":
        """Of the workspace of a mail."""
        settings, host = branding.get_settings(session), claims.home(session)
        logo = ""
        if settings.logo_key:
            logo = addresses.tenant_url(mail.settings, host, f"/brand/logo?v={settings.version}")
        return cls(
            senders.of(session, mail), Brand(name=mail.workspace, accent=settings.accent, logo_url=logo), host
        )

    def message(self, mail: OutgoingMail, contact: Contact, letter: Letter, to: str, name: str) -> Message:
        """The letter with its foot, and with the headers of the door."""
        purpose = PURPOSES[contact.purpose]
        made = letters.write(
            mail,
            letter.template,
            to=to,
            to_name=name,
            subject=letter.subject,
            brand=self.brand,
            sender=self.sender.sender,
            reply_to=letter.reply_to or self.sender.reply_to,
            fields={
                **letter.fields,
                "why": gettext(purpose.why, business=mail.workspace),
                "preferences": self._url(mail, preferences_path(mail, contact.person_id, contact.id)),
            },
            chosen=not purpose.transactional,
            **letter.context,
        )
        listed = () if purpose.transactional else self._list_headers(mail, contact)
        return replace(made, headers=letter.headers + listed, automatic=not letter.personal)

    def _list_headers(self, mail: OutgoingMail, contact: Contact) -> tuple[tuple[str, str], ...]:
        assert mail.tenant is not None
        host = urlsplit(mail.settings.base_url).hostname
        return (
            ("List-Id", f"<{contact.topic or contact.purpose}.{mail.tenant.slug}.{host}>"),
            ("List-Unsubscribe", f"<{self._url(mail, unsubscribe_path(mail, contact.id))}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        )

    def _url(self, mail: OutgoingMail, path: str) -> str:
        return addresses.tenant_url(mail.settings, self.host, path)
