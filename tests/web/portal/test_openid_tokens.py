"""ID tokens that somebody made up, took from elsewhere or kept too long: each is refused on a kind page."""

import base64
import hmac
import json

import pytest
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, RSAKey
from sqlalchemy import select

from customers.models import PortalSession
from customers.portal import openid_identities
from infra.clock import now
from tests.support.openid import CLIENT, OwnProvider, key, signed
from tests.web.portal.openid_story import sets_out, trusted
from tests.web.story import text_of

DIRECTORY = "9188040d-6c67-4c5b-b112-36a304b66dad"
ANOTHER = "72f988bf-86f1-41af-91ab-2d7cd011db47"


def encoded(part: object) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def unsigned(claims):
    return f"{encoded({'alg': 'none'})}.{encoded(claims)}."


def with_public_key_as_secret(claims):
    """The oldest trick: HS256 with what everybody can read."""
    head = f"{encoded({'alg': 'HS256', 'kid': 'one'})}.{encoded(claims)}"
    return f"{head}.{encoded(hmac.digest(key('one').as_pem(private=False), head.encode(), 'sha256'))}"


def with_shared_key(claims):
    """The secret that our provider publishes among its keys."""
    return jwt.encode(
        {"alg": "HS256", "kid": "shared"},
        claims,
        OctKey.import_key({"kty": "oct", "k": "c2hhcmVkLXdpdGgtZXZlcnlib2R5LWluLXRoZS13b3JsZA"}),
        ["HS256"],
    )


def with_own_key(claims):
    """A key that the token brings along."""
    brought = key("two").as_dict(private=False)
    return jwt.encode({"alg": "RS256", "kid": "one", "jwk": brought}, claims, key("two"))


def with_curve(claims):
    return jwt.encode({"alg": "ES256", "kid": "one"}, claims, ECKey.generate_key("P-256"))


def critical(claims):
    return jwt.encode({"alg": "RS256", "kid": "one", "crit": ["b64"], "b64": True}, claims, key("one"))


def tampered(claims):
    head, _, mac = signed(claims).split(".")
    return f"{head}.{encoded({**claims, 'sub': '248289761001', 'x': 1})}.{mac}"


def nested(claims):
    body = encoded(b"[" * 60_000)
    return f"{encoded({'alg': 'RS256', 'kid': 'one'})}.{body}.{encoded(b'x' * 256)}"


def of_raw(text):
    return lambda claims: text


SIGNERS = {
    "none": unsigned,
    "HS256 with the public key": with_public_key_as_secret,
    "HS256 with a published secret": with_shared_key,
    "a key that the token brings": with_own_key,
    "another kind of key": with_curve,
    "another key under a known name": lambda claims: signed(claims, with_key="two"),
    "a key that nobody knows": lambda claims: signed(claims, kid="two", with_key="two"),
    "crit": critical,
    "changed after signing": tampered,
    "endless nesting": nested,
    "no token": of_raw("nonsense"),
    "empty parts": of_raw(".."),
    "a header that is no object": of_raw(f"{encoded([1])}.e30.e30"),
    "an alg that is no text": of_raw(f"{encoded({'alg': ['RS256']})}.e30.e30"),
    "a kid that is no text": of_raw(f"{encoded({'alg': 'RS256', 'kid': {}})}.e30.e30"),
    "half a character": of_raw(f"{encoded(b'{%22alg%22:%22' + bytes([0xED, 0xA0, 0x80]) + b'%22}')}.e30.e30"),
    "very long": of_raw("x" * 20_000),
}

CLAIMS = {
    "another audience": {"aud": "somebody-else"},
    "an audience that is no text": {"aud": {"a": CLIENT}},
    "several, and another party": {"aud": [CLIENT, "other"], "azp": "other"},
    "several, and no party": {"aud": [CLIENT, "other"]},
    "another party": {"azp": "other"},
    "another issuer": {"iss": "https://evil.example"},
    "an issuer with a slash more": {"iss": "http://127.0.0.1/"},
    "no issuer": {"iss": None},
    "expired": {"exp": 1_600_000_000},
    "no end": {"exp": None},
    "an end that is no number": {"exp": "tomorrow"},
    "an end that is true": {"exp": True},
    "from the future": {"iat": 4_000_000_000},
    "not yet": {"nbf": 4_000_000_000},
    "another nonce": {"nonce": "x" * 43},
    "no nonce": {"nonce": None},
    "no subject": {"sub": None},
    "a subject that is a number": {"sub": 248289761001},
    "a long subject": {"sub": "x" * 256},
    "a subject with odd letters": {"sub": "a\u0000b"},
}


def refused(browser, town, provider, example):
    here = browser()
    came = here.get(example.approves(sets_out(here, provider)), expect=400)
    assert "could not be used" in text_of(came)
    here.get("portal.index", expect=303)
    assert not town.session.scalars(select(PortalSession)).all()


