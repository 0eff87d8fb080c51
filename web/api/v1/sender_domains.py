"""`/sender-domains`: domains that mail to customers can come from."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from infra import dns
from infra.limits import Count, Limit
from infra.pages import Page
from tenants.models import SenderDomain
from tenants.sender_domains import checking, claims, records
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.schemas.api import sender_domains as schemas
from web.schemas.api.base import Cursors
from web.schemas.api.examples import LOCATION

blueprint = ApiBlueprint("sender_domains", __name__, description="Domains that mail to customers comes from.")

Answer = tuple[Any, int, dict[str, str]]

CHECKS = Limit(30, 600)
"""For all domains of a workspace, by programs."""
SHOWN = (*("id", "domain", "local_part", "main", "verified_at", "failing_since", "checked_at", "created_at"),)


@blueprint.get("/sender-domains")
@blueprint.arguments(Cursors, location="query")
@blueprint.response(200, schemas.SenderDomainPage, example=schemas.SENDER_PAGE)
def list_sender_domains(query: dict[str, Any]) -> dict[str, Any]:
    """List domains that mail can come from, by name

    All of them stand on one page.
    """
    return cursors.turn("sender_domains", query, _page)


@blueprint.post("/sender-domains")
@blueprint.arguments(schemas.NewSenderDomain, example=schemas.NEW_SENDER)
@blueprint.response(201, schemas.SenderDomain, example=schemas.SENDER, headers=LOCATION)
def create_sender_domain(body: dict[str, Any]) -> Answer:
    """Add a domain

    Set its `records` where you manage the domain, then check it. Which domain mail comes from is chosen by staff.
    """

    def perform() -> UUID:
        return claims.add(tenancy.session(), tenancy.services().settings, by=tenancy.actor(), **body).id

    return repeatable.made(repeatable.once(perform, _get), "sender-domains")


@blueprint.get("/sender-domains/<uuid:sender_id>")
@blueprint.response(200, schemas.SenderDomain, example=schemas.SENDER)
def get_sender_domain(sender_id: UUID) -> dict[str, Any]:
    """Get a domain with its records and what was found of them"""
    return _get(sender_id)


@blueprint.post("/sender-domains/<uuid:sender_id>/check")
@blueprint.response(200, schemas.SenderDomain, example=schemas.SENDER)
def check_sender_domain(sender_id: UUID) -> Answer:
    """Look at a domain's records now

    It takes seconds when name servers are slow. Domains are looked at by themselves, too.
    """
    settings = tenancy.services().settings
    claims.get(tenancy.session(), sender_id)
    tenancy.limiter().require(Count(f"{tenancy.tenant().id}:sender-domains:checks", CHECKS))
    checking.check(_step, dns.resolver(settings), settings, sender_id, by=tenancy.actor())
    return repeatable.once(lambda: sender_id, _get, status=200)


@contextmanager
def _step() -> Iterator[Session]:
    """One step of a check, on the request's own session; nothing is held while name servers are asked."""
    yield tenancy.session()
    tenancy.checkpoint()


def _page(*, after: str | None, limit: int) -> Page[dict[str, Any]]:
    return Page([_shown(each) for each in claims.list_all(tenancy.session())], None)


def _get(sender_id: UUID) -> dict[str, Any]:
    return _shown(claims.get(tenancy.session(), sender_id))


def _shown(domain: SenderDomain) -> dict[str, Any]:
    found = [
        {
            "kind": record.kind,
            "name": record.name,
            "value": record.value,
            "needed": record.needed,
            "state": domain.checks.get(record.kind, {}).get("state", "unchecked"),
        }
        for record in records.records_for(tenancy.services().settings, domain)
    ]
    return {**{name: getattr(domain, name) for name in SHOWN}, "records": found}
