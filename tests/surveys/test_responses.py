"""Reading responses one by one, in lists and as CSV."""

import csv
import io
from collections.abc import Iterator
from contextvars import Context
from datetime import UTC, date, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
import time_machine
from sqlalchemy.orm import Session

from customers.imports import reading
from infra import clock, long_jobs
from infra.db import TenantRef
from infra.ids import new_id, unordered_id
from infra.services import Services
from infra.sheets import neutral
from surveys import intake, known, publishing, responses, surveys
from surveys.errors import ResponseNotFound
from surveys.exports import stream
from surveys.intake import Target
from surveys.jobs import answers_csv
from surveys.models import Survey
from surveys.pages import CursorInvalid
from surveys.publishing import Live
from surveys.responses import ResponseFilters
from tenants.permissions import SYSTEM
from tests.surveys.making import document, question, submission, text

Rows = list[dict[str, str]]


def read(pieces: Iterator[bytes]) -> Rows:
    whole = b"".join(pieces).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(whole, newline="")))


def send(session: Session, live: Live, answers: dict[str, object], **fields: object) -> intake.Outcome:
    return intake.submit(session, Target.of(live), submission(answers, **fields))  # type: ignore[arg-type]


@pytest.fixture
def story(session: Session, live: Live) -> list[intake.Outcome]:
    """Five responses over two days, one in German, one unfinished."""
    monday, tuesday = datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    return [
        send(session, live, {"score": 10, "name": "Ann"}, at=monday),
        send(session, live, {"score": 3, "whyy": "=cmd|'/c calc'!A1"}, at=monday),
        send(session, live, {"score": 8}, at=tuesday, language="de"),
        send(session, live, {"score": 9, "seen": ["shop", "other"], "seen.other": "@fair"}, at=tuesday),
        send(session, live, {"happy": 3}, at=tuesday, finished=False),
    ]


def test_lists_page_newest_first(session: Session, survey: Survey, story: list[intake.Outcome]) -> None:
    first = responses.list_responses(session, survey, limit=3)
    rest = responses.list_responses(session, survey, limit=3, after=first.next_cursor)

    assert [r.id for r in (*first.items, *rest.items)] == [outcome.response_id for outcome in story[3::-1]]
    assert rest.next_cursor is None
    with pytest.raises(CursorInvalid):
        responses.list_responses(session, survey, after="nonsense")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (ResponseFilters(), [0, 1, 2, 3]),
        (ResponseFilters(state=None), [0, 1, 2, 3, 4]),
        (ResponseFilters(state="partial"), [4]),
        (ResponseFilters(language="de"), [2]),
        (ResponseFilters(language="\x00"), []),
        (ResponseFilters(end=date(2026, 3, 2)), [0, 1]),
        (ResponseFilters(start=date(2026, 3, 3)), [2, 3]),
        (ResponseFilters(start=date.min, end=date.max), [0, 1, 2, 3]),
        (ResponseFilters(camp="detractors"), [1]),
        (ResponseFilters(camp="promoters"), [0, 3]),
        (ResponseFilters(camp="passives"), [2]),
        (ResponseFilters(with_text=True), [0, 1, 3]),
    ],
)
def test_filters_leave_what_fits(
    session: Session,
    survey: Survey,
    story: list[intake.Outcome],
    filters: ResponseFilters,
    expected: list[int],
) -> None:
    listed = responses.list_responses(session, survey, filters).items

    assert [r.id for r in listed] == [story[n].response_id for n in reversed(expected)]
    assert responses.count_responses(session, survey, filters) == len(expected)
    assert responses.count_responses(session, survey, filters, most=1) == min(1, len(expected))


def test_one_response_is_found_through_its_survey_only(
    session: Session, survey: Survey, story: list[intake.Outcome]
) -> None:
    other = surveys.create(session, "Other", zone="UTC")

    found = responses.get_response(session, survey, story[1].response_id)

    assert found.texts == {"q_whyy": "=cmd|'/c calc'!A1"}
    assert responses.neighbours(session, survey, found) == (story[2].response_id, story[0].response_id)
    for parent, wanted in ((other, found.id), (survey, new_id())):
        with pytest.raises(ResponseNotFound):
            responses.get_response(session, parent, wanted)
        with pytest.raises(ResponseNotFound):
            responses.list_revisions(session, parent, wanted)


def test_what_was_said_before_can_be_read(session: Session, survey: Survey, live: Live) -> None:
    key = unordered_id()
    for revision, point in ((1, 10), (2, 9), (3, 8)):
        outcome = send(session, live, {"score": point}, key=key, revision=revision)

    found = responses.list_revisions(session, survey, outcome.response_id)

    assert [(revision.revision, revision.nps) for revision in found] == [(2, 9), (1, 10)]


