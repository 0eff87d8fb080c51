"""Inviting a segment: the figures before, one round however often it is pressed, and stopping it."""

import re
from typing import TYPE_CHECKING

import pytest

from customers import consent
from infra.ids import new_id
from surveys import invitations, surveys
from tenants.permissions import SYSTEM
from tests.customers.contact_story import LINK
from tests.surveys.test_invitations import furnish, job_of, run
from tests.web.story import Person as Visitor
from tests.web.story import text_of
from web import registries

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from infra.db import TenantRef
    from infra.services import Services
    from surveys.models import Survey
    from web.application import Application

    Furnished = tuple[Survey, UUID, list[UUID]]


@pytest.fixture
def furnished(session: "Session") -> "Furnished":
    registries.compose()
    return furnish(session, 3)


def test_who_may_get_it_is_shown_and_pressing_twice_sends_once(
    app: "Application",
    joined: "Services",
    session: "Session",
    acme: "TenantRef",
    furnished: "Furnished",
) -> None:
    survey, segment, people = furnished
    consent.withdraw(session, people[0], "survey", LINK)
    editor = Visitor(app, "editor").at(acme)
    first = editor.get("console.invitations.rounds", survey)
    assert "Nobody was invited yet" in text_of(first)
    assert re.search(r'aria-current="true">Surveys<', first.text), "the section stays marked"
    at = f"/console/surveys/{survey.id}/invitations"
    page = editor.get(f"{at}/new?segment={segment}&what=invitation")
    told = text_of(page)
    assert "2 customers may get it now" in told
    assert "The customer does not want this" in told
    sent = editor.submit(page, "/invitations")
    again = editor.submit(page, "/invitations")
    assert sent.headers["Location"] == again.headers["Location"]
    made = invitations.list_rounds(session, survey.id).items
    assert len(made) == 1
    asking = editor.get(sent.headers["Location"])
    assert "Asking the rules" in text_of(asking)
    assert "hx-trigger" in asking.text
    run(joined, acme, job_of(session, made[0]))
    session.expire_all()
    standing = text_of(editor.get(sent.headers["Location"]))
    for words in ("Waiting 2", "Refused by the rules 1", "The customer does not want this 1", "Happy"):
        assert words in standing
    assert "Invitation to Happy" in text_of(editor.get("console.invitations.rounds", survey))
    editor.post("console.invitations.pause", survey.id, made[0].id)
    paused = editor.get(sent.headers["Location"])
    assert "Nothing more goes out until you send it on" in text_of(paused)
    assert 'hx-trigger="every 2s" hx-select="#round"' not in paused.text
    editor.post("console.invitations.resume", survey.id, made[0].id)
    confirm = editor.get("console.invitations.cancellation", survey.id, made[0].id)
    assert "2 mails that wait never go out" in text_of(confirm)
    editor.submit(confirm, "/cancellation")
    over = text_of(editor.get(sent.headers["Location"]))
    assert "Cancel the rest" not in over
    assert "Cancelled 2" in over


def test_what_speaks_against_it_is_said_and_readers_only_look(
    app: "Application",
    session: "Session",
    acme: "TenantRef",
    globex: "TenantRef",
    furnished: "Furnished",
) -> None:
    survey, segment, _ = furnished
    editor, analyst = Visitor(app, "editor").at(acme), Visitor(app, "analyst").at(acme)
    at = f"/console/surveys/{survey.id}/invitations"
    wrong = editor.get(f"{at}/new?segment={new_id()}", expect=422)
    assert "Choose one of your segments" in text_of(wrong)
    nobody = text_of(editor.get(f"{at}/new?segment={segment}&what=reminder"))
    assert "Invited and not answered yet 0" in nobody
    assert "Send reminders" not in nobody
    closed = surveys.create_from_document(session, "Closed", survey.draft, zone="UTC")
    assert "Publish it, then invite customers" in text_of(editor.get("console.invitations.rounds", closed))
    assert "See who may get it" not in text_of(analyst.get("console.invitations.rounds", survey))
    analyst.get(f"{at}/new?segment={segment}", expect=403)
    made = invitations.start(session, survey, segment, by=SYSTEM, key="x")
    analyst.get("console.invitations.show", survey.id, made.id)
    analyst.post("console.invitations.pause", survey.id, made.id, expect=403)
    editor.get(f"/console/surveys/{closed.id}/invitations/{made.id}", expect=404)
    Visitor(app, "editor").at(globex).get(f"{at}/{made.id}", expect=404)
