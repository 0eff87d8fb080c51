"""From the editor's form to the element it edits. Fields have the definition's own names: `text.de`."""

from collections.abc import Sequence
from dataclasses import replace

from werkzeug.datastructures import MultiDict

from surveys.definition import END, Block, Definition, Jump, Question
from web.console.surveys.conditions import LANGUAGE, children, initial, read_condition, read_row
from web.console.surveys.edits import SURVEY, find_place, get_element, put
from web.console.surveys.settings_forms import settings, text_of, whole

Form = MultiDict[str, str]

MOST_JUMPS = 20


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


def _survey(definition: Definition, form: Form) -> Definition:
    languages = definition.languages
    default = form.get("default_language", definition.default_language)
    return replace(
        definition,
        title=text_of(form, "title", languages),
        thanks=text_of(form, "thanks", languages),
        default_language=default if default in languages else definition.default_language,
        correction_minutes=whole(form.get("correction_minutes", "1440")),
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
    return replace(made, **settings(question, form, languages))


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


__all__ = ["LANGUAGE", "apply", "shows_whole", "text_of"]
