"""Responses as CSV or XLSX, in constant memory: one column for each question of all versions, option codes inside.

No cell is run as a formula (`infra.sheets`); in XLSX scores are numbers and moments are moments. Several codes in a
cell are separated by `;`. What respondents wrote for their own option stands in a column of its own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Select, String, cast, or_, select
from sqlalchemy.orm import Session

from infra import sheets
from infra.long_jobs import Work
from surveys import export_frame, known
from surveys.definition import Question, Text, parse, words
from surveys.definition.kinds import base as definition_kinds
from surveys.errors import SurveyNotFound
from surveys.figures import count_finished
from surveys.models import Response, Survey, SurveyVersion
from surveys.responses import ResponseFilters, select_responses
from surveys.surveys import get_survey

BATCH = 2_000
"""Rows held in memory at a time."""

FRAME = ("response_id", "version", "state", "revision", "language", "source", "started_at", "finished_at")
MOMENTS = ("started_at", "finished_at")

Cell = Callable[[Mapping[str, Any], Mapping[str, str]], object]
"""Makes one cell from a response's answers and texts."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file."""

    title: str
    cell: Cell


class Sheet:
    """The shape of a file: its columns are those of all versions that there were when it was begun."""

    def __init__(
        self, session: Session, survey: Survey, *, labels: bool = False, language: str | None = None
    ) -> None:
        self._numbers, self._columns = _columns(session, survey, labels, language)
        self._beside = export_frame.columns_beside(session, survey)
        self._zone = ZoneInfo(survey.zone)

    def titles(self, form: str) -> list[str]:
        """The headings."""
        titles = [*FRAME, *(each.title for each in self._beside), *(column.title for column in self._columns)]
        return sheets.headings(form, titles, MOMENTS, self._zone.key)

    def cells(self, rows: Iterable[Any]) -> Iterator[list[object]]:
        """Rows of `select_cells` as lines."""
        return (_row(row, self._numbers, self._beside, self._columns, self._zone) for row in rows)


def select_cells(survey: Survey, filters: ResponseFilters | None = None) -> Select[*tuple[Any, ...]]:
    """What a sheet wants to know of each response, oldest first."""
    return (
        select_responses(survey, filters or ResponseFilters())
        .with_only_columns(
            Response.id,
            Response.version_id,
            Response.state,
            Response.revision,
            Response.language,
            Response.source,
            Response.started_at,
            Response.finished_at,
            cast(Response.answers, String),
            cast(Response.texts, String),
            *export_frame.BESIDE,
        )
        .order_by(Response.id)
    )


def stream(
    session: Session,
    survey: Survey,
    filters: ResponseFilters | None = None,
    *,
    form: str = sheets.CSV,
    labels: bool = False,
    language: str | None = None,
) -> Iterator[bytes]:
    """The responses as a file, oldest first, in pieces of about 2,000 rows; of XLSX when the last one was read.

    With `labels`, options and headings read in words (of `language`, else the default one). Times are in the
    survey's zone. Uses a server-side cursor: the session's transaction must stay open until the last piece.
    """
    sheet = Sheet(session, survey, labels=labels, language=language)
    query = select_cells(survey, filters).execution_options(stream_results=True, max_row_buffer=BATCH)

    def batches() -> Iterator[Iterable[Sequence[object]]]:
        with session.execute(query) as rows:
            for batch in rows.partitions(BATCH):
                yield sheet.cells(batch)

    return sheets.pieces(form, sheet.titles(form), batches())


def export(work: Work) -> Iterator[bytes]:
    """The same file for long work: in short transactions, none of which is open while a piece is taken away.

    It holds what was finished when it was asked for; what is corrected meanwhile stands in it as it was corrected.
    """
    form = form_of(work)
    with work.session() as session:
        survey = get_survey(session, _subject(work))
        sheet, total = Sheet(session, survey), count_finished(session, [survey.id])[survey.id]
        session.expunge(survey)
    work.advance(0, total)
    return sheets.pieces(form, sheet.titles(form), _batches(work, survey, sheet))


def form_of(work: Work) -> str:
    """CSV, unless something else was asked for."""
    return str(work.ids.get("form", sheets.CSV))


