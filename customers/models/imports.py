"""Imports of people: the file, what its columns mean, how far it is, and what each row did."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infra.clock import now
from infra.crypto.columns import encrypted
from infra.db import TenantBase, not_personal, personal
from infra.ids import new_id

STATES = ("uploaded", "checking", "checked", "importing", "done", "undoing", "undone")


class Import(TenantBase):
    """One file of people. `position` is the last row of the file whose work is committed, so that a worker that
    takes it up begins behind it.
    """

    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint(
            "state IN ('uploaded', 'checking', 'checked', 'importing', 'done', 'undoing', 'undone')", name="state"
        ),
        CheckConstraint("policy IN ('update', 'skip')", name="policy"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    filename: Mapped[str] = mapped_column(info=personal("technical"))
    file_key: Mapped[str | None] = mapped_column(info=not_personal)
    """Where the file lies in storage; None when it is deleted."""
    format: Mapped[dict[str, Any]] = mapped_column(info=not_personal)
    """How it is read: `{"kind": "csv", "encoding", "separator"}` or `{"kind": "xlsx"}`."""
    headers: Mapped[list[str]] = mapped_column(JSONB, info=not_personal)
    signature: Mapped[str] = mapped_column(info=not_personal)
    """A digest of the headers, under which the last mapping is remembered."""
    mapping: Mapped[list[str]] = mapped_column(JSONB, default=list, info=not_personal)
    """What each column is (`customers.imports.columns`); an empty text leaves the column out."""
    mapping_name: Mapped[str | None] = mapped_column(info=not_personal)
    """What programs call this mapping, so that a later file can be read by it."""
    options: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}", info=personal("free_text"))
    """`{"consent": {"origin", "text_version", "given_on"}}`: where the consents of the file come from, in the words
    of whoever imports them; `{"then_run": true}`: it goes on by itself when the check has ended."""
    made: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}", info=not_personal)
    """`{"attributes": [code, …]}` that it declared; after undoing `{"report": {…}}`, what became of them."""
    policy: Mapped[str] = mapped_column(default="update", info=not_personal)
    state: Mapped[str] = mapped_column(default="uploaded", info=not_personal)
    rows: Mapped[int | None] = mapped_column(info=not_personal)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict, info=not_personal)
    """`{"added", "updated", "skipped", "wrong", "companies"}` of the check, then of the import."""
    wrong: Mapped[list[Any]] = mapped_column(JSONB, default=list, info=not_personal)
    """The first wrong rows of the check: `[row, [[column, message, fields], …]]`; no cell's text."""
    left: Mapped[list[Any]] = mapped_column(JSONB, default=list, info=not_personal)
    """After undoing: ids of the first people who were left because somebody has changed them since."""
    position: Mapped[int] = mapped_column(default=0, info=not_personal)
    job_id: Mapped[UUID | None] = mapped_column(info=not_personal)
    """The long work that was begun last."""
    created_at: Mapped[datetime] = mapped_column(default=now, info=not_personal)
    created_by: Mapped[UUID | None] = mapped_column(info=personal("technical"))
    begun_at: Mapped[datetime | None] = mapped_column(info=not_personal)
    """When the first row was to be written; undoing is offered for 30 days from then."""
    undone_at: Mapped[datetime | None] = mapped_column(info=not_personal)


class ImportRow(TenantBase):
    """What one row of a file did: to a person, to a company that it named, or why it did nothing."""

    __tablename__ = "import_rows"
    __table_args__ = (CheckConstraint("kind IN ('added', 'updated', 'company', 'wrong')", name="kind"),)

    import_id: Mapped[UUID] = mapped_column(ForeignKey(Import.id, ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID | None] = mapped_column(info=personal("identity"))
    """The person or company."""
    before: Mapped[str | None] = encrypted("identity", owner="subject_id")
    """What stood there before, as JSON; of an updated person only."""
    stamp: Mapped[datetime | None] = mapped_column(info=not_personal)
    """`updated_at` as this row left it: whoever shows another one was changed by somebody since."""
    problems: Mapped[list[Any]] = mapped_column(JSONB, default=list, info=not_personal)
    """Of a wrong row: `[column, message, fields]` each; no cell's text."""
