"""The pages around Home hang on this blueprint."""

from flask import Blueprint

blueprint = Blueprint("home", __name__)
