"""People in the register: what is taken, what is refused, who is found again."""

from datetime import timedelta

import pytest

from customers import attributes, companies, people
from customers.errors import ExternalIdTaken, PersonChanged, PersonInvalid, PersonNotFound
from customers.models import Person
from customers.revisions import revision_of
from infra import clock
from infra.ids import new_id
from tenants.permissions import SYSTEM


def add(session, **given):
    return people.add(session, by=SYSTEM, **given)


def test_a_person_is_found_by_address_number_and_id_however_they_are_typed(session):
    ann = add(session, name="  Ann   Lee ", email="Ann@Example.org", phone="+49 (0)30 123-45", external_id="K-1")
    session.expire_all()
    assert (ann.identity.name, ann.identity.email, ann.identity.phone) == (
        "Ann Lee",
        "Ann@Example.org",
        "+493012345",
    )
    assert people.find_by_email(session, " ann@example.ORG") == [ann]
    assert people.find_by_phone(session, "0049 30 12345") == [ann]
    assert people.find_by_external_id(session, "K-1") is ann
    assert people.find_by_email(session, "ann@example.com") == []


def test_both_spellings_of_an_international_domain_are_one_address(session):
    jo = add(session, email="jörg@münchen.example")
    assert people.find_by_email(session, "JÖRG@xn--mnchen-3ya.example") == [jo]
    assert jo.identity.email == "jörg@münchen.example"


def test_a_number_is_stored_in_ascii_and_without_the_marks_of_address_books(session):
    ann = add(session, phone="\u202a+٤٩ ٣٠ ١٢٣٤٥٦٧\u202c", name="نرگس می\u200cخواهد")
    assert ann.identity.phone == "+49301234567"
    assert people.find_by_phone(session, "+49 30 1234567") == [ann]


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("name", "Ann\r\nBcc: all@x.org", "line breaks"),
        ("email", "Ann <ann@x.org>", "alone: ann@x.org"),
        ("email", "ann@x.org\nBcc: b@x.org", "line breaks"),
        ("email", "a" * 5_000 + "@x.org", "at most 254"),
        ("email", "ann@localhost", "such as"),
        ("email", "ann@x..org", "such as"),
        ("email", "a..b@x.org", "such as"),
        ("email", ".a@x.org", "such as"),
        ("email", "a\u200bb@x.org", "such as"),
        ("email", "a\u202eb@x.org", "control"),
        ("email", "ann@192.168.0.1", "such as"),
        ("name", "Ann \u202egro.live", "control"),
        ("phone", "call me", "country"),
        ("phone", "12", "country"),
        ("language", "english please", "language"),
        ("zone", "Mars/Olympus", "zone"),
    ],
)
def test_what_cannot_be_stored_is_said_at_its_field(session, field, text, says):
    with pytest.raises(PersonInvalid) as refused:
        add(session, **{"name": "Ann", field: text})
    assert list(refused.value.problems) == [field]
    assert says in refused.value.problems[field][0]
    assert people.count_people(session) == 0


def test_all_problems_are_named_at_once(session):
    with pytest.raises(PersonInvalid) as refused:
        add(session, name="a\0", email="x", company_id=new_id(), attributes={"nope": 1})
    assert set(refused.value.problems) == {"name", "email", "company_id", "attributes.nope"}


def test_somebody_without_anything_to_know_them_by_is_nobody(session):
    with pytest.raises(PersonInvalid):
        add(session, language="de")
    ann = add(session, name="Ann", email="ann@x.org")
    with pytest.raises(PersonInvalid):
        people.change(session, ann, by=SYSTEM, name="", email="")


def test_an_external_id_belongs_to_one_and_the_transaction_goes_on(session):
    add(session, name="Ann", external_id="7")
    bob = add(session, name="Bob")
    with pytest.raises(ExternalIdTaken):
        add(session, name="Cy", external_id="7")
    with pytest.raises(ExternalIdTaken):
        people.change(session, bob, by=SYSTEM, external_id="7")
    assert people.count_people(session) == 2


