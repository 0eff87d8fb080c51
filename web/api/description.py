"""The API's own description, open to everybody: it names no business."""

from flask import Blueprint, Response, jsonify

from web import tenancy
from web.api import describing, unread

blueprint = Blueprint("api_description", __name__)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """OpenAPI 3.1."""
    api = tenancy.application().api
    assert api is not None
    response = jsonify(unread.described(describing.with_limits(api.spec.to_dict())))
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