@pytest.fixture
def provider(town, example):
    """Trusted, and its account 248289761001 is Eva's."""
    made = trusted(town, example.issuer)
    account = openid_identities.Account(made.id, example.issuer, "248289761001", None, speaks_for_mailbox=False)
    openid_identities.link(town.session, town.customer(), account)
    town.session.flush()
    return made


def test_a_token_whose_signature_proves_nothing_is_refused(browser, town, provider, example):
    for name, sign in SIGNERS.items():
        example.sign = sign
        try:
            refused(browser, town, provider, example)
        except AssertionError as failure:
            raise AssertionError(name) from failure


def test_a_token_that_says_something_else_is_refused(browser, town, provider, example):
    for name, claims in CLAIMS.items():
        example.claims = claims
        try:
            refused(browser, town, provider, example)
        except AssertionError as failure:
            raise AssertionError(name) from failure


def test_a_new_key_is_looked_up_and_made_up_names_of_keys_do_not_make_us_ask_again_and_again(
    browser, town, provider, example
):
    here = browser()
    here.get(example.approves(sets_out(here, provider)), expect=303)
    example.published, example.sign = ["one", "two"], lambda claims: signed(claims, kid="two", with_key="two")
    for _ in range(3):
        here = browser()
        here.get(example.approves(sets_out(here, provider)), expect=400)
    assert example.asked.count("/keys") == 1
    from customers.portal import openid_documents

    openid_documents.ASKED_AGAIN_AFTER, before = 0.0, openid_documents.ASKED_AGAIN_AFTER
    try:
        here = browser()
        here.get(example.approves(sets_out(here, provider)), expect=303)
    finally:
        openid_documents.ASKED_AGAIN_AFTER = before
    assert example.asked.count("/keys") == 2


def test_a_weak_key_verifies_nothing(browser, town, provider, example):
    from tests.support import openid

    with pytest.warns(SecurityWarning):
        openid.KEYS["weak"] = RSAKey.generate_key(1024, {"kid": "weak"}, private=True)
    example.published, example.sign = ["weak"], lambda claims: signed(claims, kid="weak", with_key="weak")
    refused(browser, town, provider, example)


def test_what_the_token_endpoint_says_is_read_with_care(browser, town, provider, example):
    spend = OwnProvider._spend
    for answer in (
        (200, b"["),
        (200, b"[" * 100_000),
        (200, b'{"id_token": 5}'),
        (200, b"x" * 300_000),
        (302, b"{}"),
        (200, b""),
    ):
        example._spend = lambda form, headers, answer=answer: answer  # type: ignore[method-assign]
        here = browser()
        here.get(example.approves(sets_out(here, provider)), expect=400)
    del example._spend
    assert OwnProvider._spend is spend


def test_microsofts_directories_are_each_their_own_issuer(browser, town, example):
    common = f"{example.issuer}/common/v2.0"
    provider = trusted(town, common, kind="microsoft", name="Microsoft")
    example.document = {"issuer": f"{example.issuer}/{{tenantid}}/v2.0"}
    example.key_fields = {"issuer": f"{example.issuer}/{{tenantid}}/v2.0"}
    eva = town.customer()
    issuer = f"{example.issuer}/{DIRECTORY}/v2.0"
    account = openid_identities.Account(provider.id, issuer, "eva", None, speaks_for_mailbox=False)
    openid_identities.link(town.session, eva, account)
    town.session.flush()
    for claims, status in (
        ({"iss": issuer, "tid": DIRECTORY}, 303),
        ({"iss": issuer, "tid": ANOTHER}, 400),
        ({"iss": issuer}, 400),
        ({"iss": f"{example.issuer}/{{tenantid}}/v2.0", "tid": "{tenantid}"}, 400),
        ({"iss": f"{example.issuer}/x/../evil/v2.0", "tid": "x/../evil"}, 400),
    ):
        example.claims = claims
        here = browser()
        came = here.get(example.approves(sets_out(here, provider), "eva"), expect=status)
    example.claims = {"iss": f"{example.issuer}/{ANOTHER}/v2.0", "tid": ANOTHER}
    here = browser()
    came = here.get(example.approves(sets_out(here, provider), "eva"), expect=303)
    assert came.location.endswith("/account"), "the same subject of another directory is somebody else"
    assert 'value="eva@example.org"' not in here.get("portal.openid.unknown").text, "nobody verified the address"
    example.claims["xms_edov"] = True
    here = browser()
    here.get(example.approves(sets_out(here, provider), "eva"), expect=303)
    assert 'value="eva@example.org"' in here.get("portal.openid.unknown").text


def test_a_clock_that_is_a_little_off_is_forgiven(browser, town, provider, example):
    example.claims = {"exp": int(now().timestamp()) - 20, "iat": int(now().timestamp()) + 30}
    here = browser()
    here.get(example.approves(sets_out(here, provider)), expect=303)
