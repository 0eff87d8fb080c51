"""Every word that a person reads stands in the catalogue: no text of a template is written past it."""

import re

import pytest

from tests.shape.conftest import templates

OURS = ("console/_patterns/",)
"""What only we read, in English: the style guide."""

PAGES = [
    (path, text)
    for path, text in templates()
    if path.startswith("web/") and path.endswith(".html") and not any(mark in path for mark in OURS)
]

KEPT = {"Rapport", "n", "NPS", "CSAT", "CES", "CSV", "PNG", "SVG", "kB", "Authorization", "Bearer", "Esc"}
"""Names and codes that are the same in every language."""

COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
TRANSLATED = re.compile(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", re.DOTALL)
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
CODE = re.compile(r"<(script|style|code|pre|kbd)\b.*?</\1>", re.DOTALL)
SPOKEN = re.compile(r"""\b(?:aria-label|title|placeholder|alt)="([^"{]*[A-Za-z]{3}[^"{]*)\"""")
TAG = re.compile(r"<[^>]*>", re.DOTALL)
ATTRIBUTE = re.compile(r"""[\w-]+=("[^"]*"|'[^']*')|(?<=-) ?(?:hidden|checked|selected|required|open)(?=-)""")
"""What a macro writes into a tag."""
WORD = re.compile(r"[A-Za-zÀ-ÿ]{2,}")


@pytest.mark.parametrize(("path", "text"), PAGES, ids=[path for path, _ in PAGES])
def test_a_template_speaks_through_the_catalogue(path: str, text: str) -> None:
    bare = COMMENT.sub(" ", TRANSLATED.sub(" ", text))
    spoken = SPOKEN.findall(JINJA.sub("{", bare))
    visible = ATTRIBUTE.sub(" ", TAG.sub(" ", CODE.sub(" ", JINJA.sub("-", bare))))
    words = {word for word in WORD.findall(visible + " ".join(spoken)) if word not in KEPT}
    assert words == set(), path
