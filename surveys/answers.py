"""From what a respondent sent to what is stored: validated, on the path, with option codes.

A definition is compiled once to a `CompiledSurvey` whose questions are functions; an answer then costs one walk.
Raw answers come from a form (strings) or from the API (JSON): `{"q_7h3k2m": 9, "q_2b9xq4": ["price", "other"],
"q_2b9xq4.other": "the colour", "hidden.plan": "gold"}`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from surveys.definition import OTHER, Definition, Question
from surveys.definition.kinds.base import Answer, Read, Refused
from surveys.definition.kinds.plain import clean
from surveys.logic import Path, Route, State, Step, compile_route, is_shuffled, path_on, walk
from surveys.logic.hidden import PREFIX, cleaned
from surveys.logic.quotas import Bound, compile_quotas, quotas_of
from surveys.wording import N_, Sentence

Raw = Mapping[str, Any]
HEADLINES = frozenset({"nps", "csat", "ces"})
"""The scores that stand beside a response, so that lists can be filtered by them."""

OTHER_LIMIT = 500
REASON_LIMIT = 5_000
LIMITS = {OTHER: OTHER_LIMIT, "reason": REASON_LIMIT}
MAX_KEYS = 2_000

UNKNOWN = N_("This survey has no such question.")


@dataclass(slots=True)
class Checked:
    """What is stored when `problems` is empty.

    `answers` by question id: a score as number, one option as its code, several as a list of codes, a consent as
    a boolean. `texts` by question id: free text, what was written for the respondent's own option, and all other
    values that are not counted one by one: numbers, moments, addresses.
    `nps`, `csat` and `ces` are the first score of that type on the path. `problems` by question id.
    `ending` is where a jump led; None is the usual end. `hidden` by code, `values` of variables by id, and the ids
    of the `quotas` that a finished answer falls into are there where the survey has such.
    """

    answers: dict[str, Any]
    texts: dict[str, Any]
    problems: dict[str, list[str]]
    nps: int | None = None
    csat: int | None = None
    ces: int | None = None
    ending: str | None = None
    hidden: Mapping[str, Any] | None = None
    values: Mapping[str, float] | None = None
    quotas: tuple[str, ...] = ()

    @property
    def said(self) -> dict[str, Any]:
        """Everything that conditions and texts ask for: see `said`."""
        return said(self.answers, self.texts)


def said(answers: Mapping[str, Any], texts: Mapping[str, Any]) -> dict[str, Any]:
    """Stored answers as the walk takes them, words beside an own option under `<question id>.other`."""
    own = {f"{key}.{OTHER}": words for key, words in texts.items() if key in answers}
    return {**texts, **answers, **own}


@dataclass(frozen=True, slots=True)
class CompiledSurvey:
    """A definition ready for the answer path. Make it once per version with `compile_survey` and keep it."""

    definition: Definition
    route: Route
    readers: Mapping[str, Read]
    fields: Mapping[str, Mapping[str, str]]
    loads: Mapping[str, Callable[[Any], Answer]]
    uploads: frozenset[str]
    """The questions whose answers are files."""
    keys: frozenset[str]
    quotas: tuple[Bound, ...]
    shuffles: bool
    """Whether somebody's order depends on their seed."""
    concludes: bool
    """Whether anything but answers follows from a walk: hidden fields, variables, quotas."""
    tells: bool
    """Whether the last page depends on the answers: by an ending, or by what its words say."""
    screening: frozenset[str]
    """The endings that do not count."""
    full_endings: Mapping[str, str]
    """Where each quota leads when it is full; an empty id is the usual end."""

    def path(
        self,
        answers: Mapping[str, Any],
        language: str,
        *,
        hidden: Mapping[str, Any] | None = None,
        seed: int | None = None,
    ) -> Path:
        """The path for stored answers, as `said` gives them."""
        fitting = {key: self.loads[key](value) for key, value in answers.items() if key in self.loads}
        return path_on(self.in_order(seed), self.route.state(language, None, hidden), fitting)

    def in_order(self, seed: int | None) -> Route:
        """The route in the order of a respondent."""
        return self.route.in_order(seed) if self.shuffles else self.route

    def hidden(self, raw: Raw) -> dict[str, str] | None:
        """What the link brought along, among raw answers; None where the survey takes nothing."""
        if not self.definition.hidden:
            return None
        return cleaned({field.code: raw.get(PREFIX + field.code) for field in self.definition.hidden})


