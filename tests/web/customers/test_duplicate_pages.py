"""Customers who might be the same are offered, merged and taken apart again, on pages and by programs."""

from customers import merging, people
from customers.models import Merge
from tenants.permissions import SYSTEM
from tests.web.story import text_of


def two(session):
    ann = people.add(session, by=SYSTEM, name="Ann Lee", email="ann@x.org")
    other = people.add(session, by=SYSTEM, name="Lee Ann", email="a.nn@x.org", phone="+493012345")
    session.flush()
    return ann, other


def test_a_likely_duplicate_is_compared_merged_found_under_both_addresses_and_taken_apart(session, acme, as_staff):
    ann, other = two(session)
    who = as_staff("editor").at(acme)
    shown = who.get("console.customers.person", ann)
    assert "Might be the same as" in text_of(shown)
    assert f"/merge/{other.id}" in shown.text
    page = who.get("console.duplicates.compare", ann, other)
    assert "nothing" in text_of(page)
    who.submit(page, f"/merge/{other.id}", name="merged", phone="merged", email="kept")
    session.expire_all()
    assert (ann.identity.name, ann.identity.email, ann.identity.phone) == ("Lee Ann", "ann@x.org", "+493012345")
    assert who.get("console.customers.person", other, expect=302).location.endswith(str(ann.id))
    again = who.get("console.customers.person", ann)
    people.change(session, ann, by=SYSTEM, name="Ann B.")
    back = who.get(who.submit(again, "/undoing").location)
    assert "The merge is undone" in text_of(back)
    assert "kept here: Name" in text_of(back)
    session.expire_all()
    assert (ann.identity.name, ann.identity.phone, other.merged_into) == ("Ann B.", None, None)
    who.post("console.duplicates.dismiss", ann, other)
    assert "Might be the same as" not in text_of(who.get("console.customers.person", ann))


def test_pairs_are_looked_for_from_their_page_and_an_analyst_merges_nobody(session, acme, as_staff):
    ann, other = two(session)
    who = as_staff("admin").at(acme)
    page = who.get("console.duplicates.pairs")
    assert "No likely duplicates" in text_of(page)
    assert "/jobs/" in who.submit(page, "/duplicates/searches").location
    analyst = as_staff("analyst").at(acme)
    analyst.get("console.duplicates.compare", ann, other, expect=403)
    assert "Might be the same as" not in text_of(analyst.get("console.customers.person", ann))


def test_a_program_merges_once_and_the_old_id_answers_the_one_that_stays(session, acme, with_key):
    ann, other = two(session)
    program = with_key("customers.read", "customers.merge").at(acme)
    headers = {"Idempotency-Key": "merge-1"}
    body = {"merged_id": str(other.id), "choices": {"name": "merged"}}
    for _ in range(2):
        answer = program.post("api_v1.merges.merge_person", ann, json=body, headers=headers, expect=200)
        assert (answer.json["id"], answer.json["name"]) == (str(ann.id), "Lee Ann")
    assert session.query(Merge).count() == 1
    assert program.get("api_v1.people.get_person", other).json["id"] == str(ann.id)
    program.post("api_v1.merges.merge_person", ann, json={"merged_id": str(ann.id)}, expect=422)
    merging.unmerge(session, session.query(Merge).one().id, by=SYSTEM)
