"""OpenID providers that really run: `oidc-provider-mock` as a process, and one of our own that says what is wanted.

Our own computes the code challenge (RFC 7636, 4.6) and refuses a wrong verifier, which the other does not look at.
"""

import base64
import hashlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey

from infra.clock import now
from infra.local.ports import free_port

SECRET = "the-secret-of-the-client"
CLIENT = "rapport-client"
STARTS_WITHIN = 30.0
KEYS: dict[str, RSAKey] = {}


def key(name: str) -> RSAKey:
    """One of the tests' keys; made once, because that takes a while."""
    if name not in KEYS:
        KEYS[name] = RSAKey.generate_key(2048, {"kid": name, "use": "sig"}, private=True)
    return KEYS[name]


Claims = dict[str, Any]
Sign = Callable[[Claims], str]


def signed(claims: Claims, *, kid: str = "one", with_key: str = "one") -> str:
    """As a provider signs."""
    return jwt.encode({"alg": "RS256", "kid": kid}, claims, key(with_key))


@dataclass
class OwnProvider:
    """A provider in this process. What it says can be changed at any moment."""

    port: int = 0
    document: dict[str, Any] = field(default_factory=dict)
    """Laid over the discovery document; a value of None takes a name away."""
    claims: Claims = field(default_factory=dict)
    """Laid over the ID token's."""
    userinfo: Claims = field(default_factory=dict)
    published: list[str] = field(default_factory=lambda: ["one"])
    sign: Sign = signed
    key_fields: dict[str, Any] = field(default_factory=dict)
    in_token: bool = True
    """Whether the address stands in the ID token, or is told at the userinfo endpoint only."""
    meanwhile: Callable[[], object] | None = None
    """Called while a code is being spent."""
    asked: list[str] = field(default_factory=list)
    spent: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, Claims] = field(default_factory=dict)
    broken: bool = False

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def approves(
        self, url: str, subject: str = "248289761001", email: str | None = "eva@example.org", **more: Any
    ) -> str:
        """What the person does at the provider: the path that their browser comes back by."""
        asked = dict(parse_qsl(urlsplit(url).query))
        code = f"code-{uuid4().hex}"
        told: Claims = {"sub": subject, **({"email": email, "email_verified": True} if email else {}), **more}
        self.codes[code] = {**asked, "told": json.dumps(told)}
        return back(asked["redirect_uri"], {"code": code, "state": asked["state"]})

    def serves(self, path: str, headers: Any, body: str) -> tuple[int, Any]:
        """One answer."""
        self.asked.append(path)
        if self.broken:
            return 503, {"error": "temporarily_unavailable"}
        if path.endswith("/.well-known/openid-configuration"):
            return 200, self._document(path.removesuffix("/.well-known/openid-configuration"))
        if path == "/keys":
            public = [{**key(name).as_dict(private=False), **self.key_fields} for name in self.published]
            return 200, {
                "keys": [
                    {"kty": "oct", "k": "c2hhcmVkLXdpdGgtZXZlcnlib2R5LWluLXRoZS13b3JsZA", "kid": "shared"},
                    *public,
                ]
            }
        if path == "/userinfo":
            return 200, {**self.tokens[headers["Authorization"].removeprefix("Bearer ")], **self.userinfo}
        return self._spend(dict(parse_qsl(body)), headers) if path == "/token" else (404, {})

    def _document(self, under: str) -> dict[str, Any]:
        here = self.issuer
        told = {
            "issuer": here + under,
            "authorization_endpoint": f"{here}/authorize",
            "token_endpoint": f"{here}/token",
            "jwks_uri": f"{here}/keys",
            "userinfo_endpoint": f"{here}/userinfo",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            **self.document,
        }
        return {name: value for name, value in told.items() if value is not None}

    def _spend(self, form: dict[str, str], headers: Any) -> tuple[int, Any]:
        self.spent.append(form)
        if self.meanwhile is not None:
            self.meanwhile()
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        in_body = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        if headers.get("Authorization") != f"Basic {basic}" and not in_body:
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked.get("code_challenge"):
            return 400, {"error": "invalid_grant", "error_description": "the verifier does not fit"}
        told, moment, token = json.loads(asked["told"]), int(now().timestamp()), uuid4().hex
        self.tokens[token] = told
        shown = told if self.in_token else {"sub": told["sub"]}
        frame = {"iss": self.issuer, "aud": asked["client_id"], "nonce": asked["nonce"]}
        claims = {**frame, "iat": moment, "exp": moment + 300, **shown, **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        return 200, {"access_token": token, "token_type": "Bearer", "id_token": self.sign(claims)}


def back(redirect_uri: str, answer: dict[str, str]) -> str:
    """The path with the query that a browser opens on its way back."""
    return f"{urlsplit(redirect_uri).path}?{urlencode(answer)}"


@contextmanager
def own_provider() -> Iterator[OwnProvider]:
    """Ours, on a port of its own."""
    provider = OwnProvider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    server.daemon_threads = False
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


def _handler(provider: OwnProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())

        def _answer(self, body: str) -> None:
            status, told = provider.serves(self.path, self.headers, body)
            text = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler


@dataclass(frozen=True)
class MockProvider:
    """`oidc-provider-mock`, a real provider in a process of its own."""

    port: int

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def knows(self, subject: str, **claims: Any) -> None:
        """Tells it of an account."""
        body = json.dumps(claims)
        self._call("PUT", f"/users/{subject}", body, {"Content-Type": "application/json"}, 204)

    def approves(self, url: str, subject: str) -> str:
        """What the person does in its form: the path that their browser comes back by."""
        return self._sends(url, {"sub": subject})

    def denies(self, url: str) -> str:
        """The same with "Deny"."""
        return self._sends(url, {"action": "deny"})

    def _sends(self, url: str, form: dict[str, str]) -> str:
        parts = urlsplit(url)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._call("POST", f"{parts.path}?{parts.query}", urlencode(form), kind, 302)
        there = urlsplit(answer.headers["Location"])
        query = {name: values[0] for name, values in parse_qs(there.query).items()}
        query.setdefault("state", dict(parse_qsl(parts.query))["state"])
        return f"{there.path}?{urlencode(query)}"

    def _call(
        self, verb: str, path: str, body: str, headers: dict[str, str], expect: int
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(verb, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == expect, f"{answer.status} {text[:500]!r}"
            return answer
        finally:
            connection.close()


@contextmanager
def mock_provider() -> Iterator[MockProvider]:
    """The other one. It warns when it is imported, so it has a process of its own."""
    port = free_port()
    environment = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1", "PYTHONWARNINGS": "ignore"}
    command = [
        sys.executable,
        "-m",
        "oidc_provider_mock",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--require-nonce",
    ]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(process, port)
        yield MockProvider(port)
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        assert process.poll() is None, "the provider ended"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/.well-known/openid-configuration")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise AssertionError("the provider did not start")
