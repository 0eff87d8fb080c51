"""The pages of Settings with something on each: people, domains, webhooks, sign-in, the record of deeds."""

import secrets
from datetime import timedelta

from sqlalchemy.orm import Session

from infra.clock import now
from infra.db import TenantRef
from infra.http import Policy
from infra.mail.models import Outbox
from infra.services import Services
from tenants import api_keys, audit, invitations, offboarding, profile, second_factor, staff
from tenants.domains import claims
from tenants.models import ApiKey
from tenants.permissions import SYSTEM, Actor
from tenants.sender_domains import claims as sender_claims
from tenants.webhooks import deliveries, endpoints
from tests.e2e.stops import LONG, Stop
from web import registries
from web.demo.people import COLLEAGUES
from web.demo.people import PASSWORD as DEMO_PASSWORD


def webhooks(session: Session, services: Services) -> list[Stop]:
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


def security(session: Session) -> list[Stop]:
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


def people(session: Session, services: Services, tenant: TenantRef) -> list[Stop]:
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


def domains(session: Session, services: Services) -> list[Stop]:
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


def record(session: Session, key: ApiKey) -> list[Stop]:
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


def mail(session: Session, services: Services) -> list[Stop]:
    """A domain to send from whose records are in doubt, and mails in doubt with a server's long words."""
    name = "mitteilungen.kaffeehandelsgesellschaft.example"
    domain = sender_claims.add(session, services.settings, domain=name, local_part="hello", by=SYSTEM)
    long = "v=DKIM1; p=" + "x" * 140
    domain.checks = {"dkim": {"state": "elsewhere", "seen": long}, "dmarc": {"state": "missing", "seen": ""}}
    domain.checked_at = now()
    rows = []
    for state in ("unknown", "refused"):
        row = Outbox(purpose="staff.removed", ref_id=COLLEAGUES[0].id, key=f"stop:{state}", locale="en", attempts=1)
        row.state, row.finished_at, row.smtp_reply = state, now(), "the connection broke after DATA " + "x" * 90
        rows.append(row)
    session.add_all(rows)
    session.flush()
    pages, doubt = "/console/settings/senders", "/console/settings/outgoing"
    return [
        Stop("senders", pages),
        Stop("sender", f"{pages}/{domain.id}"),
        Stop("sender-removal", f"{pages}/{domain.id}/removal"),
        Stop("outgoing", doubt),
        Stop("outgoing-refused", f"{doubt}?state=refused"),
        Stop("outgoing-mail", f"{doubt}/{rows[0].id}"),
    ]
