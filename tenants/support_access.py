"""The vendor's support in a tenant's console: only on a grant of the tenant, only as long as it lives.

The tenant's owner or an admin grants it: to look in, or also to change things, for an hour, a day or a week. An
operator then opens the workspace from the platform's pages: a code of one use brings them to the tenant's host,
where a session begins that is worth no more than its grant. The grant is asked again at each request and once more
before it commits, so when a revocation has answered, nothing of support happens any more.

The control plane holds an index of living grants (`tenants.support_index`); it opens nothing by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from infra import links
from infra.clock import now
from infra.db import current_tenant
from infra.errors import Invalid, NotFound
from infra.i18n import N_
from infra.ids import new_token, token_hash
from infra.settings import Settings
from tenants import audit
from tenants.errors import LinkExpired, SignInRequired
from tenants.models import AuditEntry
from tenants.models.support import SupportGrant, SupportSession
from tenants.permissions import EDITOR, VIEWER, Actor, of_role

READ, CHANGE = "read", "change"
LASTS: dict[str, timedelta] = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
CODE_LIVES = timedelta(minutes=2)
IDLE = timedelta(hours=1)
SEEN_EVERY = timedelta(minutes=1)

NOUNS = frozenset({"console", "surveys", "results", "responses", "brand", "settings", "diagnostics"})
"""What support may ever touch. Staff, keys, webhooks, domains, the audit log and support itself are not among them,
and a noun that comes later is refused until somebody writes it here."""

UNKNOWN_CHOICE = N_("Choose one of the list.")


class SupportEnded(SignInRequired):
    """The grant was revoked or has run out, or the visit on it has ended."""

    code = "support_ended"
    message = N_("This support access has ended.")


@dataclass(frozen=True, slots=True)
class Visit:
    """An operator in the tenant's console: the session and the grant it lives on."""

    session: SupportSession
    grant: SupportGrant

    @property
    def actor(self) -> Actor:
        """Who acts: support, by the operator's id, with what the grant allows."""
        return Actor("support", self.session.operator_id, permissions(self.grant.allows))


def permissions(allows: str) -> frozenset[str]:
    """What a grant gives: a viewer's or an editor's permissions, without people, keys and exports."""
    held = of_role(EDITOR if allows == CHANGE else VIEWER) | {"diagnostics.read"}
    return frozenset(name for name in held if _open_to_support(name))


def grant(session: Session, *, allows: str, lasts: str, reason: str, by: Actor) -> SupportGrant:
    """Lets support in from now on. Raises Invalid for a choice that is none."""
    problems = {"allows": allows not in (READ, CHANGE), "lasts": lasts not in LASTS}
    wrong = {name: [UNKNOWN_CHOICE] for name, found in problems.items() if found}
    if wrong or by.id is None:
        raise Invalid(problems=wrong)
    made = SupportGrant(allows=allows, reason=reason, granted_by=by.id, ends_at=now() + LASTS[lasts])
    session.add(made)
    session.flush()
    audit.record(session, "support.granted", by=by, subject=made.id, allows=allows, lasts=lasts)
    return made


