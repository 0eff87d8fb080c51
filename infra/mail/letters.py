"""Texts of mails from templates: rendered once per language and brand, filled for each recipient.

A letter is two templates, `<name>.html` and `<name>.txt`, that extend `infra/mail/layout.html` and `.txt`. What
differs between recipients are *fields*: in the templates they are used as values (`{{ name }}`, `{{ link }}`, also
inside `_("…", name=name)`), never in conditions, because while the template is rendered they are only markers.
Everything else is *context*, for which one rendering is kept: it must be hashable and few.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import css_inline
from markupsafe import escape

from infra import i18n
from infra.mail.purposes import Message, OutgoingMail
from infra.render import render
from infra.text import accessible

_OPEN, _CLOSE = "\ue000", "\ue001"
_MARKER = re.compile(f"{_OPEN}([a-z_]+){_CLOSE}")
_INDENTED, _SPACES = re.compile(r"\n[ \t]+"), re.compile(r"[ \t]{2,}")
"""What says nothing in HTML, and costs room in each mail and time to sign."""
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class Brand:
    """In whose name a mail speaks: its name, its logo, its colour (darkened until white can be read on it)."""

    name: str = "Rapport"
    accent: str = "#1f5fbf"
    logo_url: str = ""
    address: str = ""


Parts = tuple[tuple[str, ...], tuple[str, ...]]
"""What stands between the fields, one more than there are fields; and the fields."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A letter cut where the fields go."""

    text: Parts
    html: Parts

    def fill(self, fields: Mapping[str, str]) -> tuple[str, str]:
        """(text, HTML) with the fields in; in HTML they are escaped. Raises KeyError for a field not given."""
        escaped = {name: str(escape(value)) for name, value in fields.items()}
        return _joined(self.text, fields), _joined(self.html, escaped)


def write(
    mail: OutgoingMail,
    template: str,
    *,
    to: str,
    subject: str,
    to_name: str = "",
    brand: Brand | None = None,
    sender: str = "",
    reply_to: str = "",
    fields: Mapping[str, str] | None = None,
    **context: object,
) -> Message:
    """The message of a template such as `tenants/mail/verify`, in the language in use (the row's, when it is sent).

    `subject` is already translated and may name fields as `%(name)s`.
    """
    given = dict(fields or {})
    prepared = prepare(template, i18n.current_locale(), brand or Brand(), tuple(sorted(given)), **context)
    filled_subject = subject % given if given else subject
    text, html = prepared.fill({**given, "letter_subject": filled_subject})
    return Message(
        to=to, to_name=to_name, subject=filled_subject, text=text, html=html, sender=sender, reply_to=reply_to
    )


@lru_cache(maxsize=512)
def prepare(template: str, locale: str, brand: Brand, fields: tuple[str, ...], **context: object) -> Prepared:
    """Renders a letter with markers and moves its styles into the elements, where every mail program sees them."""
    markers = {name: f"{_OPEN}{name}{_CLOSE}" for name in (*fields, "letter_subject")}
    look = {"brand": brand, "accent": accessible(brand.accent).colour}
    with i18n.use(locale):
        text = render(f"{template}.txt", **markers, **look, **context)
        html = render(f"{template}.html", **markers, **look, **context)
    return Prepared(_cut(_tidy(text)), _cut(_SPACES.sub(" ", _INDENTED.sub("\n", _INLINER.inline(html)))))


def _cut(filled: str) -> Parts:
    pieces = _MARKER.split(filled)
    return tuple(pieces[::2]), tuple(pieces[1::2])


def _joined(parts: Parts, fields: Mapping[str, str]) -> str:
    between, names = parts
    pieces = [between[0]]
    for name, following in zip(names, between[1:], strict=True):
        pieces += (fields[name], following)
    return "".join(pieces)


def _tidy(text: str) -> str:
    """Plain text without the empty lines that template tags leave behind."""
    lines = "\n".join(line.strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
