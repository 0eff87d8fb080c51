"""The brand as a stylesheet, and the logo: fetched by every public page, so they are cached."""

from flask import Blueprint, Response, request

from infra.errors import NotFound
from infra.storage import StorageKey
from surveys import pictures
from tenants import branding
from web import tenancy

blueprint = Blueprint("brand", __name__)

FOR_A_MINUTE = "public, max-age=60"
FOR_GOOD = "public, max-age=31536000, immutable"


@blueprint.get("/brand.css")
def stylesheet() -> Response:
    """Custom properties. With `?v=` of the present version it may be kept for good."""
    settings = branding.get_settings(tenancy.session())
    response = Response(branding.stylesheet(settings), mimetype="text/css")
    response.set_etag(f"brand-{settings.version}")
    return _cached(response, settings.version)


@blueprint.get("/brand/logo")
def logo() -> Response:
    """The logo's bytes; nothing is asked of the file store when the browser has them."""
    settings = branding.get_settings(tenancy.session())
    key, digest, kind = settings.logo_key, settings.logo_digest, settings.logo_type
    version = settings.version
    tenancy.checkpoint()
    if not key or not digest or not kind:
        raise NotFound()
    response = Response(mimetype=kind)
    response.set_etag(digest)
    if not request.if_none_match.contains(digest):
        response.set_data(tenancy.services().storage.get(StorageKey(key)))
    return _cached(response, version)


@blueprint.get("/pictures/<file>")
def picture(file: str) -> Response:
    """A picture of a survey. Its name is what is in it, so it may be kept for good."""
    kind = pictures.kind_of(file)
    response = Response(mimetype=kind)
    response.set_etag(file)
    if not request.if_none_match.contains(file):
        response.response = pictures.read(tenancy.services().storage, tenancy.tenancy().ref, file)
    response.headers["Cache-Control"] = FOR_GOOD
    response.make_conditional(request)
    return response


def _cached(response: Response, version: int) -> Response:
    kept = request.args.get("v") == str(version)
    response.headers["Cache-Control"] = FOR_GOOD if kept else FOR_A_MINUTE
    response.make_conditional(request)
    return response