def _batches(work: Work, survey: Survey, sheet: Sheet) -> Iterator[Iterable[Sequence[object]]]:
    """What was finished when it was asked for; of anonymous answers of that day nobody knows whether they were."""
    today = known.day_alone(work.asked_at, survey.zone)
    finished = or_(Response.finished_at <= work.asked_at, Response.finished_at == today)
    query = select_cells(survey).where(finished).limit(BATCH)
    done, after = 0, None
    while True:
        with work.session() as session:
            rows = session.execute(query if after is None else query.where(Response.id > after)).all()
        if not rows:
            return
        yield sheet.cells(rows)
        done, after = done + len(rows), rows[-1][0]
        work.advance(done)


def _subject(work: Work) -> UUID:
    if work.subject is None:
        raise SurveyNotFound()
    return work.subject


def _row(
    row: Any,
    numbers: Mapping[Any, int],
    beside: Sequence[export_frame.Beside],
    columns: Sequence[Column],
    zone: ZoneInfo,
) -> list[object]:
    answers, texts = orjson.loads(row[8]), orjson.loads(row[9])
    frame: list[object] = [
        str(row[0]),
        numbers.get(row[1], ""),
        row[2],
        row[3],
        row[4],
        row[5],
        _moment(row[6], zone),
        _moment(row[7], zone),
    ]
    return [*frame, *(each.take(row) for each in beside), *(column.cell(answers, texts) for column in columns)]


def _moment(value: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if value is None else value.astimezone(zone)


def _columns(
    session: Session, survey: Survey, labels: bool, language: str | None
) -> tuple[dict[Any, int], list[Column]]:
    """Numbers of the versions by id, and the columns: questions of the newest version first, then of older ones."""
    query = select(SurveyVersion).where(SurveyVersion.survey_id == survey.id)
    versions = session.scalars(query.order_by(SurveyVersion.number.desc())).all()
    definitions = [parse(version.document) for version in versions]
    questions: dict[str, Question] = {}
    names: dict[str, dict[str, str]] = {}
    for definition in definitions:
        tongue = language or definition.default_language
        for question in definition.questions:
            if question.asks:
                questions[question.id] = _joined(questions.get(question.id), question)
                named = names.setdefault(question.id, {})
                for option in question.options:
                    named.setdefault(option.code, words(option.text, tongue, definition.default_language))
                if question.other is not None:
                    named.setdefault("other", words(question.other, tongue, definition.default_language))
    taken: set[str] = set(FRAME)
    columns: list[Column] = []
    default = definitions[0].default_language if definitions else "en"

    def say(text: Text) -> str:
        return words(text, language or default, default)

    for question in questions.values():
        columns.extend(_of_question(question, names[question.id], say if labels else None, taken))
    return {version.id: version.number for version in versions}, columns


def _of_question(
    question: Question, names: Mapping[str, str], say: Callable[[Text], str] | None, taken: set[str]
) -> Iterator[Column]:
    """Its columns, headed by codes, or in words where it is known how to `say` them."""
    title = (say(question.text) if say else "") or question.code
    unique = title if title not in taken else f"{title} ({question.id})"
    taken.add(unique)
    for cell in question.kind.columns(question):
        own = say(cell.label) if say and cell.label else ""
        yield Column(
            f"{unique} – {own}" if own else unique + cell.suffix, _cell(question, cell, names if say else {})
        )
    if question.kind.may_remark(question) or "other" in names:
        yield Column(f"{unique}.{question.kind.remark}", _text_cell(question.id))


def _joined(newer: Question | None, older: Question) -> Question:
    """The question with rows and options that only an older version had, at the end."""
    if newer is None:
        return older
    rows = {row.code: row for row in (*older.rows, *newer.rows)}
    options = {option.code: option for option in (*older.options, *newer.options)}
    order = (
        [each.code for each in (*newer.rows, *older.rows)],
        [each.code for each in (*newer.options, *older.options)],
    )
    return replace(
        newer,
        rows=tuple(rows[code] for code in dict.fromkeys(order[0])),
        options=tuple(options[code] for code in dict.fromkeys(order[1])),
    )


def _cell(question: Question, column: definition_kinds.Cell, names: Mapping[str, str]) -> Cell:
    key, kept_in_texts = question.id, question.kind.stored == "texts"

    def one(answers: Mapping[str, Any], texts: Mapping[str, Any]) -> object:
        value = column.take((texts if kept_in_texts else answers).get(key))
        if isinstance(value, list):
            return ";".join(names.get(code) or str(code) for code in value)
        return names.get(value) or value if isinstance(value, str) else value

    return one


def _text_cell(key: str) -> Cell:
    def cell(answers: Mapping[str, Any], texts: Mapping[str, str]) -> object:
        return texts.get(key, "")

    return cell