def revoke(session: Session, grant_id: UUID, *, by: Actor) -> SupportGrant:
    """Ends a grant and every visit on it, at once. Revoking what has ended does nothing. Raises NotFound."""
    found = session.get(SupportGrant, grant_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound()
    if found.revoked_at is None and found.ends_at > now():
        found.revoked_at, found.revoked_by = now(), by.id
        session.execute(
            update(SupportSession)
            .where(SupportSession.grant_id == grant_id, SupportSession.ended_at.is_(None))
            .values(ended_at=now())
        )
        audit.record(session, "support.revoked", by=by, subject=grant_id)
    return found


def get(session: Session, grant_id: UUID) -> SupportGrant:
    """Raises NotFound."""
    found = session.get(SupportGrant, grant_id)
    if found is None:
        raise NotFound()
    return found


def list_grants(session: Session, *, limit: int = 50) -> Sequence[SupportGrant]:
    """The newest grants, also those that have ended."""
    return session.scalars(select(SupportGrant).order_by(SupportGrant.id.desc()).limit(limit)).all()


def list_visits(session: Session, grants: Sequence[SupportGrant]) -> dict[UUID, list[SupportSession]]:
    """The visits that were made on each grant, by the grant's id, the oldest first."""
    found: dict[UUID, list[SupportSession]] = {each.id: [] for each in grants}
    query = select(SupportSession).where(
        SupportSession.grant_id.in_(list(found)), SupportSession.entered_at.is_not(None)
    )
    for visit in session.scalars(query.order_by(SupportSession.entered_at)):
        found[visit.grant_id].append(visit)
    return found


def list_deeds(session: Session, grant_id: UUID, *, limit: int = 200) -> Sequence[AuditEntry]:
    """What was done on a grant, the newest first: from granting to leaving, with each page that was opened."""
    query = select(AuditEntry).where(AuditEntry.subject_id == grant_id).order_by(AuditEntry.id.desc()).limit(limit)
    return session.scalars(query).all()


def count_deeds(session: Session, grants: Sequence[SupportGrant]) -> dict[UUID, dict[str, int]]:
    """For each grant how many pages were looked at and how many things done, by the kind of entry."""
    found: dict[UUID, dict[str, int]] = {each.id: {} for each in grants}
    query = (
        select(AuditEntry.subject_id, AuditEntry.action, func.count())
        .where(AuditEntry.subject_id.in_(list(found)), AuditEntry.actor_kind == "support")
        .group_by(AuditEntry.subject_id, AuditEntry.action)
    )
    for subject, action, count in session.execute(query):
        if subject is not None:
            found[subject][action] = count
    return found


def make_code(session: Session, settings: Settings, grant_id: UUID, *, operator_id: UUID) -> str:
    """A signed code of one use for an operator; it lives two minutes. Raises NotFound when no such grant lives."""
    living = session.scalars(
        select(SupportGrant).where(SupportGrant.id == grant_id, _living()).with_for_update(read=True)
    ).one_or_none()
    if living is None:
        raise NotFound()
    visit = SupportSession(grant_id=grant_id, operator_id=operator_id)
    session.add(visit)
    session.flush()
    payload = {"id": visit.id.hex}
    return links.sign(settings, "support.enter", current_tenant().id, payload, expires_in=CODE_LIVES)


def enter(session: Session, settings: Settings, code: str) -> tuple[Visit, str]:
    """The visit of a code and the token of its session. Raises LinkExpired; of two at once one is let in."""
    try:
        payload = links.verify(settings, "support.enter", current_tenant().id, code)
    except Invalid:
        raise LinkExpired() from None
    found = session.get(SupportSession, UUID(payload["id"]), with_for_update=True, populate_existing=True)
    if found is None or found.entered_at is not None or found.ended_at is not None:
        raise LinkExpired()
    living = _living_grant(session, found.grant_id)
    if living is None or found.created_at < now() - CODE_LIVES:
        raise LinkExpired()
    token = new_token()
    found.entered_at = found.last_seen_at = now()
    found.token_hash = token_hash(token)
    visit = Visit(found, living)
    audit.record(session, "support.entered", by=visit.actor, subject=living.id, visit=found.id)
    return visit, token


def find(session: Session, token: str) -> Visit | None:
    """The visit whose session has this token, while its grant lives; keeps it from falling idle."""
    moment = now()
    row = session.execute(
        select(SupportSession, SupportGrant)
        .join(SupportGrant, SupportGrant.id == SupportSession.grant_id)
        .where(
            SupportSession.token_hash == token_hash(token),
            SupportSession.ended_at.is_(None),
            SupportSession.last_seen_at > moment - IDLE,
            _living(),
        )
    ).one_or_none()
    if row is None:
        return None
    visit = Visit(*row)
    if moment - (visit.session.last_seen_at or visit.session.created_at) > SEEN_EVERY:
        visit.session.last_seen_at = moment
    return visit


def require(session: Session, visit: Visit) -> None:
    """Raises SupportEnded unless the visit's grant lives at this moment.

    Asked before a commit, it keeps the grant from being revoked until the transaction ends; so a revocation that
    has answered comes before everything that support could still have been doing.
    """
    living = _living_grant(session, visit.grant.id)
    open_still = session.scalar(
        select(SupportSession.id).where(SupportSession.id == visit.session.id, SupportSession.ended_at.is_(None))
    )
    if living is None or open_still is None:
        raise SupportEnded()


def note(session: Session, visit: Visit, *, changing: bool, **codes: object) -> None:
    """Records a page that support looks at, or something it does, in the tenant's own log; `codes` say which."""
    action = "support.acted" if changing else "support.viewed"
    audit.record(session, action, by=visit.actor, subject=visit.grant.id, visit=visit.session.id, **codes)


def leave(session: Session, token: str) -> Visit | None:
    """Ends the visit with this token; None when it has ended already."""
    visit = find(session, token)
    if visit is not None:
        visit.session.ended_at = now()
        audit.record(session, "support.left", by=visit.actor, subject=visit.grant.id, visit=visit.session.id)
    return visit


def _living_grant(session: Session, grant_id: UUID) -> SupportGrant | None:
    query = select(SupportGrant).where(SupportGrant.id == grant_id, _living())
    return session.scalars(query.with_for_update(read=True).execution_options(populate_existing=True)).one_or_none()


def _living() -> ColumnElement[bool]:
    return and_(SupportGrant.revoked_at.is_(None), SupportGrant.ends_at > now())


def _open_to_support(permission: str) -> bool:
    noun, _, verb = permission.partition(".")
    return noun in NOUNS and verb not in ("export", "delete", "transfer")
