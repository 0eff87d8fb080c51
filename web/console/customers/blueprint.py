"""The pages about customers hang on this blueprint."""

from flask import Blueprint

blueprint = Blueprint("customers", __name__)
