"""Texts from templates."""

from uuid import uuid4

import pytest

from infra.db import TenantRef
from infra.mail import letters
from infra.mail.letters import Brand
from infra.mail.purposes import MailPurposes, Message, OutgoingMail
from infra.settings import Settings

MAIL = OutgoingMail(uuid4(), "test.hello", uuid4(), "k", "en", TenantRef(uuid4(), "acme", "default"), Settings())
LINK = "https://acme.example/x?a=1&b=2"


def hello(name: str = "Ann", brand: Brand | None = None) -> Message:
    return letters.write(
        MAIL,
        "tests/hello",
        to="ann@example.org",
        subject="Hello %(name)s",
        brand=brand,
        fields={"name": name, "link": LINK},
    )


def test_each_recipient_gets_their_own_words_from_one_rendering() -> None:
    letters.prepare.cache_clear()
    messages = [hello(name) for name in ("Ann", "Bob", "Cy")]
    assert [message.subject for message in messages] == ["Hello Ann", "Hello Bob", "Hello Cy"]
    assert all(
        f"Hello {name}" in message.text for name, message in zip(("Ann", "Bob", "Cy"), messages, strict=True)
    )
    assert "Hello Ann" not in messages[1].html
    assert letters.prepare.cache_info().misses == 1


def test_a_name_is_escaped_in_html_and_plain_in_text() -> None:
    message = hello('<b onload="x">&')
    assert 'Hello <b onload="x">&' in message.text
    assert "<b onload" not in message.html
    assert "Hello &lt;b onload=&#34;x&#34;&gt;&amp;" in message.html


def test_the_link_is_a_button_and_an_address() -> None:
    message = hello()
    assert message.html.count('href="https://acme.example/x?a=1&amp;b=2"') == 2
    assert LINK in message.text


def test_a_mail_speaks_in_the_tenants_name_and_readable_colour() -> None:
    message = hello(brand=Brand("Acme Coffee", "#ffee00", address="Vienna"))
    assert "Acme Coffee" in message.html
    assert "Acme Coffee, Vienna" in message.text
    assert "#ffee00" not in message.html
    assert "Rapport" not in message.text


def test_styles_stand_in_the_elements() -> None:
    html = hello().html
    assert "<h1 style=" in html
    assert "prefers-color-scheme: dark" in html


def test_a_field_that_was_not_given_is_an_error() -> None:
    with pytest.raises(Exception, match="link"):
        letters.write(MAIL, "tests/hello", to="a@b.org", subject="x", fields={"name": "Ann"})


def test_two_functions_for_one_purpose_are_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"test\.hello"):
        MailPurposes({"test.hello": lambda session, mail: None}, {"test.hello": lambda session, mail: None})
