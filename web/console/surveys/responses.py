"""The single answers: list, one by one, and all of them as a file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import render_template, request
from werkzeug.wrappers import Response as Answer

from infra.errors import NotFound
from infra.i18n import current_locale, format_number, format_size, use
from surveys import files, low, publishing
from surveys import responses as reading
from surveys.definition import TEXTS, Definition, Question, Text, parse, words
from surveys.figures import count_finished
from surveys.models import Response, Survey
from surveys.responses import ResponseFilters
from tenants import audit
from web import tenancy
from web.console.surveys.blueprint import blueprint
from web.console.surveys.frame import tabs, the_survey
from web.schemas.surveys import ResponseQuery

Page = str | Answer | tuple[str, int]

PAGE_SIZE = 25
COUNTED = 1_000
"""Answers that fit a filter are counted up to here; beyond, the page says "more than"."""


@dataclass(frozen=True, slots=True)
class Said:
    """One question and what was answered to it."""

    asked: str
    answer: str
    written: str
    files: Sequence[tuple[str, str, str]] = ()
    """Id, name and size of what was sent along."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What was stored beside the answers: the ending's words, and pairs of a code and a value."""

    ending: str
    hidden: Sequence[tuple[str, str]]
    variables: Sequence[tuple[str, str]]


@blueprint.get("/<uuid:survey_id>/responses")
def responses(survey_id: UUID) -> Page:
    """Finished answers, newest first, filtered by what stands in the address."""
    query = ResponseQuery().load(request.args)
    survey, session = the_survey(survey_id), tenancy.session()
    audit.record_reading(session, "survey.answers_listed", by=tenancy.actor(), subject=survey.id)
    filters = _filters(**query)
    page = reading.list_responses(session, survey, filters, after=query["after"], limit=PAGE_SIZE)
    total, more = _total(survey, filters)
    shown = {"page": page, "total": total, "more": more, **_listed(survey, page.items)}
    with use(zone=survey.zone):
        return render_template("console/surveys/responses.html", survey=survey, query=query, tabs=tabs, **shown)


@blueprint.get("/<uuid:survey_id>/responses/<uuid:response_id>")
def response(survey_id: UUID, response_id: UUID) -> Page:
    """One answer beside the questions as they were when it was given."""
    survey, session = the_survey(survey_id), tenancy.session()
    found = reading.get_response(session, survey, response_id)
    newer, older = reading.neighbours(session, survey, found)
    if tenancy.actor().kind == "staff":
        low.look_at(session, found, by=tenancy.actor().id)
    definition = _definition(survey, found.version_id)
    shown = {
        "response": found,
        "said": said(definition, found),
        "beside": beside(definition, found),
        "revisions": reading.list_revisions(session, survey, found.id),
    }
    with use(zone=survey.zone):
        return render_template(
            "console/surveys/response.html", survey=survey, newer=newer, older=older, tabs=tabs, **shown
        )


@blueprint.get("/<uuid:survey_id>/responses/<uuid:response_id>/files/<uuid:file_id>")
def response_file(survey_id: UUID, response_id: UUID, file_id: UUID) -> Answer:
    """A file that was sent along, to be kept and not shown: what a browser shows it may run."""
    survey, session = the_survey(survey_id), tenancy.session()
    found = reading.get_response(session, survey, response_id)
    session.expunge(found)
    tenancy.checkpoint()
    kept = files.read(tenancy.services().storage, tenancy.tenant(), found, file_id)
    if kept is None:
        raise NotFound()
    name, pieces = kept
    answer = Answer(pieces, mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _total(survey: Survey, filters: ResponseFilters) -> tuple[int, bool]:
    """How many answers fit, and whether there are more: all are known exactly from the counts, some are counted."""
    session = tenancy.session()
    if filters == ResponseFilters():
        return count_finished(session, [survey.id])[survey.id], False
    total = reading.count_responses(session, survey, filters, most=COUNTED)
    return total, total >= COUNTED


def said(definition: Definition, found: Response) -> list[Said]:
    """Every answered question in the order of the version that was answered."""
    language = found.language
    return [
        Said(
            words(question.text, current_locale(), language) or question.code,
            _answer(question, found, language),
            str(found.texts.get(question.id, "")) if _is_worded(question) else "",
            _files(found.texts.get(question.id)) if question.kind.value == "files" else (),
        )
        for question in definition.questions
        if question.id in found.answers or question.id in found.texts
    ]


def beside(definition: Definition, found: Response) -> Beside:
    """What was stored beside the answers, in the words of the version that was answered."""
    ending = next((each for each in definition.endings if each.id == found.ending), None)
    said = ending and (_said(ending.title, definition) or _said(ending.text, definition))
    codes = {variable.id: variable.code for variable in definition.variables}
    values = (found.variables or {}).items()
    return Beside(
        ending=(said or found.ending or "")[:120],
        hidden=[(code, str(value)) for code, value in (found.hidden or {}).items()],
        variables=[(codes.get(id, id), format_number(Decimal(str(value)))) for id, value in values],
    )


def _said(text: Text, definition: Definition) -> str:
    return words(text, current_locale(), definition.default_language)


def _files(stored: Sequence[Mapping[str, Any]] | None) -> list[tuple[str, str, str]]:
    return [(str(each["id"]), str(each["name"]), format_size(int(each["size"]))) for each in stored or ()]


def _is_worded(question: Question) -> bool:
    """Whether what stands in its texts was written by hand: an answer in words, or words beside an option."""
    return question.type in TEXTS or question.kind.stored == "answers"


def _listed(survey: Survey, rows: Sequence[Response]) -> dict[str, object]:
    """What a list shows of its rows: the scores they can have, and their first words."""
    definitions = {version: _definition(survey, version) for version in {row.version_id for row in rows}}
    excerpts = {row.id: _excerpt(row, definitions[row.version_id]) for row in rows}
    return {"scores": _scores(definitions.values()), "excerpts": excerpts}


def _answer(question: Question, found: Response, language: str) -> str:
    value = (found.answers if question.kind.stored == "answers" else found.texts).get(question.id)
    if value is None or question.type in TEXTS or question.kind.value == "files":
        return ""
    return question.kind.say(question, value, lambda text: words(text, current_locale(), language))


def _excerpt(found: Response, definition: Definition) -> str:
    """The first written words of an answer, for the list."""
    texts = (found.texts.get(question.id) for question in definition.questions if _is_worded(question))
    first = next((str(text) for text in texts if text), "")
    return first if len(first) <= 160 else first[:159] + "…"


def _scores(definitions: Iterable[Definition]) -> list[str]:
    """The headline scores that the answers on a page can have."""
    asked = {question.type for definition in definitions for question in definition.questions}
    return [kind for kind in ("nps", "csat", "ces") if kind in asked]


def _definition(survey: Survey, version_id: UUID) -> Definition:
    return parse(publishing.get_version(tenancy.session(), survey, version_id).document)


def _filters(camp: str, text: str, after: str | None) -> ResponseFilters:
    return ResponseFilters(camp=camp or None, with_text=text == "yes")  # type: ignore[arg-type]
