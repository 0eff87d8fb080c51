"""Roles on a server: each login may do what its process needs and nothing else. PG=system runs it on Debian's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from infra.local.bootstrap import CONTROL, LOGINS, bootstrap
from infra.local.ports import free_port
from infra.local.postgres import embedded, installed
from infra.services import Services
from infra.settings import Settings
from tests.support.supervised import data_folder


@contextmanager
def as_login(services: Services, login: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(services.db.dsn("default", login), autocommit=True) as connection:  # type: ignore[arg-type]
        yield connection


def rights(database: str) -> dict[str, list[tuple[object, ...]]]:
    """Everything that bootstrap decides on, but for the passwords: each run salts them anew."""
    asked = {
        "logins": "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin FROM pg_roles"
        " WHERE rolname LIKE 'rapport%' ORDER BY 1",
        "members": "SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members"
        " WHERE roleid::regrole::text LIKE 'rapport%' ORDER BY 1, 2",
        "database": "SELECT datdba::regrole::text, datacl::text FROM pg_database"
        " WHERE datname = current_database()",
        "schemas": "SELECT nspname, nspowner::regrole::text, nspacl::text FROM pg_namespace"
        " WHERE nspname IN ('public', 'keystore') ORDER BY 1",
    }
    with psycopg.connect(os.environ["TESTS_SUPERUSER"], dbname=database) as connection:
        return {name: connection.execute(query.encode()).fetchall() for name, query in asked.items()}


@pytest.fixture
def role(services: Services) -> Iterator[sql.Identifier]:
    """A role and schema as provisioning makes them."""
    name = sql.Identifier("t_" + uuid4().hex)
    with as_login(services, "owner") as owner:
        options = " WITH INHERIT FALSE, SET TRUE" if owner.info.server_version >= 160000 else ""
        owner.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
        owner.execute(sql.SQL("GRANT {} TO rapport_app{}").format(name, sql.SQL(options)))
        owner.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        owner.execute(sql.SQL("CREATE TABLE {}.things (number int)").format(name))
        owner.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(name, name))
        owner.execute(sql.SQL("GRANT SELECT, INSERT ON {}.things TO {}").format(name, name))
        yield name
        owner.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(name))
        owner.execute(sql.SQL("DROP ROLE {}").format(name))


def test_bootstrap_can_be_run_again(settings: Settings, services: Services) -> None:
    superuser = os.environ["TESTS_SUPERUSER"]
    name = settings.control_database.rsplit("/", 1)[1]
    before = rights(name)

    bootstrap(superuser, settings, [name])
    bootstrap(superuser, settings, [name])

    assert rights(name) == before
    assert {login for login, *_ in before["logins"]} == {*LOGINS, CONTROL}
    assert {("rapport_control", "rapport_app"), ("rapport_control", "rapport_disposal")} <= set(before["members"])
    assert ("keystore", "rapport_keys") in [tuple(schema[:2]) for schema in before["schemas"]]
    with as_login(services, "app") as app:  # the password is still the settings'
        assert app.execute("SELECT current_user").fetchone() == ("rapport_app",)


def test_the_app_reads_a_tenant_only_in_its_role(services: Services, role: sql.Identifier) -> None:
    query = sql.SQL("SELECT count(*) FROM {}.things").format(role)
    with as_login(services, "app") as app:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(query)
        with app.transaction():
            app.execute(sql.SQL("SET LOCAL ROLE {}").format(role))
            assert app.execute(query).fetchone() == (0,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege), app.transaction():
                app.execute(sql.SQL("DELETE FROM {}.things").format(role))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(query)


@pytest.mark.parametrize("login", ["app", "disposal", "keys"])
def test_no_login_but_the_owner_makes_anything(services: Services, login: str) -> None:
    with as_login(services, login) as connection:
        for statement in ("CREATE SCHEMA mine", "CREATE TABLE public.mine (a int)", "CREATE ROLE mine"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.parametrize("login", ["app", "disposal", "owner"])
def test_the_key_store_belongs_to_its_own_login(services: Services, login: str) -> None:
    with as_login(services, login) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM keystore.tenant_keys")


def test_nobody_is_a_superuser_and_passwords_are_hashed(settings: Settings) -> None:
    with psycopg.connect(os.environ["TESTS_SUPERUSER"]) as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolinherit, rolcreatedb, rolpassword"
            " FROM pg_authid WHERE rolname LIKE 'rapport%'"
        ).fetchall()
    logins = {row[0]: row[1:] for row in rows}
    assert all(not superuser and not createdb for superuser, _, createdb, _ in logins.values())
    assert not logins["rapport_app"][1]
    assert not logins["rapport_disposal"][1]
    assert all(row[3].startswith("SCRAM-SHA-256") for name, row in logins.items() if name != "rapport_control")


@pytest.mark.processes
def test_a_managed_servers_administrator_is_enough(settings: Settings) -> None:
    make = installed if os.environ.get("PG") == "system" else embedded
    with data_folder() as folder:
        server = make(folder, free_port(), "secret", durable=False)
        process = server.process()
        process.start()
        try:
            process.wait()
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                connection.execute("CREATE ROLE admin LOGIN CREATEROLE CREATEDB PASSWORD 'admin'")
            admin = f"postgresql://admin:admin@127.0.0.1:{server.port}/postgres"
            bootstrap(admin, settings, ["rapport"])
            bootstrap(admin, settings, ["rapport"])
            owner = f"postgresql://rapport_owner:{settings.owner_password}@127.0.0.1:{server.port}/rapport"
            with psycopg.connect(owner) as connection:
                connection.execute("CREATE SCHEMA control")
                made = connection.execute(
                    "SELECT nspname, nspowner::regrole::text FROM pg_namespace"
                    " WHERE nspname IN ('control', 'keystore') ORDER BY 1"
                ).fetchall()
                over = connection.execute("SELECT rolname FROM pg_roles WHERE rolsuper").fetchall()
            assert made == [("control", "rapport_owner"), ("keystore", "rapport_keys")]
            assert ("admin",) not in over
            assert not any(name.startswith("rapport") for (name,) in over)
        finally:
            process.stop()


def test_a_stranger_cannot_connect(settings: Settings) -> None:
    with psycopg.connect(os.environ["TESTS_SUPERUSER"]) as connection:
        allowed = connection.execute(
            "SELECT has_database_privilege('public', %s, 'CONNECT')", [settings.control_database.rsplit("/", 1)[1]]
        ).fetchone()
    assert allowed == (False,)
