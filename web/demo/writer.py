"""Makes the demo tenant in steps, each a transaction of its own that is safe to repeat.

The end of the story is stored with the first step, so whoever takes it up later, even on another day, writes the
same year. Responses have fixed submission keys: what is there already is passed over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.db import TenantRef
from infra.errors import Forbidden
from infra.i18n import N_
from infra.services import Services
from surveys import history, publishing
from surveys import surveys as survey_verbs
from surveys.definition import parse
from surveys.errors import VersionNotFound
from surveys.intake import Submission, Target
from surveys.library import get_template
from surveys.models import Survey
from tenants import audit, provisioning
from tenants.models import Tenant
from tenants.permissions import SYSTEM
from web import registries
from web.demo import agreed, brand, customers, groups, invited, known, people, timelines
from web.demo.people import EDITOR_ID
from web.demo.plan import SPACE, Planned, planned, submissions
from web.demo.story import ZONE, Story

SLUG, NAME = "acme", "Acme Coffee Roasters"
ACTOR = "demo"
TOLD = "demo.told"
STORY = uuid5(SPACE, "story")
CHUNK = 400
DRAFT = "Cupping evening"


class DemoRefused(Forbidden):
    """A tenant with known passwords has no place where real ones live."""

    code = "demo_refused"
    message = N_(
        "The demo tenant has passwords that everybody knows, so it is only made where RAPPORT_DEVELOPMENT is yes."
    )


@dataclass(frozen=True, slots=True)
class Written:
    """The demo tenant, and how many responses this run added; None when the story was told before."""

    tenant: TenantRef
    responses: int | None


def write(services: Services, *, slug: str = SLUG, scale: float = 1.0) -> Written:
    """Opens the tenant with its story, or takes up where an earlier run was stopped.

    `scale` thins out the responses. Raises DemoRefused, SlugTaken when somebody else has the address, NoRoom.
    """
    if not services.settings.development:
        raise DemoRefused()
    registries.compose()  # rules of segments ask for what all domains know
    tenant = _find_told(services, slug)
    if tenant is not None:
        return Written(tenant, None)
    tenant = _open(services, slug)
    people.enter_in_index(services, tenant)
    brand.dress(services, tenant)
    with services.db.tenant_session(tenant) as session:
        story = Story(people.hired_at(session))
        _keep_others_out(session)
        _ensure_draft(session)
    customers.fill(services, tenant, story, scale)
    timelines.fill(services, tenant, story, scale)
    crowd = customers.everybody(story, customers.count_at(scale))
    rounds = invited.planned(story, crowd)
    voices = known.Voices(crowd, rounds)
    added = sum(_tell(services, tenant, story, survey, scale, voices) for survey in planned(story))
    with services.db.tenant_session(tenant) as session:
        _keep_others_out(session)
        agreed.fill(session, story, crowd, NAME)
        known.note_scores(session)
        groups.fill(session)
        invited.fill(session, rounds)
        groups.count(session)
        audit.record(session, TOLD, by=SYSTEM, subject=STORY)
    return Written(tenant, added)


def _find_told(services: Services, slug: str) -> TenantRef | None:
    """The demo tenant, if it is complete."""
    with services.db.control_session() as session:
        row = session.execute(select(Tenant.id, Tenant.cell, Tenant.state).where(Tenant.slug == slug)).one_or_none()
    if row is None or row.state != "active":
        return None
    tenant = TenantRef(row.id, slug, row.cell)
    with services.db.tenant_session(tenant) as session:
        return tenant if audit.list_about(session, STORY, limit=1) else None


def _open(services: Services, slug: str) -> TenantRef:
    try:
        return provisioning.open_tenant(services.db, slug, NAME, actor=ACTOR, prepare=people.hire)
    except provisioning.NoRoom:
        provisioning.fill_spares(services.db, services.keys, max(1, services.settings.spare_tenants))
        return provisioning.open_tenant(services.db, slug, NAME, actor=ACTOR, prepare=people.hire)


def _tell(
    services: Services, tenant: TenantRef, story: Story, survey: Planned, scale: float, voices: known.Voices
) -> int:
    """One survey with all its responses and whose they are; answers how many were new."""
    with services.db.tenant_session(tenant) as session:
        _keep_others_out(session)
        targets = _ensure(session, story, survey)
    sent, added = list(submissions(story, survey, scale)), 0
    whose = voices.choose(survey.address, [submission for _, submission in sent])
    for edition, chunk in _chunks(iter(sent)):
        with services.db.tenant_session(tenant) as session:
            added += history.record_many(session, targets[edition], chunk)
            known.attach(session, {each.key: whose[each.key] for each in chunk if each.key in whose})
    return added


def _keep_others_out(session: Session) -> None:
    """Two demos at once make their surveys one after the other."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("rapport demo"))))


def _ensure(session: Session, story: Story, plan: Planned) -> list[Target]:
    """The survey with all its versions, published when the plan says; what can be answered of each."""
    survey = session.scalar(select(Survey).where(Survey.address == plan.address))
    if survey is None:
        survey = _make(session, story, plan)
    versions = sorted(publishing.list_versions(session, survey), key=lambda version: version.number)
    return [_target(session, version.id) for version in versions]


def _make(session: Session, story: Story, plan: Planned) -> Survey:
    definitions = [parse(edition.document) for edition in plan.editions]
    survey = survey_verbs.create(session, plan.name, zone=ZONE, definition=definitions[0], by=EDITOR_ID)
    survey_verbs.rename(session, survey, address=plan.address)
    survey.created_at = story.at(story.day(plan.editions[0].since + 2), 10)
    session.flush()  # the next verbs read the row anew
    for edition, definition in zip(plan.editions, definitions, strict=True):
        survey_verbs.save_draft(session, survey, definition, revision=survey.draft_revision)
        survey.updated_at = moment = story.at(story.day(edition.since + 1), 20)
        session.flush()
        publishing.publish(session, survey, by=EDITOR_ID, at=moment)
    if plan.until:
        publishing.withdraw(session, survey, by=EDITOR_ID, at=story.at(story.day(plan.until - 1), 0))
    session.flush()
    return survey


def _ensure_draft(session: Session) -> None:
    """A survey that somebody has only begun, from a template."""
    if session.scalar(select(Survey.id).where(Survey.name == DRAFT)) is None:
        draft = get_template("event").definition
        survey_verbs.create(session, DRAFT, zone=ZONE, definition=draft, by=EDITOR_ID)


def _target(session: Session, version_id: UUID) -> Target:
    found = publishing.find_version(session, version_id)
    if found is None:
        raise VersionNotFound()
    return Target.of(found)


def _chunks(everybody: Iterator[tuple[int, Submission]]) -> Iterator[tuple[int, Sequence[Submission]]]:
    """At most CHUNK submissions of one edition at a time."""
    for edition, answered in groupby(everybody, key=lambda pair: pair[0]):
        of_one = (submission for _, submission in answered)
        while chunk := list(islice(of_one, CHUNK)):
            yield edition, chunk
