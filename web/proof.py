"""Asking for the password again before something dear, without losing what was typed.

A page that is opened leads to the question and back. A form that is sent is answered with the question, which holds
the form's fields; with the password beside them they are sent once more, to the same address, and go through.
Which endpoints ask stands in `web/surfaces.py` (`fresh`).
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from infra.errors import Invalid
from infra.i18n import N_
from tenants import passwords, sessions, sign_in, throttle
from tenants.errors import ProofNeeded
from tenants.models import StaffMember, StaffSession
from web.errors import wants_json
from web.forms import Form
from web.tenancy import Request, Visit, checkpoint

FIELD = "proof_password"
NEVER_CARRIED = ("csrf_token", "password", "present", "code")
"""Parts of the names of fields that are typed again: tokens, passwords and codes are not sent back."""
MOST_CARRIED = 100_000
"""Characters of a form that are carried through the question; a larger one is filled in again."""

DOWNLOADS: Mapping[str, str] = {
    "console.surveys.csv": "console.surveys.responses",
    "console.surveys.xlsx": "console.surveys.responses",
    "console.jobs.result": "console.jobs.job",
    "console.jobs.errors": "console.jobs.job",
    "console.settings.export_audit": "console.settings.audit_log",
}
"""Endpoints whose answer is a file, and the page that offers it. A browser that saves a file keeps the page it has:
after the question that must be one to go on from, and not the question."""

WRONG = N_("This is not your password.")


def ask(arrived: Visit, incoming: Request, member: StaffMember, living: StaffSession) -> Any:
    """None when the password was typed recently or comes with the form; else the answer that asks for it."""
    if sessions.is_proved(living):
        return None
    if wants_json():
        raise ProofNeeded()
    if incoming.method in ("GET", "HEAD"):
        return redirect(url_for("console.security.proof", next=incoming.full_path.rstrip("?")), 303)
    form = Form()
    if FIELD in incoming.form and check(arrived, member, living, form, incoming.form[FIELD]):
        return _offer(incoming) if incoming.endpoint in DOWNLOADS else None
    return _question(member, form, incoming)


def check(arrived: Visit, member: StaffMember, living: StaffSession, form: Form, password: str) -> bool:
    """Whether this is the member's password; then the session remembers it. Attempts are counted per session."""
    session, keys = arrived.session(), arrived.services.keys
    if not form.attempt(lambda _: sign_in.count_proof(session, keys, living, member)):
        return False
    attempt = form.result
    checkpoint()
    if not passwords.fits(member.password_hash, password[:1000]):
        form.refuse(Invalid(problems={FIELD: [WRONG]}))
        return False
    throttle.forgive(session, attempt)
    sessions.prove(session, living)
    checkpoint()
    return True


def page_of_file(path: str) -> str | None:
    """Where one is after the file at this path was saved; None when the path is that of a page."""
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None, "there is a request"
    try:
        endpoint, arguments = adapter.match(urlsplit(path).path, method="GET")
    except HTTPException:
        return None
    return url_for(DOWNLOADS[endpoint], **arguments) if endpoint in DOWNLOADS else None


def _offer(incoming: Request) -> str:
    """The file of a form that is sent: its fields once more, and a button."""
    back = url_for(DOWNLOADS[incoming.endpoint or ""], **(incoming.view_args or {}))
    action = request.full_path.rstrip("?")
    return render_template("console/security/download.html", action=action, carried=_carried(incoming), back=back)


def _carried(incoming: Request) -> Sequence[tuple[str, str]]:
    """The fields that are sent again."""
    typed = incoming.form.items(multi=True)
    return [(name, value) for name, value in typed if not any(part in name for part in NEVER_CARRIED)]


def _question(member: StaffMember, form: Form, incoming: Request) -> tuple[str, int]:
    carried = _carried(incoming)
    kept = not incoming.files and sum(len(name) + len(value) for name, value in carried) <= MOST_CARRIED
    page = render_template(
        "console/security/proof.html",
        form=form,
        member=member,
        action=request.full_path.rstrip("?") if kept else url_for("console.security.proof"),
        carried=carried if kept else [],
        keeps=kept and bool(carried),
        field_name=FIELD,
    )
    return page, form.status
