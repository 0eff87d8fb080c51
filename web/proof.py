"""Asking for the password again before something dear, without losing what was typed.

A page that is opened leads to the question and back. A form that is sent is answered with the question, which holds
the form's fields; with the password beside them they are sent once more, to the same address, and go through.
Which endpoints ask stands in `web/surfaces.py` (`fresh`).
"""

from typing import Any

from flask import redirect, render_template, request, url_for

from infra.errors import Invalid
from infra.i18n import N_
from tenants import passwords, sessions, throttle
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
        return None
    return _question(member, form, incoming)


def check(arrived: Visit, member: StaffMember, living: StaffSession, form: Form, password: str) -> bool:
    """Whether this is the member's password; then the session remembers it. Attempts are counted per session."""
    session, keys = arrived.session(), arrived.services.keys
    if not form.attempt(lambda _: throttle.count_within(session, keys, living.id, member.email)):
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


def _question(member: StaffMember, form: Form, incoming: Request) -> tuple[str, int]:
    typed = incoming.form.items(multi=True)
    carried = [(name, value) for name, value in typed if not any(part in name for part in NEVER_CARRIED)]
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
