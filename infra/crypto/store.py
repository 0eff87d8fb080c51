"""The key store's statements. Each is a short transaction of its own, committed before the row it protects."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Engine, LargeBinary, Uuid, cast, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from infra.clock import now
from infra.crypto.models import PersonKey, TenantKey
from infra.db import Databases, KeyStoreBase, TenantRef

CREATING = 0x6B657973
"""Advisory lock: two processes that create the tables at the same moment take turns."""


def create_tables(engine: Engine) -> None:
    """Makes the tables of a cell's key store where they are missing. The schema `keystore` must be there."""
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(CREATING)))
        KeyStoreBase.metadata.create_all(connection)


class KeyStore:
    """Reads and writes wrapped keys; it never sees one that is open."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases

    def add_tenant(self, ref: TenantRef, wrapped: bytes, wrapped_index: bytes) -> None:
        """Keeps what is there when the tenant has a row already."""
        row = {"tenant_id": ref.id, "wrapped": wrapped, "wrapped_index": wrapped_index}
        with self._engine(ref.cell).begin() as connection:
            connection.execute(insert(TenantKey).values(row).on_conflict_do_nothing())

    def find_tenant(self, ref: TenantRef) -> tuple[bytes | None, bytes | None] | None:
        """(wrapped key, wrapped index key), both None when destroyed; None when there was never one."""
        query = select(TenantKey.wrapped, TenantKey.wrapped_index).where(TenantKey.tenant_id == ref.id)
        with self._engine(ref.cell).begin() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (row.wrapped, row.wrapped_index)

    def destroy_tenant(self, ref: TenantRef) -> None:
        """The tenant's keys become NULL, its people's rows go."""
        gone = {
            "wrapped": None,
            "wrapped_index": None,
            "destroyed_at": func.coalesce(TenantKey.destroyed_at, now()),
        }
        with self._engine(ref.cell).begin() as connection:
            connection.execute(update(TenantKey).where(TenantKey.tenant_id == ref.id).values(gone))
            connection.execute(delete(PersonKey).where(PersonKey.tenant_id == ref.id))

    def add_people(self, ref: TenantRef, wrapped: Mapping[UUID, bytes]) -> set[UUID]:
        """Adds keys of people who have none yet; returns whose were added."""
        arrays = cast(list(wrapped), ARRAY(Uuid)), cast(list(wrapped.values()), ARRAY(LargeBinary))
        each = func.unnest(*arrays).table_valued("person", "wrapped").render_derived()
        rows = select(literal(ref.id, Uuid), each.c.person, each.c.wrapped)
        columns = [PersonKey.tenant_id, PersonKey.person_id, PersonKey.wrapped]
        statement = insert(PersonKey).from_select(columns, rows).on_conflict_do_nothing()
        with self._engine(ref.cell).begin() as connection:
            return set(connection.execute(statement.returning(PersonKey.person_id)).scalars())

    def find_people(self, ref: TenantRef, people: Iterable[UUID]) -> dict[UUID, bytes | None]:
        """Wrapped keys by person, None for a destroyed one; a person without a row is left out."""
        query = select(PersonKey.person_id, PersonKey.wrapped).where(
            PersonKey.tenant_id == ref.id, PersonKey.person_id.in_(list(people))
        )
        with self._engine(ref.cell).begin() as connection:
            return {row.person_id: row.wrapped for row in connection.execute(query)}

    def destroy_person(self, ref: TenantRef, person: UUID) -> None:
        """The key becomes NULL. A person without a key gets a destroyed row, so that none is made later."""
        row = {"tenant_id": ref.id, "person_id": person, "wrapped": None, "destroyed_at": now()}
        statement = insert(PersonKey).values(row)
        statement = statement.on_conflict_do_update(
            index_elements=[PersonKey.tenant_id, PersonKey.person_id],
            set_={"wrapped": None, "destroyed_at": func.coalesce(PersonKey.destroyed_at, now())},
        )
        with self._engine(ref.cell).begin() as connection:
            connection.execute(statement)

    def copy(self, ref: TenantRef, cell: str) -> int:
        """Puts the tenant's rows of its cell into another cell's store as they are; answers how many."""
        copied = 0
        for model in (TenantKey, PersonKey):
            with self._engine(ref.cell).begin() as source:
                rows = [
                    dict(row._mapping) for row in source.execute(select(model).where(model.tenant_id == ref.id))
                ]
            with self._engine(cell).begin() as target:
                target.execute(delete(model).where(model.tenant_id == ref.id))
                if rows:
                    target.execute(insert(model), rows)
            copied += len(rows)
        return copied

    def drop_copy(self, ref: TenantRef, cell: str) -> None:
        """Forgets the tenant in a cell that it has left."""
        with self._engine(cell).begin() as connection:
            for model in (TenantKey, PersonKey):
                connection.execute(delete(model).where(model.tenant_id == ref.id))

    def list_tenants(self, cell: str) -> Sequence[tuple[UUID, bytes]]:
        """Every tenant's wrapped key in the cell, for a change of the master key."""
        query = select(TenantKey.tenant_id, TenantKey.wrapped).where(TenantKey.wrapped.is_not(None))
        with self._engine(cell).begin() as connection:
            return [(row.tenant_id, row.wrapped) for row in connection.execute(query) if row.wrapped]

    def replace_tenant(self, cell: str, tenant_id: UUID, old: bytes, new: bytes) -> bool:
        """Puts `new` where `old` still stands; a tenant that was destroyed meanwhile stays destroyed."""
        statement = update(TenantKey).where(TenantKey.tenant_id == tenant_id, TenantKey.wrapped == old)
        with self._engine(cell).begin() as connection:
            return connection.execute(statement.values(wrapped=new)).rowcount == 1

    def _engine(self, cell: str) -> Engine:
        return self._databases.engine(cell, "keys")
