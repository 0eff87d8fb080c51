"""Files that came from outside: always a download, and those that may do harm only when somebody asks twice."""

from collections.abc import Mapping
from typing import Any

from flask import Response, render_template, request

from customers import inbound_files
from infra.i18n import N_
from infra.storage import StorageKey
from web import tenancy

RISKS: Mapping[str, tuple[str, str]] = {
    "program": (
        N_("A program"),
        N_("This file is a program. Whoever opens it lets it do what it likes on their computer."),
    ),
    "macros": (N_("Holds macros"), N_("This document holds macros. They are programs that run when it is opened.")),
    "archive": (
        N_("May hide something"),
        N_(
            "This file is damaged, holds further files that nobody looked at, or unfolds to far more than it"
            " should. Nobody can tell what is in it."
        ),
    ),
    "page": (
        N_("A web page"),
        N_(
            "This file is a web page. Opened on your computer, it can ask for a password and send it to a stranger."
        ),
    ),
    "unknown": (N_("Of unknown kind"), N_("Rapport does not know what this file is.")),
}
"""What is the matter with a file (`customers.inbound_files`): the mark beside it, and a sentence."""


def download(wanted: Mapping[str, Any], number: int, back: str) -> Response | str:
    """A file as a download; one that may do harm first says so, on a page that leads `back`."""
    name = str(wanted.get("name") or f"{number}.bin")
    if request.args.get("anyway") == "1":
        return stored(wanted["file"], name)
    tenancy.checkpoint()
    risk = RISKS.get(inbound_files.risk_of_kept(tenancy.services().storage, wanted) or "")
    if risk is None:
        return stored(wanted["file"], name)
    return render_template(
        "console/customers/file_warning.html", name=name, size=wanted.get("bytes"), risk=risk, back=back
    )


def stored(file: str, name: str) -> Response:
    """A file whatever it says it is; no connection is held while it goes over the wire."""
    tenancy.checkpoint()
    answer = Response(tenancy.services().storage.stream(StorageKey(file)), mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
