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
from infra.http import Policy
from infra.services import Services
from surveys import surveys
from surveys.jobs import answers_csv
from surveys.models import Survey
from surveys.responses import list_responses
from tenants import api_keys, audit, invitations, offboarding, profile, second_factor, sign_in, sign_up, staff
from tenants.domains import claims
from tenants.models import ApiKey
from tenants.permissions import SYSTEM, Actor
from tenants.webhooks import deliveries, endpoints
from tests.e2e import operating
from tests.support.tenants import close_for_good
from web import registries
from web.console.patterns import PATTERNS, PUBLIC
from web.demo import writer
from web.demo.people import COLLEAGUES
from web.demo.people import PASSWORD as DEMO_PASSWORD

LONG = (
    "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel: "
    "was unsere Gäste nach der Rückgabe im Hafenamt sagen, 2026"
)


@dataclass(frozen=True)
class Stop:
    """A page: what it is called, where it is, and what it answers."""

    name: str
    path: str
    status: int = 200


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
        _doors(services, tenant),
        SEEN,
        _platform(services),
        _operator(services, tenant),
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
            Stop("answers", f"{at}/responses"),
            Stop("answers-empty", f"/console/surveys/{draft.id}/responses"),
            Stop("answer", f"{at}/responses/{answer}"),
            Stop("manage", f"{at}/manage"),
            Stop("withdrawal", f"{at}/withdrawal"),
            Stop("deletion", f"{at}/deletion"),
            *support,
            Stop("brand", "/console/settings/brand"),
            Stop("languages", "/console/settings/languages"),
            *_people(session, services, tenant),
            *_domains(session, services),
            *_security(session),
            *_webhooks(session, services),
            Stop("api-keys", "/console/settings/api-keys"),
            Stop("api-key", f"/console/settings/api-keys/{key.id}"),
            Stop("api-key-rotation", f"/console/settings/api-keys/{key.id}/rotation"),
            Stop("api-key-revocation", f"/console/settings/api-keys/{key.id}/revocation"),
            *_audit(session, key),
            *_home(session, live),
            Stop("patterns", "/console/_patterns"),
            *(Stop(f"pattern-{name}", f"/console/_patterns/{name}") for name in (*PATTERNS, PUBLIC)),
            Stop("not-there", "/console/nothing-here", 404),
        ]


