"""Customers for programs: found, added once, changed without losing anybody's work."""

from customers import people
from tenants.permissions import SYSTEM
from tests.web.api.story import Program


def test_a_program_adds_finds_and_changes_a_customer(program, session):
    company = program.call("POST", "companies.create_company", expect=201, json={"name": "Lee Imports"})
    told = {"label": "Tier", "type": "choice", "options": [{"label": "Gold"}, {"code": "s", "label": "Silver"}]}
    tier = program.call("POST", "attributes.create_attribute", expect=201, json=told)
    assert [option["code"] for option in tier["options"]] == ["gold", "s"]
    body = {"name": "Ann Lee", "email": "Ann@Example.org", "phone": "0049 30 12345", "external_id": "K-1"}
    body |= {"company_id": company["id"], "attributes": {"tier": "gold"}}
    ann = program.call("POST", "people.create_person", expect=201, json=body, key="ann")
    assert program.call("POST", "people.create_person", expect=201, json=body, key="ann") == ann
    assert (ann["phone"], ann["attributes"], ann["source"]) == ("+493012345", {"tier": "gold"}, "api")
    program.call("POST", "people.create_person", expect=201, json={"name": "Bob"})

    def found(**query):
        return [row["id"] for row in program.call("GET", "people.list_people", query_string=query)["items"]]

    for query in (
        {"search": "le ann"},
        {"email": "ann@example.ORG"},
        {"phone": "+49 30 12345"},
        {"external_id": "K-1"},
        {"company_id": company["id"]},
        {"attribute": "tier:gold"},
        {"source": "api", "contact": "never", "score": "none", "search": "ann"},
    ):
        assert found(**query) == [ann["id"]], query
    assert found(attribute="tier:s") == found(email="bob@example.org") == []


def test_a_change_names_the_state_it_was_made_on(program, session):
    person = people.add(session, by=SYSTEM, name="Ann", phone="+49301234")
    session.flush()
    seen = program.send("GET", "api_v1.people.get_person", person, expect=200).headers["ETag"]
    program.call("PATCH", "people.change_person", person, expect=428, json={"name": "Anna"})
    first = program.send(
        "PATCH",
        "api_v1.people.change_person",
        person,
        expect=200,
        json={"name": "Anna"},
        headers={"If-Match": seen},
    )
    assert first.headers["ETag"] != seen
    program.call(
        "PATCH", "people.change_person", person, expect=412, json={"phone": None}, headers={"If-Match": seen}
    )
    late = {"If-Match": first.headers["ETag"]}
    changed = program.call("PATCH", "people.change_person", person, json={"phone": None}, headers=late)
    assert (changed["name"], changed["phone"]) == ("Anna", None)


def test_what_is_wrong_is_named_and_a_taken_id_is_a_conflict(program, session):
    people.add(session, by=SYSTEM, name="Ann", external_id="7")
    body = {"email": "Ann <ann@x.org>", "zone": "Mars/Base", "attributes": {"nope": 1}}
    told = program.call("POST", "people.create_person", expect=422, json=body)
    assert set(told["errors"]) == {"email", "zone", "attributes.nope"}
    told = program.call("POST", "people.create_person", expect=409, json={"name": "Bob", "external_id": "7"})
    assert told["code"] == "external_id_taken"
    told = program.call("GET", "people.list_people", expect=422, query_string={"search": "a", "email": "b"})
    assert "search" in told["errors"]


def test_pages_go_on_by_cursors_in_both_orders(program, session):
    made = [people.add(session, by=SYSTEM, name=f"Person {n}") for n in range(5)]
    people.touch_contact(session, made[1].id, made[1].created_at)
    people.touch_contact(session, made[3].id, made[3].created_at)
    session.flush()

    def walked(**query):
        names, cursor = [], {}
        while True:
            page = program.call("GET", "people.list_people", query_string={"limit": 2, **query, **cursor})
            names += [int(row["name"][-1]) for row in page["items"]]
            if page["next_cursor"] is None:
                return names
            cursor = {"cursor": page["next_cursor"]}

    assert walked() == [4, 3, 2, 1, 0]
    assert walked(order="contact") == [3, 1, 4, 2, 0]
    assert walked(search="person") == [4, 3, 2, 1, 0]


def test_attributes_are_reworded_and_put_away(program):
    told = {"subject": "company", "label": "Branche", "type": "choice", "options": [{"label": "Café"}]}
    made = program.call("POST", "attributes.create_attribute", expect=201, json=told)
    body = {"label": "Sector", "options": [*made["options"], {"label": "Shop"}], "archived": True}
    changed = program.call("PATCH", "attributes.change_attribute", made["id"], json=body)
    assert [option["code"] for option in changed["options"]] == ["cafe", "shop"]
    listed = program.call("GET", "attributes.list_attributes", query_string={"subject": "company"})
    assert listed["items"] == []
    told = program.call("POST", "attributes.create_attribute", expect=409, json={**told, "code": "branche"})
    assert told["code"] == "attribute_code_taken"


def test_a_key_that_only_writes_reads_nobody_by_writing(app, acme, session):
    ann = people.add(session, by=SYSTEM, name="Ann", email="secret@example.org")
    other = people.add(session, by=SYSTEM, name="Bob")
    session.flush()
    reader = Program(app).at(acme)
    seen = reader.send("GET", "api_v1.people.get_person", ann, expect=200).headers["ETag"]
    writer = Program(app, "customers.edit").at(acme)

    def change(etag):
        return {"json": {"zone": "UTC"}, "headers": {"If-Match": etag}}

    writer.call("PATCH", "people.change_person", ann, expect=428, **change("*"))
    changed = writer.send("PATCH", "api_v1.people.change_person", ann, expect=200, **change(seen))
    assert changed.get_json() == {"id": str(ann.id)}
    assert changed.headers["ETag"] != seen
    added = writer.call("POST", "people.create_person", expect=201, json={"name": "Cy"}, key="cy")
    assert list(added) == ["id"]
    assert writer.call("POST", "people.create_person", expect=201, json={"name": "Cy"}, key="cy") == added
    merger = Program(app, "customers.merge").at(acme)
    body = {"merged_id": str(other.id)}
    assert merger.call("POST", "merges.merge_person", ann, json=body) == {"id": str(ann.id)}
    assert "email" in reader.call("POST", "people.create_person", expect=201, json={"name": "Dee"})
