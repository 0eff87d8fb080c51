"""How PostgreSQL finds a mail that a statement names by its id."""

import pytest
from sqlalchemy import insert, text

from infra.clock import now
from infra.ids import new_id
from infra.mail import leases
from infra.mail.models import Outbox
from tests.infra.mail.conftest import Desk


@pytest.fixture
def settled(desk: Desk) -> Desk:
    """An outbox as it was last analysed: many mails, none of them in flight."""
    moment = now()
    row = {"purpose": "test.hello", "locale": "en", "state": "accepted", "attempts": 1, "finished_at": moment}
    rows = [{**row, "id": new_id(), "ref_id": new_id(), "key": f"k{number}"} for number in range(2_000)]
    with desk.services.db.tenant_session(desk.tenant) as session:
        session.execute(insert(Outbox), rows)
    with desk.services.db.owner(desk.tenant.cell) as connection:
        connection.execute(text(f'ANALYZE "{desk.tenant.schema}".outbox'))
    return desk


def plan_of(desk: Desk, statement: str) -> str:
    with desk.services.db.tenant_session(desk.tenant) as session:
        lines = session.connection().exec_driver_sql(f"EXPLAIN (GENERIC_PLAN) {statement}")
        return "\n".join(line for (line,) in lines)


@pytest.mark.parametrize("name", ["WINDOW", "BEGIN", "BEGIN_NEXT", "FINISH", "AGAIN"])
def test_a_mail_is_found_by_its_key_though_none_was_in_flight_when_it_was_last_counted(
    settled: Desk, name: str
) -> None:
    statement = getattr(leases, name)
    assert "ix_outbox_in_flight" not in (plan := plan_of(settled, statement)), plan
    assert "pk_outbox" in plan
    plainly = statement.replace("state || ''", "state")
    assert "ix_outbox_in_flight" in plan_of(settled, plainly), "what keeps the planner from it is needed no more"
