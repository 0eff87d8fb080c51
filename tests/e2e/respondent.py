"""A respondent without JavaScript: reads the form as it stands on the page, fills it in, sends it."""

import http.client
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode


class _Form(HTMLParser):
    """The fields of the first POST form: hidden ones with their values, radios and boxes with their choices."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.choices: dict[str, list[str]] = {}
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have: dict[str, Any] = dict(attrs)
        if tag == "form" and (have.get("method") or "").lower() == "post":
            self.action = have.get("action") or ""
        name = have.get("name")
        if not name:
            return
        kind = have.get("type", "text")
        if tag == "input" and kind == "hidden":
            self.hidden[name] = have.get("value") or ""
        elif tag == "input" and kind in ("radio", "checkbox"):
            self.choices.setdefault(name, []).append(have.get("value") or "")
        elif tag in ("textarea", "input"):
            self.texts.append(name)


class Respondent:
    """Talks to one survey over plain HTTP. `get` and `send` answer (status, body)."""

    def __init__(self, port: int, host: str, address: str) -> None:
        self._port = port
        self._host = host
        self._path = f"/s/{address}"
        self.form = _Form()

    def get(self) -> tuple[int, str]:
        """Opens the page and keeps its form."""
        status, body = self._ask("GET", self._path)
        if status == 200:
            self.form = _Form()
            self.form.feed(body)
        return status, body

    def send(self, pick: int = 0, **overrides: str) -> tuple[int, str]:
        """Sends the form with the choice number `pick` of each question (the last, when there are fewer)."""
        answers = {name: values[min(pick, len(values) - 1)] for name, values in self.form.choices.items()}
        fields = {**self.form.hidden, **answers, **overrides}
        return self._ask("POST", self.form.action or self._path, urlencode(fields))

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"Host": f"{self._host}:{self._port}", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()
