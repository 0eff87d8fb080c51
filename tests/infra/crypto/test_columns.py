"""Protected columns as a domain uses them."""

from uuid import uuid4

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from infra.crypto import KeyDestroyed, KeyMissing, OwnerMissing
from infra.crypto.columns import blind_equal, blind_words, or_none, protect, reveal
from infra.db import TenantRef
from infra.services import Services
from tests.infra.crypto.people import Address, Person


@pytest.fixture
def ann(services: Services, tenant: TenantRef) -> Person:
    with services.db.tenant_session(tenant) as session:
        person = Person(email="Ann@Example.org", name="Ann Smith", phone="+49 30 1234")
        session.add(person)
        session.flush()
        assert person.email == "Ann@Example.org"
    return person


def find(session: Session) -> Person:
    session.expunge_all()
    return session.scalars(select(Person)).one()


def test_what_was_assigned_is_read_and_the_table_holds_ciphertext(
    services: Services, tenant: TenantRef, ann: Person
) -> None:
    with services.db.tenant_session(tenant) as session:
        person = session.get_one(Person, ann.id)
        assert (person.email, person.name, person.phone) == ("Ann@Example.org", "Ann Smith", "+49 30 1234")
        row = session.execute(text("SELECT test_people::text FROM test_people")).scalar_one()
        for word in ("Ann", "Example", "Smith", "1234"):
            assert word not in row
            assert word.encode().hex() not in row


def test_look_up_goes_through_the_index(services: Services, tenant: TenantRef, ann: Person) -> None:
    with services.db.tenant_session(tenant) as session:

        def found(condition: object) -> bool:
            return session.scalars(select(Person).where(condition)).one_or_none() is not None  # type: ignore[arg-type]

        assert found(blind_equal(Person.email_index, " ann@example.ORG "))
        assert not found(blind_equal(Person.email_index, "ann@example.com"))
        assert found(blind_equal(Person.phone_index, "0049-301234"))
        assert found(blind_words(Person.name_index, "smi AN"))
        assert not found(blind_words(Person.name_index, "ann jones"))
        assert not found(blind_words(Person.name_index, " - "))
        with pytest.raises(TypeError, match="blind index"):
            select(Person).where(Person.email == "ann@example.org")
        with pytest.raises(TypeError, match="blind index"):
            select(Person).order_by(Person.email.desc())
        assert not found(Person.phone.is_(None))


def test_the_same_address_twice_meets_the_constraint(services: Services, tenant: TenantRef, ann: Person) -> None:
    with pytest.raises(IntegrityError, match="uq_test_people_email"), services.db.tenant_session(tenant) as session:
        session.add(Person(email="ANN@example.org"))


def test_a_change_moves_value_and_index(services: Services, tenant: TenantRef, ann: Person) -> None:
    with services.db.tenant_session(tenant) as session:
        person = session.get_one(Person, ann.id)
        person.email = "new@example.org"
        person.phone = None
        session.flush()
        assert session.scalars(select(Person).where(blind_equal(Person.email_index, "new@example.org"))).one()
        again = find(session)
        assert (again.email, again.phone, again.phone_index) == ("new@example.org", None, None)


def test_assigning_the_same_text_again_writes_nothing(services: Services, tenant: TenantRef, ann: Person) -> None:
    with services.db.tenant_session(tenant) as session:
        person = session.get_one(Person, ann.id)
        assert person.email
        person.email = "Ann@Example.org"
        assert not session.is_modified(person)


def test_after_an_erasure_the_row_loads_and_the_text_says_why_not(
    services: Services, tenant: TenantRef, ann: Person
) -> None:
    services.keys.destroy_person(tenant, ann.id)
    with services.db.tenant_session(tenant) as session:
        person = session.get_one(Person, ann.id)
        with pytest.raises(KeyDestroyed):
            person.email  # noqa: B018
        assert or_none(lambda: person.email) is None


def test_a_list_asks_the_key_store_once(services: Services, tenant: TenantRef) -> None:
    with services.db.tenant_session(tenant) as session:
        people = [Person(email=f"{number}@example.org") for number in range(50)]
        session.add_all(people)
    for erased in people[40:]:
        services.keys.destroy_person(tenant, erased.id)
    services.keys.forget()
    asked: list[str] = []

    def count(connection: object, cursor: object, statement: str, *rest: object) -> None:
        asked.append(statement)

    engine = services.db.engine(tenant.cell, "keys")
    event.listen(engine, "before_cursor_execute", count)
    try:
        with services.db.tenant_session(tenant) as session:
            people = list(session.scalars(select(Person)))
            found = {or_none(lambda person=person: person.email) for person in people}
            assert found == {None, *(f"{number}@example.org" for number in range(40))}
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len(asked) == 2, asked  # the tenant's key and everybody's


def test_a_value_under_somebody_elses_key_needs_an_owner_with_a_key(
    services: Services, tenant: TenantRef, ann: Person
) -> None:
    with services.db.tenant_session(tenant) as session:
        session.add(Address(person_id=ann.id, street="Main Street 1"))
        session.flush()
        session.expunge_all()
        assert session.scalars(select(Address)).one().street == "Main Street 1"
    with pytest.raises(OwnerMissing), services.db.tenant_session(tenant) as session:
        session.add(Address(street="Main Street 1"))
    with pytest.raises(KeyMissing), services.db.tenant_session(tenant) as session:
        session.add(Address(person_id=uuid4(), street="Main Street 1"))


def test_a_plain_text_that_nobody_sealed_never_reaches_the_table(services: Services, tenant: TenantRef) -> None:
    with (
        pytest.raises((OwnerMissing, StatementError), match="no owner"),
        services.db.tenant_session(tenant) as session,
    ):
        session.execute(insert(Person).values(id=uuid4(), email="x", email_index=b"x"))


def test_an_import_seals_its_rows_itself(services: Services, tenant: TenantRef) -> None:
    ids = [uuid4() for _ in range(3)]
    services.keys.create_people(tenant, ids)
    cipher = services.keys.for_tenant(tenant)
    rows = [protect(Person, cipher, {"id": each, "email": f"{each}@x.org", "name": "Jo"}) for each in ids]
    with services.db.tenant_session(tenant) as session:
        session.execute(insert(Person.__table__), rows)  # type: ignore[arg-type]
        assert sorted(person.email for person in session.scalars(select(Person))) == sorted(
            f"{each}@x.org" for each in ids
        )
        assert session.scalars(select(Person).where(blind_equal(Person.email_index, f"{ids[0]}@X.org"))).one()
        selected = list(session.scalars(select(Person.name)))
        assert reveal(cipher, selected) == ["Jo"] * 3


def test_the_key_stands_before_the_row_and_outlives_its_rollback(services: Services, tenant: TenantRef) -> None:
    person = Person(id=uuid4(), email="x@example.org")
    with services.db.open_tenant(tenant) as session:
        session.add(person)
        session.flush()
        session.rollback()
    assert services.keys.person(tenant, person.id)
    with services.db.tenant_session(tenant) as session:
        session.add(Person(id=person.id, email="x@example.org"))
