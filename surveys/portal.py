"""Surveys on the customer pages: what somebody was invited to, and what they answered by name.

Anonymous surveys are not among them: nothing there may know who somebody is. Whoever was invited to one has the
link of their mail.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from customers import people
from customers.links import UNTOLD
from customers.models import Person, PersonalLink
from customers.portal.offers import Entry, Offer
from customers.portal.parts import About, Part
from infra import clock
from infra.i18n import N_, current_locale
from surveys.definition import parse, words
from surveys.definition.model import Definition, Question
from surveys.known import ANSWER, PORTAL
from surveys.models import Response, ResponseRevision, Survey, SurveyVersion

MOST = 20


def open_to(session: Session, person: Person) -> Sequence[Entry] | None:
    """Surveys to which they were invited by name and which they have not finished; None where there are none."""
    ids = people.ids_of(session, person.id)
    link = PersonalLink
    invited = exists().where(
        link.person_id.in_(ids),
        link.purpose == ANSWER,
        link.ref_id == Survey.id,
        or_(link.spent_at.is_(None), link.spent_at == UNTOLD),
        link.revoked_at.is_(None),
        link.expires_at > clock.now(),
    )
    answered = exists().where(
        Response.person_id.in_(ids), Response.survey_id == Survey.id, Response.state != "partial"
    )
    query = (
        select(Survey.name, Survey.address, SurveyVersion.document)
        .join(SurveyVersion, SurveyVersion.id == Survey.live_version_id)
        .where(Survey.identity == "identified", Survey.archived_at.is_(None), invited, ~answered)
        .order_by(Survey.id.desc())
        .limit(MOST)
    )
    found = session.execute(query).all()
    return [Entry(_title(row.document) or row.name, f"/s/{row.address}?w={PORTAL}") for row in found] or None


def _title(document: dict[str, Any]) -> str:
    """What respondents read above it, in the language in use."""
    found = parse(document)
    return words(found.title, current_locale(), found.default_language)


def _responses(about: About) -> Select[*tuple[Any, ...]]:
    row, old = Response, ResponseRevision
    before = (
        select(
            func.jsonb_agg(
                func.jsonb_build_object("until", old.replaced_at, "answers", old.answers, "texts", old.texts)
            )
        )
        .where(old.response_id == row.id)
        .scalar_subquery()
    )
    return (
        select(
            row.finished_at,
            Survey.name.label("survey"),
            SurveyVersion.document,
            row.state,
            row.language,
            row.answers,
            row.texts,
            row.nps,
            row.csat,
            row.ces,
            row.hidden,
            row.variables,
            before.label("before"),
        )
        .join(Survey, Survey.id == row.survey_id)
        .join(SurveyVersion, SurveyVersion.id == row.version_id)
        .where(about.of(row.person_id))
    )


def _in_words(session: Session, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Questions and options as they read when they were answered."""
    definition = parse(row["document"])
    told = {**row, "answers": _said(definition, row), "before": []}
    told["variables"] = _calculated(definition, row["variables"] or {})
    for each in row["before"] or ():
        told["before"] += [{"until": each["until"]}, *_said(definition, {**row, **each})]
    for internal in ("document", "texts"):
        told.pop(internal)
    return [told]


def _calculated(definition: Definition, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of variables by their codes, which is what staff call them."""
    codes = {variable.id: variable.code for variable in definition.variables}
    return {codes.get(id, id): value for id, value in values.items()}


def _said(definition: Definition, row: Mapping[str, Any]) -> list[dict[str, str]]:
    asked = {question.id: question for question in definition.questions}
    language, default = row["language"], definition.default_language
    found = []
    for id in dict.fromkeys((*row["answers"], *row["texts"])):
        question = asked.get(id)
        title = words(question.text, language, default) if question else id
        written = row["texts"].get(id)
        if question is not None and question.kind.stored == "texts":
            said = [_value(question, written, language, default)]
        else:
            value = _value(question, row["answers"].get(id), language, default)
            said = [each for each in (value, str(written or "")) if each]
        found.append({title: " – ".join(said)})
    return found


def _value(question: Question | None, value: Any, language: str, default: str) -> str:
    if value is None:
        return ""
    if question is None:
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return question.kind.say(question, value, lambda text: words(text, language, default))


OFFER = Offer(
    "surveys",
    N_("Surveys open to you"),
    N_("Your opinion counts; it takes a few minutes."),
    "",
    open_to,
)
PART = Part(
    "answers",
    N_("Your answers"),
    Response.id,
    _responses,
    {
        **{"finished_at": N_("When"), "survey": N_("Survey"), "state": N_("State"), "language": N_("Language")},
        **{
            "answers": N_("Answers"),
            "nps": "NPS",
            "csat": "CSAT",
            "ces": "CES",
            "hidden": N_("What your link said"),
            "variables": N_("Calculated from your answers"),
            "before": N_("Before corrections"),
        },
    },
    {
        "state": {
            "finished": N_("Finished"),
            "partial": N_("Not finished"),
            "screened": N_("Ended early, does not count"),
        }
    },
    ("responses",),
    _in_words,
)
