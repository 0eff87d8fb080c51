"""The blueprint and the request parser that every resource of the API uses."""

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, cast

from flask import Request
from flask_smorest.blueprint import Blueprint
from marshmallow import RAISE, Schema, missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""Escapes that may be half a character, which neither a database nor an answer can hold (RFC 8259, 8.2)."""

F = TypeVar("F", bound=Callable[..., Any])


class Parser(FlaskParser):
    """Stricter than webargs: parameters nobody knows, other content than JSON, and odd JSON are refused."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 webargs' own attribute
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
    }

    def load_json(self, req: Request, schema: Any) -> Any:
        """The body. JSON is UTF-8 (RFC 8259), without NaN and Infinity, and not nested without end."""
        body = req.get_data()
        if not body:
            return missing
        if not req.is_json:
            raise UnsupportedMediaType()
        try:
            document = json.loads(body.decode("utf-8"), parse_constant=_refuse)
            if SURROGATE.search(body):
                json.dumps(document, ensure_ascii=False).encode("utf-8")
            return document
        except (ValueError, RecursionError):
            raise BadRequest() from None


class ApiBlueprint(Blueprint):
    """A resource of the API: flask-smorest's blueprint with types. Its operations carry its name as their tag."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, import_name: str, *, description: str = "") -> None:
        super().__init__(name, import_name, description=description)  # type: ignore[no-untyped-call]

    def add_url_rule(self, rule: str, *args: Any, tags: list[str] | None = None, **options: Any) -> None:
        """As flask-smorest's, with our tag."""
        super().add_url_rule(rule, *args, tags=tags or [self.name], **options)  # type: ignore[no-untyped-call]

    def route(self, rule: str, **options: Any) -> Callable[[F], F]:
        """Registers an operation; `parameters` describe what stands in the address and the headers."""
        return cast(Callable[[F], F], super().route(rule, **options))  # type: ignore[no-untyped-call]

    def arguments(self, schema: type[Schema], **options: Any) -> Callable[[F], F]:
        """Parses the body, or another `location`, and hands it to the operation."""
        return cast(Callable[[F], F], super().arguments(schema, **options))  # type: ignore[no-untyped-call]

    def response(self, status_code: int, schema: Any = None, **options: Any) -> Callable[[F], F]:
        """Writes what the operation returns by a schema."""
        return cast(Callable[[F], F], super().response(status_code, schema, **options))  # type: ignore[no-untyped-call]

    def alt_response(self, status_code: int, *args: Any, **options: Any) -> Callable[[F], F]:
        """Describes another answer."""
        return cast(Callable[[F], F], super().alt_response(status_code, *args, **options))  # type: ignore[no-untyped-call]

    @staticmethod
    def doc(**options: Any) -> Callable[[F], F]:
        """Adds to the description."""
        return cast(Callable[[F], F], Blueprint.doc(**options))  # type: ignore[no-untyped-call]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
