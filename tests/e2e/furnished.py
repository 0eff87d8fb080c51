"""A tenant that has been lived in: the demo's story, an API key, a survey with a long name; and all its pages."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import long_jobs
from infra.clock import now
from infra.db import TenantRef
from infra.services import Services
from surveys import surveys
from surveys.jobs import answers_csv
from surveys.models import Survey
from surveys.responses import list_responses
from tenants import api_keys, invitations, profile, sign_in, sign_up, staff
from tenants.permissions import Actor
from tests.e2e import (
    consent_stops,
    contact_stops,
    customer_stops,
    import_stops,
    invitation_stops,
    openid_stops,
    operating,
    portal_stops,
    segment_stops,
    settings_stops,
)
from tests.e2e.mail_stops import mails
from tests.e2e.stops import LONG, Stop
from tests.support.tenants import close_for_good
from web.console.patterns import PATTERNS, PUBLIC
from web.demo import writer
from web.demo.people import COLLEAGUES


@dataclass(frozen=True)
class House:
    """The tenant, and its pages by who may see them."""

    services: Services
    tenant: TenantRef
    console: list[Stop]
    doors: list[Stop]
    public: list[Stop]
    platform: list[Stop]
    operator: list[Stop]
    """Behind the operators' sign-in."""
    portal: list[tuple[str, list[Stop]]]
    """Of customers who are signed in, with the token of each one's session."""

    def code(self, role: str = "owner") -> str:
        """The address that signs somebody in, once."""
        who = next(colleague for colleague in COLLEAGUES if colleague.role == role)
        with self.services.db.tenant_session(self.tenant) as session:
            member = staff.get(session, who.id)
            return f"/console/enter/{sign_in.make_code(session, self.services.settings, member)}"


@contextmanager
def furnished(services: Services, scale: float) -> Iterator[House]:
    """The tenant with `scale` of the demo's answers; closed afterwards."""
    services = replace(services, settings=replace(services.settings, development=True))
    tenant = writer.write(services, slug="house-" + secrets.token_hex(3), scale=scale).tenant
    yield House(
        services,
        tenant,
        _console(services, tenant),
        [*_doors(services, tenant), *portal_stops.doors(services, tenant), *openid_stops.doors(services, tenant)],
        [*SEEN, *consent_stops.public(services, tenant)],
        _platform(services),
        _operator(services, tenant),
        [portal_stops.signed_in(services, tenant), portal_stops.bare(services, tenant)],
    )
    close_for_good(services, tenant)


def _operator(services: Services, tenant: TenantRef) -> list[Stop]:
    return [Stop(*page) for page in operating.pages(services, tenant)]


def _console(services: Services, tenant: TenantRef) -> list[Stop]:
    support = [Stop(*page) for page in operating.console(services, tenant)]
    with services.db.tenant_session(tenant) as session:
        named = {survey.address: survey for survey in session.scalars(select(Survey))}
        live, closed, draft = named["recommend"], named["checkout"], named["cupping-evening"]
        answer = list_responses(session, live, limit=1).items[0].id
        document = surveys.draft_of(live)
        asked = document.blocks[-1].questions[-1].id
        owner = Actor("staff", COLLEAGUES[0].id, frozenset({"results.read", "api_keys.manage"}))
        key, _ = api_keys.create(session, name="Web shop", scopes=["results.read"], by=owner)
        long = surveys.create(session, LONG, zone="Europe/Berlin", language="de")
        at = f"/console/surveys/{live.id}"
        return [
            Stop("home", "/console/"),
            Stop("surveys", "/console/surveys"),
            Stop("surveys-archived", "/console/surveys?show=archived"),
            Stop("gallery", "/console/surveys/new"),
            Stop("builder", f"{at}/draft?at={document.blocks[0].questions[0].id}"),
            Stop("builder-survey", f"{at}/draft?at=survey"),
            Stop("builder-logic", f"{at}/draft?at={asked}"),
            Stop("builder-page", f"{at}/draft?at={document.blocks[0].id}"),
            Stop("builder-long", f"/console/surveys/{long.id}/draft"),
            Stop("removal", f"{at}/draft/removal?at={asked}"),
            Stop("preview", f"{at}/preview"),
            Stop("publication", f"{at}/publication"),
            Stop("publication-long", f"/console/surveys/{long.id}/publication"),
            Stop("share", f"{at}/share"),
            Stop("results", f"{at}/results?period=365&unit=month"),
            Stop("results-empty", f"/console/surveys/{draft.id}/results"),
            Stop("results-closed", f"/console/surveys/{closed.id}/results"),
            *_kinds(named["our-coffee"]),
            Stop("answers", f"{at}/responses"),
            Stop("answers-empty", f"/console/surveys/{draft.id}/responses"),
            Stop("answer", f"{at}/responses/{answer}"),
            Stop("manage", f"{at}/manage"),
            Stop("withdrawal", f"{at}/withdrawal"),
            Stop("deletion", f"{at}/deletion"),
            *customer_stops.register(session),
            *contact_stops.contacts(session),
            *import_stops.imports(session, services, tenant),
            *segment_stops.segments(session),
            *consent_stops.console(session),
            *invitation_stops.invitations(session, live, closed),
            *support,
            Stop("brand", "/console/settings/brand"),
            Stop("languages", "/console/settings/languages"),
            Stop("portal-settings", "/console/settings/portal"),
            *settings_stops.people(session, services, tenant),
            *mails(session),
            *settings_stops.domains(session, services),
            *settings_stops.mail(session, services),
            *settings_stops.security(session),
            *openid_stops.console(session, services),
            *settings_stops.webhooks(session, services),
            Stop("api-keys", "/console/settings/api-keys"),
            Stop("api-key", f"/console/settings/api-keys/{key.id}"),
            Stop("api-key-rotation", f"/console/settings/api-keys/{key.id}/rotation"),
            Stop("api-key-revocation", f"/console/settings/api-keys/{key.id}/revocation"),
            *settings_stops.record(session, key),
            *_home(session, live),
            Stop("patterns", "/console/_patterns"),
            *(Stop(f"pattern-{name}", f"/console/_patterns/{name}") for name in (*PATTERNS, PUBLIC)),
            Stop("not-there", "/console/nothing-here", 404),
        ]


