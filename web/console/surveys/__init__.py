"""Surveys as the staff handles them: list, gallery, editor, publishing, sharing, results, answers."""

from web.console.surveys import (
    editor,
    exports,
    identity,
    listing,
    owner,
    preview,
    publishing,
    responses,
    results,
    share,
)
from web.console.surveys.blueprint import blueprint

__all__ = [
    "blueprint",
    "editor",
    "exports",
    "identity",
    "listing",
    "owner",
    "preview",
    "publishing",
    "responses",
    "results",
    "share",
]