def test_the_export_has_a_column_for_each_question(
    session: Session, survey: Survey, story: list[intake.Outcome]
) -> None:
    rows = read(stream(session, survey))

    assert list(rows[0])[8:] == [
        *("score", "whyy", "happy", "easy", "stars", "best", "best.other", "seen", "seen.other", "name", "okay")
    ]
    assert [row["response_id"] for row in rows] == [str(outcome.response_id) for outcome in story[:4]]
    assert (rows[0]["score"], rows[0]["name"], rows[0]["okay"], rows[0]["version"]) == ("10", "Ann", "no", "1")
    assert rows[0]["finished_at"] == "2026-03-02T13:00:00+01:00"
    assert (rows[3]["seen"], rows[3]["seen.other"]) == ("shop;other", "'@fair")
    assert rows[1]["whyy"] == "'=cmd|'/c calc'!A1"


def test_a_spreadsheet_holds_numbers_moments_and_texts_that_nothing_runs(
    session: Session, survey: Survey, live: Live, story: list[intake.Outcome], tmp_path: Path
) -> None:
    send(session, live, {"score": 9, "name": "=1+1"}, at=datetime(2026, 3, 4, 12, tzinfo=UTC))
    path = tmp_path / "answers.xlsx"
    path.write_bytes(b"".join(stream(session, survey, form="xlsx")))
    titles, _ = reading.head_of(path, {"kind": "xlsx"})
    rows = [dict(zip(titles, cells, strict=False)) for _, cells in reading.rows_of(path, {"kind": "xlsx"})]

    assert f"finished_at ({survey.zone})" in titles
    assert [row["response_id"] for row in rows[:4]] == [str(outcome.response_id) for outcome in story[:4]]
    assert (rows[0]["score"], rows[0]["name"], rows[0]["okay"]) == ("10", "Ann", "no")
    assert (rows[1]["whyy"], rows[4]["name"], rows[4]["score"]) == ("=cmd|'/c calc'!A1", "=1+1", "9")
    assert rows[4][f"finished_at ({survey.zone})"] == "2026-03-04"
    sheet = ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert f'<c r="{chr(65 + titles.index("score"))}2"><v>10</v></c>' in sheet


def test_the_export_can_speak_in_words(session: Session, survey: Survey, story: list[intake.Outcome]) -> None:
    rows = read(stream(session, survey, ResponseFilters(camp="promoters"), labels=True, language="de"))

    assert len(rows) == 2
    assert rows[1]["seen (de)"] == "shop (de);else (de)"


def test_the_export_holds_the_questions_of_all_versions(session: Session) -> None:
    survey = surveys.create_from_document(session, "Two", document([question("score", "nps")]), zone="UTC")
    publishing.publish(session, survey)
    old = publishing.find_live(session, survey.address)
    assert old is not None
    send(session, old, {"score": 7})
    happy = question("more", "csat")
    surveys.save_draft(session, survey, document([{**happy, "code": "score"}]), revision=1)
    publishing.publish(session, survey)
    new = publishing.find_live(session, survey.address)
    assert new is not None
    send(session, new, {"more": 4})

    rows = read(stream(session, survey))

    assert [(row["version"], row["score"], row["score (q_score)"]) for row in rows] == [
        ("1", "", "7"),
        ("2", "4", ""),
    ]


def test_an_export_of_nothing_has_its_heads(session: Session, survey: Survey, live: Live) -> None:
    pieces = list(stream(session, survey))

    assert pieces[0].startswith(b"\xef\xbb\xbfresponse_id,version,")
    assert read(iter(pieces)) == []


def test_lines_and_quotes_stay_inside_their_cell(session: Session, survey: Survey, live: Live) -> None:
    words = 'a "quoted";\nsecond, line\r\n\tend'
    send(session, live, {"score": 1, "whyy": words})

    assert read(stream(session, survey))[0]["whyy"] == words.replace("\r\n", "\n")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert neutral(start + "1+1") == "'" + start + "1+1"
    assert neutral("1" + start) == "1" + start


def test_the_choice_of_words_beside_an_option_is_its_own_column(session: Session) -> None:
    source = document([question("best", "single_choice", options=["aa", "bb"], other=text("else"))])
    survey = surveys.create_from_document(session, "Words", source, zone="UTC")
    publishing.publish(session, survey)
    live = publishing.find_live(session, survey.address)
    assert live is not None
    send(session, live, {"best": "other", "best.other": "my own"})

    assert read(stream(session, survey))[0]["best.other"] == "my own"


def test_an_export_in_the_morning_holds_the_anonymous_answers_of_the_day(
    session: Session, survey: Survey, live: Live, joined: Services, acme: TenantRef
) -> None:
    """Of those the day alone is kept, as its noon."""
    with time_machine.travel(clock.now().replace(hour=6), tick=False):
        form = submission({"score": 9})
        intake.submit(session, Target.of(live), known.without_trace(form, survey.zone))
        work = long_jobs.start(session, answers_csv, by=SYSTEM, subject=survey.id, filename="answers.csv")
    Context().run(lambda: long_jobs.run(joined, acme, long_job=str(work.id)))
    session.refresh(work)
    assert (work.state, work.done, work.total) == ("done", 1, 1)
