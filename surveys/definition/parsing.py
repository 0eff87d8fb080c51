"""From JSON to the typed document, and back. `parse(dump(definition)) == definition` always holds."""

from typing import Any, get_args

from surveys.definition.conditions import NO_ID, dump_condition, dump_jump, read_condition, read_jumps
from surveys.definition.ids import CODE, ID, LANGUAGE
from surveys.definition.model import (
    CHOICES,
    FORMAT,
    OTHER,
    SCORES,
    TEXTS,
    Block,
    Definition,
    Option,
    Question,
    QuestionType,
)
from surveys.definition.reader import Node, Problems, check_size
from surveys.wording import N_

TYPES: tuple[str, ...] = get_args(QuestionType)
RATING_POINTS = (3, 4, 5, 7, 10)
MAX_LANGUAGES, MAX_BLOCKS, MAX_QUESTIONS, MAX_OPTIONS = 40, 100, 300, 200
MAX_CORRECTION_MINUTES = 60 * 24 * 30

NO_LANGUAGE = N_("This must be a language like “en” or “pt-BR”.")
NO_CODE = N_("A code has 1 to 40 characters: a to z, 0 to 9 and _.")
TAKEN = N_("This is already used at another place.")

COMMON = ("help", "required", "show_if", "jumps")
SETTINGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("nps", "csat", "ces"), ("low_label", "high_label")),
    "rating": ("low_label", "high_label", "points", "look"),
    "single_choice": ("options", "other"),
    "multiple_choice": ("options", "other", "min_choices", "max_choices"),
    **dict.fromkeys(TEXTS, ("max_length",)),
    "consent": (),
    "statement": (),
}


def parse(document: object) -> Definition:
    """The typed document. Raises DefinitionInvalid, whose `problems` name every place by JSON pointer.

    `document` is decoded JSON from anybody: sizes, depths, types and characters are checked here.
    """
    check_size(document)
    problems = Problems()
    definition = _definition(Node(document, "", problems))
    problems.raise_if_any()
    return definition


