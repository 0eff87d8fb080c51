"""Inviting a segment: the figures before, one round however often it is pressed, and stopping it."""

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from customers import consent, writing_mail
from customers.models import Contact
from infra.i18n import use
from infra.ids import new_id
from surveys import invitations, letters, surveys
from tenants import branding
from tenants.permissions import SYSTEM
from tests.customers.contact_story import LINK
from tests.customers.segment_story import asks, make
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


def test_the_mail_is_seen_before_it_is_sent_and_says_what_its_author_says(
    app: "Application", session: "Session", joined: "Services", acme: "TenantRef", furnished: "Furnished"
) -> None:
    survey, segment, _ = furnished
    branding.set_languages(session, languages=["en", "de"], default="en", by=SYSTEM)
    session.flush()
    editor, at = Visitor(app, "editor").at(acme), f"/console/surveys/{survey.id}/invitations"
    page = editor.get(f"{at}/new?segment={segment}")
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert f'src="{at}/preview"' in page.text
    assert "would like to know how it is for you" in editor.get(f"{at}/preview").text
    words = {"subject_de": "Ihr <Kessel>", "text_de": "Guten Tag,\n\nhaben Sie ihn & mögen Sie ihn?"}
    shown = editor.post(f"{at}/preview", data={**words, "language": "de"}, expect=200)
    assert "haben Sie ihn &amp; mögen Sie ihn?" in shown.text
    assert "wie es Ihnen geht" not in shown.text
    assert re.search(r"sandbox(;|$)", shown.headers["Content-Security-Policy"])
    wrong = {**words, "subject_de": "a\r\nBcc: b@example.org"}
    assert "A subject is one line" in text_of(editor.post(f"{at}/preview", data=wrong, expect=422))
    refused = editor.submit(page, "/invitations", expect=422, **wrong)
    assert 'id="f-subject_de-error"' in refused.text
    assert "haben Sie ihn &amp; mögen Sie ihn?" in refused.text
    sent = editor.submit(refused, "/invitations", **words)
    made = invitations.list_rounds(session, survey.id).items[0]
    run(joined, acme, job_of(session, made))
    session.expire_all()
    contact = session.scalars(select(Contact).where(Contact.batch_id == made.id)).first()
    assert contact is not None
    for language, subject, said in (
        ("de", "Ihr <Kessel>", "haben Sie ihn &amp; mögen Sie ihn?"),
        ("en", "asks: ", "would like to know how it is for you"),
    ):
        mail = writing_mail.draft(joined.settings, acme, "Acme", language)
        with use(language):
            letter = letters.invitations(session, [(contact, mail)])[contact.id]
            message = writing_mail.look(session, mail, contact, letter)
        assert subject in message.subject
        assert said in message.html
    assert "Ihr <Kessel>" in text_of(editor.get(sent.headers["Location"]))
    other = editor.submit(refused, "/invitations", **{**words, "subject_de": "Anders"})
    assert other.headers["Location"] != sent.headers["Location"], "other words are another round"


def test_a_reminder_in_own_words_still_says_that_it_is_the_only_one(
    app: "Application", session: "Session", acme: "TenantRef", furnished: "Furnished"
) -> None:
    survey, _, _ = furnished
    editor = Visitor(app, "editor").at(acme)
    words = {"text_en": "We still wonder.", "what": "reminder"}
    for identity in ("identified", "anonymous"):
        survey.identity = identity
        session.flush()
        shown = editor.post(f"/console/surveys/{survey.id}/invitations/preview", data=words, expect=200).text
        assert shown.index("We still wonder.") < shown.index("This is our only reminder.")
        assert ("We store your answers without your name" in shown) is (identity == "anonymous")
    Visitor(app, "analyst").at(acme).get("console.invitations.look", survey, expect=403)


def test_another_segment_can_be_chosen_after_the_words_were_typed(
    app: "Application", session: "Session", acme: "TenantRef", furnished: "Furnished"
) -> None:
    survey, segment, _ = furnished
    other = make(session, asks("nps", "at_most", 6), name="Unhappy")
    session.flush()
    editor, at = Visitor(app, "editor").at(acme), f"/console/surveys/{survey.id}/invitations/new"
    page = editor.get(f"{at}?segment={segment}")
    assert f'formaction="{at}"' in page.text
    typed = {"segment": segment, "subject_en": "Your <kettle>", "text_en": "How is it?"}
    nobody = editor.post(at, data={**typed, "other_segment": other.id, "other_what": "reminder"}, expect=200)
    assert "Remind Unhappy" in text_of(nobody)
    assert '<input type="hidden" name="subject_en" value="Your &lt;kettle&gt;">' in nobody.text
    back = editor.submit(nobody, "/new", expect=200, other_segment=str(segment), other_what="invitation")
    assert "Invite Happy" in text_of(back)
    assert re.search(r'id="f-subject_en"[^>]* value="Your &lt;kettle&gt;"', back.text)
    gone = editor.post(at, data={**typed, "other_segment": "nonsense"}, expect=422)
    assert 'id="f-segment-error"' in gone.text
    assert invitations.list_rounds(session, survey.id).items == []
    Visitor(app, "analyst").at(acme).post(at, data={"other_segment": other.id}, expect=403)
