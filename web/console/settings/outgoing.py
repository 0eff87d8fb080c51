"""Mails that somebody has to look at: whose fate is unknown, and which were refused."""

from datetime import datetime
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from customers.models import Contact
from customers.names import person_names
from customers.purposes import PURPOSES
from infra.crypto.columns import or_none
from infra.i18n import N_, gettext
from infra.mail import outbox_decisions
from infra.mail.models import Outbox
from infra.mail.outbox_decisions import Troubled
from tenants import audit
from tenants.models import StaffMember
from web import tenancy
from web.console.settings.blueprint import blueprint
from web.forms import Form
from web.schemas.senders import AgainForm

Page = str | Response | tuple[str, int]
PAGE_SIZE = 50
TOO_LATE = N_("Somebody has decided about this mail already, or it was sent again. This is how it stands now.")


@blueprint.get("/outgoing")
def outgoing() -> str:
    """The list of one of the two states, the latest first; `after` is the last one of the page before."""
    session = tenancy.session()
    state: Troubled = "refused" if request.args.get("state") == "refused" else "unknown"
    found = outbox_decisions.list_troubled(session, state, after=_after(session), limit=PAGE_SIZE + 1)
    counts = outbox_decisions.count_troubled(session)
    shown = found[:PAGE_SIZE]
    return render_template(
        "console/settings/outgoing.html",
        state=state,
        mails=[(mail, _what(session, mail), _to_whom(session, mail)[0]) for mail in shown],
        counts=counts,
        next_id=shown[-1].id if len(found) > PAGE_SIZE else None,
        first=not request.args.get("after"),
    )


@blueprint.get("/outgoing/<uuid:outgoing_id>")
def outgoing_mail(outgoing_id: UUID) -> Page:
    """What is known of one mail, and the decision."""
    return _page(outbox_decisions.get_troubled(tenancy.session(), outgoing_id), Form())


@blueprint.post("/outgoing/<uuid:outgoing_id>/arrival")
def note_outgoing_arrival(outgoing_id: UUID) -> Page:
    """Somebody found out that it arrived."""
    mail = outbox_decisions.get_troubled(tenancy.session(), outgoing_id)
    if outbox_decisions.note_arrival(tenancy.session(), mail.id):
        audit.record(tenancy.session(), "mail.found_arrived", by=tenancy.actor(), subject=mail.id)
        flash(N_("The mail counts as delivered now."), "good")
    else:
        flash(TOO_LATE, "watch")
    return redirect(url_for(".outgoing_mail", outgoing_id=outgoing_id), 303)


@blueprint.post("/outgoing/<uuid:outgoing_id>/attempts")
def send_outgoing_again(outgoing_id: UUID) -> Page:
    """A new attempt, once for the attempt that was looked at."""
    session, form = tenancy.session(), Form.submitted(AgainForm)
    mail = outbox_decisions.get_troubled(session, outgoing_id)
    if form.problems:
        return _page(mail, form)
    if outbox_decisions.send_again(session, mail.id, attempt=form.typed["attempt"]):
        audit.record(session, "mail.sent_again", by=tenancy.actor(), subject=mail.id)
        flash(N_("The mail is on its way again."), "good")
    else:
        flash(TOO_LATE, "watch")
    return redirect(url_for(".outgoing_mail", outgoing_id=outgoing_id), 303)


def _after(session: Session) -> tuple[datetime, UUID] | None:
    """Where the page before ended; an id that is none begins at the first."""
    try:
        last = session.get(Outbox, UUID(request.args.get("after", "")))
    except ValueError:
        return None
    return (last.finished_at, last.id) if last is not None and last.finished_at is not None else None


def _what(session: Session, mail: Outbox) -> str:
    """What kind of mail it is, in words."""
    contact = session.get(Contact, mail.ref_id)
    if contact is not None and contact.purpose in PURPOSES:
        return gettext(PURPOSES[contact.purpose].name)
    if session.get(StaffMember, mail.ref_id) is not None:
        return gettext(N_("Mail to a colleague"))
    return gettext(N_("Mail about %(code)s"), code=mail.purpose)


def _to_whom(session: Session, mail: Outbox) -> tuple[str, UUID | None]:
    """The name of the one it is for, and their id where they are a customer."""
    contact = session.get(Contact, mail.ref_id)
    if contact is not None:
        name = person_names(session, [contact.person_id]).get(contact.person_id)
        return name or gettext(N_("Somebody who was erased")), contact.person_id
    member = session.get(StaffMember, mail.ref_id)
    return (or_none(lambda: member.name) or "" if member is not None else ""), None


def _page(mail: Outbox, form: Form) -> tuple[str, int]:
    session = tenancy.session()
    name, person = _to_whom(session, mail)
    page = render_template(
        "console/settings/outgoing_mail.html",
        mail=mail,
        form=form,
        what=_what(session, mail),
        name=name,
        person=person,
    )
    return page, form.status
