"""Which account at a provider is whose: by issuer and subject, never by an address alone (decision 083).

An account that nobody knows is linked to a person in three ways: the provider runs the mailbox that the person
has here (`provider`); the person proves that mailbox in the browser that came from the provider (`mailbox`); or
they are signed in and link it themselves (`session`).
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from customers import mailboxes, people
from customers.decision_events import AccountLinked, AccountUnlinked
from customers.errors import PersonNotFound
from customers.models import OpenIdIdentity, OpenIdProvider, Person
from customers.portal import freshness
from customers.portal.openid_errors import AccountTaken
from customers.portal.openid_exchange import Account
from customers.portal.openid_letters import CONNECTED_LETTER
from customers.unique import refused_as
from infra.clock import now
from infra.crypto.columns import blind_equal
from infra.errors import NotFound
from infra.events import RecordedEvent, record
from tenants import audit
from tenants.permissions import Actor


def find_person(session: Session, account: Account) -> Person | None:
    """Whose account it is; who was merged is found under the id that stays, and who was erased not at all."""
    row = _find(session, account)
    if row is None:
        return None
    try:
        person = people.get(session, row.person_id)
    except PersonNotFound:
        return None
    row.used_at = now()
    return person


def sign_in(session: Session, account: Account) -> Person | None:
    """Who is signed in by the account: whose it is, or whose mailbox the provider runs. None: prove the mailbox."""
    seen = find_person(session, account) or (sole_owner(session, account) if account.speaks_for_mailbox else None)
    if seen is None:
        return None
    mailboxes.hold(session, [seen.id])  # what was seen is asked once more: staff may have ended it meanwhile
    person = find_person(session, account)
    if person is None and account.speaks_for_mailbox:
        person = sole_owner(session, account)
        if person is not None:
            person = people.get(session, _link(session, person, account, "provider").person_id)
    return person


def link_proved(session: Session, person: Person, account: Account) -> bool:
    """After a proof of the mailbox in the browser that came from the provider; whether it was linked.

    It is when the mailbox is the one that the provider vouches for, and one person's alone.
    """
    owner = sole_owner(session, account)
    if owner is None or owner.id != person.id:
        return False
    _link(session, person, account, "mailbox")
    return True


def link(session: Session, person: Person, account: Account) -> OpenIdIdentity:
    """For who is signed in and comes from the provider in the same browser. Raises AccountTaken."""
    return _link(session, person, account, "session")


def list_of(session: Session, person_id: UUID) -> Sequence[tuple[OpenIdIdentity, OpenIdProvider]]:
    """The linked accounts of a person and of who was merged into them, with their providers."""
    query = (
        select(OpenIdIdentity, OpenIdProvider)
        .join(OpenIdProvider, OpenIdProvider.id == OpenIdIdentity.provider_id)
        .where(OpenIdIdentity.person_id.in_(people.ids_of(session, person_id)))
        .order_by(OpenIdIdentity.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def remove(session: Session, person_id: UUID, identity_id: UUID) -> None:
    """The account signs them in no longer. Raises NotFound, also for somebody else's."""
    row = session.get(OpenIdIdentity, identity_id)
    if row is None or row.person_id not in people.ids_of(session, person_id):
        raise NotFound()
    session.delete(row)
    who = Actor("person", person_id)
    record(session, AccountUnlinked(subject=row.person_id, provider=row.provider_id))
    audit.record(session, "portal_identity.removed", by=who, subject=row.person_id, provider=row.provider_id)
    session.flush()


def on_person_erased(session: Session, events: Sequence[RecordedEvent]) -> None:
    """The accounts of who was erased go, and those of who had been merged into them."""
    subjects = {event.subject for event in events}
    gone = subjects | mailboxes.merged_into(session, subjects).keys()
    session.execute(delete(OpenIdIdentity).where(OpenIdIdentity.person_id.in_(gone)))


def sole_owner(session: Session, account: Account) -> Person | None:
    """The one person with the address that the provider vouches for; nobody where there is none or several."""
    found = people.find_by_email(session, account.email) if account.email else []
    return found[0] if len(found) == 1 else None


def _find(session: Session, account: Account) -> OpenIdIdentity | None:
    mine = blind_equal(OpenIdIdentity.subject_index, account.subject)
    return session.scalars(
        select(OpenIdIdentity).where(OpenIdIdentity.issuer == account.issuer, mine)
    ).one_or_none()


def _link(session: Session, person: Person, account: Account, how: str) -> OpenIdIdentity:
    """Links, or finds it linked, be it by another browser meanwhile. Raises AccountTaken when it is another's."""
    present = _present(session, person, account)
    if present is not None:
        return present
    row = OpenIdIdentity(
        provider_id=account.provider_id,
        person_id=person.id,
        issuer=account.issuer,
        subject=account.subject,
        email=account.email,
        how=how,
        used_at=now(),
    )
    try:
        with refused_as(session, "uq_portal_identities_subject", AccountTaken):
            session.add(row)
    except AccountTaken:
        faster = _present(session, person, account)
        if faster is None:
            raise
        return faster
    freshness.tell(session, person, ref=row.id, key=f"account:{row.id}", letter=CONNECTED_LETTER)
    who, at = Actor("person", person.id), account.provider_id
    record(session, AccountLinked(subject=person.id, provider=at, how=how))
    audit.record(session, "portal_identity.linked", by=who, subject=person.id, provider=at, how=how)
    return row


def _present(session: Session, person: Person, account: Account) -> OpenIdIdentity | None:
    """The account when it is linked to the person. Raises AccountTaken; one of who was erased is let go."""
    present = _find(session, account)
    if present is None:
        return None
    if _is_gone(session, present):
        session.delete(present)
        session.flush()
        return None
    if people.get(session, present.person_id).id != person.id:
        raise AccountTaken()
    return present


def _is_gone(session: Session, row: OpenIdIdentity) -> bool:
    try:
        people.get(session, row.person_id)
    except PersonNotFound:
        return True
    return False
