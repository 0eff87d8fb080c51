"""Reporting a page to those who run the platform. Light as the survey page: no cookie, no script.

The report goes past the tenant into the control plane; the form carries a signed token, so that it works from a
frame and the same form is one report.
"""

from datetime import timedelta
from uuid import UUID, uuid4

from flask import Blueprint, Response, current_app, request
from werkzeug.wrappers import Response as Answer

from infra import links
from infra.i18n import negotiate, use
from infra.limits import Count, Limit
from surveys.errors import SurveyNotFound
from tenants.abuse import reports
from web import tenancy
from web.forms import Form
from web.public.surveys.live import FRESH
from web.public.surveys.pages import assets
from web.public.surveys.text import rich
from web.public.surveys.visits import ADDRESS, HTML, brand_of, published
from web.schemas.reports import ReportForm
from web.visitors import refuse_after

blueprint = Blueprint("reports", __name__)

PURPOSE = "abuse.report"
OPEN_FOR = timedelta(hours=12)
PAGE, EACH, EVERYBODY = Limit(5, 3600), Limit(20, 3600), Limit(2000, 3600)
"""Reports in an hour: of one network about one page, of one network about all workspaces, and of all networks.

None counts a workspace: whoever could fill its allowance, the workspace itself first of all, would silence what
others report about it. Nor does whoever fills the allowance of all: a network's first report passes in any case.
"""
FIRST = Limit(1, 3600)


@blueprint.get("")
def report() -> Response:
    """The form. `about` is the page that the visitor came from."""
    return _page(Form(), str(uuid4()), _about(request.args.get("about", "")))


@blueprint.post("")
def send_report() -> Answer:
    """Takes the report; whatever is wrong with it, what was typed stays."""
    form = Form.submitted(ReportForm)
    services, tenant = tenancy.services(), tenancy.tenant()
    payload = links.verify(services.settings, PURPOSE, tenant.id, request.form.get("_token", ""))
    key, about = payload["key"], payload["about"]
    locale = negotiate(request.accept_languages.values())
    if not form.problems and form.attempt(lambda _: _count(about)):
        with services.db.control_session() as control:
            reports.report(
                control,
                services.keys,
                tenant.id,
                key=key,
                path=about,
                survey_id=_survey(about),
                locale=locale,
                **form.typed,
            )
        return Response(
            status=303, headers={"Location": f"/report/sent?about={about}", "Cache-Control": "no-store"}
        )
    return _page(form, key, about)


@blueprint.get("/sent")
def report_sent() -> Response:
    """Thank you, and the way back."""
    return _rendered("public/report_sent.html", 200, about=_about(request.args.get("about", "")))


def _count(about: str) -> None:
    """Counts one report. Raises TooMany with the minutes."""
    limiter, tenant = tenancy.limiter(), tenancy.tenant()
    network = limiter.veiled(request.remote_addr or "")
    wait = limiter.take(
        Count(f"{tenant.id.hex}:reports:{about}:{network}", PAGE), Count(f"platform:reports:{network}", EACH)
    )
    if not wait and limiter.take(Count(f"platform:reports:first:{network}", FIRST)):
        wait = limiter.take(Count("platform:reports:all", EVERYBODY))
    refuse_after(wait)


def _page(form: Form, key: str, about: str) -> Response:
    services, tenant = tenancy.services(), tenancy.tenant()
    payload = {"key": key, "about": about}
    token = links.sign(services.settings, PURPOSE, tenant.id, payload, expires_in=OPEN_FOR)
    return _rendered(
        "public/report.html", form.status, form=form, token=token, about=about, reasons=reports.REASONS
    )


def _rendered(template: str, status: int, **context: object) -> Response:
    """Through the environment itself: Flask's context processors would open the session."""
    here = tenancy.tenancy()
    language = negotiate(request.accept_languages.values())
    with use(locale=language):
        page = current_app.jinja_env.get_template(template).render(
            brand=brand_of(here.name, 0, False), lang=language, rich=rich, assets=assets(), **context
        )
    return Response(page, status, HTML)


def _about(path: str) -> str:
    """The page that is reported, when it is a survey's."""
    address = path.removeprefix("/s/").partition("/")[0]
    return f"/s/{address}" if path.startswith("/s/") and ADDRESS.fullmatch(address) else "/"


def _survey(about: str) -> UUID | None:
    if not about.startswith("/s/"):
        return None
    try:
        return published().at(tenancy.tenant(), about.removeprefix("/s/"), FRESH).survey
    except SurveyNotFound:
        return None
