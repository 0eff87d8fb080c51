"""The pages of settings hang on this blueprint."""

from flask import Blueprint

blueprint = Blueprint("settings", __name__)
