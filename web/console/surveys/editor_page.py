"""The editor as a page: the element, its logic as rows, its problems beside the fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import render_template
from werkzeug.datastructures import MultiDict

from infra.i18n import current_locale, gettext, language_name, separators
from surveys import publishing
from surveys.definition import END, Block, Definition, Ending, Jump, Question, words
from surveys.definition.kinds.numbers import plain
from surveys.models import Survey
from tenants.branding import SURVEY_LANGUAGES
from web import tenancy
from web.console.surveys import edits
from web.console.surveys.conditions import Row, children, connector_of, label_of, rows_of, sources
from web.console.surveys.edits import SURVEY
from web.console.surveys.frame import tabs
from web.console.surveys.type_names import KINDS, TYPE_NAMES

Problems = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Editing:
    """What the page shows: a definition at an element, what was typed, and what was wrong with it."""

    survey: Survey
    definition: Definition
    at: str
    typed: "MultiDict[str, str] | None" = None
    problems: Problems = field(default_factory=dict)
    conflict: bool = False
    check: bool = False


@dataclass(frozen=True, slots=True)
class JumpRow:
    """One rule of where to go on. `row` is None when it always applies or when the form cannot show it."""

    to: str
    row: Row | None
    kept: bool


@dataclass(frozen=True, slots=True)
class Logic:
    """The logic of an element as the form shows it."""

    shown: list[Row]
    connector: str
    jumps: list[JumpRow]
    before: list[tuple[str, str]]
    until: list[tuple[str, str]]
    targets: list[tuple[str, str]]
    errors: list[str]


def editor_page(editing: Editing) -> str:
    """The editor's HTML."""
    definition, at = editing.definition, editing.at
    place = edits.find_place(definition, at)
    at = at if place else SURVEY
    open_problems = publishing.problems(tenancy.session(), editing.survey)
    errors = relative(open_problems if editing.check else editing.problems, place)
    elsewhere = len(errors.pop("", ())) if editing.check else 0
    element = edits.get_element(definition, at) if place else None
    return render_template(
        "console/surveys/editor.html",
        survey=editing.survey,
        definition=definition,
        at=at,
        element=element,
        typed=editing.typed,
        errors=errors,
        elsewhere=elsewhere,
        conflict=editing.conflict,
        lost=_lost(editing, at),
        open_problems={edits.element_at(definition, pointer) for pointer in open_problems}
        if not editing.typed
        else (),
        logic=_logic(definition, element, errors) if element else None,
        partial=_partial(element),
        heading=_heading(definition, element, place),
        state=_state(editing),
        kinds=KINDS,
        language_choices=_languages(definition),
        label_of=label_of,
        plain_number=_plain_number,
        tabs=tabs,
    )


def relative(problems: Problems, place: edits.Place | None) -> dict[str, list[str]]:
    """Problems by pointer within the element; those about the rest of the survey stand under ""."""
    prefix = place.pointer if place else ""
    found: dict[str, list[str]] = {}
    for pointer, sentences in problems.items():
        inside = pointer.startswith(prefix + "/") or pointer == prefix
        if place and place.question is None and pointer.startswith(f"{prefix}/questions/"):
            inside = False
        if not place:
            inside = not pointer.startswith("/blocks/")
        name = pointer if pointer and not pointer.startswith("/") and not place else pointer.removeprefix(prefix)
        found.setdefault(("/" + name.lstrip("/")) if inside and name else "", []).extend(sentences)
    return found


def _logic(definition: Definition, element: Block | Question, errors: Problems) -> Logic:
    rows = [_jump_row(definition, jump) for jump in element.jumps]
    sentences = [
        s for name, found in errors.items() if name.startswith(("/show_if", "/require_if", "/jumps")) for s in found
    ]
    return Logic(
        shown=rows_of(element.show_if, definition),
        connector=connector_of(element.show_if),
        jumps=rows,
        before=sources(definition, element.id),
        until=sources(definition, element.id, itself=True),
        targets=_targets(definition, element),
        errors=sentences,
    )


def _jump_row(definition: Definition, jump: Jump) -> JumpRow:
    if jump.when is None:
        return JumpRow(jump.to, None, False)
    if len(children(jump.when)) > 1:
        return JumpRow(jump.to, None, True)
    return JumpRow(jump.to, rows_of(jump.when, definition)[0], False)


def _targets(definition: Definition, element: Block | Question) -> list[tuple[str, str]]:
    place = edits.get_place(definition, element.id)
    known = {jump.to for jump in element.jumps}
    ends = [(ending.id, _ending_name(ending, definition)) for ending in definition.endings]
    default = definition.default_language
    named = [
        (block.id, gettext("Page %(n)s", n=number + 1) + _suffix(words(block.title, default, default)))
        for number, block in enumerate(definition.blocks)
        if number > place.block or block.id in known
    ]
    there = {END, *(block.id for block in definition.blocks), *(ending for ending, _ in ends)}
    lost = [(to, gettext("a page that no longer exists")) for to in known - there]
    return [*named, *lost, *ends, (END, gettext("the end"))]


def _ending_name(ending: Ending, definition: Definition) -> str:
    default = definition.default_language
    said = words(ending.title, default, default) or words(ending.text, default, default)
    return gettext("the ending “%(name)s”", name=said[:60])


def _plain_number(value: float | str | None) -> str:
    """A bound as it is typed in the language in use; what was typed and is no number as it was typed."""
    if value is None or isinstance(value, str):
        return value or ""
    return plain(value).replace(".", separators(current_locale())[0])


def _suffix(title: str) -> str:
    return f": {title[:60]}" if title else ""


def _languages(definition: Definition) -> dict[str, list[tuple[str, str]]]:
    def named(codes: "tuple[str, ...] | list[str]") -> list[tuple[str, str]]:
        return [(code, language_name(code)) for code in codes]

    more = [code for code in SURVEY_LANGUAGES if code not in definition.languages]
    return {"have": named(definition.languages), "more": named(more)}


def _partial(element: Block | Question | None) -> str:
    name = "survey" if element is None else "block" if isinstance(element, Block) else "question"
    return f"console/surveys/_{name}.html"


def _heading(definition: Definition, element: Block | Question | None, place: edits.Place | None) -> str:
    if element is None or place is None:
        return gettext("Survey and languages")
    if isinstance(element, Block):
        return gettext("Page %(n)s", n=place.block + 1)
    return gettext(TYPE_NAMES[element.type])


def _state(editing: Editing) -> str:
    if editing.typed is not None:
        return gettext("Not saved yet")
    if publishing.has_unpublished_changes(tenancy.session(), editing.survey):
        return gettext("Saved. Not published yet.")
    return gettext("Saved and published")


def _lost(editing: Editing, at: str) -> list[str]:
    """What was typed about an element that somebody else has deleted, so that it can be copied."""
    if at == editing.at or editing.typed is None:
        return []
    own = {"csrf_token", "revision", "at", "then", "kind"}
    return [text for name, text in editing.typed.items(multi=True) if name not in own and text.strip()]
