"""The builder's edits: functions from a definition to a definition. None touches the database.

What a person typed comes as JSON fields of the document and is checked by `parse`, so that the problems name
the place. An id that is not there raises PartNotFound.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, cast

from surveys.definition import (
    KINDS,
    Block,
    Definition,
    Option,
    Question,
    QuestionType,
    Text,
    dump,
    dump_question,
    parse,
)
from surveys.definition.ids import code_from, fresh
from surveys.definition.kinds.scores import CAMPS
from surveys.definition.parsing import COMMON
from surveys.definition.parts import PartNotFound, find, inserted, moved, place_of, removed

Listed = Literal["options", "rows"]


def blank(language: str, title: str = "") -> Definition:
    """A survey with one empty block."""
    block = Block(fresh("b", ()))
    return parse(dump(Definition(language, (language,), (block,), {language: title} if title else {})))


def ids_of(definition: Definition) -> set[str]:
    """Every id in the definition."""
    found = {block.id for block in definition.blocks}
    for question in definition.questions:
        found.add(question.id)
        found.update(option.id for option in (*question.options, *question.rows))
    found.update(ending.id for ending in definition.endings)
    found.update(variable.id for variable in definition.variables)
    found.update(quota.id for quota in definition.quotas)
    return found


def edit_survey(definition: Definition, fields: Mapping[str, Any]) -> Definition:
    """Changes `title`, `thanks`, `languages`, `correction_minutes` and whatever else stands beside the blocks.

    Taking a language away takes its texts away.
    """
    kept = {key: value for key, value in fields.items() if key != "blocks"}
    document = dump(definition)
    languages = kept.get("languages")
    if isinstance(languages, list):
        document = _without_languages(document, languages)
    return parse({**document, **kept})


def _without_languages(document: Any, languages: Sequence[object]) -> Any:
    """The document with its texts in the given languages only."""
    if isinstance(document, list):
        return [_without_languages(item, languages) for item in document]
    if not isinstance(document, dict):
        return document
    return {
        key: {language: words for language, words in value.items() if language in languages}
        if key in TEXT_FIELDS and isinstance(value, dict)
        else _without_languages(value, languages)
        for key, value in document.items()
    }


TEXT_FIELDS = frozenset(
    {"title", "thanks", "text", "help", "other", "low_label", "high_label", "unit", "alt", "button", *CAMPS}
)


def add_block(definition: Definition, at: int | None = None) -> tuple[Definition, str]:
    """An empty block at the position (default: the end), and its id."""
    block = Block(fresh("b", ids_of(definition)))
    return _checked(replace(definition, blocks=inserted(definition.blocks, block, at))), block.id


def edit_block(definition: Definition, block_id: str, fields: Mapping[str, Any]) -> Definition:
    """Changes `title`, `show_if`, `jumps` or `shuffle`, given as in the document; None takes a field away."""
    allowed = {key: value for key, value in fields.items() if key not in ("id", "questions")}
    document = dump(definition)
    _merge(document["blocks"][place_of(definition.blocks, block_id)], allowed)
    return parse(document)


def move_block(definition: Definition, block_id: str, to: int) -> Definition:
    """Moves a block to the position."""
    return replace(definition, blocks=moved(definition.blocks, block_id, to))


def duplicate_block(definition: Definition, block_id: str) -> tuple[Definition, str]:
    """A copy with fresh ids and codes behind the original, and its id. Its own logic is left out."""
    place = place_of(definition.blocks, block_id)
    taken, codes = ids_of(definition), {question.code for question in definition.questions}
    copies = tuple(_copy(question, taken, codes) for question in definition.blocks[place].questions)
    block = Block(fresh("b", taken), copies, definition.blocks[place].title)
    return _checked(replace(definition, blocks=inserted(definition.blocks, block, place + 1))), block.id


def remove_block(definition: Definition, block_id: str) -> Definition:
    """Without the block and its questions; it changes no places with others any more."""
    groups = (tuple(block for block in group if block != block_id) for group in definition.shuffle)
    shuffle = tuple(group for group in groups if len(group) > 1)
    return replace(definition, blocks=removed(definition.blocks, block_id), shuffle=shuffle)


def add_question(
    definition: Definition, block_id: str, kind: QuestionType, text: Text | None = None, at: int | None = None
) -> tuple[Definition, str]:
    """A new question of the type with sensible settings, and its id. A choice starts with two options."""
    taken = ids_of(definition)
    words = dict(text or {definition.default_language: ""})
    codes = {question.code for question in definition.questions}
    code = code_from(words.get(definition.default_language, ""), codes, kind)
    question = Question(fresh("q", taken), code, kind, words, **KINDS[kind].start(taken))

    def add(block: Block) -> Block:
        return replace(block, questions=inserted(block.questions, question, at))

    return _checked(_on_block(definition, block_id, add)), question.id


def edit_question(definition: Definition, question_id: str, fields: Mapping[str, Any]) -> Definition:
    """Changes fields of a question, given as in the document; None takes a field away.

    With another `type`, settings that the new type does not have are dropped.
    """
    block = _block_of(definition, question_id)
    document = dump(definition)
    questions = document["blocks"][place_of(definition.blocks, block.id)]["questions"]
    place = place_of(block.questions, question_id)
    target = questions[place]
    _merge(target, {key: value for key, value in fields.items() if key != "id"})
    kind = KINDS.get(str(fields.get("type")))
    if kind is not None:
        known = {"id", "code", "type", "text", *COMMON, *kind.settings}
        fresh_start = Question("", "", cast("QuestionType", kind.name), {}, **kind.start(ids_of(definition)))
        kept = {key: value for key, value in target.items() if key in known or key in fields}
        questions[place] = {
            **{key: value for key, value in kind.dump(fresh_start).items() if not kept.get(key)},
            **kept,
        }
    return parse(document)


def move_question(definition: Definition, question_id: str, block_id: str, to: int) -> Definition:
    """Moves a question to a position in a block, its own or another."""
    question = get_question(definition, question_id)
    find(definition.blocks, block_id)
    without = remove_question(definition, question_id)
    return _on_block(without, block_id, lambda b: replace(b, questions=inserted(b.questions, question, to)))


def duplicate_question(definition: Definition, question_id: str) -> tuple[Definition, str]:
    """A copy with fresh ids and a fresh code behind the original, and its id."""
    block = _block_of(definition, question_id)
    place = place_of(block.questions, question_id)
    codes = {question.code for question in definition.questions}
    copy = _copy(block.questions[place], ids_of(definition), codes)

    def add(block: Block) -> Block:
        return replace(block, questions=inserted(block.questions, copy, place + 1))

    return _checked(_on_block(definition, block.id, add)), copy.id


def remove_question(definition: Definition, question_id: str) -> Definition:
    """Without the question. Conditions that ask for it stay and are named when publishing."""
    block = _block_of(definition, question_id)
    return _on_block(definition, block.id, lambda b: replace(b, questions=removed(b.questions, question_id)))


def add_option(
    definition: Definition,
    question_id: str,
    text: Text,
    code: str = "",
    at: int | None = None,
    to: Listed = "options",
) -> tuple[Definition, str]:
    """A new option or row, and its id. Without a code, one is made from the words."""
    question = get_question(definition, question_id)
    listed: tuple[Option, ...] = getattr(question, to)
    taken = {option.code for option in listed} | {"other"}
    made = code or code_from(text.get(definition.default_language, ""), taken, to.removesuffix("s"))
    option = Option(fresh("o", ids_of(definition)), made, dict(text))
    changed = _listing(question, to, inserted(listed, option, at))
    return _checked(_with_question(definition, changed)), option.id


def list_of(question: Question, option_id: str) -> Listed:
    """Whether the id is that of a row or of an option."""
    return "rows" if any(row.id == option_id for row in question.rows) else "options"


def _listing(question: Question, listed: Listed, parts: tuple[Option, ...]) -> Question:
    return replace(question, rows=parts) if listed == "rows" else replace(question, options=parts)


def edit_option(definition: Definition, question_id: str, option_id: str, fields: Mapping[str, Any]) -> Definition:
    """Changes `text` or `code` of an option or row, given as in the document."""
    question = get_question(definition, question_id)
    listed = list_of(question, option_id)
    place = place_of(getattr(question, listed), option_id)
    options = dump_question(question)[listed]
    _merge(options[place], {key: value for key, value in fields.items() if key != "id"})
    return edit_question(definition, question_id, {listed: options})


def move_option(definition: Definition, question_id: str, option_id: str, to: int) -> Definition:
    """Moves an option or row to the position."""
    question = get_question(definition, question_id)
    listed = list_of(question, option_id)
    return _with_question(definition, _listing(question, listed, moved(getattr(question, listed), option_id, to)))


def remove_option(definition: Definition, question_id: str, option_id: str) -> Definition:
    """Without the option or row."""
    question = get_question(definition, question_id)
    listed = list_of(question, option_id)
    return _with_question(definition, _listing(question, listed, removed(getattr(question, listed), option_id)))


def get_question(definition: Definition, question_id: str) -> Question:
    """The question, or PartNotFound."""
    return find(tuple(definition.questions), question_id)


def get_block(definition: Definition, block_id: str) -> Block:
    """The block, or PartNotFound."""
    return find(definition.blocks, block_id)


def _checked(definition: Definition) -> Definition:
    return parse(dump(definition))


def _merge(target: dict[str, Any], fields: Mapping[str, Any]) -> None:
    for key, value in fields.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = value


def _copy(question: Question, taken: set[str], codes: set[str]) -> Question:
    """The question under fresh ids, which are added to `taken` and `codes`. Jumps are left out."""
    copy = replace(
        question,
        id=fresh("q", taken),
        code=code_from(question.code, codes, question.type),
        options=_afresh(question.options, taken),
        rows=_afresh(question.rows, taken),
        jumps=(),
    )
    taken.add(copy.id)
    codes.add(copy.code)
    return copy


def _afresh(options: Sequence[Option], taken: set[str]) -> tuple[Option, ...]:
    """The options or rows under fresh ids, which are added to `taken`."""
    made = []
    for option in options:
        made.append(replace(option, id=fresh("o", taken)))
        taken.add(made[-1].id)
    return tuple(made)


def _block_of(definition: Definition, question_id: str) -> Block:
    for block in definition.blocks:
        if any(question.id == question_id for question in block.questions):
            return block
    raise PartNotFound()


def _on_block(definition: Definition, block_id: str, change: Callable[[Block], Block]) -> Definition:
    find(definition.blocks, block_id)
    return replace(definition, blocks=tuple(change(b) if b.id == block_id else b for b in definition.blocks))


def _with_question(definition: Definition, changed: Question) -> Definition:
    block = _block_of(definition, changed.id)
    questions = tuple(changed if question.id == changed.id else question for question in block.questions)
    return _on_block(definition, block.id, lambda b: replace(b, questions=questions))
