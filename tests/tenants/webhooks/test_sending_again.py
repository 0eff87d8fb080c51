"""Deliveries that are over: forgotten after a month, sent again until then; and events that try an endpoint."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine

from infra.clock import now
from tenants.webhooks import deliveries, endpoints
from tenants.webhooks.catalogue import message_id
from tenants.webhooks.errors import StillOnItsWay, TooManyTests, WebhookNotActive
from tests.tenants.webhooks.story import Workspace, forget


def test_deliveries_are_forgotten_after_thirty_days(workspace, receiver):
    workspace.endpoint(receiver.url)
    workspace.happens(2)
    workspace.send()
    forget(workspace)
    assert len(workspace.rows()) == 2
    with time_machine.travel(now() + timedelta(days=30, minutes=1)):
        assert forget(workspace)
    assert workspace.rows() == []
    assert not forget(workspace)


def test_one_delivery_is_sent_again_under_its_id(workspace, receiver):
    endpoint = workspace.endpoint(receiver.url)
    (event,) = workspace.happens()
    with pytest.raises(StillOnItsWay):
        replay(workspace, endpoint, event)
    workspace.send()
    replay(workspace, endpoint, event)
    workspace.send()
    assert [call.id for call in receiver.calls] == [message_id(event)] * 2
    assert receiver.calls[0].body == receiver.calls[1].body
    (row,) = workspace.rows()
    assert (row.state, row.attempts, len(row.history)) == ("delivered", 1, 2)
    workspace.do(endpoints.pause, endpoint)
    with pytest.raises(WebhookNotActive):
        replay(workspace, endpoint, event)


def replay(workspace: Workspace, endpoint: UUID, event: UUID) -> None:
    def verb(session, found, by):
        deliveries.replay(session, found, deliveries.get_delivery(session, found, event), by=by)

    workspace.do(verb, endpoint)


def test_everything_that_failed_since_a_moment_is_sent_again(workspace, receiver):
    endpoint = workspace.endpoint(receiver.url)
    receiver.answer = 410
    (old,) = workspace.happens()
    workspace.send()
    workspace.do(endpoints.resume, endpoint)
    moment = now()
    newer = workspace.happens(1)
    workspace.send()
    workspace.do(endpoints.resume, endpoint)
    receiver.answer = 204
    receiver.calls.clear()
    assert workspace.do(deliveries.replay_failed, endpoint, since=moment) == 1
    workspace.send()
    assert [call.id for call in receiver.calls] == [message_id(event) for event in newer]
    assert workspace.do(deliveries.replay_failed, endpoint, since=now() - timedelta(days=30)) == 1
    workspace.send()
    assert {row.state for row in workspace.rows()} == {"delivered"}
    assert receiver.calls[-1].id == message_id(old)


def test_a_test_event_is_sent_once_even_to_a_paused_endpoint_and_says_nothing_of_its_health(workspace, receiver):
    receiver.answer = 500
    endpoint = workspace.endpoint(receiver.url, "survey.published")
    workspace.do(endpoints.pause, endpoint)
    workspace.do(deliveries.send_test, endpoint)
    workspace.send()
    (row,) = workspace.rows()
    assert (row.state, row.kind, len(row.history)) == ("failed", "webhook.test", 1)
    assert json.loads(receiver.calls[0].body)["data"] == {"webhook_id": str(endpoint)}
    assert workspace.read(endpoint).failing_since is None
    assert workspace.read(endpoint).last_outcome == "status"
    for _ in range(deliveries.TESTS_AT_ONCE):
        workspace.do(deliveries.send_test, endpoint)
    with pytest.raises(TooManyTests):
        workspace.do(deliveries.send_test, endpoint)
