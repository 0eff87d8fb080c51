"""A fresh link to the preferences of a mailbox. The page that asks for it does the same work for every address."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import contact, people
from customers.contact_mail import PREFERENCES_LETTER
from customers.models import Identity
from infra import clock
from infra.crypto.columns import blind_equal
from infra.jobs import enqueue
from infra.jobs.declared import job

MOST = 5
"""People with one address who get a link each, the oldest first; a family may share a mailbox."""
MOST_IDS = 50
"""Entries with one address that are looked at, those that were merged included."""


def ask_for_link(session: Session, email: str) -> None:
    """Has links mailed to whoever has the address, if anybody does; at most one an hour for each.

    The job is told their ids: even an address that nobody can read back would say in a queue who asked.
    """
    having = select(Identity.id).where(blind_equal(Identity.email_index, email)).order_by(Identity.id)
    enqueue(session, send_link, ids=[each.hex for each in session.scalars(having.limit(MOST_IDS))])


@job(queue="high")
def send_link(session: Session, ids: Sequence[str]) -> None:
    """`ids` are of whoever has the address, in hexadecimal; none for an address of nobody."""
    found = [UUID(each) for each in ids]
    hour = clock.now().strftime("%Y-%m-%dT%H")
    for person in sorted(set(people.canonical_ids(session, found).values()))[:MOST]:
        contact.request(
            session,
            person,
            "service",
            ref=person,
            key=f"preferences:{person}:{hour}",
            letter=PREFERENCES_LETTER,
        )
