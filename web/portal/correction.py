"""`/portal/data/correction`: somebody's own words about themselves, and another e-mail address with its proof."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from customers import people
from customers.models import Person
from customers.portal import correcting, freshness, proofs, sessions, throttle
from customers.portal.errors import ProofOver
from infra.crypto.columns import or_none
from infra.i18n import N_, SHIPPED
from tenants import branding
from web import tenancy
from web.console.customers import forms
from web.forms import Form
from web.portal import again, entry
from web.portal.blueprint import blueprint
from web.schemas.portal import CodeForm, CorrectionForm, NewEmailForm

Page = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]

ASKED = "portal_email"
"""Where the browser's signed cookie keeps which new address waits for its code."""


@blueprint.get("/data/correction")
def correction() -> Page:
    """As it is stored."""
    return _page(_stored(entry.me()), Form())


@blueprint.post("/data/correction")
def correct() -> Page:
    """Stores it, unless somebody of the staff was faster; then it is shown beside what was typed."""
    db, person, form = tenancy.session(), entry.me(), forms.submitted(CorrectionForm)
    if form.attempt(lambda typed: correcting.correct(db, person, **typed)):
        flash(N_("Your data are saved."))
        return redirect(url_for(".data"), 303)
    form.values["revision"] = _stored(people.get(db, person.id)).values["revision"]
    return _page(form, Form())


@blueprint.post("/data/email")
def ask_for_email() -> Page:
    """Mails a code to the new address. Whether anybody else has it is told to nobody."""
    elsewhere = again.first(url_for(".correction"))
    if elsewhere is not None:
        return elsewhere
    db, person, form = tenancy.session(), entry.me(), Form.submitted(NewEmailForm)
    if form.attempt(lambda typed: _counted(person, typed["email"])):
        tenancy.checkpoint()
        proof = correcting.ask_for_email(db, entry.me(), form.typed["email"])
        session[ASKED] = proof.id.hex
        return redirect(url_for(".email_code"), 303)
    return _page(_stored(person), form)


@blueprint.get("/data/email/code")
def email_code() -> Page:
    """The field for the code."""
    waiting = correcting.waiting_email(tenancy.session(), entry.me(), _asked())
    if waiting is None:
        return redirect(url_for(".correction"), 303)
    return _code_page(Form(), waiting.new_email or "")


@blueprint.post("/data/email/code")
def check_email_code() -> Page:
    """Counts the try, commits the count, then checks the code."""
    db, form = tenancy.session(), Form.submitted(CodeForm)
    waiting = correcting.waiting_email(db, entry.me(), _asked())
    if waiting is None:
        return redirect(url_for(".correction"), 303)
    proof_id, address = waiting.id, waiting.new_email or ""
    if form.problems:
        return _code_page(form, address)
    try:
        proofs.count_try(db, proof_id, proofs.EMAIL)
        tenancy.checkpoint()
        if form.attempt(lambda typed: _take(proof_id, typed["code"])):
            session.pop(ASKED, None)
            flash(N_("Your e-mail address is changed. Other browsers are signed out, connected accounts removed."))
            return redirect(url_for(".data"), 303)
    except ProofOver as over:
        flash(over.message)
        return redirect(url_for(".correction"), 303)
    return _code_page(form, address)


def _take(proof_id: UUID, code: str) -> None:
    db, here = tenancy.session(), entry.my_session().id
    correcting.take_email(db, entry.me(), proof_id, code, here=here)
    sessions.end_all(db, entry.me(), besides=here)


def _counted(person: Person, email: str) -> None:
    correcting.check_email(person, email)
    throttle.count_wish(tenancy.session(), person.id, request.remote_addr or "")


def _stored(person: Person) -> Form:
    identity = person.identity
    return forms.stored(
        person,
        correcting.own_attributes(tenancy.session()),
        name=or_none(lambda: identity.name) or "",
        phone=or_none(lambda: identity.phone) or "",
        language=person.language or "",
        zone=person.zone or "",
    )


def _page(form: Form, email_form: Form) -> tuple[str, int]:
    db, person = tenancy.session(), entry.me()
    offered: list[Any] = [code for code in branding.get_settings(db).languages if code in SHIPPED] or [*SHIPPED]
    page = render_template(
        "portal/correction.html",
        form=form,
        email_form=email_form,
        email=freshness.mailbox(person) or "",
        fresh=freshness.is_fresh(entry.my_session(), person),
        attributes=correcting.own_attributes(db),
        languages=list(dict.fromkeys([*offered, *([person.language] if person.language else [])])),
        zones=branding.zones(),
        here="data",
    )
    return page, max(form.status, email_form.status)


def _code_page(form: Form, address: str) -> tuple[str, int]:
    return render_template("portal/email_code.html", form=form, address=address, here="data"), form.status


def _asked() -> UUID | None:
    kept = session.get(ASKED)
    return UUID(hex=kept) if isinstance(kept, str) else None
