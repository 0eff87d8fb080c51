"""The vendor's support in a tenant's console: the gate, the record on both sides, and what the banner says.

`tenants.support_access` says when somebody is let in. Here each request of such a visit is recorded first, in the
tenant and in the control plane, both committed, and only then served; and before it commits the grant is asked
again. The control plane is asked each time whether the operator is one still; disabled or reset, they are out.
"""

from collections.abc import Callable
from typing import cast
from uuid import UUID

from flask import g, session
from sqlalchemy.orm import Session

from infra.errors import Forbidden
from infra.i18n import negotiate, use
from tenants import branding, support_access
from tenants.operators import accounts, audit
from tenants.support_access import SupportEnded
from web import tenancy
from web.surfaces import TO_SUPPORT, Grant
from web.tenancy import Request, Visit

KEY = "support"
"""Under this name the session cookie of the tenant's host holds the token of a visit."""
READING = ("GET", "HEAD", "OPTIONS")
IN_THE_BROWSER = frozenset({"console.appearance"})
"""Surfaces whose forms change nothing but a cookie."""


def is_here() -> bool:
    """Whether this browser brings a visit of support, living or not."""
    return KEY in session


def admit(arrived: Visit, incoming: Request, grant: Grant, protect: Callable[[], object]) -> None:
    """Makes support the one who acts, and records the request on both sides. `protect` checks a form's token.

    Raises SupportEnded, and Forbidden for what the grant does not allow, which is recorded too: pages that the
    policy does not open to support, and what wants a password typed just now, which support does not have.
    """
    visit = support_access.find(arrived.session(), session[KEY])
    if visit is None:
        session.clear()
        raise SupportEnded()
    if not _is_operators(visit):
        _put_out(arrived, visit)
        raise SupportEnded()
    zone = branding.get_settings(arrived.session()).zone
    arrived.stack.enter_context(use(negotiate(incoming.accept_languages.values()), zone))
    protect()
    arrived.actor = visit.actor
    g.support = visit
    allowed = _allows(visit, incoming, grant)
    _record(arrived, incoming, visit, allowed)
    if not allowed:
        raise Forbidden()
    arrived.guard = lambda tenant: _require(tenant, visit)


def begin(visit: support_access.Visit, token: str) -> None:
    """Puts a fresh visit into the cookie; whatever the cookie held before is gone.

    Raises SupportEnded when its operator is none any more.
    """
    if not _is_operators(visit):
        raise SupportEnded()
    session.clear()
    session[KEY] = token
    note(visit, "support.entered", tenancy.tenant().id)


def end() -> None:
    """Ends the visit of this browser, if there is one."""
    token = session.pop(KEY, None)
    visit = support_access.leave(tenancy.session(), token) if token else None
    if visit is not None:
        note(visit, "support.left", tenancy.tenant().id)


def present() -> support_access.Visit | None:
    """The visit in which this request happens, for the banner; None for everybody else."""
    return cast("support_access.Visit | None", g.get("support"))


def note(visit: support_access.Visit, action: str, tenant: UUID, **codes: object) -> None:
    """Records in the control plane, in a transaction of its own, that the operator did something there."""
    with tenancy.services().db.control_session() as control:
        audit.record(control, action, by=visit.actor, tenant=tenant, subject=visit.grant.id, **codes)


def _is_operators(visit: support_access.Visit) -> bool:
    """Whether the operator exists, is not disabled, and was not reset since the visit was opened."""
    with tenancy.services().db.control_session() as control:
        return accounts.stands(control, visit.session.operator_id, since=visit.session.created_at)


def _require(tenant: Session, visit: support_access.Visit) -> None:
    """Before a commit: raises SupportEnded unless grant, visit and operator all still stand."""
    support_access.require(tenant, visit)
    if not _is_operators(visit):
        raise SupportEnded()


def _put_out(arrived: Visit, visit: support_access.Visit) -> None:
    """Ends the visit for good, on both sides' record."""
    assert arrived.tenancy is not None, "a tenant's console stands at a tenant's host"
    support_access.leave(arrived.session(), session[KEY])
    tenancy.checkpoint()
    note(visit, "support.left", arrived.tenancy.ref.id)
    session.clear()


def _allows(visit: support_access.Visit, incoming: Request, grant: Grant) -> bool:
    """A grant to look in sends no form at all, whatever permission the form asks for."""
    if grant.surface.name not in TO_SUPPORT or grant.fresh or not visit.actor.may(grant.permission):
        return False
    changing = incoming.method not in READING and grant.surface.name not in IN_THE_BROWSER
    return not changing or visit.grant.allows == support_access.CHANGE


def _record(arrived: Visit, incoming: Request, visit: support_access.Visit, allowed: bool) -> None:
    """The tenant's side first: when the control plane is away, the page is not shown."""
    endpoint, changing = incoming.endpoint or "", incoming.method not in READING
    things = [value for value in (incoming.view_args or {}).values() if isinstance(value, UUID)]
    codes = {"endpoint": endpoint, "thing": things[-1] if things else None, "allowed": allowed}
    support_access.note(arrived.session(), visit, changing=changing, **codes)
    tenancy.checkpoint()
    assert arrived.tenancy is not None, "a tenant's console stands at a tenant's host"
    note(visit, "support.acted" if changing else "support.viewed", arrived.tenancy.ref.id, **codes)