def _audit(session: Session, key: ApiKey) -> list[Stop]:
    """The record with entries of every sort, narrowed, narrowed to nothing, and one entry; the key is rotated."""
    api_keys.rotate(session, key, overlap=timedelta(days=7), by=SYSTEM, expires_at=now() + timedelta(days=10))
    session.flush()
    entry = audit.list_about(session, key.id)[0]
    at = "/console/settings/audit"
    return [
        Stop("audit", at),
        Stop("audit-narrowed", f"{at}?category=security&about={key.id}"),
        Stop("audit-nothing-fits", f"{at}?last=2020-01-01"),
        Stop("audit-odd-filter", f"{at}?first=yesterday", 422),
        Stop("audit-entry", f"{at}/{entry.id}"),
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


def _webhooks(session: Session, services: Services) -> list[Stop]:
    """One that works, one that was paused, and a delivery with a stranger's words."""
    registries.compose()
    policy = Policy.of(services.settings)
    url = "https://integration.kaffeehandelsgesellschaft.example/hooks/rapport/incoming-customer-feedback"
    works = endpoints.create(session, policy, url=url, kinds=["*"], description=LONG[:200], by=SYSTEM)
    paused = endpoints.create(session, policy, url="https://crm.example/", kinds=["survey.published"], by=SYSTEM)
    endpoints.pause(session, paused, by=SYSTEM, reason="failing")
    paused.failing_since, paused.last_outcome = now() - timedelta(days=3), "certificate_refused"
    rows = [deliveries.send_test(session, works, by=SYSTEM) for _ in range(3)]
    words = {"at": now().isoformat(), "status": 500, "milliseconds": 1_204, "words": "<h1>" + "x" * 400 + "</h1>"}
    for row, outcome in zip(rows, ("delivered", "status", "timed_out"), strict=True):
        row.kind, row.outcome, row.attempts = "response.finished", outcome, 1
        row.state = "delivered" if outcome == "delivered" else "failed"
        row.status = 500 if outcome == "status" else None
        row.history = [{**words, "outcome": outcome}]
    session.flush()
    pages = "/console/settings/webhooks"
    at = f"{pages}/{works.id}"
    return [
        Stop("webhooks", pages),
        Stop("webhook-new", f"{pages}/new"),
        Stop("webhook", at),
        Stop("webhook-nothing-fits", f"{at}?outcome=waiting"),
        Stop("webhook-paused", f"{pages}/{paused.id}"),
        Stop("webhook-edit", f"{at}/edit"),
        Stop("webhook-delivery", f"{at}/deliveries/{rows[0].event_id}"),
        Stop("webhook-delivery-failed", f"{at}/deliveries/{rows[1].event_id}"),
        Stop("webhook-secret", f"{at}/secret"),
        Stop("webhook-rotation", f"{at}/secret/rotation"),
        Stop("webhook-shutdown", f"{at}/shutdown"),
        Stop("webhook-deletion", f"{at}/deletion"),
    ]


def _security(session: Session) -> list[Stop]:
    """One's own sign-in, with an app that waits for its first code; and what the workspace asks of everybody."""
    second_factor.offer(session, staff.get(session, COLLEAGUES[0].id))
    editor = COLLEAGUES[2].id
    return [
        Stop("security", "/console/security/"),
        Stop("second-factor", "/console/security/second-factor/"),
        Stop("second-factor-app", "/console/security/second-factor/app"),
        Stop("second-factor-removal", "/console/security/second-factor/removal"),
        Stop("proof", "/console/security/proof"),
        Stop("settings-security", "/console/settings/security"),
        Stop("second-factor-reset", f"/console/settings/security/{editor}/second-factor/removal"),
    ]


def _people(session: Session, services: Services, tenant: TenantRef) -> list[Stop]:
    """Everybody of the story, one who left, two who are invited, and one who waits to confirm an address."""
    pages, owner, editor = "/console/settings/people", COLLEAGUES[0], COLLEAGUES[2]
    gone = staff.add(session, name="Priya Nair", email=f"p@{tenant.slug}.example", role="viewer")
    offboarding.remove(session, gone, {}, by=SYSTEM)
    for name in ("Mira", ""):
        address = f"{secrets.token_hex(20)}@{tenant.slug}.example"
        asked = {"email": address, "name": name, "role": "editor", "workspace": "Acme Coffee Roasters"}
        invited = invitations.invite(session, by=Actor("staff", owner.id), **asked)
    invited.expires_at = now()
    me = staff.get(session, owner.id)
    profile.ask_for_address(session, me, email=f"clara@{tenant.slug}.example", password=DEMO_PASSWORD)
    return [
        Stop("people", pages),
        Stop("people-found", f"{pages}?q=jonas"),
        Stop("people-nobody", f"{pages}?q=nobody-of-this-name"),
        Stop("people-former", f"{pages}?show=former"),
        Stop("people-roles", f"{pages}/roles"),
        Stop("people-invite", f"{pages}/invitation"),
        Stop("person", f"{pages}/{editor.id}"),
        Stop("person-owner", f"{pages}/{owner.id}"),
        Stop("person-removal", f"{pages}/{editor.id}/removal"),
        Stop("people-ownership", f"{pages}/ownership"),
        Stop("profile", "/console/profile"),
        Stop("leaving", "/console/profile/leaving"),
    ]


def _domains(session: Session, services: Services) -> list[Stop]:
    """None of ours yet, one that waits, one that fails."""
    settings, pages = services.settings, "/console/settings/domains"
    waiting = claims.add(session, settings, host=f"bücher-{secrets.token_hex(3)}.example", by=SYSTEM)
    failing = claims.add(session, settings, host=f"feedback.{secrets.token_hex(20)}.example", by=SYSTEM)
    failing.text_state, failing.pointer_state, failing.pointer_seen = "missing", "elsewhere", "198.51.100.7"
    failing.verified_at = failing.failing_since = failing.checked_at = now()
    for domain in (waiting, failing):
        domain.next_check_at = now() + timedelta(days=1)
    return [
        Stop("domains", pages),
        Stop("domain", f"{pages}/{waiting.id}"),
        Stop("domain-failing", f"{pages}/{failing.id}"),
        Stop("domain-removal", f"{pages}/{failing.id}/removal"),
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
