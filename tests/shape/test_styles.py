"""Stylesheets keep to the tokens, and to both directions of writing."""

import re

import pytest

from tests.shape.conftest import ROOT

SHEETS = sorted((ROOT / "web/static").rglob("*.css"))
OURS = [path for path in SHEETS if path.parent.name == "css"]

PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)\b|(?:left|right)\s*:"
    r"|border-(?:top|bottom)-(?:left|right)-radius|(?:text-align|float|clear)\s*:\s*(?:left|right))"
)
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?)\(")
PLAIN_FONT = re.compile(r"font\s*:\s*+(?!var\(|inherit)[^;}]+")
SPACE = re.compile(r"(?:margin|padding|gap)[\w-]*\s*:\s*([^;}]+)")
PIXELS = re.compile(r"(\d+)px")
BLOCK = re.compile(r"/\*.*?\*/", re.DOTALL)

WHITE_PAPER = {"#fff"}
"""A QR code and a printed page are white whatever the screen is."""


def rules(path):
    return BLOCK.sub("", path.read_text())


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_sheet_names_no_side_that_turns_with_the_writing(path):
    assert PHYSICAL.findall(rules(path)) == [], f"{path.name}: write inline-start and inline-end"


@pytest.mark.parametrize("path", [p for p in OURS if p.name != "tokens.css"], ids=lambda path: path.name)
def test_a_sheet_takes_its_colours_from_the_tokens(path):
    assert set(COLOUR.findall(rules(path))) - WHITE_PAPER == set()


@pytest.mark.parametrize("path", [p for p in OURS if p.name != "tokens.css"], ids=lambda path: path.name)
def test_type_has_the_sizes_of_the_tokens(path):
    found = [font for font in PLAIN_FONT.findall(rules(path)) if "var(--mono)" not in font]
    assert found == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_spacing_comes_in_steps_of_four(path):
    odd = [
        value for value in SPACE.findall(rules(path)) if any(int(pixels) % 4 for pixels in PIXELS.findall(value))
    ]
    assert odd == []


def test_light_and_dark_are_the_same_names():
    """Every colour is given once, for both; nothing is dark only."""
    tokens = rules(ROOT / "web/static/css/tokens.css")
    assert "prefers-color-scheme" not in tokens
    colours = re.findall(r"(--[\w-]+): light-dark\(", tokens)
    assert len(colours) == len(set(colours)) >= 20


@pytest.mark.parametrize("wish", ["prefers-reduced-motion", "forced-colors", "print"])
def test_what_a_person_has_set_up_is_respected(wish):
    assert any(re.search(rf"@media[^{{]*{wish}", rules(path)) for path in OURS)


def test_names_that_sheets_use_are_tokens():
    given = set(re.findall(r"(--[\w-]+):", "".join(rules(path) for path in OURS)))
    used = set(re.findall(r"var\((--[\w-]+)", "".join(rules(path) for path in OURS)))
    assert used - given == set()


TEMPLATES = sorted((ROOT / "web/templates").rglob("*.html"))
WRITTEN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def test_every_class_of_a_template_has_its_rule():
    """A class that no sheet knows is a look that was meant and is not there."""
    known = set(re.findall(r"\.([a-zA-Z][\w-]*)", "".join(rules(path) for path in SHEETS)))
    known |= set(re.findall(r"\.([a-z][\w-]*)[\"'\s]", (ROOT / "web/static/js/app.js").read_text()))
    lost = set()
    for path in TEMPLATES:
        for classes in re.findall(r'class="([^"]*)"', path.read_text()):
            named = {name for name in WRITTEN.sub(" ", classes).split() if not name.endswith("-")}
            lost |= {f"{path.name}: {name}" for name in named - known}
    assert lost == set()


PATTERN = re.compile(
    r"""<table\b|class="(?:table-wrap|empty|notice|pager|tabs|chips|tag|filters|crumbs|score|outline|save-bar)\b"""
)
PATTERNS = ("patterns/", "layouts/", "_patterns/", "public/survey/")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_page_is_made_of_patterns_and_not_of_look_alikes(path):
    name = str(path.relative_to(ROOT / "web/templates"))
    if not any(mark in name for mark in PATTERNS):
        assert PATTERN.findall(path.read_text()) == [], name
