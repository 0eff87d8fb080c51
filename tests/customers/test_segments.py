"""Segments: who is in by which rule, and what is refused."""

import json
from datetime import timedelta
from itertools import pairwise, permutations

import pytest

from customers import attributes, companies, consent_people, consent_state, people, segments, topics
from customers.models import Consent, Contact, Task
from customers.queries import PeopleFilters, list_people
from customers.segments import counting, fields, rules, verbs
from customers.segments.errors import RuleInvalid, SegmentInUse, SegmentInvalid, SegmentNameTaken
from infra import clock
from infra.ids import new_id
from tenants.permissions import SYSTEM
from tests.customers.segment_story import add, asks, composed, fitting, make, names, rule

assert composed
DAY, ROME = timedelta(days=1), "Europe/Rome"


def declare(session, label, type, subject="person", **more):
    return attributes.declare(session, by=SYSTEM, subject=subject, label=label, type=type, **more)


def test_attributes_of_every_type_are_asked_by_their_own_operators(session):
    declare(session, "Tier", "choice", options=["Gold", "Silver"])
    declare(session, "Visits", "number")
    declare(session, "Since", "date")
    declare(session, "Note", "text")
    declare(session, "Member", "boolean")
    today = clock.now().date()
    ann = {"tier": "gold", "visits": 12, "since": "2020-05-01", "note": "50% Off_er", "member": True}
    bob = {"tier": "silver", "visits": 3.5, "since": (today - 3 * DAY).isoformat(), "note": "late", "member": False}
    add(session, "Ann", attributes=ann)
    add(session, "Bob", attributes=bob)
    add(session, "Cem")
    expected = {
        ("tier", "any_of", ("gold",)): ["Ann"],
        ("tier", "none_of", ("gold",)): ["Bob", "Cem"],
        ("tier", "empty", None): ["Cem"],
        ("visits", "at_least", 3.5): ["Ann", "Bob"],
        ("visits", "less", "9"): ["Bob"],
        ("visits", "between", (4, 12)): ["Ann"],
        ("visits", "not_equals", 12): ["Bob", "Cem"],
        ("since", "before", "2021-01-01"): ["Ann"],
        ("since", "within", 7): ["Bob"],
        ("since", "older", 7): ["Ann"],
        ("since", "ahead", 36500): [],
        ("note", "contains", "% off_"): ["Ann"],
        ("note", "contains", "_"): ["Ann"],
        ("note", "not_contains", "off"): ["Bob", "Cem"],
        ("note", "is", "LATE"): ["Bob"],
        ("note", "begins", "50"): ["Ann"],
        ("member", "is", False): ["Bob"],
        ("member", "not_empty", None): ["Ann", "Bob"],
    }
    for (code, operator, value), who in expected.items():
        given = list(value) if isinstance(value, tuple) else value
        assert fitting(session, asks(f"attributes.{code}", operator, given)) == who, (code, operator)


def test_scores_contacts_and_where_people_come_from_are_asked(session):
    now = clock.now()
    add(session, "Ann", nps=9, csat=5, scored_at=now - DAY, last_contact_at=now - 40 * DAY, language="de")
    add(
        session, "Bob", nps=3, scored_at=now - 90 * DAY, last_contact_at=now - DAY, source="api", zone="Europe/Rome"
    )
    cem = add(session, "Cem", email="cem@x.org", external_id="K-77")
    acme = companies.add(session, by=SYSTEM, name="Acme", external_id="A")
    declare(session, "Branch", "choice", "company", options=["Food"])
    companies.change(session, acme, by=SYSTEM, attributes={"branch": "food"})
    people.change(session, cem, by=SYSTEM, company_id=acme.id)
    session.flush()
    for condition, who in (
        (asks("nps_band", "any_of", ["promoters", "passives"]), ["Ann"]),
        (asks("nps_band", "none_of", ["promoters"]), ["Bob", "Cem"]),
        (asks("nps", "at_most", 3), ["Bob"]),
        (asks("csat", "not_empty"), ["Ann"]),
        (asks("scored_at", "within", 30), ["Ann"]),
        (asks("scored_at", "never"), ["Cem"]),
        (asks("last_contact_at", "beyond", 30), ["Ann", "Cem"]),
        (asks("last_contact_at", "before", now.date().isoformat()), ["Ann", "Bob"]),
        (asks("created_at", "after", "2020-01-01"), ["Ann", "Bob", "Cem"]),
        (asks("language", "any_of", ["DE"]), ["Ann"]),
        (asks("zone", "any_of", ["Europe/Rome"]), ["Bob"]),
        (asks("source", "none_of", ["api"]), ["Ann", "Cem"]),
        (asks("email", "is", True), ["Cem"]),
        (asks("email", "is", False), ["Ann", "Bob"]),
        (asks("external_id", "begins", "k-"), ["Cem"]),
        (asks("company", "any_of", [str(acme.id)]), ["Cem"]),
        (asks("company", "none_of", [str(acme.id)]), ["Ann", "Bob"]),
        (asks("company.attributes.branch", "any_of", ["food"]), ["Cem"]),
        (asks("company.attributes.branch", "empty"), ["Ann", "Bob"]),
    ):
        assert fitting(session, condition) == who, condition


