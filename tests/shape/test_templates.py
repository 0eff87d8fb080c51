"""Templates keep to the Content-Security-Policy, and every form that writes carries its token."""

import re

import pytest

from tests.shape.conftest import templates

PAGES = [(path, text) for path, text in templates() if path.startswith("web/") and path.endswith(".html")]

INLINE = re.compile(
    r"""<style\b|<script(?![^>]*\bsrc=)(?![^>]*type="application/json")|\sstyle=|\son[a-z]+=["']|javascript:"""
)
ELSEWHERE = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//""")
FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL | re.IGNORECASE)
TOKEN = ("csrf()", "csrf_token", 'name="_token"', "token")


@pytest.mark.parametrize(("path", "text"), PAGES, ids=[path for path, _ in PAGES])
def test_a_page_has_no_inline_code_and_fetches_nothing_from_others(path, text):
    assert not INLINE.search(text), f"{path}: {INLINE.search(text)}"
    assert not ELSEWHERE.search(text), f"{path}: {ELSEWHERE.search(text)}"


@pytest.mark.parametrize(("path", "text"), PAGES, ids=[path for path, _ in PAGES])
def test_every_form_that_writes_carries_a_token(path, text):
    for form in FORM.findall(text):
        if 'method="post"' in form.lower():
            assert any(mark in form for mark in TOKEN), f"{path}: {form[:200]}"


def test_singular_or_plural_is_asked_of_a_number_not_of_its_letters():
    """The first variable of `trans` decides between the two; written out, even "1" is many."""
    block = re.compile(r"\{%-? trans (\w+)=([^,%]*)[^%]*%\}(?:(?!endtrans).)*?\{%-? pluralize (\w*)", re.S)
    wrong = [
        (path, said.group(0)[:80])
        for path, text in templates()
        for said in block.finditer(text)
        if re.search(r"\|(number|size|moment|day|percent)\b", said.group(2)) and not said.group(3)
    ]
    assert wrong == []
