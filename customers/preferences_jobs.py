"""A fresh link to the preferences of a mailbox. The page that asks for it does the same work for every address."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import contact, people
from customers.contact_mail import PREFERENCES_LETTER
from customers.models import Identity
from infra import clock
from infra.crypto import current_keys
from infra.crypto.columns import blind_of
from infra.jobs import enqueue
from infra.jobs.declared import job

MOST = 5
"""People with one address who get a link each, the oldest first; a family may share a mailbox."""


def ask_for_link(session: Session, email: str) -> None:
    """Has links mailed to whoever has the address, if anybody does; at most one an hour for each."""
    index = blind_of(current_keys().for_tenant(session.info["tenant"]), "email", email)
    assert isinstance(index, bytes)
    enqueue(session, send_link, index=index.hex())


@job(queue="high")
def send_link(session: Session, index: str) -> None:
    """`index` is the blind index of the address, in hexadecimal."""
    found = session.scalars(select(Identity.id).where(Identity.email_index == bytes.fromhex(index)))
    hour = clock.now().strftime("%Y-%m-%dT%H")
    for person in sorted(set(people.canonical_ids(session, found.all()).values()))[:MOST]:
        contact.request(
            session,
            person,
            "service",
            ref=person,
            key=f"preferences:{person}:{hour}",
            letter=PREFERENCES_LETTER,
        )
