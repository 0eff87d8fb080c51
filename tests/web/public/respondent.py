"""A respondent: opens a survey, fills in what the page shows, sends it as a browser does."""

from typing import Any, Self

from bs4 import BeautifulSoup, Tag
from werkzeug.test import TestResponse

from infra.db import TenantRef
from tests.support.client import IsolatedClient
from web.application import Application


class Respondent:
    """One browser without JavaScript and without cookies, on a tenant's host."""

    def __init__(self, app: Application, tenant: TenantRef) -> None:
        base = app.services.settings.base_url.partition("://")[2]
        self.client = IsolatedClient(app, app.response_class, use_cookies=False)
        self.host = f"http://{tenant.slug}.{base}"
        self.page: TestResponse | None = None

    def open(self, address: str, *, expect: int = 200, language: str = "en", **options: Any) -> Self:
        """Opens the survey's page."""
        headers = {"Accept-Language": language, "Accept": "text/html"}
        return self._keep(self.client.get(f"/s/{address}", base_url=self.host, headers=headers, **options), expect)

    def send(
        self, *, expect: int = 303, go: str = "send", change: dict[str, Any] | None = None, **typed: Any
    ) -> Self:
        """Sends the form of the page in sight: what stands in it, `typed` by short name, `change` by field name."""
        fields = {
            **self.fields(),
            "_go": go,
            **{f"q_{name}": value for name, value in typed.items()},
            **(change or {}),
        }
        form = self.soup.find("form")
        assert isinstance(form, Tag)
        return self.post(str(form["action"]), {k: v for k, v in fields.items() if v is not None}, expect=expect)

    def post(self, path: str, data: Any, *, expect: int, **options: Any) -> Self:
        """Sends anything at all."""
        options.setdefault("headers", {"Accept": "text/html"})
        return self._keep(self.client.post(path, base_url=self.host, data=data, **options), expect)

    def fields(self) -> dict[str, Any]:
        """What a browser would send of the page as it is."""
        found: dict[str, Any] = {}
        for field in self.soup.select("form input[name]:not([type=file]), form textarea, form select"):
            name, kind = str(field["name"]), field.get("type")
            if kind in ("radio", "checkbox"):
                if field.has_attr("checked"):
                    found.setdefault(name, []).append(field["value"])
            elif field.name == "select":
                chosen = field.select_one("option[selected]")
                found[name] = chosen.get("value", chosen.text) if chosen else ""
            else:
                found[name] = field.text.strip("\n") if field.name == "textarea" else field["value"]
        return found

    @property
    def soup(self) -> BeautifulSoup:
        assert self.page is not None
        return BeautifulSoup(self.page.text, "html.parser")

    @property
    def text(self) -> str:
        """What is read, hidden parts left out."""
        soup = self.soup
        for hidden in soup.select("[hidden]"):
            hidden.decompose()
        return " ".join(soup.get_text(" ").split())

    def problem_at(self, name: str) -> str:
        """The sentence beside a question."""
        found = self.soup.select_one(f"#q_{name}-e")
        return found.text if found else ""

    def _keep(self, page: TestResponse, expect: int) -> Self:
        self.page = page
        assert page.status_code == expect, f"{page.status}\n{self.text[:1500]}"
        return self
