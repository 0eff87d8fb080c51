"""Deliveries from the event to the receiver: signed, once per event and endpoint, to nobody inside."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
import time_machine

from infra.clock import now
from infra.events.models import Delivery
from tenants.webhooks import endpoints, signing
from tenants.webhooks.catalogue import message_id
from tests.support.receivers import Call


def verified(call: Call, secret: str) -> bool:
    """Written from the specification's words, not from our code: version 1 of Standard Webhooks."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.{call.body.decode()}"
    expected = base64.b64encode(hmac.new(key, content.encode(), hashlib.sha256).digest()).decode()
    given = [each.split(",", 1) for each in call.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(expected, signature) for version, signature in given)


def test_an_event_arrives_signed_and_once_at_each_endpoint_that_wants_it(workspace, receiver, another):
    wanting = workspace.endpoint(receiver.url, "response.finished")
    everything = workspace.endpoint(another.url)
    uninterested = workspace.endpoint(another.url, "survey.published")
    (event,) = workspace.happens()
    workspace.send()
    assert [row.state for row in workspace.rows()] == ["delivered"] * 2
    assert workspace.rows(uninterested) == []
    (call,) = receiver.calls
    (copy,) = another.calls
    assert call.id == copy.id == message_id(event)
    assert call.body == copy.body
    body = json.loads(call.body)
    assert (body["type"], body["version"], body["data"]["revision"]) == ("response.finished", 1, 1)
    assert call.headers["content-type"] == "application/json"
    assert abs(int(call.headers["webhook-timestamp"]) - now().timestamp()) < 60
    secret = workspace.do(endpoints.show_secret, wanting)
    other = workspace.do(endpoints.show_secret, everything)
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert verified(call, secret)
    assert verified(copy, other)
    assert not verified(call, other)


def test_the_signature_is_that_of_the_specifications_example():
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    found = signing.sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", signed)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_same_event_is_owed_once_however_often_it_is_told(workspace, receiver, services):
    endpoint = workspace.endpoint(receiver.url)
    events = workspace.happens(3)
    with services.db.tenant_session(workspace.tenant) as session:
        for event in events:
            session.add(Delivery(event_id=event, reaction="tenants.webhooks.deliveries.owe"))
    workspace.dispatch()
    workspace.send()
    assert [row.event_id for row in workspace.rows(endpoint)] == events
    assert len(receiver.calls) == 3


def test_a_rotated_secret_signs_beside_the_old_one_for_a_day(workspace, receiver):
    endpoint = workspace.endpoint(receiver.url)
    old = workspace.do(endpoints.show_secret, endpoint)
    new = workspace.do(endpoints.rotate_secret, endpoint)
    assert old != new
    workspace.happens()
    workspace.send()
    assert len(receiver.calls[-1].headers["webhook-signature"].split(" ")) == 2
    assert verified(receiver.calls[-1], old)
    assert verified(receiver.calls[-1], new)
    with time_machine.travel(now() + timedelta(hours=24, minutes=1)):
        workspace.happens()
        workspace.send()
    assert verified(receiver.calls[-1], new)
    assert not verified(receiver.calls[-1], old)
    workspace.do(endpoints.rotate_secret, endpoint)
    workspace.do(endpoints.rotate_secret, endpoint)
    workspace.happens()
    workspace.send()
    assert not verified(receiver.calls[-1], new), "rotating twice ends a leaked secret at once"


def test_no_secret_stands_in_the_database(workspace, receiver, services):
    endpoint = workspace.endpoint(receiver.url)
    secret = workspace.do(endpoints.rotate_secret, endpoint)
    workspace.happens()
    workspace.send()
    stored = repr([vars(row) for row in (workspace.read(endpoint), *workspace.rows())])
    assert secret.removeprefix("whsec_") not in stored


@pytest.mark.parametrize(("status", "code"), [(301, "redirected"), (307, "redirected"), (404, "status")])
def test_a_redirect_and_other_answers_are_failures_and_not_followed(workspace, receiver, another, status, code):
    receiver.answer, receiver.reply_headers = status, {"Location": another.url}
    workspace.endpoint(receiver.url)
    workspace.happens()
    workspace.send()
    (row,) = workspace.rows()
    assert (row.state, row.outcome, row.history[0]["status"]) == ("waiting", code, status)
    assert another.calls == []


def test_an_address_inside_is_refused_when_it_is_called(workspace, receiver, services):
    from dataclasses import replace

    from infra.http import client_for

    workspace.endpoint(receiver.url)
    workspace.happens()
    workspace.send(client=client_for(replace(services.settings, http_networks="")))
    (row,) = workspace.rows()
    assert row.outcome == "url_refused"  # plain http, and the loopback besides
    assert receiver.calls == []
