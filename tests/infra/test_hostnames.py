"""Names as people type them."""

import pytest

from infra.hostnames import BadHostname, normalise, readable, registrable, within


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("feedback.acme.example", "feedback.acme.example"),
        ("  Feedback.ACME.example. ", "feedback.acme.example"),
        ("https://feedback.acme.example/console?x=1", "feedback.acme.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("feedback。acme。example", "feedback.acme.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("acme.co.uk", "acme.co.uk"),
        ("acme.github.io", "acme.github.io"),
    ],
)
def test_a_name_is_taken_as_it_is_typed_or_pasted(typed, name):
    assert normalise(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        "", "acme", "com", "co.uk", "github.io", "b.ck",
        "192.0.2.1", "[2001:db8::1]", "2001:db8::1", "0x7f.1", "2130706433", "127.1", "1.2.3.4.5", "a.b.123",
        "localhost", "acme.localhost", "printer.local", "a.internal", "1.0.0.127.in-addr.arpa", "x.onion",
        "*.acme.example", "a_b.acme.example", "-a.acme.example", "a-.acme.example", "a..acme.example",
        "acme.example:8443", "me@acme.example", "acme.example#x", "acme .example", "a\nb.example", "a\0.example",
        "x" * 64 + ".example", ".".join(["x" * 60] * 5) + ".example", "xn--zzzzzzzz-.example", "\u202eacme.example",
    ],
)  # fmt: skip
def test_what_cannot_be_a_domain_is_refused(typed):
    with pytest.raises(BadHostname):
        normalise(typed)


def test_the_registered_part_follows_the_list_of_public_suffixes():
    assert registrable("a.b.acme.example") == "acme.example"
    assert registrable("a.b.acme.co.uk") == "acme.co.uk"
    assert registrable("co.uk") is None
    assert registrable("www.city.kawasaki.jp") == "city.kawasaki.jp"
    assert registrable("x.y.kawasaki.jp") == "x.y.kawasaki.jp"
    assert registrable("y.kawasaki.jp") is None


def test_a_name_is_shown_as_people_write_it():
    assert readable("xn--bcher-kva.example") == "bücher.example"
    assert readable("plain.example") == "plain.example"


def test_within_does_not_confuse_names_that_only_end_alike():
    assert within("acme.rapport.example", "rapport.example")
    assert not within("evilrapport.example", "rapport.example")
