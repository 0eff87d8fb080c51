"""Sign-ups that are not what they say."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from infra.limits import Limit
from tenants.models import SignUp
from tests.web.abuse.story import token_of
from tests.web.story import PASSWORD, Person, text_of
from web.visitors import counted


@pytest.fixture
def wish(app):
    app.services.queues.connection.flushdb()
    slug = "bakery-" + uuid4().hex[:8]
    return {"business_name": "Bäckerei Öz", "slug": slug, "email": f"ada@{slug}.example", "password": PASSWORD,
            "owner_name": "Ada", "name": "Ada"}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("email", "ada@mailinator.com", "will not last"),
        ("business_name", "PayPal Support", "name of another business"),
        ("business_name", "win at evil.com", "no web address"),
        ("slug", "paypal-support", "name of another business"),
    ],
)
def test_a_sign_up_that_is_not_what_it_says_is_refused_beside_the_field(app, joined, wish, field, typed, sentence):
    person = Person(app)
    page = person.submit(person.get("platform.sign_up"), "/sign-up", expect=422, **{**wish, field: typed})
    assert sentence in text_of(page)
    assert f'value="{typed}"' in page.text
    with joined.db.control_session() as session:
        assert session.scalars(select(SignUp).where(SignUp.slug == wish["slug"])).first() is None


def test_the_other_half_of_an_ipv6_address_is_the_same_visitor(app, wish, monkeypatch):
    from web.platform import sign_up

    monkeypatch.setattr(sign_up, "_COUNTED", counted("forms", Limit(1, 3600), Limit(100, 3600)))
    person = Person(app)

    def ask(address, expect):
        page = person.get("platform.find_workspace")
        return person.send(
            "POST", "platform.send_workspaces", expect=expect, environ_base={"REMOTE_ADDR": address},
            data={"csrf_token": token_of(page), "email": "ada@acme.example"},
        )  # fmt: skip

    ask("2001:db8:1:2::1", 303)
    refused = ask("2001:db8:1:2:ffff::9", 429)
    assert "60 minutes" in text_of(refused)
    assert 'value="ada@acme.example"' in refused.text
    ask("2001:db8:1:3::1", 303)
