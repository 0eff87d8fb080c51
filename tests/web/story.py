"""Pages as a story: `as_staff("analyst").at(acme).post("console.surveys.publish", survey, expect=302)`."""

import re
from contextvars import Context
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

from bs4 import BeautifulSoup
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from infra.db import TenantRef
from infra.ids import new_id
from tenants import api_keys, sessions, staff
from tenants.models import StaffMember
from tenants.permissions import OWNER, SYSTEM
from tests.support.client import IsolatedClient
from web.application import Application

PASSWORD = "seven calm otters"
RAW_CSRF = "the raw token of the form protection"


class Person:
    """Somebody with a browser (or a program with a key), on one host at a time."""

    def __init__(self, app: Application, role: str | None = None, scopes: tuple[str, ...] | None = None) -> None:
        self.app = app
        self.role = role
        self.scopes = scopes
        self.client = IsolatedClient(app, app.response_class, use_cookies=True)
        self.tenant: TenantRef | None = None
        self.host = urlsplit(app.services.settings.base_url).netloc
        self.member_id: UUID | None = None
        self.headers: dict[str, str] = {}

    def at(self, tenant: TenantRef) -> Self:
        """Goes to a tenant's host; whoever has a role signs in there, a program gets a key there."""
        self.tenant = tenant
        self.host = f"{tenant.slug}.{urlsplit(self.app.services.settings.base_url).netloc}"
        if self.role is not None:
            token = Context().run(self._sign_in, self.role)
            self._set_cookie({"_user_id": token, "csrf_token": RAW_CSRF})
        if self.scopes is not None:
            self.headers["Authorization"] = f"Bearer {Context().run(self._make_key)}"
        return self

    def get(self, endpoint: str, *path: Any, expect: int = 200, **options: Any) -> TestResponse:
        return self.send("GET", endpoint, *path, expect=expect, **options)

    def post(self, endpoint: str, *path: Any, expect: int = 303, **options: Any) -> TestResponse:
        return self.send("POST", endpoint, *path, expect=expect, **options)

    def send(self, method: str, endpoint: str, *path: Any, expect: int, **options: Any) -> TestResponse:
        """`path` fills the address's variables in order. `data` is a form, which gets its hidden token."""
        address = self.address(endpoint, *path) if "/" not in endpoint else endpoint
        headers = {**self.headers, **options.pop("headers", {})}
        if self.role is not None and method != "GET":
            headers.setdefault("X-CSRFToken", self.csrf())
        response = self.client.open(
            address, method=method, base_url=f"http://{self.host}", headers=headers, **options
        )
        assert response.status_code == expect, f"{response.status}\n{text_of(response)[:2000]}"
        return response

    def address(self, endpoint: str, *path: Any) -> str:
        rule = next(iter(self.app.url_map.iter_rules(endpoint)))
        names = re.findall(r"<(?:[^:<>]+:)?([^<>]+)>", rule.rule)
        values = {name: getattr(value, "id", value) for name, value in zip(names, path, strict=True)}
        return self.app.url_map.bind(self.host).build(endpoint, values)

    def csrf(self) -> str:
        return str(URLSafeTimedSerializer(self.app.secret_key or "", salt="wtf-csrf-token").dumps(RAW_CSRF))

    def submit(self, page: TestResponse, action: str, *, expect: int = 303, **typed: Any) -> TestResponse:
        """Fills in the form of a page whose action holds `action`, and sends it as a browser does."""
        form = BeautifulSoup(page.text, "html.parser").find("form", action=re.compile(re.escape(action)))
        assert form is not None, f"no form to {action} in\n{text_of(page)}"
        fields = {
            field["name"]: field.get("value", "") for field in form.find_all("input", attrs={"type": "hidden"})
        }
        return self.send("POST", str(form["action"]), expect=expect, data={**fields, **typed})

    def _sign_in(self, role: str) -> str:
        assert self.tenant is not None
        with self.app.services.db.tenant_session(self.tenant) as session:
            member = (staff.owner_of(session) if role == OWNER else None) or add_member(session, role)
            self.member_id = member.id
            return sessions.start(session, member)

    def _make_key(self) -> str:
        assert self.tenant is not None
        assert self.scopes is not None
        with self.app.services.db.tenant_session(self.tenant) as session:
            return api_keys.create(session, name="Tests", scopes=self.scopes, by=SYSTEM)[1]

    def _set_cookie(self, values: dict[str, Any]) -> None:
        sessions: Any = self.app.session_interface
        assert self.tenant is not None
        signer = URLSafeTimedSerializer(self.app.services.settings.secret, salt=f"session:{self.tenant.id}")
        self.client.set_cookie(sessions.name, signer.dumps(values), domain=self.host.partition(":")[0])


def add_member(session: Any, role: str, email: str = "") -> StaffMember:
    """A staff member with PASSWORD."""
    from tenants import passwords

    member_id = new_id()
    address = email or f"{role}-{member_id.hex[-8:]}@acme.example"
    hashed = passwords.hashed(PASSWORD)
    return staff.add(
        session, name=role.title(), email=address, role=role, password_hash=hashed, member_id=member_id, locale="en"
    )


def text_of(response: TestResponse) -> str:
    """What a person reads."""
    if not response.mimetype.startswith("text/html"):
        return response.text
    return " ".join(BeautifulSoup(response.text, "html.parser").get_text(" ").split())
