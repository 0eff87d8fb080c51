"""Surveys as their owners handle them, from the template to the version that is live."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.db import TenantRef
from infra.events.models import Event
from infra.ids import new_id
from infra.services import Services
from surveys import editing, intake, publishing, surveys
from surveys.definition import DefinitionInvalid, dump, parse
from surveys.errors import (
    AddressTaken,
    DraftChanged,
    NotPublishable,
    SurveyArchived,
    SurveyHasResponses,
    SurveyInvalid,
    SurveyNotFound,
    TemplateNotFound,
    VersionNotFound,
)
from surveys.intake import Target
from surveys.models import Response, ResponseRevision, ResponseRollup, Survey, SurveyVersion
from surveys.pages import CursorInvalid
from surveys.publishing import Live
from tests.surveys.making import document, everything, question, submission


def test_a_survey_from_a_template_can_be_published_at_once(session: Session) -> None:
    survey = surveys.create_from_template(session, "nps", zone="Europe/Berlin", language="de")

    assert (survey.name, survey.address, survey.state) == (
        "Weiterempfehlung (NPS)",
        "weiterempfehlung-nps",
        "draft",
    )
    publishing.publish(session, survey)
    assert survey.state == "live"


def test_two_surveys_from_one_template_share_no_id(session: Session) -> None:
    one = surveys.create_from_template(session, "csat", zone="UTC")
    two = surveys.create_from_template(session, "csat", zone="UTC")

    assert two.address == one.address + "-2"
    assert not editing.ids_of(surveys.draft_of(one)) & editing.ids_of(surveys.draft_of(two))


def test_what_is_no_template_name_zone_or_definition_is_refused(session: Session) -> None:
    with pytest.raises(TemplateNotFound):
        surveys.create_from_template(session, "no-such", zone="UTC")
    for name, zone in (("", "UTC"), ("x" * 121, "UTC"), ("\x00", "UTC"), ("ok", "Mars/Olympus"), ("ok", "../x")):
        with pytest.raises(SurveyInvalid):
            surveys.create(session, name, zone=zone)
    with pytest.raises(DefinitionInvalid):
        surveys.create_from_document(session, "x", {"format": 1}, zone="UTC")
    assert session.scalar(select(func.count()).select_from(Survey)) == 0


def test_a_draft_is_saved_only_over_the_one_that_was_read(session: Session, survey: Survey) -> None:
    surveys.save_draft(session, survey, everything(correction_minutes=5), revision=1)

    with pytest.raises(DraftChanged) as refused:
        surveys.save_draft(session, survey, everything(correction_minutes=6), revision=1)

    assert refused.value.fields == {"revision": 2}
    assert surveys.draft_of(survey).correction_minutes == 5


def test_saving_what_is_there_makes_no_revision(session: Session, survey: Survey) -> None:
    surveys.save_draft(session, survey, everything(), revision=1)

    assert survey.draft_revision == 1


def test_an_edit_applies_to_the_draft(session: Session, survey: Survey) -> None:
    surveys.edit_draft(session, survey, lambda draft: editing.remove_question(draft, "q_easy"))

    assert "easy" not in {q.code for q in surveys.draft_of(survey).questions}
    assert survey.draft_revision == 2


def test_an_address_is_unique_and_plain(session: Session, survey: Survey) -> None:
    other = surveys.create(session, "Other", zone="UTC")

    surveys.rename(session, other, name="  Better \n name ", address="better")
    assert (other.name, other.address) == ("Better name", "better")
    with pytest.raises(AddressTaken):
        surveys.rename(session, other, address=survey.address)
    assert other.address == "better"
    for bad in ("", "UPPER", "a b", "-a", "ä", "x" * 61, "a\n"):
        with pytest.raises(SurveyInvalid):
            surveys.rename(session, other, address=bad)


def test_publishing_again_without_changes_makes_no_version(session: Session, survey: Survey) -> None:
    first = publishing.publish(session, survey)
    assert not publishing.has_unpublished_changes(session, survey)
    assert publishing.publish(session, survey).id == first.id
    publishing.withdraw(session, survey)

    again = publishing.publish(session, survey)

    assert again.id == first.id
    assert survey.state == "live"
    kinds = session.scalars(select(Event.kind).order_by(Event.id)).all()
    assert kinds == ["surveys.survey_published", "surveys.survey_withdrawn", "surveys.survey_published"]


def test_a_version_stays_as_it_was_published(session: Session, survey: Survey) -> None:
    first = publishing.publish(session, survey)
    surveys.edit_draft(
        session, survey, lambda d: editing.edit_question(d, "q_happy", {"help": {"en": "?", "de": "?"}})
    )
    assert publishing.has_unpublished_changes(session, survey)
    found = publishing.find_live(session, survey.address)
    assert found is not None
    assert found.version_id == first.id

    second = publishing.publish(session, survey)

    assert [version.number for version in publishing.list_versions(session, survey)] == [2, 1]
    assert publishing.get_version(session, survey, first.id).document == dump(parse(everything()))
    found = publishing.find_live(session, survey.address)
    assert found is not None
    assert (found.version_id, found.number) == (second.id, 2)


def test_what_is_not_ready_is_not_published(session: Session) -> None:
    survey = surveys.create(session, "Empty", zone="UTC")

    with pytest.raises(NotPublishable) as refused:
        publishing.publish(session, survey)

    assert refused.value.problems == {"/blocks": ["The survey asks nothing yet. Add a question."]}
    assert survey.state == "draft"


def test_a_published_question_cannot_become_another(session: Session, survey: Survey) -> None:
    publishing.publish(session, survey)
    surveys.edit_draft(session, survey, lambda d: editing.edit_question(d, "q_happy", {"type": "ces"}))

    assert list(publishing.problems(session, survey)) == ["/blocks/0/questions/2/type"]


def test_withdrawing_shows_at_once(session: Session, survey: Survey, live: Live) -> None:
    assert publishing.live_fingerprint(session, survey.address) == live.fingerprint

    publishing.withdraw(session, survey)
    publishing.withdraw(session, survey)

    assert publishing.live_fingerprint(session, survey.address) is None
    assert publishing.find_live(session, survey.address) is None
    assert survey.state == "withdrawn"


def test_an_archived_survey_rests_until_it_is_restored(session: Session, survey: Survey, live: Live) -> None:
    surveys.archive(session, survey)
    surveys.archive(session, survey)

    assert publishing.find_live(session, survey.address) is None
    assert list(surveys.list_surveys(session).items) == []
    assert [s.id for s in surveys.list_surveys(session, archived=True).items] == [survey.id]
    with pytest.raises(SurveyArchived):
        publishing.publish(session, survey)
    with pytest.raises(SurveyArchived):
        surveys.save_draft(session, survey, everything(), revision=1)
    surveys.restore(session, survey)
    publishing.publish(session, survey)


def test_a_copy_starts_without_versions_and_responses(session: Session, survey: Survey, live: Live) -> None:
    copy = surveys.duplicate(session, survey)

    assert (copy.name, copy.state, copy.zone) == ("How was it? 2", "draft", survey.zone)
    assert publishing.count_versions(session, copy) == 0


def test_responses_are_deleted_only_with_the_name(session: Session, survey: Survey, live: Live) -> None:
    given = submission({"score": 9})
    intake.submit(session, Target.of(live), given)
    intake.submit(session, Target.of(live), submission({"score": 10}, key=given.key, revision=2))

    for wrong in (None, "", "how was it?"):
        with pytest.raises(SurveyHasResponses) as refused:
            surveys.delete(session, survey, confirm=wrong)
        assert refused.value.fields == {"responses": 1}
    surveys.delete(session, survey, confirm="How was it?")

    for table in (Survey, SurveyVersion, Response, ResponseRevision, ResponseRollup):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_lists_have_pages_search_and_a_total(session: Session) -> None:
    made = [surveys.create(session, f"Survey {n}%", zone="UTC").id for n in range(5)]

    first = surveys.list_surveys(session, limit=3)
    rest = surveys.list_surveys(session, limit=3, after=first.next_cursor)

    assert [s.id for s in (*first.items, *rest.items)] == made[::-1]
    assert rest.next_cursor is None
    assert [s.name for s in surveys.list_surveys(session, search="3%").items] == ["Survey 3%"]
    assert surveys.count_surveys(session) == 5
    assert surveys.count_surveys(session, search="_") == 0
    for bad in ("x", "é", "A" * 99, "=", "AAAA"):
        with pytest.raises(CursorInvalid):
            surveys.list_surveys(session, after=bad)


def test_other_parents_and_tenants_find_nothing(
    session: Session, joined: Services, survey: Survey, live: Live, globex: TenantRef
) -> None:
    other = surveys.create_from_document(session, "Other", document([question("score", "nps")]), zone="UTC")
    with pytest.raises(VersionNotFound):
        publishing.get_version(session, other, live.version_id)
    with pytest.raises(SurveyNotFound):
        surveys.get_survey(session, new_id())
    session.flush()
    with joined.db.open_tenant(globex) as foreign:
        assert publishing.find_live(foreign, survey.address) is None
        assert publishing.find_version(foreign, live.version_id) is None
        with pytest.raises(SurveyNotFound):
            surveys.get_survey(foreign, survey.id)