class _Seen:
    """What must be unique in the document, and the languages its texts may have."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self.languages = languages
        self.ids: set[str] = set()
        self.codes: set[str] = set()
        self.questions = 0

    def id(self, node: Node, prefix: str) -> str:
        value = node.string(ID, NO_ID)
        if value and not value.startswith(prefix):
            node.complain(N_("This id must start with “%(prefix)s”."), prefix=prefix)
        return _unique(node, value, self.ids)


def _unique(node: Node, value: str, taken: set[str]) -> str:
    if value and value in taken:
        node.complain(TAKEN)
    taken.add(value)
    return value


def _definition(node: Node) -> Definition:
    required = ["format", "default_language", "languages", "blocks"]
    if not node.fields(required, ["title", "thanks", "correction_minutes"]):
        return Definition("", (), ())
    node.at("format").one_of((FORMAT,))
    seen = _Seen(_languages(node))
    default = node.at("default_language").string(LANGUAGE, NO_LANGUAGE)
    if default and default not in seen.languages:
        node.at("default_language").complain(N_("The default language must be one of the survey's languages."))
    blocks = tuple(_block(item, seen) for item in node.at("blocks").items(MAX_BLOCKS))
    if seen.questions > MAX_QUESTIONS:
        node.at("blocks").complain(N_("There may be at most %(most)s questions."), most=MAX_QUESTIONS)
    return Definition(
        default_language=default,
        languages=seen.languages,
        blocks=blocks,
        title=node.at("title").text(seen.languages),
        thanks=node.at("thanks").text(seen.languages),
        correction_minutes=node.at("correction_minutes").integer(0, MAX_CORRECTION_MINUTES, 1440),
    )


def _languages(node: Node) -> tuple[str, ...]:
    taken: set[str] = set()
    items = node.at("languages").items(MAX_LANGUAGES)
    return tuple(_unique(item, item.string(LANGUAGE, NO_LANGUAGE), taken) for item in items)


def _block(node: Node, seen: _Seen) -> Block:
    if not node.fields(["id", "questions"], ["title", "show_if", "jumps"]):
        return Block("")
    return Block(
        id=seen.id(node.at("id"), "b_"),
        questions=tuple(_question(item, seen) for item in node.at("questions").items(MAX_QUESTIONS)),
        title=node.at("title").text(seen.languages),
        show_if=read_condition(node.at("show_if")),
        jumps=read_jumps(node.at("jumps")),
    )


def _question(node: Node, seen: _Seen) -> Question:
    seen.questions += 1
    kind = node.at("type").one_of(TYPES)
    if not node.fields(["id", "code", "type", "text"], [*COMMON, *SETTINGS.get(kind, ())]) or not kind:
        return Question("", "", "statement", {})
    text = node.at("text").text(seen.languages)
    lowest, highest = node.at("min_choices").integer(0, MAX_OPTIONS), node.at("max_choices").integer(0, MAX_OPTIONS)
    if highest and lowest > highest:
        node.at("min_choices").complain(N_("The lower bound is above the upper bound."))
    return Question(
        id=seen.id(node.at("id"), "q_"),
        code=_unique(node.at("code"), node.at("code").string(CODE, NO_CODE), seen.codes),
        type=kind,
        text=text,
        help=node.at("help").text(seen.languages),
        required=node.at("required").boolean(),
        show_if=read_condition(node.at("show_if")),
        jumps=read_jumps(node.at("jumps")),
        options=_options(node.at("options"), seen),
        other=None if node.at("other").missing else node.at("other").text(seen.languages),
        min_choices=lowest,
        max_choices=highest,
        points=node.at("points").one_of(RATING_POINTS, 5),
        look=node.at("look").one_of(("number", "star"), "number"),
        low_label=node.at("low_label").text(seen.languages),
        high_label=node.at("high_label").text(seen.languages),
        max_length=node.at("max_length").integer(1, 10_000),
    )


def _options(node: Node, seen: _Seen) -> tuple[Option, ...]:
    codes: set[str] = {OTHER}
    made = []
    for item in node.items(MAX_OPTIONS):
        if item.fields(["id", "code", "text"]):
            code = _unique(item.at("code"), item.at("code").string(CODE, NO_CODE), codes)
            made.append(Option(seen.id(item.at("id"), "o_"), code, item.at("text").text(seen.languages)))
    return tuple(made)


def dump(definition: Definition) -> dict[str, Any]:
    """The definition as JSON, without what has its default."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "default_language": definition.default_language,
        "languages": list(definition.languages),
        "blocks": [_dump_block(block) for block in definition.blocks],
    }
    _put(document, "title", dict(definition.title))
    _put(document, "thanks", dict(definition.thanks))
    _put(document, "correction_minutes", definition.correction_minutes, default=1440)
    return document


def _put(target: dict[str, Any], key: str, value: Any, default: Any = None) -> None:
    if value != default and value != {} and value != []:
        target[key] = value


def _dump_block(block: Block) -> dict[str, Any]:
    made: dict[str, Any] = {"id": block.id, "questions": [dump_question(question) for question in block.questions]}
    _put(made, "title", dict(block.title))
    _put(made, "show_if", dump_condition(block.show_if) if block.show_if else None)
    _put(made, "jumps", [dump_jump(jump) for jump in block.jumps])
    return made


def dump_question(question: Question) -> dict[str, Any]:
    """One question as JSON."""
    q = question
    made: dict[str, Any] = {"id": q.id, "code": q.code, "type": q.type, "text": dict(q.text)}
    _put(made, "help", dict(q.help))
    _put(made, "required", q.required, default=False)
    _put(made, "show_if", dump_condition(q.show_if) if q.show_if else None)
    _put(made, "jumps", [dump_jump(jump) for jump in q.jumps])
    if q.type in SCORES:
        _put(made, "low_label", dict(q.low_label))
        _put(made, "high_label", dict(q.high_label))
    if q.type == "rating":
        made |= {"points": q.points, "look": q.look}
    if q.type in CHOICES:
        made["options"] = [{"id": o.id, "code": o.code, "text": dict(o.text)} for o in q.options]
        if q.other is not None:
            made["other"] = dict(q.other)
    _put(made, "min_choices", q.min_choices, default=0)
    _put(made, "max_choices", q.max_choices, default=0)
    _put(made, "max_length", q.max_length, default=0)
    return made
