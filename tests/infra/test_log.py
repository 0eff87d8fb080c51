"""What a log line holds, and what it must not."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest

from infra import log
from infra.db import TenantRef
from infra.db.scope import entered
from infra.services import Services
from infra.settings import Settings

logger = logging.getLogger("tests.log")


@pytest.fixture(autouse=True)
def _json_logs() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_carries_the_ids_of_request_and_tenant(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(Settings())
    tenant = TenantRef(uuid4(), "acme", "default")
    with log.about(request="r-1"), entered(tenant):
        logger.info("survey published", extra={"survey": "s-1"})

    [line] = lines(capsys)
    assert line["event"] == "survey published"
    assert (line["request"], line["tenant"], line["survey"]) == ("r-1", str(tenant.id), "s-1")
    assert line["level"] == "info"


def test_an_exception_is_logged_without_what_it_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(Settings())
    try:
        int("ada@example.com")
    except ValueError:
        logger.exception("a value was refused")

    text = capsys.readouterr().err
    assert "ada@example.com" not in text
    assert "builtins.ValueError" in text
    assert "test_log.py" in text


def test_what_postgresql_quotes_is_not_logged(capsys: pytest.CaptureFixture[str], services: Services) -> None:
    log.configure(Settings())
    with psycopg.connect(services.db.dsn("default", "owner"), autocommit=True) as connection:
        for wrong in (
            "SELECT 'ada.lovelace@acme.example'::uuid",
            "SELECT 'ada.lovelace@acme.example'::timestamptz",
        ):
            try:
                connection.execute(wrong)
            except psycopg.Error:
                logger.exception("a value was refused")
    text = capsys.readouterr().err
    assert "lovelace" not in text
    assert "SQLSTATE 22" in text


def test_the_console_shows_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(replace(Settings(), log_format="console"))
    logger.warning("something is slow", extra={"seconds": 3})

    assert "something is slow" in capsys.readouterr().err


def test_a_line_carries_the_request_that_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(Settings())
    token = log.REQUEST.set("abc-1")
    try:
        logger.info("something happened")
    finally:
        log.REQUEST.reset(token)
    assert lines(capsys)[0]["request"] == "abc-1"
