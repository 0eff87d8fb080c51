"""Requests made up from the API's own description, sent by a program, and held against what is described."""

import warnings
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.web.api.story import DEFINITION, Program

if TYPE_CHECKING:
    from schemathesis import Case

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)

SIMPLER = {
    "anyOf": [
        {"const": DEFINITION},
        {
            "type": "object",
            "required": ["format", "default_language", "languages", "blocks"],
            "properties": {
                "format": {"const": 1},
                "default_language": {"enum": ["en", "de"]},
                "languages": {"type": "array", "items": {"enum": ["en", "de"]}},
                "blocks": {"type": "array", "items": {"type": "object"}},
            },
        },
    ]
}
"""Instead of the schema of definitions, whose conditions schemathesis cannot make up."""

MODES = ("positive", "negative")


class Maker:
    """The description as schemathesis reads it, with things that exist for the ids in addresses.

    `look` of `send` sees every answer to a request that brought its key.
    """

    def __init__(self, furnisher: Program) -> None:
        import schemathesis

        document = furnisher.send("GET", "/api/v1/openapi.json", expect=200).get_json()
        document["components"]["schemas"]["SurveyDefinition"] = SIMPLER
        self.schema = schemathesis.openapi.from_dict(document)
        self.schema.app = furnisher.app
        self.furnisher = furnisher
        self._known: dict[str, Any] = {}

    def operations(self) -> list[str]:
        """The ids of all operations."""
        document = self.schema.raw_schema
        return [
            operation["operationId"]
            for operations in document["paths"].values()
            for operation in operations.values()
            if isinstance(operation, dict) and "operationId" in operation
        ]

    def scope_of(self, operation_id: str) -> str:
        """The scope that the description says the operation needs."""
        definition = self.schema.find_operation_by_id(operation_id).definition.raw
        return str(definition["security"][0]["key"][0])

    def send(
        self,
        who: Program,
        operation_id: str,
        mode: str,
        *,
        examples: int,
        number: int | None = None,
        look: Callable[[Any], None] = lambda answer: None,
    ) -> None:
        """So many requests of `who`; `number` makes another series than the one that is always the same."""
        from schemathesis.checks import CHECKS as KNOWN
        from schemathesis.checks import load_all_checks
        from schemathesis.generation import GenerationMode

        load_all_checks()
        checks, known = KNOWN.get_by_names(list(CHECKS)), self._known or self.furnish()
        operation = self.schema.find_operation_by_id(operation_id)
        strategy = operation.as_strategy(generation_mode=GenerationMode(mode))

        def run(case: "Case") -> None:
            case.path_parameters = _with_known(case.path_parameters or {}, known)
            case.headers.pop("Authorization", None)
            answer = case.call(base_url=f"http://{who.host}", headers=dict(who.headers))
            case.validate_response(answer, checks=checks)
            if "Authorization" in answer.request.headers:  # a negative request may leave it out
                look(answer)

        made = given(case=strategy)(run)
        if number is not None:
            made = seed(number)(made)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _settings(examples, number is None)(made)()

    def furnish(self) -> dict[str, Any]:
        """Makes what the ids in addresses name; once, unless it is asked for anew."""
        survey = self.furnisher.live_survey()
        known = {"survey_id": survey["id"], "response_id": self.furnisher.answer(survey, 9)["id"], "number": 1}
        self._known = {**known, **self.furnisher.webhook_with_a_delivery()}
        return self._known


def with_scopes(program: Program, *scopes: str) -> Program:
    """Another program of the same tenant with a key of these scopes."""
    assert program.tenant is not None
    other = Program(program.app, *scopes)
    tenant = program.tenant
    return Context().run(lambda: other.at(tenant))


def _settings(examples: int, same: bool) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=same,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def _with_known(parameters: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Ids that could exist become those that do; odd ones stay odd."""
    return {
        name: known[name] if name in known and _plausible(value) else value for name, value in parameters.items()
    }


def _plausible(value: object) -> bool:
    try:
        return isinstance(value, int) or bool(UUID(str(value)))
    except ValueError:
        return False
