"""How long customers wait: tasks that still wait count, and the uncertainty is said."""

from datetime import timedelta

import pytest

from customers import contact_times, interactions, people, tasks
from customers.contact_times import Wait, figures
from infra import clock
from tenants.permissions import SYSTEM, Actor, of_role
from tests.web.story import add_member

DAY = timedelta(days=1)


def waits(*contacted, open_for=()):
    return [Wait(hours * 3600.0, True) for hours in contacted] + [Wait(h * 3600.0, False) for h in open_for]


def test_the_textbook_case_comes_out_as_in_the_textbook():
    """The 6-mercaptopurine arm of Freireich et al., Blood 21, 1963: 21 patients, 9 relapses, median 23 weeks."""
    found = figures(
        waits(6, 6, 6, 7, 10, 13, 16, 22, 23, open_for=(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)), DAY
    )
    steps = contact_times.survival(
        waits(6, 6, 6, 7, 10, 13, 16, 22, 23, open_for=(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35))
    )
    assert [round(step.waiting, 4) for step in steps] == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert found.median.value == 23 * 3600
    assert (round(steps[0].low, 3), round(steps[0].high, 3)) == (0.620, 0.952)
    assert found.ninetieth.value is None


def test_who_still_waits_makes_the_figure_worse_not_better():
    quick = figures(waits(1, 1, 2, 2, 3), DAY)
    slow = figures(waits(1, 1, 2, 2, 3, open_for=(40, 50, 60, 70, 80, 90)), DAY)
    assert quick.median.value == 2 * 3600
    assert slow.median.value is None
    assert slow.share.value == pytest.approx(5 / 11)
    assert 0 < slow.share.low < 5 / 11 < slow.share.high < 1


def test_few_cases_give_no_quantile_and_certainty_is_never_claimed():
    assert figures(waits(1, 2, 3, 4), DAY).median.value is None
    assert figures([], DAY).share.value is None
    assert figures(waits(open_for=(1, 2)), DAY).share.value is None
    nobody = figures(waits(open_for=(30,) * 10), DAY).share
    assert (nobody.value, nobody.low) == (0.0, 0.0)
    assert 0.2 < nobody.high < 0.4
    everybody = figures(waits(*range(1, 11)), DAY).share
    assert everybody.value == 1.0
    assert 0.6 < everybody.low < 1.0


def test_contacts_are_counted_from_the_tasks_of_the_period(session):
    me = Actor("staff", add_member(session, "editor").id, of_role("editor"))
    ann = people.add(session, by=SYSTEM, name="Ann")
    asked = {"what": "Call", "due_at": clock.now(), "owner_id": me.id, "person_id": ann.id, "by": me}
    made = [tasks.add(session, **asked) for _ in range(3)]
    for task, ago in zip(made, (100, 50, 2), strict=True):
        task.created_at = clock.now() - timedelta(days=ago)
    session.flush()
    interactions.log(
        session, ann, channel="call", direction="out", summary="Hello", by=me, at=clock.now() - timedelta(days=49)
    )
    found = contact_times.measure(session, within=DAY, owner_id=me.id)
    assert (found.cases, found.contacted) == (2, 1)
    assert contact_times.measure(session, within=DAY, owner_id=add_member(session, "editor").id).cases == 0
