"""What ends when a mailbox is a person's no longer: sessions begun by it, accounts connected, links mailed there.

Whoever reads a mailbox signs in by it. When somebody other than the person gives them another address, the one
before may have been a stranger's all along, so everybody who is in by then proves who they are once more.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from customers import links, tokens
from customers.models import Identity, OpenIdIdentity, Person, PortalSession
from infra import clock
from infra.crypto import current_keys, normal
from infra.db import current_tenant
from tenants import audit
from tenants.permissions import Actor


def is_another(before: str | None, after: str | None) -> bool:
    """Whether whoever had the mailbox has it no longer; a first address takes none away."""
    return bool(before) and normal.email(before or "") != (normal.email(after) if after else None)


def hold(session: Session, ids: Collection[UUID]) -> None:
    """Nobody changes or merges these people until the transaction ends: for whoever lets them in."""
    query = select(Person.id).where(Person.id.in_(ids)).order_by(Person.id).with_for_update(of=Person)
    session.execute(query)


def lost(
    session: Session,
    ids: Collection[UUID],
    *,
    by: Actor,
    since: datetime | None = None,
    besides: UUID | None = None,
) -> None:
    """Ends every session of these people but the one `besides`, and every account, or those begun `since` then.

    Call it under a lock of the people. Noted for each whom it signs out.
    """
    if not ids:
        return
    ending = update(PortalSession).where(PortalSession.person_id.in_(ids), PortalSession.ended_at.is_(None))
    removing = delete(OpenIdIdentity).where(OpenIdIdentity.person_id.in_(ids))
    if besides is not None:
        ending = ending.where(PortalSession.id != besides)
    if since is not None:
        ending = ending.where(PortalSession.created_at >= since)
        removing = removing.where(OpenIdIdentity.linked_at >= since)
    ended = session.scalars(ending.values(ended_at=clock.now()).returning(PortalSession.person_id)).all()
    removed = session.scalars(removing.returning(OpenIdIdentity.person_id)).all()
    for person_id in sorted({*ended, *removed}):
        counts = {"sessions": ended.count(person_id), "accounts": removed.count(person_id)}
        audit.record(session, "portal.access_ended", by=by, subject=person_id, **counts)


def left(session: Session, gone: Mapping[UUID, tuple[str, str | None]], *, by: Actor) -> None:
    """People have another address than before, by their ids; call it under a lock of them.

    Who was merged into them and has the one before gets the new one too: it is the same person's, and would keep
    the door open to the old mailbox. Everybody who is in by then is out, and no link to a survey that went there by
    mail is good any more, unless the person proved the new one.
    """
    if not gone:
        return
    merged = merged_into(session, gone)
    rows = session.scalars(select(Identity).where(Identity.id.in_(merged))).all() if merged else ()
    for row in rows:
        before, after = gone[merged[row.id]]
        if row.email and not is_another(before, row.email):
            row.email = after
            row.tokens = tokens.of(current_keys().for_tenant(current_tenant()), row.name, row.email, row.phone)
    session.flush()
    others = [each for each in gone if (by.kind, by.id) != ("person", each)]
    theirs = [*others, *(old for old, now in merged.items() if now in others)]
    lost(session, theirs, by=by)
    links.revoke_mailed(session, theirs)


def merged_into(session: Session, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Who was merged into these people, directly or by others, and into whom."""
    direct = select(Person.id, Person.merged_into.label("now")).where(Person.merged_into.in_(ids))
    merged = direct.cte("merged", recursive=True)
    further = select(Person.id, merged.c.now).join(merged, Person.merged_into == merged.c.id)
    found = merged.union(further)
    return {row.id: row.now for row in session.execute(select(found.c.id, found.c.now))}
