"""`/portal/proof`: proving the mailbox once more, by a sign-in like any, before what opens the door is changed."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from customers.portal import freshness, proofs
from infra.errors import TooMany
from web.forms import Form
from web.portal import door, entry
from web.portal.blueprint import blueprint

Page = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


@blueprint.get("/proof")
def prove() -> Page:
    """Why, and the button; whoever has just proved it goes on."""
    if first(_onward()) is None:
        return redirect(_onward() or entry.HOME)
    return _page(Form())


@blueprint.post("/proof")
def mail_proof() -> Page:
    """Mails a code and a link to the mailbox that we have."""
    form, mailbox = Form(), freshness.mailbox(entry.me())
    if mailbox is None:
        return _page(form)
    index = proofs.index_of(mailbox)
    if form.attempt(lambda typed: door.count(index)):
        door.mail(index, _onward())
        return redirect(url_for("portal.door.code"), 303)
    waits = [problem.retry_after for problem in form.problems.get("", []) if isinstance(problem, TooMany)]
    return *_page(form), {"Retry-After": str(max(waits, default=60))}


def first(onward: str) -> Response | None:
    """The way to a fresh proof and back, for who has none; None for who goes on."""
    if freshness.is_fresh(entry.my_session(), entry.me()):
        return None
    return redirect(url_for("portal.prove", next=onward), 303)


def _page(form: Form) -> tuple[str, int]:
    mailbox = freshness.mailbox(entry.me())
    page = render_template("portal/proof.html", form=form, mailbox=mailbox, onward=_onward(), here="")
    return page, form.status


def _onward() -> str:
    return entry.inside(request.values.get("next", "")) or ""
