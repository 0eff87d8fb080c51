"""The blueprint that the pages hang on."""

from flask import Blueprint

blueprint = Blueprint("preferences", __name__)
