"""The hierarchy of keys on the real key store."""

import os
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import event, text

from infra.crypto import CannotDecrypt, KeyDestroyed, KeyMissing, Keys, LocalKeyFile, key_provider
from infra.db import TenantRef
from infra.services import Services
from tests.infra.crypto.test_providers import key_file


def another_process(services: Services) -> Keys:
    """Keys with an empty cache, as another process has them."""
    return Keys(key_provider(services.settings), services.db)


def test_a_text_comes_back_in_another_process(services: Services, own_tenant: TenantRef) -> None:
    person = uuid4()
    services.keys.create_person(own_tenant, person)
    envelope = services.keys.for_tenant(own_tenant).encrypt(person, "Ann")
    assert another_process(services).for_tenant(own_tenant).decrypt(envelope) == "Ann"


def test_a_value_copied_to_another_tenant_does_not_open(
    services: Services, own_tenant: TenantRef, acme: TenantRef
) -> None:
    person = uuid4()
    for tenant in (own_tenant, acme):
        services.keys.create_person(tenant, person)
    envelope = services.keys.for_tenant(acme).encrypt(person, "Ann")
    with pytest.raises(CannotDecrypt):
        services.keys.for_tenant(own_tenant).decrypt(envelope)


def test_blind_indexes_agree_within_a_tenant_and_differ_between_tenants_and_purposes(
    services: Services, own_tenant: TenantRef, acme: TenantRef
) -> None:
    ours, theirs = services.keys.for_tenant(own_tenant), services.keys.for_tenant(acme)
    assert ours.blind("email", "a") == another_process(services).for_tenant(own_tenant).blind("email", "a")
    assert len({ours.blind("email", "a"), ours.blind("phone", "a"), theirs.blind("email", "a")}) == 3
    assert len({ours.derive("x"), ours.derive("y"), theirs.derive("x")}) == 3


def test_nobody_has_a_key_before_it_is_made(services: Services, own_tenant: TenantRef) -> None:
    with pytest.raises(KeyMissing):
        services.keys.for_tenant(own_tenant).encrypt(uuid4(), "Ann")
    with pytest.raises(KeyMissing):
        services.keys.for_tenant(TenantRef(uuid4(), "", "default"))


def test_an_erased_person_stays_erased(services: Services, own_tenant: TenantRef) -> None:
    person, keys = uuid4(), services.keys
    keys.create_person(own_tenant, person)
    envelope = keys.for_tenant(own_tenant).encrypt(person, "Ann")
    keys.destroy_person(own_tenant, person)
    keys.create_person(own_tenant, person)
    keys.destroy_person(own_tenant, person)
    for each in (keys, another_process(services)):
        with pytest.raises(KeyDestroyed):
            each.for_tenant(own_tenant).decrypt(envelope)
        with pytest.raises(KeyDestroyed):
            each.for_tenant(own_tenant).encrypt(person, "Ann again")


def test_erasing_somebody_without_a_key_keeps_one_from_being_made(
    services: Services, own_tenant: TenantRef
) -> None:
    person = uuid4()
    services.keys.destroy_person(own_tenant, person)
    services.keys.create_person(own_tenant, person)
    with pytest.raises(KeyDestroyed):
        services.keys.for_tenant(own_tenant).encrypt(person, "Ann")


def test_closing_a_tenant_destroys_all_its_keys(services: Services) -> None:
    tenant, person = TenantRef(uuid4(), "", "default"), uuid4()
    services.keys.create_tenant(tenant)
    services.keys.create_person(tenant, person)
    services.keys.destroy_tenant(tenant)
    services.keys.create_tenant(tenant)
    for each in (services.keys, another_process(services)):
        with pytest.raises(KeyDestroyed):
            each.for_tenant(tenant)


def test_many_keys_are_made_and_fetched_with_one_statement_each(services: Services, own_tenant: TenantRef) -> None:
    people = [uuid4() for _ in range(300)]
    statements: list[str] = []
    engine = services.db.engine(own_tenant.cell, "keys")

    def count(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        services.keys.create_people(own_tenant, people)
        other = another_process(services)
        other.prefetch(own_tenant, people)
        made = len(statements)
        tenant_keys = other.for_tenant(own_tenant)
        assert [tenant_keys.decrypt(tenant_keys.encrypt(person, "x")) for person in people] == ["x"] * 300
        assert len(statements) == made <= 4
    finally:
        event.remove(engine, "before_cursor_execute", count)


def test_the_platform_has_a_key_of_its_own(services: Services) -> None:
    owner = uuid4()
    envelope = services.keys.platform.encrypt(owner, "Ann")
    assert another_process(services).platform.decrypt(envelope) == "Ann"
    with pytest.raises(CannotDecrypt):
        services.keys.platform.decrypt(envelope[:1] + uuid4().bytes + envelope[17:])


def test_a_new_master_key_takes_over_and_people_stay_readable(
    services: Services, initech: TenantRef, tmp_path: Path
) -> None:
    """In cell `b`, whose tenants no other test of this package needs meanwhile; and back again."""
    person, present = uuid4(), Path(services.settings.key_file).read_bytes()
    services.keys.create_person(initech, person)
    envelope = services.keys.for_tenant(initech).encrypt(person, "Ann")
    new = os.urandom(32)
    only_new = key_file(tmp_path / "new", new)
    both = tmp_path / "both"
    both.write_bytes(only_new.read_bytes() + present)
    both.chmod(0o600)
    assert Keys(LocalKeyFile(both), services.db).rewrap("b") >= 1
    try:
        assert Keys(LocalKeyFile(only_new), services.db).for_tenant(initech).decrypt(envelope) == "Ann"
    finally:
        both.write_bytes(present + b"\n" + only_new.read_bytes())
        Keys(LocalKeyFile(both), services.db).rewrap("b")
    assert another_process(services).for_tenant(initech).decrypt(envelope) == "Ann"


@pytest.mark.parametrize("login", ["app", "disposal", "owner"])
def test_no_other_login_reaches_the_key_store(services: Services, login: str) -> None:
    with (
        psycopg.connect(services.db.dsn("default", login)) as connection,  # type: ignore[arg-type]
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT count(*) FROM keystore.person_keys")


def test_the_key_login_reaches_nothing_else(services: Services, own_tenant: TenantRef) -> None:
    with services.db.engine(own_tenant.cell, "keys").connect() as connection:
        found = connection.execute(
            text("SELECT has_schema_privilege(:tenant, 'usage') OR has_schema_privilege('control', 'usage')"),
            {"tenant": own_tenant.schema},
        )
        assert found.scalar() is False
