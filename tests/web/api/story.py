"""A program that talks to the API, and the survey of most tests: an NPS and a reason that critics are asked."""

import uuid
from typing import Any

from tests.web.story import Person
from web.application import Application

ALL_SCOPES = (
    "surveys.read",
    "surveys.edit",
    "surveys.publish",
    "surveys.delete",
    "responses.read",
    "responses.create",
    "results.read",
    "webhooks.read",
    "webhooks.manage",
    "customers.read",
    "customers.edit",
    "customers.delete",
    "customers.import",
    "customers.export",
    "contacts.manage",
    "tasks.edit",
    "segments.edit",
    "attributes.edit",
)

DEFINITION: dict[str, Any] = {
    "format": 1,
    "default_language": "en",
    "languages": ["en", "de"],
    "blocks": [
        {
            "id": "b_main",
            "questions": [
                {
                    "id": "q_score",
                    "code": "recommend",
                    "type": "nps",
                    "text": {"en": "Would you recommend us?", "de": "Würden Sie uns empfehlen?"},
                    "required": True,
                },
                {
                    "id": "q_reason",
                    "code": "reason",
                    "type": "long_text",
                    "text": {"en": "What went wrong?", "de": "Was war nicht gut?"},
                    "required": True,
                    "show_if": {
                        "left": {"type": "question", "id": "q_score"},
                        "operator": "at_most",
                        "right": {"type": "constant", "value": 6},
                    },
                },
                {
                    "id": "q_place",
                    "code": "place",
                    "type": "single_choice",
                    "text": {"en": "Where?", "de": "Wo?"},
                    "options": [
                        {"id": "o_cafe", "code": "cafe", "text": {"en": "In the café", "de": "Im Café"}},
                        {"id": "o_shop", "code": "shop", "text": {"en": "Online", "de": "Im Netz"}},
                    ],
                },
            ],
        }
    ],
}


class Program(Person):
    """Calls operations by name and hands back the decoded body."""

    def __init__(self, app: Application, *scopes: str) -> None:
        super().__init__(app, scopes=scopes or ALL_SCOPES)

    def call(
        self, method: str, operation: str, *path: Any, expect: int = 200, key: str = "", **options: Any
    ) -> Any:
        """`operation` is such as `surveys.create_survey`; `key` is the Idempotency-Key."""
        if key:
            options["headers"] = {**options.get("headers", {}), "Idempotency-Key": key}
        answer = self.send(method, f"api_v1.{operation}", *path, expect=expect, **options)
        if expect >= 400:
            assert answer.mimetype == "application/problem+json"
        return answer.get_json() if answer.data else None

    def refused(self, method: str, operation: str, *path: Any, expect: int, **options: Any) -> str:
        """The stable code of the problem that the call is answered with."""
        problem = self.call(method, operation, *path, expect=expect, **options)
        assert problem["status"] == expect
        assert problem["detail"]
        return str(problem["code"])

    def survey(self, name: str = "After your visit", **fields: Any) -> dict[str, Any]:
        """A new survey with DEFINITION."""
        body = {"name": name, "definition": DEFINITION, **fields}
        return dict(self.call("POST", "surveys.create_survey", expect=201, json=body))

    def live_survey(self, **fields: Any) -> dict[str, Any]:
        """A survey that takes answers."""
        survey = self.survey(**fields)
        self.call("POST", "versions.publish_survey", survey["id"], expect=201)
        return survey

    def answer(self, survey: dict[str, Any], score: int, *, expect: int = 201, **fields: Any) -> Any:
        """Sends a response with that score."""
        body = {"answers": {"q_score": score, **({"q_reason": "Late."} if score < 7 else {})}, **fields}
        return self.call("POST", "responses.create_response", survey["id"], expect=expect, json=body)

    def webhook(self, **fields: Any) -> dict[str, Any]:
        """A new webhook that hears of everything."""
        body = {"url": "https://crm.example.org/rapport", "kinds": ["*"], **fields}
        return dict(self.call("POST", "webhooks.create_webhook", expect=201, json=body))

    def webhook_with_a_delivery(self) -> dict[str, Any]:
        """The ids by which an address names a delivery: of a test event that is on its way."""
        made = self.webhook()
        tested = self.call("POST", "webhooks.send_webhook_test", made["id"], expect=201)
        return {"endpoint_id": made["id"], "event_id": tested["event_id"]}


def some_id() -> str:
    """An id that nothing has."""
    return str(uuid.uuid4())
