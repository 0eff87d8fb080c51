"""The pages about tasks hang on this blueprint."""

from flask import Blueprint

blueprint = Blueprint("tasks", __name__)
