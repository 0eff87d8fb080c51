"""The blueprint that the pages of signed-in customers hang on."""

from flask import Blueprint

blueprint = Blueprint("portal", __name__)
