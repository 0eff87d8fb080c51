"""Saved views: a list with its filters, order and columns under a name, one's own or shared with colleagues."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from customers import attributes, values
from customers.errors import TooManyViews, ViewInvalid, ViewNotFound
from customers.models import SavedView
from customers.models.views import ATTRIBUTE
from customers.setting_events import ViewChanged
from customers.values import Unfit
from infra.events import record
from infra.i18n import N_
from tenants import audit
from tenants.permissions import Actor

MOST = 50
"""Shared ones, and as many of one's own."""
LONGEST_NAME = 60
NO_NAME = N_("Give the view a name.")


def list_views(session: Session, *, by: Actor) -> Sequence[SavedView]:
    """One's own and the shared ones, oldest first."""
    mine = or_(SavedView.shared, SavedView.owner_id == by.id)
    return session.scalars(select(SavedView).where(mine).order_by(SavedView.id)).all()


def save(session: Session, *, by: Actor, name: str, query: Mapping[str, str], shared: bool = False) -> SavedView:
    """A new view; `query` is what stands in the list's address. Raises ViewInvalid, TooManyViews.

    What was searched for and typed about people is left out: it names them, and a view outlives them.
    """
    fit = _name(name)
    of = SavedView.shared if shared else (SavedView.owner_id == by.id) & ~SavedView.shared
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("customers.views"))))
    if (session.scalar(select(func.count()).select_from(SavedView).where(of)) or 0) >= MOST:
        raise TooManyViews(most=MOST)
    view = SavedView(name=fit, query=_kept(session, query), shared=shared, owner_id=by.id)
    session.add(view)
    session.flush()
    if shared:
        audit.record(session, "view.shared", by=by, subject=view.id)
        record(session, ViewChanged(subject=view.id, change="added"))
    return view


def get(session: Session, view_id: UUID, *, by: Actor) -> SavedView:
    """One's own or a shared one. Raises ViewNotFound."""
    view = session.get(SavedView, view_id)
    if view is None or not (view.shared or view.owner_id == by.id):
        raise ViewNotFound()
    return view


def change(
    session: Session, view: SavedView, *, by: Actor, name: str | None = None, query: Mapping[str, str] | None = None
) -> None:
    """Another name or another list, as `save` takes them; what is so already is left. Raises ViewInvalid."""
    session.refresh(view, with_for_update=True)
    wanted = (
        view.name if name is None else _name(name),
        dict(view.query) if query is None else _kept(session, query),
    )
    if wanted == (view.name, view.query):
        return
    view.name, view.query = wanted
    session.flush()
    if view.shared:
        audit.record(session, "view.changed", by=by, subject=view.id)
        record(session, ViewChanged(subject=view.id, change="changed"))


def delete(session: Session, view: SavedView, *, by: Actor) -> None:
    """For good; a shared one goes for everybody."""
    if view.shared:
        audit.record(session, "view.deleted", by=by, subject=view.id)
        record(session, ViewChanged(subject=view.id, change="deleted"))
    session.delete(view)
    session.flush()


def _name(text: str) -> str:
    try:
        fit = values.line(text, LONGEST_NAME)
    except Unfit as unfit:
        raise ViewInvalid(problems={"name": [unfit.sentence]}) from unfit
    if not fit:
        raise ViewInvalid(problems={"name": [NO_NAME]})
    return fit


def _kept(session: Session, query: Mapping[str, str]) -> dict[str, str]:
    apart = {"q", "after", "view", *(ATTRIBUTE + code for code in attributes.codes_kept_apart(session))}
    return {part: value for part, value in query.items() if part not in apart}
