import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.text import NIGHT, PAPER, READABLE, BadColour, Theme, accessible, contrast, normal_hex, theme_css

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@given(COLOURS, st.sampled_from([PAPER, NIGHT]))
def test_any_colour_becomes_readable_and_a_readable_one_stays(colour: str, ground: str) -> None:
    result = accessible(colour, ground)
    assert contrast(result.colour, ground) >= READABLE
    assert result.changed == (contrast(colour, ground) < READABLE)
    assert bool(result.lightness_change) == result.changed


def test_yellow_is_made_darker_and_says_by_how_much() -> None:
    result = accessible("#f5c518")
    assert (result.lightness_change, result.changed) == (-23, True)
    assert result.contrast_before < 2 < 4.5 <= result.contrast_after


@pytest.mark.parametrize("text", ["", "red", "#12345", "#1234567", "#zzzzzz", "#fff;}body{display:none", "#ＦＦＦ"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(BadColour):
        normal_hex(text)


def test_a_theme_is_css_and_an_unknown_font_is_the_systems() -> None:
    css = theme_css(Theme("#ABC", font="</style>", corners=99))
    assert "--brand:#" in css
    assert "24px" in css
    assert "</style>" not in css
