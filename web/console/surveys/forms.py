"""From the editor's form to the element it edits. Fields have the definition's own names: `text.de`."""

from collections.abc import Sequence
from dataclasses import replace

from werkzeug.datastructures import MultiDict

from surveys.definition import CHOICES, END, SCORES, TEXTS, Block, Definition, Jump, Option, Question
from web.console.surveys.conditions import LANGUAGE, children, initial, read_condition, read_row
from web.console.surveys.edits import SURVEY, find_place, get_element, put

Form = MultiDict[str, str]

MOST_JUMPS = 20
NOT_A_NUMBER = -1
"""Stands for what was typed and is no whole number; the definition's own check refuses it with its sentence."""


def apply(definition: Definition, element: str, form: Form, drop: str = "") -> Definition:
    """The definition with what was typed about the element. `drop` names a row of logic to leave out.

    Raises NotFound when the element does not exist (any more).
    """
    if element == SURVEY:
        return _survey(definition, form)
    found = get_element(definition, element)
    if isinstance(found, Block):
        return put(definition, _block(definition, found, form, drop))
    return put(definition, _question(definition, found, form, drop))


def text_of(form: Form, name: str, languages: Sequence[str]) -> dict[str, str]:
    """The words by language; an empty field is no text."""
    typed = {language: form.get(f"{name}.{language}", "") for language in languages}
    return {key: words.replace("\r\n", "\n").strip() for key, words in typed.items() if words.strip()}


def _survey(definition: Definition, form: Form) -> Definition:
    languages = definition.languages
    default = form.get("default_language", definition.default_language)
    return replace(
        definition,
        title=text_of(form, "title", languages),
        thanks=text_of(form, "thanks", languages),
        default_language=default if default in languages else definition.default_language,
        correction_minutes=_whole(form.get("correction_minutes", "1440")),
    )


def _block(definition: Definition, block: Block, form: Form, drop: str) -> Block:
    return replace(
        block,
        title=text_of(form, "title", definition.languages),
        show_if=read_condition(form, "show", block.show_if, definition, drop),
        jumps=_jumps(definition, block.id, block.jumps, form, drop),
    )


def _question(definition: Definition, question: Question, form: Form, drop: str) -> Question:
    languages = definition.languages
    made = replace(
        question,
        text=text_of(form, "text", languages),
        help=text_of(form, "help", languages),
        code=form.get("code", question.code).strip(),
        required="required" in form and question.type != "statement",
        show_if=read_condition(form, "show", question.show_if, definition, drop),
        jumps=_jumps(definition, question.id, question.jumps, form, drop),
    )
    if question.type in SCORES:
        made = _scale(made, form, languages)
    if question.type in CHOICES:
        made = _choices(made, form, languages)
    if question.type in TEXTS:
        made = replace(made, max_length=_whole(form.get("max_length", "")))
    return made


def _scale(question: Question, form: Form, languages: Sequence[str]) -> Question:
    made = replace(
        question, low_label=text_of(form, "low_label", languages), high_label=text_of(form, "high_label", languages)
    )
    if question.type != "rating":
        return made
    look = "star" if form.get("look") == "star" else "number"
    return replace(made, points=_whole(form.get("points", "5")), look=look)  # type: ignore[arg-type]


def _choices(question: Question, form: Form, languages: Sequence[str]) -> Question:
    options = tuple(_option(option, form, languages) for option in question.options)
    other = text_of(form, "other_text", languages) if "other" in form else None
    made = replace(question, options=options, other=other)
    if question.type != "multiple_choice":
        return made
    lowest, highest = (_whole(form.get(name, "")) for name in ("min_choices", "max_choices"))
    return replace(made, min_choices=lowest, max_choices=highest)


def _option(option: Option, form: Form, languages: Sequence[str]) -> Option:
    name = f"option.{option.id}"
    code = form.get(f"{name}.code", option.code).strip()
    return replace(option, code=code, text=text_of(form, f"{name}.text", languages))


def _jumps(definition: Definition, element: str, old: Sequence[Jump], form: Form, drop: str) -> tuple[Jump, ...]:
    found: list[Jump] = []
    for index in range(MOST_JUMPS):
        name = f"jump.{index}"
        if f"{name}.to" not in form or name == drop:
            continue
        to = form[f"{name}.to"]
        if f"{name}.kept" in form:
            found.extend(replace(jump, to=to) for jump in old[index : index + 1])
            continue
        when = read_row(form, name, definition) if form.get(f"{name}.left") else []
        found.append(Jump(to, when[0] if when else None))
    wanted = form.get("jump.add", "")
    if wanted:
        place = find_place(definition, element)
        later = definition.blocks[place.block + 2 :] if place else ()
        found.append(Jump(later[0].id if later else END, initial(wanted, definition)))
    return tuple(found)


def shows_whole(jump: Jump) -> bool:
    """Whether a row of the form can show the jump's condition."""
    return len(children(jump.when)) <= 1


def _whole(text: str) -> int:
    """The number, 0 for an empty field, NOT_A_NUMBER for anything else."""
    stripped = text.strip()
    if not stripped:
        return 0
    return int(stripped[:9]) if stripped.isascii() and stripped.isdecimal() else NOT_A_NUMBER


__all__ = ["LANGUAGE", "apply", "shows_whole", "text_of"]
