"""Customers who might be the same are offered, merged and taken apart again, on pages and by programs."""

import re

from customers import companies, merging, people
from customers.models import Duplicate, Merge, Person
from infra.ids import new_id
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
    assert "Ann Lee" not in text_of(again).partition("Merged into this customer")[2].partition("Undo the merge")[0]
    assert "Lee Ann · a.nn@x.org · +493012345" in text_of(again)
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


def test_companies_are_found_compared_merged_and_taken_apart_on_their_pages(session, acme, as_staff):
    kept = companies.add(session, by=SYSTEM, name="Lee GmbH")
    other = companies.add(session, by=SYSTEM, name="LEE", website="https://lee.example")
    further = companies.add(session, by=SYSTEM, name="Imports by Lee")
    people.add(session, by=SYSTEM, name="Ann", company_id=other.id)
    session.flush()
    who = as_staff("editor").at(acme)
    shown = who.get("console.customers.company", kept)
    assert f"/merge/{other.id}" in shown.text
    offered = who.get("console.company_merges.alike", kept)
    assert "LEE" in text_of(offered)
    assert str(further.id) not in offered.text
    typed = who.get("console.company_merges.alike", kept, query_string={"q": "imp"})
    assert f"/merge/{further.id}" in typed.text
    page = who.get("console.company_merges.compare", kept, other)
    assert "nothing" in text_of(page)
    who.submit(page, f"/merge/{other.id}", name="merged", website="merged")
    moved = who.get("console.customers.company", other, expect=308)
    assert moved.location.endswith(str(kept.id))
    assert moved.headers["Cache-Control"] == "no-store"
    again = who.get("console.customers.company", kept)
    assert "Ann" in text_of(again)
    assert "Merged into this company LEE" in text_of(again)
    back = who.get(who.submit(again, "/undoing").location)
    assert "The merge is undone" in text_of(back)
    session.expire_all()
    assert (kept.name, kept.website, other.merged_into) == ("Lee GmbH", None, None)
    analyst = as_staff("analyst").at(acme)
    assert "Merge with another company" not in text_of(analyst.get("console.customers.company", kept))


def test_two_companies_that_are_not_the_same_are_told_apart_on_pages_and_by_programs(
    session, acme, globex, as_staff, with_key
):
    names = ("Lee GmbH", "LEE", "The Lee Co")
    kept, other, third = (companies.add(session, by=SYSTEM, name=name) for name in names)
    session.flush()
    who = as_staff("editor").at(acme)
    who.submit(who.get("console.company_merges.compare", kept, other), "/refusal")
    offered = who.get("console.company_merges.alike", kept)
    assert (f"/merge/{other.id}" in offered.text, f"/merge/{third.id}" in offered.text) == (False, True)
    assert "refusal" not in who.get("console.company_merges.alike", kept, query_string={"q": "le"}).text
    program = with_key("customers.merge").at(acme)
    listed = program.get("api_v1.duplicates.list_company_duplicates", kept).json["items"]
    assert listed == [{"one_id": str(kept.id), "other_id": str(third.id), "reasons": ["same_name"]}]
    pair = {"one_id": str(third.id), "other_id": str(kept.id)}
    dismissals = "api_v1.duplicates.dismiss_company_duplicate"
    for _ in range(2):
        assert program.post(dismissals, json=pair, headers={"Idempotency-Key": "one"}, expect=200).json == pair
    assert program.get("api_v1.duplicates.list_company_duplicates", kept).json["items"] == []
    assert "Might be the same as" not in text_of(who.get("console.customers.company", kept))
    unknown = program.post(dismissals, json={**pair, "one_id": str(new_id())}, expect=422)
    assert list(unknown.json["errors"]) == ["one_id"]
    elsewhere = with_key("customers.merge").at(globex)
    elsewhere.get("api_v1.duplicates.list_company_duplicates", kept, expect=404)
    elsewhere.post(dismissals, json=pair, expect=422)
    as_staff("analyst").at(acme).post("console.company_merges.dismiss", kept, other, expect=403)


def test_a_program_merges_companies_once_and_people_name_the_one_that_stays(session, acme, globex, with_key):
    kept, other = (companies.add(session, by=SYSTEM, name=name) for name in ("Lee", "Lee Imports"))
    ann = people.add(session, by=SYSTEM, name="Ann", company_id=other.id)
    session.flush()
    program = with_key("customers.read", "customers.merge").at(acme)
    body = {"merged_id": str(other.id), "choices": {"name": "merged"}}
    for _ in range(2):
        answer = program.post(
            "api_v1.merges.merge_company", kept, json=body, headers={"Idempotency-Key": "one"}, expect=200
        )
        assert (answer.json["id"], answer.json["name"]) == (str(kept.id), "Lee Imports")
    assert program.get("api_v1.companies.get_company", other).json["id"] == str(kept.id)
    assert program.get("api_v1.people.get_person", ann).json["company_id"] == str(kept.id)
    listed = program.get("api_v1.people.list_people", query_string={"company_id": str(kept.id)}).json["items"]
    assert [each["company_id"] for each in listed] == [str(kept.id)]
    elsewhere = with_key("customers.merge").at(globex)
    elsewhere.post("api_v1.merges.merge_company", kept, json=body, expect=404)


def test_pairs_come_in_pages_and_what_was_decided_stays_away(session, acme, as_staff):
    for number in range(27):
        for name in ("Ann", "Lee"):
            people.add(session, by=SYSTEM, name=f"{name} {number}", email=f"same{number}@x.org")
    session.flush()
    found = {}
    for person in session.query(Person).order_by(Person.id):
        found.setdefault(person.identity.email, []).append(person.id)
    for one, other in found.values():
        session.add(Duplicate(one_id=one, other_id=other, reasons=["email"], weight=7))
    session.flush()
    who = as_staff("admin").at(acme)
    first = who.get("console.duplicates.pairs")
    assert first.text.count("/refusal") == 25
    address = re.search(r'href="([^"]+duplicates[?]after=[^"]+)"', first.text).group(1)
    second = who.get(address)
    assert second.text.count("/refusal") == 2
    shown = [set(re.findall(r"/merge/([0-9a-f-]{36})/refusal", page.text)) for page in (first, second)]
    assert not shown[0] & shown[1]
    who.submit(second, f"/merge/{min(shown[1])}/refusal")
    assert who.get(address).text.count("/refusal") == 1
    assert "27" not in text_of(who.get("console.duplicates.pairs")).partition("Import")[0]
    who.get("console.duplicates.pairs", query_string={"after": "1.x"}, expect=422)
