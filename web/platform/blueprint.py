"""The platform's pages hang on this blueprint."""

from flask import Blueprint

blueprint = Blueprint("platform", __name__)
