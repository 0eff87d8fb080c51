"""Leading a respondent without JavaScript: from what was posted to the block that is shown next.

Nothing is kept between two pages; each form carries all answers. A block is shown once more when an answer in it
brought up questions that were not in sight, or when something in it is missing or wrong.
"""

from dataclasses import dataclass
from typing import Any

from surveys.answers import CompiledSurvey, normalise
from surveys.logic import Path
from web.public.surveys.forms import Posted, with_unticked
from web.public.surveys.pages import FormState, state_at


@dataclass(frozen=True, slots=True)
class Walked:
    """The posted answers and the path they lead along."""

    raw: dict[str, Any]
    path: Path
    problems: dict[str, list[str]]


def walked(survey: CompiledSurvey, posted: Posted, language: str, seed: int | None = None) -> Walked:
    """The path for what was posted, reading boxes that were left alone as a "no"."""
    raw = with_unticked(posted, survey)
    checked = normalise(survey, raw, language, seed=seed)
    path = survey.path(checked.said, language, hidden=survey.hidden(raw), seed=seed)
    return Walked(raw, path, checked.problems)


def following(survey: CompiledSurvey, posted: Posted, language: str, seed: int | None = None) -> FormState | None:
    """The form to show after "Continue"; None when nothing is left to ask and the answers can be stored."""
    here = walked(survey, posted, language, seed)
    current = posted.own.get("_at", "")
    blocks = [block for block, _ in here.path.blocks]
    place = blocks.index(current) if current in blocks else -1
    if place >= 0:
        asked = here.path.blocks[place][1]
        fresh = set(asked) - set(posted.seen)
        wrong = {id: here.problems[id] for id in asked if id in here.problems and id not in fresh}
        if fresh or wrong:
            return state_at(survey, here.path, current, here.raw, wrong)
    if place + 1 < len(blocks):
        return state_at(survey, here.path, blocks[place + 1], here.raw)
    return None


def preceding(survey: CompiledSurvey, posted: Posted, language: str, seed: int | None = None) -> FormState:
    """The form to show after "Back"."""
    here = walked(survey, posted, language, seed)
    current = posted.own.get("_at", "")
    blocks = [block for block, _ in here.path.blocks]
    place = blocks.index(current) if current in blocks else 0
    return state_at(survey, here.path, blocks[max(place - 1, 0)] if blocks else None, here.raw)


def corrected(
    survey: CompiledSurvey,
    posted: Posted,
    language: str,
    problems: dict[str, list[str]] | None = None,
    seed: int | None = None,
) -> FormState:
    """The form as it was sent, at the first block with a problem, or at the block that was in sight."""
    here = walked(survey, posted, language, seed)
    problems = problems or {}
    first = next((block for block, ids in here.path.blocks if any(id in problems for id in ids)), None)
    known = [block for block, _ in here.path.blocks]
    current = posted.own.get("_at", "")
    block = first or (current if current in known else None)
    return state_at(survey, here.path, block, here.raw, problems)
