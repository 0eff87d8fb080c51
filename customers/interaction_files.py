"""Files beside a contact that somebody logged: looked at, stored, noted on it, and gone with it.

The contact is stored first. Files go to storage without a transaction, below the contact's own name and named by
what is in them: whatever is sent twice is there once, and what was left behind on the way goes with the contact.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

from sqlalchemy.orm import Session

from customers import interactions
from customers.interaction_errors import InteractionInvalid, InteractionWasWritten
from customers.models.interactions import WRITTEN, Interaction
from infra import attachments
from infra.db import TenantRef
from infra.events import RecordedEvent
from infra.i18n import N_
from infra.jobs import enqueue
from infra.jobs.declared import job
from infra.sentences import Sentence
from infra.services import Services
from infra.storage import Storage, tenant_key
from infra.uploads import UploadRefused
from tenants.permissions import Actor

MOST = 5
LARGEST = 10_000_000
TOO_MANY = N_("A contact holds at most %(most)s files.")
PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent, and what it is."""

    name: str
    type: str
    size: int
    content: IO[bytes]


def check(files: Sequence[tuple[str | None, IO[bytes]]]) -> list[Sent]:
    """Looks at files before anything is stored. Raises InteractionInvalid with every problem at once."""
    problems = [Sentence(TOO_MANY, most=MOST)] if len(files) > MOST else []
    found: list[Sent] = []
    for number, (given, content) in enumerate(files[:MOST], 1):
        name = attachments.named(given) or "file"
        try:
            kind, size = attachments.kind_of(content, name, max_bytes=LARGEST, number=number)
            found.append(Sent(name, kind, size, content))
        except UploadRefused as refused:
            problems.append(Sentence(refused.message, **refused.fields))
    if problems:
        raise InteractionInvalid(problems={"files": list(problems)})
    return found


def store(storage: Storage, tenant: TenantRef, interaction_id: UUID, files: Sequence[Sent]) -> list[dict[str, Any]]:
    """Stores them and answers how they are noted. Call it without a transaction. Raises StorageUnavailable."""
    kept = []
    for sent in files:
        sent.content.seek(0)
        digest = hashlib.sha256()
        while piece := sent.content.read(PIECE):
            digest.update(piece)
        sent.content.seek(0)
        key = tenant_key(tenant, "interactions", interaction_id.hex, digest.hexdigest()[:32])
        storage.put(key, sent.content, content_type="application/octet-stream")
        kept.append({"name": sent.name, "type": sent.type, "bytes": sent.size, "file": str(key), "risk": None})
    return kept


def attach(
    session: Session, interaction: Interaction, files: Sequence[dict[str, Any]], *, by: Actor
) -> Interaction:
    """Notes stored files on the contact, each once: whoever may log contacts adds to what a colleague wrote down.

    Raises InteractionWasWritten, InteractionInvalid.
    """
    interaction = interactions.held(session, interaction.id)
    there = {each.get("file") for each in interaction.attachments}
    fresh = [dict(each) for each in files if each["file"] not in there]
    if not fresh:
        return interaction
    require_room(interaction, len(fresh))
    interaction.attachments = [*interaction.attachments, *fresh]
    interactions.note_change(session, interaction, ["attachments"], by=by)
    return interaction


def require_room(interaction: Interaction, count: int) -> None:
    """Raises InteractionInvalid for too many files, InteractionWasWritten for a mail that went out as it is."""
    if interaction.key.startswith(WRITTEN):
        raise InteractionWasWritten()
    if len(interaction.attachments) + count > MOST:
        raise InteractionInvalid(problems={"files": [Sentence(TOO_MANY, most=MOST)]})


def on_deleted(session: Session, events: Sequence[RecordedEvent]) -> None:
    """What stood beside a contact that was deleted goes too."""
    for event in events:
        enqueue(session, forget_files, interaction=event.subject)


@job(queue="bulk", scope="services")
def forget_files(services: Services, tenant: TenantRef, interaction: UUID) -> None:
    """Deletes everything that was stored below a contact. Safe to repeat."""
    services.storage.delete_below(tenant_key(tenant, "interactions", interaction.hex))
