"""What makes a poor password: what is guessed early, and what is known about the person."""

import pytest

from tenants import passwords

KNOWN = ("Acme Coffee Roasters", "acme-coffee", "ada.lovelace@acme.example")


@pytest.mark.parametrize(
    "password",
    [
        *("password12", "Password123!", "P@ssw0rd1234", "qwertyuiop", "1q2w3e4r5t", "iloveyou1234", "letmein123"),
        *("12345678910", "abcdefghij", "aaaaaaaaaaaa", "abcabcabcabc", "drowssap321", "monkeymonkey"),
        *("Passwort2024!", "Sommer2024!!", "qwertzuiop", "hallohallo12", "ichliebedich", "willkommen1"),
        *("motdepasse123", "azertyuiop", "bonjourbonjour", "jetaime1234", "19.12.2015", "Rapport2026!"),
    ],
)
def test_what_is_guessed_first_is_refused_in_three_languages(password):
    assert passwords.problem(password) == passwords.TOO_PLAIN


@pytest.mark.parametrize(
    "password",
    [
        *(
            "Acme-Coffee-Roasters",
            "acmecoffee2024",
            "Acme!Coffee?2026",
            "ada.lovelace@acme.example",
            "AdaLovelace1",
        ),
        *("AdaLovelace1", "roasters2026", "lovelaceada99", "acme-coffee"),
    ],
)
def test_what_is_known_about_the_person_is_no_password(password):
    assert passwords.problem(password, *KNOWN) is not None


@pytest.mark.parametrize(
    "password",
    [
        *(
            "seven calm otters",
            "correct horse battery staple",
            "kaffee-am-morgen-hilft",
            "Xk8#mQ2!vZp",
            "83472619504411",
        ),
        *(
            "83472619504411",
            "ada loves acme coffee on mondays",
            "安全的密码需要很长才行",
            "une très longue phrase à moi",
        ),
        "x7" + "-very long and dull sentence" * 7,
    ],
)
def test_long_or_odd_ones_are_good_whatever_they_are_made_of(password):
    assert passwords.problem(password, *KNOWN) is None


@pytest.mark.parametrize(
    ("length", "problem"), [(9, passwords.TOO_SHORT), (10, None), (200, None), (201, passwords.TOO_LONG)]
)
def test_lengths_count_characters(length, problem):
    odd = ("kö7#wPz!mQ4xR9" * 20)[:length]
    assert passwords.problem(odd) == problem


def test_digits_and_marks_alone_are_judged_by_how_hard_they_are():
    assert passwords.problem("?!7 4#9 1%8 0$3 6&2", *KNOWN) is None


def test_no_password_keeps_the_check_busy_for_long():
    """A guesser's estimate grows with the square of the length; only so much of it is looked at."""
    assert passwords.problem("a" * 200) == passwords.TOO_PLAIN
    assert passwords.problem("password" * 25) == passwords.TOO_PLAIN


def test_a_missing_hash_is_compared_all_the_same(monkeypatch):
    verified = []
    monkeypatch.setattr(
        type(passwords._hasher), "verify", lambda self, stored, typed: verified.append(stored) or False
    )
    assert not passwords.fits(None, "whatever it is")
    assert not passwords.fits(passwords.hashed("another one here"), "whatever it is")
    assert len(verified) == 2
