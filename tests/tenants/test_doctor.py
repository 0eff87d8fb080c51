"""The doctor sees what is broken, says what to do, and waits for nobody for ever."""

import base64
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import update

from infra.crypto import MasterKeyUnusable
from infra.jobs.periodic import send_due
from infra.services import Services
from infra.settings import Settings
from tenants.doctor import CHECKS, Finding, examine, machine, parts
from tenants.models import Cell, Tenant
from tests.support.tenants import by_slug

Examine = Callable[..., dict[str, list[Finding]]]
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def found(settings: Settings) -> Iterator[Examine]:
    """What the doctor says of the test's installation with some settings changed, by part."""
    with ExitStack() as stack:

        def look(*checks: str, **changed: object) -> dict[str, list[Finding]]:
            parts = Services.start(replace(settings, **changed))  # type: ignore[arg-type]
            stack.callback(parts.stop)
            chosen = {name: CHECKS[name] for name in checks or CHECKS}
            by_part: dict[str, list[Finding]] = {}
            for finding in examine(parts, chosen):
                by_part.setdefault(finding.part, []).append(finding)
            return by_part

        yield look


def levels(findings: list[Finding]) -> set[str]:
    return {finding.level for finding in findings}


def test_an_installation_that_stands_is_told_so(found: Examine, services: Services) -> None:
    said = found("postgres", "migrations", "keys", "files", "mail", "disk", "names")
    wrong = [finding for findings in said.values() for finding in findings if finding.level != "ok"]
    assert wrong == []
    assert {"postgres control", "postgres default", "postgres b", "migrations", "keys", "files", "mail"} <= set(
        said
    )


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"secret": "short"}, "RAPPORT_SECRET"),
        ({"base_url": "http://rapport.example", "development": False}, "plain http"),
        ({"base_url": "https://rapport.example", "proxies": 0}, "RAPPORT_PROXIES is 0"),
        ({"smtp_host": "mail.example"}, "unencrypted"),
        ({"development": False, "dkim_key_file": ""}, "DKIM"),
        ({"base_url": "https://rapport.example", "development": True}, "RAPPORT_DEVELOPMENT"),
        ({"development": False, "http_networks": "10.0.0.0/8"}, "webhooks may reach"),
        ({"link_rules": "off"}, "links in surveys"),
    ],
)
def test_a_dangerous_setting_is_named_with_what_to_do(
    found: Examine, changed: dict[str, object], text: str
) -> None:
    [finding] = [each for each in found("settings", **changed)["settings"] if text in each.text]
    assert finding.level != "ok"
    assert finding.advice


def test_each_login_that_gets_no_connection_is_named(found: Examine) -> None:
    said = found("postgres", keys_password="wrong")
    [finding] = [each for each in said["postgres control"] if each.level == "problem"]
    assert "rapport_keys" in finding.text
    assert "RAPPORT_KEYS_PASSWORD" in finding.advice


def test_valkey_and_mail_that_are_away_are_problems(found: Examine) -> None:
    said = found("valkey", "mail", valkey_url=NOWHERE, smtp_port=1)
    assert levels(said["valkey"]) == {"problem"}
    assert levels(said["mail"]) == {"problem"}


def test_nobody_who_works_is_a_problem(found: Examine, services: Services) -> None:
    services.queues.connection.flushdb()
    said = found("valkey")
    assert {part: levels(findings) for part, findings in said.items()} == {
        "valkey": {"ok"},
        "workers": {"problem"},
        "schedule": {"problem"},
    }
    send_due(services.queues, (), 0.0)
    assert levels(found("valkey")["schedule"]) == {"ok"}


@pytest.mark.parametrize(
    ("check", "module", "limit", "value", "text"),
    [
        ("postgres", parts, "OLDEST_POSTGRES", 99, "too old"),
        ("postgres", parts, "SKEW", -1.0, "clock differs"),
        ("disk", machine, "ROOM", 10**18, "free at"),
    ],
)
def test_what_falls_short_of_a_limit_is_a_problem(
    found: Examine, monkeypatch: pytest.MonkeyPatch, check: str, module: object, limit: str, value: float, text: str
) -> None:
    monkeypatch.setattr(module, limit, value)
    said = [each for findings in found(check).values() for each in findings if text in each.text]
    assert levels(said) == {"problem"}
    assert all(each.advice for each in said)


