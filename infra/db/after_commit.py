"""What is done once the outer transaction has committed, and never when it rolled back.

SQLAlchemy's `after_commit` also fires for a released savepoint, so each entry remembers the savepoint it was
added in: releasing hands it to the one above, rolling back drops it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

KEY = "after_commit"


@dataclass(slots=True)
class _Entry:
    action: Callable[[], None]
    savepoint: SessionTransaction | None
    once: object


def after_commit(session: Session, action: Callable[[], None], *, once: object = None) -> None:
    """Runs `action` after the session's outer commit. Entries with the same `once` are run a single time."""
    savepoint = session.get_nested_transaction()
    entries: list[_Entry] = session.info.setdefault(KEY, [])
    if once is not None and any(entry.once == once and entry.savepoint is savepoint for entry in entries):
        return
    entries.append(_Entry(action, savepoint, once))


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    entries: list[_Entry] = session.info.get(KEY, [])
    savepoint = session.get_nested_transaction()
    if savepoint is not None:
        for entry in entries:
            if entry.savepoint is savepoint:
                entry.savepoint = _savepoint_above(savepoint)
        return
    session.info[KEY] = []
    done: set[object] = set()
    for entry in entries:
        if entry.once is not None:
            if entry.once in done:
                continue
            done.add(entry.once)
        entry.action()


@event.listens_for(Session, "after_soft_rollback")
def _rolled_back(session: Session, previous: SessionTransaction) -> None:
    entries: list[_Entry] = session.info.get(KEY, [])
    if not previous.nested:
        session.info[KEY] = []
        return
    session.info[KEY] = [entry for entry in entries if not _within(entry.savepoint, previous)]


def _savepoint_above(savepoint: SessionTransaction) -> SessionTransaction | None:
    above = savepoint.parent
    return above if above is not None and above.nested else None


def _within(savepoint: SessionTransaction | None, rolled_back: SessionTransaction) -> bool:
    while savepoint is not None:
        if savepoint is rolled_back:
            return True
        savepoint = _savepoint_above(savepoint)
    return False
