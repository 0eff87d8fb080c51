"""Everything a walk finds out, as JSON: what previews show, and what both evaluators are compared by."""

from collections.abc import Iterator, Mapping
from typing import Any

from surveys.definition import Definition, Question, words
from surveys.definition.model import Text
from surveys.logic.order import arranged
from surveys.logic.piping import Say, filled, sayer
from surveys.logic.quotas import compile_quotas, quotas_of
from surveys.logic.route import Path, compile_route, path_on

NOTHING: Mapping[str, Any] = {}


def evaluate(
    definition: Definition,
    answers: Mapping[str, Any],
    language: str,
    hidden: Mapping[str, Any] = NOTHING,
    seed: int | None = None,
) -> dict[str, Any]:
    """What `evaluate` of `evaluate.js` says of the same; `docs/logic.md` names its parts."""
    route = compile_route(definition).in_order(seed)
    path = path_on(route, route.state(language, raw=hidden), answers)
    say = sayer(route.definition, path.state, answers)
    return {
        "path": [[block, list(questions)] for block, questions in path.blocks],
        "required": list(path.required),
        "ending": path.ending,
        "variables": dict(path.state.variables()),
        "order": order_of(definition, seed),
        "texts": dict(_texts(route.definition, path, language, say)),
        "quotas": [quota.id for quota in quotas_of(compile_quotas(definition), path.state)],
    }


def order_of(definition: Definition, seed: int | None) -> dict[str, list[str]]:
    """The order of what is shuffled: `blocks`, questions by block id, codes of options by question
    id, those of rows by `<question id>.rows`."""
    made = arranged(definition, seed)
    found = {"blocks": [block.id for block in made.blocks]} if definition.shuffle else {}
    for block in made.blocks:
        if block.shuffle:
            found[block.id] = [question.id for question in block.questions]
        found |= dict(_order_within(question) for question in block.questions if question.shuffle)
    return found


def _order_within(question: Question) -> tuple[str, list[str]]:
    """The order of a table's rows, or of a question's options."""
    if question.rows:
        return f"{question.id}.rows", [row.code for row in question.rows]
    return question.id, [option.code for option in question.options]


def _texts(definition: Definition, path: Path, language: str, say: Say) -> Iterator[tuple[str, str]]:
    """The texts with places to fill that somebody sees: of questions on the path, and of their ending."""
    for thing, text in _seen(definition, path):
        said = words(text, language, definition.default_language)
        if "{{" in said:
            yield thing, filled(said, say)


def _seen(definition: Definition, path: Path) -> Iterator[tuple[str, Text]]:
    shown = set(path.questions)
    yield from ((question.id, question.text) for question in definition.questions if question.id in shown)
    yield from ((ending.id, ending.text) for ending in definition.endings if ending.id == path.ending)