def _kinds(coffee: Survey) -> list[Stop]:
    """Types of questions that the others do not have: what they come to, and how they are set."""
    at = f"/console/surveys/{coffee.id}"
    return [
        Stop("results-kinds", f"{at}/results?period=365"),
        Stop("builder-table", f"{at}/draft?at=q_aspects"),
        Stop("builder-number", f"{at}/draft?at=q_cups"),
    ]


def _home(session: Session, survey: Survey) -> list[Stop]:
    """Home's own pages, search, and work in the background in every state, with a file that is gone."""
    owner, moment, found = Actor("staff", COLLEAGUES[0].id), now(), []
    for state in ("waiting", "running", "stopping", "done", "failed", "cancelled", "gone"):
        work = long_jobs.start(session, answers_csv, by=owner, total=48_210, filename="recommend.csv")
        work.state = {"stopping": "running", "gone": "done"}.get(state, state)
        work.cancel_asked_at = moment if state == "stopping" else None
        if state != "waiting":
            work.started_at, work.heartbeat_at, work.done = moment - timedelta(seconds=40), moment, 12_000
        if not work.is_unfinished:
            work.ended_at, work.reason = moment, "storage_unavailable" if state == "failed" else None
        if work.state == "done":
            work.done, work.result_bytes, work.result_type = 48_210, 9_412_000, "text/csv"
        if state == "done":
            work.result_key = work.errors_key = "tests/nothing"
            work.errors, work.keep_until = 12, moment + timedelta(days=7)
        found.append(Stop(f"job-{state}", f"/console/jobs/{work.id}"))
    return [
        Stop("help", "/console/help"),
        Stop("low-answers", "/console/low-answers"),
        Stop("search", "/console/search?q=recommend"),
        Stop("search-nothing", "/console/search?q=nothing-is-called-so"),
        Stop("search-empty", "/console/search"),
        Stop("jobs", "/console/jobs"),
        Stop("jobs-all", "/console/jobs?whose=all"),
        *found,
        Stop("export", f"/console/surveys/{survey.id}/export"),
    ]


def _doors(services: Services, tenant: TenantRef) -> list[Stop]:
    """The pages of who is not signed in."""
    with services.db.tenant_session(tenant) as session:
        token = sign_in.reset_link(services.settings, tenant.id, staff.get(session, COLLEAGUES[0].id))
        invited = next(each for each in invitations.list_open(session) if not invitations.is_expired(each))
        joining = invitations.link_token(services.settings, tenant.id, invited)
        waiting = profile.waiting_address(session, staff.get(session, COLLEAGUES[0].id))
        assert waiting is not None
        confirming = profile.address_link(services.settings, tenant.id, waiting)
    return [
        Stop("invitation", f"/console/invitation/{joining}"),
        Stop("invitation-over", "/console/invitation/made-up", 410),
        Stop("address", f"/console/address/{confirming}"),
        Stop("sign-in", "/console/sign-in"),
        Stop("sign-in-code", "/console/sign-in/code"),
        Stop("reset", "/console/reset"),
        Stop("reset-sent", "/console/reset/sent"),
        Stop("support-ended", "/console/support/ended"),
        Stop("new-password", f"/console/reset/{token}"),
        Stop("link-expired", "/console/reset/made-up", 404),
    ]


SEEN = [
    Stop("survey", "/s/recommend"),
    Stop("survey-german", "/s/cafe-visit?lang=de"),
    Stop("thanks", "/s/recommend/thanks"),
    Stop("survey-closed", "/s/checkout", 410),
    Stop("report", "/report?about=/s/recommend"),
    Stop("report-sent", "/report/sent"),
    Stop("survey-unknown", "/s/nothing-here", 404),
]


def _platform(services: Services) -> list[Stop]:
    slug = "new-" + secrets.token_hex(3)
    with services.db.control_session() as session:
        wish = sign_up.request(
            session,
            services.keys,
            business_name="Müller, Mayer, Schmidt und Söhne Kaffeerösterei und Versandhandel GmbH & Co. KG",
            slug=slug,
            email=f"owner@{slug}.example",
            password="four quiet brown kettles",
            locale="en",
        )
        token = sign_up.link_token(services.settings, wish)
    return [
        Stop("landing", "/"),
        Stop("pricing", "/pricing"),
        Stop("sign-up", "/sign-up"),
        Stop("sign-up-sent", "/sign-up/sent"),
        Stop("verify", f"/verify/{token}"),
        Stop("find-workspace", "/find-workspace"),
        *(Stop(*page) for page in operating.doors(services)),
        Stop("workspaces-sent", "/find-workspace/sent"),
        Stop("nothing", "/nothing-here", 404),
    ]
