from datetime import UTC, datetime, timedelta

import pytest

from infra import i18n
from infra.i18n import extract


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


def test_every_translation_keeps_the_fields_of_its_message() -> None:
    template = extract.template_catalogue()
    for locale in ("de", "fr"):
        for message in extract.update(locale, template):
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            wanted = set(extract.FIELD.findall(extract.source_text(message)))
            for text in texts[-1:]:
                assert set(extract.FIELD.findall(text)) == wanted or not message.id, (locale, message.id, text)
