"""Where things are for operators: the rail, as one list. A new page for operators is one line here."""

from dataclasses import dataclass

from infra.i18n import N_


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the rail; its pages begin with `prefix`, and `key` is the letter that follows `g`."""

    label: str
    endpoint: str
    prefix: str
    key: str


PLACES: tuple[Place, ...] = (
    Place(N_("Overview"), "operator.overview.index", "operator.overview.", "o"),
    Place(N_("Workspaces"), "operator.tenants.index", "operator.tenants.", "w"),
    Place(N_("Failures"), "operator.failures.index", "operator.failures.", "f"),
    Place(N_("Workers and queues"), "operator.work.index", "operator.work.", "q"),
    Place(N_("Mail flow"), "operator.mail.index", "operator.mail.", "m"),
    Place(N_("Cells"), "operator.cells.index", "operator.cells.", "c"),
    Place(N_("Migrations"), "operator.migrations.index", "operator.migrations.", "i"),
    Place(N_("Support access"), "operator.support.index", "operator.support.", "s"),
    Place(N_("Reports of abuse"), "operator.abuse.index", "operator.abuse.", "a"),
    Place(N_("Record"), "operator.record.index", "operator.record.", "r"),
)
"""In the order of the rail; the layout shows them all."""
