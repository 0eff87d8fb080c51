"""Who might be the same: met by blind tokens, offered with the reason, and never again once they are not."""

import pytest

from customers import duplicates, merging, people, tokens
from customers.models import Duplicate, Identity
from tenants.permissions import SYSTEM
from tests.customers.import_story import ADMIN, Story


def add(session, **given):
    made = people.add(session, by=SYSTEM, **given)
    session.flush()
    return made


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ({"email": "Ann@x.org"}, {"email": "ann@X.org"}, ("email",)),
        ({"email": "ann.lee+news@googlemail.com"}, {"email": "annlee@gmail.com"}, ("e",)),
        ({"phone": "+49 30 1234567"}, {"phone": "030 1234567"}, ("p",)),
        (
            {"name": "Müller, Jörg", "phone": "+493012345678"},
            {"name": "Jörg Müller", "phone": "+493012345678"},
            ("phone", "n"),
        ),
    ],
)
def test_two_who_might_be_the_same_are_offered_with_the_reason(session, one, other, why):
    ann, bo = add(session, **one), add(session, **other)
    add(session, name="Somebody Else", email="else@x.org", phone="+4930999999")
    [found] = duplicates.likely(session, ann)
    assert (found.person, found.why) == (bo, why)
    duplicates.dismiss(session, bo.id, ann.id, by=SYSTEM)
    duplicates.dismiss(session, ann.id, bo.id, by=SYSTEM)
    assert duplicates.likely(session, ann) == []
    assert duplicates.likely(session, bo) == []


def test_last_names_are_told_alike_by_ear_and_that_alone_is_not_enough(session):
    assert tokens.cologne("meyer") == tokens.cologne("maier") == tokens.cologne("mayr")
    assert tokens.cologne("mueller") != tokens.cologne("schmidt")
    ann = add(session, name="Anna Meyer")
    add(session, name="Agnes Maier")
    assert duplicates.likely(session, ann) == []


def test_who_changes_is_met_under_the_new_tokens_only(session):
    ann, bo = add(session, name="Ann", email="ann@x.org"), add(session, name="Bo", email="ann@x.org")
    people.change(session, bo, by=SYSTEM, email="bo@x.org")
    session.flush()
    assert duplicates.likely(session, ann) == []


def test_all_pairs_are_collected_once_and_go_when_they_are_merged(services, own_tenant):
    story = Story(services, own_tenant)
    with story.session() as session:
        one = add(session, name="Ann Lee", email="ann@x.org")
        other = add(session, name="Lee Ann", email="a.n.n@x.org")
        third = add(session, name="Cy Young", email="ann+1@x.org")
        for n in range(duplicates.MOST + 1):
            add(session, name=f"Desk {n}", phone="+49 30 5555555")
    with story.session() as session:  # as if they were written before there were tokens
        for identity in session.query(Identity).all():
            identity.tokens = None
    for _ in range(2):
        with story.session() as session:
            job = duplicates.start(session, by=ADMIN, key=str(_)).id
        story.work(job)
    with story.session() as session:
        pairs = [(who.id, found.person.id, found.why) for who, found in duplicates.list_pairs(session).items]
        assert pairs[0] == (one.id, other.id, ("e", "n"))
        assert {frozenset(pair[:2]) for pair in pairs} == {
            frozenset((one.id, other.id)),
            frozenset((one.id, third.id)),
            frozenset((other.id, third.id)),
        }
        duplicates.dismiss(session, one.id, third.id, by=SYSTEM)
        merging.merge(session, one.id, other.id, by=SYSTEM)
        assert duplicates.count_pairs(session) == 0


def test_pairs_who_changed_since_hide_no_others_and_go_with_the_next_search(services, own_tenant):
    story = Story(services, own_tenant)
    with story.session() as session:
        alike = add(session, name="Bo", email="bo@x.org"), add(session, name="Bo", email="bo@x.org")
        strange = [(add(session, name=f"Ann {n}"), add(session, name=f"Cy {n}")) for n in range(8)]
        for weight, pair in ((100, pair) for pair in strange):
            one, other = sorted(each.id for each in pair)
            session.add(Duplicate(one_id=one, other_id=other, reasons=["e"], weight=weight))
        one, other = sorted(each.id for each in alike)
        session.add(Duplicate(one_id=one, other_id=other, reasons=["e"], weight=80))
        session.flush()
        page = duplicates.list_pairs(session, limit=2)
        assert [who.id for who, _ in page.items] == [one]
        assert page.next_cursor is None
        job = duplicates.start(session, by=ADMIN, key="1").id
    story.work(job)
    with story.session() as session:
        assert duplicates.count_pairs(session) == 1
