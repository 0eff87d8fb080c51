"""Mail that came in and belongs to nobody yet, and mail to a customer that came back."""

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Reply

from customers import bounces, inbound
from customers.errors import PersonInvalid
from infra.errors import NotFound
from infra.i18n import N_
from infra.mail.bounces import Kind
from infra.storage import StorageKey
from web import tenancy
from web.console.customers import finding, frame
from web.console.customers.interactions import id_of

blueprint = Blueprint("mails", __name__)

PAGE_SIZE = 25
KINDS: dict[Kind, str] = {
    "hard": N_("Address does not take mail"),
    "soft": N_("Not now, or not this mail"),
    "complaint": N_("Reported as spam"),
    "reply": N_("Automatic reply"),
    "delivered": N_("Arrived"),
    "unknown": N_("Cannot be read"),
}
SOURCES = {
    "smtp": N_("The server's answer when we sent"),
    "mail": N_("A mail that came back"),
    "ses": N_("Amazon SES"),
}
AUTOMATIC = {"reply": N_("Automatic reply"), "bulk": N_("Bulk mail"), "loop": N_("Goes in circles")}
NOBODY = N_("Look for the customer and choose one.")
NO_SENDER = N_("This mail names no address that could be a customer's. Choose a customer instead.")

Page = str | Reply | tuple[str, int]


@blueprint.get("/mails")
def unknown() -> str:
    """Mails whose sender nobody knows, newest first."""
    session, after = tenancy.session(), request.args.get("after", "")[:100]
    return render_template(
        "console/customers/mails.html",
        page=inbound.list_open(session, after or None, PAGE_SIZE),
        total=inbound.count_open(session),
        after=after,
        sections=frame.sections("unknown"),
        automatic=AUTOMATIC,
    )


@blueprint.get("/mails/<uuid:mail_id>")
def mail(mail_id: UUID) -> Page:
    """One mail, and whose it may be."""
    return _page(mail_id)


@blueprint.get("/mails/<uuid:mail_id>/files/<int:number>")
def file(mail_id: UUID, number: int) -> Response:
    """One of its files, as it was sent and never to be opened by the browser; the first is 1."""
    found = inbound.get_file(tenancy.session(), mail_id, number - 1)
    return _attachment(found["file"], found["name"])


@blueprint.post("/mails/<uuid:mail_id>/person")
def assign(mail_id: UUID) -> Page:
    """It is this customer's, and so is what else waits from the sender."""
    found, person = (
        inbound.get(tenancy.session(), mail_id),
        finding.find_person(id_of(request.form.get("person", ""))),
    )
    if person is None:
        return _page(mail_id, NOBODY)
    inbound.assign(tenancy.session(), found, person, by=tenancy.actor())
    flash(N_("The mail stands on the customer's timeline now."))
    return redirect(url_for("console.customers.person", person_id=person.id), 303)


@blueprint.post("/mails/<uuid:mail_id>/customer")
def add_customer(mail_id: UUID) -> Page:
    """The sender becomes a customer."""
    found = inbound.get(tenancy.session(), mail_id)
    if found.state in ("unassigned", "set_aside") and not found.sender:
        return _page(mail_id, NO_SENDER)
    try:
        person = inbound.add_sender(tenancy.session(), found, by=tenancy.actor())
    except PersonInvalid:
        return _page(mail_id, NO_SENDER)
    flash(N_("The customer is added."))
    return redirect(url_for("console.customers.person", person_id=person.id), 303)


@blueprint.post("/mails/<uuid:mail_id>/aside")
def set_aside(mail_id: UUID) -> Page:
    """It is nobody's."""
    inbound.set_aside(tenancy.session(), inbound.get(tenancy.session(), mail_id), by=tenancy.actor())
    flash(N_("The mail is set aside."))
    return redirect(url_for(".unknown"), 303)


@blueprint.get("/<uuid:person_id>/returned-mail")
def returned(person_id: UUID) -> str:
    """What came back of mail to a customer."""
    person, after = frame.the_person(person_id), request.args.get("after", "")[:100]
    return render_template(
        "console/customers/returned_mail.html",
        page=bounces.list_of_person(tenancy.session(), person, after or None, PAGE_SIZE),
        after=after,
        kinds=KINDS,
        sources=SOURCES,
        **frame.head(person, "returned"),
    )


@blueprint.get("/returned-mail/<uuid:bounce_id>/evidence")
def evidence(bounce_id: UUID) -> Response:
    """The mail or the notification that told of it, as it came."""
    found = bounces.get(tenancy.session(), bounce_id)
    if not found.evidence:
        raise NotFound()
    name = f"{found.id}.{'json' if found.source == 'ses' else 'eml'}"
    return _attachment(found.evidence, name)


def _attachment(file: str, name: str) -> Response:
    """A file as a download, whatever it says it is; no connection is held while it goes over the wire."""
    tenancy.checkpoint()
    answer = Response(tenancy.services().storage.stream(StorageKey(file)), mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=name or "file")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _page(mail_id: UUID, problem: str = "") -> tuple[str, int]:
    found, words = inbound.get(tenancy.session(), mail_id), request.values.get("q", "")[:254]
    likely = finding.the_one(found.person_id) if found.person_id else None
    page = render_template(
        "console/customers/mail.html",
        mail=found,
        found=finding.candidates(words) if words else [likely] if likely else [],
        words=words,
        likely=likely,
        problem=problem,
        automatic=AUTOMATIC,
        is_open=found.state in ("unassigned", "set_aside"),
        person=finding.find_person(found.person_id) if found.state == "logged" else None,
    )
    return page, 422 if problem else 200
