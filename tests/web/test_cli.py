"""The `rapport` command, as an operator types it."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from infra.db import TenantRef
from infra.events.models import Delivery, Event
from infra.ids import new_id
from infra.jobs.declared import spec_of
from infra.services import Services
from infra.settings import Settings
from tenants import failures, provisioning
from tenants.jobs import fill_spares
from tenants.models import AuditEntry
from tenants.operators import telling
from tests.support.commands import run_command
from tests.support.tenants import by_slug

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def rapport(settings: Settings) -> Run:
    """Runs the command and answers its exit code and everything it said."""
    return run_command


def test_a_tenant_is_opened_listed_suspended_reopened_and_closed(rapport: Run, services: Services) -> None:
    slug = f"cli-{uuid4().hex[:8]}"
    provisioning.fill_spares(services.db, services.keys, 1)
    code, said = rapport("tenants", "create", slug, "Command & Line")
    assert (code, said.split()[1]) == (0, slug)
    code, said = rapport("tenants", "create", slug, "Another")
    assert code == 0, "the same actor takes an opening up again"
    assert rapport("tenants", "suspend", slug, "--reason", "unpaid", "--cause", "payment")[0] == 0
    code, said = rapport("tenants", "list")
    line = next(line for line in said.splitlines() if slug in line)
    assert "suspended" in line
    assert "Command & Line" in line
    assert rapport("tenants", "reopen", slug)[0] == 0
    telling.tell_tenants(services, None)
    with services.db.tenant_session(by_slug(services, slug)) as session:
        said_there = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    deeds = [(entry.action, entry.data["cause"]) for entry in said_there if "cause" in entry.data]
    assert deeds == [("workspace.suspended", "payment"), ("workspace.reopened", "other")]
    code, said = rapport("tenants", "close", slug, typed="something else\n")
    assert code == 1
    assert "Nothing was deleted" in said
    assert rapport("tenants", "close", slug, typed=f"{slug}\n")[0] == 0
    code, said = rapport("tenants", "suspend", slug)
    assert code == 1
    assert "cannot become suspended" in said


def test_what_does_not_exist_is_said_in_one_sentence(rapport: Run) -> None:
    for words in (("tenants", "suspend", "nobody-here"), ("recount", "nobody-here")):
        code, said = rapport(*words)
        assert code == 1
        assert said.startswith("Error: No tenant has the slug nobody-here.")
    code, said = rapport("jobs", "retry", str(uuid4()))
    assert code == 1
    assert "Error: Nothing that failed for good has this id." in said
    for slug in ("Bad Slug", "www", "a_b"):
        code, said = rapport("tenants", "create", slug, "Somebody")
        assert (code, said[:6]) == (1, "Error:")


def test_what_is_away_or_wrong_is_said_in_one_sentence(rapport: Run) -> None:
    code, said = rapport("tenants", "list", RAPPORT_CONTROL_DATABASE="postgresql://127.0.0.1:1/nowhere")
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("Error: PostgreSQL does not serve us")
    for words in (("settings",), ("cells",)):
        assert rapport(*words, RAPPORT_POOL_SIZE="many") == (
            1,
            "Error: RAPPORT_POOL_SIZE must be a whole number, not 'many'.\n",
        )


def test_what_failed_for_good_is_listed_and_retried(
    rapport: Run, services: Services, own_tenant: TenantRef
) -> None:
    tenant = own_tenant
    failures.record(services.db, spec_of(fill_spares), tenant.id, {}, "Unavailable unavailable", 5)
    event_id = new_id()
    with services.db.tenant_session(tenant) as session:
        session.add(Event(id=event_id, kind="tests.poison", subject_id=new_id(), data={}))
        session.flush()
        session.add(Delivery(event_id=event_id, reaction="tests.nobody", state="failed", reason="ValueError"))
    code, said = rapport("jobs", "failed")
    assert code == 0
    failed = next(line for line in said.splitlines() if "tenants.jobs.fill_spares" in line)
    assert "Unavailable unavailable" in failed
    assert f"{event_id}  tests.nobody  ValueError" in said
    assert rapport("jobs", "retry", failed.split()[0])[1].strip() == "sent again"
    for name, answer in (("surveys.jobs.recount", "sent again"), ("tenants.jobs.no_more", "cannot be sent again")):
        gone = replace(spec_of(fill_spares), name=name)
        failures.record(services.db, gone, tenant.id, {}, "Unavailable unavailable", 5)
        line = next(line for line in rapport("jobs", "failed")[1].splitlines() if name in line)
        assert answer in rapport("jobs", "retry", line.split()[0])[1]
    assert rapport("jobs", "retry", str(event_id))[1].strip() == "put back"
    with services.db.tenant_session(tenant) as session:
        delivery = session.get_one(Delivery, (event_id, "tests.nobody"))
        assert (delivery.state, delivery.attempts) == ("waiting", 0)
    services.queues.connection.flushdb()


def test_the_operators_questions_are_answered(rapport: Run) -> None:
    code, said = rapport("settings")
    assert code == 0
    assert "RAPPORT_SECRET=(hidden)" in said
    assert "RAPPORT_OWNER_PASSWORD=(hidden)" in said
    assert ":(hidden)@" in next(line for line in said.splitlines() if "VALKEY_URL" in line)
    assert "/3000 tenants, open" in rapport("cells")[1]
    assert "due" in rapport("due")[1]
    assert rapport("recount", "acme")[0] == 0
    assert "keys wrapped anew" in rapport("keys", "rewrap")[1]
    code, said = rapport("migrate")
    assert code == 0, said
    assert "control plane: up to date" in said


def test_the_doctor_says_what_is_wrong_and_what_to_do(rapport: Run) -> None:
    code, said = rapport("doctor", RAPPORT_SMTP_PORT="1", RAPPORT_SMTP_HOST="127.0.0.1")
    assert code == 1
    assert "BAD   mail               127.0.0.1:1 does not let us in" in said
    assert "Check RAPPORT_SMTP_HOST" in said
    assert "ok    postgres control" in said


@pytest.mark.processes
def test_the_doctor_says_in_a_sentence_when_nothing_can_start(environment: dict[str, str], project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "web.cli", "doctor"],
        cwd=project,
        env={**environment, "RAPPORT_KEY_FILE": "nowhere/master.key"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 1
    assert "master key file nowhere/master.key is missing" in done.stdout + done.stderr
