"""Requests made up from the description: none ends in a 500, none in an answer that is not described."""

import warnings
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.web.api.story import DEFINITION
from tests.web.api.test_description import OPERATIONS

if TYPE_CHECKING:
    from schemathesis import Case

EXAMPLES = 15
"""Of each kind for each operation."""

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


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_what_is_made_up_from_the_description_is_answered_as_described(program, operation_id, mode):
    import schemathesis
    from schemathesis.checks import CHECKS, load_all_checks
    from schemathesis.generation import GenerationMode

    load_all_checks()
    checks = CHECKS.get_by_names(
        [
            "not_a_server_error",
            "status_code_conformance",
            "content_type_conformance",
            "response_headers_conformance",
            "response_schema_conformance",
        ]
    )
    base = f"http://{program.host}"
    document = program.send("GET", "/api/v1/openapi.json", expect=200).get_json()
    document["components"]["schemas"]["SurveyDefinition"] = SIMPLER
    schema = schemathesis.openapi.from_dict(document)
    schema.app = program.app
    survey = program.live_survey()
    known = {"survey_id": survey["id"], "response_id": program.answer(survey, 9)["id"], "number": 1}
    known |= program.webhook_with_a_delivery()
    strategy = schema.find_operation_by_id(operation_id).as_strategy(generation_mode=GenerationMode(mode))

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def run(case: "Case") -> None:
        case.path_parameters = _with_known(case.path_parameters or {}, known)
        case.headers.pop("Authorization", None)
        response = case.call(base_url=base, headers=program.headers)
        case.validate_response(response, checks=checks)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run()


def _with_known(parameters: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Ids that could exist become those that do; odd ones stay odd."""
    return {name: known[name] if _plausible(value) else value for name, value in parameters.items()}


def _plausible(value: object) -> bool:
    try:
        return isinstance(value, int) or bool(UUID(str(value)))
    except ValueError:
        return False
