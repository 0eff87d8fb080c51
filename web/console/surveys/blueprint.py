"""The pages about surveys hang on this blueprint."""

from flask import Blueprint

blueprint = Blueprint("surveys", __name__)
