"""Settings › Customer pages: a provider is added, told of us, checked, and turned on."""

import pytest
from sqlalchemy import select, text

from customers.models import OpenIdProvider
from tenants.models import AuditEntry
from tests.support.openid import CLIENT, SECRET
from tests.web.portal.openid_story import trusted
from tests.web.story import text_of

WHERE = "console.settings"


@pytest.fixture
def owner(as_staff, acme):
    return as_staff("owner").at(acme)


def added(owner, session, issuer, kind="openid", name="Example ID"):
    data = {"kind": kind, "name": name, "issuer": issuer}
    owner.post(f"{WHERE}.add_provider", data=data)
    return session.scalars(select(OpenIdProvider).order_by(OpenIdProvider.id.desc())).first()


def save(owner, provider, expect=303, **more):
    return owner.post(
        f"{WHERE}.save_provider", provider, data={"name": "Example ID", "client_id": CLIENT, **more}, expect=expect
    )


def checked(owner, provider):
    owner.post(f"{WHERE}.check_provider", provider)
    return text_of(owner.get(f"{WHERE}.provider", provider))


def test_a_provider_is_added_told_of_us_checked_and_turned_on(owner, session, visitor, acme, example):
    assert "No provider yet." in text_of(owner.get(f"{WHERE}.portal"))
    provider = added(owner, session, example.issuer)
    page = owner.get(f"{WHERE}.provider", provider)
    assert f"http://{owner.host}/portal/sign-in/{provider.id}/callback" in page.text
    assert "can be turned on when a check has found nothing wrong" in text_of(page)
    owner.post(f"{WHERE}.turn_provider_on", provider, expect=409)
    save(owner, provider, secret=SECRET)
    page = owner.get(f"{WHERE}.provider", provider)
    assert SECRET not in page.text
    assert "Nothing is wrong" in checked(owner, provider)
    assert "Continue with" not in text_of(visitor().at(acme).get("portal.door.sign_in"))
    owner.post(f"{WHERE}.turn_provider_on", provider)
    assert "Continue with Example ID" in text_of(visitor().at(acme).get("portal.door.sign_in"))
    owner.post(f"{WHERE}.turn_provider_off", provider)
    assert "Continue with" not in text_of(visitor().at(acme).get("portal.door.sign_in"))
    owner.get(f"{WHERE}.provider_removal", provider)
    owner.post(f"{WHERE}.remove_provider", provider)
    owner.get(f"{WHERE}.provider", provider, expect=404)
    deeds = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == provider.id)).all()
    assert [deed.partition(".")[2] for deed in deeds] == [
        "added", "changed", "secret_replaced", "turned_on", "turned_off", "removed",
    ]  # fmt: skip


def test_the_secret_is_stored_encrypted_kept_when_none_is_written_and_replaced_by_another(owner, session, example):
    provider = added(owner, session, example.issuer)
    save(owner, provider, expect=422)
    save(owner, provider, secret=SECRET)
    stored = session.execute(text("SELECT client_secret FROM portal_providers")).scalar_one()
    assert SECRET.encode() not in bytes(stored)
    save(owner, provider, name="Example accounts")
    session.refresh(provider)
    assert (provider.client_secret, provider.name) == (SECRET, "Example accounts")
    save(owner, provider, secret="another-secret", name="Example accounts")
    session.refresh(provider)
    assert provider.client_secret == "another-secret"
    assert "does not" not in checked(owner, provider)
    assert "refuses client id and secret" in text_of(owner.get(f"{WHERE}.provider", provider))
    refused = save(owner, provider, secret="half a secret", expect=422)
    assert "half a secret" not in refused.text


def test_another_client_id_wants_a_check_before_it_is_on_again(owner, session, town, example):
    provider = trusted(town, example.issuer)
    save(owner, provider, client_id="another-client")
    session.refresh(provider)
    assert provider.turned_on_at is None
    owner.post(f"{WHERE}.turn_provider_on", provider, expect=409)


def test_a_check_says_in_plain_words_what_is_wrong(owner, session, example):
    provider = added(owner, session, example.issuer)
    save(owner, provider, secret=SECRET)
    for document, words in (
        ({"issuer": f"{example.issuer}/"}, "calls itself something else"),
        ({"issuer": None}, "calls itself something else"),
        ({"response_types_supported": ["id_token"]}, "authorization code flow"),
        ({"code_challenge_methods_supported": ["plain"]}, "does not offer PKCE"),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "signs in no way that is accepted"),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "takes no client secret"),
        ({"token_endpoint": None}, "lacks one of the addresses"),
        ({"token_endpoint": "http://10.0.0.1/token"}, "names an address that is not called"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "names an address that is not called"),
        ({"jwks_uri": f"{example.issuer}/nowhere"}, "No discovery document lies"),
        ({"token_endpoint_auth_methods_supported": ["client_secret_basic"]}, "Nothing is wrong"),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post"]}, "Nothing is wrong"),
    ):
        example.document = document
        assert words in checked(owner, provider), document
    example.document, example.published = {}, []
    assert "shows no key" in checked(owner, provider)
    example.broken = True
    assert "does not answer at this address" in checked(owner, provider)


def test_only_addresses_of_the_internet_can_be_issuers_and_each_once(owner, session, example):
    for issuer, words in (
        ("ftp://id.example.org", "Begin the address with https"),
        ("http://169.254.169.254", "not on the public internet"),
        ("https://user:secret@id.example.org", "Leave out the user and password"),
        ("https://id.example.org/?a=b", "Write the issuer alone"),
        ("", "Write an address"),
    ):
        data = {"kind": "openid", "name": "X", "issuer": issuer}
        assert words in text_of(owner.post(f"{WHERE}.add_provider", data=data, expect=422)), issuer
    data = {"kind": "microsoft", "name": "Microsoft", "issuer": "../evil"}
    assert "id or domain of your directory" in text_of(owner.post(f"{WHERE}.add_provider", data=data, expect=422))
    assert added(owner, session, "", "google", "Google").issuer == "https://accounts.google.com"
    data = {"kind": "google", "name": "Google", "issuer": ""}
    assert "added this provider already" in text_of(owner.post(f"{WHERE}.add_provider", data=data, expect=409))
    assert added(owner, session, "", "microsoft", "Microsoft").issuer.endswith(".com/common/v2.0")
    owner.post(f"{WHERE}.add_provider", data={"kind": "apple", "name": "Apple"}, expect=422)


def test_who_may_not_neither_sees_nor_changes_providers(as_staff, acme, town, example):
    provider = trusted(town, example.issuer)
    for role in ("editor", "analyst", "viewer"):
        colleague = as_staff(role).at(acme)
        colleague.get(f"{WHERE}.provider", provider, expect=403)
        colleague.post(f"{WHERE}.turn_provider_off", provider, expect=403)
