"""Letting somebody go: what is theirs goes to others, and nothing of theirs opens a door any more.

The row stays, so that history can name them until they are erased. Their address is free to be invited again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from infra.clock import now
from infra.errors import Conflict, Invalid, NotFound
from infra.i18n import N_
from infra.mail import outbox
from tenants import api_keys, audit, invitations, owned, sessions, staff, staff_index
from tenants.models import ApiKey, SecondFactor, StaffMember, StaffToken
from tenants.permissions import OWNER, Actor
from tenants.webhooks import endpoints
from tenants.webhooks.models import WebhookEndpoint

REMOVED_MAIL = "staff.removed"

OWNER_STAYS = N_("The owner cannot be removed. The workspace has to be handed over first.")
OWNER_CANNOT_LEAVE = N_("You are the owner. Hand the workspace over first; then you can leave.")
NOT_ONESELF = N_("Nobody removes themselves. Use “Leave workspace” in your profile.")
HEIR_MISSING = N_("Choose a colleague who takes this over.")


@dataclass(frozen=True, slots=True)
class Estate:
    """What depends on somebody: what they own by sort, and what stops working when they go."""

    things: Sequence[tuple[owned.Owned, int]]
    keys: Sequence[ApiKey]
    """Made by them or with a secret that they saw: these are revoked."""
    old_secrets: Sequence[ApiKey]
    """Keys of others of which they saw the secret before the last rotation: that one ends."""
    invitations: int
    webhooks: Sequence[WebhookEndpoint]
    """Made by them: these belong to the workspace and go on, and somebody has to look where they send to."""


def estate_of(session: Session, member: StaffMember) -> Estate:
    """What has to be settled before somebody goes, for the page that asks."""
    return Estate(
        owned.counts(session, member.id),
        api_keys.list_of(session, member),
        api_keys.list_known_to(session, member),
        invitations.count_sent_by(session, member.id),
        endpoints.list_of(session, member.id),
    )


def remove(session: Session, member: StaffMember, heirs: Mapping[str, UUID], *, by: Actor) -> None:
    """Removes a colleague. `heirs` names who takes over, by the name of the sort of thing.

    Raises Forbidden for the owner or whoever is stronger, Invalid with `heir_<sort>` where an heir is missing.
    """
    if by.id == member.id:
        raise Conflict(NOT_ONESELF)
    staff.hold(session, member)
    if member.role == OWNER:
        raise Conflict(OWNER_STAYS)
    staff.require_power(session, by, over=member)
    handed = _settle(session, member, heirs, by)
    kept = [endpoint.id for endpoint in endpoints.list_of(session, member.id)]
    audit.record(
        session, "staff.removed", by=by, subject=member.id, role=member.role, handed=handed, webhooks_kept=kept
    )
    outbox.send(session, REMOVED_MAIL, ref=member.id, key=f"removed:{member.id.hex}", locale=member.locale or "en")


def leave(session: Session, member: StaffMember, heirs: Mapping[str, UUID]) -> None:
    """Somebody goes by themselves. Raises Conflict for the owner, Invalid where an heir is missing."""
    staff.hold(session, member)
    if member.role == OWNER:
        raise Conflict(OWNER_CANNOT_LEAVE)
    by = Actor("staff", member.id)
    handed = _settle(session, member, heirs, by)
    kept = [endpoint.id for endpoint in endpoints.list_of(session, member.id)]
    audit.record(
        session, "staff.left", by=by, subject=member.id, role=member.role, handed=handed, webhooks_kept=kept
    )


def _settle(session: Session, member: StaffMember, heirs: Mapping[str, UUID], by: Actor) -> dict[str, int]:
    """Hands over, shuts every door, and marks the member as gone. Answers how many of each sort changed hands."""
    handed = owned.hand_over(session, member.id, _checked(session, member, heirs))
    api_keys.revoke_of(session, member, by=by)
    invitations.withdraw_sent_by(session, member, by=by)
    sessions.end_all(session, member, by=by)
    unused = (StaffToken.staff_id == member.id, StaffToken.used_at.is_(None))
    session.execute(update(StaffToken).where(*unused).values(used_at=now()))
    session.execute(delete(SecondFactor).where(SecondFactor.staff_id == member.id))
    member.deactivated_at, member.password_hash = now(), None
    staff_index.mark(session, member)
    session.flush()
    return handed


def _checked(session: Session, member: StaffMember, heirs: Mapping[str, UUID]) -> dict[str, UUID]:
    """The heirs of what there is to inherit; each stays here at least until this is done."""
    problems: dict[str, list[str]] = {}
    found: dict[str, UUID] = {}
    for kind, _ in owned.counts(session, member.id):
        try:
            heir = staff.get(session, heirs[kind.name])
            if heir.id == member.id:
                raise NotFound()
            staff.share(session, heir)
            found[kind.name] = staff.get(session, heir.id).id
        except (KeyError, NotFound):
            problems[f"heir_{kind.name}"] = [HEIR_MISSING]
    if problems:
        raise Invalid(problems=problems)
    return found
