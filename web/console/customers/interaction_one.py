"""One contact: everything about it, changed, deleted, its files."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response as FileResponse
from flask import flash, redirect, render_template, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from customers import interaction_files, interactions, people, writing
from customers.contact_facts import REASONS
from customers.errors import PersonNotFound
from customers.interaction_errors import InteractionInvalid
from customers.interaction_files import Sent
from customers.models import Interaction
from customers.purposes import PURPOSES
from customers.revisions import revision_of
from customers.writing_delivery import Delivery, deliveries
from customers.writing_grounds import can_be_answered
from infra.errors import NotFound
from infra.i18n import N_, current_zone, gettext
from tenants import staff
from web import tenancy
from web.auth import may
from web.console.customers import authenticity, files, finding
from web.console.customers.blueprint import blueprint
from web.console.customers.interaction_words import CHANNELS, DIRECTIONS, SOURCES
from web.console.customers.interactions import files_sent, keep_files, looked_at
from web.console.customers.timeline import choices
from web.forms import Form
from web.schemas.interactions import InteractionForm

Page = str | Response | tuple[str, int]
NO_FILES = N_("Choose at least one file.")
TYPED = "%Y-%m-%dT%H:%M"
"""How a browser's field holds a moment."""


@blueprint.get("/interactions/<uuid:interaction_id>")
def interaction(interaction_id: UUID) -> Page:
    """All of it: the words, the lines of a chat, the files."""
    found = _get(interaction_id)
    return render_template("console/customers/interaction.html", **_shown(found))


@blueprint.get("/interactions/<uuid:interaction_id>/edit")
def edit_interaction(interaction_id: UUID) -> Page:
    """The form of what is stored."""
    found = _get(interaction_id)
    interactions.require_hand(tenancy.actor(), found)
    return _form(found, _stored(found))


@blueprint.post("/interactions/<uuid:interaction_id>")
def save_interaction(interaction_id: UUID) -> Page:
    """Stores what was typed, unless somebody else was faster."""
    found, form = _get(interaction_id), Form.submitted(InteractionForm)
    if form.attempt(lambda typed: _changed(found, typed)):
        flash(N_("The contact is changed."))
        return redirect(url_for(".interaction", interaction_id=interaction_id), 303)
    if form.status == 409:
        form.values["revision"] = revision_of(found)  # pressing the button again is a decision
    return _form(found, form)


@blueprint.get("/interactions/<uuid:interaction_id>/removal")
def interaction_removal(interaction_id: UUID) -> Page:
    """What will be lost."""
    found = _get(interaction_id)
    interactions.require_hand(tenancy.actor(), found)
    return render_template("console/customers/interaction_removal.html", **_shown(found))


@blueprint.post("/interactions/<uuid:interaction_id>/removal")
def delete_interaction(interaction_id: UUID) -> Page:
    """Takes it off the timeline."""
    found = _get(interaction_id)
    home = _home_of(found)
    interactions.delete(tenancy.session(), found, by=tenancy.actor())
    flash(N_("The contact is deleted."))
    return redirect(home, 303)


@blueprint.get("/interactions/<uuid:interaction_id>/files/<int:number>")
def interaction_file(interaction_id: UUID, number: int) -> FileResponse | str:
    """A file that came with it, always as a download: what strangers send is not shown."""
    sent = _get(interaction_id).attachments
    if not 1 <= number <= len(sent) or not sent[number - 1].get("file"):
        raise NotFound()
    return files.download(sent[number - 1], number, url_for(".interaction", interaction_id=interaction_id))


@blueprint.post("/interactions/<uuid:interaction_id>/files")
def add_interaction_files(interaction_id: UUID) -> Page:
    """Stores files beside it."""
    found, form = _get(interaction_id), Form()
    with files_sent() as sent:
        if form.attempt(lambda typed: _fitting(found, sent)):
            if keep_files(interaction_id, form.result):
                flash(N_("The files are stored."))
            return redirect(url_for(".interaction", interaction_id=interaction_id), 303)
    return render_template("console/customers/interaction.html", **_shown(found, form)), form.status


def _fitting(found: Interaction, sent: Sequence[FileStorage]) -> list[Sent]:
    if not sent:
        raise InteractionInvalid(problems={"files": [NO_FILES]})
    interaction_files.require_room(found, len(sent))
    return looked_at(sent)


def _get(interaction_id: UUID) -> Interaction:
    return interactions.get(tenancy.session(), interaction_id)


def _changed(found: Interaction, typed: dict[str, Any]) -> Interaction:
    given = {name: value for name, value in typed.items() if name != "at" or value is not None}
    if "at" in given and _typed(given["at"]) == _typed(found.at):
        del given["at"]  # seconds that no field shows are not lost
    return interactions.change(tenancy.session(), found, by=tenancy.actor(), **given)


def _stored(found: Interaction) -> Form:
    shown = {name: getattr(found, name) or "" for name in ("channel", "direction", "subject", "summary")}
    return Form({**shown, "at": _typed(found.at), "revision": revision_of(found)})


def _typed(moment: Any) -> str:
    return str(moment.astimezone(current_zone()).strftime(TYPED))


def _form(found: Interaction, form: Form) -> tuple[str, int]:
    fields = {"channels": choices(CHANNELS), "directions": choices(DIRECTIONS)}
    shown = {**_shown(found), **fields, "form": form}
    return render_template("console/customers/interaction_form.html", **shown), form.status


def _shown(found: Interaction, form: Form | None = None) -> dict[str, Any]:
    session = tenancy.session()
    person, company = finding.find_person(found.person_id), finding.find_company(found.company_id)
    channel = gettext(CHANNELS[found.channel])
    return {
        "interaction": found,
        "form": form or Form(),
        "most_files": interaction_files.MOST,
        "largest_file": interaction_files.LARGEST,
        "person": person,
        "person_name": people.display_name(person) or gettext("Customer without a name") if person else None,
        "company": company,
        "channel": channel,
        "title": found.subject or channel,
        "way": gettext(DIRECTIONS[found.direction]),
        "source": gettext(SOURCES[found.source]),
        "verdict": authenticity.VERDICTS.get(found.authentication or ""),
        "lines": [_line(each) for each in found.transcript],
        "colleague": staff.name_of(session, found.staff_id),
        "answerable": person is not None and may(writing.PERMISSION) and can_be_answered(found),
        "in_hand": may("customers.edit") and interactions.in_hand(tenancy.actor(), found),
        "home": _home_of(found),
        "delivery": _delivery(found),
        "reasons": REASONS,
        "purposes": PURPOSES,
        "risks": files.RISKS,
    }


def _delivery(found: Interaction) -> Delivery | None:
    """How the mail stands that this is; None where it is something else."""
    contact_id = writing.contact_id_of(found)
    return deliveries(tenancy.session(), [contact_id]).get(contact_id) if contact_id is not None else None


def _line(stored: dict[str, Any]) -> dict[str, Any]:
    """A line of a chat with its moment as one."""
    return {**stored, "at": datetime.fromisoformat(stored["at"]) if stored.get("at") else None}


def _home_of(found: Interaction) -> str:
    """The page it belongs to; the list, when whoever it was with is gone."""
    try:
        if found.person_id is not None:
            return url_for(".person", person_id=people.get(tenancy.session(), found.person_id).id)
    except PersonNotFound:
        return url_for(".index")
    return url_for(".company", company_id=found.company_id)
