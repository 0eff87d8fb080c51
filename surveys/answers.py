"""From what a respondent sent to what is stored: validated, on the path, with option codes.

A definition is compiled once to a `CompiledSurvey` whose questions are functions; an answer then costs one walk.
Raw answers come from a form (strings) or from the API (JSON): `{"q_7h3k2m": 9, "q_2b9xq4": ["price", "other"],
"q_2b9xq4.other": "the colour"}`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from surveys.definition import OTHER, SCORES, TEXTS, Definition, Question
from surveys.definition.reader import UNSTORABLE
from surveys.logic import Answer, Path, Step, Stretch, compile_route, path_on, walk
from surveys.wording import N_, Sentence

Raw = Mapping[str, Any]
Read = Callable[[Any], Answer | None]
"""Reads one raw value: the answer, or None when there is none. Raises Refused with a sentence."""

OTHER_LIMIT = 500
MAX_KEYS = 2_000

REQUIRED = N_("Please answer this question.")
REQUIRED_CONSENT = N_("Please tick this box to go on.")
UNKNOWN = N_("This survey has no such question.")
NO_SCORE = N_("Please choose a number from %(low)s to %(high)s.")
NO_OPTION = N_("Please choose one of the options.")
TOO_FEW = N_("Please choose at least %(least)s.")
TOO_MANY = N_("Please choose at most %(most)s.")
TOO_LONG = N_("Please write at most %(most)s characters.")
NO_TEXT = N_("This must be a text.")
NO_CONSENT = N_("This must be true or false.")
OTHER_SUFFIX = ".other"

YES = frozenset({"true", "yes", "on", "1"})
NO = frozenset({"false", "no", "off", "0"})


class Refused(Exception):
    """A raw answer that cannot be accepted; the sentence is its argument."""

    def __init__(self, message: str, **fields: object) -> None:
        super().__init__(message)
        self.sentence = Sentence(message, **fields)


@dataclass(slots=True)
class Checked:
    """What is stored when `problems` is empty.

    `answers` by question id: a score as number, one option as its code, several as a list of codes, a consent as
    a boolean. `texts` by question id: free text, and what was written for the respondent's own option.
    `nps`, `csat` and `ces` are the first score of that type on the path. `problems` by question id.
    """

    answers: dict[str, Any]
    texts: dict[str, str]
    problems: dict[str, list[str]]
    nps: int | None = None
    csat: int | None = None
    ces: int | None = None


@dataclass(frozen=True, slots=True)
class CompiledSurvey:
    """A definition ready for the answer path. Make it once per version with `compile_survey` and keep it."""

    definition: Definition
    route: tuple[Stretch, ...]
    readers: Mapping[str, Read]
    keys: frozenset[str]

    def path(self, answers: Mapping[str, Any], language: str) -> Path:
        """The path for stored answers; pass `{**answers, **texts}`."""
        fitting = {key: tuple(value) if isinstance(value, list) else value for key, value in answers.items()}
        return path_on(self.route, fitting, language)


def compile_survey(definition: Definition) -> CompiledSurvey:
    """Turns the definition into functions."""
    asked = [question for question in definition.questions if question.type != "statement"]
    ids = {question.id for question in definition.questions}
    own = {question.id + OTHER_SUFFIX for question in asked if question.other is not None}
    return CompiledSurvey(
        definition,
        compile_route(definition),
        {question.id: _reader(question) for question in asked},
        frozenset(ids | own),
    )


def normalise(survey: CompiledSurvey, raw: Raw, language: str, *, finished: bool = True) -> Checked:
    """Checks raw answers against the survey and walks the path with them.

    Answers off the path are dropped, also invalid ones. When `finished`, a required question on the path without
    an answer is a problem; a partial save may leave anything open. Never raises for bad input.
    """
    checked = Checked({}, {}, {})
    values: dict[str, Answer] = {}
    if not survey.keys.issuperset(raw):
        for key in list(raw)[:MAX_KEYS]:
            if key not in survey.keys:
                checked.problems[str(key)[:40]] = [Sentence(UNKNOWN)]

    def visit(step: Step) -> None:
        _take(step.question, survey.readers, raw, values, checked, finished)

    walk(survey.route, language, values, visit)
    return checked


def _take(
    question: Question,
    readers: Mapping[str, Read],
    raw: Raw,
    values: dict[str, Answer],
    checked: Checked,
    finished: bool,
) -> None:
    """Reads the answer to one question on the path."""
    kind, key = question.type, question.id
    if kind == "statement":
        return
    try:
        value = readers[key](raw.get(key))
    except Refused as refused:
        checked.problems[key] = [refused.sentence]
        return
    if kind == "consent":
        if finished and question.required and value is not True:
            checked.problems[key] = [Sentence(REQUIRED_CONSENT)]
        elif finished and value is None:
            value = False
    if value is None:
        if finished and question.required and key not in checked.problems:
            checked.problems[key] = [Sentence(REQUIRED)]
        return
    values[key] = value
    if kind in TEXTS:
        checked.texts[key] = str(value)
        return
    checked.answers[key] = list(value) if isinstance(value, tuple) else value
    if kind in SCORES and kind != "rating" and getattr(checked, kind) is None:
        setattr(checked, kind, value)
    elif question.other is not None and _chose_other(value):
        _take_other(key, raw.get(key + OTHER_SUFFIX), checked)


def _chose_other(value: Answer) -> bool:
    return value == OTHER or (isinstance(value, tuple) and OTHER in value)


def _take_other(key: str, raw: Any, checked: Checked) -> None:
    try:
        words = _clean(raw, OTHER_LIMIT)
    except Refused as refused:
        checked.problems[key] = [refused.sentence]
        return
    if words:
        checked.texts[key] = words


def _reader(question: Question) -> Read:
    """The function that reads one question's raw answers."""
    if question.type in SCORES:
        return _score_reader(question)
    if question.type == "single_choice":
        return _choice_reader(question)
    if question.type == "multiple_choice":
        return _choices_reader(question)
    if question.type == "consent":
        return _read_consent
    limit = question.length_limit
    return lambda raw: _clean(raw, limit)


