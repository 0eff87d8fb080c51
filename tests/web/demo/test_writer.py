"""The demo tenant as it stands in the database, and how it gets there in spite of everything."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from click.testing import CliRunner
from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from infra.db import TenantRef
from infra.events.models import Event
from infra.services import Services
from infra.storage import StorageKey
from surveys import results, rollups
from surveys.models import Response, Survey, SurveyVersion
from tenants import branding, passwords, provisioning, staff
from tenants.models import StaffMember, Tenant
from tests.support.tenants import by_slug
from tests.web.demo.conftest import Demo
from web.cli import main
from web.demo import people, writer
from web.demo.plan import planned, submissions
from web.demo.story import Story

SMALL = 0.2
PROGRAM = """
import sys
from infra.services import Services
from infra.settings import load
from web.demo import writer
writer.write(Services.start(load()), slug=sys.argv[1], scale=float(sys.argv[2]))
"""


def counts(session: Session) -> Counter[tuple[str, str]]:
    """How many responses each survey has, by address and state."""
    query = select(Survey.address, Response.state).join(Response, Response.survey_id == Survey.id)
    return Counter((row.address, row.state) for row in session.execute(query))


def named(session: Session, address: str) -> Survey:
    return session.scalars(select(Survey).where(Survey.address == address)).one()


def test_the_whole_story_is_told(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        by_state = dict(session.execute(select(Response.state, func.count()).group_by(Response.state)).all())
        german = session.scalar(select(func.count()).where(Response.language == "de")) or 0
        written = session.scalar(select(func.count()).where(Response.texts != {})) or 0
    assert 4000 <= by_state["finished"] <= 5000
    assert 200 <= by_state["partial"] <= 500
    assert demo.written.responses == sum(by_state.values())
    assert 0.6 <= german / sum(by_state.values()) <= 0.7
    assert written > 1500


def test_the_year_ends_today(demo: Demo) -> None:
    now = datetime.now(UTC)
    with demo.services.db.tenant_session(demo.tenant) as session:
        first, last = session.execute(select(func.min(Response.updated_at), func.max(Response.updated_at))).one()
        in_order = session.scalars(select(Response.updated_at).order_by(Response.id)).all()
    assert now - timedelta(days=367) < first < now - timedelta(days=360)
    assert now - timedelta(days=3) < last < now
    assert all(a - b < timedelta(milliseconds=2) for a, b in pairwise(in_order))


def test_a_second_run_does_nothing_in_less_than_a_second(demo: Demo) -> None:
    began = time.monotonic()
    again = writer.write(demo.services, slug=demo.tenant.slug)
    assert again == writer.Written(demo.tenant, None)
    assert time.monotonic() - began < 20


def test_the_figures_are_those_of_a_recount(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        finished = counts(session)
        for survey in session.scalars(select(Survey)):
            assert rollups.verify(session, survey) == []
            assert results.read(session, survey).responses == finished[survey.address, "finished"]


def test_nothing_is_left_for_the_dispatcher_to_count(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        waiting = select(func.count()).where(
            Event.kind == "surveys.response_finished", Event.dispatched_at.is_(None)
        )
        assert session.scalar(waiting) == 0
        facts = session.scalar(select(func.count()).where(Event.kind == "surveys.response_finished"))
        assert facts == session.scalar(select(func.count()).where(Response.state == "finished"))


def test_the_console_will_show_the_dip_and_the_recovery(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        story = Story(people.hired_at(session))
        nps = results.read(session, named(session, "recommend")).headline("nps")
        visits = results.read(session, named(session, "cafe-visit")).headline("csat")
    assert nps is not None
    assert visits is not None
    month = next(number for number, point in enumerate(nps.months) if point.start == story.trouble[0])
    before, trouble, _, after = nps.months[month - 1 : month + 3]
    assert trouble.change is not None
    assert trouble.change.verdict == "yes"
    assert trouble.score.value is not None
    assert before.score.low is not None
    assert trouble.score.value < before.score.low
    assert after.score.value is not None
    assert trouble.score.high is not None
    assert after.score.value > trouble.score.high
    parcels_are_not_the_cafes_trouble = [point.score.value for point in visits.months if point.score.n >= 50]
    assert min(value for value in parcels_are_not_the_cafes_trouble if value is not None) > 60


def test_surveys_are_live_withdrawn_and_in_draft(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        states = {survey.address: survey.state for survey in session.scalars(select(Survey))}
        withdrawn = named(session, "checkout")
        by_version = session.execute(
            select(SurveyVersion.number, func.count(Response.id))
            .join(Response, Response.version_id == SurveyVersion.id)
            .where(SurveyVersion.survey_id == withdrawn.id)
            .group_by(SurveyVersion.number)
        ).all()
        last = session.scalar(select(func.max(Response.updated_at)).where(Response.survey_id == withdrawn.id))
    assert states == {
        "recommend": "live",
        "cafe-visit": "live",
        "ordering": "live",
        "our-coffee": "live",
        "checkout": "withdrawn",
        "cupping-evening": "draft",
    }
    assert {number for number, count in by_version if count > 80} == {1, 2}
    assert withdrawn.withdrawn_at is not None
    assert last is not None
    assert last < withdrawn.withdrawn_at


def test_versions_were_published_before_they_were_answered(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        early = select(func.count()).where(
            Response.version_id == SurveyVersion.id, Response.started_at < SurveyVersion.published_at
        )
        assert session.scalar(early) == 0
        dates = session.execute(
            select(Survey.created_at, Survey.updated_at, func.max(SurveyVersion.published_at))
            .join(SurveyVersion, SurveyVersion.survey_id == Survey.id)
            .group_by(Survey.id)
        ).all()
    for created, updated, published in dates:
        assert created < updated == published < datetime.now(UTC) - timedelta(days=90)


def test_each_role_has_somebody_who_can_sign_in(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        for colleague in people.COLLEAGUES:
            member = staff.find_by_email(session, colleague.email)
            assert member is not None
            assert (member.role, member.name) == (colleague.role, colleague.name)
            assert passwords.fits(member.password_hash, people.PASSWORD)


def test_the_brand_is_there_with_its_logo(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        settings = branding.get_settings(session)
        assert (set(settings.languages), settings.zone) == ({"en", "de"}, "Europe/Berlin")
        assert settings.logo_key is not None
    stored = demo.services.storage.get(StorageKey(settings.logo_key))
    assert stored.startswith(b"\x89PNG")


def test_names_and_addresses_are_unreadable_in_the_tables(demo: Demo) -> None:
    with demo.services.db.tenant_session(demo.tenant) as session:
        rows = session.execute(select(StaffMember.__table__)).all()
        assert not any(b"acme.example" in bytes(value) for row in rows for value in row if isinstance(value, bytes))
        recorded = session.scalars(select(cast(Event.data, String)).distinct()).all()
    assert not any("@" in data for data in recorded)


def test_no_demo_where_real_tenants_live(services: Services) -> None:
    production = replace(services, settings=replace(services.settings, development=False))
    with pytest.raises(writer.DemoRefused, match="RAPPORT_DEVELOPMENT"):
        writer.write(production, slug="never")
    with services.db.control_session() as session:
        assert session.scalar(select(Tenant.id).where(Tenant.slug == "never")) is None


def test_somebody_elses_acme_is_left_alone(development: Services, acme: TenantRef) -> None:
    with pytest.raises(provisioning.SlugTaken):
        writer.write(development, slug="acme")
    with development.db.tenant_session(acme) as session:
        assert session.scalar(select(func.count()).select_from(StaffMember)) == 0


def test_the_command_says_in_a_sentence_why_it_cannot(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_DEVELOPMENT", "no")
    said = CliRunner().invoke(main, ["demo"])
    assert said.exit_code == 1
    assert said.output == f"Error: {writer.DemoRefused.message}\n"


@pytest.mark.processes
def test_killed_half_way_it_is_completed_by_the_next_run(
    development: Services, environment: dict[str, str], fresh_slug: str
) -> None:
    provisioning.make_spare(development.db, development.keys, "default")
    there = _killed_half_way(development, {**environment, "RAPPORT_DEVELOPMENT": "yes"}, fresh_slug)

    written = writer.write(development, slug=fresh_slug, scale=SMALL)

    with development.db.tenant_session(written.tenant) as session:
        story = Story(people.hired_at(session))
        sent = {plan.address: list(submissions(story, plan, SMALL)) for plan in planned(story)}
        expected = Counter(
            (address, "finished" if one.finished else "partial")
            for address, all_ in sent.items()
            for _, one in all_
        )
        assert counts(session) == expected
        assert written.responses == sum(expected.values()) - there > 0
        for survey in session.scalars(select(Survey)):
            assert rollups.verify(session, survey) == []
    assert writer.write(development, slug=fresh_slug, scale=SMALL).responses is None


def _killed_half_way(services: Services, environment: dict[str, str], slug: str) -> int:
    """Runs the writer in a process and kills it once it has committed some responses; answers how many."""
    running = subprocess.Popen([sys.executable, "-c", PROGRAM, slug, str(SMALL)], env=environment)
    deadline = time.monotonic() + 60
    there = 0
    while not there and time.monotonic() < deadline and running.poll() is None:
        there = _count(services, slug)
    os.kill(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    return _count(services, slug)


def _count(services: Services, slug: str) -> int:
    with services.db.control_session() as session:
        opened = session.scalar(select(Tenant.id).where(Tenant.slug == slug))
    if opened is None:
        return 0
    with services.db.tenant_session(by_slug(services, slug)) as session:
        return session.scalar(select(func.count()).select_from(Response)) or 0