def test_groups_stand_in_one_another_and_none_is_the_opposite_of_any(session):
    add(session, "Ann", nps=9, language="de")
    add(session, "Bob", nps=2, language="fr")
    add(session, "Cem")
    german, low = asks("language", "any_of", ["de"]), asks("nps", "at_most", 5)
    assert fitting(session, german, low, match="any") == ["Ann", "Bob"]
    assert fitting(session, german, low, match="none") == ["Cem"]
    nested = (rule(german, rule(low, match="none")), rule(low, asks("nps", "empty"), match="none"))
    assert fitting(session, *nested) == ["Ann"]


def contacted(session, person, *, purpose="news", days=0, state="requested"):
    reason = None if state == "requested" else "budget"
    named = {"purpose": purpose, "letter": "x", "channel": "email", "ref_id": new_id(), "key": new_id().hex}
    moment = clock.now() - days * DAY
    session.add(Contact(person_id=person.id, state=state, reason=reason, due_at=moment, **named))
    session.flush()


def test_messages_and_open_tasks_are_asked_also_of_those_who_were_merged(session):
    ann, old, bob, cem = (add(session, name) for name in ("Ann", "Old Ann", "Bob", "Cem"))
    contacted(session, old, days=3)
    contacted(session, bob, days=50, purpose="survey")
    contacted(session, cem, state="refused")
    staff = new_id()
    task = {"source": "rule", "state": "open", "key": "x", "what": "Call", "owner_id": staff, "due_at": clock.now()}
    session.add(Task(person_id=old.id, **task))
    old.merged_into = ann.id
    session.flush()
    assert fitting(session, asks("contacts.any", "within", 10)) == ["Ann"]
    assert fitting(session, asks("contacts.any", "beyond", 10)) == ["Bob", "Cem"]
    assert fitting(session, asks("contacts.news", "never")) == ["Bob", "Cem"]
    assert fitting(session, asks("contacts.survey", "ever")) == ["Bob"]
    assert fitting(session, asks("tasks.open", "is", True)) == ["Ann"]
    assert fitting(session, asks("tasks.open", "is", False)) == ["Bob", "Cem"]


