"""Headers of every answer, and cookie sessions that are worth nothing at another tenant's host."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, Response
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Request as WerkzeugRequest

from infra.clock import now
from infra.settings import Settings
from web.tenancy import Request

SESSION_SECONDS = 14 * 24 * 3600
"""How long a browser may stay away before its cookie is worth nothing."""
SIGNED_ANEW_AFTER = 24 * 3600
"""Seconds after which a cookie that is used gets a new signature, so that it never dies under who works daily."""

CONTENT_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
)

COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


HSTS, TWO_YEARS = "Strict-Transport-Security", "max-age=63072000"


class Headers:
    """The security headers, worked out once per kind of page."""

    def __init__(self, settings: Settings) -> None:
        scheme, _, host = settings.base_url.partition("://")
        forms = f"form-action 'self' {scheme}://*.{host.rstrip('/')}"
        common = dict(COMMON)
        if settings.secure:
            common[HSTS] = f"{TWO_YEARS}; includeSubDomains"
        self._secure = settings.secure
        inside = "; ".join((*CONTENT_POLICY, "form-action 'self'", "frame-ancestors 'none'"))
        leaving = "; ".join((*CONTENT_POLICY, forms, "frame-ancestors 'none'"))
        framed = "; ".join((*CONTENT_POLICY, "form-action 'self'", "frame-ancestors *"))
        self._inside = {**common, "Content-Security-Policy": inside, "X-Frame-Options": "DENY"}.items()
        self._platform = {**common, "Content-Security-Policy": leaving, "X-Frame-Options": "DENY"}.items()
        self._framed = {**common, "Content-Security-Policy": framed}.items()

    def add(self, response: Response, *, platform: bool, framed: bool, own_domain: bool = False) -> None:
        """Adds what the handler did not set itself. Forms of the platform may end at a tenant's host.

        At a tenant's own domain nothing is said about the names below it: they are not ours.
        """
        chosen = self._framed if framed else self._platform if platform else self._inside
        if own_domain and self._secure:
            response.headers.setdefault(HSTS, TWO_YEARS)
        present = {name.lower() for name, _ in response.headers}
        response.headers.extend([(name, value) for name, value in chosen if name.lower() not in present])


class TenantSession(SessionMixin):
    """A cookie session that is read on first use; pages that never ask pay nothing."""

    def __init__(self, load: Callable[[], tuple[dict[str, Any], bool]]) -> None:
        """`load` answers the values, and whether their signature has grown old."""
        self._load = load
        self._values: dict[str, Any] | None = None
        self.modified = False

    @property
    def opened(self) -> bool:
        """Whether anybody looked inside."""
        return self._values is not None

    def _open(self) -> dict[str, Any]:
        if self._values is None:
            self._values, self.modified = self._load()
        return self._values

    def __getitem__(self, key: str) -> Any:
        return self._open()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._open()[key] = value
        self.modified = True

    def __delitem__(self, key: str) -> None:
        del self._open()[key]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._open())

    def __len__(self) -> int:
        return len(self._open())


class TenantSessions(SessionInterface):
    """Signs the cookie with a salt that holds the tenant's id, so that one tenant's means nothing to another."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.secret
        self._secure = settings.secure
        self.name = "__Host-rapport" if settings.secure else "rapport"

    def open_session(self, app: Flask, request: WerkzeugRequest) -> TenantSession:
        """Opens nothing yet: the tenant is known only when the request is dispatched."""

        def load() -> tuple[dict[str, Any], bool]:
            cookie = request.cookies.get(self.name)
            if not cookie:
                return {}, False
            try:
                values, signed_at = self._signer(request).loads(
                    cookie, max_age=SESSION_SECONDS, return_timestamp=True
                )
            except BadData:
                return {}, False
            aged = (now() - signed_at).total_seconds() > SIGNED_ANEW_AFTER
            return (values, aged) if isinstance(values, dict) else ({}, False)

        return TenantSession(load)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Sends the cookie when the session changed, and takes it back when it became empty."""
        if not isinstance(session, TenantSession) or not session.opened:
            return
        response.vary.add("Cookie")
        if not session.modified:
            return
        flags: dict[str, Any] = {"secure": self._secure, "httponly": True, "samesite": "Lax", "path": "/"}
        if not len(session):
            response.delete_cookie(self.name, **flags)
            return
        from flask import request

        value = self._signer(request).dumps(dict(session))
        response.set_cookie(self.name, value, max_age=SESSION_SECONDS, **flags)

    def _signer(self, request: WerkzeugRequest) -> URLSafeTimedSerializer:
        visit = request.visit if isinstance(request, Request) else None
        tenancy = visit.tenancy if visit else None
        owner = str(tenancy.ref.id) if tenancy else "platform"
        return URLSafeTimedSerializer(self._secret, salt=f"session:{owner}")
