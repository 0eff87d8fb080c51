"""The record as CSV or XLSX, oldest first, names looked up as on the page; small at once, large as long work."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from infra import long_jobs, sheets
from infra.i18n import N_, gettext, use
from infra.long_jobs import Work
from tenants.audit import names, queries
from tenants.audit.kinds import CATEGORIES, KINDS
from tenants.audit.queries import Filters
from tenants.models import AuditEntry

BATCH = 1_000
TITLES = (
    *("moment", "category", "kind", "sentence", "who", "who_kind", "who_id", "subject", "subject_id"),
    *("details", "request_id", "entry_id", "seal"),
)


def stream(session: Session, filters: Filters, zone: ZoneInfo, form: str = sheets.CSV) -> Iterator[bytes]:
    """The entries that fit, in pieces, in the language in use; times in the zone."""

    def batches() -> Iterator[list[list[object]]]:
        after = None
        while entries := queries.batches(session, filters, after=after, size=BATCH):
            yield _rows(session, entries, zone)
            after = entries[-1].id
            session.expunge_all()

    return sheets.pieces(form, _titles(form, zone.key), batches())


@long_jobs.kind("audit.csv", title=N_("Export of the audit log"), permission="audit.export", unit=N_("entries"))
def audit_csv(work: Work) -> None:
    """The same file as long work. It ends with the entries that there were when it was asked for."""
    form, zone = str(work.ids.get("form", sheets.CSV)), str(work.ids["zone"])
    work.store(sheets.pieces(form, _titles(form, zone), _batches(work)), content_type=sheets.TYPES[form])


def to_ids(filters: Filters, *, locale: str, zone: str, form: str = sheets.CSV) -> dict[str, Any]:
    """Filters as long work and the record of the export hold them."""
    return {
        "form": form,
        "category": filters.category or None,
        "deed": filters.kind or None,
        "actor": str(filters.actor) if filters.actor else None,
        "about": str(filters.subject) if filters.subject else None,
        "since": filters.since.isoformat() if filters.since else None,
        "until": filters.until.isoformat() if filters.until else None,
        "locale": locale,
        "zone": zone,
    }


def from_ids(ids: Mapping[str, Any]) -> Filters:
    """What `to_ids` wrote."""
    return Filters(
        category=ids.get("category") or "",
        kind=ids.get("deed") or "",
        actor=UUID(ids["actor"]) if ids.get("actor") else None,
        subject=UUID(ids["about"]) if ids.get("about") else None,
        since=datetime.fromisoformat(ids["since"]) if ids.get("since") else None,
        until=datetime.fromisoformat(ids["until"]) if ids.get("until") else None,
    )


def _titles(form: str, zone: str) -> list[str]:
    return sheets.headings(form, TITLES, ("moment",), zone)


def _batches(work: Work) -> Iterator[list[list[object]]]:
    asked = from_ids(work.ids)
    ends = min(asked.until, work.asked_at) if asked.until else work.asked_at
    filters = Filters(asked.category, asked.kind, asked.actor, asked.subject, asked.since, ends)
    locale, zone = str(work.ids["locale"]), str(work.ids["zone"])
    done, after = 0, None
    while True:
        with use(locale, zone), work.session() as session:
            entries = queries.batches(session, filters, after=after, size=BATCH)
            rows = _rows(session, entries, ZoneInfo(zone))
        if not entries:
            return
        yield rows
        done, after = done + len(entries), entries[-1].id
        work.advance(done)


def _rows(session: Session, entries: Sequence[AuditEntry], zone: ZoneInfo) -> list[list[object]]:
    reading = names.read(session, entries)
    return [_row(entry, reading, zone) for entry in entries]


def _row(entry: AuditEntry, reading: names.Reading, zone: ZoneInfo) -> list[object]:
    kind = KINDS.get(entry.action)
    return [
        entry.at.astimezone(zone),
        gettext(CATEGORIES[kind.category]) if kind else "",
        entry.action,
        reading.sentence(entry),
        reading.who(entry),
        entry.actor_kind,
        entry.actor_id or "",
        reading.subject(entry),
        entry.subject_id or "",
        json.dumps(entry.data, sort_keys=True) if entry.data else "",
        entry.request_id or "",
        entry.id,
        entry.sealed_in or "",
    ]
