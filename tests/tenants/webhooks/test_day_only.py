"""What is stored of an event whose id tells no order tells no time either."""

from datetime import time, timedelta

import time_machine

from infra import clock
from infra.events.models import Event
from infra.ids import new_id, unordered_id
from surveys.events import ResponseFinished
from tests.tenants.webhooks.story import forget


def test_deliveries_of_anonymous_answers_keep_the_day_alone_and_are_forgotten_like_others(workspace, receiver):
    workspace.endpoint(receiver.url)
    with workspace.services.db.tenant_session(workspace.tenant) as session:
        data = {"survey": str(new_id()), "revision": 1}
        session.add(Event(id=unordered_id(), kind=ResponseFinished.kind, subject_id=unordered_id(), data=data))
    workspace.dispatch()
    workspace.send()
    row = workspace.rows()[0]
    assert row.state == "delivered"
    assert {row.created_at.time(), row.next_attempt_at.time(), row.finished_at.time()} == {time()}
    assert "T00:00:00+00:00" in row.history[0]["at"]
    assert not forget(workspace)
    with time_machine.travel(clock.now() + timedelta(days=32), tick=False):
        assert forget(workspace)
    assert workspace.rows() == []