def test_consent_counts_as_the_door_to_the_mailbox_counts_it(session):
    now, state = clock.now(), iter(range(1000))

    def acts(person, *codes, start=-100):
        for code in codes:
            at = now + timedelta(minutes=start + next(state))
            row = {"purpose": "news", "channel": "email", "source": "staff", "state": code, "at": at}
            session.add(Consent(person_id=person.id, **row))

    given, back, waiting, never = (add(session, name) for name in ("Given", "Back", "Waiting", "Never"))
    acts(given, "given", "withdrawn", "given", "pending")
    acts(back, "given", "withdrawn")
    acts(waiting, "pending")
    for number, (own, theirs) in enumerate((("given", "withdrawn"), ("withdrawn", "given"), ("", "given"))):
        kept, old = add(session, f"Kept {number}"), add(session, f"Old {number}")
        if own:
            acts(kept, own)
        acts(old, theirs)
        old.merged_into, old.updated_at = kept.id, now
    after, lost = add(session, "After"), add(session, "Lost")
    acts(lost, "withdrawn")
    lost.merged_into, lost.updated_at = after.id, now - timedelta(days=1)
    acts(after, "given")
    session.flush()
    kept = [each for each in people.list_people(session).items if "Kept" in each.identity.name]
    everybody = [given, back, waiting, never, after, *kept]
    for code in ("given", "withdrawn"):
        door = sorted(p.identity.name for p in everybody if _at_the_door(session, p) == code)
        assert fitting(session, asks("consent.news", "any_of", [code])) == door
    assert fitting(session, asks("consent.news", "empty")) == ["Never", "Waiting"]
    assert fitting(session, asks("consent.news", "any_of", ["given"])) == ["After", "Given", "Kept 2"]


def _at_the_door(session, person):
    who = consent_people.find(session, person.id)
    found = consent_state.states(session, [who], "news")[who.id].code
    settled = [act for act in ("given", "withdrawn") if act == found]
    return settled[0] if settled else ("given" if found == "pending" and person.identity.name == "Given" else found)


def test_consent_to_a_topic_counts_as_the_door_counts_it(session):
    topics.add(session, code="tastings", purpose="news", names={"en": "Tastings"}, by=SYSTEM)
    now, step = clock.now(), iter(range(10_000))

    def acts(person, *told):
        for topic, state in told:
            at = now + timedelta(minutes=next(step) - 20_000)
            row = {
                "purpose": "news",
                "channel": "email",
                "source": "staff",
                "state": state,
                "topic": topic,
                "at": at,
            }
            session.add(Consent(person_id=person.id, **row))

    every = [("", "given"), ("", "withdrawn"), ("tastings", "given"), ("tastings", "withdrawn")]
    everybody = []
    for number, told in enumerate(sequence for length in range(4) for sequence in permutations(every, length)):
        person = add(session, f"P {number:02}")
        acts(person, *told)
        if number % 3 == 0:
            old = add(session, f"Old {number:02}")
            acts(old, *told[::-1][:2])
            old.merged_into, old.updated_at = person.id, now - timedelta(minutes=20_000 - next(step))
            acts(person, *told[:1])
        everybody.append(person)
    session.flush()
    for code in ("given", "withdrawn"):
        known = [consent_people.find(session, person.id) for person in everybody]
        found = consent_state.states(session, known, "news", topic="tastings")
        door = sorted(person.identity.name for person in everybody if found[person.id].code == code)
        assert fitting(session, asks("consent.news.tastings", "any_of", [code])) == door
        assert len(door) > 5


def test_a_segment_asks_for_others_and_never_for_itself(session):
    add(session, "Ann", nps=9, language="de")
    add(session, "Bob", nps=9)
    happy = make(session, asks("nps", "at_least", 9), name="Happy")
    within = asks("segment", "any_of", [str(happy.id)])
    german = make(session, within, asks("language", "any_of", ["de"]), name="German")
    assert names(session, segments.select_people(session, german)) == ["Ann"]
    assert fitting(session, asks("segment", "none_of", [str(german.id)])) == ["Bob"]
    for asked in (happy, german):
        with pytest.raises(SegmentInvalid, match="cannot"):
            verbs.change(session, happy, by=SYSTEM, rule=rule(asks("segment", "any_of", [str(asked.id)])))
    verbs.change(session, happy, by=SYSTEM, rule=rule(asks("nps", "at_most", 1)))
    assert names(session, segments.select_people(session, german)) == []


