"""Segments for programs: made, counted, changed on the state that was seen, and read page by page."""

from customers.segments import verbs
from tenants.permissions import SYSTEM
from tests.customers.segment_story import add, asks, make, rule


def test_a_program_makes_counts_and_reads_a_segment(program, session):
    people = [add(session, f"P {n}", nps=9, external_id=str(n)) for n in range(5)]
    add(session, "Low", nps=1)
    offered = program.call("GET", "segments.get_segment_fields")["items"]
    assert {"nps_band", "consent.news", "segment", "last_contact_at"} <= {each["field"] for each in offered}
    happy = rule(asks("nps_band", "any_of", ["promoters"]))
    assert program.call("POST", "segments.count_rule", expect=200, json={"rule": happy})["count"] == 5
    body = {"name": "Happy", "rule": happy}
    made = program.call("POST", "segments.create_segment", expect=201, json=body, key="a")
    assert program.call("POST", "segments.create_segment", expect=201, json=body, key="a") == made
    assert program.call("POST", "segments.create_segment", expect=409, json=body)["code"] == "segment_name_taken"
    assert program.call("GET", "segments.count_segment", made["id"])["count"] == 5
    assert [each["id"] for each in program.call("GET", "segments.list_segments")["items"]] == [made["id"]]
    seen, query = [], {"limit": 2}
    while True:
        page = program.call("GET", "segments.list_segment_members", made["id"], query_string=query)
        seen += [each["external_id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == [person.external_id for person in reversed(people)]
    program.call("DELETE", "segments.delete_segment", made["id"], expect=204)
    program.call("GET", "segments.get_segment", made["id"], expect=404)


def test_what_is_wrong_with_a_rule_is_named_by_json_pointer(program):
    broken = rule(asks("nps", "less", "many"), {"match": "any", "conditions": [asks("names", "is", "x")]})
    for endpoint, body in (("create_segment", {"name": "X", "rule": broken}), ("count_rule", {"rule": broken})):
        told = program.call("POST", f"segments.{endpoint}", expect=422, json=body)
        assert set(told["errors"]) == {"/rule/conditions/0/value", "/rule/conditions/1/conditions/0/field"}


def test_a_change_names_the_state_it_was_made_on(program, session):
    happy = make(session, asks("nps", "at_least", 9), name="Happy")
    seen = program.send("GET", "api_v1.segments.get_segment", happy, expect=200).headers["ETag"]
    verbs.change(session, happy, by=SYSTEM, name="Happier")
    session.flush()
    late = {"If-Match": seen}
    program.call("PATCH", "segments.change_segment", happy, expect=412, json={"name": "X"}, headers=late)
    program.call("PATCH", "segments.change_segment", happy, expect=428, json={"name": "X"})


def test_a_program_freezes_and_archives(program, session):
    add(session, "Ann", nps=9)
    happy = make(session, asks("nps", "at_least", 9), name="Happy")
    body = {"name": "Happy in March"}
    made = program.call("POST", "segments.freeze_segment", happy, expect=202, json=body, key="f")
    assert program.call("POST", "segments.freeze_segment", happy, expect=202, json=body, key="f") == made
    assert (made["kind"], made["frozen_at"], made["rule"]) == ("frozen", None, happy.rule)
    assert program.call("POST", "segments.freeze_segment", happy, expect=409, json=body)["code"]
    program.call("GET", "segments.list_segment_members", made["id"], expect=409)
    for _ in range(2):
        assert program.call("POST", "segments.archive_segment", happy)["archived_at"] is not None
    assert [each["id"] for each in program.call("GET", "segments.list_segments")["items"]] == [made["id"]]
    make(session, asks("nps", "at_least", 9), name="happy")
    taken = program.call("DELETE", "segments.restore_segment", happy, expect=409)
    assert taken["code"] == "segment_name_taken"