def test_a_change_on_top_of_what_somebody_else_changed_is_refused(session):
    ann = add(session, name="Ann")
    seen = revision_of(ann)
    people.change(session, ann, by=SYSTEM, revision=seen, name="Anna")
    with pytest.raises(PersonChanged):
        people.change(session, ann, by=SYSTEM, revision=seen, phone="+49301234")
    people.change(session, ann, by=SYSTEM, revision=revision_of(ann), phone="+49301234")
    assert (ann.identity.name, ann.identity.phone) == ("Anna", "+49301234")


def test_attributes_are_typed_and_kept_beside_each_other(session):
    for code, kind in (("city", "text"), ("visits", "number"), ("since", "date"), ("vip", "boolean")):
        attributes.declare(session, by=SYSTEM, subject="person", label=code, code=code, type=kind)
    attributes.declare(
        session, by=SYSTEM, subject="person", label="Tier", type="choice", options=["Gold", "Silber"]
    )
    given = {"city": " Wien ", "visits": "3,5", "since": "2024-02-29", "vip": "yes", "tier": "silber"}
    ann = add(session, name="Ann", attributes=given)
    assert ann.attributes == {"city": "Wien", "visits": 3.5, "since": "2024-02-29", "vip": True, "tier": "silber"}
    people.change(session, ann, by=SYSTEM, attributes={"visits": 12, "city": None})
    assert ann.attributes == {"visits": 12, "since": "2024-02-29", "vip": True, "tier": "silber"}
    wrong = {"city": "x" * 2_001, "visits": "1,234", "since": "2023-02-29", "vip": "perhaps", "tier": "Iron"}
    with pytest.raises(PersonInvalid) as refused:
        people.change(session, ann, by=SYSTEM, attributes=wrong)
    assert set(refused.value.problems) == {f"attributes.{code}" for code in wrong}


def test_who_was_merged_is_found_under_the_id_that_stays(session):
    ann, anna, old = (add(session, name=name, email=f"{name}@x.org") for name in ("Ann", "Anna", "Old"))
    old.merged_into, anna.merged_into = anna.id, ann.id
    session.flush()
    assert people.get(session, old.id) is ann
    assert sorted(people.ids_of(session, anna.id)) == sorted([ann.id, anna.id, old.id])
    assert people.find_by_email(session, "old@x.org") == [ann]
    assert people.canonical_ids(session, [old.id, ann.id]) == {old.id: ann.id, ann.id: ann.id}
    ann.erased_at = clock.now()
    session.flush()
    with pytest.raises(PersonNotFound):
        people.get(session, old.id)
    assert people.find_by_email(session, "old@x.org") == []


def test_the_last_contact_moves_forwards_only(session):
    ann, moment = add(session, name="Ann"), clock.now()
    people.touch_contact(session, ann.id, moment)
    people.touch_contact(session, ann.id, moment - timedelta(days=1))
    session.refresh(ann)
    assert ann.last_contact_at == moment


def test_nobody_of_another_tenant_is_there(joined, session, globex):
    ann = add(session, name="Ann", email="ann@x.org")
    session.flush()
    from contextvars import Context

    def elsewhere():
        with joined.db.tenant_session(globex) as other:
            assert people.find_by_email(other, "ann@x.org") == []
            with pytest.raises(PersonNotFound):
                people.get(other, ann.id)

    Context().run(elsewhere)
    assert session.get(Person, ann.id) is ann


def test_a_company_is_made_once_for_a_name(session):
    first = companies.named(session, "Kaffee GmbH", by=SYSTEM)
    assert companies.named(session, " kaffee gmbh ", by=SYSTEM) is first
    ann = add(session, name="Ann", company_id=first.id)
    assert companies.count_people(session, [first.id]) == {first.id: 1}
    assert ann.company_id == first.id
