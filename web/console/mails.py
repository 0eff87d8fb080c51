"""Mail that came in and is nobody's contact (yet), by what became of it; and mail to a customer that came back."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Reply

from customers import bounces, inbound_desk, inbound_retention
from customers.errors import PersonInvalid
from infra.errors import NotFound
from infra.i18n import N_, format_number, gettext
from web import tenancy
from web.console.customers import authenticity, files, finding, frame
from web.console.customers.interactions import id_of
from web.console.mail_words import KINDS

blueprint = Blueprint("mails", __name__)

PAGE_SIZE = 25
SOURCES = {
    "smtp": N_("The server's answer when we sent"),
    "mail": N_("A mail that came back"),
    "ses": N_("Amazon SES"),
}
AUTOMATIC = {"reply": N_("Automatic reply"), "bulk": N_("Bulk mail"), "loop": N_("Goes in circles")}


@dataclass(frozen=True, slots=True)
class Shown:
    """A kind of mail: its name, what it is, and what stands there when there is none."""

    label: str
    about: str
    nothing: str


SHOWN = {
    "waiting": Shown(
        N_("Unknown senders"),
        N_(
            "The sender is no customer, or could be several. Say whose mail it is, and it stands on their timeline."
        ),
        N_("Mail of your customers goes to their timelines by itself. What nobody can place waits here."),
    ),
    "quarantined": Shown(
        N_("Kept aside"),
        N_(
            "The sender's domain asks not to accept these mails, because nothing proves that they come from it."
            " Look twice before you give one to a customer."
        ),
        N_("Mail that only pretends to come from somebody waits here until a person accepts it."),
    ),
    "ignored": Shown(
        N_("Loops"),
        N_(
            "Mails of machines that answer each other: our own that came back, those that circle, too many from"
            " one sender."
        ),
        N_("Mail of machines that answer each other ends here."),
    ),
    "failed": Shown(
        N_("Not readable"),
        N_("Rapport could not read these mails. Download one to see what it is."),
        N_("Mail that Rapport cannot read ends here, with the whole mail to download."),
    ),
    "set_aside": Shown(
        N_("Already set aside"),
        N_("Somebody decided that these are nobody's. They can still be given to a customer."),
        N_("What you set aside stands here until it is deleted."),
    ),
}

NOBODY = N_("Look for the customer and choose one.")
NO_SENDER = N_("This mail names no address that could be a customer's. Choose a customer instead.")

Page = str | Reply | tuple[str, int]


@blueprint.get("/mails")
def unknown() -> str:
    """Mails of one kind, newest first: those that wait for somebody, unless another kind is asked for."""
    session, after = tenancy.session(), request.args.get("after", "")[:100]
    kind = request.args.get("show", "")
    kind = kind if kind in SHOWN else "waiting"
    counts = inbound_desk.counts(session)
    chips = [
        (f"{gettext(shown.label)} ({format_number(counts[code])})", _list_of(code), code == kind)
        for code, shown in SHOWN.items()
    ]
    return render_template(
        "console/customers/mails.html",
        page=inbound_desk.list_mails(session, kind, after=after or None, limit=PAGE_SIZE),
        total=counts[kind],
        after=after,
        kind=kind,
        chips_of=chips,
        shown=SHOWN[kind],
        here=_list_of(kind),
        days=inbound_retention.KEPT.days,
        sections=frame.sections("unknown"),
        automatic=AUTOMATIC,
    )


@blueprint.get("/mails/<uuid:mail_id>")
def mail(mail_id: UUID) -> Page:
    """One mail, and whose it may be."""
    return _page(mail_id)


@blueprint.get("/mails/<uuid:mail_id>/files/<int:number>")
def file(mail_id: UUID, number: int) -> Response | str:
    """One of its files, as it was sent and never to be opened by the browser; the first is 1."""
    found = inbound_desk.get_file(tenancy.session(), mail_id, number - 1)
    return files.download(found, number, url_for(".mail", mail_id=mail_id))


@blueprint.get("/mails/<uuid:mail_id>/evidence")
def whole(mail_id: UUID) -> Response:
    """All of a mail as it came."""
    return files.stored(inbound_desk.get(tenancy.session(), mail_id).file, f"{mail_id}.eml")


@blueprint.post("/mails/<uuid:mail_id>/person")
def assign(mail_id: UUID) -> Page:
    """It is this customer's, and so is what else waits from the sender."""
    found, person = (
        inbound_desk.get(tenancy.session(), mail_id),
        finding.find_person(id_of(request.form.get("person", ""))),
    )
    if person is None:
        return _page(mail_id, NOBODY)
    inbound_desk.assign(tenancy.session(), found, person, by=tenancy.actor())
    flash(N_("The mail stands on the customer's timeline now."))
    return redirect(url_for("console.customers.person", person_id=person.id), 303)


@blueprint.post("/mails/<uuid:mail_id>/customer")
def add_customer(mail_id: UUID) -> Page:
    """The sender becomes a customer."""
    found = inbound_desk.get(tenancy.session(), mail_id)
    if found.state in inbound_desk.ADDABLE and not found.sender:
        return _page(mail_id, NO_SENDER)
    try:
        person = inbound_desk.add_sender(tenancy.session(), found, by=tenancy.actor())
    except PersonInvalid:
        return _page(mail_id, NO_SENDER)
    flash(N_("The customer is added."))
    return redirect(url_for("console.customers.person", person_id=person.id), 303)


@blueprint.post("/mails/<uuid:mail_id>/aside")
def set_aside(mail_id: UUID) -> Page:
    """It is nobody's."""
    inbound_desk.set_aside(tenancy.session(), inbound_desk.get(tenancy.session(), mail_id), by=tenancy.actor())
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
    return files.stored(found.evidence, name)


def _list_of(kind: str) -> str:
    return url_for(".unknown", show=kind if kind != "waiting" else None)


def _page(mail_id: UUID, problem: str = "") -> tuple[str, int]:
    found, words = inbound_desk.get(tenancy.session(), mail_id), request.values.get("q", "")[:254]
    likely = finding.the_one(found.person_id) if found.person_id else None
    page = render_template(
        "console/customers/mail.html",
        mail=found,
        found=finding.candidates(words) if words else [likely] if likely else [],
        words=words,
        likely=likely,
        problem=problem,
        automatic=AUTOMATIC,
        risks=files.RISKS,
        is_open=found.state in inbound_desk.DECIDABLE,
        may_add=found.state in inbound_desk.ADDABLE and found.sender,
        checks=authenticity.checks(found.checks),
        verdict=authenticity.VERDICTS.get(found.authentication or ""),
        kind=next((code for code, state in inbound_desk.KINDS.items() if state == found.state), ""),
        shown=next((SHOWN[code] for code, state in inbound_desk.KINDS.items() if state == found.state), None),
        person=finding.find_person(found.person_id) if found.state == "logged" else None,
    )
    return page, 422 if problem else 200
