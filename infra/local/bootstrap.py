"""Roles and empty databases on a server: what a superuser has to do once before Rapport can migrate.

Works on PostgreSQL 15 and newer, embedded or not, and changes nothing when it is run again.
"""

from collections.abc import Sequence

import psycopg
from psycopg import sql
from psycopg.rows import scalar_row

from infra.settings import Settings

LOGINS = {
    "rapport_owner": sql.SQL("CREATEROLE INHERIT"),
    "rapport_app": sql.SQL("NOCREATEROLE NOINHERIT"),
    "rapport_disposal": sql.SQL("NOCREATEROLE NOINHERIT"),
    "rapport_keys": sql.SQL("NOCREATEROLE NOINHERIT"),
}
CONTROL = "rapport_control"
MEMBERS_OF_CONTROL = ("rapport_app", "rapport_disposal")
_LOCK = 0x5261_7070  # advisory lock: two bootstraps at once would race for the same roles


def bootstrap(
    superuser_dsn: str, settings: Settings, databases: Sequence[str] = ("rapport",), *, template: str | None = None
) -> None:
    """Makes the logins with the passwords of the settings, and the databases they may connect to.

    `superuser_dsn` is a libpq address, on any database of the server, of a superuser or of a managed server's
    administrator (CREATEROLE and CREATEDB).
    `template` names a database to copy instead of starting empty. Raises psycopg.Error.
    """
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        managed = connection.info.parameter_status("is_superuser") != "on"
        for login, attributes in LOGINS.items():
            password: str = getattr(settings, login.removeprefix("rapport_") + "_password")
            _make_login(connection, login, attributes, password)
            if managed:  # only a member may give a database or schema away
                connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(login)))
        _make_control_role(connection)
        for name in databases:
            _make_database(connection, name, template)
    for name in databases:
        with psycopg.connect(superuser_dsn, dbname=name, autocommit=True) as connection:
            _close_to_the_public(connection, name)


def _make_login(connection: psycopg.Connection, login: str, attributes: sql.SQL, password: str) -> None:
    if not _exists(connection, "SELECT true FROM pg_roles WHERE rolname = %s", login):
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(login)))
    hashed = connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()
    connection.execute(
        sql.SQL("ALTER ROLE {} LOGIN {} PASSWORD {}").format(
            sql.Identifier(login),
            attributes,
            sql.Literal(hashed),  # never the password itself: servers log
        )
    )


def _make_control_role(connection: psycopg.Connection) -> None:
    """The role of the routing plane. From 16 on a membership says itself that it is for SET ROLE only."""
    if not _exists(connection, "SELECT true FROM pg_roles WHERE rolname = %s", CONTROL):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(CONTROL)))
    options = sql.SQL(" WITH INHERIT FALSE, SET TRUE") if connection.info.server_version >= 160000 else sql.SQL("")
    for member in MEMBERS_OF_CONTROL:
        grant = sql.SQL("GRANT {} TO {}").format(sql.Identifier(CONTROL), sql.Identifier(member))
        connection.execute(grant + options)


def _make_database(connection: psycopg.Connection, name: str, template: str | None) -> None:
    if _exists(connection, "SELECT true FROM pg_database WHERE datname = %s", name):
        return
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER rapport_owner TEMPLATE {} ENCODING 'UTF8'").format(
            sql.Identifier(name), sql.Identifier(template or "template0")
        )
    )


def _close_to_the_public(connection: psycopg.Connection, name: str) -> None:
    """Nobody connects or creates by default; our logins connect, and the key store has its own schema."""
    database = sql.Identifier(name)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for login in LOGINS:
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(login)))
    connection.execute("CREATE SCHEMA IF NOT EXISTS keystore AUTHORIZATION rapport_keys")


def _exists(connection: psycopg.Connection, query: str, name: str) -> bool:
    return connection.cursor(row_factory=scalar_row).execute(query.encode(), [name]).fetchone() is True
