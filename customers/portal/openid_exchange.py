"""From a browser's answer to an account: the address to send a browser to, and the code that it brings back."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus
from uuid import UUID

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from customers import values
from customers.models import OpenIdProvider
from customers.portal import openid_documents, openid_tokens
from customers.portal.openid_calls import Calls
from customers.portal.openid_documents import Document
from customers.portal.openid_errors import OpenIdTrouble, ProviderOdd, TokenRefused
from customers.portal.openid_flows import Flow
from customers.portal.openid_tokens import Told, Wanted

SCOPE = "openid email"
LONGEST_CODE = 4_096
GOOGLES_OWN = ("@gmail.com", "@googlemail.com")
CHOOSING = frozenset({"google", "microsoft"})
"""Providers that let people choose among their accounts when asked to; others may take it for an error."""


@dataclass(frozen=True, slots=True)
class Client:
    """What a provider knows us as; free of the database, for the calls."""

    id: UUID
    kind: str
    name: str
    issuer: str
    client_id: str
    secret: str

    @classmethod
    def of(cls, row: OpenIdProvider) -> "Client":
        """Reads the secret, so ask only where it is used."""
        return cls(row.id, row.kind, row.name, row.issuer, row.client_id, row.client_secret or "")


@dataclass(frozen=True, slots=True)
class Account:
    """Who somebody is at the provider."""

    provider_id: UUID
    issuer: str
    subject: str
    email: str | None
    """Only where the provider says that it is verified."""
    speaks_for_mailbox: bool
    """Whether the provider runs the mailbox, so that its word is as good as a mail sent there."""


def authorization_url(found: Document, client: Client, flow: Flow, redirect_uri: str, locale: str) -> str:
    """Where the browser goes (Core 1.0, 3.1.2.1; RFC 7636, 4.3)."""
    more = {"prompt": "select_account"} if client.kind in CHOOSING else {}
    return str(
        prepare_grant_uri(  # type: ignore[no-untyped-call]
            found.authorization,
            client.client_id,
            "code",
            redirect_uri,
            SCOPE,
            flow.state,
            nonce=flow.nonce,
            code_challenge=create_s256_code_challenge(flow.verifier),  # type: ignore[no-untyped-call]
            code_challenge_method="S256",
            ui_locales=locale,
            **more,
        )
    )


def check_sender(found: Document, client: Client, named: str | None) -> None:
    """The provider that answers names itself where it can (RFC 9207). Raises TokenRefused."""
    if named is None:
        if found.names_itself:
            raise TokenRefused("sender")
        return
    if not openid_documents.is_one_of(named, found, client.kind):
        raise TokenRefused("sender")


def account(calls: Calls, client: Client, flow: Flow, code: str, redirect_uri: str) -> Account:
    """Spends the code. Raises ProviderAway, ProviderOdd, TokenRefused. Hold no database connection."""
    found = openid_documents.document(calls, client.kind, client.issuer)
    answer = _spend(calls, found, client, flow, code, redirect_uri)
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise TokenRefused("missing")
    told = openid_tokens.read(calls, found, token, Wanted(client.kind, client.client_id, flow.nonce))
    claims = told.claims if "email" in told.claims else {**told.claims, **_more(calls, found, answer, told)}
    email = _email(claims, client.kind)
    return Account(client.id, told.issuer, told.subject, email, _speaks(claims, client.kind, email))


def try_secret(calls: Calls, found: Document, client: Client, redirect_uri: str) -> bool:
    """Whether the provider knows our id and secret: a made-up code is refused for itself, or we are before it."""
    fields = {"code": "made-up-by-a-check", "redirect_uri": redirect_uri, "code_verifier": "x" * 43}
    _, answer = _asked(calls, found, client, fields)
    return answer.get("error") not in ("invalid_client", "unauthorized_client")


def _spend(
    calls: Calls, found: Document, client: Client, flow: Flow, code: str, redirect_uri: str
) -> dict[str, Any]:
    if not 0 < len(code) <= LONGEST_CODE or not code.isprintable():
        raise ProviderOdd("code")
    fields = {"code": code, "redirect_uri": redirect_uri, "code_verifier": flow.verifier}
    status, answer = _asked(calls, found, client, fields)
    error = answer.get("error")
    if error in ("invalid_client", "unauthorized_client"):
        raise ProviderOdd("credentials_refused")
    if status != 200 or error:
        raise ProviderOdd("code_refused")
    return answer


def _asked(calls: Calls, found: Document, client: Client, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """The token endpoint's answer; the secret goes where the provider takes it (RFC 6749, 2.3.1)."""
    headers = {}
    if found.secret_in_body:
        fields = {**fields, "client_id": client.client_id, "client_secret": client.secret}
    else:
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.secret)}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    body = prepare_token_request("authorization_code", **fields)  # type: ignore[no-untyped-call]
    return calls.form(found.token, body, headers)


def _more(calls: Calls, found: Document, answer: dict[str, Any], told: Told) -> dict[str, Any]:
    """What the provider tells at its own address only (Core 1.0, 5.3.2: of the same subject, or it counts nothing).

    Without it people are known by their subject all the same, so what goes wrong here stops nobody.
    """
    token = answer.get("access_token")
    if not found.userinfo or not isinstance(token, str):
        return {}
    try:
        more = calls.document(found.userinfo, bearer=token)
    except OpenIdTrouble:
        return {}
    if more.get("sub") != told.subject:
        return {}
    return {name: more[name] for name in ("email", "email_verified") if name in more}


def _email(claims: dict[str, Any], kind: str) -> str | None:
    """The address, where the provider says that it is verified.

    Microsoft says so by a claim of its own (`xms_edov`): the owner of the domain vouches for the address.
    """
    told, verified = claims.get("email"), claims.get("email_verified") in (True, "true")
    if kind == "microsoft":
        verified = claims.get("xms_edov") in (True, 1, "1", "true")
    if not isinstance(told, str) or not verified:
        return None
    try:
        return values.email(told) or None
    except values.Unfit:
        return None


def _speaks(claims: dict[str, Any], kind: str, email: str | None) -> bool:
    """Google says when its word counts: for its own mailboxes, and for organisations that are there (`hd`)."""
    if kind != "google" or email is None:
        return False
    organisation = claims.get("hd")
    return email.endswith(GOOGLES_OWN) or (isinstance(organisation, str) and bool(organisation))
