"""Many people in a few statements: keys of all in batches, rows by Core. For the demo and for measurements.

What is handed in is trusted to be as `customers.values` would have it. Nobody is told: it is for people who were
there before anybody listened. `customers.imports` is the way for files that somebody uploads.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers import tokens
from customers.models import Identity, Person
from infra.crypto.ambient import current_keys
from infra.crypto.columns import protect
from infra.db import current_tenant

IDENTITY = ("name", "email", "phone")


def insert_people(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """Adds those whose ids are not there yet, and answers how many they were.

    A row holds `id`, `source`, `created_at` and whatever else a person has; what is missing is empty.
    """
    if not rows:
        return 0
    people = [{**EMPTY, **{name: row[name] for name in row if name not in IDENTITY}} for row in rows]
    for person in people:
        person["updated_at"] = person["updated_at"] or person["created_at"]
    adding = insert(Person).on_conflict_do_nothing(index_elements=[Person.id]).returning(Person.id)
    added = set(session.scalars(adding, people))
    current_keys().create_people(current_tenant(), list(added))
    cipher = current_keys().for_tenant(current_tenant())
    cipher.prefetch(added)
    identities = [
        {
            **INDEXES,
            **protect(Identity, cipher, {"id": row["id"], **{name: row.get(name) for name in IDENTITY}}),
            "tokens": tokens.of(cipher, *(row.get(name) for name in IDENTITY)),
        }
        for row in rows
        if row["id"] in added
    ]
    if identities:
        session.execute(insert(Identity), identities)
    return len(added)


EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(("external_id", "company_id", "language", "zone", "nps", "csat", "ces", "scored_at")),
    **dict.fromkeys(("last_contact_at", "created_by", "updated_at", "merged_into", "erased_at")),
    "attributes": {},
}
INDEXES: Mapping[str, Any] = dict.fromkeys(("name_index", "email_index", "phone_index"))
