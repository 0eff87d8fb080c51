"""Pictures that come with the editor's form: stored first, then named in the form like what was typed."""

from flask import request
from werkzeug.datastructures import MultiDict

from infra.uploads import UploadRefused
from surveys import pictures
from surveys.definition import Definition
from surveys.wording import Sentence
from web import tenancy
from web.console.surveys.edits import find_place, get_element

MOST = 20
"""Pictures in one form."""


def taken(form: "MultiDict[str, str]") -> tuple["MultiDict[str, str]", dict[str, Sentence]]:
    """The form with the pictures' names in it, and by option id why a picture was not taken."""
    sent = {name: file for name, file in request.files.items() if file.filename and name.endswith(".picture")}
    if not sent:
        return form, {}
    tenancy.checkpoint()  # no connection waits for the file store
    storage, tenant = tenancy.services().storage, tenancy.tenant()
    made, refused = MultiDict(form), {}
    for name, file in list(sent.items())[:MOST]:
        try:
            found = pictures.store(storage, tenant, file.stream)
        except UploadRefused as problem:
            refused[name.split(".")[1]] = Sentence(problem.message, **problem.fields)
        else:
            made[name] = f"{found.file} {found.width} {found.height}"
    return made, refused


def problems(definition: Definition, element: str, refused: dict[str, Sentence]) -> dict[str, list[str]]:
    """Why pictures were not taken, by JSON pointer."""
    place = find_place(definition, element)
    if place is None or place.question is None:
        return {}
    options = getattr(get_element(definition, element), "options", ())
    return {
        f"{place.pointer}/options/{index}/picture": [refused[option.id]]
        for index, option in enumerate(options)
        if option.id in refused
    }
