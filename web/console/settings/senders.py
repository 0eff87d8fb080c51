"""Domains that mail to customers comes from: records to set, checks, the main one, removal; where answers go."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from infra import dns, hostnames
from infra.i18n import N_
from infra.limits import Count
from infra.mail.mime import split
from tenants import branding
from tenants.models import SenderDomain
from tenants.sender_domains import checking, claims, records
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.console.settings.domains import CHECKS, one_step
from web.forms import Form
from web.schemas.senders import ReplyToForm, SenderForm

Page = str | Response | tuple[str, int]


@blueprint.get("/senders")
def senders() -> Page:
    """All domains with their state, a form for a new one, and where answers go."""
    return _list_page(Form({"local_part": "hello"}), _reply_form())


@blueprint.post("/senders")
def add_sender() -> Page:
    """Claims a domain and shows what to set in DNS."""
    form, settings = Form.submitted(SenderForm), tenancy.services().settings
    if form.attempt(lambda typed: claims.add(tenancy.session(), settings, by=tenancy.actor(), **typed)):
        flash(N_("The domain is added. Set its records where you manage the domain, then check them."))
        return redirect(url_for(".sender", sender_id=form.result.id), 303)
    return _list_page(form, _reply_form())


@blueprint.post("/senders/replies")
def save_reply_to() -> Page:
    """Where customers' answers go."""
    form = Form.submitted(ReplyToForm)
    if form.attempt(
        lambda typed: claims.set_reply_to(tenancy.session(), address=typed["reply_to"], by=tenancy.actor())
    ):
        flash(N_("Saved."), "replies")
        return redirect(url_for(".senders") + "#replies", 303)
    return _list_page(Form({"local_part": "hello"}), form)


@blueprint.get("/senders/<uuid:sender_id>")
def sender(sender_id: UUID) -> Page:
    """The records to set and what was found of them."""
    return _page(claims.get(tenancy.session(), sender_id), Form())


@blueprint.post("/senders/<uuid:sender_id>/checks")
def check_sender(sender_id: UUID) -> Page:
    """Looks at DNS now; it takes seconds when name servers are slow, and holds no connection meanwhile."""
    found, form = claims.get(tenancy.session(), sender_id), Form()
    limit = Count(f"{tenancy.tenant().id}:domains:checks", CHECKS)
    if not form.attempt(lambda _: tenancy.limiter().require(limit)):
        return _page(found, form)
    settings = tenancy.services().settings
    checking.check(one_step, dns.resolver(settings), settings, sender_id, by=tenancy.actor())
    tenancy.session().refresh(found)
    flash(_outcome(found), "good" if found.verified_at and not found.failing_since else "watch")
    return redirect(url_for(".sender", sender_id=sender_id), 303)


@blueprint.post("/senders/<uuid:sender_id>/main")
def send_from_sender(sender_id: UUID) -> Page:
    """Lets mail to customers come from it."""
    found, form = claims.get(tenancy.session(), sender_id), Form()
    if not form.attempt(lambda _: claims.make_main(tenancy.session(), found, by=tenancy.actor())):
        return _page(found, form)
    flash(N_("From now on mail to customers comes from this domain."))
    return redirect(url_for(".sender", sender_id=sender_id), 303)


@blueprint.post("/senders/<uuid:sender_id>/main/removal")
def stop_sending_from_sender(sender_id: UUID) -> Page:
    """Lets mail to customers come from the platform again."""
    claims.unmake_main(tenancy.session(), claims.get(tenancy.session(), sender_id), by=tenancy.actor())
    flash(N_("Mail to customers comes from our domain again, in the name of your business."))
    return redirect(url_for(".sender", sender_id=sender_id), 303)


@blueprint.get("/senders/<uuid:sender_id>/removal")
def sender_removal(sender_id: UUID) -> str:
    """Says what will change."""
    found = claims.get(tenancy.session(), sender_id)
    return render_template(
        "console/settings/sender_removal.html", domain=found, name=hostnames.readable(found.domain)
    )


@blueprint.post("/senders/<uuid:sender_id>/removal")
def give_up_sender(sender_id: UUID) -> Page:
    """Forgets the domain and its key."""
    claims.remove(tenancy.session(), claims.get(tenancy.session(), sender_id), by=tenancy.actor())
    flash(N_("The domain is removed. You can take its DKIM record out of DNS now."))
    return redirect(url_for(".senders"), 303)


def _outcome(found: SenderDomain) -> str:
    state = found.checks.get("dkim", {}).get("state")
    if state == "unanswered":
        return N_("The name servers of this domain did not answer. Nothing has changed; please check again later.")
    if state != "found":
        return N_("The DKIM record was not found. New records can take up to an hour to be seen everywhere.")
    return N_("The DKIM record is there. Mail can come from this domain.")


def _reply_form() -> Form:
    return Form({"reply_to": branding.get_settings(tenancy.session()).reply_to or ""})


def _list_page(form: Form, reply_form: Form) -> tuple[str, int]:
    settings, tenant = tenancy.services().settings, tenancy.tenant()
    found = claims.list_all(tenancy.session())
    page = render_template(
        "console/settings/senders.html",
        form=form,
        reply_form=reply_form,
        domains=[(each, hostnames.readable(each.domain)) for each in found],
        own=split(settings.mail_from)[1],
        inbox=f"{tenant.slug}.{settings.inbound_domain}" if settings.inbound_domain else "",
        most=claims.MOST,
    )
    return page, max(form.status, reply_form.status)


def _page(found: SenderDomain, form: Form) -> tuple[str, int]:
    settings = tenancy.services().settings
    page = render_template(
        "console/settings/sender.html",
        domain=found,
        form=form,
        name=hostnames.readable(found.domain),
        records=records.records_for(settings, found),
        zone=hostnames.registrable(found.domain) or found.domain,
    )
    return page, form.status
