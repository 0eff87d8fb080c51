import re
from datetime import UTC, datetime, timedelta

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from infra import i18n
from infra.i18n import extract

MARKUP = re.compile(r"</?\w+")
FIELDS = re.compile(r"%\(\w+\)[sd]")


def test_the_reader_gets_the_language_in_use_and_the_field_filled() -> None:
    with i18n.use("de"):
        assert i18n.gettext("Something went wrong.") == "Etwas ist schiefgegangen."
        lazy = i18n.lazy("Something went wrong.")
    assert str(lazy) == "Something went wrong."
    assert i18n.gettext("No such thing: %(name)s", name="x") == "No such thing: x"


def test_an_unknown_or_hostile_locale_falls_back_to_english() -> None:
    for locale in ("tlh", "../../etc", "", "de\0"):
        with i18n.use(locale or None):
            assert i18n.gettext("Something went wrong.") in {"Something went wrong.", "Etwas ist schiefgegangen."}
    with i18n.use("../de"):
        assert i18n.gettext("Something went wrong.") == "Something went wrong."


@pytest.mark.parametrize(
    ("wishes", "chosen"),
    [(["de-AT", "en"], "de"), (["tlh", "fr-CA"], "fr"), (["tlh"], "en"), ([], "en")],
)
def test_the_first_wish_that_is_offered_is_taken(wishes: list[str], chosen: str) -> None:
    assert i18n.negotiate(wishes) == chosen


def test_a_time_is_shown_in_the_zone_in_use_and_names_it() -> None:
    moment = datetime(2026, 7, 1, 22, 30, 5, tzinfo=UTC)
    with i18n.use("de", "Europe/Berlin"):
        assert i18n.format_moment(moment) == "02.07.2026, 00:30 (Europe/Berlin)"
        assert i18n.format_date(moment) == "02.07.2026"
        assert i18n.format_percent(0.425, 1) == "42,5\xa0%"
        assert (i18n.format_size(66), i18n.format_size(1234)) == ("66 Byte", "1,2 kB")
    with i18n.use("en"):
        assert (i18n.format_size(1), i18n.format_size(66)) == ("1 byte", "66 bytes")
    with i18n.use("en", "Nowhere/Land"):
        assert "(UTC)" in i18n.format_moment(moment)


def test_a_moment_within_a_week_is_relative_and_an_older_one_is_a_date() -> None:
    now = datetime.now(UTC)
    assert i18n.format_relative(now - timedelta(hours=3)) == "3 hours ago"
    assert "ago" not in i18n.format_relative(now - timedelta(days=8))


def test_right_to_left_follows_the_language() -> None:
    assert (i18n.direction("ar"), i18n.direction("de"), i18n.direction("nonsense")) == ("rtl", "ltr", "ltr")


def test_every_text_of_the_product_is_translated() -> None:
    template = extract.template_catalogue()
    untranslated = {
        locale: extract.missing(extract.update(locale, template)) for locale in i18n.SHIPPED if locale != "en"
    }
    assert untranslated == {"de": [], "fr": []}, "run python -m infra.i18n.extract and translate"


def written(locale: str) -> Catalog:
    """The file as it is, with what it should not have."""
    with (extract.LOCALES / locale / "LC_MESSAGES" / "messages.po").open("rb") as source:
        return read_po(source, locale=locale)


def forms(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


TRANSLATED = [locale for locale in i18n.SHIPPED if locale != "en"]


@pytest.mark.parametrize("locale", TRANSLATED)
def test_a_catalogue_holds_what_the_sources_say_and_nothing_else(locale: str) -> None:
    used = {message.id for message in extract.template_catalogue()}
    held = {message.id for message in written(locale)}
    assert (used - held, held - used) == (set(), set()), "run python -m infra.i18n.extract"
    assert not written(locale).obsolete


@pytest.mark.parametrize("locale", TRANSLATED)
def test_no_translation_is_a_guess(locale: str) -> None:
    assert [message.id for message in written(locale) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_form_has_the_fields_and_the_markup_of_its_message(locale: str) -> None:
    wrong = []
    for message in written(locale):
        source = extract.source_text(message)
        fields, markup = set(extract.FIELD.findall(source)), sorted(MARKUP.findall(source))
        for form in filter(None, forms(message)) if message.id else ():
            known = set(extract.FIELD.findall(form)) <= fields | {"n"}
            if not known or sorted(MARKUP.findall(form)) != markup or form.count("%") != source_count(form):
                wrong.append((message.id, form))
    assert wrong == []


def source_count(form: str) -> int:
    """Per cent signs that are fields or escaped; any other would break the text when it is filled."""
    return len(FIELDS.findall(form)) + 2 * form.count("%%") if FIELDS.search(form) else form.count("%")


@pytest.mark.parametrize(("locale", "forbidden"), [("de", r"!|\b([Dd]u|[Dd]ein\w*|[Dd]ich|[Dd]ir)\b"), ("fr", "!")])
def test_translations_speak_as_the_house_does(locale: str, forbidden: str) -> None:
    found = [form for message in written(locale) if message.id for form in forms(message)]
    assert [form for form in found if re.search(forbidden, form)] == []


NAMES: set[str] = set()
"""Texts that are names, signs or the same word in two languages, however many words they have."""


def words(text: str) -> list[str]:
    """What a reader reads: words of letters, without the fields and the markup between them."""
    return re.findall(r"[^\W\d_]+", re.sub(r"%\(\w+\)[sd]|<[^>]*>", " ", text))


def test_no_text_of_three_words_stands_in_the_catalogue_of_another_language() -> None:
    german, french = ({m.id: forms(m) for m in written(locale) if m.id} for locale in ("de", "fr"))
    leaked = []
    for message in german.keys() & french.keys():
        english = {message} if isinstance(message, str) else set(message)
        de, fr = set(german[message]), set(french[message])
        same = (de & fr) | (de & english) | (fr & english)
        leaked += [text for text in same - NAMES if len(words(text)) >= 3]
    assert sorted(leaked) == []


def test_french_is_set_with_typographic_apostrophes() -> None:
    found = [form for message in written("fr") if message.id for form in forms(message)]
    assert [form for form in found if re.search(r"\w'\w", form)] == []


def test_a_text_in_the_pseudo_language_is_longer_and_keeps_its_fields() -> None:
    with i18n.use("en-XA"):
        text = i18n.gettext("%(n)s of <strong>%(total)s</strong>", n=1, total=2)
        assert "<strong>2</strong>" in text
        assert len(i18n.gettext("Settings")) >= 1.4 * len("Settings")
        assert i18n.format_number(1234) == "1,234"
    assert i18n.direction("ar-XB") == "rtl"
    assert i18n.negotiate(["ar-XB", "en-XA"]) == "en"
