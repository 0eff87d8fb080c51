"""What every page about one survey shares."""

from uuid import UUID

from flask import url_for

from infra.i18n import gettext
from infra.links import tenant_url
from surveys import surveys
from surveys.models import Survey
from tenants import audit
from web import tenancy
from web.auth import may

Tab = tuple[str, str, bool]


def the_survey(survey_id: UUID) -> Survey:
    """The survey of this request. Raises SurveyNotFound."""
    return surveys.get_survey(tenancy.session(), survey_id)


def note(action: str, survey_id: UUID, **data: object) -> None:
    """Writes a deed into the audit log, as the API does for the same deed."""
    audit.record(tenancy.session(), action, by=tenancy.actor(), subject=survey_id, **data)


def tabs(survey: Survey, current: str) -> list[Tab]:
    """The tabs that the one who looks may open: label, address, whether it is the present one."""
    offered = (
        ("surveys.editor", gettext("Edit"), "surveys.edit"),
        ("surveys.publication", gettext("Publish"), "surveys.publish"),
        ("surveys.share", gettext("Share"), "surveys.read"),
        ("invitations.rounds", gettext("Invitations"), "customers.read"),
        ("surveys.results", gettext("Results"), "results.read"),
        ("surveys.responses", gettext("Answers"), "responses.read"),
        ("surveys.manage", gettext("More"), "surveys.edit"),
    )
    return [
        (label, url_for(f"console.{endpoint}", survey_id=survey.id), endpoint.endswith(f".{current}"))
        for endpoint, label, permission in offered
        if may(permission)
    ]


def public_url(survey: Survey) -> str:
    """Where customers answer."""
    host = tenancy.tenancy().main_host or tenancy.tenant().slug
    return tenant_url(tenancy.services().settings, host, url_for("public.surveys.page", address=survey.address))
