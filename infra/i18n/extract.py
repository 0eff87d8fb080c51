"""Keeps the catalogues in step with the sources: `python -m infra.i18n.extract`.

Reads every template and module of the packages that speak to people. Besides gettext calls it finds the
sentences of errors: the `message` of a class, and the first text handed to an error that is raised.
Translations that exist are kept; with `--check` nothing is written and a difference is exit code 1.
"""

import ast
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from infra.i18n.catalogues import LOCALES, SHIPPED, parse

ROOT = Path(__file__).parents[2]
PACKAGES = ("infra", "tenants", "customers", "surveys", "web")
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy": None,
    "N_": None,
}
JINJA = {"trimmed": "true", "silent": "false"}
MADE = datetime(2026, 1, 1, tzinfo=UTC)  # a fixed date, so that a catalogue changes only when its texts do
FOR_OPERATORS = {"local", "cli", "settings.py", "__pycache__"}  # what is said in a terminal stays English
FOR_PROGRAMMERS = {"ValueError", "TypeError", "RuntimeError", "LookupError", "SettingsError", "ValidationError"}
FIELD = re.compile(r"%\((\w+)\)")

Message = str | tuple[str, ...]


def template_catalogue() -> Catalog:
    """Every message of the sources, with the files that use it."""
    catalogue = Catalog(project="Rapport", creation_date=MADE, revision_date=MADE, fuzzy=False)
    for path in _sources():
        place = str(path.relative_to(ROOT))
        for message in _messages(path):
            catalogue.add(message, locations=[(place, 1)])
    return catalogue


def update(locale: str, template: Catalog) -> Catalog:
    """The locale's catalogue with the template's messages; what is no longer used is dropped."""
    path = _path(locale)
    catalogue = Catalog(locale=str(parse(locale)), project="Rapport", fuzzy=False)
    if path.is_file():
        with path.open("rb") as source:
            catalogue = read_po(source, locale=str(parse(locale)))
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = catalogue.revision_date = MADE
    catalogue.last_translator = catalogue.language_team = "Rapport"
    return catalogue


def missing(catalogue: Catalog) -> list[str]:
    """Messages without a translation, in the order of the file."""
    return [
        source_text(message)
        for message in catalogue
        if message.id and not all(message.string if isinstance(message.string, tuple) else (message.string,))
    ]


def source_text(message: Entry) -> str:
    """The English text; of a plural, its last form, which names every field."""
    return message.id if isinstance(message.id, str) else message.id[-1]


def as_bytes(catalogue: Catalog) -> bytes:
    """The .po file, without line numbers, so that moving code changes nothing here."""
    out = BytesIO()
    write_po(out, catalogue, width=110, include_lineno=False, sort_output=True)
    return out.getvalue()


def _path(locale: str) -> Path:
    return LOCALES / locale / "LC_MESSAGES" / "messages.po"


def _sources() -> list[Path]:
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    wanted = [p for p in found if p.suffix == ".py" or "templates" in p.parts]
    return sorted(p for p in wanted if not FOR_OPERATORS & set(p.parts) and p != Path(__file__))


def _messages(path: Path) -> Iterator[Message]:
    if path.suffix != ".py":
        yield from (m for _, m, _, _ in extract_from_file("jinja2", path, keywords=KEYWORDS, options=JINJA))
        return
    yield from (m for _, m, _, _ in extract_from_file("python", path, keywords=KEYWORDS))
    yield from _error_sentences(ast.parse(path.read_bytes()))


def _error_sentences(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _class_message(node)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            meant = node.exc.args[:1] if ast.unparse(node.exc.func) not in FOR_PROGRAMMERS else []
            yield from (text for argument in meant for text in _sentence(argument))


def _class_message(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "message" for target in statement.targets
        ):
            yield from _sentence(statement.value)


def _sentence(node: ast.expr) -> Iterator[str]:
    """A text for people: it starts with a capital, ends like a sentence, and does not speak of a setting."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
        if text[:1].isupper() and text.endswith((".", "?")) and "RAPPORT_" not in text:
            yield text


def main(arguments: list[str]) -> int:
    """Writes the catalogues, says what is untranslated; `--check` only compares."""
    template, stale = template_catalogue(), False
    for locale in (name for name in SHIPPED if name != "en"):
        catalogue, path = update(locale, template), _path(locale)
        content = as_bytes(catalogue)
        stale |= not path.is_file() or path.read_bytes() != content
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        print(f"{locale}: {len(catalogue)} messages, {len(missing(catalogue))} without a translation")
    return int(stale and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
