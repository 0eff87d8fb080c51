"""Domains of the workspace's own: list, records to set, checks, the main one, removal."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from infra import dns, hostnames, links
from infra.i18n import N_
from infra.limits import Count, Limit
from tenants.domains import claims, records
from tenants.domains.checking import Checker
from tenants.models import Domain
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.domains import DomainForm

Page = str | Response | tuple[str, int]

CHECKS = Limit(30, 600)
"""Checks that one workspace may ask for; each is some questions to name servers of somebody's choosing."""


@blueprint.get("/domains")
def domains() -> Page:
    """All domains with their state, and a form for a new one."""
    return _list_page(Form())


@blueprint.post("/domains")
def add_domain() -> Page:
    """Claims a domain and shows what to set in DNS."""
    form = Form.submitted(DomainForm)
    settings = tenancy.services().settings
    if form.attempt(lambda typed: claims.add(tenancy.session(), settings, by=tenancy.actor(), **typed)):
        flash(N_("The domain is added. Set these two records where you manage the domain, then check them."))
        return redirect(url_for(".domain", domain_id=form.result.id), 303)
    return _list_page(form)


@blueprint.get("/domains/<uuid:domain_id>")
def domain(domain_id: UUID) -> Page:
    """The records to set and what was found of them."""
    return _page(claims.get(tenancy.session(), domain_id), Form())


@blueprint.post("/domains/<uuid:domain_id>/checks")
def check_domain(domain_id: UUID) -> Page:
    """Looks at DNS now."""
    found = claims.get(tenancy.session(), domain_id)
    form = Form()
    if not form.attempt(lambda _: tenancy.limiter().require(Count(_checks_key(), CHECKS))):
        return _page(found, form)
    _check(found)
    flash(_outcome(found), "good" if found.verified_at and found.pointer_state == "found" else "watch")
    return redirect(url_for(".domain", domain_id=domain_id), 303)


@blueprint.post("/domains/<uuid:domain_id>/main")
def lead_to_domain(domain_id: UUID) -> Page:
    """Makes it the address that pages and mails lead to."""
    found = claims.get(tenancy.session(), domain_id)
    form = Form()
    if not form.attempt(lambda _: claims.make_main(tenancy.session(), found, by=tenancy.actor())):
        return _page(found, form)
    _check(found)
    flash(N_("This is the main address now. Pages of the workspace's own address lead here."))
    return redirect(url_for(".domain", domain_id=domain_id), 303)


@blueprint.post("/domains/<uuid:domain_id>/main/removal")
def stay_at_subdomain(domain_id: UUID) -> Page:
    """Makes the workspace's own address the main one again."""
    found = claims.get(tenancy.session(), domain_id)
    claims.unmake_main(tenancy.session(), found, by=tenancy.actor())
    _check(found)
    flash(N_("The workspace's own address is the main one again. The domain keeps working."))
    return redirect(url_for(".domain", domain_id=domain_id), 303)


@blueprint.get("/domains/<uuid:domain_id>/removal")
def domain_removal(domain_id: UUID) -> str:
    """Says what will stop working."""
    found = claims.get(tenancy.session(), domain_id)
    return render_template(
        "console/settings/domain_removal.html", domain=found, name=_name(found), home=_own_host()
    )


@blueprint.post("/domains/<uuid:domain_id>/removal")
def give_up_domain(domain_id: UUID) -> Page:
    """Gives the domain up."""
    found = claims.get(tenancy.session(), domain_id)
    claims.remove(tenancy.session(), found, by=tenancy.actor())
    tenancy.checkpoint()
    _checker().finish_removal(found.id, found.host)
    flash(N_("The domain is removed. You can take its records out of DNS now."))
    return redirect(_at_home(url_for(".domains"), found), 303)


def _check(found: Domain) -> None:
    """Takes seconds when name servers are slow, and holds no connection meanwhile."""
    _checker().check(found.id, by=tenancy.actor())
    tenancy.session().refresh(found)


def _checker() -> Checker:
    services = tenancy.services()
    resolver = dns.resolver(services.settings)
    return Checker(one_step, services.db, services.settings, resolver, tenancy.tenant())


@contextmanager
def one_step() -> Iterator[Session]:
    """One step of a check, on the request's own session."""
    yield tenancy.session()
    tenancy.checkpoint()


def _outcome(found: Domain) -> str:
    if found.taken:
        return N_("The record that proves it is there, and another workspace serves this domain.")
    if found.verified_at is None:
        return N_(
            "The record that proves it was not found. New records can take up to an hour to be seen everywhere."
        )
    if found.pointer_state == "found":
        return N_("Both records are there. Customers reach you at this domain.")
    return N_("The domain is proved. It does not lead here yet.")


def _checks_key() -> str:
    return f"{tenancy.tenant().id}:domains:checks"


def _name(found: Domain) -> str:
    """As people write it."""
    return hostnames.readable(found.host)


def _own_host() -> str:
    return f"{tenancy.tenant().slug}.{tenancy.application().directory.base_host}"


def _at_home(path: str, removed: Domain) -> str:
    """Whoever removes the domain they are at goes on at the workspace's own address."""
    if request.host.partition(":")[0].lower() != removed.host:
        return path
    return links.tenant_url(tenancy.services().settings, tenancy.tenant().slug, path)


def _list_page(form: Form) -> tuple[str, int]:
    found = claims.list_all(tenancy.session())
    page = render_template(
        "console/settings/domains.html",
        form=form,
        domains=[(each, _name(each)) for each in found],
        home=_own_host(),
        most=claims.MOST,
    )
    return page, form.status


def _page(found: Domain, form: Form) -> tuple[str, int]:
    settings = tenancy.services().settings
    wanted = records.records_for(settings, tenancy.tenant().slug, found.host, found.token)
    zone = hostnames.registrable(found.host) or found.host
    page = render_template(
        "console/settings/domain.html",
        domain=found,
        form=form,
        name=_name(found),
        home=_own_host(),
        wanted=wanted,
        zone=zone,
        at_top=zone == found.host,
        off_at=found.failing_since + claims.FAILS_FOR if found.failing_since else None,
    )
    return page, form.status