def test_a_clock_that_nobody_keeps_is_warned_of(
    found: Examine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "timedatectl"
    for said, level in (("no", "warning"), ("yes", "ok")):
        program.write_text(f"#!/bin/sh\necho {said}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        assert levels(found("clock")["clock"]) == {level}


def test_a_full_cell_and_a_control_plane_that_is_behind_are_named(found: Examine, services: Services) -> None:
    with services.db.control_session() as session:
        cell = session.get_one(Cell, "default")
        before, cell.capacity = cell.capacity, 1
    with psycopg.connect(services.db.dsn("control", "owner")) as connection:
        head = connection.execute("SELECT version_num FROM control.alembic_version").fetchone()
        connection.execute("UPDATE control.alembic_version SET version_num = '0001'")
    try:
        said = found("migrations")
        assert levels(said["cell default"]) == {"warning"}
        assert "the control plane is behind" in said["migrations"][0].text
    finally:
        with psycopg.connect(services.db.dsn("control", "owner")) as connection:
            connection.execute("UPDATE control.alembic_version SET version_num = %s", head)
        with services.db.control_session() as session:
            session.get_one(Cell, "default").capacity = before


def test_a_bucket_that_is_not_there_is_a_problem(found: Examine) -> None:
    [finding] = found("files", s3_bucket="no-such-bucket-anywhere")["files"]
    assert finding.level == "problem"
    assert "RAPPORT_S3_ENDPOINT" in finding.advice


def test_a_key_file_that_others_may_read_is_a_problem(found: Examine, settings: Settings, tmp_path: Path) -> None:
    copy = tmp_path / "master.key"
    copy.write_bytes(Path(settings.key_file).read_bytes())
    copy.chmod(0o600)
    assert levels(found("keys", key_file=str(copy))["keys"]) == {"ok"}
    copy.chmod(0o644)
    with pytest.raises(MasterKeyUnusable, match="chmod 600"):
        found("keys", key_file=str(copy))


def test_a_master_key_that_opens_nothing_is_a_problem(found: Examine, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    other.write_text(base64.b64encode(os.urandom(32)).decode())
    other.chmod(0o600)
    problems = [each for each in found("keys", key_file=str(other))["keys"] if each.level == "problem"]
    assert len(problems) == 3  # one for each cell, and the platform's own
    assert all("Put back the key file" in each.advice for each in problems)


def test_tenants_that_are_behind_or_failed_are_counted(found: Examine, services: Services) -> None:
    tenant = by_slug(services, "globex")
    with services.db.control_session() as session:
        before = session.get_one(Tenant, tenant.id).revision
        session.execute(update(Tenant).where(Tenant.id == tenant.id).values(revision="0001"))
    try:
        assert "behind" in found("migrations")["migrations"][0].text
        with services.db.control_session() as session:
            session.execute(update(Tenant).where(Tenant.id == tenant.id).values(migration_problem="LockTimeout"))
        assert "1 tenants failed" in found("migrations")["migrations"][0].text
    finally:
        with services.db.control_session() as session:
            session.execute(
                update(Tenant).where(Tenant.id == tenant.id).values(revision=before, migration_problem=None)
            )


def test_a_name_that_nobody_knows_is_a_problem(found: Examine, tmp_path: Path) -> None:
    zone = tmp_path / "zone"
    zone.write_text("rapport.example. 60 IN A 192.0.2.7\n")
    told = {"base_url": "https://rapport.example", "nameservers": f"file:{zone}"}
    assert "nothing is found below" in found("names", **told)["names"][0].text
    zone.unlink()
    assert "has no address" in found("names", **told)["names"][0].text


def test_a_part_that_hangs_or_breaks_is_a_finding_and_costs_the_others_nothing(services: Services) -> None:
    def hangs(parts: Services) -> Iterator[Finding]:
        time.sleep(60)
        yield Finding("hangs", "ok", "")

    def breaks(parts: Services) -> Iterator[Finding]:
        raise RuntimeError("it broke\nand more")

    checks = {"hangs": hangs, "breaks": breaks, "disk": CHECKS["disk"]}
    began = time.monotonic()
    said = examine(services, checks, deadline=0.5)
    assert time.monotonic() - began < 30
    assert [(each.part, each.level, each.text) for each in said[:2]] == [
        ("hangs", "problem", "no answer within 0.5 seconds"),
        ("breaks", "problem", "it broke"),
    ]
    assert said[2].part == "disk"