def test_segments_that_ask_for_each_other_again_and_again_do_not_grow_without_end(session):
    add(session, "Ann", language="en")
    last = make(session, asks("language", "any_of", ["en"]))
    for _ in range(2):
        last = make(session, *[asks("segment", "any_of", [str(last.id)])] * 20, match="any")
    assert names(session, segments.select_people(session, last)) == ["Ann"]
    with pytest.raises(SegmentInvalid, match="cannot"):
        make(session, *[asks("segment", "any_of", [str(last.id)])] * 2, match="any")
    inner = make(session, asks("language", "any_of", ["en"]), name="Inner")
    outer = make(session, *[asks("segment", "any_of", [str(inner.id)])] * 20, name="Outer")
    with pytest.raises(SegmentInvalid) as refused:
        long = rule(*[asks("language", "any_of", ["en"])] * 30)
        verbs.change(session, inner, by=SYSTEM, rule=long)
    assert "Outer" in str(refused.value.problems["/rule"][0])
    assert names(session, segments.select_people(session, outer)) == ["Ann"]


def test_what_goes_by_a_segment_is_named_before_it_is_deleted(session):
    happy = make(session, asks("nps", "at_least", 9), name="Happy")
    german = make(session, asks("segment", "any_of", [str(happy.id)]), name="German")
    with pytest.raises(SegmentInUse, match="German"):
        verbs.delete(session, happy, by=SYSTEM)
    verbs.delete(session, german, by=SYSTEM)
    verbs.delete(session, happy, by=SYSTEM)
    assert verbs.list_segments(session) == []


def test_names_are_unique_among_those_in_use_and_copies_find_free_ones(session):
    happy = make(session, asks("nps", "at_least", 9), name="Happy")
    with pytest.raises(SegmentNameTaken):
        make(session, asks("nps", "at_least", 9), name=" HAPPY ")
    assert [verbs.duplicate(session, happy, by=SYSTEM).name for _ in range(2)] == ["Happy (copy)", "Happy (copy) 2"]
    verbs.archive(session, happy, by=SYSTEM)
    make(session, asks("nps", "at_least", 9), name="Happy")
    with pytest.raises(SegmentNameTaken):
        verbs.restore(session, happy, by=SYSTEM)


def test_a_count_is_kept_with_its_time_and_made_anew_when_the_rule_changes(session):
    add(session, "Ann", nps=9)
    happy = make(session, asks("nps", "at_least", 9))
    assert counting.refresh(session, happy) == 1
    add(session, "Bob", nps=10)
    assert counting.refresh(session, happy) == 1
    assert counting.refresh(session, happy, anew=True) == 2
    verbs.change(session, happy, by=SYSTEM, rule=rule(asks("nps", "at_least", 10)))
    assert (happy.counted, counting.refresh(session, happy)) == (None, 1)


def test_the_list_of_people_is_narrowed_to_a_segment(session):
    add(session, "Ann", nps=9)
    add(session, "Bob")
    happy = make(session, asks("nps", "at_least", 9))
    found = list_people(session, PeopleFilters(segment_id=happy.id))
    assert ([each.identity.name for each in found.items], found.total) == (["Ann"], 1)


DEEP = {"match": "all", "conditions": [asks("nps", "empty")]}
for _ in range(2_000):
    DEEP = {"match": "all", "conditions": [DEEP]}
