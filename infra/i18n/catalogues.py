"""Catalogues, look-ups, lazy texts, and the choice of a language."""

from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy, NullTranslations, Translations

from infra.i18n.pseudo import Pseudo, is_pseudo, real
from infra.i18n.scope import DEFAULT_LOCALE, current_locale

SHIPPED: tuple[str, ...] = ("en", "de", "fr")
"""Languages in which all of the product's own texts exist. A survey may speak any other."""

LOCALES = Path(__file__).parent / "locales"


def N_(message: str) -> str:
    """Marks a text for the catalogue and returns it as it is; it is translated where it is shown."""
    return message


@lru_cache(maxsize=32)
def translations(locale: str) -> NullTranslations:
    """The catalogue of a locale; of its language when the region has none; English otherwise."""
    if is_pseudo(locale):
        return Pseudo()
    for name in (locale.replace("-", "_"), _language(locale)):
        path = LOCALES / name / "LC_MESSAGES" / "messages.po"
        if name.replace("_", "").isalnum() and path.is_file():
            return _load(path)
    return NullTranslations()


def gettext(message: str, **fields: object) -> str:
    """The message in the language in use, its `%(name)s` fields filled."""
    text = translations(current_locale()).gettext(message) if message else ""
    return text % fields if fields else text


def ngettext(singular: str, plural: str, n: int, **fields: object) -> str:
    """The form that fits `n`; `%(n)s` and the other fields are filled."""
    text = translations(current_locale()).ngettext(singular, plural, n)
    return text % {"n": n, **fields}


def lazy(message: str, **fields: object) -> LazyProxy:
    """A text that is looked up each time it is shown, for constants that outlive a request."""
    return LazyProxy(gettext, message, enable_cache=False, **fields)


def negotiate(preferred: Iterable[str], offered: Iterable[str] = SHIPPED, default: str = DEFAULT_LOCALE) -> str:
    """The best offered locale for a list of wishes, best first ("de-AT" is content with "de")."""
    offers = list(offered)
    by_lower = {offer.lower().replace("_", "-"): offer for offer in offers}
    for wish in preferred:
        name = wish.strip().lower().replace("_", "-")
        for candidate in (name, _language(name)):
            if candidate in by_lower:
                return by_lower[candidate]
    return default if default in offers or not offers else offers[0]


def direction(locale: str) -> str:
    """`"rtl"` for Arabic, Hebrew and the like, else `"ltr"`: the value of the `dir` attribute."""
    parsed = parse(locale)
    return "rtl" if parsed.text_direction == "rtl" else "ltr"


def language_name(locale: str, in_locale: str | None = None) -> str:
    """The name of a language, in its own words unless `in_locale` says otherwise."""
    name = parse(locale).get_display_name(parse(in_locale) if in_locale else None)
    return name[:1].upper() + name[1:] if name else locale


@lru_cache(maxsize=256)
def parse(locale: str) -> Locale:
    """Babel's locale; English when the name is none that it knows."""
    try:
        return Locale.parse(real(locale).replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale.parse(DEFAULT_LOCALE)


def _language(locale: str) -> str:
    return locale.replace("_", "-").split("-", 1)[0]


def _load(path: Path) -> Translations:
    with path.open("rb") as source:
        catalogue = read_po(source)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
