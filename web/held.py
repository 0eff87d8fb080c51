"""A survey whose links were refused goes to operators instead, where the setting `link_rules` says so."""

from infra.i18n import current_locale
from surveys import link_checks, surveys
from surveys.models import Survey
from tenants.abuse import reports
from web import tenancy


def ask_operators(survey: Survey) -> bool:
    """Puts the survey into the operators' queue when its links stand against publishing; True when it waits."""
    if link_checks.mode() != "hold":
        return False
    hosts = link_checks.hosts_at_fault(tenancy.session(), surveys.draft_of(survey))
    if not hosts:
        return False
    survey_id, path = survey.id, f"/s/{survey.address}"
    tenancy.session().rollback()  # a refused publication keeps nothing, and no connection waits for the other plane
    with tenancy.services().db.control_session() as control:
        reports.hold(
            control,
            tenancy.tenant().id,
            survey_id=survey_id,
            path=path,
            hosts=hosts,
            locale=current_locale(),
        )
    return True
