"""A session belongs to one tenant, and PostgreSQL holds it to that."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from infra.db import TenantRef
from infra.db.scope import TenantScopeError
from infra.services import Services


def scope(session: Session) -> tuple[str, str]:
    row = session.execute(text("SELECT current_user, current_schema")).one()
    return row[0], row[1]


def test_a_session_sees_its_tenant_and_forgets_it_with_the_transaction(
    services: Services, acme: TenantRef, globex: TenantRef, initech: TenantRef
) -> None:
    for tenant in (acme, globex, initech, acme):
        with services.db.tenant_session(tenant) as session:
            assert scope(session) == (tenant.role, tenant.schema)
    with services.db.control_session() as session:
        assert scope(session) == ("rapport_control", "control")


def test_a_second_transaction_of_a_session_is_the_tenants_again(services: Services, acme: TenantRef) -> None:
    with services.db.open_tenant(acme) as session:
        assert scope(session) == (acme.role, acme.schema)
        session.commit()
        assert scope(session) == (acme.role, acme.schema)


@pytest.mark.parametrize("table", ["events", "staff_members"])
def test_another_tenants_schema_is_refused_by_postgresql(
    services: Services, acme: TenantRef, globex: TenantRef, table: str
) -> None:
    with services.db.tenant_session(acme) as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(f"SELECT * FROM {globex.schema}.{table}"))


def test_a_tenant_cannot_read_the_control_plane_or_the_key_store(services: Services, acme: TenantRef) -> None:
    for table in ("control.tenants", "keystore.tenant_keys"):
        with (
            services.db.tenant_session(acme) as session,
            pytest.raises(ProgrammingError, match="permission denied"),
        ):
            session.execute(text(f"SELECT * FROM {table}"))


def test_the_control_plane_cannot_read_a_tenant(services: Services, acme: TenantRef) -> None:
    with services.db.control_session() as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(f"SELECT * FROM {acme.schema}.events"))


def test_opening_a_tenant_inside_another_is_an_error(
    services: Services, acme: TenantRef, globex: TenantRef
) -> None:
    with (
        services.db.tenant_session(acme),
        pytest.raises(TenantScopeError),
        services.db.tenant_session(globex),
    ):
        pass


def test_a_session_without_a_scope_fails_closed(services: Services) -> None:
    with Session(services.db.engine("default")) as session, pytest.raises(TenantScopeError):
        session.execute(text("SELECT 1"))


def test_the_login_of_the_web_has_nothing_of_its_own(services: Services, acme: TenantRef) -> None:
    with psycopg.connect(services.db.dsn("default", "app")) as connection:
        for table in (f"{acme.schema}.events", "control.tenants", "keystore.tenant_keys"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(f"SELECT * FROM {table}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET ROLE rapport_owner")
