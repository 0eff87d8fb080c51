"""How customers feel now, by survey: the headline of the last 90 days beside the 90 days before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from infra.i18n import current_locale
from surveys import pulse
from surveys.models import Response, Survey
from surveys.pulse import Arrivals, Headline
from web import tenancy
from web.auth import may
from web.console.surveys.findings import Score, score_against, statement

SHOWN = 5
"""Surveys on the page."""
QUOTED = 2
"""Surveys whose newest words are shown."""


@dataclass(frozen=True, slots=True)
class Feeling:
    """What one survey says about now: a statement and a score, both None while nobody has answered."""

    survey: Survey
    answers: int
    statement: str | None = None
    score: Score | None = None
    week: Score | None = None
    """The score of the last seven full days beside the seven before."""
    words: Sequence[tuple[Response, str]] = ()


def read(newest: Sequence[Survey], arrivals: Mapping[UUID, Arrivals]) -> list[Feeling]:
    """The surveys for the page: live ones first, and those first that most have answered."""

    def rank(survey: Survey) -> tuple[int, int]:
        return ("live", "draft", "withdrawn", "archived").index(survey.state), -_answers(survey, arrivals)

    chosen = sorted(newest, key=rank)[:SHOWN]
    asked = [survey for survey in chosen if survey.live_version_id or survey.withdrawn_at]
    headlines = pulse.read_headlines(tenancy.session(), asked) if asked else {}
    words = _words([survey for survey in asked if survey.id in headlines][:QUOTED])
    return [_feeling(survey, _answers(survey, arrivals), headlines.get(survey.id), words) for survey in chosen]


def _feeling(
    survey: Survey, answers: int, headline: Headline | None, words: Mapping[UUID, Sequence[tuple[Response, str]]]
) -> Feeling:
    if headline is None:
        return Feeling(survey, answers)
    result, before = headline.result("now"), headline.result("before")
    week, week_before = headline.result("week"), headline.result("week_before")
    return Feeling(
        survey=survey,
        answers=answers,
        statement=statement(result, current_locale()),
        score=score_against(result, before if before.answered else None),
        week=score_against(week, week_before if week_before.answered else None),
        words=words.get(survey.id, ()),
    )


def _words(surveys: Sequence[Survey]) -> dict[UUID, list[tuple[Response, str]]]:
    """The newest words of each, for whom may read single answers."""
    found: dict[UUID, list[tuple[Response, str]]] = {}
    if not surveys or not may("responses.read"):
        return found
    newest = pulse.newest_words(tenancy.session(), [survey.id for survey in surveys])
    for response in sorted(newest, key=lambda each: each.id, reverse=True):
        said = next((str(words) for words in response.texts.values() if words), "")
        if said:
            found.setdefault(response.survey_id, []).append((response, said))
    return found


def _answers(survey: Survey, arrivals: Mapping[UUID, Arrivals]) -> int:
    return arrivals[survey.id].now if survey.id in arrivals else 0
