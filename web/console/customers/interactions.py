"""Logging a contact: in a dialog of every page, or on a page of its own; the same form does both."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from customers import interaction_files, interactions, tasks
from customers.interaction_errors import InteractionInvalid
from customers.interaction_files import Sent
from customers.interactions import FollowUp
from customers.models import Interaction
from customers.task_errors import TaskInvalid
from infra.i18n import N_
from infra.ids import new_id
from infra.storage import StorageUnavailable
from web import tenancy
from web.auth import may
from web.console.customers import finding
from web.console.customers.blueprint import blueprint
from web.console.customers.interaction_words import CHANNELS, DIRECTIONS
from web.console.customers.task_fields import owner_choices, under_fields
from web.console.customers.timeline import choices
from web.forms import Form
from web.schemas.interactions import LogForm

Page = str | Response | tuple[str, int]

NOBODY = N_("Look for the customer and choose one.")
NO_DATE = N_("Say until when.")
NO_TASK = N_("Say what is to be done.")
NOT_KEPT = N_("The contact is logged, but its files could not be stored. Add them on its page later.")
BEGIN: dict[str, str] = {"channel": "call", "direction": "in"}


@blueprint.get("/interactions/new")
def new_interaction() -> Page:
    """The empty form; a page about somebody hands in who it is."""
    given = {name: request.args.get(name, "")[:300] for name in ("person", "company", "q", "channel", "direction")}
    form = Form({**BEGIN, **{name: text for name, text in given.items() if text}, "key": new_id().hex})
    form.values["back"] = request.args.get("back", "")[:2_000]
    return _page(form)


@blueprint.post("/interactions")
def log_interaction() -> Page:
    """Logs it and goes back to where they were; "find" shows who fits and keeps all that was typed."""
    form = Form.submitted(LogForm)
    if form.value("verb") == "find":
        form.problems, form.values["person"] = {}, ""
        return _page(Form(form.values))
    with files_sent() as sent:
        if form.attempt(lambda typed: _log(typed, sent)):
            logged, files = form.result
            back = back_to(form.typed["back"], _home_of(logged))
            if keep_files(logged.id, files):
                flash(N_("The contact is logged."))
            return redirect(back, 303)
    return _page(form)


@contextmanager
def files_sent() -> Iterator[list[FileStorage]]:
    """The files of this form, open for so long; a field without any sends one without a name."""
    sent = request.files.getlist("files")
    try:
        yield [each for each in sent if each.filename]
    finally:
        for each in sent:
            each.close()


def keep_files(interaction_id: UUID, files: Sequence[Sent]) -> bool:
    """Stores files beside a contact that is stored, and says so where they cannot be."""
    if not files:
        return True
    tenancy.checkpoint()  # no connection is held while files go over the wire
    try:
        kept = interaction_files.store(tenancy.services().storage, tenancy.tenant(), interaction_id, files)
    except StorageUnavailable:
        flash(NOT_KEPT)
        return False
    session = tenancy.session()
    interaction_files.attach(session, interactions.get(session, interaction_id), kept, by=tenancy.actor())
    return True


def looked_at(sent: Sequence[FileStorage]) -> list[Sent]:
    """What the files of a form are. Raises InteractionInvalid."""
    return interaction_files.check([(each.filename, each.stream) for each in sent])


@blueprint.post("/interactions/people")
def find_people() -> str:
    """Who fits what is being typed, for the part of the form that shows them."""
    words = request.form.get("q", "")[:254]
    return render_template("console/customers/_candidates.html", found=finding.candidates(words), words=words)


def back_to(path: str, otherwise: str) -> str:
    """A page of the console that a form names; whatever else it names is none of ours."""
    ours = path.startswith("/console/") and "\\" not in path and path.isprintable()
    return path if ours else otherwise


def id_of(text: str) -> UUID | None:
    """The id in a field of a form; None for whatever is none."""
    try:
        return UUID(text)
    except (ValueError, AttributeError):
        return None


def _log(typed: dict[str, Any], sent: Sequence[FileStorage]) -> tuple[Interaction, list[Sent]]:
    files = looked_at(sent)
    person, company = finding.find_person(typed["person"]), finding.find_company(typed["company"])
    if person is None and company is None:
        raise InteractionInvalid(problems={"q": [NOBODY]})
    with under_fields():
        logged = interactions.log(
            tenancy.session(),
            person,
            company=company if person is None else None,
            channel=typed["channel"],
            direction=typed["direction"],
            summary=typed["summary"],
            at=typed["at"],
            key=f"form:{typed['key']}",
            follow_up=_follow_up(typed["what"], typed["due"], typed["owner"]),
            by=tenancy.actor(),
        )
    return logged, files


def _follow_up(what: str, due: datetime | None, owner: UUID | None) -> FollowUp | None:
    """What is to be done after it; nothing when nothing was said. The owner is whoever writes, unless they say."""
    if not may(tasks.PERMISSION) or (not what.strip() and due is None):
        return None
    if due is None:
        raise TaskInvalid(problems={"due": [NO_DATE]})
    if not what.strip():
        raise TaskInvalid(problems={"what": [NO_TASK]})
    owner_id = owner or tenancy.actor().id
    assert owner_id is not None, "staff have ids"
    return FollowUp(what, due, owner_id)


def _home_of(logged: Interaction) -> str:
    if logged.person_id is not None:
        return url_for(".person", person_id=logged.person_id)
    return url_for(".company", company_id=logged.company_id)


def _page(form: Form) -> tuple[str, int]:
    chosen = finding.the_one(id_of(form.value("person")))
    company = finding.find_company(id_of(form.value("company")))
    words = form.value("q")
    return (
        render_template(
            "console/customers/interaction_new.html",
            form=form,
            chosen=chosen,
            company=company if chosen is None else None,
            words=words,
            found=finding.candidates(words) if chosen is None and words else [],
            channels=choices(CHANNELS),
            directions=choices(DIRECTIONS),
            owners=owner_choices() if may(tasks.PERMISSION) else [],
            me=tenancy.actor().id,
            most_files=interaction_files.MOST,
            largest_file=interaction_files.LARGEST,
        ),
        form.status,
    )
