"""Jinja without a web framework: mails and documents here, and the same helpers for the pages of `web`.

A template is named by its package: `tenants/mail/verify.html` is `tenants/templates/mail/verify.html`.
Values are escaped in every template but `.txt`; an unknown variable is an error, not an empty place.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound

from infra import i18n

ROOT = Path(__file__).parents[1]


class PackageTemplates(BaseLoader):
    """Finds `<package>/<path>` at `<root>/<package>/templates/<path>`."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        package, _, path = template.partition("/")
        if not package.isidentifier() or not path or ".." in path.split("/"):
            raise TemplateNotFound(template)
        file = self.root / package / "templates" / path
        if not file.is_file():
            raise TemplateNotFound(template)
        changed = file.stat().st_mtime
        return file.read_text(), str(file), lambda: file.is_file() and file.stat().st_mtime == changed


def escapes(name: str | None) -> bool:
    """Whether a template's values are escaped: all but plain text."""
    return name is None or not name.endswith(".txt")


def prepare(environment: Environment) -> None:
    """Gives an environment our texts, formats and strictness. `web` calls it on Flask's own."""
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.add_extension("jinja2.ext.i18n")
    install = environment.install_gettext_callables  # type: ignore[attr-defined]
    install(_gettext, _ngettext, newstyle=True)
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters.update(
        moment=i18n.format_moment,
        day=i18n.format_date,
        month=i18n.format_month,
        relative=i18n.format_relative,
        number=i18n.format_number,
        percent=i18n.format_percent,
        size=i18n.format_size,
        say=say,
    )
    environment.globals.update(
        locale=i18n.current_locale,
        direction=i18n.direction,
        language_name=i18n.language_name,
        zone_name=i18n.zone_name,
    )


@cache
def environment() -> Environment:
    """The environment of mails and documents."""
    made = Environment(loader=PackageTemplates(), autoescape=escapes)
    prepare(made)
    return made


def render(template: str, /, **context: object) -> str:
    """A template in the language and zone in use."""
    return environment().get_template(template).render(**context)


def say(sentence: object) -> str:
    """A sentence made by code, in the reader's language: an error, or a text with its message and fields."""
    message, fields = getattr(sentence, "message", sentence), dict(getattr(sentence, "fields", {}))
    if isinstance(code := fields.get("language"), str):
        fields["language"] = i18n.language_name(code, i18n.current_locale())
    return i18n.gettext(str(message), **fields)


def _gettext(message: str) -> str:
    """Jinja fills the fields itself."""
    return i18n.gettext(message)


def _ngettext(singular: str, plural: str, n: int) -> str:
    return i18n.translations(i18n.current_locale()).ngettext(singular, plural, n)
