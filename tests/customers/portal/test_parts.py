"""Nothing that a tenant stores about a person is left out of what that person sees."""

from infra.db import TenantBase
from web import registries

ELSEWHERE = {
    "import_rows": "what a file brought stands in the parts themselves, with the file as their source",
    "duplicates": "a guess about two entries that nobody has confirmed",
    "portal_flows": "for ten minutes, that a browser is on its way to a provider",
    "marks": "what staff have looked at",
}
"""Tables that name people and are in no part, and why."""


def test_every_table_that_names_a_person_is_in_a_part():
    spoken_for = {table for part in registries.PARTS for table in part.tables}
    naming = {
        table.name
        for table in TenantBase.metadata.tables.values()
        for column in table.columns
        if column.name in ("person_id", "subject_id", "kept_id", "one_id")
        and not table.name.startswith(("long_", "audit_", "events", "deliveries", "webhook"))
    }
    assert not naming - spoken_for - ELSEWHERE.keys(), sorted(naming - spoken_for - ELSEWHERE.keys())
    assert spoken_for <= set(TenantBase.metadata.tables)


def test_every_column_of_a_part_has_its_label():
    from customers.portal.parts import About

    for part in registries.PARTS:
        if part.also is None:
            about = About(None, [])  # type: ignore[arg-type]
            named = {column.key for column in part.select(about).selected_columns}
            assert named == set(part.labels), part.code