def _score_reader(question: Question) -> Read:
    scale = question.scale
    accepted: dict[object, int] = {str(point): point for point in scale}
    low, high = scale[0], scale[-1]

    def read(raw: Any) -> Answer | None:
        if raw is None or raw == "":
            return None
        if type(raw) is int and low <= raw <= high:
            return raw
        if isinstance(raw, str) and raw in accepted:
            return accepted[raw]
        raise Refused(NO_SCORE, low=low, high=high)

    return read


def _choice_reader(question: Question) -> Read:
    codes = frozenset(question.codes)

    def read(raw: Any) -> Answer | None:
        if raw is None or raw == "":
            return None
        if isinstance(raw, str) and raw in codes:
            return raw
        raise Refused(NO_OPTION)

    return read


def _choices_reader(question: Question) -> Read:
    order = {code: place for place, code in enumerate(question.codes)}
    least, most = question.min_choices, question.max_choices or len(order)

    def read(raw: Any) -> Answer | None:
        if raw is None or raw == "" or raw == []:
            return None
        chosen = [raw] if isinstance(raw, str) else raw
        if not isinstance(chosen, list | tuple) or len(chosen) > len(order):
            raise Refused(NO_OPTION)
        if not all(isinstance(code, str) and code in order for code in chosen):
            raise Refused(NO_OPTION)
        once = sorted(set(chosen), key=order.__getitem__)
        if len(once) < least:
            raise Refused(TOO_FEW, least=least)
        if len(once) > most:
            raise Refused(TOO_MANY, most=most)
        return tuple(once)

    return read


def _read_consent(raw: Any) -> Answer | None:
    if raw is None or raw == "":
        return None
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in YES | NO:
        return raw.lower() in YES
    raise Refused(NO_CONSENT)


def _clean(raw: Any, limit: int) -> str | None:
    """A text without control characters and outer spaces, with line ends as people write them."""
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise Refused(NO_TEXT)
    words = raw if raw.isprintable() else UNSTORABLE.sub("", raw.replace("\r\n", "\n"))
    words = words.strip()
    if len(words) > limit:
        raise Refused(TOO_LONG, most=limit)
    return words or None