AT = "/conditions/0"
HOSTILE = [
    (None, ""),
    ([], ""),
    ({"match": "some", "conditions": [asks("nps", "empty")]}, "/match"),
    ({"match": ["all"], "conditions": {}}, "/conditions"),
    (rule(), "/conditions"),
    (rule(*[asks("nps", "empty")] * 51), "/conditions"),
    (rule(rule(*[asks("nps", "empty")] * 30), rule(*[asks("nps", "empty")] * 30)), "/conditions/1/conditions/20"),
    (DEEP, "/conditions/0" * 5),
    (rule({"field": "people.name", "operator": "is", "value": "x"}), AT + "/field"),
    (rule({"field": {"$ne": 1}, "operator": "is"}), AT + "/field"),
    (rule({"field": "nps", "operator": "; DROP TABLE people", "value": 1}), AT + "/operator"),
    (rule({"field": "nps", "operator": "less", "value": 1, "x/y": 1}), AT + "/x~1y"),
    (rule(asks("nps", "less", float("nan"))), AT + "/value"),
    (rule(asks("nps", "less", float("inf"))), AT + "/value"),
    (rule(asks("nps", "less", 10**5000)), AT + "/value"),
    (rule(asks("nps", "less", True)), AT + "/value"),
    (rule(asks("nps", "less", {"a": 1})), AT + "/value"),
    (rule(asks("nps", "between", [9, 1])), AT + "/value"),
    (rule(asks("nps", "between", [1])), AT + "/value"),
    (rule(asks("nps", "empty", 7)), AT + "/value"),
    (rule(asks("external_id", "is", "a\x00b")), AT + "/value"),
    (rule(asks("external_id", "is", "\ud800")), AT + "/value"),
    (rule(asks("external_id", "is", "x" * 1_000_000)), AT + "/value"),
    (rule(asks("external_id", "is", 7)), AT + "/value"),
    (rule(asks("external_id", "is", "  ")), AT + "/value"),
    (rule(asks("last_contact_at", "within", 0)), AT + "/value"),
    (rule(asks("last_contact_at", "within", "10 days")), AT + "/value"),
    (rule(asks("last_contact_at", "within", 1e3)), AT + "/value"),
    (rule(asks("last_contact_at", "within", 10**30)), AT + "/value"),
    (rule(asks("created_at", "before", "2026-02-30")), AT + "/value"),
    (rule(asks("created_at", "never")), AT + "/operator"),
    (rule(asks("source", "any_of", ["nowhere"])), AT + "/value"),
    (rule(asks("source", "any_of", [])), AT + "/value"),
    (rule(asks("source", "any_of", [["api"]])), AT + "/value"),
    (rule(asks("zone", "any_of", ["Mars/Base"])), AT + "/value"),
    (rule(asks("zone", "any_of", ["Europe/Rome"] * 101)), AT + "/value"),
    (rule(asks("company", "any_of", [str(new_id())])), AT + "/value"),
    (rule(asks("company", "any_of", ["' OR 1=1 --"])), AT + "/value"),
    (rule(asks("segment", "any_of", [str(new_id())])), AT + "/value"),
    (rule(asks("email", "is", "perhaps")), AT + "/value"),
]


@pytest.mark.parametrize(("raw", "at"), HOSTILE, ids=[str(n) for n in range(len(HOSTILE))])
def test_what_no_rule_can_be_is_refused_at_its_place(session, raw, at):
    with pytest.raises(RuleInvalid) as refused:
        verbs.check(session, raw)
    assert at in refused.value.problems
    assert len(refused.value.problems) <= 2


def test_the_calendars_ends_and_every_operator_of_every_field_are_answered(session):
    declare(session, "Since", "date")
    add(session, "Ann", attributes={"since": "0001-01-01"})
    samples = {"text": "x'%_", "number": 5, "numbers": [1, 2], "count": 36_500, "truth": True, "": None}
    tested = [asks("created_at", "before", "0001-01-01"), asks("created_at", "after", "9999-12-31")]
    for field in fields.catalogue(session).values():
        for operator, shape in field.shapes.items():
            codes = [code for code, _ in field.choices[:2]] or {"language": ["de"], "zone": ["UTC"]}.get(field.code)
            value = {**samples, "codes": codes, "day": "2026-03-01", "days": ["2026-01-01", "2026-03-01"]}[shape]
            if not (shape == "codes" and codes is None):
                tested.append(asks(field.code, operator, value))
    assert len(tested) > 120
    for some in (tested[start : start + 50] for start in range(0, len(tested), 50)):
        found = rules.load(json.loads(json.dumps(rules.dump(verbs.check(session, rule(*some, match="any"))))))
        assert counting.count_people(session, found) <= 1


def test_cheap_conditions_are_asked_first_whatever_their_order(session):
    declare(session, "Tier", "text")
    asked = [asks("contacts.any", "ever"), asks("attributes.tier", "is", "gold"), asks("nps", "less", 5)]
    sql = str(segments.select_fitting(session, verbs.check(session, rule(*asked))))
    condition = sql[sql.rindex("people.merged_into IS NULL") :]
    places = [condition.index(word) for word in ("people.nps", "people.attributes", "contacts")]
    assert all(a < b for a, b in pairwise(places)), condition
