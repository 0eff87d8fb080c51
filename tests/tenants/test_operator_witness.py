"""Each deed of an operator is a line of the log besides, by ids, once it has happened and not before."""

import logging

import pytest
from sqlalchemy import select, text

from infra.ids import new_id
from tenants.operators import audit
from tenants.operators.models import OperatorEntry
from tenants.permissions import Actor

LOGGER = "tenants.operators.audit"


@pytest.fixture(autouse=True)
def _clean(services):
    yield
    with services.db.owner("control") as connection:
        connection.execute(text("DELETE FROM control.operator_audit"))


def lines(caplog):
    return [record for record in caplog.records if record.name == LOGGER]


def test_a_deed_is_a_line_by_ids_once_it_is_committed(services, own_tenant, caplog):
    olga, subject = new_id(), new_id()
    with caplog.at_level(logging.INFO, logger=LOGGER), services.db.control_session() as session:
        audit.record(
            session,
            "tenant.suspended",
            by=Actor("operator", olga),
            tenant=own_tenant.id,
            subject=subject,
            cause="abuse",
        )
        session.flush()
        assert not lines(caplog), "it has not happened yet"
    (line,) = lines(caplog)
    with services.db.control_session() as session:
        entry = session.scalars(select(OperatorEntry).where(OperatorEntry.subject_id == subject)).one()
    assert (line.action, line.operator, line.tenant) == ("tenant.suspended", str(olga), str(own_tenant.id))
    assert (line.subject, line.entry) == (str(subject), str(entry.id))
    assert "abuse" not in str(vars(line)), "details stand in the record alone"


def test_a_deed_of_the_command_line_names_nobody(services, caplog):
    with caplog.at_level(logging.INFO, logger=LOGGER), services.db.control_session() as session:
        audit.record(session, "operator.added", by=None, subject=new_id())
    (line,) = lines(caplog)
    assert not hasattr(line, "operator")


def test_a_deed_that_is_taken_back_is_no_line(services, caplog):
    class Refused(Exception):
        pass

    with (
        caplog.at_level(logging.INFO, logger=LOGGER),
        pytest.raises(Refused),
        services.db.control_session() as session,
    ):
        audit.record(session, "operator.disabled", by=None, subject=new_id())
        session.flush()
        raise Refused
    assert not lines(caplog)
