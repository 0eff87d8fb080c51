"""What somebody wrote is not lost when their session ended meanwhile, or their form grew old.

For the forms named here the answer is a page that holds every field. Its button only opens the form again, filled
in: what another site may have made a browser send is never sent on with one press.
"""

from collections.abc import Mapping

from flask import Response, render_template, request, url_for

from infra.i18n import negotiate, use

KEPT: Mapping[str, tuple[str, ...]] = {"console.writing.send": ("subject", "text")}
"""Endpoints of forms with much to lose, and the fields that are shown; all others are carried along."""
NEVER_CARRIED = ("csrf_token", "verb")


def kept(status: int, *, signed_out: bool) -> Response | None:
    """The page with what was written; None where a form has little to lose."""
    shown = KEPT.get(request.endpoint or "")
    if shown is None or request.method != "POST":
        return None
    fields = [(name, text) for name, text in request.form.items(multi=True) if name not in NEVER_CARRIED]
    sign_in = url_for("console.sign_in", next="/console/") if signed_out else ""
    with use(negotiate(request.accept_languages.values())):
        page = render_template("errors/draft.html", fields=fields, shown=shown, sign_in=sign_in)
    response = Response(page, status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response