def compile_survey(definition: Definition) -> CompiledSurvey:
    """Turns the definition into functions."""
    asked = [question for question in definition.questions if question.asks]
    ids = {question.id for question in definition.questions}
    own = {f"{q.id}.{q.kind.remark}" for q in asked if q.kind.may_remark(q)}
    fields = {
        question.id: {name: f"{question.id}.{name}" for name in found}
        for question in asked
        if (found := question.kind.fields(question))
    }
    own.update(key for names in fields.values() for key in names.values())
    hidden = {PREFIX + field.code for field in definition.hidden}
    return CompiledSurvey(
        definition,
        compile_route(definition),
        {question.id: question.kind.reader(question) for question in asked},
        fields,
        {question.id: question.kind.load for question in asked},
        frozenset(question.id for question in asked if question.kind.value == "files"),
        frozenset(ids | own | hidden),
        compile_quotas(definition),
        is_shuffled(definition),
        bool(definition.hidden or definition.variables or definition.quotas),
        bool(definition.endings) or any("{{" in thanks for thanks in definition.thanks.values()),
        frozenset(ending.id for ending in definition.endings if not ending.counts),
        {quota.id: quota.ending for quota in definition.quotas},
    )


def normalise(
    survey: CompiledSurvey, raw: Raw, language: str, *, finished: bool = True, seed: int | None = None
) -> Checked:
    """Checks raw answers against the survey and walks the path with them, in the order of the seed.

    Answers off the path are dropped, also invalid ones. When `finished`, a required question on the path without
    an answer is a problem; a partial save may leave anything open. Never raises for bad input.
    """
    checked = Checked({}, {}, {})
    values: dict[str, Answer] = {}
    if not survey.keys.issuperset(raw):
        for key in list(raw)[:MAX_KEYS]:
            if key not in survey.keys:
                checked.problems[str(key)[:40]] = [Sentence(UNKNOWN)]

    state = (
        survey.route.state(language, values, survey.hidden(raw)) if survey.concludes else State(language, values)
    )

    def visit(step: Step) -> None:
        question = step.question
        required = question.required if step.needed is None else step.requires(state)
        _take(question, survey, raw, language, values, checked, finished, finished and required)

    checked.ending = walk(survey.route.in_order(seed) if survey.shuffles else survey.route, state, visit)
    if survey.concludes:
        _conclude(survey, state, checked, finished)
    return checked


def _conclude(survey: CompiledSurvey, state: State, checked: Checked, finished: bool) -> None:
    """What follows from the answers beside them."""
    definition = survey.definition
    if definition.hidden:
        checked.hidden = dict(state.hidden)
    if definition.variables:
        checked.values = dict(state.variables())
    if survey.quotas and finished:
        checked.quotas = tuple(quota.id for quota in quotas_of(survey.quotas, state))


def _take(
    question: Question,
    survey: CompiledSurvey,
    raw: Raw,
    language: str,
    values: dict[str, Answer],
    checked: Checked,
    finished: bool,
    required: bool,
) -> None:
    """Reads the answer to one question on the path."""
    key, kind = question.id, question.kind
    if not question.asks:
        return
    try:
        value = survey.readers[key](_raw(survey, raw, key), language)
    except Refused as refused:
        checked.problems[key] = [refused.sentence]
        return
    if required:
        missing = kind.lacking(question, value)
        if missing is not None:
            checked.problems[key] = [missing]
    if value is None and finished and key not in checked.problems:
        value = kind.unsaid
    if value is None:
        return
    values[key] = value
    if kind.stored == "texts":
        checked.texts[key] = kind.store(value)
        return
    checked.answers[key] = kind.store(value)
    if question.type in HEADLINES and getattr(checked, question.type) is None:
        setattr(checked, question.type, value)
    if kind.remark and kind.remarks(question, value):
        _take_remark(key, kind.remark, raw, checked)


def _raw(survey: CompiledSurvey, raw: Raw, key: str) -> Any:
    """What was sent for a question: one value, or the parts of it that a form sends under names of their own."""
    names = survey.fields.get(key)
    if names is None or key in raw:
        return raw.get(key)
    return {name: raw[field] for name, field in names.items() if field in raw} or None


def _take_remark(key: str, name: str, raw: Raw, checked: Checked) -> None:
    try:
        words = clean(raw.get(f"{key}.{name}"), LIMITS[name])
    except Refused as refused:
        checked.problems[key] = [refused.sentence]
        return
    if words:
        checked.texts[key] = words
