"""From JSON to the typed document, and back. `parse(dump(definition)) == definition` always holds."""

from typing import Any, cast, get_args

from surveys.definition.conditions import dump_condition, dump_jump, read_condition, read_jumps
from surveys.definition.ids import CODE, LANGUAGE
from surveys.definition.kinds import KINDS
from surveys.definition.logic_parts import PARTS, dump_parts, read_parts
from surveys.definition.model import FORMAT, Block, Definition, Question, QuestionType
from surveys.definition.reader import NO_CODE, Node, Problems, Seen, check_size, unique
from surveys.wording import N_

TYPES: tuple[str, ...] = get_args(QuestionType)
MAX_LANGUAGES, MAX_BLOCKS, MAX_QUESTIONS = 40, 100, 300
MAX_CORRECTION_MINUTES = 60 * 24 * 30

NO_LANGUAGE = N_("This must be a language like “en” or “pt-BR”.")

COMMON = ("help", "required", "require_if", "show_if", "jumps", "fixed")


def parse(document: object) -> Definition:
    """The typed document. Raises DefinitionInvalid, whose `problems` name every place by JSON pointer.

    `document` is decoded JSON from anybody: sizes, depths, types and characters are checked here.
    """
    check_size(document)
    problems = Problems()
    definition = _definition(Node(document, "", problems))
    problems.raise_if_any()
    return definition


def _definition(node: Node) -> Definition:
    required = ["format", "default_language", "languages", "blocks"]
    if not node.fields(required, ["title", "thanks", "correction_minutes", *PARTS]):
        return Definition("", (), ())
    node.at("format").one_of((FORMAT,))
    seen = Seen(_languages(node))
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
        **read_parts(node, seen),
    )


def _languages(node: Node) -> tuple[str, ...]:
    taken: set[str] = set()
    items = node.at("languages").items(MAX_LANGUAGES)
    return tuple(unique(item, item.string(LANGUAGE, NO_LANGUAGE), taken) for item in items)


def _block(node: Node, seen: Seen) -> Block:
    if not node.fields(["id", "questions"], ["title", "show_if", "jumps", "shuffle"]):
        return Block("")
    return Block(
        id=seen.id(node.at("id"), "b_"),
        questions=tuple(_question(item, seen) for item in node.at("questions").items(MAX_QUESTIONS)),
        title=node.at("title").text(seen.languages),
        show_if=read_condition(node.at("show_if")),
        jumps=read_jumps(node.at("jumps")),
        shuffle=node.at("shuffle").boolean(),
    )


def _question(node: Node, seen: Seen) -> Question:
    seen.questions += 1
    kind = KINDS.get(node.at("type").one_of(TYPES))
    settings = kind.settings if kind else ()
    if not node.fields(["id", "code", "type", "text"], [*COMMON, *settings]) or not kind:
        return Question("", "", "statement", {})
    return Question(
        id=seen.id(node.at("id"), "q_"),
        code=unique(node.at("code"), node.at("code").string(CODE, NO_CODE), seen.codes),
        type=cast("QuestionType", kind.name),
        text=node.at("text").text(seen.languages),
        help=node.at("help").text(seen.languages),
        required=node.at("required").boolean(),
        require_if=read_condition(node.at("require_if")),
        fixed=node.at("fixed").boolean(),
        show_if=read_condition(node.at("show_if")),
        jumps=read_jumps(node.at("jumps")),
        **kind.read(node, seen),
    )


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
    return document | dump_parts(definition)


def _put(target: dict[str, Any], key: str, value: Any, default: Any = None) -> None:
    if value != default and value != {} and value != []:
        target[key] = value


def _dump_block(block: Block) -> dict[str, Any]:
    made: dict[str, Any] = {"id": block.id, "questions": [dump_question(question) for question in block.questions]}
    _put(made, "title", dict(block.title))
    _put(made, "show_if", dump_condition(block.show_if) if block.show_if else None)
    _put(made, "jumps", [dump_jump(jump) for jump in block.jumps])
    _put(made, "shuffle", block.shuffle, default=False)
    return made


def dump_question(question: Question) -> dict[str, Any]:
    """One question as JSON."""
    q = question
    made: dict[str, Any] = {"id": q.id, "code": q.code, "type": q.type, "text": dict(q.text)}
    _put(made, "help", dict(q.help))
    _put(made, "required", q.required, default=False)
    _put(made, "require_if", dump_condition(q.require_if) if q.require_if else None)
    _put(made, "show_if", dump_condition(q.show_if) if q.show_if else None)
    _put(made, "jumps", [dump_jump(jump) for jump in q.jumps])
    _put(made, "fixed", q.fixed, default=False)
    return made | q.kind.dump(q)
