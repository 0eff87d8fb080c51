"""`/webhooks` as a program uses it."""

import pytest
from sqlalchemy import select

from tenants.models import AuditEntry
from tenants.webhooks.models import WebhookDelivery
from tests.web.api.story import Program, some_id


def test_a_webhook_is_made_changed_paused_resumed_and_deleted(program):
    made = program.webhook(description="CRM")
    assert made["secret"].startswith("whsec_")
    assert (made["state"], made["kinds"]) == ("active", ["*"])
    listed = program.call("GET", "webhooks.list_webhooks")
    assert [each["id"] for each in listed["items"]] == [made["id"]]
    assert "secret" not in listed["items"][0]
    changed = program.call(
        "PATCH", "webhooks.change_webhook", made["id"], json={"kinds": ["survey.published", "survey.published"]}
    )
    assert changed["kinds"] == ["survey.published"]
    assert program.call("POST", "webhooks.pause_webhook", made["id"])["state"] == "paused"
    assert program.call("POST", "webhooks.pause_webhook", made["id"])["state"] == "paused"
    assert program.call("DELETE", "webhooks.resume_webhook", made["id"])["state"] == "active"
    rotated = program.call("POST", "webhooks.rotate_webhook_secret", made["id"], expect=201)
    assert rotated["secret"] != made["secret"]
    program.call("DELETE", "webhooks.delete_webhook", made["id"], expect=204)
    assert program.refused("GET", "webhooks.get_webhook", made["id"], expect=404) == "webhook_not_found"


def test_a_repeated_request_makes_one_webhook_and_shows_its_secret_again(program):
    body = {"url": "https://crm.example.org/", "kinds": ["*"]}
    first = program.call("POST", "webhooks.create_webhook", expect=201, key="one", json=body)
    again = program.call("POST", "webhooks.create_webhook", expect=201, key="one", json=body)
    assert first == again
    assert len(program.call("GET", "webhooks.list_webhooks")["items"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://example.org:22/"}, "url"),
        ({"url": "https://[::ffff:127.0.0.1]/"}, "url"),
        ({"kinds": ["nothing.known"]}, "kinds"),
        ({"kinds": []}, "kinds"),
        ({"kinds": "*"}, "kinds"),
        ({"description": "x" * 201}, "description"),
        ({"secret": "whsec_mine"}, "secret"),
    ],
)
def test_what_cannot_be_is_refused_by_field(program, body, field):
    whole = {"url": "https://example.org/", "kinds": ["*"], **body}
    problem = program.call("POST", "webhooks.create_webhook", expect=422, json=whole)
    assert any(path.split(".")[0] == field for path in problem["errors"]), problem


def test_webhooks_and_deliveries_come_in_pages(program):
    ids = [program.webhook()["id"] for _ in range(3)]
    first = program.call("GET", "webhooks.list_webhooks", query_string={"limit": 2})
    rest = program.call("GET", "webhooks.list_webhooks", query_string={"cursor": first["next_cursor"]})
    assert [each["id"] for each in first["items"] + rest["items"]] == ids[::-1]
    made = [program.call("POST", "webhooks.send_webhook_test", ids[0], expect=201)["event_id"] for _ in range(3)]
    page = program.call("GET", "webhooks.list_webhook_deliveries", ids[0], query_string={"limit": 2})
    rest = program.call(
        "GET", "webhooks.list_webhook_deliveries", ids[0], query_string={"cursor": page["next_cursor"]}
    )
    assert [each["event_id"] for each in page["items"] + rest["items"]] == made[::-1]
    none = program.call("GET", "webhooks.list_webhook_deliveries", ids[0], query_string={"state": "failed"})
    assert none == {"items": [], "next_cursor": None}
    assert program.refused("POST", "webhooks.send_webhook_test", ids[0], expect=429) == "too_many_webhook_tests"


def test_a_delivery_is_read_and_sent_again(program, session):
    ids = program.webhook_with_a_delivery()
    path = (ids["endpoint_id"], ids["event_id"])
    assert program.call("GET", "webhooks.get_webhook_delivery", *path)["state"] == "waiting"
    refused = program.refused("POST", "webhooks.replay_webhook_delivery", *path, expect=409)
    assert refused == "webhook_delivery_waiting"
    row = session.scalars(select(WebhookDelivery)).one()
    row.state, row.outcome, row.kind = "failed", "timed_out", "response.finished"
    row.history = [
        {"at": "2026-03-04T17:42:11+00:00", "outcome": "timed_out", "status": None, "milliseconds": 9, "words": ""}
    ]
    session.flush()
    found = program.call("GET", "webhooks.get_webhook_delivery", *path)
    assert (found["outcome"], found["history"][0]["milliseconds"]) == ("timed_out", 9)
    assert found["message_id"] == f"msg_{row.event_id.hex}"
    assert program.call("POST", "webhooks.replay_webhook_delivery", *path)["state"] == "waiting"
    session.refresh(row)
    row.state = "failed"
    session.flush()
    body = {"since": "2026-01-01T00:00:00Z"}
    for _ in range(2):
        done = program.call("POST", "webhooks.replay_webhook_failures", path[0], key="again", json=body)
        assert done == {"count": 1}
    assert program.call("POST", "webhooks.replay_webhook_failures", path[0], json=body) == {"count": 0}
    assert program.refused("GET", "webhooks.get_webhook_delivery", path[0], some_id(), expect=404)


def test_what_a_program_does_to_webhooks_is_recorded_as_the_keys_deed(program, session):
    made = program.webhook()
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "webhook.created")).one()
    assert (str(entry.subject_id), entry.actor_kind, entry.data) == (made["id"], "api_key", {"kinds": ["*"]})


def test_who_may_only_read_sees_no_secret_and_changes_nothing(app, acme, program):
    made = program.webhook()
    reader = Program(app, "webhooks.read").at(acme)
    assert "secret" not in reader.call("GET", "webhooks.get_webhook", made["id"])
    assert reader.refused("POST", "webhooks.rotate_webhook_secret", made["id"], expect=403) == "scope_missing"


def test_the_description_says_what_receivers_are_sent(visitor, acme):
    document = visitor().at(acme).get("/api/v1/openapi.json").get_json()
    told = document["webhooks"]["response.finished"]["post"]["requestBody"]["content"]["application/json"]
    assert told["schema"]["properties"]["type"] == {"const": "response.finished"}
    assert told["example"]["data"].keys() == told["schema"]["properties"]["data"]["properties"].keys()
