"""People are written down: once, whole, and again from the start when the work begins anew."""

from contextvars import Context

import pytest
from sqlalchemy import func, select

from customers import people, segments
from customers.models import SegmentMember
from customers.people import PeopleFilters
from customers.segments import freezing, verbs
from customers.segments.errors import SegmentFilling
from customers.selection import Selection
from infra import long_jobs
from infra.ids import new_id
from tenants.permissions import SYSTEM
from tests.customers.segment_story import add, asks, composed, make, names

assert composed


def done(services, tenant, job):
    Context().run(lambda: long_jobs.run(services, tenant, long_job=str(job.id)))


@pytest.fixture
def crowd(session):
    return [add(session, f"P {n}", nps=9 if n < 3 else 1) for n in range(5)]


def test_who_is_in_a_frozen_segment_stays_whatever_becomes_of_them(session, joined, acme, crowd, monkeypatch):
    monkeypatch.setattr(freezing, "BATCH", 2)
    happy = make(session, asks("nps", "at_least", 9), name="Happy")
    job = freezing.start_from(session, happy, "Happy in May", by=SYSTEM, key="one")
    frozen = verbs.find_named(session, "Happy in May")
    with pytest.raises(SegmentFilling):
        segments.select_people(session, frozen)
    done(joined, acme, job)
    session.refresh(frozen)
    assert (frozen.frozen_at is not None, frozen.counted, frozen.rule) == (True, 3, happy.rule)
    crowd[0].nps, crowd[4].nps = 0, 10
    kept = add(session, "Kept")
    crowd[1].merged_into = kept.id
    session.flush()
    assert names(session, segments.select_people(session, frozen)) == ["Kept", "P 0", "P 2"]
    assert names(session, segments.select_people(session, happy)) == ["P 2", "P 4"]
    narrowed = people.list_people(session, PeopleFilters(segment_id=frozen.id))
    assert narrowed.total == 3


def test_work_that_begins_anew_takes_away_what_an_attempt_before_it_wrote(session, joined, acme, crowd):
    chosen = Selection(ids=tuple(person.id for person in crowd[:2]))
    job = freezing.start(session, chosen, "Chosen", by=SYSTEM, key="one")
    assert freezing.start(session, chosen, "Chosen", by=SYSTEM, key="one").id == job.id
    frozen = verbs.find_named(session, "Chosen")
    session.add(SegmentMember(segment_id=frozen.id, person_id=new_id()))
    session.add(SegmentMember(segment_id=frozen.id, person_id=crowd[0].id))
    session.flush()
    done(joined, acme, job)
    session.refresh(frozen)
    assert frozen.counted == 2
    assert session.scalar(select(func.count()).select_from(SegmentMember)) == 2
    assert names(session, segments.select_people(session, frozen)) == ["P 0", "P 1"]
    verbs.delete(session, frozen, by=SYSTEM)
    session.flush()
    assert session.scalar(select(func.count()).select_from(SegmentMember)) == 0
