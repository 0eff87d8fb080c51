"""The settings of a type as the editor's form sends them: one reader for each field of the definition.

What cannot be read stays as it was typed, so that the definition's own check refuses it with its sentence and the
form shows it again.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from infra.i18n import N_, SHIPPED, current_locale, gettext, negotiate, separators, use
from surveys.definition import Option, Question
from surveys.definition.kinds.contact import ADDRESS_PARTS
from surveys.definition.kinds.decimals import NotNumber, as_number, read_decimal
from surveys.definition.kinds.files import GROUPS
from surveys.definition.kinds.scores import CAMPS
from surveys.definition.options import PICTURE_FILE, Picture

Form = MultiDict[str, str]
Reader = Callable[[Question, Form, Sequence[str]], Any]

_PICTURE = re.compile(rf"({PICTURE_FILE}) (\d{{1,4}}) (\d{{1,4}})", re.ASCII)

NOT_A_NUMBER = -1
"""Stands for what was typed and is no whole number; the definition's own check refuses it with its sentence."""


def settings(question: Question, form: Form, languages: Sequence[str]) -> dict[str, Any]:
    """The fields of the question that its type has, as they were typed."""
    return {name: READERS[name](question, form, languages) for name in question.kind.settings if name in READERS}


def text_of(form: Form, name: str, languages: Sequence[str]) -> dict[str, str]:
    """The words by language; an empty field is no text."""
    typed = {language: form.get(f"{name}.{language}", "") for language in languages}
    return {key: words.replace("\r\n", "\n").strip() for key, words in typed.items() if words.strip()}


def whole(text: str) -> int:
    """The number, 0 for an empty field, NOT_A_NUMBER for anything else."""
    stripped = text.strip()
    if not stripped:
        return 0
    return int(stripped[:9]) if stripped.isascii() and stripped.isdecimal() else NOT_A_NUMBER


def number(text: str) -> Any:
    """A number in the language in use; None for an empty field; the text itself for anything else."""
    try:
        found = read_decimal(text, *separators(current_locale()))
    except NotNumber:
        return text[:40]
    return None if found is None else as_number(found)


def _text(name: str) -> Reader:
    return lambda question, form, languages: text_of(form, name, languages)


def _whole(name: str, default: str = "") -> Reader:
    return lambda question, form, languages: whole(form.get(name, default))


def _bound(name: str) -> Reader:
    def read(question: Question, form: Form, languages: Sequence[str]) -> Any:
        found = number(form.get(name, ""))
        return getattr(question, name) if found is None and question.type == "slider" else found

    return read


def _moment(name: str) -> Reader:
    return lambda question, form, languages: form.get(name, "").replace(" ", "").lower()[:40]


def _options(name: str, prefix: str) -> Reader:
    def read(question: Question, form: Form, languages: Sequence[str]) -> tuple[Option, ...]:
        return tuple(
            _option(option, f"{prefix}.{option.id}", form, languages) for option in getattr(question, name)
        )

    return read


def _option(option: Option, name: str, form: Form, languages: Sequence[str]) -> Option:
    code = form.get(f"{name}.code", option.code).strip()
    text = text_of(form, f"{name}.text", languages)
    return option.changed(code=code, text=text, picture=_picture(name, form, languages))


def _picture(name: str, form: Form, languages: Sequence[str]) -> Picture | None:
    """The picture that stands in the form, with what it shows."""
    found = _PICTURE.fullmatch(form.get(f"{name}.picture", ""))
    if found is None:
        return None
    return Picture(found[1], int(found[2]), int(found[3]), text_of(form, f"{name}.alt", languages))


def _other(question: Question, form: Form, languages: Sequence[str]) -> dict[str, str] | None:
    return text_of(form, "other_text", languages) if "other" in form else None


def _look(question: Question, form: Form, languages: Sequence[str]) -> str:
    return "star" if form.get("look") == "star" else "number"


def _parts(question: Question, form: Form, languages: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for part in ADDRESS_PARTS if part in form.getlist("parts"))


def _file_kinds(question: Question, form: Form, languages: Sequence[str]) -> tuple[str, ...]:
    return tuple(group for group in GROUPS if group in form.getlist("file_kinds"))


def _reason(question: Question, form: Form, languages: Sequence[str]) -> dict[str, dict[str, str]] | None:
    """What each camp is asked; in usual words when it was turned on just now."""
    if "reason" not in form:
        return None
    if question.reason is None:
        return {camp: in_languages(words, languages) for camp, words in WHY.items()}
    found = {camp: text_of(form, f"reason.{camp}", languages) for camp in CAMPS}
    return {camp: text for camp, text in found.items() if text}


WHY: Mapping[str, str] = {
    "promoters": N_("What do you like most about us?"),
    "passives": N_("What would make you recommend us?"),
    "detractors": N_("What should we do better?"),
}


def in_languages(message: str, languages: Sequence[str]) -> dict[str, str]:
    """A sentence of ours in those of the languages that we speak; the author writes the others."""
    found = {}
    for language in languages:
        shipped = negotiate([language], [*SHIPPED, ""], "")
        if shipped:
            with use(locale=shipped):
                found[language] = gettext(message)
    return found


READERS: Mapping[str, Reader] = {
    "low_label": _text("low_label"),
    "high_label": _text("high_label"),
    "points": _whole("points", "5"),
    "look": _look,
    "options": _options("options", "option"),
    "rows": _options("rows", "row"),
    "other": _other,
    "min_choices": _whole("min_choices"),
    "max_choices": _whole("max_choices"),
    "max_length": _whole("max_length"),
    "lowest": _bound("lowest"),
    "highest": _bound("highest"),
    "step": _whole("step", "1"),
    "decimals": _whole("decimals"),
    "unit": _text("unit"),
    "earliest": _moment("earliest"),
    "latest": _moment("latest"),
    "parts": _parts,
    "total": _whole("total", "100"),
    "reason": _reason,
    "max_files": _whole("max_files", "1"),
    "file_kinds": _file_kinds,
}
