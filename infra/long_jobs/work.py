"""The worker's side of one piece of long work."""

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from infra import clock
from infra.db import TenantRef
from infra.errors import RapportError
from infra.jobs import stopping
from infra.long_jobs.models import LongJob
from infra.services import Services
from infra.storage import StorageKey, tenant_key

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SAID_EVERY = timedelta(seconds=0.5)
"""How often progress is written down, however often it is told."""
FILES_KEPT = timedelta(days=7)


class Cancelled(RapportError):
    """Somebody asked for the work to stop."""

    code = "cancelled"
    message = "This was cancelled."


class Overtaken(RapportError):
    """Another worker has taken the work up, or it has ended; this one stops without a trace."""

    code = "overtaken"
    message = "Another worker is at it."


class Interrupted(RapportError):
    """The worker was told to end; another one begins the work anew."""

    code = "interrupted"
    message = "The worker ended."


class GaveUp(RapportError):
    """Every worker that took it up died of it or found a part of the service away."""

    code = "gave_up"
    message = "It was tried several times and never came to its end."


class NotAllowed(RapportError):
    """Whoever began it may not do so any more."""

    code = "not_allowed"
    message = "Whoever asked for it may no longer do so."


class Work:
    """One attempt at a piece of long work. Each call is a short transaction of its own."""

    def __init__(self, services: Services, tenant: TenantRef, row: LongJob) -> None:
        self.services = services
        self.tenant = tenant
        self.id: UUID = row.id
        self.subject: UUID | None = row.subject_id
        self.ids: Mapping[str, Any] = dict(row.arguments)
        self.asked_at: datetime = row.created_at
        self.attempt: int = row.attempts
        self._said_at = clock.now()
        self._done = 0
        self._found: dict[str, Any] = {}

    def session(self) -> AbstractContextManager[Session]:
        """A session of the tenant; keep it short, and hold none while files are written or others are called."""
        return self.services.db.tenant_session(self.tenant)

    def advance(self, done: int, total: int | None = None) -> None:
        """Notes how far the work is, at most twice a second; call it as often as there is a step.

        Raises Cancelled when somebody asked for the end, Overtaken when the work is no longer this worker's, and
        Interrupted when the worker is to end.
        """
        self._done = done
        if stopping.is_told():
            raise Interrupted()
        if total is None and clock.now() - self._said_at < SAID_EVERY:
            return
        self._said_at = clock.now()
        values: dict[str, Any] = {"done": done, "heartbeat_at": clock.now()}
        if total is not None:
            values["total"] = total
        with self.session() as session:
            row = session.execute(self._mine().values(**values).returning(LongJob.cancel_asked_at)).one_or_none()
        if row is None:
            raise Overtaken()
        if row[0] is not None:
            raise Cancelled()

    def store(self, pieces: Iterable[bytes], *, content_type: str) -> None:
        """Keeps the result in storage, in parts of a few megabytes while it is made. It is kept for a week.

        A file that was begun and not finished (Cancelled in between, a dead worker) is never seen by anybody.
        """
        key, size = self._put("result", pieces, content_type)
        self._found |= {"result_key": key, "result_type": content_type, "result_bytes": size}

    def store_errors(self, pieces: Iterable[bytes], count: int) -> None:
        """Keeps a CSV that names the entries that could not be done, and how many they are."""
        key, _ = self._put("errors", pieces, "text/csv")
        self._found |= {"errors_key": key, "errors": count}

    def end(self, state: str, **values: object) -> bool:
        """Notes the end; False when another worker has overtaken this one."""
        moment = clock.now()
        values = {"state": state, "ended_at": moment, **values}
        if state == "done":
            values |= {
                **self._found,
                "done": self._done,
                "keep_until": moment + FILES_KEPT if self._found else None,
            }
        with self.session() as session:
            return session.execute(self._mine().values(**values).returning(LongJob.id)).one_or_none() is not None

    def let_go(self) -> None:
        """Puts the work back for another attempt."""
        with self.session() as session:
            session.execute(self._mine().values(state="waiting", heartbeat_at=clock.now(), done=0))

    def forget_files(self) -> None:
        """Deletes what this attempt has stored."""
        for name in ("result", "errors"):
            self.services.storage.delete(file_key(self.tenant, self.id, self.attempt, name))

    def _mine(self) -> Any:
        return update(LongJob).where(
            LongJob.id == self.id, LongJob.state == "running", LongJob.attempts == self.attempt
        )

    def _put(self, name: str, pieces: Iterable[bytes], content_type: str) -> tuple[StorageKey, int]:
        key, reader = file_key(self.tenant, self.id, self.attempt, name), Pieces(iter(pieces))
        self.services.storage.put(key, cast(io.BytesIO, reader), content_type=content_type)
        return key, reader.size


def file_key(tenant: TenantRef, job_id: UUID, attempt: int, name: str) -> StorageKey:
    """Where one attempt writes; each has its own place, so that one that was overtaken overwrites nothing."""
    return tenant_key(tenant, "jobs", job_id.hex, f"{attempt}-{name}")


class Pieces(io.RawIOBase):
    """What an iterator of bytes yields, to be read like a file; `size` counts what went through."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._rest = memoryview(b"")
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """As much as is there, of at least one piece; 0 at the end."""
        room = memoryview(buffer).cast("B")
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(room), len(self._rest))
        room[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        self.size += count
        return count

    def read(self, size: int | None = -1, /) -> bytes:
        """Exactly `size` bytes unless the end comes first: a part that is too short would end an upload."""
        wanted = float("inf") if size is None or size < 0 else size
        found = bytearray()
        while len(found) < wanted:
            piece = super().read(int(min(wanted - len(found), 1 << 20)))
            if not piece:
                break
            found += piece
        return bytes(found)
