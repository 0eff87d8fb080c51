"""A submitted form: what was typed, what it means, and what is wrong with it.

    form = Form.submitted(SignInForm)
    if form.attempt(lambda typed: sign_in.sign_in(session(), keys, **typed)):
        return redirect(…)
    return render_template("…", form=form), form.status

A refused form keeps what was typed; passwords are never sent back (the templates' password field has no value).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from flask import request
from marshmallow import Schema, ValidationError

from infra.errors import Conflict, Invalid, RapportError, TooMany
from web.errors import flatten, status_of
from web.schemas.fields import Several

Sentence = str | RapportError


class Form:
    """Values by field name, and problems by field name; the problem of no field stands under ""."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self.values: dict[str, Any] = dict(values or {})
        self.problems: dict[str, list[Sentence]] = {}
        self.typed: dict[str, Any] = {}
        self.result: Any = None
        self.status = 200

    @classmethod
    def submitted(cls, schema: type[Schema]) -> Self:
        """The form of this request, checked by its schema."""
        loader = schema()
        several = {name for name, field in loader.fields.items() if isinstance(field, Several)}
        form = cls(
            {
                name: request.form.getlist(name) if name in several else request.form.get(name)
                for name in loader.fields
                if name in request.form or name in several
            }
        )
        try:
            form.typed = loader.load(form.values)
        except ValidationError as error:
            form.problems = {path: list(found) for path, found in flatten(error.messages).items()}
            form.status = 422
        return form

    def attempt(self, verb: Callable[[dict[str, Any]], Any]) -> bool:
        """Does what the form asks for, when nothing is wrong with it. Keeps the result, or why it was refused."""
        if self.problems:
            return False
        try:
            self.result = verb(self.typed)
        except (Invalid, Conflict, TooMany) as refusal:
            self.refuse(refusal)
            return False
        return True

    def refuse(self, refusal: RapportError) -> None:
        """Notes why the domain said no."""
        problems = refusal.problems if isinstance(refusal, Invalid) else {}
        for name, sentences in problems.items():
            self.problems.setdefault(name, []).extend(sentences)
        if not problems:
            field = refusal.field if isinstance(refusal, Conflict) else ""
            self.problems.setdefault(field, []).append(refusal)
        self.status = status_of(refusal)

    def value(self, name: str, default: Any = "") -> Any:
        """What was typed into a field, as it was typed."""
        return self.values.get(name, default)

    def errors(self, name: str) -> Sequence[Sentence]:
        """The sentences beside a field, also those about single entries of it."""
        told = (s for path, found in self.problems.items() if path.split(".")[0] == name for s in found)
        return list(dict.fromkeys(told))
