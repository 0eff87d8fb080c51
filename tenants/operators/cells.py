"""Cells: how many tenants each holds and may hold, and whether it takes new ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.errors import Invalid, NotFound
from infra.i18n import N_
from tenants.models import Cell, Tenant
from tenants.operators import audit
from tenants.permissions import Actor
from tenants.provisioning import LIVING

NEARLY_FULL = 0.9
MOST = 100_000
"""Tenants that anybody may mean by a capacity; more is a slip."""

OUT_OF_RANGE = N_("Write a number from 1 to 100,000.")


@dataclass(frozen=True, slots=True)
class CellSeen:
    """A cell with what it holds. Spares count towards the capacity: their schemas are there already."""

    name: str
    open: bool
    capacity: int
    tenants: int
    spares: int

    @property
    def share(self) -> float:
        """How much of the capacity is used."""
        return (self.tenants + self.spares) / self.capacity if self.capacity else 1.0

    @property
    def nearly_full(self) -> bool:
        """Whether it takes new tenants and soon cannot."""
        return self.open and self.share >= NEARLY_FULL


def list_cells(session: Session) -> Sequence[CellSeen]:
    """Every cell by name."""
    is_spare = Tenant.state == "spare"
    counts = (
        select(
            Tenant.cell,
            func.count().filter(~is_spare).label("tenants"),
            func.count().filter(is_spare).label("spares"),
        )
        .where(Tenant.state.in_(LIVING))
        .group_by(Tenant.cell)
        .subquery()
    )
    rows = session.execute(
        select(
            Cell.name,
            Cell.open,
            Cell.capacity,
            func.coalesce(counts.c.tenants, 0),
            func.coalesce(counts.c.spares, 0),
        )
        .outerjoin(counts, counts.c.cell == Cell.name)
        .order_by(Cell.name)
    )
    return [CellSeen(*row) for row in rows]


def change(session: Session, name: str, *, is_open: bool, capacity: int, by: Actor) -> Cell:
    """Opens or closes a cell to new tenants and sets how many it may hold; those it holds stay.

    Raises NotFound, and Invalid for a capacity that nobody can mean.
    """
    cell = session.get(Cell, name, with_for_update=True, populate_existing=True)
    if cell is None:
        raise NotFound()
    if not 1 <= capacity <= MOST:
        raise Invalid(problems={"capacity": [OUT_OF_RANGE]})
    if (cell.open, cell.capacity) != (is_open, capacity):
        cell.open, cell.capacity = is_open, capacity
        audit.record(session, "cell.changed", by=by, cell=name, open=is_open, capacity=capacity)
    return cell
