"""What several resources share: the survey an address names, and how surveys and versions are shown."""

from typing import Any
from uuid import UUID

from flask import request

from customers import people
from customers.errors import PersonNotFound
from customers.models import Person
from infra import links
from infra.errors import Invalid
from surveys import surveys
from surveys.models import Survey, SurveyVersion
from tenants import audit
from web import tenancy


def the_survey(survey_id: UUID) -> Survey:
    """The survey of this tenant. Raises SurveyNotFound."""
    return surveys.get_survey(tenancy.session(), survey_id)


def named(person_id: UUID, field: str) -> Person:
    """The person that a field of the body names. Raises Invalid: the address itself is of something there is."""
    try:
        return people.get(tenancy.session(), person_id)
    except PersonNotFound as missing:
        raise Invalid(problems={field: [missing.message]}) from missing


def note(action: str, survey_id: UUID, **data: object) -> None:
    """Writes a deed into the audit log."""
    audit.record(tenancy.session(), action, by=tenancy.actor(), subject=survey_id, **data)


def public_url(survey: Survey) -> str:
    """Where respondents find the survey, at the host that the program talks to."""
    return links.tenant_url(tenancy.services().settings, request.host, f"/s/{survey.address}")


SHOWN = (
    *("id", "name", "address", "state", "zone", "draft_revision", "live_version_id"),
    *("created_at", "updated_at", "withdrawn_at", "archived_at"),
)


def shown_survey(survey: Survey) -> dict[str, Any]:
    """The survey as its schema takes it."""
    return {"url": public_url(survey), **{name: getattr(survey, name) for name in SHOWN}}


def shown_version(survey: Survey, version: SurveyVersion) -> dict[str, Any]:
    """The version as its schemas take it."""
    return {
        "id": version.id,
        "survey_id": survey.id,
        "number": version.number,
        "live": version.id == survey.live_version_id,
        "published_at": version.published_at,
        "document": version.document,
    }
