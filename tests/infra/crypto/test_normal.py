"""How values are spelled for look-up."""

import pytest

from infra.crypto import normal


@pytest.mark.parametrize(
    ("typed", "looked_up"),
    [
        (" Ann@Example.ORG ", "ann@example.org"),
        ("ＡＮＮ@example.org", "ann@example.org"),
        ("a.n+n@x.de", "a.n+n@x.de"),
    ],
)
def test_e_mail(typed: str, looked_up: str) -> None:
    assert normal.email(typed) == looked_up


@pytest.mark.parametrize(
    ("typed", "looked_up"),
    [("+49 (30) 12-34", "+493012 34".replace(" ", "")), ("0049 30 1234", "+49301234"), ("030 / 1234", "0301234")],
)
def test_phone(typed: str, looked_up: str) -> None:
    assert normal.phone(typed) == looked_up


def test_names_are_found_by_the_beginnings_of_their_words() -> None:
    assert normal.words("Élodie  O'Neill-ÉLODIE") == ["elodie", "o", "neill"]
    assert normal.prefixes("Jo Li") == ["jo", "li"]
    assert normal.prefixes("Anna O") == ["an", "ann", "anna", "o"]
    assert max(len(prefix) for prefix in normal.prefixes("x" * 50)) == normal.LONGEST_PREFIX
